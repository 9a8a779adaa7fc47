"""Logs of tools that print what a stretch took, and of monitors with a memory of their own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from meter_files import mllog
from meter_truth import Truth, lines, rows


def carbontracker(path: Path, truth: Truth) -> Path:
    text = ["2026-01-01 00:00:00 - carbontracker version 2.3.0"]
    for i, ((t0, t1), w) in enumerate(zip(pairwise(truth.time_s), truth.means, strict=True)):
        stamp = datetime.fromtimestamp(t1, UTC).strftime("%Y-%m-%d %H:%M:%S")
        text += [f"{stamp} - Epoch {i + 1}:", f"{stamp} - Duration: 0:00:{t1 - t0:02}.00",
                 f"{stamp} - Average power usage (W) for gpu: [{0.6 * w!r} {0.3 * w!r}]",
                 f"{stamp} - Average power usage (W) for cpu: [{0.1 * w!r}]"]  # fmt: skip
    return lines(path, text)


def netdata(path: Path, truth: Truth) -> Path:
    """The newest first; a mean of the interval that ends at its time."""
    data = [[t, w] for t, w in zip(truth.time_s[1:], truth.means, strict=True)][::-1]
    path.write_text(json.dumps({"labels": ["time", "power_draw"], "data": data}))
    return path


def recorder(path: Path, truth: Truth) -> Path:
    """Home Assistant's database: a state of each instant."""
    db = sqlite3.connect(path)
    db.executescript(
        "CREATE TABLE states(state_id INTEGER PRIMARY KEY, metadata_id INT, state TEXT, last_updated_ts REAL,"
        " attributes_id INT);"
        "CREATE TABLE state_attributes(attributes_id INTEGER PRIMARY KEY, shared_attrs TEXT);"
        "CREATE TABLE statistics_meta(id INTEGER PRIMARY KEY);"
        "CREATE TABLE states_meta(metadata_id INTEGER PRIMARY KEY, entity_id TEXT);"
        'INSERT INTO state_attributes VALUES (1, \'{"unit_of_measurement":"kW"}\');'
        "INSERT INTO states_meta VALUES (1, 'sensor.server_power');"
    )
    states = [(1, str(w / 1000), float(t), 1) for t, w in zip(truth.time_s, truth.power_w, strict=True)]
    db.executemany("INSERT INTO states(metadata_id, state, last_updated_ts, attributes_id) VALUES (?, ?, ?, ?)", states)
    db.commit()
    db.close()
    return path


def afterburner(path: Path, truth: Truth) -> Path:
    at = truth.at("%d-%m-%Y %H:%M:%S")
    text = [f"00, {at[0]}, Hardware monitoring log v1.6 ", f"01, {at[0]}, GeForce RTX 4090",
            f"02, {at[0]}, {'GPU temperature':20},{'Power':20}"]  # fmt: skip
    text += [f"03, {at[0]}, {i:<20},{unit:20},0.000,100.000,10, , ,%.1f" for i, unit in enumerate(("C", "W"))]
    return lines(path, [*text, *(f"80, {a}, 45.000              ,{w:<20.5f}"
                                 for a, w in zip(at, truth.power_w, strict=True))])  # fmt: skip


def smi_statistics(path: Path, truth: Truth) -> Path:
    """``nvidia-smi stats -d pwrDraw``: microseconds since 1970."""
    return lines(path, [f"0, pwrDraw , {t}000000, {w:.4f}" for t, w in zip(truth.time_s, truth.power_w, strict=True)])


def training_node(path: Path, truth: Truth) -> Path:
    text = [mllog(truth.time_s[0] - 1, "power_measurement_start")]
    text += [mllog(t, "power_reading", w) for t, w in zip(truth.time_s, truth.power_w, strict=True)]
    return lines(path, [*text, mllog(truth.time_s[-1], "power_measurement_stop")])


def analyser_spl(path: Path, truth: Truth) -> Path:
    at = truth.at("%m-%d-%Y %H:%M:%S.000")
    pairs = zip(at, truth.power_w, strict=True)
    return lines(path, [f"Time,{a},Watts,{w:.6f},Volts,239.1,Amps,3.6,PF,0.96,Mark,run" for a, w in pairs])


def shelly_memory(path: Path, truth: Truth) -> Path:
    """Watt-hours of each interval, by phase, at its beginning."""
    joules = [w * (b - a) / 3600 for (a, b), w in zip(pairwise(truth.time_s), truth.means, strict=True)]
    cells = [[t, 0.6 * wh, 0.0, 0.4 * wh, 0.0] for t, wh in zip(truth.time_s, joules, strict=False)]
    return rows(path, "timestamp,a_total_act_energy,a_total_act_ret_energy,b_total_act_energy,b_total_act_ret_energy",
                cells)  # fmt: skip


LOGS: dict[str, tuple[str, Callable[[Path, Truth], Path]]] = {
    "carbontracker": ("a_carbontracker.log", carbontracker),
    "Netdata": ("a.json", netdata),
    "Home Assistant's database": ("a.db", recorder),
    "MSI Afterburner": ("a.hml", afterburner),
    "nvidia-smi stats": ("a.txt", smi_statistics),
    "MLPerf's node": ("node_0.txt", training_node),
    "MLPerf's analyser": ("spl.txt", analyser_spl),
    "Shelly's memory": ("a.csv", shelly_memory),
}
