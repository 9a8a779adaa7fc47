"""Which column of a trace is what, and its cells as seconds and tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array

if TYPE_CHECKING:
    import polars as pl

ROLES = ("time", "input", "output")
UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
# names as they are compared: small letters and digits only
NAMES = {
    "time": (
        "timestamp", "arrivals", "arrivaltime", "arrivaltimes", "arrivaltimestamp", "arrivedat", "arrival", "arrivalms",
        "arrivaltimems", "timestampms", "timestamps", "timestampus", "timestampns", "starttime", "requesttime",
        "starttimestamp", "createdat", "datetime", "time", "times", "timems", "ts",
    ),
    "input": (
        "contexttokens", "inputtokens", "prompttokens", "requesttokens", "numprefilltokens", "inputlength", "inputlen",
        "promptlength", "promptlen", "tokensin", "prefilltokens", "numinputtokens", "numprompttokens", "isl", "input",
    ),
    "output": (
        "generatedtokens", "outputtokens", "responsetokens", "completiontokens", "numdecodetokens", "outputlength",
        "outputlen", "responselength", "tokensout", "decodetokens", "numoutputtokens", "numcompletiontokens", "osl",
        "output",
    ),
}  # fmt: skip
# what a request may bring beside text
SEEN = {
    "pictures": ("numimages", "images", "numpictures", "pictures", "imagecount"),
    "audio_s": ("audios", "audioseconds", "audiodurations"),
    "picture_width": ("picturewidth", "imagewidth"),
    "picture_height": ("pictureheight", "imageheight"),
}
_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f")
# instants since 1970 are told by their size, as numbers of seconds until the year 5138
_EPOCHS = ((1e11, "s"), (1e14, "ms"), (1e17, "us"), (np.inf, "ns"))


@dataclass(frozen=True)
class TraceColumns:
    """The names of the columns that hold arrival, input and output tokens."""

    time: str
    input: str
    output: str

    def named(self) -> str:
        return ", ".join(repr(shorten(name, 30)) for name in (self.time, self.input, self.output))

    def mend(self) -> str:
        return "times are numbers or like 2026-03-01 12:00:00; name the columns if these are wrong (--columns)"


def is_known_column(name: str) -> bool:
    """Whether a column's name is one of those that tell what it is."""
    return any(plain(name) in names for names in NAMES.values())


def plain(name: str) -> str:
    """A column's name as it is compared."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def choose_columns(names: Sequence[str], named: Mapping[str, str | None], where: str) -> TraceColumns:
    """The column of each role: the one named, else the one of a known name.

    Parameters
    ----------
    names : columns of the file
    named : column by role, where the user names one
    where : the file, for the error

    Returns
    -------
    A column's name for each role, None for those that are not there.

    Raises WattlineError if it is unclear.
    """
    listed = ", ".join(shorten(name, 30) for name in names[:12])
    chosen: dict[str, str] = {}
    for role in ROLES:
        wanted = named.get(role)
        if wanted is not None:
            if wanted not in names:
                raise WattlineError(f"{where}: no column {shorten(wanted)!r} for {role}; it has {listed}")
            chosen[role] = wanted
            continue
        ranked = [name for name_known in NAMES[role] for name in names if plain(name) == name_known]
        if not ranked:
            wanted = {"time": "the arrival", "input": "input tokens", "output": "output tokens"}[role]
            raise WattlineError(f"{where}: no column of {wanted} among {listed}; name it ({role}=…, or --columns)")
        same = [name for name in ranked if plain(name) == plain(ranked[0])]
        if len(same) > 1:
            both = " and ".join(same[:3])
            raise WattlineError(f"{where}: columns {both} may both be {role}; name one ({role}=…, or --columns)")
        chosen[role] = ranked[0]
    return TraceColumns(**chosen)


def seen_columns(names: Sequence[str]) -> dict[str, str]:
    """The columns that tell pictures and seconds of sound, by what they tell; empty where there are none."""
    ranked = {what: [name for name in names if plain(name) in known_names] for what, known_names in SEEN.items()}
    return {what: own[0] for what, own in ranked.items() if own}


def tokens(column: pl.Series) -> Array:
    """Numbers of tokens as floats, NaN where there is none."""
    return _floats(column)


def times_s(column: pl.Series, name: str, unit: str | None) -> tuple[Array, str]:
    """Seconds, from an instant common to the column, NaN where a cell cannot be read; and what the cells are.

    Numbers are in ``unit``, or in what the column's name ends in, or seconds (instants since 1970: by their size).

    Parameters
    ----------
    column : of the table
    name : its name
    unit : of its numbers; guessed from name and size where None

    Returns the seconds, shape ``(n_rows,)``, and the unit or ``dates``. Raises WattlineError where the unit of its
    numbers cannot be known.
    """
    import polars as pl

    if column.dtype.is_temporal():
        return _since_first(column.cast(pl.Datetime("ns"), strict=False).cast(pl.Int64, strict=False)), "dates"
    numbers = _floats(column)
    readable = np.isfinite(numbers)
    if readable.sum() * 2 >= len(numbers) or column.dtype.is_numeric():
        in_unit = unit or _unit(name, numbers[readable])
        return numbers * UNITS[in_unit], in_unit
    return _since_first(_instants(column.cast(pl.String).str.strip_chars(" \t\r\"'"))), "dates"


def _unit(name: str, numbers: Array) -> str:
    ends = re.search(r"(?:[^a-z]|(?<=[a-z])(?=[A-Z]))(ms|us|ns|s|sec|seconds|millis|milliseconds)\W*$", name)
    if ends:
        return {"sec": "s", "seconds": "s", "millis": "ms", "milliseconds": "ms"}.get(ends[1], ends[1])
    size = float(np.median(np.abs(numbers))) if numbers.size else 0.0
    return next(unit for limit, unit in _EPOCHS if size < limit)


def _instants(text: pl.Series) -> pl.Series:
    """Nanoseconds since 1970 of instants as text, null where unreadable; a zone is taken off, none is UTC."""
    import polars as pl

    chosen = pl.Series(text.name, [None] * len(text), dtype=pl.Int64)
    for form in _FORMATS:
        if not chosen.null_count():
            break
        zoned = text.str.to_datetime(f"{form}%#z", time_unit="ns", time_zone="UTC", strict=False, exact=True)
        bare = text.str.strip_suffix("Z").str.to_datetime(form, time_unit="ns", strict=False, exact=True)
        chosen = chosen.fill_null(bare.cast(pl.Int64)).fill_null(zoned.cast(pl.Int64))
    return chosen


def _since_first(nanoseconds: pl.Series) -> Array:
    """Seconds since the earliest, so that a float holds nanoseconds of a trace of weeks."""
    first = nanoseconds.min()
    if first is None:
        return np.full(len(nanoseconds), np.nan)
    return _floats(nanoseconds - first) * 1e-9


def _floats(column: pl.Series) -> Array:
    import polars as pl

    text = column.str.strip_chars(" \t\r\"'") if column.dtype == pl.String else column
    values = text.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(values), values, np.nan)
