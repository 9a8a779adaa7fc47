"""Jobs that ran, from a CSV, from Slurm (``sacct -P``, ``scontrol show job -d``) or from Kubernetes pod labels."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from pathlib import Path

from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import read_text
from wattline.meter.sharing.pods import read_pods
from wattline.meter.sharing.split import Workload
from wattline.meter.sharing.times import expand, indices, read_span

LIMIT_BYTES = 1 << 30
NAMES = {
    "name": ("name", "job", "job_id", "jobid", "id"),
    "begin": ("begin", "begin_s", "start", "start_s", "start_time"),
    "end": ("end", "end_s", "stop", "end_time"),
    "devices": ("gpus", "gpu", "devices", "device", "uuid", "gpu_uuid"),
    "hosts": ("hosts", "host", "nodes", "node", "nodelist", "hostname"),
    "weight": ("weight", "share"),
    "user": ("user", "owner", "account"),
    "model": ("model",),
}


def read_jobs(path: Path | str, default: tzinfo = UTC) -> list[Workload]:
    """The jobs in a file, whichever of the formats it is in.

    Parameters
    ----------
    path : of the file
    default : the zone of times that state none

    Returns
    -------
    The jobs that ran.

    Raises WattlineError where the file cannot be read or names no job that ran.
    """
    path = Path(path)
    text = read_text(path, LIMIT_BYTES, "jobs")
    start = text.lstrip()[:4096]
    if not start:
        raise WattlineError(f"jobs {path} is empty")
    read: Callable[[str, str, tzinfo], Sequence[Workload]]
    if start[0] in "{[":
        read = read_pods
    elif start.startswith("JobId="):
        read = read_scontrol
    elif "|" in start.splitlines()[0] and "jobid" in start.splitlines()[0].lower():
        read = read_sacct
    else:
        read = read_csv
    claims = list(read(text, f"jobs {path}", default))
    if not claims:
        raise WattlineError(f"jobs {path} names no job that ran")
    return claims


def read_csv(text: str, where: str, default: tzinfo = UTC) -> list[Workload]:
    """Columns by name: name, begin, end; and, where given, gpus (``0-3``, UUIDs), host, weight, user, model.

    Parameters
    ----------
    text : of the file
    where : the file, for the error
    default : zone of times that state none

    Returns the jobs. Raises WattlineError where a column is missing or a cell is not understood.
    """
    rows = csv.DictReader(io.StringIO(text))
    columns = {c.strip().lower(): c for c in rows.fieldnames or () if c}
    column_of = {k: next((columns[n] for n in names if n in columns), "") for k, names in NAMES.items()}
    missing = [k for k in ("name", "begin", "end") if not column_of[k]]
    if missing:
        raise WattlineError(
            f"{where}: no column {', '.join(missing)}; it needs name, begin, end and may have gpus, host"
        )
    claims = []
    for number, row in enumerate(rows, 2):
        at = f"{where}, line {number}"
        cell = {k: (row.get(c) or "").strip() if c else "" for k, c in column_of.items()}
        if not any(cell.values()):
            continue
        begin, end = read_span(cell["begin"], cell["end"], at, default)
        claims.append(
            Workload(
                cell["name"] or f"line {number}",
                begin,
                end,
                indices(cell["devices"], at),
                expand(cell["hosts"], at),
                weight_of(cell["weight"], at),
                user=cell["user"],
                model=cell["model"],
            )
        )
    return claims


def weight_of(text: str, where: str) -> float:
    """A weight, 1 where none is given.

    Parameters
    ----------
    text : as the user gives it; empty for none
    where : file and line, for errors

    Returns
    -------
    A number of zero or more.

    Raises WattlineError for what is no number of zero or more.
    """
    try:
        value = float(text) if text else 1.0
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise WattlineError(f"{where}: weight {shorten(text)!r} must be a number, zero or more")
    return value


def read_sacct(text: str, where: str, default: tzinfo = UTC) -> list[Workload]:
    """``sacct -P -o JobID,JobName,Start,End,NodeList,AllocTRES``: jobs, not their steps; it counts GPUs and does not
    say which.

    Parameters
    ----------
    text : of the file
    where : the file, for the error
    default : zone of times that state none

    Returns the jobs. Raises WattlineError where a field is missing or a cell is not understood.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    heads = [h.strip().lower() for h in lines[0].split("|")]
    missing = [h for h in ("jobid", "start", "end", "nodelist") if h not in heads]
    if missing:
        raise WattlineError(
            f"{where}: no field {', '.join(missing)}; run sacct -P -o JobID,JobName,Start,End,NodeList,AllocTRES"
        )
    claims = []
    for number, line in enumerate(lines[1:], 2):
        row = dict(zip(heads, (c.strip() for c in line.split("|")), strict=False))
        job = row.get("jobid", "")
        if "." in job or row.get("start", "").lower() in ("", "unknown", "none"):
            continue  # a step of a job, or a job that never began
        at = f"{where}, line {number}"
        begin, end = read_span(row["start"], row.get("end", ""), at, default)
        count = _gpus(row.get("alloctres", "") or row.get("allocgres", ""))
        hosts = expand(row.get("nodelist", ""), at)
        if count != 0:
            title, user = _named(job, row.get("jobname", "")), row.get("user", "")
            claims.append(Workload(title, begin, end, (), hosts, 1.0, max(count, 0), user))
    return claims


def _gpus(tres: str) -> int:
    """How many GPUs an allocation holds; -1 where the text tells none of its parts."""
    if not tres:
        return -1
    plain = re.search(r"gres/gpu=(\d+)", tres) or re.search(r"(?:^|,)gpu:(?:[^:,]+:)?(\d+)", tres)
    if plain:
        return int(plain[1])
    return sum(int(n) for n in re.findall(r"gres/gpu:[^=,]+=(\d+)", tres))


def _named(job: str, name: str) -> str:
    return f"{job} {name}".strip()


def read_scontrol(text: str, where: str, default: tzinfo = UTC) -> list[Workload]:
    """``scontrol show job -d``: each job's GPUs by node, from ``Nodes=… GRES=gpu:…(IDX:0-1)``.

    Parameters
    ----------
    text : of the file
    where : the file, for the error
    default : zone of times that state none

    Returns the jobs. Raises WattlineError where no job tells its GPUs.
    """
    claims: list[Workload] = []
    for block in re.split(r"(?=^\s*JobId=)", text, flags=re.MULTILINE):
        job = re.search(r"JobId=(\S+)", block)
        start = re.search(r"StartTime=(\S+)", block)
        if job is None or start is None or start[1].lower() in ("unknown", "none", "n/a"):
            continue
        at = f"{where}, job {job[1]}"
        last = re.search(r"EndTime=(\S+)", block)
        state = re.search(r"JobState=(\S+)", block)
        running = state is not None and state[1] in ("RUNNING", "SUSPENDED", "COMPLETING")
        begin, end = read_span(start[1], "" if last is None or running else last[1], at, default)
        name = re.search(r"JobName=(\S+)", block)
        title = _named(job[1], name[1] if name else "")
        owner = re.search(r"UserId=([^\s(]+)", block)
        user = owner[1] if owner else ""
        for nodes, gres in re.findall(r"^\s*Nodes=(\S+).*?GRES=(\S*)", block, flags=re.MULTILINE):
            gpus = [i for idx in re.findall(r"gpu[^(]*\(IDX:([^)]*)\)", gres) for i in indices(idx, at)]
            if gpus and "N/A" not in gpus:
                claims.append(Workload(title, begin, end, tuple(gpus), expand(nodes, at), user=user))
    if not claims and "JobId=" in text:
        raise WattlineError(f"{where}: no job names its GPUs; run scontrol show job -d (with -d it names GRES and IDX)")
    return claims
