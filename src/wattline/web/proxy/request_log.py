"""The proxy's journal: requests and where the energy went, in SQLite (WAL), written behind the requests' back.

A row is written when a request arrives, when it ends and when its joules are settled, so that a crash leaves what was
known. Rows are committed together several times a second; a commit survives the death of the process.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.meter.journal.sqlite_file import FileKind, Transaction, connect, create_file

FLUSH_S = 0.2
FORGET_S = 600.0  # between two looks for rows that are too old
WAITING_ROWS = 100_000  # held in memory while the disk takes nothing; the oldest go first
COLUMNS = (
    "id", "response_id", "at", "path", "model", "stream", "status", "outcome", "duration_s", "first_token_s",
    "prompt_tokens", "cached_tokens", "output_tokens", "tokens_basis", "energy_j", "energy_low_j", "energy_high_j",
    "prefill_j", "decode_j", "energy_basis", "settled", "missing_s", "told_j",
)  # fmt: skip
REAL = ("at", "duration_s", "first_token_s", "missing_s", "told_j")
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS request ({
    ", ".join(
        f"{c} {'TEXT PRIMARY KEY' if c == 'id' else 'REAL' if c.endswith('_j') or c in REAL else ''}" for c in COLUMNS
    )
}) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS request_response ON request (response_id);
CREATE INDEX IF NOT EXISTS request_at ON request (at);
CREATE TABLE IF NOT EXISTS energy (
    run INTEGER, begin_at REAL, end_at REAL, device_j REAL, idle_j REAL, requests_j REAL, missing_s REAL);
CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY, at REAL, about TEXT);
"""
REQUESTS = FileKind(
    "journal", 0x57415458, 1, SCHEMA, "a journal of wattline's proxy", "name another with --journal", "request"
)
PUT = f"INSERT OR REPLACE INTO request ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
ENERGY = "INSERT INTO energy VALUES (?, ?, ?, ?, ?, ?, ?)"


class RequestLog:
    """The journal at ``path``. ``put`` and ``energy`` return at once; a thread of its own writes. ``keep_s``: how long
    its rows are kept; None keeps them all."""

    def __init__(self, path: Path | str, about: Mapping[str, Any], keep_s: float | None = None) -> None:
        self.path, self.keep_s = Path(path), keep_s
        self.dropped = 0
        self.trouble = ""
        self._rows: deque[tuple[str, tuple[Any, ...]]] = deque()
        self._stop = threading.Event()
        self._lock = threading.RLock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            create_file(self.path, REQUESTS, {"made_at": str(time.time())})
            self._db = connect(self.path, REQUESTS, write=True)
            self._db.executescript(SCHEMA)  # a file of an earlier version may lack a table or an index
            with Transaction(self._db, self._lock) as db:
                run = db.execute("INSERT INTO run (at, about) VALUES (?, ?)", (time.time(), json.dumps(about)))
            self.run = run.lastrowid
            self._reader = connect(self.path, REQUESTS, write=False)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            where = shorten(str(path), 200)
            raise WattlineError(f"cannot keep the journal {where}: {reason}; name another with --journal") from None
        self._thread = threading.Thread(target=self._write_all, name="wattline-journal", daemon=True)
        self._thread.start()

    def put(self, request: Mapping[str, Any]) -> None:
        """A request as it stands now."""
        self._hold(PUT, tuple(request[name] for name in COLUMNS))

    def energy(self, begin_at: float, end_at: float, device_j: float, idle_j: float, requests_j: float, missing_s: float) -> None:  # fmt: skip  # noqa: E501
        """Where the joules of a stretch of settled intervals went; wall-clock seconds.

        Parameters
        ----------
        begin_at, end_at : of the stretch, UTC [s]
        device_j, idle_j, requests_j : of devices, and what of it was idle and requests' [J]
        missing_s : without a reading [s]
        """
        self._hold(ENERGY, (self.run, begin_at, end_at, device_j, idle_j, requests_j, missing_s))

    def _hold(self, statement: str, row: tuple[Any, ...]) -> None:
        if len(self._rows) >= WAITING_ROWS:
            self._rows.popleft()
            self.dropped += 1
        self._rows.append((statement, row))

    def get(self, name: str) -> dict[str, Any] | None:
        """A request by its own id or its response's."""
        query = f"SELECT {', '.join(COLUMNS)} FROM request WHERE id = ?1 OR response_id = ?1 ORDER BY at DESC LIMIT 1"
        try:
            row = self._reader.execute(query, (name,)).fetchone()
        except sqlite3.Error:
            return None
        if row is None:
            return None
        request = dict(zip(COLUMNS, row, strict=True))
        if request["tokens_basis"] == "told":  # as journals of earlier versions have it
            request["tokens_basis"] = "reported"
        return request | {"stream": bool(request["stream"]), "settled": bool(request["settled"])}

    def close(self) -> None:
        """Write what waits, and close."""
        self._stop.set()
        self._thread.join(timeout=10.0)
        self._reader.close()
        self._db.close()

    def _write_all(self) -> None:
        due = time.monotonic()
        while not self._stop.wait(FLUSH_S):
            self.flush()
            if self.keep_s is not None and time.monotonic() >= due:
                self.forget()
                due = time.monotonic() + FORGET_S
        self.flush()

    def flush(self) -> None:
        """Commit what waits; on a full disk it goes on waiting, and is said once."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        rows = [self._rows.popleft() for _ in range(len(self._rows))]
        if not rows:
            return
        try:
            with Transaction(self._db, self._lock) as db:
                for statement, row in rows:
                    db.execute(statement, row)
        except sqlite3.Error as error:
            self._rows.extendleft(reversed(rows))
            self._say(str(error))
        else:
            self._say("")

    def forget(self) -> None:
        """Take out rows that are older than they are to be kept; the space is used again."""
        before = time.time() - (self.keep_s or float("inf"))
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._db.execute("DELETE FROM request WHERE at < ?", (before,))
            self._db.execute("DELETE FROM energy WHERE end_at < ?", (before,))

    def _say(self, trouble: str) -> None:
        if trouble and not self.trouble:
            print(f"wattline: journal {self.path}: {trouble}; requests go on, rows wait in memory", file=sys.stderr)
        self.trouble = trouble
