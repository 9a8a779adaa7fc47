"""The file under a journal, or under the proxy's: SQLite in WAL mode, made whole or not at all, opened whatever state a
kill left it in."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterable, Mapping, Set
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.files import new_file, resolve
from wattline.core.temporary import temporary_folder


@dataclass(frozen=True)
class FileKind:
    """What is kept in a file: what it is called, its mark and format in SQLite's header, and its tables.

    ``maker``: what makes one, for who names a file that is not there. ``unmarked``: a table by which files are known
    that were written before there was a mark; empty where there are none. Every file has a table ``meta`` of keys and
    values.
    """

    name: str
    application: int
    version: int
    schema: str
    what: str
    maker: str
    unmarked: str = ""


MAX_VALUE_BYTES = 50_000_000  # of one value in a file that is read
META = "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"


def create_file(path: Path, kind: FileKind, meta: Mapping[str, str]) -> None:
    """Make an empty file of a kind at ``path`` where there is none; of several processes that try, one does.

    ``meta``: what stands in it beside its tables. Raises OSError or sqlite3.Error where it cannot be made.

    Parameters
    ----------
    path : of the file
    kind : tables and marks of such a file
    meta : what stands in it beside its tables
    """
    if path.exists() and not path.is_file():
        raise WattlineError(f"{kind.name} {shorten(str(path), 200)} is no file; name another")
    path = resolve(path)
    if path.exists() and path.stat().st_size > 0:
        return
    temporary = new_file(path.parent, 0o600)  # command lines and times of work are its owner's affair
    try:
        connection = sqlite3.connect(temporary, isolation_level=None)
        try:
            connection.execute("PRAGMA page_size=2048")
            connection.execute(f"PRAGMA application_id={kind.application}")
            connection.execute(f"PRAGMA user_version={kind.version}")
            connection.execute("PRAGMA synchronous=OFF")  # it is synced as a whole, below
            connection.execute("PRAGMA journal_mode=MEMORY")
            connection.executescript(f"BEGIN; {META} {kind.schema} COMMIT;")
            connection.executemany("INSERT INTO meta VALUES (?, ?)", list(meta.items()))
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()
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


def connect(path: Path, kind: FileKind, *, write: bool, wait_s: float = 5.0) -> sqlite3.Connection:
    """A connection to the file at ``path``; to read, where it cannot be opened in place, from a copy.

    ``wait_s``: seconds to wait for a lock of another process. Raises WattlineError where it is no such file.

    The file is looked at through SQLite alone: a process that opens and closes it otherwise loses the locks that its
    other connections hold on it, and with them the write-ahead log.

    Parameters
    ----------
    path : of the file
    kind : tables and marks of such a file
    write : whether it is written to
    wait_s : for a lock of another process [s]

    Returns the connection.
    """
    if not path.is_file():
        what = "is no file" if path.exists() else f"does not exist; {kind.maker}"
        raise WattlineError(f"{kind.name} {shorten(str(path), 200)} {what}")
    try:
        return _connect(path, kind, write, wait_s)
    except sqlite3.OperationalError as error:
        if write:
            raise WattlineError(f"{kind.name} {path} cannot be written: {shorten(str(error), 120)}") from None
        return _from_copy(path, kind, wait_s)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_NOTADB":
            raise WattlineError(f"{path} is not {kind.what}; {kind.maker}") from None
        raise WattlineError(
            f"{kind.name} {path} is damaged: {shorten(str(error), 120)}; `sqlite3 {path} .recover` saves what is left"
        ) from None


def _connect(path: Path, kind: FileKind, write: bool, wait_s: float) -> sqlite3.Connection:
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    mode = "rw" if writable else "ro"
    connection = sqlite3.connect(
        f"file:{_quoted(path)}?mode={mode}", uri=True, isolation_level=None, timeout=wait_s, check_same_thread=False
    )
    try:
        application, version = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        if not write:
            distrust(connection)
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        if application != kind.application and not (application == 0 and kind.unmarked in tables):
            raise WattlineError(f"{path} is an SQLite file, but not {kind.what}")
        if version > kind.version:
            raise WattlineError(
                f"{kind.name} {path} is of format {version}; this wattline reads up to {kind.version}: upgrade it"
            )
        if application:
            connection.execute("SELECT count(*) FROM meta").fetchone()
        check_tables(connection, () if kind.unmarked else _TABLE.findall(kind.schema))
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


def distrust(connection: sqlite3.Connection) -> None:
    """Read a file as one that somebody may have made to do harm."""
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)


def check_tables(connection: sqlite3.Connection, wanted: Iterable[str]) -> None:
    """Whether a file has nothing that works when it is read (a view, a trigger, a made-up column), and the tables that
    are ``wanted``. Raises sqlite3.DatabaseError where it has, or a table is missing.

    Parameters
    ----------
    connection : to the file
    wanted : names of the tables that must be there
    """
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master LIMIT 1000").fetchall()
    active = [name for sort, name, sql in rows if sort not in ("table", "index") or _is_virtual(sql)]
    if active:
        raise sqlite3.DatabaseError(f"{shorten(str(active[0]), 40)!r} in it is no table of ours")
    tables = {name for sort, name, _ in rows if sort == "table"}
    for name in tables:
        if any(row[0] > 1 for row in connection.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,))):
            raise sqlite3.DatabaseError(f"{shorten(str(name), 40)!r} in it has columns that are no values")
    if missing := [name for name in wanted if name not in tables]:
        raise sqlite3.DatabaseError(f"its table {missing[0]} is missing")


def open_unmarked(path: Path) -> sqlite3.Connection:
    """A connection, to read alone, to a file without our mark: another program's, or one whose kind is not known yet.

    Parameters
    ----------
    path : of the file

    Returns the connection. Raises sqlite3.Error where it cannot be opened.
    """
    connection = sqlite3.connect(f"file:{_quoted(path)}?mode=ro", uri=True)
    distrust(connection)
    return connection


def has_tables(path: Path, tables: Set[str]) -> bool:
    """Whether a file is one of SQLite's and has tables of these names.

    Parameters
    ----------
    path : of the file
    tables : their names

    Returns whether all of them are there; no for a file that cannot be read.
    """
    try:
        with closing(open_unmarked(path)) as connection:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' LIMIT 1000")
            return tables <= {row[0] for row in rows}
    except (sqlite3.Error, ValueError):
        return False


_TABLE = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)")


def _is_virtual(sql: Any) -> bool:
    return isinstance(sql, str) and " VIRTUAL " in f" {' '.join(sql[:100].upper().split())} "


def _from_copy(path: Path, kind: FileKind, wait_s: float) -> sqlite3.Connection:
    """The file and its write-ahead log read from a copy: its folder is not ours to write, or its disk is full."""
    try:
        with temporary_folder() as folder:
            copy = folder / "journal"
            for end in ("", "-wal"):
                if Path(f"{path}{end}").exists():
                    shutil.copyfile(f"{path}{end}", f"{copy}{end}")
            source = _connect(copy, kind, False, wait_s)
            memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            source.backup(memory)
            source.close()
            return memory
    except (OSError, sqlite3.Error) as error:
        raise WattlineError(f"{kind.name} {path} cannot be opened: {shorten(str(error), 120)}") from None


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(os.fsencode(path.absolute()))


class Transaction:
    """``BEGIN IMMEDIATE`` … ``COMMIT``, rolled back where anything fails."""

    def __init__(self, connection: sqlite3.Connection, lock: AbstractContextManager[Any]) -> None:
        self.connection, self.lock = connection, lock

    def __enter__(self) -> sqlite3.Connection:
        self.lock.__enter__()
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self.lock.__exit__(None, None, None)
            raise
        return self.connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            self.lock.__exit__(None, None, None)
