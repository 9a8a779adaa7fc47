"""What the catalog knows of traffic: the lengths of services' requests, and how a day and a week go."""

from __future__ import annotations

import numpy as np

from wattline.catalog import Catalog
from wattline.core.errors import WattlineError
from wattline.core.units import DAY_S, HOUR_S, WEEK_S
from wattline.line.work.traffic.arrivals import RateShape
from wattline.line.work.traffic.lengths import LengthFit

STEP_S = 900.0
SHAPES = ("flat", "day", "week")
_WEEKDAYS = 5


def known_lengths(name: str, catalog: Catalog) -> LengthFit:
    """Lengths of a service by its name in the catalog, e.g. ``chat``, ``code``, ``long-chat``.

    Parameters
    ----------
    name : of the service
    catalog : where it is looked up

    Returns the lengths, as a mixture of lognormals. Raises NotFound for a name that is not known, WattlineError for a
    traffic without lengths.
    """
    record = catalog.find("traffic", name)
    if "mixture" not in record.meta:
        known = [each.name for each in catalog.records("traffic").values() if "mixture" in each.meta]
        raise WattlineError(f"traffic {record.name} has no lengths in the catalog; those that have: {', '.join(known)}")
    table = np.array(record.meta["mixture"], float)
    weight, input_median, input_sigma, output_median, output_sigma, correlation = table.T
    cross = correlation * input_sigma * output_sigma
    covariance = np.array([[input_sigma**2, cross], [cross, output_sigma**2]]).transpose(2, 0, 1)
    mean = np.log(np.stack([input_median, output_median], axis=1))
    longest = record.meta["most"]
    return LengthFit(weight / weight.sum(), mean, covariance, (int(longest[0]), int(longest[1])))


def day_shape(valley_share: float, peak_hour: float) -> RateShape:
    """A day whose rate goes along a cosine from ``valley_share`` of the peak's to the peak's, at ``peak_hour``. Raises
    WattlineError for a share or an hour out of bounds.

    Parameters
    ----------
    valley_share : lowest rate over the highest, 0 to 1
    peak_hour : hour of the highest, 0 to 24

    Returns the shape, by the quarter of an hour.
    """
    if not 0 <= valley_share <= 1 or not 0 <= peak_hour <= 24:
        raise WattlineError("traffic: a day needs a valley of 0 to 1 of its peak, and an hour of 0 to 24")
    hour = (np.arange(round(DAY_S / STEP_S)) + 0.5) * STEP_S / HOUR_S
    wave = 0.5 + 0.5 * np.cos(2 * np.pi * (hour - peak_hour) / 24)
    return RateShape(valley_share + (1 - valley_share) * wave, STEP_S)


def week_shape(valley_share: float, peak_hour: float, weekend_share: float) -> RateShape:
    """Five such days and two of ``weekend_share`` of their rate, from Monday 0:00. Raises WattlineError for a share out
    of bounds.

    Parameters
    ----------
    valley_share : a day's lowest rate over its highest, 0 to 1
    peak_hour : hour of the highest, 0 to 24
    weekend_share : rate of a day of the weekend over that of a weekday, 0 to 10

    Returns the shape, by the quarter of an hour.
    """
    if not 0 <= weekend_share <= 10:
        raise WattlineError("traffic: a weekend needs a share of 0 to 10 of a weekday's rate")
    day = day_shape(valley_share, peak_hour).relative
    each = np.where(np.arange(round(WEEK_S / DAY_S)) < _WEEKDAYS, 1.0, weekend_share)
    return RateShape(np.outer(each, day).ravel(), STEP_S)


def known_shape(name: str, catalog: Catalog, start_hour: float = 0.0) -> RateShape | None:
    """The catalog's ``day`` or ``week``, from ``start_hour`` on (of Monday); None for ``flat``.

    Parameters
    ----------
    name : flat, day or week
    catalog : whose facts are taken
    start_hour : hour of Monday at which requests begin, 0 to 168

    Returns
    -------
    The rate by the hour, to any scale, or None.

    Raises
    ------
    WattlineError where the name is none of these, or the hour is not from 0 to 168.
    """
    if name not in SHAPES:
        raise WattlineError(f"traffic: shape {name!r} is none of {', '.join(SHAPES)}")
    if not 0 <= start_hour < 168:
        raise WattlineError(f"traffic: start hour {start_hour!r}; give 0 to 24, or up to 168 into the week")
    if name == "flat":
        return None
    record = catalog.find("traffic", "office-day")
    valley, hour = record["valley_share"].value, record["peak_hour"].value
    week = week_shape(valley, hour, record["weekend_share"].value)
    return (day_shape(valley, hour) if name == "day" else week).turned(start_hour * HOUR_S)
