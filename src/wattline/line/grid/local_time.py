"""Local time and UTC: times without an offset, in a time zone whose clocks are put forward and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wattline.core.errors import WattlineError, shorten

if TYPE_CHECKING:
    import polars as pl


CLOCKS = (  # names of clocks in a header -> the tz database
    (re.compile(r"\b(?:cet|cest|mez|mesz)\b"), "Europe/Brussels"),
    (re.compile(r"\bwet\b"), "Europe/Lisbon"),
    (re.compile(r"\b(?:eet|eest)\b"), "Europe/Helsinki"),
    (re.compile(r"\bgmt bst\b"), "Europe/London"),
    (re.compile(r"\b(?:ept|est edt)\b"), "America/New_York"),
    (re.compile(r"\b(?:cpt|cst cdt)\b"), "America/Chicago"),
    (re.compile(r"\b(?:ppt|pst pdt)\b"), "America/Los_Angeles"),
)
OFFSET = re.compile(r"(?i)(?:utc|gmt)\s*([+\-−])\s*(\d{1,2})(?::?00)?(?!\d)")


def clock_of(header: str) -> str | None:
    """The clock that a header names.

    Parameters
    ----------
    header
        Such as ``Datetime (UTC)``, ``MTU (CET/CEST)`` or ``Date (GMT+1)``.

    Returns
    -------
    Its name in the tz database, or None where the header names none.
    """
    if (match := OFFSET.search(header)) is not None:
        hours = int(match[2])
        # the tz database counts these westward; Etc/GMT-1 is an hour before UTC's clock
        return "UTC" if hours == 0 else f"Etc/GMT{'-' if match[1] == '+' else '+'}{hours}"
    if "utc" in header.lower():
        return "UTC"
    words = " ".join(re.findall(r"[a-z0-9]+", header.lower()))
    named = next((zone for pattern, zone in CLOCKS if pattern.search(words)), None)
    return named or ("UTC" if re.search(r"\bgmt\b", words) else None)


def check_zone(name: str) -> str:
    """A time zone's name, such as ``Europe/Berlin``. Raises WattlineError where the tz database has none of it."""
    import polars as pl

    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(name)
    except pl.exceptions.PolarsError:
        raise WattlineError(
            f"time zone {shorten(name)!r} is not known; give one such as UTC, Europe/Berlin or America/Chicago"
        ) from None
    return name


def skipped_hour(times: pl.Series, zone: str) -> Any:
    """Which times of a local clock do not exist, since it is put forward over them.

    Parameters
    ----------
    times
        Times without an offset.
    zone
        Name in the tz database.

    Returns
    -------
    True and False, shape ``(n_rows,)``.
    """
    made = times.dt.replace_time_zone(check_zone(zone), ambiguous="earliest", non_existent="null")
    return (made.is_null() & times.is_not_null()).to_numpy()


def to_utc(times: pl.Series, zone: str, where: str) -> pl.Series:
    """Times of a local clock in UTC.

    Parameters
    ----------
    times
        Times without an offset, in the order of the file.
    zone
        Name in the tz database, such as ``Europe/Berlin``.
    where
        What they are of, for the error.

    Returns
    -------
    polars.Series
        In UTC. In autumn the hour that comes twice is read in the order of the file: the first in summer time, the
        second in standard time.

    Raises
    ------
    WattlineError
        For an unknown zone, and a time that the clocks skip in spring.
    """
    import polars as pl

    check_zone(zone)
    known = times.drop_nulls()
    if known.len() > 1 and known[0] > known[-1]:  # the newest first
        return to_utc(times.reverse(), zone, where).reverse()
    frame = pl.DataFrame({"time": times.cast(pl.Datetime("us"))}).with_columns(
        second=pl.int_range(pl.len()).over("time") > 0
    )
    local = pl.col("time")
    early = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    late = local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    made = frame.select(pl.when("second").then(late).otherwise(early).dt.convert_time_zone("UTC").alias("utc"))["utc"]
    if made.null_count() > times.null_count():
        absent = times.filter(made.is_null() & times.is_not_null())[0]
        raise WattlineError(
            f"{where}: {absent} does not exist in {zone}, where clocks skip it; the times may be UTC or another zone's"
        )
    return made
