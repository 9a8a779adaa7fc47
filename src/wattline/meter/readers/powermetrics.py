"""Apple's ``powermetrics``: samples as text, each the mean of the time before it.

``Combined Power`` holds processor, graphics and neural engine; DRAM stands beside it. On Intel the package holds all.
"""

from __future__ import annotations

import re
from pathlib import Path

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
PLACES = {"Combined Power": ("soc", "package"), "Package Power": ("soc", "package"), "CPU Power": ("cpu", "cpu"),
          "Intel energy model derived package power": ("soc", "package"), "GPU Power": ("gpu", "board"),
          "ANE Power": ("ane", ""), "DRAM Power": ("dram", "dram")}  # fmt: skip


def is_text(text: str) -> bool:
    """Whether a file begins as powermetrics' text."""
    return "*** Sampled system activity" in text


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A running total for each part, from each sample's mean and how long it lasted."""
    ends: list[float] = []
    lengths: list[float] = []
    samples: list[dict[str, float]] = []
    for line in logs.lines(path):
        if match := SAMPLE.match(line):
            length = float(match[2]) / 1e3
            at = logs.dated(match[1]) or (ends[-1] + length if ends else 0.0)
            last = ends[-1] + length if ends else at
            ends.append(
                last if abs(at - last) < 2 + length else at
            )  # stamps are whole seconds: lengths go on from them
            lengths.append(length)
            samples.append({})
        elif samples and (match := POWER.match(line)):
            samples[-1][match[1]] = float(match[2]) * (1e-3 if match[3] == "mW" else 1.0)
    names = list(dict.fromkeys(name for sample in samples for name in sample))
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
    spec = specs.unknown("powermetrics", "mean of the time before each sample")
    return logs.recording(columns, choices, path, spec, totals=totals, extras=Extras(notes=notes))
