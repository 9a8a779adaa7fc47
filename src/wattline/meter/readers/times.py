"""Instants as people and programs write them -> seconds since the epoch, UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array

if TYPE_CHECKING:
    import polars as pl

# what chrono reads, tried in this order; a time without a zone is taken as UTC
FORMATS = (
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%m-%d-%Y %H:%M:%S%.f",
    "%m/%d/%Y %H:%M:%S%.f",
    "%d.%m.%Y %H:%M:%S%.f",
    "%Y%m%d %H:%M:%S%.f",
    "%Y%m%dT%H%M%S%.f",
    "%a %b %d %H:%M:%S %Y",
)
ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z", "%Y/%m/%d %H:%M:%S%.f%#z")
# an epoch in these units, by its size: seconds until the year 5138, then milliseconds, and so on
EPOCHS = ((1e11, 1.0), (1e14, 1e-3), (1e17, 1e-6), (np.inf, 1e-9))


def epoch_scale(values: Array) -> float:
    """Seconds that one unit of these epochs is, told by their size."""
    size = np.nanmedian(np.abs(values)) if np.isfinite(values).any() else 0.0
    return next(scale for limit, scale in EPOCHS if size < limit)


def column_times(column: pl.Series) -> tuple[Array, str]:
    """Seconds since the epoch of a column of text, numbers or dates, ``(n,)``, NaN where unreadable; and a remark."""
    import polars as pl

    if column.dtype.is_temporal():
        micro = column.cast(pl.Datetime("us"), strict=False).cast(pl.Int64, strict=False)
        return _floats(micro) * 1e-6, ""
    numbers = column.cast(pl.Float64, strict=False)
    if numbers.null_count() <= 0.5 * max(1, len(column)):
        values = _floats(numbers)
        return values * epoch_scale(values), ""
    text = column.cast(pl.String).str.strip_chars()
    best, remark = np.full(len(text), np.nan), ""
    for zoned, formats in ((True, ZONED), (False, FORMATS)):
        for form in formats:
            parsed = text.str.to_datetime(form, time_unit="us", strict=False)
            seconds = _floats(parsed.cast(pl.Int64)) * 1e-6
            if np.isfinite(seconds).sum() > np.isfinite(best).sum():
                best, remark = seconds, "" if zoned else "times carry no zone: taken as UTC"
        if np.isfinite(best).sum() > 0.5 * len(best):
            break
    return best, remark


def _floats(column: pl.Series) -> Array:
    import polars as pl

    return column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().astype(float)


def instant(text: str) -> float:
    """One instant in seconds since the epoch; raises WattlineError where it cannot be read."""
    plain = text.strip()
    if re.fullmatch(r"\d{9,19}(\.\d+)?", plain):
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


def iso(at_s: float) -> str:
    """An instant as text, UTC, to the millisecond."""
    try:
        return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{at_s:g} s"
