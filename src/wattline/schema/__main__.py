"""``python -m wattline.schema``: the documentation of the JSON; with a folder, the schemas' files into it."""

from __future__ import annotations

import sys
from pathlib import Path

from wattline.schema.commands import write_schemas
from wattline.schema.markdown import markdown


def main() -> None:
    """Write the schemas' files into the folder that is given, or print the documentation."""
    if len(sys.argv) > 1:
        write_schemas(Path(sys.argv[1]))
    else:
        sys.stdout.write(markdown())


if __name__ == "__main__":
    main()
