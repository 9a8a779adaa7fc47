"""Options of ``wattline meter`` that say what a recording's columns or series are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli.groups import OptionGroup

if TYPE_CHECKING:
    from wattline.meter.interpretation import Choices

Columns = Annotated[
    list[str] | None,
    typer.Option(
        help="Columns or series to read, and no others: NAME, or NAME=power, energy (running total), interval (joules "
        "of each row), time or device. May be given several times."
    ),
]
Unit = Annotated[
    list[str] | None, typer.Option(help="Unit of a column: NAME=mW; without NAME, of all columns. Several allowed.")
]
Device = Annotated[
    list[str] | None,
    typer.Option(
        help="Columns or labels that tell devices apart; none: all rows are one device; order: the rows of an instant "
        "are devices in their order; files: each file is of a machine of its own."
    ),
]
Inside = Annotated[
    list[str] | None,
    typer.Option(help="What lies inside what: INNER=OUTER, INNER=none, or none: all are added. Several allowed."),
]


ReadOptions = Annotated[
    dict[str, Any],
    OptionGroup(
        {"columns": (Columns, None), "unit": (Unit, None), "device": (Device, None), "inside": (Inside, None)},
        given_only=True,
    ),
]


def choices(reading: dict[str, list[str]]) -> Choices:
    """The four options as one object."""
    from wattline.meter.interpretation import Choices

    return Choices.read(**reading)
