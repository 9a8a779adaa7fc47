"""InfluxDB and Telegraf: annotated CSV of a Flux query, line protocol, and Telegraf's JSON.

A field is a metric by its measurement's name and its own, tags are its labels; what they mean, the rules of exporters
know.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs
from wattline.meter.readers.metrics import Samples
from wattline.meter.readers.metrics import recording_of_samples as of_samples
from wattline.meter.readers.times import EPOCHS
from wattline.meter.recording import Recording

LINE = re.compile(
    r"^((?:[^\s,\\]|\\.)+)((?:,(?:[^\s,=\\]|\\.)+=(?:[^\s,\\]|\\.)+)*) "
    r"((?:[^\s=,\\]|\\.)+=(?:\"(?:[^\"\\]|\\.)*\"|[^\s,]+)"
    r"(?:,(?:[^\s=,\\]|\\.)+=(?:\"(?:[^\"\\]|\\.)*\"|[^\s,]+))*) "
    r"(\d{10,19})\s*$"
)  # measurement, tags, fields, time
TAG = re.compile(r",((?:[^,=\\]|\\.)+)=((?:[^,\\]|\\.)+)")
FIELD = re.compile(r"((?:[^=,\\]|\\.)+)=(\"(?:[^\"\\]|\\.)*\"|[^,]+)(?:,|$)")
COMMENT = re.compile(r"# |(?:CREATE DATABASE|USE) ")  # of a file that influx -import takes
MEANS = ("mean", "value", "last", "first")  # what an aggregate of a field is called
OWN = frozenset({"result", "table", "_start", "_stop", "_time", "_value", "_field", "_measurement", ""})
Point = tuple[float, str, str, dict[str, str], Any]  # time, measurement, field, tags, value


def is_text(text: str) -> bool:
    """Whether a file begins as one of these."""
    begin = text.lstrip("\ufeff \r\n")
    lines = [line for line in begin.splitlines()[:20] if line.strip()]
    if lines and _is_listed(lines[0]):
        return True
    if lines and any(line.startswith(("#datatype,", "#group,", "#default,")) for line in lines[:3]):
        return any("_value" in line.split(",") for line in lines[:6])
    if begin[:1] in "{[":
        return '"fields"' in begin[:4000] and '"tags"' in begin[:4000] and '"timestamp"' in begin[:4000]
    lines = [line for line in lines if not COMMENT.match(line)]
    return bool(lines) and all(LINE.match(line) for line in lines[: max(1, len(lines) - 1)])


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each field of power or energy and each of its devices.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    text = "\n".join(logs.lines(path)).lstrip("\ufeff \r\n")
    listed = _is_listed(text.split("\n", 1)[0])
    points = (
        _annotated(text)
        if listed or (text.startswith("#") and not COMMENT.match(text))
        else _telegraf(text)
        if text[:1] in "{["
        else _lines(text)
    )
    samples: Samples = {}
    for at, measurement, field, tags, value in points:
        number = _number(value)
        if number is None or (_is_sensor(measurement, tags) and field != "value"):
            continue
        name, labels = _metric(measurement, field, tags)
        times, values = samples.setdefault((name, tuple(sorted(labels.items()))), ([], []))
        times.append(at)
        values.append(number)
    if not samples:
        raise WattlineError(f"{path} is InfluxDB's, and holds no point with a number and a time")
    return of_samples(samples, str(path), choices, counters=False)


def _is_listed(line: str) -> bool:
    """Whether a header is that of a Flux query without annotations, or of influx -format csv whose fields are means."""
    names = [name.strip(' "') for name in line.split(",")]
    flux = {"_time", "_value", "_field"} <= set(names)
    return flux or (names[:1] == ["name"] and "time" in names[1:3] and names[-1] in MEANS)


def _is_sensor(measurement: str, tags: dict[str, str]) -> bool:
    """Whether a point is a sensor of watts of a BMC as Telegraf has it: its value, and its status beside it."""
    return measurement.startswith("ipmi") and tags.get("unit", "").lower() in ("watts", "watt", "w")


def _metric(measurement: str, field: str, tags: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The name of a field as exporters have it; a BMC's sensor names its unit in a tag."""
    if _is_sensor(measurement, tags):
        return "ipmi_power_watts", {key: value for key, value in tags.items() if key not in ("unit", "status_desc")}
    plain = re.sub(r"\W+", "_", f"{measurement}_{field}" if field != "value" else measurement)
    return plain, tags


def _annotated(text: str) -> Iterator[Point]:
    header: list[str] = []
    fresh = True
    for row in csv.reader(io.StringIO(text)):
        if not row or row[0].startswith("#"):
            fresh = fresh or bool(row)  # a header follows
            continue
        if fresh or _is_listed(",".join(row)):
            header, fresh = [cell.strip() for cell in row], False
            continue
        cells = dict(zip(header, row, strict=False))
        if "_time" not in cells and "time" in cells:
            yield from _means(cells)
            continue
        at = logs.epoch_s(cells.get("_time", ""))
        if at is not None and cells.get("_value"):
            tags = {key: value for key, value in cells.items() if key not in OWN and value}
            yield at, cells.get("_measurement", ""), cells.get("_field", "value"), tags, cells["_value"]


def _means(cells: dict[str, str]) -> Iterator[Point]:
    """A row of ``influx -format csv``: its metric's name, its tags in a cell, its time, and a mean."""
    at = logs.epoch(cells["time"])
    tags = dict(pair.split("=", 1) for pair in cells.get("tags", "").split(",") if "=" in pair)
    field = next((name for name in MEANS if cells.get(name)), None)
    if at is not None and field is not None:
        yield at, cells.get("name", ""), "value", tags, cells[field]


def _lines(text: str) -> Iterator[Point]:
    for line in text.splitlines():
        if not (match := LINE.match(line)):
            continue
        tags = {_bare(key): _bare(value) for key, value in TAG.findall(match[2])}
        for field, value in FIELD.findall(match[3]):
            yield _epoch(float(match[4])), _bare(match[1]), _bare(field), tags, value.rstrip("iu")


def _telegraf(text: str) -> Iterator[Point]:
    decoder, place = json.JSONDecoder(), 0
    while (match := re.compile(r"[{\[]").search(text, place)) is not None:
        try:
            data, place = decoder.raw_decode(text, match.start())
        except ValueError:
            return
        for item in data if isinstance(data, list) else data.get("metrics", [data]):
            fields, at = item.get("fields"), _number(item.get("timestamp"))
            if isinstance(fields, dict) and at is not None:
                tags = {str(key): str(value) for key, value in (item.get("tags") or {}).items()}
                for field, value in fields.items():
                    yield _epoch(at), str(item.get("name", "")), str(field), tags, value


def _bare(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _epoch(value: float) -> float:
    return value * next(scale for limit, scale in EPOCHS if value < limit)


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        return None
