"""The kinds of cooling by name: what each is, the function that runs it, and what it needs of a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wattline.catalog import plain_name
from wattline.core.errors import NotFound
from wattline.line.site.cooling import air_economiser, chillers, liquid, water_economiser
from wattline.line.site.cooling.parts import CoolingResult, Heat, Outside, Params


@dataclass(frozen=True)
class CoolingKind:
    """A kind of cooling. ``dry``: uses up no water; ``liquid``: the parameters of the hall that are its temperature and
    the share of the servers' heat that it takes, where there is any."""

    name: str
    title: str
    cool: Callable[[Heat, Outside, Params], CoolingResult]
    dry: bool = False
    liquid: tuple[str, str] | None = None
    compressor: bool = True
    open_air: bool = False  # the hall breathes outside air
    aliases: tuple[str, ...] = ()


KINDS = {
    kind.name: kind
    for kind in (
        CoolingKind(
            "air-economiser",
            "Air economiser, adiabatic, chillers on towers",
            air_economiser.economiser,
            open_air=True,
            aliases=("air", "air-economizer", "airside", "adiabatic", "air-adiabatic"),
        ),
        CoolingKind(
            "evaporative",
            "Outside air and wetted media, no compressor",
            air_economiser.evaporative,
            compressor=False,
            open_air=True,
            aliases=("direct-evaporative", "swamp"),
        ),
        CoolingKind(
            "air-economiser-dry",
            "Air economiser, air-cooled chillers",
            air_economiser.economiser_air_chiller,
            open_air=True,
            aliases=("air-economizer-dry", "air-economiser-air-chiller"),
        ),
        CoolingKind(
            "air-economiser-water",
            "Air economiser, water-cooled chillers",
            air_economiser.economiser_water_chiller,
            open_air=True,
            aliases=("air-economizer-water", "air-economiser-water-chiller"),
        ),
        CoolingKind(
            "water-economiser",
            "Water economiser, chillers and towers",
            water_economiser.tower_economiser,
            aliases=("water", "water-economizer", "waterside"),
        ),
        CoolingKind(
            "dry-economiser",
            "Air-cooled chillers with dry free cooling",
            water_economiser.dry_economiser,
            dry=True,
            aliases=("dry-economizer", "air-chiller-economiser", "free-cooling-chiller"),
        ),
        CoolingKind(
            "water-chiller",
            "Water-cooled chillers and towers",
            chillers.water_chiller,
            aliases=("chiller", "water-cooled", "water-cooled-chiller"),
        ),
        CoolingKind(
            "air-chiller",
            "Air-cooled chillers",
            chillers.air_chiller,
            dry=True,
            aliases=("air-cooled", "air-cooled-chiller"),
        ),
        CoolingKind("dx", "Direct expansion", chillers.dx, dry=True, aliases=("direct-expansion", "crac")),
        CoolingKind(
            "liquid",
            "Direct-to-chip, dry coolers",
            liquid.direct_to_chip,
            dry=True,
            liquid=("liquid_supply_c", "liquid_share"),
            aliases=("direct-to-chip", "dlc", "liquid-dry", "warm-water"),
        ),
        CoolingKind(
            "liquid-adiabatic",
            "Direct-to-chip, adiabatic coolers",
            liquid.direct_to_chip_adiabatic,
            liquid=("liquid_supply_c", "liquid_share"),
            aliases=("direct-to-chip-adiabatic",),
        ),
        CoolingKind(
            "immersion",
            "Immersion, dry coolers",
            liquid.immersion,
            dry=True,
            liquid=("immersion_supply_c", "immersion_share"),
            aliases=("oil",),
        ),
        CoolingKind(
            "sea-water",
            "Sea or lake water",
            water_economiser.water_body,
            dry=True,
            aliases=("sea", "lake", "lake-water", "seawater", "river"),
        ),
    )
}


def find_kind(name: str) -> CoolingKind:
    """The kind of cooling by name or alias. Raises NotFound with those that exist."""
    wanted = plain_name(name)
    for kind in KINDS.values():
        if wanted in (plain_name(kind.name), *map(plain_name, kind.aliases)):
            return kind
    raise NotFound("cooling", name, KINDS, f"known: {', '.join(KINDS)}")
