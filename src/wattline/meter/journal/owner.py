"""Which process of a host samples for a journal: one; a dead one's turn is void."""

from __future__ import annotations

import sqlite3

from wattline.meter.clock import wall_us
from wattline.meter.journal.journal import Journal, Op
from wattline.meter.journal.process import Process, hostname, is_alive, this_process

BEAT_S = 2.0  # how often who samples says so


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


def is_locked(journal: Journal) -> bool:
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
