"""What waits to be written to a journal: kept in bounded memory while its disk is full, and written when it can be."""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.journal.journal import Journal, Op
from wattline.meter.recording import Fault

TICK_BYTES = 32 * 2**20  # readings kept while the file takes none; beyond it every second one goes
OPS = 100_000  # window edges and events kept likewise; beyond it the oldest go
RETRY_S = 1.0


def say(text: str) -> None:
    """One line to stderr, wherever that leads."""
    try:
        print(f"wattline: {text}", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return


class JournalWriter:
    """``tick`` and ``op`` take what is to be written, ``flush`` writes it; ``op`` may be called by any thread."""

    def __init__(self, journal: Journal, tell: Callable[[str], None] = say) -> None:
        self.journal, self._tell = journal, tell
        self.ticks: deque[bytes] = deque()
        self.ops: deque[Op] = deque(maxlen=OPS)
        self._bytes = 0
        self._refused_at = 0.0  # monotonic seconds; 0: the file takes what it is given
        self._reason = ""
        self._thinned = 0
        self._retry_at = 0.0
        self.saved: Path | None = None  # where the rest is that the file did not take

    def tick(self, data: bytes) -> None:
        self.ticks.append(data)
        self._bytes += len(data)
        if self._bytes > TICK_BYTES:
            self._thin()

    def op(self, op: Op) -> None:
        self.ops.append(op)

    def fault(self, fault: Fault) -> None:
        self.op(self.journal.event_op("fault", asdict(fault)))

    def note(self, text: str) -> None:
        self.op(self.journal.event_op("note", text))

    def _thin(self) -> None:
        kept = list(self.ticks)[::2]
        self._thinned += len(self.ticks) - len(kept)
        self.ticks = deque(kept)
        self._bytes = sum(map(len, kept))

    def flush(self, *, insist: bool = False) -> bool:
        """Write all that waits; False where the file takes none of it, which then waits on. ``insist``: try even soon
        after it was refused."""
        if not self.ticks and not self.ops:
            return True
        if self._refused_at and not insist and time.monotonic() < self._retry_at:
            return False
        ticks = list(self.ticks)
        ops = list(islice(self.ops, len(self.ops)))
        try:
            self.journal.commit(ticks, [*ops, *self._story(len(ticks))])
        except sqlite3.Error as error:
            self._refuse(str(error))
            return False
        self.ticks.clear()
        self._bytes = 0
        for _ in ops:
            self.ops.popleft()
        if self._refused_at:
            self._tell(f"{self.journal.path} takes readings again; what was kept in memory is written")
            self._refused_at, self._thinned = 0.0, 0
        return True

    def save_elsewhere(self) -> None:
        """At the end: what the file will not take goes to a journal in the folder for temporary files, and all that it
        holds too where it was removed; ``saved`` says where."""
        gone = not self.journal.is_there()
        lost = f"{len(self.ticks)} rounds of readings and {len(self.ops)} window edges and notes"
        lost = "all readings" if gone else f"the last {lost}"
        why = "is gone" if gone else f"takes nothing ({self._reason})"
        path = Path(tempfile.gettempdir()) / f"{self.journal.path.stem}-rest-{os.getpid()}.wattline"
        try:
            if gone:
                with closing(sqlite3.connect(path)) as copy:
                    self.journal.copy_to(copy)
            rest = Journal.create(path)
            try:
                if gone:
                    rest.writer = self.journal.writer
                else:
                    self.journal.describe_to(rest)
                rest.commit(list(self.ticks), [*self.ops, *self._story(len(self.ticks))])
                rest.pack()
            finally:
                rest.close()
        except (WattlineError, sqlite3.Error, OSError) as error:
            self._tell(f"{lost} are lost: {self.journal.path} {why}, and {path} takes nothing ({error})")
            return
        self.saved = path
        self._tell(f"{self.journal.path} {why}: {lost} are in {path}")

    def _refuse(self, reason: str) -> None:
        self._retry_at = time.monotonic() + RETRY_S
        if not self._refused_at:
            self._refused_at, self._reason = time.monotonic(), reason
            self._tell(
                f"{self.journal.path} takes no readings ({reason}); they are kept in memory and written when it does: "
                "make room on its disk"
            )

    def _story(self, ticks: int) -> list[Op]:
        """What the journal is told of the time that it took nothing."""
        if not self._refused_at:
            return []
        seconds = time.monotonic() - self._refused_at
        done = f"the file took nothing ({self._reason}); {ticks} rounds of readings kept in memory and written later"
        if self._thinned:
            done += f", {self._thinned} thinned out"
        return [self.journal.event_op("fault", asdict(Fault("unwritten", 1, seconds, done)))]
