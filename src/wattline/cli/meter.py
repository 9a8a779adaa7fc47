"""``wattline meter``: what was really used, from what was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import meter_bill, meter_choices, meter_export, meter_share, meter_swings
from wattline.cli.contents import Contents
from wattline.cli.groups import expand
from wattline.core.errors import WattlineError

Opt = typer.Option
meter_app = typer.Typer(
    cls=Contents,
    help="Report, share, bill and export what was measured.",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
)


@meter_app.callback()
def _meter() -> None:
    """Report, share, bill and export what was measured."""


@meter_app.command("report")
@expand
def report(
    paths: Annotated[
        list[Path], typer.Argument(help="Recordings: files or folders (journal, MLPerf, nvidia-smi, CSV, …).")
    ],
    *,
    window: Annotated[
        str | None,
        Opt(help="Window: run, all, a window's name (NAME#2: its second), or FROM..TO (times, or seconds from start)."),
    ] = None,
    by: Annotated[str | None, Opt(help='Rows to show: "node" for one a node, with its devices.')] = None,
    reading: meter_choices.ReadOptions,
    as_json: Annotated[bool, Opt("--json", help="Print one JSON object.")] = False,
) -> None:
    """Energy, power, energy per token and the quality of the readings."""
    from wattline.cli.printing import print_result
    from wattline.meter.energy.usage import report as work
    from wattline.meter.readers.detect import read_all

    if by not in (None, "node"):
        raise WattlineError(f"--by {by!r} is not known; give --by node")
    choices = meter_choices.choices(reading)
    print_result(work(read_all(paths, choices), window, by == "node"), as_json)


@meter_app.command("import")
@expand
def into(
    paths: Annotated[list[Path], typer.Argument(help="Recordings: files or folders of any known format.")],
    journal: Annotated[Path, Opt(metavar="FILE", help="Journal to write to; created if missing.")],
    reading: meter_choices.ReadOptions,
) -> None:
    """Convert recordings of any format into a journal, with the readings unchanged."""
    from wattline.cli.printing import emit
    from wattline.meter.journal.importer import into_journal
    from wattline.meter.readers.detect import read_all

    choices = meter_choices.choices(reading)
    emit(f"{into_journal(read_all(paths, choices), journal):,} readings written to {journal}\n")


meter_app.command("share")(meter_share.share)
meter_app.command("export")(meter_export.export)
meter_app.command("swings")(meter_swings.swings)
meter_app.command("bill")(meter_bill.bill)
