"""Files written whole or not at all. A device or pipe stays what it is, and so does a link; the umask holds."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from wattline.core.errors import WattlineError, shorten
from wattline.core.temporary import remove_stale, temporary_folder, temporary_name

READER_S = 10.0  # how long a pipe that is written into may be without a reader


def write_whole(path: Path | str, write: Callable[[str], object]) -> None:
    """Call ``write`` with a temporary name beside ``path``, then move it into place; on failure nothing is left.

    A link is followed, so that what it points to is replaced; a device or pipe is written into. A new file's rights
    are those of the umask, and a replaced one's stay. Raises WattlineError where it cannot be written.

    Parameters
    ----------
    path : of the file, a link, or a device
    write : called with the path that it is to write
    """
    path = Path(path)
    temporary = ""
    try:
        straight = is_special(path)
        target = path if straight else resolve(path)
        if not straight:
            target.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder() if straight else contextlib.nullcontext(target.parent) as near:
            temporary = new_file(near, _mode(target))
            write(temporary)
            _pour(temporary, path) if straight else os.replace(temporary, target)
            temporary = ""
    except Exception as error:
        if not _is_of_writing(error):
            raise
        reason = getattr(error, "strerror", None) or error
        raise WattlineError(f"cannot write {shorten(str(path), 200)}: {shorten(str(reason), 200)}") from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def resolve(path: Path) -> Path:
    """Where a file is made or replaced: the end of the links that ``path`` may be. Raises OSError where the links go
    round."""
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return target


def is_special(path: Path) -> bool:
    """Whether a path is a device, a pipe or an open file of a process, which is written into and never replaced. Raises
    OSError for a disk or a socket, which is never written into."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise OSError(errno.EINVAL, "it is a disk or a socket, not a file")
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or os.path.abspath(path).startswith(("/dev/fd/", "/proc/"))


def new_file(folder: Path, mode: int | None = None) -> str:
    """The name of an empty file made in ``folder``: of this mode exactly, or where None as the umask says.

    What a process that was killed has left there of such files is removed.

    Parameters
    ----------
    folder : where it is made
    mode : rights of the file; as the umask says where None

    Returns its path.
    """
    remove_stale(folder)
    while True:
        name = folder / temporary_name()
        try:
            handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666 if mode is None else mode)
        except FileExistsError:
            continue
        try:
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(handle, mode)
        finally:
            os.close(handle)
        return str(name)


def _mode(target: Path) -> int | None:
    """The rights of the file that is there; None where there is none."""
    try:
        mode = os.stat(target).st_mode
    except OSError:
        return None
    return stat.S_IMODE(mode) & 0o777 | 0o600 if stat.S_ISREG(mode) else None


def _is_of_writing(error: Exception) -> bool:
    """Whether an error says that a file cannot be written, and is no defect of ours."""
    if isinstance(error, OSError | ValueError):
        return True
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(error, polars.exceptions.PolarsError)


def _pour(source: str, path: Path) -> None:
    """The content of a file into a device or pipe, whose reader is waited for a little."""
    until = time.monotonic() + READER_S
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
            break
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() > until:
                raise OSError(error.errno, "nobody reads it") if error.errno == errno.ENXIO else error from None
            time.sleep(0.05)
    os.set_blocking(handle, True)
    with open(source, "rb") as file, os.fdopen(handle, "wb") as sink:
        shutil.copyfileobj(file, sink, 1 << 20)


@contextlib.contextmanager
def new_folder(path: Path | str) -> Iterator[Path]:
    """A folder for parts of the file ``path``, beside it where it is a file; nothing of it is left. Raises
    WattlineError where the folder cannot be made, or what is written into it fails."""
    path = Path(path)
    try:
        beside = None if is_special(path) else resolve(path).parent
        if beside is not None:
            beside.mkdir(parents=True, exist_ok=True)
        with temporary_folder(beside) as name:
            yield name
    except OSError as error:
        raise WattlineError(f"cannot write {shorten(str(path), 200)}: {error.strerror or error}") from error


def write_text(path: Path | str, text: str) -> None:
    """Write ``text`` whole or not at all; what UTF-8 cannot say stands as an escape.

    Parameters
    ----------
    path : of the file
    text : what goes into it

    Raises WattlineError where it cannot be written.
    """
    write_whole(path, lambda name: Path(name).write_text(text, encoding="utf-8", errors="backslashreplace"))


def check_folder(folder: Path | str) -> None:
    """Whether ``folder`` can be a folder of files, tried before the work rather than after it. Raises WattlineError
    where it, or a folder above it, is a file."""
    folder = Path(folder)
    for part in (folder, *folder.parents):
        if os.path.lexists(part):
            if not os.path.isdir(part):
                raise WattlineError(f"out: {shorten(str(part), 200)} is a file; give a folder")
            return


def write_folder(folder: Path | str, files: Mapping[str, str | Callable[[Path], object]]) -> list[Path]:
    """Write files into a folder, all whole or none: by name their text, or what writes them at a path.

    Of several that write into one folder at once, the files of one stay. Returns the paths in the order given. Raises
    WattlineError where the folder or a file cannot be written.

    Parameters
    ----------
    folder : where they go; it is made where it is not there
    files : by name their text, or a function that writes them at a path
    """
    folder = Path(folder)
    check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with temporary_folder(folder) as beside:
            for file, content in files.items():
                if isinstance(content, str):
                    write_text(beside / file, content)
                else:
                    content(beside / file)
            with _alone(folder):
                _move_all(beside, folder, list(files))
    except (OSError, WattlineError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        reason = getattr(cause, "strerror", None) or cause or error
        raise WattlineError(f"cannot write into {shorten(str(folder), 200)}: {reason}") from error
    return [folder / file for file in files]


def _move_all(beside: Path, folder: Path, files: list[str]) -> None:
    """Move files into a folder; once the first is there, an interrupt comes after the last."""
    for file in files:
        if (folder / file).is_dir():
            raise IsADirectoryError(errno.EISDIR, f"{file} there is a folder")
    waiting = list(files)
    while waiting:
        try:
            _move(beside / waiting[0], folder / waiting[0])
            waiting.pop(0)
        except Exception:
            raise
        except BaseException:
            for file in waiting:
                if (beside / file).exists():
                    _move(beside / file, folder / file)
            raise


def _move(source: Path, target: Path) -> None:
    """A finished file into its place, where a link, a device or other rights stay as they are."""
    if target.is_symlink() or is_special(target):
        write_whole(target, lambda name: shutil.copyfile(source, name))
        return
    if (mode := _mode(target)) is not None:
        os.chmod(source, mode)
    source.replace(target)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time, where the system has locks of folders."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
