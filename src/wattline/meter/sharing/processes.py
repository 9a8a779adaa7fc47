"""Processes on GPUs, from samples of their utilisation: a CSV of NVML's samples, or ``nvidia-smi pmon -o DT``."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from datetime import UTC, tzinfo
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.reading import read_text
from wattline.meter.sharing.split import Workload
from wattline.meter.sharing.times import instant

LIMIT_BYTES = 1 << 30
NAMES = {
    "time": ("time", "timestamp", "time_s", "time_us", "timestamp_us"),
    "gpu": ("gpu", "uuid", "gpu_uuid", "device", "index"),
    "pid": ("pid",),
    "name": ("name", "command", "process", "process_name"),
    "sm": ("sm", "sm_util", "smutil", "sm_pct", "utilization", "util"),
    "host": ("host", "hostname", "node"),
}
LONGEST = 5.0  # times the usual step: a longer silence is time in which nobody can say what ran


class Sample(NamedTuple):
    """A process used this share (percent, or any unit) of a GPU's time since the sample before."""

    time_s: float
    gpu: str
    host: str
    process: str
    used: float


class ProcessClaims(NamedTuple):
    """Claims of processes on one GPU, and the begins and ends of the stretches that samples cover."""

    gpu: str
    host: str
    claims: list[Workload]
    begin_s: Array
    end_s: Array


def read_processes(path: Path | str, default: tzinfo = UTC) -> list[ProcessClaims]:
    """What ran on each GPU, from a file of samples.

    Parameters
    ----------
    path : of the file
    default : the zone of times that state none

    Returns
    -------
    Of each GPU who used it when.

    Raises WattlineError where the file cannot be read or holds no sample.
    """
    path = Path(path)
    text = read_text(path, LIMIT_BYTES, "processes")
    if not text.strip():
        raise WattlineError(f"processes {path} is empty")
    where = f"processes {path}"
    rows = _pmon(text, where, default) if text.lstrip().startswith("#") else _csv(text, where, default)
    by_gpu: dict[tuple[str, str], list[Sample]] = {}
    for sample in rows:
        by_gpu.setdefault((sample.host, sample.gpu), []).append(sample)
    if not by_gpu:
        raise WattlineError(f"{where} holds no sample")
    return [process_claims(gpu, host, samples) for (host, gpu), samples in by_gpu.items()]


def process_claims(gpu: str, host: str, samples: list[Sample]) -> ProcessClaims:
    """Each sample as a claim on the time since the one before it, weighed by what it used.

    Parameters
    ----------
    gpu : of the samples, by uuid or index
    host : name of the machine
    samples : of the use of one GPU, in the order of time

    Returns
    -------
    Claims by process.
    """
    times = np.unique([s.time_s for s in samples])
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    before = np.maximum(np.concatenate([[times[0] - step], times[:-1]]), times - LONGEST * step)
    since = dict(zip(times.tolist(), before.tolist(), strict=True))
    key = (gpu,) if gpu else ()
    hosts = (host,) if host else ()
    claims = [Workload(s.process, since[s.time_s], s.time_s, key, hosts, s.used) for s in samples if s.process]
    return ProcessClaims(gpu, host, claims, before, times)


def _csv(text: str, where: str, default: tzinfo) -> Iterator[Sample]:
    rows = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    columns = {(c or "").strip().lower().split(" [")[0]: c for c in rows.fieldnames or ()}
    column_of = {k: next((columns[n] for n in names if n in columns), "") for k, names in NAMES.items()}
    missing = [k for k in ("time", "pid", "sm") if not column_of[k]]
    if missing:
        raise WattlineError(
            f"{where}: no column {', '.join(missing)}; it needs time, gpu, pid, sm and may have name, host"
        )
    for number, row in enumerate(rows, 2):
        cell = {k: (row.get(c) or "").strip() if c else "" for k, c in column_of.items()}
        if any(cell.values()):
            yield _sample(cell, f"{where}, line {number}", default)


def _pmon(text: str, where: str, default: tzinfo) -> Iterator[Sample]:
    """Lines below a head such as ``#Date Time gpu pid type sm mem enc dec command``."""
    heads: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            words = line.replace("#", " ", 1).lower().split()
            heads = words if "gpu" in words else heads
            continue
        words = line.strip().split(None, len(heads) - 1)  # the last is a command's name, which may hold spaces
        if not words:
            continue
        if "time" not in heads or "date" not in heads:
            raise WattlineError(f"{where}: samples without times; run nvidia-smi pmon -s u -o DT")
        row = dict(zip(heads, words, strict=False))
        date = row["date"] if not row["date"].isdigit() else f"{row['date'][:4]}-{row['date'][4:6]}-{row['date'][6:]}"
        cell = {"time": f"{date}T{row.get('time', '')}", "gpu": row.get("gpu", ""), "pid": row.get("pid", ""),
                "name": row.get("command", ""), "sm": row.get("sm", ""), "host": ""}  # fmt: skip
        yield _sample(cell, f"{where}, line {number}", default)


def _sample(cell: dict[str, str], where: str, default: tzinfo) -> Sample:
    at = instant(cell["time"], where, default)
    if cell["pid"] in ("", "-"):  # pmon's line of a GPU on which nothing runs
        return Sample(at, cell["gpu"], cell["host"], "", 0.0)
    try:
        share = 0.0 if cell["sm"] in ("", "-") else float(cell["sm"].rstrip(" %"))
    except ValueError:
        share = math.nan
    if not cell["pid"].isdigit() or not 0 <= share < math.inf:
        raise WattlineError(f"{where}: pid {shorten(cell['pid'])!r} with use {shorten(cell['sm'])!r} is no sample")
    return Sample(at, cell["gpu"], cell["host"], f"{cell['pid']} {cell['name']}".strip(), share)
