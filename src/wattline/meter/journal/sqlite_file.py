"""The file under a journal: SQLite in WAL mode, made whole or not at all, opened whatever state a kill left it in."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path

from wattline.core.errors import WattlineError, shorten

FORMAT = 1
APPLICATION = 0x57415454  # "WATT"
_SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
-- who wrote: a process of a host since one boot, on whose clock its mono_us are
CREATE TABLE writer(id INTEGER PRIMARY KEY, host TEXT, boot TEXT, space TEXT, pid INTEGER, born INTEGER, rank TEXT,
    wall_us INTEGER, mono_us INTEGER, interval_us INTEGER);
CREATE TABLE series(id INTEGER PRIMARY KEY, device TEXT, kind TEXT, source TEXT, about TEXT,
    UNIQUE(device, source, about));
-- the last readings as they came, one row a tick, until they are packed into blocks
CREATE TABLE tick(id INTEGER PRIMARY KEY, writer INTEGER, data BLOB);
CREATE TABLE block(id INTEGER PRIMARY KEY, writer INTEGER, series INTEGER, readings INTEGER,
    first_us INTEGER, last_us INTEGER, first_mono_us INTEGER, last_mono_us INTEGER, data BLOB);
CREATE INDEX block_series ON block(series, id);
CREATE TABLE window(id TEXT PRIMARY KEY, name TEXT, parent TEXT, writer INTEGER, rank TEXT,
    begin_us INTEGER, begin_mono_us INTEGER, end_us INTEGER, end_mono_us INTEGER, attributes TEXT) WITHOUT ROWID;
CREATE TABLE event(id INTEGER PRIMARY KEY, writer INTEGER, kind TEXT, time_us INTEGER, mono_us INTEGER, data TEXT);
CREATE INDEX event_kind ON event(kind, id);
-- which process of a host samples for this journal
CREATE TABLE sampler(host TEXT PRIMARY KEY, writer INTEGER, beat_us INTEGER) WITHOUT ROWID;
"""


def create_file(path: Path, name: str) -> None:
    """Make an empty journal at ``path`` where there is none; of several processes that try, one does."""
    if path.exists() and path.stat().st_size > 0:
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    os.close(handle)
    try:
        connection = sqlite3.connect(temporary, isolation_level=None)
        try:
            connection.execute("PRAGMA page_size=2048")
            connection.execute(f"PRAGMA application_id={APPLICATION}")
            connection.execute(f"PRAGMA user_version={FORMAT}")
            connection.execute("PRAGMA synchronous=OFF")  # it is synced as a whole, below
            connection.execute("PRAGMA journal_mode=MEMORY")
            connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?)", [("name", name), ("made_us", str(time.time_ns() // 1000))]
            )
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()
        os.chmod(temporary, 0o644)
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        _into_place(temporary, path)
    finally:
        for rest in (temporary, f"{temporary}-wal", f"{temporary}-shm"):
            Path(rest).unlink(missing_ok=True)


def _into_place(temporary: str, path: Path) -> None:
    if path.exists() and path.stat().st_size == 0:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            os.replace(temporary, path)


def connect(path: Path, write: bool, wait_s: float = 5.0) -> sqlite3.Connection:
    """A connection to the journal at ``path``; to read, where it cannot be opened in place, from a copy.

    The file is looked at through SQLite alone: a process that opens and closes it otherwise loses the locks that its
    other connections hold on it, and with them the write-ahead log.
    """
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist; `wattline measure` makes one"
        raise WattlineError(f"journal {shorten(str(path), 200)} {what}")
    try:
        return _connect(path, write, wait_s)
    except sqlite3.OperationalError as error:
        if write:
            raise WattlineError(f"journal {path} cannot be written: {error}") from None
        return _from_copy(path, wait_s)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise WattlineError(f"{path} is not a journal of wattline; `wattline measure` makes one") from None
        raise WattlineError(
            f"journal {path} is damaged: {error}; `sqlite3 {path} .recover` saves what is left"
        ) from None


def _connect(path: Path, write: bool, wait_s: float) -> sqlite3.Connection:
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    mode = "rw" if writable else "ro"
    connection = sqlite3.connect(
        f"file:{_quoted(path)}?mode={mode}", uri=True, isolation_level=None, timeout=wait_s, check_same_thread=False
    )
    try:
        application, version = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        if application != APPLICATION:
            raise WattlineError(f"{path} is an SQLite file, but not a journal of wattline")
        if version > FORMAT:
            raise WattlineError(
                f"journal {path} is of format {version}; this wattline reads up to {FORMAT}: upgrade it"
            )
        connection.execute("SELECT count(*) FROM meta").fetchone()
        if write:
            # a commit lives through the death of the process at once, and through that of the machine from the
            # next checkpoint or packing on
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA journal_size_limit=8388608")
        else:
            connection.execute("PRAGMA query_only=1")
    except BaseException:
        connection.close()
        raise
    return connection


def _from_copy(path: Path, wait_s: float) -> sqlite3.Connection:
    """The journal and its write-ahead log read from a copy: its folder is not ours to write, or its disk is full."""
    try:
        with tempfile.TemporaryDirectory(prefix="wattline-") as folder:
            copy = Path(folder) / "journal"
            for end in ("", "-wal"):
                if Path(f"{path}{end}").exists():
                    shutil.copyfile(f"{path}{end}", f"{copy}{end}")
            source = _connect(copy, False, wait_s)
            memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            source.backup(memory)
            source.close()
            return memory
    except (OSError, sqlite3.Error) as error:
        raise WattlineError(f"journal {path} cannot be opened: {error}") from None


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.absolute()))
