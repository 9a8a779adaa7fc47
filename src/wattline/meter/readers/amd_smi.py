"""AMD's ``amd-smi metric`` and ``amd-smi monitor``, and the older ``rocm-smi``: CSV and JSON, once or watched.

``amd-smi --watch`` prints a timestamp; ``rocm-smi`` prints none, so that a line of time must stand before each reading.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, specs
from wattline.meter.readers.amd_screens import Screens, is_screen
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording

POWER = ("current_socket_power", "socket_power", "power_usage", "average_socket_power", "gfx_power",
         "current socket graphics package power (w)", "average graphics package power (w)",
         "average socket power (w)", "power")  # fmt: skip
ENERGY = {"total_energy_consumption": "J", "energy_consumption": "J", "accumulated energy (uj)": "uJ"}
ROCM = re.compile(r"(?:Current Socket |Average )Graphics Package Power \(W\)|Average Socket Power \(W\)")
GPU = ("gpu", "device", "card")
TIME = ("timestamp", "time")


def is_text(text: str) -> bool:
    """Whether a file begins as amd-smi's or rocm-smi's readings of power."""
    begin = text.lstrip()[:20_000]
    header = next((line.lower() for line in begin.splitlines() if "," in line), "").replace(" ", "")
    listed = ("gpu," in header or header.startswith("gpu")) and any(f"{name}" in header for name in POWER[:5])
    table = listed and ("timestamp" in header or header.startswith("gpu,"))
    json_ = '"gpu"' in begin and ('"socket_power"' in begin or '"total_energy_consumption"' in begin)
    return bool(table or ROCM.search(begin) or json_ or is_screen(begin))


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each GPU.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    columns: dict[tuple[str, str], Column] = {}
    untimed = 0
    for at, card, fields in _readings(path):
        if at is None:
            untimed += 1
            continue
        for name, unit, number in _numbers(fields):
            shown = f"{name} of gpu {card}"
            uuid = f"gpu{card}" if card.isdigit() else card
            columns.setdefault((card, unit), Column(shown, uuid, "board", unit)).add(at, number)
    if not columns and untimed:
        mend = "put a line of time before each reading (date +%s), or record it with amd-smi monitor --csv --watch 1"
        raise logs.time_refusal("rocm-smi or amd-smi", mend, path)
    if not columns:
        raise WattlineError(f"{path} is amd-smi's output without power: add --power (metric) or -p (monitor)")
    spec = specs.unknown_sensor("amdsmi", "AMD SMI")
    return logs.recording_of_log(columns.values(), choices, path, spec)


def _numbers(fields: Mapping[str, Any]) -> Iterator[tuple[str, str, float]]:
    """The power and the counter among a GPU's fields: name, unit, number."""
    lower = {name.lower().strip(): value for name, value in fields.items()}
    for name in POWER:
        if (number := _number(lower.get(name))) is not None:
            yield name, "W", number
            break
    for name, unit in ENERGY.items():
        if (number := _number(lower.get(name))) is not None:
            yield name, unit, number
            break


def _number(value: Any) -> float | None:
    if isinstance(value, dict):
        value = value.get("value")
    match = re.match(r"^\s*(-?\d+(?:\.\d+)?)", str(value))
    return float(match[1]) if match and value is not None else None


def _readings(path: Path) -> Iterator[tuple[float | None, str, Mapping[str, Any]]]:
    """(time, GPU, its fields) of each reading in the file, of any of its forms."""
    text = "\n".join(logs.lines(path))
    if text.lstrip()[:1] in "{[":
        yield from _json(text)
        return
    header: list[str] = []
    screens = Screens()
    for line in text.splitlines():
        if (at := logs.stamp(line)) is not None:
            screens.now = at
            continue
        if line.lstrip()[:1] in "{[":
            for own_time, card, fields in _json(line):
                yield (screens.now if own_time is None else own_time), card, fields
            continue
        if (shown := screens.take(line)) is not None:
            yield from shown
            continue
        cells = [cell.strip() for cell in next(csv.reader([line], skipinitialspace=True), [])]  # lists stand in quotes
        lower = [cell.lower() for cell in cells]
        if set(lower) & set(GPU):
            header = lower
        elif header and len(cells) >= len(header) - 1:
            row = dict(zip(header, cells, strict=False))
            card = next(row[name] for name in GPU if name in row)
            own = next((logs.epoch(row[name]) for name in TIME if row.get(name)), None)
            if card and card.lower() not in GPU:
                yield (screens.now if own is None else own), card.removeprefix("card"), row


def _json(text: str) -> Iterator[tuple[float | None, str, Mapping[str, Any]]]:
    """Objects and arrays that follow each other: amd-smi's list of GPUs, rocm-smi's object of cards."""
    decoder = json.JSONDecoder()
    place, now = 0, None
    while (match := re.compile(r"[{\[]").search(text, place)) is not None:
        for line in text[place : match.start()].splitlines():
            now = logs.stamp(line) or now
        try:
            data, place = decoder.raw_decode(text, match.start())
        except ValueError:
            return
        for item in data if isinstance(data, list) else [data]:
            yield from _item(item, now)


def _item(item: Any, now: float | None) -> Iterator[tuple[float | None, str, Mapping[str, Any]]]:
    if isinstance(item, list):  # a list of lists, as a script keeps the tool's answers
        for inner in item:
            yield from _item(inner, now)
    if not isinstance(item, dict):
        return
    own = next((logs.epoch(item[name]) for name in TIME if item.get(name)), now)
    if "gpu_data" in item and isinstance(item["gpu_data"], list):
        for inner in item["gpu_data"]:
            yield from _item(inner, own)
    elif "gpu" in item:
        fields: dict[str, Any] = dict(item)
        for part in ("power", "energy"):
            fields |= item[part] if isinstance(item.get(part), dict) else {}
        yield own, str(item["gpu"]), fields
    else:
        for name, fields in item.items():
            if isinstance(fields, dict) and name.lower().startswith("card"):
                yield own, name[4:], fields
