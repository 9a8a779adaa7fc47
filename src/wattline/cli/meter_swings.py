"""``wattline meter swings``: the swings of a load that was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import meter_choices, options
from wattline.cli.groups import expand
from wattline.cli.meter_export import Recorded, WindowOpt, read_recording
from wattline.cli.swing_options import LimitOptions, limit_texts

Opt = typer.Option


@expand
def swings(
    path: Recorded,
    *,
    window: WindowOpt = None,
    floor: Annotated[str | None, Opt(help='Lowest power, kept up by dummy work, such as "300 kW".')] = None,
    ramp: Annotated[str | None, Opt(help='Limit rises and falls by dummy work, such as "10 kW/s".')] = None,
    store: Annotated[str | None, Opt(help='Level the power with a store over this time, such as "10 s".')] = None,
    shelf: Annotated[str | None, Opt(help='Level it with a store of this energy, such as "30 kJ".')] = None,
    limits: LimitOptions,
    reading: meter_choices.ReadOptions,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    out: Annotated[Path | None, Opt("--out", metavar="DIR", help="Write the JSON and a page into this folder.")] = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Swings of a recorded load: spectrum, ramps, a utility's limits, and what the sampling cannot show."""
    from wattline.cli.printing import check_out, print_result
    from wattline.predict.flex.measures import Measures
    from wattline.reconcile.swings import meter_swings

    check_out(out)
    made = meter_swings(
        read_recording(path, reading), window=window, measures=Measures(floor, ramp, store, shelf),
        limits=limit_texts(limits), facts=facts,
    )  # fmt: skip
    print_result(made, as_json, explain, out)
