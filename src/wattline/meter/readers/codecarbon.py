"""CodeCarbon's ``emissions.csv``: a row a run (or a flush of one), energy in kWh by part.

Its rows tell when a run ended, how long it took and how much it took; what lies between two rows is their mean. RAM is
worked out, not measured; so is the CPU where ``tracking_mode`` or a round TDP share says nothing of RAPL.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import J_PER_KWH
from wattline.meter.device import Device
from wattline.meter.interpretation import Choices, Interpretation
from wattline.meter.readers import specs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.channel import rise_w
from wattline.meter.readers.defined import NamedSeries, join_defined
from wattline.meter.readers.frame import numbers, read_frame
from wattline.meter.readers.ranks import SAME, WHOLE_MACHINE
from wattline.meter.readers.times import column_times
from wattline.meter.recording import Fault, Recording, Series, Window
from wattline.meter.sensor import Spec

if TYPE_CHECKING:
    import polars as pl

AT_ONCE = 0.5  # of the longer of two runs
RECENT = 200  # counters before a run among which those of the same hours are: rows come as runs end
WHOLE = "energy_consumed"
PARTS = {"gpu_energy": "gpu", "cpu_energy": "cpu", "ram_energy": "dram"}


def is_emissions(text: str) -> bool:
    """Whether a file begins as CodeCarbon's."""
    names = text.split("\n", 1)[0]
    return "energy_consumed" in names and "duration" in names and "timestamp" in names


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A counter for each part of each run, and a window for each run.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    frame = read_frame(path)
    time, remark = column_times(frame["timestamp"])
    duration = numbers(frame["duration"])
    run_ids = frame["run_id"].to_list() if "run_id" in frame.columns else [None] * len(frame)
    if "task_name" in frame.columns:  # a row each task of a run, with the energy of that task alone
        run_ids = [f"{run} {i}" for i, run in enumerate(run_ids)]
    runs = [run or f"row {i}" for i, run in enumerate(run_ids)]  # a row without a run is one of its own
    name = next((column for column in ("task_name", "project_name") if column in frame.columns), None)
    titles = frame[name].to_list() if name else [""] * len(runs)
    rows: dict[str, list[int]] = {}
    lost = 0
    for i, run in enumerate(runs):
        if np.isfinite(time[i]) and np.isfinite(duration[i]) and duration[i] > 0:
            rows.setdefault(str(run), []).append(i)
        else:
            lost += 1
    if not rows:
        raise WattlineError(f"{path} holds no whole run of CodeCarbon")
    whole = choices.quantity([WHOLE]) is not None  # the sum of the parts, where the user wants it in their place
    defined: list[NamedSeries] = []
    windows: list[Window] = []
    places: list[list[Series]] = []
    once = 0
    for number, (run, mine) in enumerate(rows.items()):
        begin = float(min(time[i] - duration[i] for i in mine))
        counters = _run(frame, np.array(mine), time, begin, path.stem, whole)
        counters, again = _in_place(counters, places, _mode(frame, mine[0]))
        defined += [_defined(each, number, path.stem) for each in counters]
        once += again
        windows.append(Window(str(titles[mine[0]] or run), begin, float(time[mine].max()), rank=run))
    notes = ["CodeCarbon works out the power of RAM, and of a CPU without RAPL: modelled, not measured", remark]
    notes.append(f"{len(places)} runs at once, of unlike power or a process each: each is counted" * (len(places) > 1))
    notes += _facility(frame)
    notes.append(f"{once + 1} runs cover the same hours of one machine: counted once" * (once > 0))
    faults = [Fault("unreadable", lost, 0.0, "rows that are cut left out")] if lost else []
    taken = [Interpretation("timestamp", "", "time", clock=remark or "UTC"), Interpretation("duration", "", "time")]
    if WHOLE in frame.columns and not any(each.name == WHOLE for each in defined):
        taken.append(Interpretation(WHOLE, note="the sum of its parts"))
    extras = Extras(windows, {}, faults, [note for note in notes if note], taken)
    return join_defined(defined, choices, str(path), extras)


def _facility(frame: pl.DataFrame) -> list[str]:
    """CodeCarbon multiplies each part's energy by the PUE that its user gave: said, for a bill would do so again."""
    pue = numbers(frame["pue"]) if "pue" in frame.columns else np.array([])
    given = sorted({f"{value:g}" for value in pue[np.isfinite(pue)] if value > 1})
    return (
        [f"its energies hold the PUE that it was given ({', '.join(given)}): bill them with --pue 1"] if given else []
    )


def _defined(series: Series, number: int, host: str) -> NamedSeries:
    """A run's counter of one part, by its column."""
    kind = series.device.uuid.rpartition(":")[2]
    name = next((column for column, part in PARTS.items() if part == kind), WHOLE)
    shown = name if series.device.host == host else f"{name} of {series.device.host}"
    return NamedSeries(shown, series, "kWh", aliases=(name,), stretch=number)


def _run(frame: pl.DataFrame, rows: Array, time: Array, begin: float, host: str, summed: bool) -> list[Series]:
    """The counters of one run, from nothing at its beginning to what each row tells."""
    out = []
    at = np.concatenate([[begin], time[rows]])
    whole = _mode(frame, int(rows[0])) == "machine"
    for column, kind in PARTS.items():
        if column not in frame.columns or summed:
            continue
        joules = np.concatenate([[0.0], numbers(frame[column])[rows] * J_PER_KWH])
        if not np.isfinite(joules).all() or joules[-1] <= 0:
            continue  # nothing told is no reading, never zero
        model = f"{kind}_model"
        title = str(frame[model][int(rows[0])] or "") if model in frame.columns else ""
        out.append(Series(Device(host, f"codecarbon:{kind}", kind, title), _spec(kind, whole), at, None, joules))
    if not out and WHOLE in frame.columns:
        joules = np.concatenate([[0.0], numbers(frame[WHOLE])[rows] * J_PER_KWH])
        spec = specs.unknown_sensor("codecarbon", WHOLE_MACHINE if whole else "")
        out.append(Series(Device(host, "codecarbon:all", "other"), spec, at, None, joules))
    return out


def _mode(frame: pl.DataFrame, row: int) -> str:
    """What a run tracked; where its version does not say, all of the machine, as is its default."""
    return (str(frame["tracking_mode"][row] or "") if "tracking_mode" in frame.columns else "") or "machine"


def _in_place(run: list[Series], places: list[list[Series]], mode: str) -> tuple[list[Series], bool]:
    """A run on the machine that its file is of; on another where one of unlike power ran there in the same hours, and
    beside it where each run tracks its own process alone; and whether another told the same hours of its machine."""
    number, once = len(places), False
    for i, place in enumerate(places):
        there = [other for other in place[-RECENT:] if any(_at_once(entry, other) for entry in run)]
        if not there or (mode == "machine" and all(_like(entry, other) for entry in run for other in there)):
            number, once = i, bool(there)
            break
    if number == len(places):
        places.append([])
    if number:
        run = [replace(e, device=replace(e.device, host=f"{e.device.host}-{number + 1}")) for e in run]
    places[number] += run
    return run, once


def _at_once(first: Series, other: Series) -> bool:
    """Whether two runs are of the same hours, each for most of its time."""
    (a, b), (c, d) = ((float(each.time_s[0]), float(each.time_s[-1])) for each in (first, other))
    return min(b, d) - max(a, c) > AT_ONCE * max(b - a, d - c)


def _like(first: Series, other: Series) -> bool:
    """Whether two runs tell the same of a part, or are of different parts."""
    if first.device.uuid != other.device.uuid or first.energy_j is None or other.energy_j is None:
        return True
    here, there = rise_w(first.time_s, first.energy_j), rise_w(other.time_s, other.energy_j)
    return abs(here - there) <= SAME * max(here, there)


def _spec(kind: str, whole: bool) -> Spec:
    note = f"CodeCarbon {'ram' if kind == 'dram' else kind}_energy" + (f", {WHOLE_MACHINE}" if whole else "")
    return specs.nvml(note, source="codecarbon") if kind == "gpu" else specs.model_spec("codecarbon", note)
