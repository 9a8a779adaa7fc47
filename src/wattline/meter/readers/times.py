"""Instants as people and programs write them -> seconds since the epoch, UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.units import COMMON_YEAR_S, DAY_S, HOUR_S, MINUTE_S
from wattline.meter.readers.stamps import usual
from wattline.meter.readers.summer_time import forward

if TYPE_CHECKING:
    import polars as pl

# dates and times of day as chrono reads them; a time without a zone is taken as UTC
DATES = ("%Y/%m/%d", "%Y-%m-%d", "%m-%d-%Y", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y%m%d", "%Y.%m.%d")
CLOCKS = ("%H:%M:%S%.f", "%I:%M:%S%.f %p", "%I:%M %p", "%H:%M")
FORMATS = (
    *(f"{date} {CLOCKS[0]}" for date in DATES),
    f"%Y-%m-%dT{CLOCKS[0]}",
    f"%Y-%m-%d_{CLOCKS[0]}",
    "%Y-%m-%dT%H:%M",
    "%Y%m%dT%H%M%S%.f",
    "%Y-%m-%d_%H-%M-%S%.f",
    "%Y-%m-%dT%H-%M-%S%.f",
    "%Y:%m:%d %H:%M:%S%.f",
    "%Y-%jT%H:%M:%S%.f",
    "%d%b%Y:%H:%M:%S%.f",
    "%a %b %d %H:%M:%S %Y",
    "%d %b %Y %H:%M:%S%.f",
    "%d-%b-%Y %H:%M:%S%.f",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y @ %H:%M:%S%.f",
    *(f"{date} {clock}" for clock in CLOCKS[1:] for date in DATES),
)
ZONED = (
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f %#z",
    "%Y/%m/%d %H:%M:%S%.f%#z",
    "%a %b %d %H:%M:%S %Y %#z",
    "%a, %d %b %Y %H:%M:%S%.f%#z",
    "%a, %d %b %Y %H:%M:%S%.f %#z",
    "%d %b %Y %H:%M:%S%.f %#z",
    "%d/%b/%Y:%H:%M:%S %#z",
    "%Y%m%dT%H%M%S%.f%#z",
)
YEARLESS = ("%Y %b %d %H:%M:%S%.f", "%Y %m-%d %H:%M:%S%.f", "%Y %d %b %H:%M:%S%.f")  # as syslog and logcat write
# days of 1970 and from 2000 to 2100, as spreadsheets, MATLAB and astronomers count them; and how close rows stand
DAYS = ((25_569.0, 36_526.0, 73_050.0), (719_529.0, 730_486.0, 767_011.0), (2_440_587.5, 2_451_544.5, 2_488_069.5))
SHEET_STEP = 0.02
SAMPLE = 500  # cells by which the form of a column of times is told
UTC_NAMES = r"\s*(?:UTC|GMT)$"
ZONE_NAMES = r"\s+\(?[A-Z]{3,5}\)?$"
# an epoch in these units, by its size: seconds until the year 5138, then milliseconds, and so on
EPOCHS = ((1e11, 1.0), (1e14, 1e-3), (1e17, 1e-6), (np.inf, 1e-9))
SINGLE = 2.0**29  # single precision has steps of a minute from here on
PACKED = {12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S", 17: "%Y%m%d%H%M%S%3f"}  # dates written as one number, by its digits
PACKED_YEARS = (631_152_000.0, 4_102_444_800.0)  # the years of such dates, 1990 to 2099, in seconds since 1970
EPOCH_S = 1e8  # a smaller number of seconds counts from the beginning of a recording
DURATION = re.compile(r"^\s*(?:(?P<d>\d+)\s*(?:d|days?)[\s,]+)?(?:(?P<h>\d+):)?(?P<m>\d+):(?P<s>[0-5]\d(?:\.\d+)?)\s*$")
FORMS = "2026-03-01T12:00:00Z, 2026/03/01 12:00:00.000, 03/01/2026 12:00:00 PM, or seconds since 1970"


def epoch_scale(values: Array) -> float:
    """Seconds that one unit of these epochs is, told by their size."""
    size = np.nanmedian(np.abs(values)) if np.isfinite(values).any() else 0.0
    return next(scale for limit, scale in EPOCHS if size < limit)


def column_times(column: pl.Series) -> tuple[Array, str]:
    """Seconds since the epoch of a column of text, numbers or dates, ``(n,)``, NaN where unreadable; and a remark."""
    import polars as pl

    if column.dtype.is_temporal():
        if column.dtype == pl.Time:
            return _over_midnight(_floats(column.cast(pl.Int64)) * 1e-9), "times carry no date"
        micro = column.cast(pl.Datetime("us"), strict=False).cast(pl.Int64, strict=False)
        return _floats(micro) * 1e-6, ""
    numbers = column.cast(pl.Float64, strict=False)
    if numbers.null_count() <= 0.5 * max(1, len(column)):
        values = _floats(numbers)
        if (packed := packed_dates(column)) is not None:
            return packed, "times carry no zone: taken as UTC"
        if (begin := _day_of_1970(values)) is not None:
            return (values - begin) * DAY_S, "times are days of a spreadsheet, taken as UTC"
        _check_precision(values, column.name)
        return values * epoch_scale(values), ""
    return _texts(column.cast(pl.String).str.strip_chars())


def _check_precision(values: Array, name: str) -> None:
    """Refuse instants since 1970 that single precision has made the same for many rows (steps of 128 s)."""
    there = values[np.isfinite(values)]
    if len(there) > 2 and there.min() > SINGLE and (there == there.astype(np.float32)).all():
        spacing = float(np.spacing(np.float32(there[0])))
        if len(np.unique(there)) < 0.5 * len(there) and spacing * epoch_scale(there) > 1:
            raise WattlineError(
                f"column {name!r} holds times in single precision, {spacing * epoch_scale(there):.0f} s apart: "
                "write them in double precision"
            )


def packed_dates(column: pl.Series) -> Array | None:
    """Seconds since the epoch of dates written as a number each (``20260301120000``); None where they are none.

    Parameters
    ----------
    column : of numbers or text

    Returns them, shape ``(n,)``; NaN where a cell is none.
    """
    import polars as pl

    text = column.cast(pl.Int64, strict=False).cast(pl.String) if column.dtype.is_numeric() else column
    lengths = text.str.len_chars().drop_nulls().unique().to_list()
    if len(lengths) != 1 or lengths[0] not in PACKED:
        return None
    at = _parsed(text, PACKED[lengths[0]])
    begin, end = PACKED_YEARS
    there = at[np.isfinite(at)]
    return at if len(there) and len(there) >= 0.9 * len(at) and begin <= there.min() and there.max() < end else None


def durations(text: pl.Series) -> Array:
    """Seconds of texts that tell how long it has been: ``1:02:03``, ``62:03``, ``2 days 01:02:03``; NaN for others.

    Parameters
    ----------
    text : a column of them

    Returns them, shape ``(n,)``.
    """
    import polars as pl

    parts = text.cast(pl.String).str.extract_groups(DURATION.pattern)
    days, hours, minutes, seconds = (
        _floats(parts.struct.field(name).cast(pl.Float64, strict=False)) for name in ("d", "h", "m", "s")
    )
    return DAY_S * np.nan_to_num(days) + HOUR_S * np.nan_to_num(hours) + MINUTE_S * minutes + seconds


def is_dates(column: pl.Series) -> bool:
    """Whether a column of text holds dates, and no numbers of rows."""
    import polars as pl

    few = column.cast(pl.String).head(20).drop_nulls()
    numbers = few.cast(pl.Float64, strict=False).drop_nulls()
    return len(few) > 1 and not len(numbers) and bool((column_times(few)[0] > EPOCH_S).all())


def _day_of_1970(values: Array) -> float | None:
    """The number of the first day of 1970 where numbers are days: of 2000 to 2100, moments apart; else None.

    As seconds since the beginning of a recording they would begin after ten hours and be milliseconds apart.
    """
    there = np.unique(values[np.isfinite(values)])  # rows may stand in any order, and twice
    if len(there) < 2 or np.median(np.diff(there)) >= SHEET_STEP:
        return None
    return next((first for first, begin, end in DAYS if there.min() >= begin and there.max() < end), None)


def _texts(text: pl.Series) -> tuple[Array, str]:
    """Times in words: with their zone, else without; a time of day alone last."""
    plain = text.str.replace(r"(\d),(\d{1,9})", "${1}.${2}").str.replace(r"(?i)([ap])\.\s?m\.\s*$", "${1}m")
    plain = plain.str.replace(r"^(\d\d:\d\d:\d\d):(\d{3})$", "${1}.${2}")  # milliseconds behind a colon
    plain = plain.str.replace(r" m=[+-][\d.]+$", "").str.replace(r"([+-]\d\d:?\d\d) (?:[A-Z]{3,5}|[+-]\d+)$", "${1}")
    plain = plain.str.replace(r"\[[\w/+-]+\]$", "")  # the zone once more, as Java writes it
    plain = plain.str.replace(r" (?:UTC|GMT) (\d{4})$", " ${1} +00:00")
    plain = plain.str.replace(r"(\d)[年년]\s*(\d+)[月월]\s*(\d+)[日일]", "${1}-${2}-${3}")
    plain = plain.str.replace(r"(\d)[时時시]\s*(\d+)[分분](?:\s*(\d+)[秒초])?$", "${1}:${2}:${3}")
    zoned = plain.str.replace(UTC_NAMES, "+00:00").str.replace(r"(\d)Z$", "${1}+00:00")
    best = _best(zoned, ZONED)
    if np.isfinite(best).sum() > 0.5 * len(best):
        return best, ""
    bare = plain.str.replace(UTC_NAMES, "")
    zoned_by_name = bool((bare != plain).any())
    nameless = bare.str.replace(ZONE_NAMES, "") if not bare.str.contains(r" [AP]M$").any() else bare
    named = bool((nameless != bare).any())
    without = _best(nameless, FORMATS)
    if np.isfinite(without).sum() > np.isfinite(best).sum():
        if zoned_by_name or named:
            return without, "zones named in letters are not read: times taken as UTC" if named else ""
        moved, day = forward(without, text.name)
        hour = (
            f"; the hour missing on {day} is the one by which local clocks went an hour forward, and no gap (if they "
            "are UTC, name their column time_utc)"
            if day
            else ""
        )
        return moved, f"times carry no zone: taken as UTC{hour}"
    if not np.isfinite(best).any():
        return _dateless(nameless)
    return best, ""


def _dateless(text: pl.Series) -> tuple[Array, str]:
    """Times of day, days without their year, or how long it has been."""
    clock = _best("1970-01-01 " + text, tuple(f"%Y-%m-%d {form}" for form in CLOCKS))
    if np.isfinite(clock).any():
        return _over_midnight(clock), "times carry no date"
    yearless = _best("1970 " + text, YEARLESS)
    if np.isfinite(yearless).any():
        return _running_on(yearless, COMMON_YEAR_S), "times carry no year"
    return durations(text), "times carry no date"


def _best(text: pl.Series, formats: tuple[str, ...]) -> Array:
    """The reading that most cells allow; of two that fit alike the one that runs forward in the shorter time."""
    few = text.gather_every(max(1, len(text) // SAMPLE))
    ranked = [(worth, form) for form in formats if (worth := _worth(_parsed(few, form)))[0]]
    if not ranked:
        return np.full(len(text), np.nan)
    ranked.sort(key=lambda pair: pair[0], reverse=True)
    best = _parsed(text, ranked[0][1])
    if np.isfinite(best).sum() + text.null_count() < len(text):
        others = [_parsed(text, form) for worth, form in ranked[1:] if worth[0] >= 0.5 * ranked[0][0][0]]
        best = max((best, *others), key=_worth)
    return best


def _parsed(text: pl.Series, form: str) -> Array:
    import polars as pl

    return _floats(text.str.to_datetime(form, time_unit="us", strict=False).cast(pl.Int64)) * 1e-6


def _worth(seconds: Array) -> tuple[int, int, float]:
    there = seconds[np.isfinite(seconds)]
    return len(there), -int((np.diff(there) < 0).sum()), -float(np.ptp(there)) if len(there) else 0.0


def _over_midnight(seconds: Array) -> Array:
    """Times of day made to run on: each fall by more than half a day is a new day."""
    return _running_on(seconds, DAY_S)


def _running_on(seconds: Array, turn_s: float) -> Array:
    there = np.flatnonzero(np.isfinite(seconds))
    out = seconds.copy()
    if len(there):
        turns = np.concatenate([[0], np.cumsum(np.diff(seconds[there]) < -0.5 * turn_s)])
        out[there] += turn_s * turns
    return out


def _floats(column: pl.Series) -> Array:
    import polars as pl

    return column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().astype(float)


def instant(text: str) -> float:
    """One instant in seconds since the epoch; raises WattlineError where it cannot be read."""
    plain = text.strip()
    if re.fullmatch(r"\d{9,19}(\.\d+)?", plain):
        if (packed := usual(plain)) is not None:
            return packed
        return float(plain) * epoch_scale(np.array([float(plain)]))
    try:
        at = datetime.fromisoformat(plain.replace("/", "-"))
    except ValueError:
        at = _american(plain)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _american(text: str) -> datetime:
    for form in ("%m-%d-%Y %H:%M:%S.%f", "%m-%d-%Y %H:%M:%S"):
        try:
            return datetime.strptime(text.replace("/", "-"), form)
        except ValueError:
            continue
    raise WattlineError(f"time {shorten(text)!r} cannot be read; write 2026-03-01T12:00:00Z or seconds since 1970")
