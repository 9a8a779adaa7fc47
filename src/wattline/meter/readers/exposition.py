"""Prometheus text: what dcgm-exporter, Kepler and others show at /metrics, scraped again and again.

Each sample needs a time: its own (milliseconds, or seconds in OpenMetrics), a ``# time: …`` line before it, or the
name or date of its file in a folder of scrapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs
from wattline.meter.readers.metrics import Samples, recording_of_samples
from wattline.meter.readers.times import EPOCHS, instant
from wattline.meter.recording import Recording

# a dump of Prometheus' store writes the name among the labels
SAMPLE = re.compile(
    r"^(?=[^{]|\{.*__name__)([a-zA-Z_:][a-zA-Z0-9_:]*)?(?:\{(.*)\})?\s+([^\s#]+)(?:\s+(-?[\d.eE+]+))?\s*(?:#.*)?$"
)
RANGE = re.compile(r"^([a-zA-Z_:]\w*)?(?:\{(.*)\})? =>(?: (\S+) @\[([\d.]+)\])?\s*$")  # promtool query
AT = re.compile(r"^(\S+) @\[([\d.]+)\]\s*$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"')
STAMP = re.compile(r"^#\s*(?:time|timestamp|date|scraped(?: at)?)\s*[:=]?\s*(\S.*?)\s*$", re.IGNORECASE)
Series = tuple[list[float], list[float]]
POWER = re.compile(r"(watts|joules|power|energy)", re.IGNORECASE)


def is_text(text: str) -> bool:
    """Whether a file begins as Prometheus text with a metric of power or energy in it."""
    lines = [line for line in text.splitlines()[:2000] if line.strip()]
    samples = [line for line in lines if not line.startswith("#") and logs.stamp(line) is None]
    named = [line for line in samples if SAMPLE.match(line)]
    if samples and RANGE.match(samples[0]):
        return True
    typed = any(line.startswith(("# TYPE", "# HELP")) for line in lines)
    return bool(named) and (typed or all("{" in line for line in named[:5])) and len(named) >= 0.8 * len(samples)


def read_exposition(path: Path, choices: Choices = Choices()) -> Recording:
    """One file of scrapes.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.
    """
    return read([path], str(path), choices)


def read(paths: list[Path], source: str, choices: Choices = Choices()) -> Recording:
    """One file of scrapes, or one file a scrape.

    Parameters
    ----------
    paths : of the files
    source : names the recording in errors
    choices : what the user says of its columns or series

    Returns the recording. Raises WattlineError where it holds no reading of power or energy with its time.
    """
    samples: Samples = {}
    untimed = 0
    for path in paths:
        dated = _date_of(path) if len(paths) > 1 else None
        untimed += _read_lines(path, dated, samples)
    if not samples and untimed:
        raise WattlineError(
            f"{source}: its samples carry no time; put `# time: 2026-03-01T12:00:00Z` before each scrape, "
            "or ask Prometheus for the range (query_range) and give its JSON"
        )
    return recording_of_samples(samples, source, choices)


def _read_lines(path: Path, dated: float | None, samples: Samples) -> int:
    """Add a file's samples; the number of those without a time."""
    untimed, now = 0, dated
    series: Series | None = None
    for line in _lines(path):
        if match := RANGE.match(line):
            series = _series(match[1], match[2], samples)
        if series is not None and (match := AT.match(line.rpartition("=> ")[2])):
            series[0].append(_epoch(match[2]))
            series[1].append(_float(match[1]))
            continue
        if line[:1] not in ("", "#") or line[2:3].isdigit():
            now = logs.stamp(line) or now
        if line.startswith("#"):
            if match := STAMP.match(line):
                now = instant(match[1])
            continue
        match = SAMPLE.match(line)
        if not match:
            continue
        at = _epoch(match[4]) if match[4] else now
        if at is None:
            untimed += bool(POWER.search(line))
        elif (times_values := _series(match[1], match[2], samples)) is not None:
            times_values[0].append(at)
            times_values[1].append(_float(match[3]))
    return untimed


def _series(name: str | None, labels: str | None, samples: Samples) -> Series | None:
    """Times and values of a series by its name and labels; None where its name is of no power or energy."""
    tags = {key: value.replace('\\"', '"') for key, value in LABEL.findall(labels or "")}
    name = name or tags.pop("__name__", "")
    return samples.setdefault((name, tuple(sorted(tags.items()))), ([], [])) if POWER.search(name) else None


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        wide = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    with path.open(encoding="utf-16" if wide else "utf-8-sig", errors="replace") as file:
        for line in file:
            yield line.rstrip("\r\n")


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _epoch(text: str) -> float:
    value = float(text)
    return value * next(scale for limit, scale in EPOCHS if abs(value) < limit)


def _date_of(path: Path) -> float:
    """When a scrape was written: its name, where that is an epoch or an ISO time, else the file's date."""
    if match := re.search(r"(?<!\d)(1\d{9}(?:\.\d+)?|1\d{12})(?!\d)", path.stem):
        return _epoch(match[1])
    if match := re.search(r"\d{4}-?\d{2}-?\d{2}T\d{2}:?\d{2}:?\d{2}Z?", path.stem):
        return instant(match[0])
    return path.stat().st_mtime
