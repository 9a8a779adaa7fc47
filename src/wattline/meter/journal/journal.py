"""The journal: what was sampled and when windows began and ended, in one file that a kill cannot spoil.

    with Journal.create("run.wattline") as journal:
        series = journal.series_id(device, spec)
        journal.append(series, time_s, monotonic_s, power_w)
    read_recording(Journal.open("run.wattline"))      # of journal/reader.py

Several processes may write to one journal (ranks on a host); each commit is whole or not there.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.printable import sayable
from wattline.core.reading import parse_json
from wattline.meter.clock import mono_us, wall_us
from wattline.meter.device import Device
from wattline.meter.journal.blocks import SeriesColumns, encode, to_whole, unpack_ticks
from wattline.meter.journal.contents import JournalEvent, file_id, series_about
from wattline.meter.journal.damage import damage_named
from wattline.meter.journal.process import Process, this_process
from wattline.meter.journal.schema import JOURNAL
from wattline.meter.journal.sqlite_file import Transaction, connect, create_file
from wattline.meter.recording import Fault
from wattline.meter.sensor import Spec

Op = tuple[str, Sequence[Any]]  # one statement and its values
BLOCK = 600  # readings of a series in a block, at most


class Journal:
    """A connection to a journal's file. Not to be shared across a fork; threads may share it."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self.writer = 0
        self._file = file_id(path)
        self._series: dict[tuple[Device, Spec, str], int] = {}
        self._lock = threading.RLock()

    @classmethod
    def create(cls, path: Path | str, *, rank: str = "", interval_s: float = 0.0, wait_s: float = 5.0) -> Self:
        """A journal to write to, made where there is none yet; an existing one is continued.

        Parameters
        ----------
        path : of the file
        rank : of the process among those of its job, where it has one
        interval_s : between two readings, as it stands in the journal [s]
        wait_s : for a lock of another process [s]

        Returns the journal. Raises WattlineError where it cannot be made or written, or is no journal.
        """
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            create_file(path, JOURNAL, {"name": sayable(path.stem), "made_us": str(wall_us())})
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise WattlineError(f"journal {shorten(str(path), 200)} cannot be made: {reason}") from None
        journal = cls(path, connect(path, JOURNAL, write=True, wait_s=wait_s))
        try:
            journal.writer = journal._new_writer(this_process(), rank, interval_s)
        except sqlite3.Error as error:
            journal.close()
            raise WattlineError(f"journal {shorten(str(path), 200)} cannot be written: {error}") from None
        return journal

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """A journal to read, also while others write to it and whatever state a kill left it in."""
        path = Path(path)
        with damage_named(JOURNAL.name, path):
            return cls(path, connect(path, JOURNAL, write=False))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    def is_there(self) -> bool:
        """Whether the file that is written is still the one at its path: it may have been removed meanwhile."""
        return self._file is not None and file_id(self.path) == self._file

    def copy_to(self, target: sqlite3.Connection) -> None:
        """All that the file holds into another database, also where the file was removed."""
        with self._lock:
            self.connection.backup(target)

    def in_memory(self) -> Journal:
        """A copy to read."""
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.copy_to(memory)
        return type(self)(self.path, memory)

    # writing

    def _new_writer(self, me: Process, rank: str, interval_s: float) -> int:
        values = (me.host, me.boot, me.space, me.pid, me.born, rank, wall_us(), mono_us(), round(interval_s * 1e6))
        with self._lock:
            cursor = self.connection.execute(
                "INSERT INTO writer(host, boot, space, pid, born, rank, wall_us, mono_us, interval_us) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        return int(cursor.lastrowid or 0)

    def series_id(self, device: Device, spec: Spec, part: str = "") -> int:
        """The number of a series, given to it when first asked for.

        Parameters
        ----------
        device : the device
        spec : how its sensor measures
        part : tells stretches of one device apart that must not be joined: counters that each began anew

        Returns the number.
        """
        key = (device, spec, part)
        if key not in self._series:
            about = series_about(device, spec, part)
            with self._lock:
                self.connection.execute(
                    "INSERT OR IGNORE INTO series(device, kind, source, about) VALUES (?, ?, ?, ?)",
                    (device.key, device.kind, spec.source, about),
                )
                row = self.connection.execute(
                    "SELECT id FROM series WHERE device = ? AND source = ? AND about = ?",
                    (device.key, spec.source, about),
                ).fetchone()
            self._series[key] = int(row[0])
        return self._series[key]

    def describe_to(self, other: Journal) -> None:
        """Give another, empty journal this one's series and writer, so that it takes the same ticks and statements."""
        with other.transaction() as connection:
            for (device, spec, part), number in self._series.items():
                values = (number, device.key, device.kind, spec.source, series_about(device, spec, part))
                connection.execute("INSERT INTO series(id, device, kind, source, about) VALUES (?, ?, ?, ?, ?)", values)
            connection.execute("UPDATE writer SET id = ? WHERE id = ?", (self.writer, other.writer))
        other.writer = self.writer

    def commit(self, ticks: Sequence[bytes], ops: Sequence[Op] = ()) -> None:
        """Ticks (see journal_blocks) and statements, all or none; raises sqlite3.Error where the file takes none.

        Parameters
        ----------
        ticks : rounds of readings in their packed form
        ops : further statements with their values
        """
        execute = self.connection.execute
        insert = "INSERT INTO tick(writer, data) VALUES (?, ?)"
        with self._lock:
            if len(ticks) == 1 and not ops:
                execute(insert, (self.writer, ticks[0]))
                return
            with self.transaction():
                self.connection.executemany(insert, [(self.writer, tick) for tick in ticks])
                for statement, values in ops:
                    execute(statement, values)

    def transaction(self) -> Transaction:
        """All of what is executed inside, or none of it."""
        return Transaction(self.connection, self._lock)

    def pack(self, writer: int | None = None, *, sync: bool = True) -> None:
        """Move one writer's ticks (all writers' that are named by ``writer``) into blocks.

        With ``sync`` the file is on the disk afterwards, so that not even the machine's end takes it.

        Parameters
        ----------
        writer : whose ticks are moved; all writers' where None
        sync : wait until the file is on the disk
        """
        writer = self.writer if writer is None else writer
        if sync:
            self.connection.execute("PRAGMA synchronous=FULL")
        try:
            with self.transaction():
                rows = self.connection.execute("SELECT data FROM tick WHERE writer = ? ORDER BY id", (writer,))
                for series, readings in unpack_ticks(row[0] for row in rows).items():
                    self._add_blocks(writer, series, readings)
                self.connection.execute("DELETE FROM tick WHERE writer = ?", (writer,))
        finally:
            if sync:
                self.connection.execute("PRAGMA synchronous=NORMAL")

    def append(
        self,
        series: int,
        time_s: Array,
        monotonic_s: Array | None = None,
        power_w: Array | None = None,
        energy_j: Array | None = None,
    ) -> None:
        """Many readings of one series at once, each column of shape ``(n,)``; NaN where one is missing.

        Parameters
        ----------
        series : its number in the journal
        time_s : UTC [s]
        monotonic_s : on the machine's monotonic clock; as ``time_s`` where None [s]
        power_w : [W]
        energy_j : a counter [J]
        """
        count = len(time_s)
        wall = np.round(np.asarray(time_s, float) * 1e6).astype(np.int64)
        mono = wall if monotonic_s is None else np.round(np.asarray(monotonic_s, float) * 1e6).astype(np.int64)
        readings = SeriesColumns(wall, mono, to_whole(power_w, count), to_whole(energy_j, count))
        with self.transaction():
            self._add_blocks(self.writer, series, readings)

    def _add_blocks(self, writer: int, series: int, readings: SeriesColumns) -> None:
        for begin in range(0, len(readings.wall), BLOCK):
            part = SeriesColumns(*(column[begin : begin + BLOCK] for column in readings))
            edges = [int(edge) for column in (part.wall, part.mono) for edge in (column.min(), column.max())]
            self.connection.execute(
                "INSERT INTO block(writer, series, readings, first_us, last_us, first_mono_us, last_mono_us, data) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (writer, series, len(part.wall), *edges, encode(part)),
            )

    def event_op(self, kind: str, data: Any, time_s: float | None = None) -> Op:
        """The statement that tells of an event; ``data`` is anything that JSON can say.

        Parameters
        ----------
        kind : of event, such as ``note``
        data : anything that JSON can say
        time_s : when it was, UTC; now where None [s]

        Returns the statement and its values.
        """
        time_us = wall_us() if time_s is None else round(time_s * 1e6)
        text = sayable(json.dumps(data, ensure_ascii=False, default=str))
        return (
            "INSERT INTO event(writer, kind, time_us, mono_us, data) VALUES (?, ?, ?, ?, ?)",
            (self.writer, kind, time_us, mono_us(), text),
        )

    def event(self, kind: str, data: Any, time_s: float | None = None) -> None:
        """Tell of an event now.

        Parameters
        ----------
        kind : of event, such as ``note``
        data : anything that JSON can say
        time_s : when it was, UTC; now where None [s]
        """
        self.commit((), [self.event_op(kind, data, time_s)])

    def note(self, text: str) -> None:
        self.event("note", text)

    def fault(self, fault: Fault) -> None:
        self.event("fault", asdict(fault))

    def count(self, name: str, number: float, window: str = "") -> None:
        """So many tokens, queries or samples were worked on, in all or in one window by its id.

        Parameters
        ----------
        name : what was counted, such as ``tokens``
        number : how many
        window : id of the window; empty for all
        """
        self.event("count", {"name": name, "number": number} | ({"window": window} if window else {}))

    # reading

    def read_events(self, kind: str) -> Iterator[JournalEvent]:
        """The events of one kind in the order they were told."""
        rows = self.connection.execute("SELECT time_us, data FROM event WHERE kind = ? ORDER BY id", (kind,))
        for time_us, data in rows:
            yield JournalEvent(kind, time_us / 1e6, parse_json(data))

    def has_series(self) -> bool:
        return self.connection.execute("SELECT 1 FROM series LIMIT 1").fetchone() is not None
