"""``sacct --json``: the joules of each job from its start to its end; steps lie in their job."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.core.reading import parse_json
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, plain
from wattline.meter.recording import Recording

MARKS = ('"jobs"', '"job_id"')


def is_text(text: str) -> bool:
    """Whether a file begins as sacct's JSON."""
    begin = text.lstrip()[:40_000]
    return begin[:1] == "{" and all(mark in begin for mark in MARKS)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """The energy of the jobs that have ended.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where none tells its energy and times.
    """
    import polars as pl

    data = parse_json("\n".join(logs.lines(path)))
    rows: list[tuple[str, float, float, float]] = []
    for job in data.get("jobs") or ():
        begin, end = _span(job)
        joules = _joules(job, str(path))
        if joules and end > begin > 0:
            rows.append((str(job.get("job_id")), begin, end, joules))
    if not rows:
        raise WattlineError(
            f"{path} is sacct's, and no job in it has energy, start and end: Slurm counts energy where "
            "AcctGatherEnergyType is set"
        )
    frame = pl.DataFrame(rows, schema=["JobID", "Start", "End", "ConsumedEnergyRaw"], orient="row")
    return plain.of_frame(frame.cast(pl.String), choices, str(path), path.stem)


def _count(value: Any) -> float:
    """A number as Slurm writes it, alone or with whether it is set."""
    if isinstance(value, Mapping):
        value = value.get("number") if value.get("set", True) and not value.get("infinite") else 0
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _span(item: Mapping[str, Any]) -> tuple[float, float]:
    time = item.get("time") or {}
    return _count(time.get("start")), _count(time.get("end"))


def _joules(job: Mapping[str, Any], source: str) -> float:
    """A job's joules: its own, else those of its steps, where none runs beside another on the nodes that both meter."""
    allocated = (job.get("tres") or {}).get("allocated") or ()
    own = [_count(item.get("count")) for item in allocated if item.get("type") == "energy"]
    if own and own[0] > 0:
        return own[0]
    steps = []
    for step in job.get("steps") or ():
        energy = ((step.get("statistics") or {}).get("energy") or {}).get("consumed")
        if (joules := _count(energy)) > 0:
            steps.append((*_span(step), joules))
    steps.sort()
    apart = all(after[0] >= before[1] for before, after in pairwise(steps))
    longest = max(steps, key=lambda step: step[1] - step[0], default=(0.0, 0.0, 0.0))
    if not apart and any(begin < longest[0] or end > longest[1] for begin, end, _ in steps):
        raise WattlineError(
            f"{source}: the steps of job {job.get('job_id')} overlap and each counts its whole nodes: give the "
            "job's own energy (AccountingStorageTRES=energy)"
        )
    return sum(step[2] for step in steps) if apart else max(step[2] for step in steps)
