"""Apple's ``powermetrics``: samples as text or as property lists, each the mean of the time before it.

``Combined Power`` holds processor, graphics and neural engine; DRAM stands beside it. On Intel the package holds all.
"""

from __future__ import annotations

import plistlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, specs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording

SAMPLE = re.compile(r"^\*+ Sampled system activity \((.*?)\) \(([\d.]+)ms elapsed\)")
POWER = re.compile(
    r"^\s*((?:CPU|GPU|ANE|DRAM|Package|[EPS]\d*-Cluster|Combined)(?: Power)?|Intel energy model derived package power)"
    r"\s*(?:\([^)]*\))?:\s*([\d.]+)\s*(m?W)\s*$"
)
LIST = re.compile(r"<plist\b.*?</plist>", re.DOTALL)
KEYS = {"cpu": "CPU Power", "gpu": "GPU Power", "ane": "ANE Power", "dram": "DRAM Power",
        "combined": "Combined Power", "package": "Package Power"}  # fmt: skip
PLACES = {"Combined Power": ("soc", "package"), "Package Power": ("soc", "package"), "CPU Power": ("cpu", "cpu"),
          "Intel energy model derived package power": ("soc", "package"), "GPU Power": ("gpu", "board"),
          "ANE Power": ("ane", ""), "DRAM Power": ("dram", "dram")}  # fmt: skip


def is_text(text: str) -> bool:
    """Whether a file begins as powermetrics' text or property lists."""
    return "*** Sampled system activity" in text or ("<plist" in text and "<key>elapsed_ns</key>" in text)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A running total for each part, from each sample's mean and how long it lasted.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    ends, lengths, samples = _samples_of_lists(path) if b"<plist" in _begin(path) else _samples_of_text(path)
    names = list(dict.fromkeys(name for sample in samples for name in sample))
    if not names:
        raise WattlineError(f"{path} is powermetrics' output without power: record --samplers cpu_power,gpu_power")
    whole = next((name for name in names if PLACES.get(name, ("",))[0] == "soc"), "")
    columns, totals = [], {}
    for name in names:
        uuid, role = PLACES.get(name, (name.lower().replace(" power", ""), "core"))
        inner = name != whole and bool(whole) and (name != "DRAM Power" or not whole.startswith("Combined"))
        inside = "soc" if inner else "cpu" if "Cluster" in name and "CPU Power" in names else ""
        columns.append(Column(name, uuid, role, "J", inside=inside))
        there = [i for i, sample in enumerate(samples) if name in sample]
        joules = [samples[i][name] * lengths[i] for i in there]
        totals[name] = logs.counter([ends[i] for i in there], [lengths[i] for i in there], joules)
    notes = ["powermetrics estimates the power of Apple's chips; what lies outside the chip is not in it"]
    spec = specs.unknown_sensor("powermetrics", "mean of the time before each sample")
    return logs.recording_of_log(columns, choices, path, spec, totals=totals, extras=Extras(notes=notes))


Samples = tuple[list[float], list[float], list[dict[str, float]]]  # their ends, how long they are, watts by name


def _begin(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def _samples_of_text(path: Path) -> Samples:
    ends: list[float] = []
    lengths: list[float] = []
    samples: list[dict[str, float]] = []
    for line in logs.lines(path):
        if match := SAMPLE.match(line):
            length = float(match[2]) / 1e3
            ends.append(_end(logs.epoch_s(match[1]), length, ends))
            lengths.append(length)
            samples.append({})
        elif samples and (match := POWER.match(line)):
            samples[-1][match[1]] = float(match[2]) * (1e-3 if match[3] == "mW" else 1.0)
    return ends, lengths, samples


def _end(at: float | None, length: float, ends: list[float]) -> float:
    """When a sample ended: its length after the one before, where its stamp, in whole seconds, agrees with that."""
    last = ends[-1] + length if ends else (at or 0.0)
    return last if at is None or abs(at - last) < 2 + length else at


def _samples_of_lists(path: Path) -> Samples:
    """The samples of property lists, one after the other; a cut one at the end is left."""
    ends: list[float] = []
    lengths: list[float] = []
    samples: list[dict[str, float]] = []
    for text in LIST.findall("\n".join(logs.lines(path)).replace("\0", "\n")):
        try:
            data = plistlib.loads(text.encode(), fmt=plistlib.FMT_XML)
            length = float(data["elapsed_ns"]) / 1e9
        except (plistlib.InvalidFileException, ExpatError, ValueError, KeyError, TypeError, AttributeError):
            continue
        stamp = data.get("timestamp")
        at = stamp.replace(tzinfo=UTC).timestamp() if isinstance(stamp, datetime) else None
        watts = watts_of_sample(data, length)
        if length > 0:
            ends.append(_end(at, length, ends))
            lengths.append(length)
            samples.append(watts)
    return ends, lengths, samples


def watts_of_sample(data: dict[str, Any], length: float) -> dict[str, float]:
    """Watts of each part: of Intel's package in W, of Apple's parts by their mJ, else in mW.

    Parameters
    ----------
    data : a sample as a property list holds it
    length : of the sample, s

    Returns
    -------
    W by part.
    """
    parts = [part for name in ("processor", "gpu") if isinstance(part := data.get(name), dict)]
    out = {}
    for key, name in KEYS.items():
        for part in (*parts, data):
            power, energy = _number(part, f"{key}_power"), _number(part, f"{key}_energy")
            joules = energy if energy is not None and not power else None if power is None else power * length
            if joules is not None:
                out[name] = joules * 1e-3 / length
                break
    for part in (*parts, data):
        if (watts := _number(part, "package_watts")) is not None:
            out["Package Power"] = watts
            break
    return out


def _number(part: dict[str, Any], key: str) -> float | None:
    value = part.get(key)
    return float(value) if isinstance(value, int | float) else None
