"""``wattline saving``: what a change saved, from a recording before it and one after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import meter_choices, options
from wattline.cli.groups import expand
from wattline.cli.meter_export import WindowOpt

Opt = typer.Option


@expand
def saving(
    before: Annotated[Path, typer.Argument(help="Recording before the change: a journal, a log, or a folder of them.")],
    after: Annotated[Path, typer.Argument(help="Recording after it, of the same kind of work.")],
    *,
    window: WindowOpt = None,
    work: Annotated[
        tuple[str, str] | None,
        Opt(metavar="BEFORE AFTER", help="Work done in each, such as 12000 12400 [default: as recorded]."),
    ] = None,
    work_unit: Annotated[str, Opt(help="What a unit of that work is, such as image.")] = "unit of work",
    predicted: Annotated[str | None, Opt(help="Share that was expected to be saved, such as 5%.")] = None,
    same_sensors: Annotated[
        bool,
        Opt("--same-sensors", help="State that the same sensors measured both, so that their errors cancel."),
    ] = False,
    temperature: Annotated[
        Path | None,
        Opt(help="Table of times and temperatures of the air (°C) over both: the saving at one temperature."),
    ] = None,
    same_load: Annotated[
        bool,
        Opt(
            "--same-load",
            help="Compare at the same work per second, where traffic differs and windows state their work.",
        ),
    ] = False,
    reading: meter_choices.ReadOptions,
    as_json: options.AsJson = False,
) -> None:
    """What a change saved: its share with an interval, adjusted for work, air and load, and its significance."""
    from wattline.cli.meter_export import read_recording
    from wattline.cli.printing import print_result
    from wattline.reconcile.conditions import SameConditions
    from wattline.reconcile.saving import saving as compared

    recordings = [read_recording(path, reading) for path in (before, after)]
    result = compared(
        *recordings, window=window, work=work, unit=work_unit, predicted=predicted, same_sensors=same_sensors,
        conditions=SameConditions(temperature, same_load),
    )  # fmt: skip
    print_result(result, as_json)
