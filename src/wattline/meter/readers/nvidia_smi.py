"""nvidia-smi: ``--query-gpu=… --format=csv`` in all its styles, and ``dmon``.

Units may stand in the header (``power.draw [W]``), in the cells (``46.19 W``) or nowhere (nounits); the header may be
missing where the cells tell what they are. ``[N/A]``, ``[Not Supported]`` and the like are no reading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.device import Device
from wattline.meter.gpu_sensor.model import card_of
from wattline.meter.interpretation import NONE, UTC_ASSUMED, Choices, Interpretation
from wattline.meter.readers import logs, specs, units
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.defined import NamedSeries, join_defined
from wattline.meter.readers.frame import head, numbers, read_frame, rows_of
from wattline.meter.readers.rows import HOSTS, check_several, groups, parting
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Recording, Series

if TYPE_CHECKING:
    import polars as pl

# the field that sees most of the time first
POWER = ("power.draw.average", "power.draw", "power_draw", "power.draw.instant")
MODULE = ("module.power.draw.average", "module.power.draw.instant")  # of a module with its GPU, CPU and memory
# what tells one GPU from another, the surest first
IDS = ("uuid", "gpu_uuid", "index", "gpu_index", "gpu", "gpu_id", "id", "device", "pci.bus_id", "gpu_bus_id", "pci.bus",
       "serial", "gpu_serial")  # fmt: skip
AVERAGE_S = 1.0  # power.draw.average is the mean of one second (nvidia-smi --help-query-gpu)
STAMP = re.compile(r"^\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}\.\d{3}$")
OTHER_TIMES = frozenset({"time", "date", "datetime", "ts", "unix_time", "epoch", "elapsed", "elapsed_s"})
GpuRows = tuple[Device, NDArray[np.intp]]
UNIT = re.compile(r"\s*\[.*\]$")


def is_query(text: str) -> bool:
    """Whether a file begins as the answer to --query-gpu."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    if line.lstrip().startswith("#"):
        return False
    cells = _cells(line)
    others = OTHER_TIMES & set(cells) and "timestamp" not in cells  # someone's own table
    named = any(_is_power(cell) for cell in cells) and not others
    return named or (any(STAMP.match(cell) for cell in cells) and len(cells) > 1)


def _cells(line: str) -> list[str]:
    return [cell.strip().strip('"').lower() for cell in re.split("[,;\t]", line)]


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


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series a GPU, and one a module where one is told that holds its GPU.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    text = head(path)
    if is_dmon(text):
        return _dmon(path, choices)
    first = next((line for line in text.splitlines() if line.strip()), "")
    has_header = any(_is_power(cell) for cell in _cells(first))
    frame = read_frame(path, header=has_header)
    names = {UNIT.sub("", name).lower(): name for name in _first_of_each(frame)}
    if has_header:
        frame = frame.rename({name: plain for plain, name in names.items()})
    else:
        frame, names = _named(frame, path), {}
    if "timestamp" not in frame.columns:
        raise WattlineError(
            f"{path} has no timestamp: add timestamp to --query-gpu, so that watts can be summed over time"
        )
    again = frame["timestamp"].str.to_lowercase() == "timestamp"  # the header once more, where nvidia-smi began anew
    frame = frame.filter(~again.fill_null(False))
    time, remark = column_times(frame["timestamp"])
    fields = [name for name in (*POWER, *MODULE) if name in frame.columns]
    groups, notes = _gpus(frame, time, fields, path, choices)
    clock = UTC_ASSUMED if remark else "UTC"
    defined = _defined(frame, time, names, fields, groups)
    rows = [Interpretation("timestamp", "", "time", clock=clock), *_not_drawn(frame, fields)]
    extras = Extras(notes=[note for note in (remark, *notes) if note], rows=rows)
    return join_defined(
        [each._replace(clock=clock) for each in defined], replace(choices, device=()), str(path), extras
    )


def _is_power(cell: str) -> bool:
    return UNIT.sub("", cell) in (*POWER, *MODULE)


def _defined(
    frame: pl.DataFrame, time: Array, names: Mapping[str, str], fields: Sequence[str], groups: Sequence[GpuRows]
) -> list[NamedSeries]:
    """Each GPU by each of its fields of power; of several the first that holds numbers is counted."""
    power = {name: numbers(frame[name]) for name in fields}
    modules = [name for name in MODULE if name in power and np.isfinite(power[name]).any()]
    out = []
    for device, rows in groups:
        module = Device(device.host, f"module of {device.uuid}", "gpu", device.name)
        there = [name for name in modules if np.isfinite(power[name][rows]).any()]
        for rank, name in enumerate(fields):
            if name in MODULE and name not in there:
                continue
            inner = name not in MODULE and bool(there)
            each = replace(device, inside=module.key) if inner else module if name in MODULE else device
            unit = next(iter(units.of_header(names.get(name, ""))), units.SHORT["W"])
            watts = power[name][rows] * (unit.scale if unit.quantity == "power" else 1.0)
            series = Series(each, specs.nvml(name, AVERAGE_S if name.endswith("average") else 0.0), time[rows], watts)
            shown = name if len(groups) == 1 else f"{name} of {device.uuid}"
            out.append(NamedSeries(shown, series, "W", aliases=(name, names.get(name, name)), rank=rank))
    return out


def _not_drawn(frame: pl.DataFrame, fields: Sequence[str]) -> list[Interpretation]:
    """Columns about power that tell nothing of what is drawn."""
    return [
        Interpretation(name, note="not what is drawn")
        for name in frame.columns
        if name not in fields and name.startswith(("power", "enforced", "module", "clocks_throttle_reasons.sw_power"))
    ]


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


def _named(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
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
    return frame.rename(names)


def _gpus(
    frame: pl.DataFrame, time: Array, fields: Sequence[str], path: Path, choices: Choices
) -> tuple[list[GpuRows], list[str]]:
    """The rows of each GPU, told by UUID, bus or index; without any of these, by the rhythm of the rows."""
    if choices.device:
        by_choice = groups(frame, time, frame.columns, fields, choices, str(path)).rows
        label = "gpu" if choices.device == (NONE,) else ""
        return [(_device(where, part or label, "", path), rows) for (where, part), rows in by_choice.items()], []
    there = [name for name in IDS if name in frame.columns and frame[name].is_not_null().any()]
    host = next((name for name in HOSTS if name in frame.columns and frame[name].n_unique() > 1), None)
    column = next(iter(parting(frame, time, host, there, [])), None)
    chosen = [name for name in (host, column) if name is not None]
    if column is not None:
        check_several(frame, time, chosen, fields, str(path))
    titles = frame["name"] if "name" in frame.columns else frame["gpu_name"] if "gpu_name" in frame.columns else None
    notes = []
    if column is None:
        count = _rows_a_tick(time)
        keys = np.arange(len(time)) % count
        if count > 1:
            notes.append(f"no index or uuid in the file: {count} GPUs told by {count} rows a tick, in their order")
        by_key = {("", f"gpu{k}"): np.flatnonzero(keys == k) for k in range(count)}
    else:
        plain = "gpu" if column in ("index", "gpu", "id", "gpu_id", "gpu_index", "device") else ""
        by_key = {(cells[0] if host else "", f"{plain}{cells[-1]}"): rows for cells, rows in rows_of(frame, chosen)}
    out = []
    for (where, label), rows in by_key.items():
        if column is not None and label in ("", "?", "gpu", "gpu?", "[N/A]"):
            continue  # cut rows
        title = str(titles[int(rows[0])] or "") if titles is not None else ""
        out.append((_device(where, label, title, path), rows))
    return out, notes


def _device(host: str, label: str, title: str, path: Path) -> Device:
    """A GPU by its number on its host, or by its UUID anywhere."""
    global_id = label.startswith(("GPU-", "MIG-"))
    kind = "mig" if label.startswith("MIG-") else "gpu"
    return Device("" if global_id else host or path.stem, label, kind, title or card_of(path))


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


def _dmon(path: Path, choices: Choices) -> Recording:
    """The table of ``nvidia-smi dmon -o DT`` (or ``-o T``): date, time, GPU and watts."""
    by_gpu: dict[str, tuple[list[str], list[float]]] = {}
    columns: list[str] = []
    now = ""
    for line in logs.lines(path):
        if (stamp := logs.stamp(line)) is not None:
            now = str(stamp)
            continue
        cells = _dmon_cells(line)
        if line.startswith("#"):
            lower = [cell.lower() for cell in cells]
            columns = lower if "gpu" in lower and "pwr" in lower else columns
            continue
        if len(cells) < len(columns) or not columns:
            continue
        if "time" not in columns and not now:
            raise WattlineError(f"{path} has no date and time: record it with nvidia-smi dmon -o DT")
        row = dict(zip(columns, cells, strict=False))
        times, watts = by_gpu.setdefault(row["gpu"], ([], []))
        times.append(f"{row.get('date', '')} {row['time']}".strip() if "time" in row else now)
        watts.append(float(row["pwr"]) if re.fullmatch(r"-?\d+(\.\d+)?", row["pwr"]) else np.nan)
    return _from_dmon(path, by_gpu, choices)


def _from_dmon(path: Path, by_gpu: dict[str, tuple[list[str], list[float]]], choices: Choices) -> Recording:
    import polars as pl

    defined = []
    remark = ""
    for gpu, (times, watts) in by_gpu.items():
        time, remark = column_times(pl.Series(times))
        series = Series(Device(path.stem, f"gpu{gpu}", "gpu"), specs.nvml("dmon pwr"), time, np.array(watts))
        defined.append(NamedSeries(f"pwr of gpu{gpu}", series, "W", aliases=("pwr",)))
    if not defined:
        raise WattlineError(f"{path} is nvidia-smi dmon's, and holds no rows below its header")
    clock = UTC_ASSUMED if remark else "UTC"
    rows = [Interpretation("date, time", "", "time", clock=clock)]
    extras = Extras(notes=(remark,) if remark else (), rows=rows)
    return join_defined([each._replace(clock=clock) for each in defined], choices, str(path), extras)
