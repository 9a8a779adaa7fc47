"""``wattline fleet``: telemetry of a fleet, taken in and summed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import meter_choices, options
from wattline.cli.contents import Contents
from wattline.cli.groups import expand
from wattline.cli.meter_share import Jobs, Zone

Opt = typer.Option
fleet_app = typer.Typer(
    cls=Contents,
    help="Energy of a fleet of devices: store readings as joules by device and minute (Parquet), and sum them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the fleet, which `fleet ingest` writes.")]
By = Annotated[
    str, Opt("--by", help="What to group energy by, such as job,hour: job, user, model, hour, day, host, device.")
]


@fleet_app.command("ingest")
@expand
def ingest(
    files: Annotated[
        list[Path], typer.Argument(help="Recordings of any known format, or Parquet with device, time and power_w.")
    ],
    *,
    out: Annotated[Path, Opt(metavar="DIR", help="Folder of the fleet; created if missing.")],
    step: Annotated[
        str | None, Opt(help="Length of the intervals whose joules are kept, a whole part of an hour [default: 60 s].")
    ] = None,
    workers: Annotated[int | None, Opt("--cores", help="Number of processes that sum [default: one a core].")] = None,
    reading: meter_choices.ReadOptions,
    as_json: options.AsJson = False,
) -> None:
    """Read recordings into the fleet's folder as joules by device and interval; each file and each reading counts
    once."""
    from wattline.cli.printing import print_result, working
    from wattline.core.errors import WattlineError
    from wattline.core.quantity import parse
    from wattline.meter.fleet.ingest import fleet_ingest

    seconds = None if step is None else parse(step, "s", "step")
    if seconds is not None and seconds != int(seconds):
        raise WattlineError(f"--step {step} is no whole number of seconds")
    interval_s = None if seconds is None else int(seconds)
    choices = meter_choices.choices(reading)
    with working("readings") as say:
        result = fleet_ingest(files, out, interval_s=interval_s, workers=workers, choices=choices, say=say)
    print_result(result, as_json)


@fleet_app.command("report")
def report(
    folder: Folder,
    *,
    by: By = "",
    jobs: Jobs = None,
    idle: Annotated[bool, Opt("--idle-waste", help="Show what devices took without work.")] = False,
    caps: Annotated[bool, Opt("--caps", help="Show what power limits would save, by the chips' curves.")] = False,
    tz: Zone = "UTC",
    as_json: options.AsJson = False,
) -> None:
    """Sum a fleet's energy by job, user, model, hour, day, host or device; idle waste; what power limits would save."""
    from wattline.cli.printing import print_result
    from wattline.meter.fleet.report import fleet_report
    from wattline.meter.sharing.times import zone

    keys = [word for word in by.replace(" ", "").split(",") if word]
    print_result(fleet_report(folder, keys, jobs=jobs, idle=idle, caps=caps, zone=zone(tz)), as_json)
