"""Make the outputs, tables and picture in README.md again, from the commands that they show.

    make readme

A block ``<!-- run: COMMAND | first N -->`` is followed by a fenced block, which is replaced by what the command prints
(its first N lines); one of a recording that is absent is left as it is. ``<!-- table: NAME -->`` is followed by a table
made below. The picture needs Chromium; a table that needs measurements beside the checkout is left as it is where they
are absent.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from wattline import catalog
from wattline.core.fact import Array
from wattline.validate.evidence.training_runs import catalog_runs, read_runs
from wattline.validate.fit.production import errors, leave_one_house_out, leave_one_out, points
from wattline.validate.training import validate

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
RUNS = ROOT.parent / "shared/data/training/published_training_runs.csv"
SERVING = ROOT.parent / "shared/data/mlenergy/llm.csv"
RECORDED = {"run_2": ROOT.parent / "shared/data/mlperf_power/training/gpt3_64x8xH100/run_2"}  # MLPerf Training v4.0
PICTURE = ROOT / "docs/assets/report.png"
BIN = Path(sys.executable).parent
RUN = re.compile(r"<!-- run: (?P<command>.+?)(?: \| first (?P<first>\d+))? -->\n```text\n.*?```", re.DOTALL)
TABLE = re.compile(r"<!-- table: (?P<name>\w+) -->\n(?P<body>(?:\|.*\n)*)")


def run_block(match: re.Match[str]) -> str:
    """The command's output in place of the block's old one."""
    command = asked = match["command"]
    for name, place in RECORDED.items():
        if f" {name}" in command and not place.exists():
            return match[0]
        asked = asked.replace(f" {name}", f" {place}")
    done = subprocess.run(asked, shell=True, cwd=ROOT, env={"PATH": f"{BIN}:/usr/bin:/bin", "LANG": "C.UTF-8"},
                          capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{command}: {done.stderr}")
    lines = [line.rstrip() for line in done.stdout.rstrip().splitlines()]
    first = int(match["first"] or len(lines))
    shown = lines[:first] + (["…"] if len(lines) > first else [])
    head = match[0].split("\n", 1)[0]
    return "\n".join([head, "```text", f"$ {command}", *shown, "```"])


def validation_table() -> str:
    """Errors of chip-hours and energy: on the rows fitted to, on these left out of their fit, and on rows unseen."""
    from wattline.validate.evidence.training_runs import NEW_HOUSE, SAME_HOUSE

    runs = read_runs(RUNS)
    data = points(runs)
    fitted, unseen = validate(runs), validate(catalog_runs())
    rows = [
        "| measure | rows | median error | mean error | published in p5–p95 |",
        "|---|---|---|---|---|",
        _row("chip-hours, rows that the fit saw", fitted.score("chip_hours")),
        _left_out("chip-hours, each row left out of its fit", leave_one_out(data)),
        _left_out("**chip-hours, each house left out of the fit of its rows**", leave_one_house_out(data)),
        _row("chip-hours, other runs of houses that the fit saw", unseen.score("chip_hours", SAME_HOUSE)),
        _row("**chip-hours, runs of houses that no fit saw**", unseen.score("chip_hours", NEW_HOUSE)),
        _row("energy, rows that the power levels saw", fitted.score("energy")),
        _row("**energy, rows that no fit saw**", unseen.score("energy")),
    ]
    return "\n".join(rows) + "\n"


def _row(name: str, score: dict[str, float | int | None]) -> str:
    return f"| {name} | {score['n']} | {score['median_ape']:.0f}% | {score['mape']:.0f}% | {score['coverage']:.0f}% |"


def _left_out(name: str, residuals: Array) -> str:
    median, mean = errors(residuals)
    return f"| {name} | {len(residuals)} | {median:.0%} | {mean:.0%} | |"


def inference_table() -> str:
    """Mean absolute errors on measured serving: as fitted, and with each model, family and chip left out of its fit."""
    from wattline.validate.evidence.serving import read_rows
    from wattline.validate.fit.step_file import fit_from_catalog
    from wattline.validate.inference import validate as hold

    rows, unusable = read_rows(SERVING)
    names = {"": "rows that the fit saw", "rows": "**each tenth of the rows left out of its fit**"}
    names |= {"model": "**each model left out**", "family": "each family left out", "gpu": "each chip left out"}
    lines = ["| 553 configurations | J/token | power | median ITL | tokens/s | covered |", "|---|---|---|---|---|---|"]
    for leave_out, name in names.items():
        result = hold(rows, unusable, fit_from_catalog(), leave_out)
        scores = {measure: result.score(measure) for measure in result.measured}
        cells = [f"{scores[m]['mape']:.1f}%" for m in ("energy_per_token", "power", "itl", "throughput")]
        lines.append(f"| {name} | {' | '.join(cells)} | {scores['energy_per_token']['coverage']:.0f}% |")
    return "\n".join(lines) + "\n"


def catalog_table() -> str:
    """How much the catalog holds."""

    rows = ["| kind | records | facts |", "|---|---|---|"]
    for kind in catalog.KINDS:
        records = catalog.default().records(kind)
        rows.append(f"| {kind} | {len(records)} | {sum(len(r.facts) for r in records.values())} |")
    return "\n".join(rows) + "\n"


TABLES: dict[str, Callable[[], str]] = {
    "validation": validation_table,
    "inference": inference_table,
    "catalog": catalog_table,
}
NEEDS = {"validation": RUNS, "inference": SERVING}


def table_block(match: re.Match[str]) -> str:
    """The table made again, or left where its data are absent."""
    if match["name"] in NEEDS and not NEEDS[match["name"]].exists():
        return match[0]
    return f"<!-- table: {match['name']} -->\n{TABLES[match['name']]()}"


def picture() -> None:
    """The report of the example, as Chromium shows it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("no chromium: docs/assets/report.png is left as it is")
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [str(BIN / "wattline"), "run", "examples/article.toml", "--out", folder],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        quiet += ["--disable-component-update", "--disable-sync", "--disable-quic", "--hide-scrollbars"]
        shape = ["--window-size=1120,1180", "--virtual-time-budget=3000", f"--user-data-dir={folder}/profile"]
        page = f"file://{folder}/report.html#light"
        subprocess.run([chromium, *quiet, *shape, f"--screenshot={PICTURE}", page], check=True, capture_output=True)


def main() -> None:
    text = README.read_text(encoding="utf-8")
    text = RUN.sub(run_block, text)
    text = TABLE.sub(table_block, text)
    README.write_text(text, encoding="utf-8")
    picture()


if __name__ == "__main__":
    main()
