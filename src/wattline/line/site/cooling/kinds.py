"""The kinds of cooling by name: what each is, the function that runs it, and what it needs of a place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wattline.catalog import plain_name
from wattline.core.errors import NotFound
from wattline.line.site.cooling import air_economiser, chillers, liquid, water_economiser
from wattline.line.site.cooling.parts import Cooled, Heat, Outside, Params


@dataclass(frozen=True)
class CoolingKind:
    """A kind of cooling. ``plant``: the hall of the catalog that it is usually built in; ``dry``: uses up no water."""

    name: str
    title: str
    cool: Callable[[Heat, Outside, Params], Cooled]
    plant: str = "large"
    dry: bool = False
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
            plant="midsize",
            open_air=True,
            aliases=("air-economizer-dry", "air-economiser-air-chiller"),
        ),
        CoolingKind(
            "air-economiser-water",
            "Air economiser, water-cooled chillers",
            air_economiser.economiser_water_chiller,
            plant="midsize",
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
            plant="midsize",
            aliases=("chiller", "water-cooled", "water-cooled-chiller"),
        ),
        CoolingKind(
            "air-chiller",
            "Air-cooled chillers",
            chillers.air_chiller,
            plant="midsize",
            dry=True,
            aliases=("air-cooled", "air-cooled-chiller"),
        ),
        CoolingKind(
            "dx", "Direct expansion", chillers.dx, plant="small", dry=True, aliases=("direct-expansion", "crac")
        ),
        CoolingKind(
            "liquid",
            "Direct-to-chip, dry coolers",
            liquid.direct_to_chip,
            dry=True,
            aliases=("direct-to-chip", "dlc", "liquid-dry", "warm-water"),
        ),
        CoolingKind(
            "liquid-adiabatic",
            "Direct-to-chip, adiabatic coolers",
            liquid.direct_to_chip_adiabatic,
            aliases=("direct-to-chip-adiabatic",),
        ),
        CoolingKind("immersion", "Immersion, dry coolers", liquid.immersion, dry=True, aliases=("oil",)),
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
    """The kind of cooling by name or alias; raises NotFound with those that exist."""
    wanted = plain_name(name)
    for kind in KINDS.values():
        if wanted in (plain_name(kind.name), *map(plain_name, kind.aliases)):
            return kind
    raise NotFound("cooling", name, KINDS, f"known: {', '.join(KINDS)}")
