"""``nvidia-smi -q``, as text or XML (``-x``), again and again into one file (``-l``): each report carries its time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.interpretation import UTC_ASSUMED, Choices, Interpretation
from wattline.meter.readers import logs, specs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.defined import NamedSeries, join_defined
from wattline.meter.recording import Recording, Series

# fields of a report, the one that sees most of the time first; and the sections that have them
FIELDS = ("average_power_draw", "power_draw", "instant_power_draw")
SECTIONS = {"power_readings": "", "gpu_power_readings": "", "module_power_readings": "module of ",
            "gpu_memory_power_readings": "memory of "}  # fmt: skip
AVERAGE_S = 1.0
LINE = re.compile(r"^(\s*)([A-Za-z][\w /.-]*?)\s*:\s*(.*?)\s*$")
CARD = re.compile(r"^GPU ([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])\s*$")
XML_CARD = re.compile(r'<timestamp>([^<]*)</timestamp>|<gpu id="([^"]*)">(.*?)</gpu>', re.DOTALL)
XML_PART = re.compile(r"<(\w*power_readings)>(.*?)</\1>", re.DOTALL)
XML_FIELD = re.compile(r"<(average_power_draw|power_draw|instant(?:aneous)?_power_draw)>([^<]*)</")


class Draw(NamedTuple):
    """One field of one card in one report: seconds since the epoch (None: untimed), card, section, field, watts."""

    time_s: float | None
    card: str
    title: str
    section: str
    field: str
    power_w: float


def is_text(text: str) -> bool:
    """Whether a file begins as such reports."""
    return re.search(r"^=+NVSMI LOG=+|<nvidia_smi_log>", text, re.MULTILINE) is not None


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each card and field; a module holds its card, a card its memory.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    text = "\n".join(logs.lines(path))
    draws = list(_of_xml(text) if "<nvidia_smi_log>" in text else _of_text(text))
    if draws and all(draw.time_s is None for draw in draws):
        raise logs.time_refusal("nvidia-smi -q", "keep the line Timestamp of each report", path)
    groups: dict[tuple[str, str, str, str], tuple[list[float], list[float]]] = {}
    for draw in draws:
        if draw.time_s is not None:
            times, watts = groups.setdefault((draw.card, draw.title, draw.section, draw.field), ([], []))
            times.append(draw.time_s)
            watts.append(draw.power_w)
    if not groups:
        raise WattlineError(f"{path} is nvidia-smi -q's, without power: record it with -d POWER")
    modules = {card for (card, _, section, _), (_, watts) in groups.items()
               if section.startswith("module") and np.isfinite(watts).any()}  # fmt: skip
    defined = []
    for (card, title, section, field), (times, watts) in groups.items():
        if section and not np.isfinite(watts).any():
            continue
        host = "" if card.startswith("GPU-") else path.stem
        inside = f"{host}/module of {card}" if not section and card in modules else ""
        inside = f"{host}/{card}" if section.startswith("memory") else inside
        device = Device(host, f"{section}{card}", "gpu", title, inside)
        window_s = AVERAGE_S if field.startswith("average") else 0.0
        series = Series(device, specs.nvml(field, window_s), np.array(logs.spread_times(times)), np.array(watts))
        name = f"{field} of {section}{card}"
        defined.append(NamedSeries(name, series, "W", clock=UTC_ASSUMED, rank=FIELDS.index(field)))
    rows = [Interpretation("Timestamp", "", "time", clock=UTC_ASSUMED)]
    extras = Extras(notes=["times carry no zone: taken as UTC"], rows=rows)
    return join_defined(defined, choices, str(path), extras)


def _of_text(text: str) -> Iterator[Draw]:
    at: float | None = None
    card, title, section = "", "", None
    for line in text.splitlines():
        if match := CARD.match(line):
            card, title, section = match[1], "", None
        elif match := LINE.match(line):
            key, value = _plain(match[2]), match[3]
            if key == "timestamp":
                at = logs.epoch_s(value)
            elif key == "gpu_uuid":
                card = value
            elif key == "product_name":
                title = value
            elif section is not None and card and (field := _field(key)):
                yield Draw(at, card, title, section, field, _watts(value))
        elif line.strip():
            section = SECTIONS.get(_plain(line))


def _of_xml(text: str) -> Iterator[Draw]:
    at: float | None = None
    for match in XML_CARD.finditer(text):
        if match[1] is not None:
            at = logs.epoch_s(match[1])
            continue
        body = match[3]
        unique = re.search(r"<uuid>([^<]*)</uuid>", body)
        title = re.search(r"<product_name>([^<]*)</product_name>", body)
        for part in XML_PART.finditer(body):
            for each in XML_FIELD.finditer(part[2]):
                section, field = SECTIONS.get(part[1]), _field(each[1])
                if section is not None and field:
                    card = unique[1].strip() if unique else match[2]
                    yield Draw(at, card, title[1] if title else "", section, field, _watts(each[2]))


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name.strip().lower()).strip("_")


def _field(key: str) -> str:
    """The field by its name in any version."""
    return {"instantaneous_power_draw": "instant_power_draw"}.get(key, key if key in FIELDS else "")


def _watts(text: str) -> float:
    match = re.match(r"^\s*(\d+(?:\.\d+)?)\s*W\s*$", text)
    return float(match[1]) if match else np.nan
