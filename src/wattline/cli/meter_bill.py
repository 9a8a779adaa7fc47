"""``wattline meter bill``: measured energy from the devices to the grid."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import meter_choices, options
from wattline.cli.groups import expand
from wattline.cli.meter_export import Recorded, WindowOpt, read_recording

Opt = typer.Option


@expand
def bill(
    path: Recorded,
    *,
    where: options.WhereOptions,
    window: WindowOpt = None,
    reading: meter_choices.ReadOptions,
    chip: Annotated[str | None, Opt(help="Chip that was metered [default: as the recording names it].")] = None,
    server: Annotated[
        str | None, Opt(help="Server that was metered (wattline facts server.) [default: the chip's].")
    ] = None,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """The bill of a recording from devices to the grid: energy, cost, CO2e, water; what is measured, what estimated."""
    from wattline.cli.printing import print_result
    from wattline.reconcile.bill import bill as work

    recording = read_recording(path, reading)
    answer = work(recording, window=window, chip=chip, server=server, draws=draws, seed=seed, facts=facts, **where)
    print_result(answer, as_json, explain)
