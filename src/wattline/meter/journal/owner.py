"""Which process of a host samples for a journal: one, told alive from dead, so that a dead one's claim is void."""

from __future__ import annotations

import os
import platform
import sqlite3
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from wattline.meter.clock import wall_us

if TYPE_CHECKING:
    from wattline.meter.journal.journal import Journal, Op

BEAT_S = 2.0  # how often who samples says so
STALE_S = 10.0  # a claim from another container that is older than this is void


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
    return Process(hostname(), _boot(), _space(), os.getpid(), _born(os.getpid()) or 0)


def hostname() -> str:
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


def _born(pid: int) -> int | None:
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
    return _born(os.getppid()) or 0


def is_alive(other: Process, beat_us: int) -> bool:
    """Whether a process that once wrote to the journal still runs; ``beat_us``: when it last said so."""
    me = this_process()
    if other.host != me.host or other.space != me.space:
        return wall_us() - beat_us < STALE_S * 1e6
    if other.boot != me.boot:
        return False
    if not Path("/proc/self/stat").exists():
        return _answers(other.pid)
    return _born(other.pid) == other.born


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def claim(journal: Journal) -> bool:
    """Make this journal's writer the one that samples on this host, unless another that lives does."""
    with journal.transaction() as connection:
        holder = _holder(connection, hostname())
        if holder is not None:
            writer, beat_us, other = holder
            if writer != journal.writer and other != this_process() and is_alive(other, beat_us):
                return False
        connection.execute(
            "INSERT OR REPLACE INTO sampler(host, writer, beat_us) VALUES (?, ?, ?)",
            (hostname(), journal.writer, wall_us()),
        )
    return True


def is_held(journal: Journal) -> bool:
    """Whether a living process samples on this host; looks only, so that many may ask often."""
    holder = _holder(journal.connection, hostname())
    return holder is not None and is_alive(holder[2], holder[1])


def release(journal: Journal) -> None:
    """Let another process sample."""
    journal.commit((), [("DELETE FROM sampler WHERE host = ? AND writer = ?", (hostname(), journal.writer))])


def _holder(connection: sqlite3.Connection, host: str) -> tuple[int, int, Process] | None:
    row = connection.execute(
        "SELECT writer.id, beat_us, writer.host, boot, space, pid, born FROM sampler "
        "JOIN writer ON writer.id = sampler.writer WHERE sampler.host = ?",
        (host,),
    ).fetchone()
    return (row[0], row[1], Process(*row[2:])) if row else None


def beat(journal: Journal) -> Op:
    """The statement by which who samples says that it still does."""
    return ("UPDATE sampler SET beat_us = ? WHERE host = ? AND writer = ?", (wall_us(), hostname(), journal.writer))


def pack_leftovers(journal: Journal) -> None:
    """Pack the ticks that those who sampled before left behind."""
    rows = journal.connection.execute("SELECT DISTINCT writer FROM tick WHERE writer != ?", (journal.writer,))
    for (writer,) in rows.fetchall():
        journal.pack(writer)
