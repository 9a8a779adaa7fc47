"""nvidia-smi: ``--query-gpu=… --format=csv`` in all its styles, and ``dmon``.

Units may stand in the header (``power.draw [W]``), in the cells (``46.19 W``) or nowhere (nounits); the header may be
missing where the cells tell what they are. ``[N/A]``, ``[Not Supported]`` and the like are no reading.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.gpu_sensor.model import card_of
from wattline.meter.interpretation import Interpretation
from wattline.meter.readers import specs, units
from wattline.meter.readers.frame import head, numbers, table
from wattline.meter.readers.rows import HOSTS, check_several, parting, rows_of
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Fault, Recording, Series
from wattline.meter.sensor import Spec

if TYPE_CHECKING:
    import polars as pl

# the field that sees most of the time first
POWER = ("power.draw.average", "power.draw", "power_draw", "power.draw.instant")
# what tells one GPU from another, the surest first
IDS = ("uuid", "gpu_uuid", "index", "gpu_index", "gpu", "gpu_id", "id", "device", "pci.bus_id", "gpu_bus_id", "pci.bus",
       "serial", "gpu_serial")  # fmt: skip
AVERAGE_S = 1.0  # power.draw.average is the mean of one second (nvidia-smi --help-query-gpu)
STAMP = re.compile(r"^\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}\.\d{3}$")
UNIT = re.compile(r"\s*\[.*\]$")


def is_query(text: str) -> bool:
    """Whether a file begins as the answer to --query-gpu."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    if line.lstrip().startswith("#"):
        return False
    cells = [cell.strip().lower() for cell in line.split(",")]
    return any(cell.startswith(POWER) for cell in cells) or (
        any(STAMP.match(cell) for cell in cells) and len(cells) > 1
    )


def is_dmon(text: str) -> bool:
    """Whether a file begins as nvidia-smi dmon's table."""
    lines = [line for line in text.splitlines()[:5] if line.startswith("#")]
    return any({"gpu", "pwr"} <= set(_dmon_cells(line.lower())) for line in lines)


def _dmon_cells(line: str) -> list[str]:
    """A line's cells, parted by blanks or, with ``--format csv``, by commas."""
    return line.lstrip("# ").replace(",", " ").split()


def is_smi(text: str) -> bool:
    """Whether a file begins as nvidia-smi's, of either kind."""
    return is_dmon(text) or is_query(text)


def read(path: Path) -> Recording:
    """A series a GPU."""
    text = head(path)
    if is_dmon(text):
        return _dmon(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    has_header = any(cell.strip().lower().startswith(POWER) for cell in first.split(","))
    frame = table(path, header=has_header)
    names = {UNIT.sub("", name).lower(): name for name in _first_of_each(frame)}
    if has_header:
        frame = frame.rename({name: plain for plain, name in names.items()})
        power_name = _power_name(frame)
    else:
        frame, power_name = _named(frame, path)
    if "timestamp" not in frame.columns:
        raise WattlineError(
            f"{path} has no timestamp: add timestamp to --query-gpu, so that watts can be summed over time"
        )
    again = frame["timestamp"].str.to_lowercase() == "timestamp"  # the header once more, where nvidia-smi began anew
    frame = frame.filter(~again.fill_null(False))
    time, remark = column_times(frame["timestamp"])
    unit = units.of_header(names.get(power_name, ""))
    power = numbers(frame[power_name]) * (unit[0].scale if unit and unit[0].quantity == "power" else 1.0)
    groups, notes = _gpus(frame, time, power_name, path)
    window_s = AVERAGE_S if power_name == "power.draw.average" else 0.0
    spec = specs.nvml(power_name, window_s)
    series = [Series(device, spec, time[rows], power[rows]) for device, rows in groups]
    rows = _rows(frame, power_name, remark, [entry.device.key for entry in series])
    remarks = tuple(note for note in (remark, *notes) if note)
    return Recording(tuple(series), notes=remarks, source=str(path), interpretation=rows)


def _rows(frame: pl.DataFrame, power_name: str, remark: str, keys: list[str]) -> list[Interpretation]:
    """What the columns were taken for, and which of power were left out."""
    clock = "UTC, no zone told" if remark else "UTC"
    rows = [Interpretation("timestamp", "", "time", clock=clock)]
    rows += [Interpretation(power_name, key, "power", "W", "reading", clock) for key in keys]
    for name in frame.columns:
        if name != power_name and name.startswith(("power", "enforced")):
            same = name in POWER
            rows.append(Interpretation(name, note=f"{power_name} tells the same" if same else "not what is drawn"))
    return rows


def _first_of_each(frame: pl.DataFrame) -> list[str]:
    """Column names whose plain form is new."""
    seen: set[str] = set()
    names = []
    for name in frame.columns:
        plain = UNIT.sub("", name).lower()
        if plain not in seen:
            names.append(name)
        seen.add(plain)
    return names


def _power_name(frame: pl.DataFrame) -> str:
    """The best field that holds numbers."""
    there = [name for name in POWER if name in frame.columns]
    for name in there:
        if np.isfinite(numbers(frame[name])).any():
            return name
    if not there:
        raise WattlineError("nvidia-smi's table has no power.draw: add power.draw to --query-gpu")
    return there[0]


def _named(frame: pl.DataFrame, path: Path) -> tuple[pl.DataFrame, str]:
    """A table without a header: columns told by their cells."""
    sample = {name: [str(cell) for cell in frame[name].head(50).drop_nulls()] for name in frame.columns}
    names = {}
    for name, cells in sample.items():
        if cells and all(STAMP.match(cell) for cell in cells):
            names[name] = "timestamp"
        elif cells and all(cell.startswith(("GPU-", "MIG-")) for cell in cells):
            names[name] = "uuid"
    watts = [name for name, cells in sample.items() if any(re.match(r"^-?[\d.]+ W$", cell) for cell in cells)]
    if not watts:  # no units: the one column of fractions that is neither a share nor a clock
        watts = [name for name, cells in sample.items()
                 if name not in names and any(re.match(r"^\d+\.\d{2}$", cell) for cell in cells)]  # fmt: skip
    if len(watts) != 1:
        raise WattlineError(
            f"{path} has no header, and {len(watts) or 'no'} columns could be the power; record without noheader"
        )
    names[watts[0]] = "power.draw"
    rest = [name for name in frame.columns if name not in names]
    if rest and rest[0] == frame.columns[1 if frame.columns[0] in names else 0]:
        column = frame[rest[0]]
        if column.str.contains(r"^\d{1,3}$").all() and 1 < column.n_unique() <= 64:
            names[rest[0]] = "index"
    return frame.rename(names), "power.draw"


def _gpus(
    frame: pl.DataFrame, time: Array, power_name: str, path: Path
) -> tuple[list[tuple[Device, NDArray[np.intp]]], list[str]]:
    """The rows of each GPU, told by UUID, bus or index; without any of these, by the rhythm of the rows."""
    there = [name for name in IDS if name in frame.columns and frame[name].is_not_null().any()]
    host = next((name for name in HOSTS if name in frame.columns and frame[name].n_unique() > 1), None)
    column = next(iter(parting(frame, time, host, there, [])), None)
    chosen = [name for name in (host, column) if name is not None]
    if column is not None:
        check_several(frame, time, chosen, [power_name], str(path))
    titles = frame["name"] if "name" in frame.columns else frame["gpu_name"] if "gpu_name" in frame.columns else None
    notes = []
    if column is None:
        count = _rows_a_tick(time)
        keys = np.arange(len(time)) % count
        if count > 1:
            notes.append(f"no index or uuid in the file: {count} GPUs told by {count} rows a tick, in their order")
        groups = {("", f"gpu{k}"): np.flatnonzero(keys == k) for k in range(count)}
    else:
        plain = "gpu" if column in ("index", "gpu", "id", "gpu_id", "gpu_index", "device") else ""
        groups = {(cells[0] if host else "", f"{plain}{cells[-1]}"): rows for cells, rows in rows_of(frame, chosen)}
    out = []
    for (where, label), rows in groups.items():
        if column is not None and label in ("", "?", "gpu", "gpu?", "[N/A]"):
            continue  # cut rows
        title = str(titles[int(rows[0])] or "") if titles is not None else ""
        global_id = label.startswith(("GPU-", "MIG-"))
        kind = "mig" if label.startswith("MIG-") else "gpu"
        device = Device("" if global_id else where or path.stem, label, kind, title or card_of(path))
        out.append((device, rows))
    return out, notes


def _rows_a_tick(time: Array) -> int:
    """How many rows are written together: 1 unless bursts of one length follow each other."""
    steps = np.diff(time[np.isfinite(time)])
    if len(steps) < 10:
        return 1
    long = float(np.quantile(steps, 0.98))
    ends = np.flatnonzero(steps > 0.5 * long)
    bursts = np.diff(ends)
    if len(bursts) < 5 or long < 0.02:
        return 1
    count = int(np.median(bursts))
    return count if count > 1 and (bursts == count).mean() > 0.9 and np.quantile(steps, 0.5 / count) < 0.2 * long else 1


def _dmon(path: Path) -> Recording:
    """The table of ``nvidia-smi dmon -o DT``: date, time, GPU and watts."""
    rows: dict[str, tuple[list[str], list[float]]] = {}
    columns: list[str] = []
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            cells = _dmon_cells(line)
            if line.startswith("#"):
                lower = [cell.lower() for cell in cells]
                columns = lower if "gpu" in lower and "pwr" in lower else columns
                continue
            if len(cells) < len(columns) or not columns:
                continue
            if "time" not in columns or "date" not in columns:
                raise WattlineError(f"{path} has no date and time: record it with nvidia-smi dmon -o DT")
            row = dict(zip(columns, cells, strict=False))
            times, watts = rows.setdefault(row["gpu"], ([], []))
            times.append(f"{row['date']} {row['time']}")
            watts.append(float(row["pwr"]) if re.fullmatch(r"-?\d+(\.\d+)?", row["pwr"]) else np.nan)
    return _from_dmon(path, rows)


def _from_dmon(path: Path, rows: dict[str, tuple[list[str], list[float]]]) -> Recording:
    import polars as pl

    spec: Spec = specs.nvml("dmon pwr")
    series = []
    remark = ""
    for gpu, (times, watts) in rows.items():
        time, remark = column_times(pl.Series(times))
        series.append(Series(Device(path.stem, f"gpu{gpu}", "gpu"), spec, time, np.array(watts)))
    faults = [] if series else [Fault("unreadable", 1, 0.0, f"{path.name} holds no rows")]
    return Recording(tuple(series), faults=tuple(faults), notes=(remark,) if remark else (), source=str(path))
