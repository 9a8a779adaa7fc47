"""``wattline validate supply``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options


def validate_supply(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of reference problems: parameters, hours and their optima.")
    ],
    leave_out: Annotated[
        str | None,
        typer.Option(help="year or region: compare made hours with those that the fit has not seen [default: optima]."),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", help="Made years beside each true one.")] = 40,
    seed: options.Seed = 0,
    as_json: options.AsJson = False,
) -> None:
    """Optima of reference problems of supply beside ours, and published sums; or made hours beside true ones."""
    from wattline.cli.printing import print_result, working
    from wattline.validate.supply import validate, validate_made_hours

    with working("planning") as update:
        if leave_out is None:
            result = validate(folder, lambda name: update(f"planning {name}"))
        else:
            result = validate_made_hours(folder, leave_out, draws, seed, lambda name: update(f"planning {name}"))
    print_result(result, as_json)
