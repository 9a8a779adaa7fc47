"""What a site must have: capacities on the hottest day at full load, units, and how it runs when it is nearly empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from wattline.core.units import HOUR_S
from wattline.line.site.cooling.parts import MODES
from wattline.line.site.outside_air import outside
from wattline.line.site.power_chain import REDUNDANCY, chain
from wattline.line.site.weather import Weather
from wattline.line.site.year import HallDesign, Hours, hours

TENTH = 0.1


@dataclass(frozen=True)
class Units:
    """Units of one kind: what they must carry on the design day, the size of one, how many that takes and stand."""

    name: str
    needed_w: float
    unit_w: float
    needed: int
    installed: int

    def json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("name", "needed_w", "unit_w", "needed", "installed")}


def size(setup: HallDesign, weather: Weather, it_w: float) -> dict[str, Any]:
    """The design day, units and capacities, the hottest hour, and a load of a tenth; central values, plain data.

    Parameters
    ----------
    setup : the hall, at central values
    weather : the year that it stands in
    it_w : IT power of the design [W]

    Returns
    -------
    Parts of an answer: design day, units, hottest hour, a load of a tenth.
    """
    full = hours(setup, np.ones((1, 1)), outside(weather))
    tenth = hours(setup, np.full((1, 1), TENTH), outside(weather))
    total = np.broadcast_to(full.total, (1, weather.temperature_c.size))[0]
    worst = int(np.argmax(total))
    hottest = int(np.argmax(weather.temperature_c))
    small = np.broadcast_to(tenth.total, total[None].shape)[0] / TENTH
    return {
        "design": {
            "dry_bulb_c": float(weather.temperature_c.max()),
            "wet_bulb_c": float(weather.wet_bulb_c.max()),
            "peak_hour": hour_words(worst),
            "peak_w": float(total[worst]) * it_w,
            "peak_pue": float(total[worst]),
        },
        "hottest_hour": _at(full, hottest, weather, it_w),
        "a_tenth_of_load": {
            "it_w": TENTH * it_w,
            "pue": float(small.mean()),
            "pue_highest": float(small.max()),
            "pue_at_full_load": float(total.mean()),
        },
        "units": [unit.json() for unit in units(setup, full, it_w)],
    }


def units(setup: HallDesign, full: Hours, it_w: float) -> list[Units]:
    """How many units of each kind carry the site on its hardest hour, with the redundancy's spare ones.

    Parameters
    ----------
    setup : the hall, at central values
    full : its hours at full load
    it_w : IT power of the design [W]

    Returns
    -------
    One of each kind of equipment.
    """
    sizes = {name: float(np.mean(setup.hall[name])) for name in setup.hall if name.endswith("_unit_w")}
    most = float(np.max(full.total)) * it_w
    hall = float(np.mean(chain(np.ones((1, 1)), setup.ups, setup.redundancy, setup.hall).hall_heat)) * it_w
    handled = 0.0 if "immersion" in setup.kind.name else hall * _air_share(setup)
    rejected = float(np.max(full.heat_out)) * it_w if np.max(full.parts["heat_rejection"]) > 0 else 0.0
    wanted = (
        ("transformers", most, "transformer_unit_w", setup.redundancy),
        ("UPS modules", it_w if np.max(full.parts["ups"]) > 0 else 0.0, "ups_unit_w", setup.redundancy),
        ("generators", most, "generator_unit_w", "N+1" if setup.redundancy == "N" else setup.redundancy),
        ("air handlers", handled, "handler_unit_w", "N+1"),
        ("chillers", float(np.max(full.chilled)) * it_w, "chiller_unit_w", "N+1"),
        ("tower cells or dry coolers", rejected, "rejection_unit_w", "N+1"),
    )
    units = []
    for name, watts, key, redundancy in wanted:
        if watts > 0:
            count = ceil(watts / sizes[key] - 1e-9)
            units.append(Units(name, watts, sizes[key], count, spare(count, redundancy)))
    return units


def spare(count: int, redundancy: str) -> int:
    """Units that stand for ``count`` that are needed.

    Parameters
    ----------
    count : units that the load needs
    redundancy : ``N``, ``N+1``, ``N+2``, ``2N`` or ``2N+1``

    Returns the units that are built.
    """
    return max(ceil(count * REDUNDANCY[redundancy][0] - 1e-9), count + (redundancy != "N"))


def _air_share(setup: HallDesign) -> float:
    return 1.0 - float(np.mean(setup.hall["liquid_share"])) if setup.kind.name.startswith("liquid") else 1.0


def _at(full: Hours, hour: int, weather: Weather, it_w: float) -> dict[str, Any]:
    """One hour of a full site: its weather, PUE, parts and water."""

    def at_hour(values: Any) -> float:
        return float(np.broadcast_to(values, (1, weather.temperature_c.size))[0, hour])

    parts: Mapping[str, Any] = {name: at_hour(part) * it_w for name, part in full.parts.items()}
    return {
        "hour": hour_words(hour),
        "dry_bulb_c": float(weather.temperature_c[hour]),
        "wet_bulb_c": float(weather.wet_bulb_c[hour]),
        "pue": at_hour(full.total),
        "power_w": at_hour(full.total) * it_w,
        "parts_w": parts,
        "water_l_per_h": at_hour(full.water) * it_w * HOUR_S,
        "mode": MODES[int(at_hour(full.mode))],
        "supply_above_set_point_c": at_hour(full.unmet_c),
    }


def hour_words(index: int) -> str:
    """An hour of the year as month-day hour:00, local standard time."""
    stamp = np.datetime64("2025-01-01T00", "h") + index
    return f"{str(stamp)[5:10]} {str(stamp)[11:13]}:00"


def central(setup: HallDesign) -> HallDesign:
    """The setup at the mean of its draws: for one look at hours, where a range is not asked for."""
    hall = {name: np.mean(x, axis=0, keepdims=True) for name, x in setup.hall.items()}
    ups = replace(
        setup.ups,
        standing=np.mean(setup.ups.standing, axis=0, keepdims=True),
        linear=np.mean(setup.ups.linear, axis=0, keepdims=True),
        quadratic=np.mean(setup.ups.quadratic, axis=0, keepdims=True),
    )
    return replace(
        setup, hall=hall, ups=ups, shift_c=float(np.mean(setup.shift_c)), damp_c=float(np.mean(setup.damp_c))
    )
