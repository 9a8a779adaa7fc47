"""Options of a utility's limits on swings, which ``flex swings`` and ``meter swings`` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli.groups import OptionGroup

if TYPE_CHECKING:
    from wattline.predict.flex.measures import LimitTexts

Opt = typer.Option
LimitOptions = Annotated[
    dict[str, Any],
    OptionGroup(
        {
            "limits": (
                Annotated[
                    str | None,
                    Opt(help="Limits of a utility by their name in the catalog (`wattline facts swing`)."),
                ],
                None,
            ),
            "band_share": (
                Annotated[
                    float | None,
                    Opt(min=0, max=1, help="Share of the swings' energy that a utility allows in the band."),
                ],
                None,
            ),
            "ramp_limit": (
                Annotated[str | None, Opt(help='Rise and fall that a utility allows, such as "20 MW/min".')],
                None,
            ),
            "range_limit": (
                Annotated[
                    str | None,
                    Opt(help='Difference between highest and lowest power that a utility allows, such as "15 MW".'),
                ],
                None,
            ),
        }
    ),
]


def limit_texts(values: dict[str, Any]) -> LimitTexts:
    """The limits that these options say."""
    from wattline.predict.flex.measures import LimitTexts

    return LimitTexts(values["limits"], values["band_share"], values["ramp_limit"], values["range_limit"])
