"""Blocks of a Markdown file that are made from the code, and stay readable where the file is not built.

``<!-- run: COMMAND | first N -->`` is followed by a fenced block: the command and its output (its first N lines).
``<!-- table: NAME -->`` is followed by a table and ``<!-- end -->``. A block whose recording or table cannot be made
here is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from blocks import ROOT, Session, shortened

SHARED = ROOT.parent / "shared/data"
# recordings and figures that a command may name, and where they are beside the checkout
RECORDED = {
    "results/run_2": SHARED / "mlperf_power/training/gpt3_64x8xH100/run_2",
    "site_pue_wue.csv": SHARED / "facility/site_pue_wue.csv",
    "gpu_sensor": SHARED / "gpu_sensor",
    "reference_problems": SHARED / "supply",
}
RUN = re.compile(r"<!-- run: (?P<command>.+?)(?: \| first (?P<first>\d+))? -->\n```(?:text|console)\n.*?```", re.DOTALL)
TABLE = re.compile(r"<!-- table: (?P<name>\w+) -->\n(?P<body>.*?)<!-- end -->", re.DOTALL)
Table = Callable[[], "str | None"]


def remake(text: str, tables: Mapping[str, Table] | None = None, runs: bool = True) -> str:
    """The text with its blocks made again.

    Parameters
    ----------
    text
        A Markdown file.
    tables
        By name: a function that makes the table, or gives None where its data are absent.
    runs
        Whether to run commands too.
    """
    if runs:
        text = RUN.sub(_run, text)
    return TABLE.sub(lambda match: _table(match, tables or {}), text)


def _run(match: re.Match[str]) -> str:
    command = match["command"]
    beside = {name: place for name, place in RECORDED.items() if f" {name}" in command}
    if not all(place.exists() for place in beside.values()):
        return match[0]
    output = Session("", beside).run("console", command)
    head = match[0].split("\n", 1)[0]
    shown = shortened(output, int(match["first"]) if match["first"] else None)
    return f"{head}\n```console\n$ {command}\n{shown}\n```"


def _table(match: re.Match[str], tables: Mapping[str, Table]) -> str:
    made = tables[match["name"]]() if match["name"] in tables else None
    return match[0] if made is None else f"<!-- table: {match['name']} -->\n{made.rstrip()}\n<!-- end -->"


def rewrite(path: Path, tables: Mapping[str, Table] | None = None, runs: bool = True) -> bool:
    """Make the blocks of a file again; True where that changed it."""
    text = path.read_text(encoding="utf-8")
    made = remake(text, tables, runs)
    if made != text:
        path.write_text(made, encoding="utf-8")
    return made != text
