"""The annual model's kinds of site, derived from the hourly one: what each part takes per IT energy in a year.

Every place of the catalog's ``climate`` counts alike; the ranges hold both the places and the parameters of the hall.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.site import hall
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import KINDS
from wattline.line.site.power_chain import column, load_ups
from wattline.line.site.year import HallDesign, year

# kind of site in the catalog -> cooling, hall
DERIVED = {
    "hyperscale-air": ("air-economiser", "large"),
    "hyperscale-water": ("water-economiser", "large"),
    "liquid-ai": ("liquid", "large"),
    "immersion": ("immersion", "large"),
}
# attribute of the annual site -> parts of the hourly one
PARTS_OF = {
    "ups": ("ups",),
    "distribution": ("transformer", "distribution", "rack_supply"),
    "cooling_power": ("compressors", "pumps", "heat_rejection"),
    "fans": ("fans",),
    "lighting": ("lighting", "generators"),
}
DRAWS, EVERY = 40, 7  # hours: one of seven meets every hour of the day


def losses(
    name: str, catalog: Catalog, draws: int = DRAWS, progress: Callable[[str], None] = lambda name: None
) -> dict[str, Array]:
    """Draws of each attribute of an annual site over all places, ``wue_l_per_kwh`` with them.

    Parameters
    ----------
    name : kind of site, a key of ``DERIVED``
    catalog : where halls and places stand
    draws : how many, of the hall's parameters
    progress : is told each place

    Returns by attribute, shape ``(places × draws,)``.
    """
    cooling, plant = DERIVED[name]
    shares: dict[str, list[Array]] = {}
    draw = Draws(draws, catalog=catalog)
    p = hall.parameters(plant, draw)
    setup = HallDesign(KINDS[cooling], p, load_ups(None, p, draw))
    load = column(hall.usual_load(plant, draw))
    for record in catalog.records("climate").values():
        progress(f"{name}, {record.title}")
        result = year(setup, made_year(record, catalog), load, EVERY)
        for attribute, parts in PARTS_OF.items():
            total = np.sum([result.parts[part] for part in parts], axis=0)
            shares.setdefault(attribute, []).append(np.asarray(total / result.it_mean))
        shares.setdefault("wue_l_per_kwh", []).append(result.wue_l_per_kwh)
    return {attribute: np.concatenate(values) for attribute, values in shares.items()}


def toml(catalog: Catalog, progress: Callable[[str], None] = lambda name: None) -> str:
    """The derived numbers as they stand in catalog/site.toml, a table a kind: median, and p5 and p95 as bounds.

    Parameters
    ----------
    catalog : whose facts are taken
    progress : hears the name of each place before it is worked through

    Returns
    -------
    The text of a TOML file.
    """
    lines = []
    for name, (cooling, plant) in DERIVED.items():
        lines.append(f"[{name}]")
        for attribute, values in losses(name, catalog, progress=progress).items():
            low, middle, high = (round(float(x), 4) for x in np.percentile(values, (5, 50, 95)))
            dist = "lognormal" if low > 0 else "triangular"
            note = f"hourly model, {cooling} in a {plant} hall, all places"
            lines.append(
                f'{attribute} = {{ value = {middle}, low = {low}, high = {high}, dist = "{dist}", source = "hourly", '
                f'basis = "derived", note = "{note}" }}'
            )
        lines.append("")
    return "\n".join(lines)
