"""Everyday units that are whole multiples of each other, so that pint, which takes a quarter of a second to load, is
read only for what is not among them."""

from __future__ import annotations

# of each kind of quantity its units, with how many of the smallest each is
_KINDS: tuple[dict[str, int], ...] = (
    {"mg": 1, "g": 10**3, "kg": 10**6, "t": 10**9, "kt": 10**12},
    {"J": 1, "kJ": 10**3, "MJ": 10**6, "Wh": 3_600, "kWh": 3_600_000, "MWh": 3_600_000_000, "GWh": 3_600 * 10**9},
    {"W": 1, "kW": 10**3, "MW": 10**6, "GW": 10**9},
    {"s": 1, "min": 60, "h": 3_600, "day": 86_400, "year": 31_557_600},
)
_KIND_OF = {name: units for units in _KINDS for name in units}


def multiple(source: str, target: str) -> float | None:
    """How many ``target`` one ``source`` is where that is a whole number; None where it is not, or is not told here.

    Parameters
    ----------
    source, target : names of units, such as ``MWh`` and ``J``

    Returns
    -------
    How many, or None.
    """
    if source == target:
        return 1.0
    units = _KIND_OF.get(source, {})
    if target not in units or units[source] % units[target]:
        return None
    return float(units[source] // units[target])
