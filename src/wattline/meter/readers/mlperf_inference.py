"""MLPerf Inference power: ``spl.txt`` of SPEC PTDaemon with LoadGen's ``mlperf_log_detail.txt`` and ``_summary.txt``.

The window is power_begin to power_end of the detail log; the summary tells tokens, samples or queries a second.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.reading import parse_json
from wattline.core.units import HOUR_S
from wattline.meter.device import Device
from wattline.meter.interpretation import UTC_ASSUMED, Choices, Interpretation
from wattline.meter.readers import specs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.defined import NamedSeries, join_defined
from wattline.meter.readers.frame import head
from wattline.meter.readers.mllog import BLOCK_BYTES, LINE, blocks
from wattline.meter.readers.times import instant
from wattline.meter.recording import Fault, Recording, Series, Window

ROW = re.compile(rb"^(?:\xef\xbb\xbf)?Time,([^,\r\n]+),Watts,([^,\r\n]+)", re.MULTILINE)
RATES = (
    (r"(?:Completed )?[Tt]okens per second", "tokens_per_s"),
    (r"(?:Completed )?[Ss]amples per second", "samples_per_s"),
    (r"QPS w/o loadgen overhead", "queries_per_s"),
)
MAX_ZONES_S = 14 * HOUR_S
PER_STREAM = ("SingleStream", "MultiStream")


def is_spl(path: Path) -> bool:
    """Whether a file begins as PTDaemon's log."""
    try:
        with path.open("rb") as file:
            return ROW.search(file.read(4096)) is not None
    except OSError:
        return False


def read(spl: Path, choices: Choices = Choices()) -> Recording:
    """The wall meter's series, LoadGen's window and its rates.

    Parameters
    ----------
    spl : of LoadGen's log of power
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.
    """
    texts, watts, lost = _rows(spl)
    time = _times(texts)
    device = Device("sut", "wall", "node", "system under test, at the wall")
    faults = [Fault("unreadable", lost, 0.0, "lines that are cut left out", device.key)] if lost else []
    windows, counts, notes = _loadgen(spl.parent)
    windows, moved = _aligned(windows, time, device)
    wall = NamedSeries("Watts", Series(device, specs.wall(), time, watts), "W", clock=UTC_ASSUMED)
    rows = [Interpretation("Time", "", "time", clock=UTC_ASSUMED)]
    return join_defined([wall], choices, str(spl), Extras(windows, counts, (*faults, *moved), notes, rows))


def _rows(path: Path) -> tuple[list[bytes], Array, int]:
    texts: list[bytes] = []
    watts: list[bytes] = []
    lines = 0
    for block in blocks(path):
        rows = ROW.findall(block)
        texts += [row[0] for row in rows]
        watts += [row[1] for row in rows]
        lines += sum(1 for line in block.split(b"\n") if line.strip())
    if not texts:
        raise WattlineError(f"{path} holds no readings (Time,…,Watts,…)")
    return texts, np.array([_float(value) for value in watts]), lines - len(texts)


def _float(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _times(texts: list[bytes]) -> Array:
    """``07-17-2024 20:49:56.945``, by columns."""
    import polars as pl

    from wattline.meter.readers.times import column_times

    return column_times(pl.Series([text.decode("latin-1") for text in texts]))[0]


def _loadgen(folder: Path) -> tuple[list[Window], dict[str, float], list[str]]:
    """The window of LoadGen, its rates and counts, and remarks."""
    detail, summary = folder / "mlperf_log_detail.txt", folder / "mlperf_log_summary.txt"
    windows, notes, counts = [], [], {}
    values = _detail(detail) if detail.is_file() else {}
    if "power_begin" in values and "power_end" in values:
        windows.append(Window("run", instant(str(values["power_begin"])), instant(str(values["power_end"]))))
    else:
        notes.append("no power_begin and power_end (mlperf_log_detail.txt) beside the readings")
    if summary.is_file():
        text = head(summary, BLOCK_BYTES)
        for pattern, name in RATES:
            if match := re.search(rf"^\s*{pattern}\s*:\s*([\d.eE+]+)", text, re.MULTILINE):
                counts[name] = float(match[1])
        if "Result is : INVALID" in text:
            notes.append("LoadGen calls this run INVALID")
    scenario = str(values.get("effective_scenario", ""))
    queries = values.get("result_query_count", values.get("generated_query_count"))
    if scenario in PER_STREAM and queries:
        counts["queries"] = float(str(queries))
    return windows, counts, notes


def _detail(path: Path) -> dict[str, object]:
    """The values of a detail log that matter here."""
    wanted = (b"power_begin", b"power_end", b"effective_scenario", b"result_query_count", b"generated_query_count")
    values: dict[str, object] = {}
    for block in blocks(path):
        for match in LINE.finditer(block):
            if not any(b'"' + key + b'"' in match[1] for key in wanted):
                continue
            try:
                data = parse_json(match[1])
                values[str(data["key"])] = data["value"]
            except (ValueError, KeyError, TypeError):
                continue
    return values


def _aligned(windows: list[Window], time: Array, device: Device) -> tuple[list[Window], list[Fault]]:
    """A window written in another time zone than the readings, moved by the whole quarters of an hour between them."""
    good = time[np.isfinite(time)]
    if not windows or not len(good):
        return windows, []
    window = windows[0]
    assert window.end_s is not None
    first, last = float(good.min()), float(good.max())
    inside = min(window.end_s, last) - max(window.begin_s, first)
    if inside >= 0.9 * (window.end_s - window.begin_s):
        return windows, []
    for zone_s in (HOUR_S, 900.0):  # most zones differ by whole hours, a few by quarters
        count = round(MAX_ZONES_S / zone_s)
        moves = [k * zone_s for k in range(-count, count + 1)]
        shifts = [s for s in moves if first - 1 <= window.begin_s + s and window.end_s + s <= last + 1]
        if len(shifts) == 1:
            break
    else:
        return windows, []
    moved = Window(window.name, window.begin_s + shifts[0], window.end_s + shifts[0])
    done = f"the window is in another time zone than the readings: moved by {shifts[0] / HOUR_S:+g} h"
    return [moved], [Fault("clock", 1, abs(shifts[0]), done, device.key)]
