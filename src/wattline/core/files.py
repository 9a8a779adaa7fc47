"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from wattline.core.errors import WattlineError, shorten


def write_whole(path: Path | str, write: Callable[[str], object]) -> None:
    """Call ``write`` with a temporary name beside ``path``, then move it into place; on failure nothing is left."""
    path = Path(path)
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        write(temporary)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except (OSError, ValueError) as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        reason = getattr(error, "strerror", None) or error
        raise WattlineError(f"cannot write {shorten(str(path), 200)}: {reason}") from error
    except BaseException:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise


def write_text(path: Path | str, text: str) -> None:
    """Write ``text`` whole or not at all."""
    write_whole(path, lambda name: Path(name).write_text(text, encoding="utf-8"))


def check_folder(folder: Path | str) -> None:
    """Raise WattlineError if ``folder`` cannot be a folder of files, before the work rather than after it."""
    folder = Path(folder)
    for part in (folder, *folder.parents):
        if os.path.exists(part):
            if not os.path.isdir(part):
                raise WattlineError(f"out: {part} is a file; give a folder")
            return


def write_folder(folder: Path | str, files: Mapping[str, str | Callable[[Path], object]]) -> list[Path]:
    """Write files into a folder, all whole or none: by name their text, or what writes them at a path.

    Returns the paths in the order given. Raises WattlineError where the folder or a file cannot be written.
    """
    folder = Path(folder)
    check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".wattline-") as name:
            beside = Path(name)
            for file, content in files.items():
                if isinstance(content, str):
                    write_text(beside / file, content)
                else:
                    content(beside / file)
            for file in files:
                (beside / file).replace(folder / file)
    except (OSError, WattlineError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        reason = getattr(cause, "strerror", None) or cause or error
        raise WattlineError(f"cannot write into {folder}: {reason}") from error
    return [folder / file for file in files]


def read_text(path: Path | str, limit_bytes: int, what: str) -> str:
    """The text of a user's file; a missing, huge or undecodable one raises WattlineError.

    Parameters
    ----------
    path : the file
    limit_bytes : size beyond which it is not read [B]
    what : what the file is, for the error

    Raises WattlineError.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise WattlineError(f"{what} {path} is a directory; give a file")
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
        if len(data) > limit_bytes:
            raise WattlineError(f"{what} {path} is too large; at most {limit_bytes:,} bytes are read")
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise WattlineError(f"{what} {path} does not exist") from None
    except UnicodeDecodeError:
        raise WattlineError(f"{what} {path} is not UTF-8 text") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WattlineError(f"{what} {shorten(str(path), 200)} cannot be read: {reason}") from None
