"""Setting limits back to what stood before, from what is written down; the watchdog and ``tune --restore`` do it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from wattline.control.discover import open_settable
from wattline.control.settable import KNOBS, DeviceLost, Settable, same_setting
from wattline.control.state import DeviceLock, InUse, LimitChange, changes, file_stem, read_change, state_folder
from wattline.core.errors import WattlineError

RETRY_S = 1.0  # between two tries of a device that is lost
RESTORED, WAITING, IN_USE, STARTED_ANEW = "restored", "not restored", "in use", "machine started anew"


@dataclass(frozen=True)
class Restoration:
    """What became of one change."""

    change: LimitChange
    outcome: str
    why: str = ""

    def __str__(self) -> str:
        change = self.change
        before = "no limit" if change.before is None else f"{change.before:g} {KNOBS[change.knob]}"
        after = f" ({self.why})" if self.why else ""
        return f"{change.name or change.uuid}: {self.outcome} to {before}{after}" if self.outcome == RESTORED else (
            f"{change.name or change.uuid}: {self.outcome}{after}; {before} stood before"
        )  # fmt: skip


def restore_file(path: Path) -> Restoration:
    """Set one device back to what its file says stood before, see that it is so, and remove the file.

    Parameters
    ----------
    path : of the file that ``write_change`` wrote

    Returns
    -------
    What was set back, or that the machine started anew since and forgot its limits.

    Raises
    ------
    WattlineError : the file records no change of a limit
    DeviceLost : the device does not answer now; the file stays
    SettingError : this user may not set it; the file stays
    """
    change = read_change(path)
    if not change.of_this_boot:
        path.unlink(missing_ok=True)
        return Restoration(change, STARTED_ANEW, "limits of then are forgotten")
    settable = open_settable(change.backend, change.address, change.knob, change.device)
    try:
        set_back(settable, change.before)
    finally:
        settable.close()
    path.unlink(missing_ok=True)
    return Restoration(change, RESTORED)


def set_back(settable: Settable, before: float | None) -> None:
    """Set a device's limit back, and read whether it stands again.

    Parameters
    ----------
    settable : the device's limit
    before : what stood before, in the knob's unit [W or MHz]; None where no limit stood

    Raises
    ------
    DeviceLost : the device does not answer, or another limit stands
    SettingError : this user may not set it
    """
    settable.set(before)
    limits = settable.limits()
    if not same_setting(limits.current, before, limits.step):
        raise DeviceLost(f"{settable.device.name}: {limits.current} stands where {before} was set back")


def restore_until(paths: Iterable[Path], seconds: float) -> list[str]:
    """Set devices back, each again until it answers or the time is up; what is left keeps its file.

    Parameters
    ----------
    paths : files of changes
    seconds : how long to go on trying

    Returns
    -------
    A line a device of what was done.
    """
    waiting, lines = [path for path in paths if path.exists()], []
    until = time.monotonic() + seconds
    while waiting:
        left: list[Path] = []
        for path in waiting:
            try:
                lines.append(str(restore_file(path)))
            except Exception as error:
                # whatever a driver raises: the next try may do
                if time.monotonic() >= until:
                    lines.append(f"{path.name}: not restored: {error}; `wattline tune --restore` does it")
                else:
                    left.append(path)
        waiting = left
        if waiting:
            time.sleep(RETRY_S)
    return lines


def restore_all(folder: Path | None = None) -> list[Restoration]:
    """Set back every device whose job ended without doing so; those that a job still has are left to it."""
    results = []
    for path, change in changes(folder or state_folder()):
        try:
            lock = DeviceLock(file_stem(change.backend, change.uuid, change.knob), "wattline tune --restore")
        except InUse as error:
            results.append(Restoration(change, IN_USE, str(error)))
            continue
        try:
            results.append(restore_file(path))
        except WattlineError as error:
            results.append(Restoration(change, WAITING, str(error)))
        finally:
            lock.close()
    return results
