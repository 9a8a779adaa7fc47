"""A utility's limits on swings of a load, and the frequencies at which a grid swings itself, from the catalog."""

from __future__ import annotations

from dataclasses import dataclass

from wattline.catalog import Catalog
from wattline.core.errors import WattlineError
from wattline.core.fact import Fact
from wattline.line.grid.flexibility.swings import Spectrum, SwingLimits

BAND = ("band_low_hz", "band_high_hz")
LIMITS = ("band_share", "ramp_up_w_per_s", "ramp_down_w_per_s", "range_w")


def limits_of(name: str, catalog: Catalog) -> tuple[SwingLimits, list[Fact]]:
    """The limits that a record of the catalog holds, and the facts that they are.

    Parameters
    ----------
    name
        Of a record of the kind ``swing`` whose role is ``limit``.
    catalog
        Where it stands.

    Returns
    -------
    Both, the limits that the record lacks as None.

    Raises
    ------
    WattlineError
        For a name that the catalog has not, and for a record that is no limit.
    """
    record = catalog.find("swing", name)
    if record.meta.get("role") != "limit":
        known = [each.name for each in catalog.records("swing").values() if each.meta.get("role") == "limit"]
        raise WattlineError(f"--limits {record.name}: it is no limit; known: {', '.join(known)}")
    low, high = (record[name].value for name in BAND) if BAND[0] in record.facts else SwingLimits().band_hz
    given = {name: record[name].value for name in LIMITS if name in record.facts}
    if not given:
        raise WattlineError(f"--limits {record.name}: it bounds nothing; give it one of {', '.join(LIMITS)}")
    return SwingLimits((low, high), **given), list(record.facts.values())


@dataclass(frozen=True)
class GridMode:
    """A band of frequencies at which machines and grids swing themselves.

    Attributes
    ----------
    name
        What swings.
    low_hz, high_hz
        The band [Hz].
    share
        Share of the load's swings that lies in it, 0 to 1; None where the sampling shows nothing of it.
    shown_share
        Share of the band, by its width, that the sampling can show, 0 to 1.
    """

    name: str
    low_hz: float
    high_hz: float
    share: float | None
    shown_share: float


def modes_of(lines: Spectrum, highest_shown_hz: float, catalog: Catalog) -> tuple[list[GridMode], list[Fact]]:
    """How much of a load's swings lies where a grid swings itself, and the facts that say where that is.

    Parameters
    ----------
    lines
        Spectrum of the load.
    highest_shown_hz
        Faster swings the sampling does not show [Hz].
    catalog
        Where the modes stand.

    Returns
    -------
    The modes that the sampling shows, and their facts.
    """
    modes, facts = [], []
    for record in catalog.records("swing").values():
        if record.meta.get("role") != "mode":
            continue
        low, high = (record[name].value for name in BAND)
        shown = min(max((highest_shown_hz - low) / (high - low), 0.0), 1.0)
        modes.append(GridMode(record.title, low, high, lines.share(low, high) if shown > 0 else None, shown))
        facts += [record[name] for name in BAND]
    return modes, facts
