"""Run every block of the documentation, several pages at a time, and name all that fail.

    python tools/run_blocks.py [PAGE …]

Outputs go to the cache, from which the build of the site takes them. Blocks are run again when the package or the
examples change.
"""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from blocks import ROOT, BlockError
from fences import read_options, shown

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>console|python)(?P<options>(?: \w+=\"[^\"]*\")+)\n(?P<body>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)
OPTION = re.compile(r"(\w+)=\"([^\"]*)\"")


def run_page(path: Path) -> list[str]:
    """Run the blocks of a page in order; the failures, of which the first of a session is the last that is run."""
    failures = []
    for match in FENCE.finditer(path.read_text(encoding="utf-8")):
        language, indent = match["language"], match["indent"]
        source = "\n".join(line.removeprefix(indent) for line in match["body"].splitlines())
        try:
            options = read_options(language, dict(OPTION.findall(match["options"])))
            if options is not None:
                shown(source, language, options)
        except BlockError as error:
            failures.append(f"{path.relative_to(ROOT)}: {error}")
    return failures


def main(*names: str) -> None:
    pages = [Path(name).resolve() for name in names] or sorted((ROOT / "docs").rglob("*.md"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [failure for page in pool.map(run_page, pages) for failure in page]
    print("\n".join(failures) or "blocks: no failure")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main(*sys.argv[1:])
