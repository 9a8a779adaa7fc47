"""This machine: its name, and small files of the kernel read as text or numbers."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path

from wattline.meter.sensor import SensorGone

DMI = Path("/sys/class/dmi/id")
LOCAL = ("localhost", "127.0.0.1", "::1", "[::1]")


@lru_cache(maxsize=1)
def hostname() -> str:
    """What this machine's devices carry: ``WATTLINE_HOST``, which its containers may share, or its own name."""
    return os.environ.get("WATTLINE_HOST", "").strip() or socket.gethostname() or "localhost"


@lru_cache(maxsize=1)
def system_uuid() -> str:
    """The machine's UUID in its firmware, which its BMC tells too; empty where only root may read it."""
    return first_text(DMI / "product_uuid").lower()


def same_host(first: str, second: str) -> bool:
    """Whether two names mean one machine: a short name and its full one do.

    Parameters
    ----------
    first, second : names of machines

    Returns
    -------
    True where they are one.
    """
    if first.lower() == second.lower():
        return True
    short, long = sorted((first.lower(), second.lower()), key=len)
    return "." not in short and long.startswith(short + ".")


def first_text(path: Path) -> str:
    """The file's one line, stripped; empty where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except (OSError, ValueError):
        return ""


def number(path: Path) -> float | None:
    """The file's number; None where there is none."""
    try:
        return float(first_text(path))
    except ValueError:
        return None


class NumberFile:
    """A file of the kernel that holds one whole number, kept open and read again from its beginning."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def read(self) -> int:
        """The number now. Raises SensorGone where the file cannot be read, or holds no number."""
        try:
            if self._fd is None:
                self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            raw = os.pread(self._fd, 64, 0)
        except OSError as error:
            self.close()
            raise SensorGone(f"{self.path}: {error.strerror or error}") from None
        try:
            return int(raw)
        except ValueError:
            self.close()
            shown = raw[:20].decode("ascii", "replace").strip() or "nothing"
            raise SensorGone(f"{self.path} holds {shown!r}, no number") from None

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
