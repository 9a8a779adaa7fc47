"""Local time and UTC: times without an offset, in a time zone whose clocks are put forward and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattline.core.errors import WattlineError, shorten

if TYPE_CHECKING:
    import polars as pl


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
    if times.len() > 1 and times[0] > times[-1]:  # the newest first
        return to_utc(times.reverse(), zone, where).reverse()
    frame = pl.DataFrame({"time": times.cast(pl.Datetime("us"))}).with_columns(
        second=pl.int_range(pl.len()).over("time") > 0
    )
    local = pl.col("time")
    early = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    late = local.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    made = frame.select(pl.when("second").then(late).otherwise(early).dt.convert_time_zone("UTC").alias("utc"))["utc"]
    if made.null_count() > times.null_count():
        skipped = times.filter(made.is_null())[0]
        raise WattlineError(
            f"{where}: {skipped} does not exist in {zone}, where clocks skip it; the times may be UTC or another zone's"
        )
    return made
