"""``wattline ci``: the energy of a command held against a budget and a baseline, for pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options

Opt = typer.Option


def ci(
    command: Annotated[list[str] | None, typer.Argument(help="Command to check, with its arguments, after --.")] = None,
    budget: Annotated[str | None, Opt(help='Energy that a run may take on average, such as "50 J".')] = None,
    baseline: Annotated[
        Path | None, Opt("--baseline-file", metavar="FILE", help="File with earlier runs to compare with.")
    ] = None,
    save_baseline: Annotated[
        bool, Opt("--save-baseline", help="Save these runs as the baseline, instead of comparing.")
    ] = False,
    runs: Annotated[int, Opt(help="Number of runs that are measured.")] = 5,
    warm_up: Annotated[int, Opt(help="Number of warm-up runs that are not counted.")] = 1,
    tolerance: Annotated[str, Opt(help="Share by which it may take more than the baseline, such as 2%.")] = "0%",
    journal: Annotated[
        Path | None, Opt(metavar="FILE", help="Journal to write [default: wattline-ci-TIME.wattline here].")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Run a COMMAND several times and check its energy: exit status 0 within, 3 above the budget or significantly more
    than the baseline, 4 where the COMMAND fails."""
    from wattline.cli.printing import print_result, working
    from wattline.meter.live import active
    from wattline.reconcile.energy_check import energy_check

    active.metering(journal or active.default_path("ci"), fall_back=journal is None)
    try:
        with working("energy of the command") as say:
            result = energy_check(
                command or [], budget=budget, baseline=baseline, save=save_baseline, runs=runs, warm_up=warm_up,
                tolerance=tolerance, say=say,
            )  # fmt: skip
    finally:
        active.finish()
    print_result(result, as_json)
    raise typer.Exit(result.status)
