"""``wattline compare``: what was predicted beside what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import meter_choices, options
from wattline.cli.groups import expanded
from wattline.cli.meter_export import Recorded, WindowOpt

Opt = typer.Option


@expanded
def compare(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML), as `wattline run` takes it.")],
    measured: Recorded,
    *,
    job: Annotated[str | None, Opt(help="Name of one job of the scenario [default: all together].")] = None,
    window: WindowOpt = None,
    reading: meter_choices.ReadOptions,
    draws: options.FileDraws = None,
    seed: options.FileSeed = None,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare a prediction with its measurement, part by part and by cause."""
    from wattline.cli.meter_export import read_recording
    from wattline.cli.printing import print_result
    from wattline.reconcile.compare import compare as work
    from wattline.scenario.run import run

    worked = run(scenario, draws, seed, facts=facts)
    result = work(worked, read_recording(measured, reading), job=job, window=window)
    print_result(result, as_json)
