"""``python -m wattline.schema``: the documentation of the JSON; with a folder, the schemas' files into it."""

from __future__ import annotations

import sys
from pathlib import Path

from wattline.schema.commands import write_schemas
from wattline.schema.markdown import markdown


def main() -> None:
    """Write the schemas' files into the folder that is given, which must stand, or print the documentation."""
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        if not folder.is_dir():
            sys.exit(f"wattline.schema: {folder} is no folder; give the one that the schemas stand in")
        write_schemas(folder)
    else:
        sys.stdout.write(markdown())


if __name__ == "__main__":
    main()
