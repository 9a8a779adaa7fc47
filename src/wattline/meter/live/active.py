"""The measurement that this process takes part in, shared with its children and with the other ranks of its host."""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import re
import sys
import tempfile
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from wattline.core.errors import WattlineError, shorten
from wattline.core.units import HOUR_S
from wattline.meter.journal.process import hostname, parent_born, this_process
from wattline.meter.journal.writer import say
from wattline.meter.live.session import Find, Session
from wattline.meter.sensor import Sensor

JOURNAL, INTERVAL, WINDOW = "WATTLINE_JOURNAL", "WATTLINE_INTERVAL", "WATTLINE_WINDOW"
RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID")
JOBS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID")

_SECONDS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s)?\s*")

_lock = threading.Lock()
_session: Session | None = None
_chosen: tuple[Path | None, float | None, Find | None] = (None, None, None)
_fall_back = True
_made_env = False


def find_sensors() -> Sequence[Sensor]:
    """The sensors of this host; simulated ones where WATTLINE_SIMULATED asks for them."""
    from wattline.meter.sensors.simulated import simulated_request, simulated_sensors

    if simulated_names := simulated_request():
        return simulated_sensors(simulated_names)
    from wattline.meter.sensors.simulated_chip import simulated_chips

    if chips := simulated_chips():
        return chips
    from wattline.meter.sensors.discover import find

    return find()


def parse_seconds(text: str, what: str) -> float:
    """A time in seconds; the plain ones are read here, as the library for units takes long to load.

    Parameters
    ----------
    text : such as ``"100ms"``, ``"1.5 s"`` or ``"2"``
    what : what it is, for errors

    Returns
    -------
    Seconds.

    Raises WattlineError where it is no time.
    """
    plain = _SECONDS.fullmatch(text)
    if plain and float(plain[1]) > 0:
        return float(plain[1]) * (1e-3 if plain[2] == "ms" else 1.0)
    from wattline.core.quantity import parse

    return parse(text, "s", what)


def parse_interval(text: str) -> float:
    """Seconds between two readings, 1 ms to 1 h. Raises WattlineError where it is out of bounds, or no time."""
    interval_s = parse_seconds(text, "interval")
    if not 0.001 <= interval_s <= HOUR_S:
        raise WattlineError(f"interval: {shorten(text)!r} is not between 1 ms and 1 h")
    return interval_s


def rank() -> str:
    """This process's rank in its job, where a launcher (torchrun, mpirun, srun) gave it one."""
    return next((os.environ[name] for name in RANKS if os.environ.get(name, "").isdigit()), "")


def default_path(name: str = "") -> Path:
    """``wattline-NAME-TIME.wattline`` in the working directory; the ranks of a job on one host all come to one name."""
    name = _plain(name or Path(sys.argv[0] if sys.argv and sys.argv[0] else "python").stem)
    if not rank():
        stem = f"wattline-{name}-{datetime.now():%Y%m%d-%H%M%S}"
        return next(path for i in range(1000) if not (path := Path(f"{stem}{f'-{i}' if i else ''}.wattline")).exists())
    job = next((os.environ[job] for job in JOBS if os.environ.get(job)), "")
    launch = f"{this_process().boot} {os.getppid()} {parent_born()} {os.environ.get('MASTER_PORT', '')}"
    mark = job or hashlib.sha256(launch.encode()).hexdigest()[:8]
    return Path(f"wattline-{name}-{_plain(hostname())}-{_plain(mark)}.wattline")


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip("-.")[:60] or "run"


def metering(
    journal: Path | str | None = None,
    interval: str | float | None = None,
    sensors: Sequence[Sensor] | None = None,
    *,
    fall_back: bool = False,
) -> None:
    """Say where this process's windows go, how often sensors are read, and which; before the first window.

    What is not given comes from WATTLINE_JOURNAL and WATTLINE_INTERVAL (which `wattline measure` sets for its command).

    Parameters
    ----------
    journal : file to write; None for one in the working directory
    interval : time between two readings, s, or such as ``"100ms"``; None for 100 ms
    sensors : to read; None for all of this host
    fall_back : where ``journal`` cannot be written, one in the folder for temporary files is

    Raises WattlineError after the first window was opened, and for an interval that is none.
    """
    global _chosen, _fall_back
    if _session is not None:
        raise WattlineError(f"metering: windows already go to {_session.path}; call it before the first of them")
    seconds = None if interval is None else parse_interval(str(interval))
    _fall_back = fall_back or journal is None
    _chosen = (Path(journal) if journal else None, seconds, None if sensors is None else lambda: sensors)


def is_chosen() -> bool:
    """Whether windows have a place already, or ``metering`` said one."""
    return _session is not None or _chosen != (None, None, None)


def active() -> Session:
    """This process's session, begun when first asked for."""
    if _session is not None:
        return _session
    with _lock:
        return _session if _session is not None else _begin()


def _begin() -> Session:
    global _session, _made_env
    journal, interval_s, find = _chosen
    if interval_s is None:
        interval_s = parse_interval(os.environ.get(INTERVAL, "") or "0.1")
    named = journal or (Path(os.environ[JOURNAL]) if os.environ.get(JOURNAL) else None)
    fixed = named is not None and not (journal is not None and _fall_back)
    path = named or default_path()
    find = find or find_sensors
    around = os.environ.get(WINDOW, "")
    try:
        path = _absolute(path)
        session = Session(path, find, interval_s, rank(), around)
    except WattlineError as error:
        if fixed:
            raise
        path = Path(tempfile.gettempdir()) / path.name
        say(f"{error}; it is {path} instead")
        session = Session(path, find, interval_s, rank(), around)
    _session = session.start()
    if not os.environ.get(JOURNAL):
        os.environ[JOURNAL], _made_env = str(path), True
    _at_end_of_child()
    return _session


def _absolute(path: Path) -> Path:
    """The path from the root; WattlineError where it is relative to a working directory that was removed."""
    try:
        return path.absolute()
    except FileNotFoundError:
        name = shorten(str(path), 200)
        raise WattlineError(f"journal {name} cannot be made: the working directory is gone") from None


def finish() -> None:
    """Close this process's session, if it has one; the next window begins another."""
    global _session, _made_env, _chosen
    session, _session = _session, None
    _chosen = (None, None, None)
    if _made_env:
        os.environ.pop(JOURNAL, None)
        _made_env = False
    if session is not None:
        session.close()


def _at_end_of_child() -> None:
    """A child that multiprocessing forked ends without atexit: finish there too."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, finish, exitpriority=0)


def _after_fork() -> None:
    """A forked child has no thread and may not touch its parent's connection, not even to close it."""
    global _session, _lock, _made_env
    _lock = threading.Lock()
    _made_env = False
    if _session is not None:
        _session.forked = True
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(_session))
        _session = None


atexit.register(finish)
os.register_at_fork(after_in_child=_after_fork)
