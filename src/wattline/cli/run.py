"""``wattline run``: the jobs of a scenario file, from chip to grid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options

Opt = typer.Option


def run(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML).")],
    draws: options.FileDraws = None,
    seed: options.FileSeed = None,
    out: Annotated[Path, Opt(metavar="DIR", help="Folder for report.html, run.json and load.parquet.")] = Path("out"),
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Calculate every job of a scenario file and write a report."""
    from wattline.cli.printing import check_out, print_result, working
    from wattline.scenario.run import run as work

    check_out(out)
    with working("reading") as update:
        result = work(scenario, draws, seed, lambda name: update(f"working: {name}"), facts)
    print_result(result, as_json, explain, out)
