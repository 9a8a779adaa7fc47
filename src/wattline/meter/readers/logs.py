"""What the readers of tools' logs share: columns gathered line by line, times of lines, intervals summed up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.reading import read_bytes
from wattline.meter.device import Device
from wattline.meter.interpretation import Choices
from wattline.meter.places import index_of, kind_of, words_of
from wattline.meter.readers import specs, units
from wattline.meter.readers.assemble import Extras, assemble
from wattline.meter.readers.channel import READING, TOTAL, Channel
from wattline.meter.readers.frame import TEXT_BYTES, decode
from wattline.meter.readers.stamps import usual
from wattline.meter.readers.times import EPOCH_S, EPOCHS, column_times, instant
from wattline.meter.recording import Recording
from wattline.meter.sensor import Spec

STAMP = re.compile(
    r"^\s*(?:#\s*)?(?:(?:time|timestamp|date|scraped(?: at)?)\s*[:=]\s*)?"
    r"(\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2}| UTC)?|"
    r"1\d{9}(?:\.\d+|\d{3}|\d{6}|\d{9})?|"
    r"[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2}:\d{2}(?: [AP]M)?(?: [A-Z]{3,4})? \d{4})\s*$",
    re.IGNORECASE,
)


@dataclass
class Column:
    """One quantity of one device as a log tells it: its name there, its place, and its numbers so far."""

    name: str
    uuid: str
    role: str
    unit: str = "W"
    index: str = ""
    inside: str = ""  # the uuid of the device that holds it, where the tool's manual says so
    level: int = 0
    host: str = ""  # of several machines in one log
    title: str = ""
    time_s: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, time_s: float, value: float) -> None:
        """Take one more reading.

        Parameters
        ----------
        time_s : instant of the reading, s
        value : in the column's unit
        """
        self.time_s.append(time_s)
        self.values.append(value)


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file, whatever its encoding; without their ends."""
    for line in decode(read_bytes(path, TEXT_BYTES, "recording")).splitlines():
        yield line.rstrip("\r\n\0")


def stamp(line: str) -> float | None:
    """Seconds since the epoch of a line that is a time and nothing else; None for any other."""
    match = STAMP.match(line)
    if match is None:
        return None
    text = re.sub(r" (?:UTC|GMT)$", "Z", match[1].strip())
    try:
        return instant(text)
    except WattlineError:
        return epoch_s(text)


def epoch_s(text: str) -> float | None:
    """Seconds since the epoch of a time in any form that columns may have; None where it is none."""
    at = usual(text.strip())
    if at is None:
        return _rare(text)
    return at if at > EPOCH_S else None


@lru_cache(4096)
def _rare(text: str) -> float | None:
    """The same of a form that a table of a single cell has to tell."""
    import polars as pl

    seconds = float(column_times(pl.Series([text]))[0][0])
    return seconds if np.isfinite(seconds) and seconds > EPOCH_S else None


def epoch(value: Any) -> float | None:
    """Seconds since the epoch of a number of s, ms, µs or ns, or of a time in words; None where it is none."""
    text = str(value).strip()
    if re.fullmatch(r"\d{9,19}(\.\d+)?", text):
        if (packed := usual(text)) is not None:
            return packed
        return float(text) * next(scale for limit, scale in EPOCHS if float(text) < limit)
    return epoch_s(text)


def spread_times(time_s: Sequence[float]) -> list[float]:
    """Times of whole seconds that several lines share, spread evenly over that second."""
    out = list(time_s)
    begin = 0
    for end in range(1, len(out) + 1):
        if end == len(out) or out[end] != out[begin]:
            count = end - begin
            for k in range(1, count):
                out[begin + k] += k / count
            begin = end
    return out


def counter(end_s: Sequence[float], length_s: Sequence[float], joules: Sequence[float]) -> tuple[Array, Array]:
    """Joules of intervals as a running total: from the beginning of the first to the end of the last, gaps flat.

    Parameters
    ----------
    end_s, length_s, joules: of each interval, in order of time; shape ``(n,)``.

    Returns
    -------
    Instants [s] and joules, both of one shape.
    """
    times: list[float] = []
    total: list[float] = []
    so_far = 0.0
    for end, length, more in zip(end_s, length_s, joules, strict=True):
        begin = end - length
        if not times or begin > times[-1] + 0.5 * length:
            times.append(begin)
            total.append(so_far)
        so_far += more
        times.append(max(end, times[-1] + 1e-6))
        total.append(so_far)
    return np.array(times), np.array(total)


def recording_of_log(
    columns: Iterable[Column],
    choices: Choices,
    path: Path,
    spec: Spec,
    *,
    extras: Extras = Extras(),
    totals: Mapping[str, tuple[Array, Array]] | None = None,
    clock: str = "UTC",
) -> Recording:
    """The recording of these columns.

    Parameters
    ----------
    columns: what was gathered.
    choices, path: what the user says, and the file, whose stem stands for a machine that is not named.
    spec: of the sensor behind all of them.
    extras: windows, counts and notes beside them.
    totals: running totals (times, numbers) by a column's name, in place of its own numbers.
    clock: where the times come from.

    Returns
    -------
    Its series by device, with windows, faults and the interpretation.
    """
    out = []
    for column in columns:
        time_s, values = (totals or {}).get(column.name) or (np.array(column.time_s), np.array(column.values))
        unit = units.possible_units(column.unit, "xX")[:1]
        words = words_of(column.name)
        kind = kind_of(column.role, words)
        host, title = column.host or path.stem, column.title or column.name
        device = Device(host, column.uuid, kind, title, f"{host}/{column.inside}" if column.inside else "")
        counts = READING if unit and unit[0].quantity == "power" else TOTAL
        place, index = words_of(column.uuid), column.index or index_of(column.uuid)
        channel = Channel(
            column.name, device, time_s, values, unit, spec, counts, words, place, column.role, index, column.level
        )
        out.append(replace(channel, trusted=True, clock=clock))
    return assemble(out, choices, str(path), extras)


def time_refusal(tool: str, mend: str, path: Path) -> WattlineError:
    """The refusal of a log whose readings carry no time.

    Parameters
    ----------
    tool : that wrote it
    mend : what to do
    path : of the log

    Returns the error, to be raised.
    """
    return WattlineError(f"{path} is {tool}'s output, whose readings carry no time: {mend}")


def rapl(note: str = "") -> Spec:
    """A processor's own counters, read by another tool."""
    return specs.unknown_sensor("file", note)
