"""Files and folders on their way: their names say which process made them, so that those of dead ones are removed."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

PREFIX = ".wattline-"
_NAME = re.compile(r"\.?wattline-(?P<place>[0-9a-f]{8})-(?P<pid>[0-9]{1,10})-[0-9a-f]{12}(-(wal|shm|journal))?")
MAX_LOOKED_AT = 100_000  # entries of a folder


def temporary_name() -> str:
    """A name that no other file has: of this process, and hidden."""
    return f"{PREFIX}{place()}-{os.getpid()}-{os.urandom(6).hex()}"


@contextlib.contextmanager
def temporary_folder(folder: Path | str | None = None) -> Iterator[Path]:
    """A folder of this process, taken away at the end.

    ``folder``: where it is made; None = the system's folder for temporary files. OSError where it cannot be made.
    """
    parent = Path(folder) if folder is not None else Path(tempfile.gettempdir())
    remove_stale(parent)
    path = parent / temporary_name()
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def remove_stale(folder: Path | str) -> None:
    """Remove what processes of this user that are no more have left behind in a folder; once a process and folder."""
    _look(os.path.abspath(folder), os.getpid())


@lru_cache(maxsize=256)
def _look(folder: str, _process: int) -> None:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count > MAX_LOOKED_AT:
                return
            named = _NAME.fullmatch(entry.name)
            if named and named["place"] == place() and not _is_alive(int(named["pid"])):
                _remove(entry)


def _remove(entry: os.DirEntry[str]) -> None:
    with contextlib.suppress(OSError):
        if entry.stat(follow_symlinks=False).st_uid != os.getuid():
            return
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def _is_alive(pid: int) -> bool:
    """Whether a process of this machine lives; where that cannot be asked without harm, it does."""
    if os.name != "posix" or pid < 1:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True


@lru_cache(maxsize=1)
def place() -> str:
    """A short mark of where process numbers mean the same: this machine, and the container in it."""
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        parts.append(Path("/etc/machine-id").read_text(encoding="ascii", errors="replace").strip())
    with contextlib.suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return blake2b("|".join(parts).encode(errors="replace"), digest_size=4).hexdigest()
