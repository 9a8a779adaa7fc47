"""``python -m wattline``: the command line."""

from wattline.cli.main import main

if __name__ == "__main__":
    main()
