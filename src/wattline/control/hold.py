"""Devices held by this process: claimed, written down, watched, set within their limits, and set back."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import weakref
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import wattline
from wattline.control.restore import restore_file, restore_until, set_back
from wattline.control.settable import DeviceLost, KnobLimits, Settable, SettingError, round_to_step, same_setting
from wattline.control.state import DeviceLock, InUse, LimitChange, file_stem, read_change, state_folder, write_change
from wattline.control.watchdog import DONE, READY
from wattline.core.errors import WattlineError, shorten

PATIENCE_S = 3.0  # how long a lost device is waited for here, before it is left to the watchdog
START_S = 30.0
_active: weakref.WeakSet[Hold] = weakref.WeakSet()


class ForeignChange(WattlineError):
    """Another program has set the limit meanwhile: it is left as that one wants it."""


class Hold:
    """A group of devices whose limits this process may set until it sets them back.

    Nothing is set before the limits that stood are on the disk and a process watches over this one.
    """

    def __init__(self, settables: Sequence[Settable], label: str) -> None:
        if os.name != "posix":
            raise WattlineError("limits are set on Linux and macOS alone: this system cannot watch over them")
        self.settables = list(settables)
        self.label = shorten(label, 60)
        self._locks: list[DeviceLock] = []
        self._paths: dict[str, Path] = {}
        self._set: dict[str, float | None] = {}
        self.limits: dict[str, KnobLimits] = {}
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._process = os.getpid()
        self.left_as_set_by_others: list[str] = []

    def __enter__(self) -> Hold:
        try:
            self._claim()
            self._watch()  # before anything is written down, so that nothing written is without a watchdog
            self._write_down()
        except BaseException:
            self.restore()
            raise
        _active.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()

    def _claim(self) -> None:
        folder = state_folder()
        for settable in self.settables:
            stem = file_stem(settable.backend, settable.device.uuid, settable.knob)
            name = settable.device.name or settable.device.uuid
            label = f"{name} is set by {self.label!r} (process {os.getpid()})"
            self._locks.append(DeviceLock(stem, label))
            self._paths[settable.device.key] = folder / f"{stem}.json"

    def _write_down(self) -> None:
        folder = state_folder()
        for settable in self.settables:
            key = settable.device.key
            if self._paths[key].exists():  # its job and that job's watchdog both ended without setting it back
                restore_file(self._paths[key])
            settable.check()
            limits = settable.limits()
            self.limits[key], self._set[key] = limits, limits.current
            write_change(LimitChange.of(settable, limits.current, self.label), folder)

    def _watch(self) -> None:
        source = str(Path(wattline.__file__).parents[1])
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}
        command = [sys.executable, "-m", "wattline.control.watchdog", str(os.getpid())]
        watchdog = subprocess.Popen(
            [*command, *map(str, (path.absolute() for path in self._paths.values()))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
            pass_fds=[lock.fileno() for lock in self._locks], start_new_session=True,
        )  # fmt: skip
        assert watchdog.stdout is not None
        if watchdog.stdout.readline() != READY:
            raise WattlineError(f"no process could be started that watches over the limits ({sys.executable})")
        watchdog.stdout.close()
        self._watchdog = watchdog

    def set(self, key: str, value: float) -> float:
        """Set the limit of one device, within what it takes and never above what stood before.

        Parameters
        ----------
        key : of a device
        value : wanted [W or MHz]

        Returns
        -------
        The limit that was set. Raises DeviceLost, SettingError, or ForeignChange where another program has set it
        meanwhile.
        """
        if self._watchdog is None or self._watchdog.poll() is not None:
            self._watch()
        settable, limits = self._settable(key), self.limits[key]
        self.check_unchanged(key)
        setting = round_to_step(value, limits)
        settable.set(setting)
        self._set[key] = setting
        return setting

    def set_all(self, value: float) -> float:
        """Set all devices to one limit, each within its own; returns the lowest that was set."""
        return min(self.set(settable.device.key, value) for settable in self.settables)

    def check_unchanged(self, key: str) -> None:
        """Raises ForeignChange where the limit that stands is not the one that was set here."""
        settable = self._settable(key)
        now = settable.limits()
        if settable.knob == "power" and not same_setting(now.current, self._set[key], max(now.step, 1.0)):
            self._paths.pop(key).unlink(missing_ok=True)
            name = settable.device.name or key
            self.left_as_set_by_others.append(name)
            raise ForeignChange(f"{name}: another program has set {now.current:g} W meanwhile; it is left so")

    def _settable(self, key: str) -> Settable:
        return next(each for each in self.settables if each.device.key == key)

    def restore(self) -> list[str]:
        """Set back all that was written down; devices that are lost are left to the watchdog. Lines of what was not."""
        if os.getpid() != self._process:
            return []
        left = []
        for settable in self.settables:
            path = self._paths.pop(settable.device.key, None)
            if path is None or settable.device.key not in self._set:
                continue
            try:
                set_back(settable, read_change(path).before)
                path.unlink(missing_ok=True)
            except Exception:
                # whatever the driver raises: tried once more by itself, then by the watchdog
                left += [line for line in restore_until([path], PATIENCE_S) if path.exists()]
        self._end(done=not left)
        return left

    def _end(self, done: bool) -> None:
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None and watchdog.stdin is not None:
            with contextlib.suppress(OSError):
                if done:
                    watchdog.stdin.write(DONE)
                watchdog.stdin.close()
            if done:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    watchdog.wait(START_S)
        for lock in self._locks:
            lock.close()
        self._locks = []
        for settable in self.settables:
            settable.close()

    def forget(self) -> None:
        """In a forked child: what the parent holds is not this process's to set back."""
        if self._watchdog is not None and self._watchdog.stdin is not None:
            with contextlib.suppress(OSError):
                os.close(self._watchdog.stdin.fileno())
        for lock in self._locks:
            lock.close()


def _after_fork() -> None:
    for hold in list(_active):
        hold.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

__all__ = ["DeviceLost", "ForeignChange", "Hold", "InUse", "SettingError"]
