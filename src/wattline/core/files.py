"""Files written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

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


def read_text(path: Path | str, limit_bytes: int, what: str) -> str:
    """The text of a user's file; a missing, huge or undecodable one raises WattlineError."""
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
