"""One process among all that ever ran, told alive from dead."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from wattline.meter.clock import wall_us

STALE_S = 10.0  # a process in another container that last spoke longer ago than this counts as dead
# begins the boot of who wrote an imported recording: its clocks are none of this machine's; then their offset in µs
IMPORTED = "import-"


@dataclass(frozen=True)
class Process:
    """One process among all that ever ran: ``born`` tells it from a later one that has its pid, ``space`` (the
    namespace of pids) from one in another container, ``boot`` from one before the machine started anew."""

    host: str
    boot: str
    space: str
    pid: int
    born: int


def this_process() -> Process:
    """The one that runs this."""
    return Process(hostname(), _boot(), _space(), os.getpid(), start_ticks(os.getpid()) or 0)


def hostname() -> str:
    """The name of this machine."""
    return platform.node() or "localhost"


@lru_cache(maxsize=1)
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks of this boot; None where it is gone or only its exit status is left."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    except OSError:
        return 0
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def parent_born() -> int:
    """When the process that started this one started; its ranks all read the same."""
    return start_ticks(os.getppid()) or 0


def is_alive(other: Process, beat_us: int) -> bool:
    """Whether a process that once wrote to the journal still runs.

    Parameters
    ----------
    other : a process by number, start and machine
    beat_us : when it last wrote, µs of the clock of the journal

    Returns
    -------
    False where it has ended, or is silent for long on a machine that cannot be asked.
    """
    me = this_process()
    if other.host != me.host or other.space != me.space:
        return wall_us() - beat_us < STALE_S * 1e6
    if other.boot != me.boot:
        return False
    if not Path("/proc/self/stat").exists():
        return _answers(other.pid)
    return start_ticks(other.pid) == other.born


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
