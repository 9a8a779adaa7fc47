"""What was changed, written down before it is: a file a device, and a lock that tells jobs of a machine apart.

The lock is the kernel's (``flock``): it is let go when the last process that has it open ends, and that is the
watchdog, after it has set the limits back. So whoever takes it may trust the limits that stand, or finds a file of
what still has to be set back.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from wattline.control.settable import Settable
from wattline.core.errors import WattlineError, reason_of, shorten
from wattline.core.reading import parse_json, read_text
from wattline.meter.device import Device
from wattline.meter.journal.process import start_ticks, this_process

VARIABLE = "WATTLINE_CONTROL_STATE"
ROOT_FOLDER = Path("/var/lib/wattline/control")
LOCKS = Path("/tmp/wattline-locks")
MAX_BYTES = 100_000  # of a file of a change
HANDOVER_S = 5.0  # how long a watchdog whose owner has ended may take to set limits back


class InUse(WattlineError):
    """Another job of this machine has the device."""


@dataclass(frozen=True)
class LimitChange:
    """A device's limit before it was changed, and who changed it."""

    backend: str
    address: str
    knob: str
    host: str
    uuid: str
    kind: str
    name: str
    before: float | None
    owner: int
    boot: str
    label: str
    time_s: float

    @classmethod
    def of(cls, settable: Settable, before: float | None, label: str) -> LimitChange:
        """What stands before this process changes a device.

        Parameters
        ----------
        settable : the device
        before : the limit that stands [W or MHz]; None where none does
        label : what changes it, for people

        Returns the change, with this process and the time.
        """
        device, me = settable.device, this_process()
        return cls(
            settable.backend, settable.address, settable.knob, device.host, device.uuid, device.kind, device.name,
            before, me.pid, me.boot, label, time.time(),
        )  # fmt: skip

    @property
    def device(self) -> Device:
        return Device(self.host, self.uuid, self.kind, self.name)

    @property
    def of_this_boot(self) -> bool:
        """Whether the machine has not been started anew since: drivers forget limits at a start."""
        return self.boot == this_process().boot


def state_folder() -> Path:
    """Where this user's changes on this machine are written down."""
    stated = os.environ.get(VARIABLE, "")
    if stated:
        return Path(stated)
    if os.name == "posix" and os.geteuid() == 0:
        return ROOT_FOLDER
    base = os.environ.get("XDG_STATE_HOME", "") or os.path.expanduser("~/.local/state")
    return Path(base) / "wattline" / "control"


def lock_folder() -> Path:
    """Where the locks of all users of this machine lie."""
    return state_folder() / "locks" if os.environ.get(VARIABLE) else LOCKS


def file_stem(backend: str, uuid: str, knob: str) -> str:
    """The name of a device's files.

    Parameters
    ----------
    backend : what drives the device, such as ``nvml``
    uuid : of the device
    knob : ``power`` or ``clock``

    Returns the name without its ending, of 150 characters at most.
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{backend}-{uuid}-{knob}")[:150]


def write_change(change: LimitChange, folder: Path) -> Path:
    """Write a change down, on the disk before anything is set.

    Parameters
    ----------
    change : the device, and what stood before
    folder : where it is written; it is made where it is not there

    Returns
    -------
    The file, which bears the device's name: a later change of the same knob takes its place.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{file_stem(change.backend, change.uuid, change.knob)}.json"
    beside = path.with_suffix(f".{os.getpid()}")
    with open(beside, "w", encoding="utf-8") as file:
        json.dump(asdict(change), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems sync no folders
            os.fsync(handle)
    finally:
        os.close(handle)
    return path


def read_change(path: Path) -> LimitChange:
    """A change of a limit, read again.

    Parameters
    ----------
    path : of a file that ``write_change`` wrote

    Returns
    -------
    The device, and what stood before.

    Raises
    ------
    WattlineError : the file cannot be read, or records no change of a limit
    """
    try:
        change = LimitChange(**parse_json(read_text(path, MAX_BYTES, "change of a limit")))
    except (ValueError, TypeError) as error:
        raise WattlineError(f"{path} records no change of a limit: {reason_of(error)}") from None
    numbers = [change.owner, change.time_s, *([] if change.before is None else [change.before])]
    texts = [value for name, value in asdict(change).items() if name not in ("owner", "time_s", "before")]
    good = all(isinstance(each, int | float) and math.isfinite(each) for each in numbers)
    if not good or not all(isinstance(each, str) for each in texts):
        raise WattlineError(f"{path} records no change of a limit: a value in it is of another kind than expected")
    return change


def changes(folder: Path) -> Iterator[tuple[Path, LimitChange]]:
    """Every change that was not set back yet. Raises WattlineError for a file that tells none, once all others
    were given."""
    wrong: WattlineError | None = None
    for path in sorted(folder.glob("*.json")):
        try:
            change = read_change(path)
        except WattlineError as error:
            wrong = wrong or error
            continue
        yield path, change
    if wrong is not None:
        raise wrong


class DeviceLock:
    """This process's claim of one device; ``fileno`` is handed to the watchdog, so that it lives on with it."""

    def __init__(self, stem: str, label: str) -> None:
        import fcntl

        folder = lock_folder()
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # another user's folder has these rights already
            os.chmod(folder, 0o1777)
        path = folder / f"{stem}.lock"
        self._handle = _open(path)
        until = time.monotonic() + HANDOVER_S
        while True:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                pid, _, holder = os.pread(self._handle, 300, 0).decode("utf-8", "replace").partition(" ")
            # of an owner that has ended, the watchdog has it still: it is about to let it go
            if time.monotonic() > until or (pid.isdigit() and start_ticks(int(pid)) is not None):
                self.close()
                raise InUse(
                    f"{shorten(holder, 160) or stem}; wait for it, or name other devices with --only-device"
                ) from None
            time.sleep(0.02)
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()} {label}".encode()[:300], 0)

    def fileno(self) -> int:
        return self._handle

    def close(self) -> None:
        """Let it go here; it is free once the watchdog has let it go too."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _open(path: Path) -> int:
    """The lock's file, of whichever user made it."""
    flags = os.O_RDWR | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        handle = os.open(path, flags | os.O_CREAT, 0o666)
        with contextlib.suppress(OSError):
            os.fchmod(handle, 0o666)  # the umask must not shut other users out
        return handle
    except PermissionError:
        raise WattlineError(f"{path} may not be opened; remove it, or give all users read and write on it") from None
