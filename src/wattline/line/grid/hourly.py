"""Series by the hour from a file, CSV or Parquet: demand, carbon intensity, price, capacity factors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.core.reading import read_bytes
from wattline.core.units import DAY_S, HOUR_S, YEAR_S
from wattline.line.grid.table import numbers_of, read_table, times_of, word_among_numbers

if TYPE_CHECKING:
    import polars as pl

MAX_BYTES = 100_000_000
FILL_OPTION = '--fill-gaps "3 h"'
MAX_FILL_H = 24.0
MAX_STEP_S, MAX_SPAN_S = 31 * DAY_S, 200 * YEAR_S
SIGNAL_STEPS = 3  # of a gap of a signal (carbon, a price) that is filled in a straight line


@dataclass(frozen=True)
class Hourly:
    """Columns of numbers over one regular time.

    Attributes
    ----------
    utc
        Begin of each step in UTC, ``datetime64[s]``, shape ``(n_steps,)``.
    step_h
        Length of a step [h].
    columns
        Numbers by name, as they stand in the file, each of shape ``(n_steps,)``; NaN where there is none.
    notes
        What was taken for granted or repaired.
    broken
        Columns of numbers that hold a word, by name: the word and its row.
    fill_h
        Longest gap that is filled in a straight line [h]; 0 for none, None where no option allows any.
    """

    utc: np.ndarray[Any, np.dtype[np.datetime64]]
    step_h: float
    columns: dict[str, Array]
    notes: tuple[str, ...]
    broken: Mapping[str, str] = field(default_factory=dict)
    fill_h: float | None = None

    @property
    def month(self) -> Array:
        """Month of each step in UTC, 1 to 12."""
        return np.asarray(self.utc.astype("datetime64[M]").astype(int) % 12 + 1, float)

    def column(self, name: str | None, what: str) -> tuple[str, Array]:
        """A column by its name, or the only one; a step without a number is refused, or filled where that is allowed.

        Parameters
        ----------
        name
            Its name in the file, in any case; None where there is only one.
        what
            What it is for, for the error.

        Returns
        -------
        Its name as it stands in the file, and numbers of shape ``(n_steps,)``.

        Raises
        ------
        WattlineError
            Where there is no such column, or a gap is longer than ``fill_h``, by its first step.
        """
        broken = {key.lower(): key for key in self.broken}
        if name is not None and name.lower() in broken:
            raise WattlineError(f"{what}: {name} holds {self.broken[broken[name.lower()]]}, which is no number")
        names = {key.lower(): key for key in self.columns}
        if name is None and len(names) == 1:
            name = next(iter(self.columns))
        if name is None:
            raise WattlineError(
                f"{what}: the file has {len(names)} columns; name one: {shorten(', '.join(self.columns), 200)}"
            )
        if name.lower() not in names:
            raise WattlineError(
                f"{what}: no column {shorten(name, 60)!r}; the file has {shorten(', '.join(self.columns), 200)}"
            )
        key = names[name.lower()]
        return key, self._filled(key, what)

    def signal(self) -> Hourly:
        """The series as that of a signal (carbon, a price): gaps of up to ``SIGNAL_STEPS`` are filled and counted."""
        return replace(self, fill_h=SIGNAL_STEPS * self.step_h)

    def _filled(self, key: str, what: str) -> Array:
        values = self.columns[key]
        there = np.isfinite(values)
        if there.all():
            return values
        edges = np.flatnonzero(np.diff(np.concatenate([[0], (~there).astype(int), [0]])))
        begins, lengths = edges[::2], edges[1::2] - edges[::2]
        beyond = lengths * self.step_h > (self.fill_h or 0.0) + 1e-9
        if beyond.any() or not there.any():
            first, missing = int(np.argmax(beyond)), int((~there).sum())
            time, steps = self.utc[begins[first]], len(values)
            if self.fill_h is None:
                raise WattlineError(
                    f"{what}: {key} has no number at {time} UTC ({missing} of {steps} steps); mend the file"
                )
            raise WattlineError(
                f"{what}: {key} has no number at {time} UTC ({missing} of {steps} steps); mend the file, or fill gaps "
                f"up to a length with {FILL_OPTION}"
            )
        at = np.arange(len(values))
        return np.interp(at, at[there], values[there])

    def filled(self, names: Iterable[str]) -> tuple[str, ...]:
        """A line for each of these columns that had steps without a number, which ``column`` fills."""
        gaps = {name: np.flatnonzero(~np.isfinite(self.columns[name])) for name in names}
        steps = len(self.utc)
        return tuple(
            f"{name}: {len(at):,} of {steps:,} steps without a number are filled, the first at {self.utc[at[0]]} UTC"
            for name, at in gaps.items()
            if len(at)
        )


def read_fill(text: float | str | None) -> float:
    """The longest gap that is filled.

    Parameters
    ----------
    text
        A time, such as ``"3 h"``, or a number of hours; None for none.

    Returns
    -------
    float
        Hours.

    Raises
    ------
    WattlineError
        Where it is no time, or longer than a straight line stands for.
    """
    hours = 0.0 if text is None else parse(text, "hour", "fill-gaps", zero=True)
    if hours > MAX_FILL_H:
        raise WattlineError(f"fill-gaps: a straight line stands for {MAX_FILL_H:g} h at most, not {hours:g} h")
    return hours


def read_hourly(path: Path | str, time_zone: str | None = None) -> Hourly:
    """The series in a CSV or Parquet file with one column of times.

    Parameters
    ----------
    path
        The file. Times with an offset are moved to UTC.
    time_zone
        Zone of times without an offset, such as ``Europe/Berlin``; None takes them as UTC, and that is noted.

    Returns
    -------
    Hourly
        Its numeric columns over a regular time; steps that are absent from the file are NaN.

    Raises
    ------
    WattlineError
        Where there is no column of times or of numbers, a time occurs twice, or the steps are not regular.
    """
    where = shorten(str(path), 200)
    data = read_bytes(path, MAX_BYTES, "series", unpack=True)
    return hourly_of(read_table(data, where), where, time_zone)


def hourly_of(table: pl.DataFrame, where: str, time_zone: str | None = None) -> Hourly:
    """The series of a table with one column of times.

    Parameters
    ----------
    table
        Its columns as text or numbers.
    where
        What it was read from, for errors.
    time_zone
        Zone of times without an offset; None takes them as UTC, and that is noted.

    Returns
    -------
    Columns over a regular time in UTC.

    Raises
    ------
    WattlineError
        As ``read_hourly``.
    """
    name, times, notes = times_of(table, where, time_zone)
    numbers = {key: values for key in table.columns if key != name and (values := numbers_of(table[key])) is not None}
    rest = {key: word_among_numbers(table[key]) for key in table.columns if key != name and key not in numbers}
    broken = {key: word for key, word in rest.items() if word}
    if not numbers:
        why = "".join(f": {key} holds {word}" for key, word in list(broken.items())[:1])
        raise WattlineError(f"series {where} has no column of numbers beside {name}{why}")
    return replace(regular(times, numbers, notes, where), broken=broken)


def regular(times: Any, numbers: dict[str, Array], notes: list[str], where: str) -> Hourly:
    """Columns over a regular time; steps that are absent are NaN.

    Parameters
    ----------
    times
        ``datetime64[s]`` in UTC, in any order, shape ``(n_rows,)``.
    numbers
        Columns by name, each of shape ``(n_rows,)``.
    notes
        What was taken for granted.
    where
        What they were read from, for errors.

    Returns
    -------
    Columns over a regular time in UTC, shape ``(n_steps,)``.

    Raises
    ------
    WattlineError
        Where a time occurs twice or the steps are not regular.
    """
    order = np.argsort(times, kind="stable")
    times, numbers = times[order], {key: values[order] for key, values in numbers.items()}
    steps = np.diff(times).astype(int)
    if len(steps) and steps.min() == 0:
        twice = times[int(np.argmin(steps))]
        raise WattlineError(f"series {where}: {twice} occurs twice; write times in UTC, where no hour comes twice")
    if not len(steps):
        raise WattlineError(f"series {where} has fewer than two rows")
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[np.argmax(counts)])
    if step > MAX_STEP_S or (times[-1] - times[0]).astype(int) > MAX_SPAN_S:
        raise WattlineError(
            f"series {where}: it goes from {times[0]} to {times[-1]} in steps of {step / HOUR_S:,.0f} h; give steps of "
            "a month at most, over 200 years at most"
        )
    at = (times - times[0]).astype(int)
    if (at % step).any():
        odd = times[int(np.argmax(at % step != 0))]
        raise WattlineError(f"series {where}: steps are {step} s, but {odd} lies between two; give regular times")
    count = int(at[-1] // step) + 1
    if count > 20 * len(times):
        raise WattlineError(f"series {where}: {len(times):,} rows over {count:,} steps of {step} s; give one stretch")
    if count > len(times):
        notes = [*notes, f"{count - len(times):,} of {count:,} steps are not in the file"]
    place = at // step
    columns = {}
    for key, column in numbers.items():
        columns[key] = np.full(count, np.nan)
        columns[key][place] = column
    return Hourly(times[0] + np.arange(count) * np.timedelta64(step, "s"), step / HOUR_S, columns, tuple(notes))
