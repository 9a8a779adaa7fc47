"""What a service's lower caps avoid in the hours of most carbon: by average and by marginal intensity, both told."""

from __future__ import annotations

import contextlib

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.core.errors import WattlineError
from wattline.core.fact import Array, Fact
from wattline.core.range import Range
from wattline.core.result import Json
from wattline.core.units import HOUR_S, J_PER_KWH, YEAR_H
from wattline.line.grid.flexibility.calls import called_hours, dear_so_far, dearest_steps
from wattline.predict.flex.signals import SiteSignals, notes_together, other_kind, read_sites, together
from wattline.predict.where import Where
from wattline.predict.where_readers import HOURLY

WHAT = "flex response"


def carbon_signals(where: Where, region: Record, catalog: Catalog) -> tuple[SiteSignals, ...]:
    """Average and marginal intensity by the hour at a site, over the same hours.

    Parameters
    ----------
    where : its ``carbon``: a file of them; the region's typical year where there is none, or "hourly", and for the
        kind that the file has not
    region : of the grid
    catalog : whose regions are taken

    Returns
    -------
    The average first; one alone where the other is not known, none where the region has no typical year, and where
    carbon is one number, which has no hours of more.

    Raises WattlineError for a file without a carbon intensity.
    """
    if isinstance(where.carbon, float):
        return ()
    if where.carbon in (None, HOURLY):
        texts: list[str] = [region.name]
        try:
            first = read_sites(texts, "average", WHAT, catalog)
        except WattlineError:  # a region of which no mix is known
            return ()
        other = other_kind(texts, "average", WHAT, catalog)
    else:
        first = read_sites([str(where.carbon)], where.carbon_kind or "average", WHAT, catalog)
        other = _beside(str(where.carbon), region, first.kind, catalog)
    if any(not signals.unit for signals in (first, other) if signals is not None):
        raise WattlineError(f"{WHAT}: carbon: {where.carbon} has no carbon intensity in g/kWh")
    return (first,) if other is None else together(first, other, WHAT)


def _beside(text: str, region: Record, kind: str, catalog: Catalog) -> SiteSignals | None:
    """The other kind: of the same file, else of the region's typical year."""
    other = "average" if kind == "marginal" else "marginal"
    for source in (text, region.name):
        with contextlib.suppress(WattlineError):
            made = read_sites([source], other, WHAT, catalog)
            if made.unit:
                return made
    return None


def carbon_cuts(cut_w: Array | None, signals: tuple[SiteSignals, ...], called_h: float) -> list[Json]:
    """CO2e that is avoided where the service yields in the hours of most carbon, the same requests answered.

    Parameters
    ----------
    cut_w : power that the caps save at the meter, scalar or ``(n_draws,)`` [W]; None where they save none
    signals : of the site, by kind
    called_h : hours of a year in which it yields

    Returns
    -------
    A row for each kind that leads and each by which it is counted; none without signals or saved power.
    """
    if cut_w is None or float(np.mean(cut_w)) <= 0:
        return []
    series = {each.kind: each.values[0] for each in signals}
    rows = []
    for lead, values in series.items():
        count = max(round(called_h * values.size / YEAR_H), 1)
        ways = dearest_steps(values, count), dear_so_far(values, count, signals[0].day)
        for counted, intensity in series.items():
            best, known = (called_hours(intensity, steps) for steps in ways)
            kwh = cut_w * YEAR_H * HOUR_S / J_PER_KWH  # through a whole year
            avoided = [np.asarray(kwh * each.share * each.dear) for each in (best, known)]
            if lead == counted:  # with foresight it may do what was known
                avoided[0] = np.maximum(*avoided)
            rows.append(
                {
                    "led_by": lead,
                    "counted_by": counted,
                    "intensity_g_per_kwh": best.dear,
                    "co2e_g_per_year": Range.of(avoided[0]).json(),
                    "co2e_known_g_per_year": Range.of(avoided[1]).json(),
                }
            )
    return rows


def facts_of(signals: tuple[SiteSignals, ...]) -> tuple[Fact, ...]:
    """Facts of the regions whose typical year stands for their hours.

    Parameters
    ----------
    signals : of the site

    Returns
    -------
    Each once.
    """
    return tuple({fact.key: fact for each in signals for fact in each.facts}.values())


NO_HOURS = "carbon by the hour is not known here: what caps avoid in its highest hours needs a region, or --carbon FILE"


def notes_of(signals: tuple[SiteSignals, ...]) -> tuple[str, ...]:
    """What is to be known of the signals.

    Parameters
    ----------
    signals : of the site

    Returns
    -------
    Each note once; one that says what is missing where there are none.
    """
    return notes_together(*signals) or (() if signals else (NO_HOURS,))
