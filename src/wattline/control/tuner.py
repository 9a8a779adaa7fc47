"""A search driven by a job that reports its progress: windows begin and end at its reports, and settings in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wattline.control.hold import ForeignChange
from wattline.control.search import USUAL_WINDOWS, LimitSearch
from wattline.control.settable import DeviceLost, SettingError
from wattline.control.settings_grid import Setter
from wattline.core.errors import WattlineError
from wattline.meter.live.measurement import Measurement

MIN_REPORTS = 2  # in a window: with fewer its time is known too coarsely
NO_ENERGY = "no sensor measures the energy of a window; `wattline sensors` lists what is missing here"


@dataclass(frozen=True)
class Pace:
    """How long windows are: ``window_s`` each, after ``settle_s`` that are left out where the setting has changed.

    ``run_s``: how long the whole run lasts; None where that is not known.
    """

    window_s: float = 5.0
    settle_s: float = 1.0
    run_s: float | None = None

    @property
    def windows(self) -> float:
        """How many windows the run has."""
        return USUAL_WINDOWS if self.run_s is None else max(self.run_s / self.window_s, 1.0)


class Tuner:
    """Follows one job. ``progress`` is called whenever it reports how much is done; it never raises what a device does:
    a device that fails ends the search, sets the limits back, and is told in ``warnings``.

    ``judge``: of a window that has ended, whether what it did is allowed (latencies); None for always.
    """

    def __init__(
        self,
        setter: Setter,
        search: LimitSearch,
        pace: Pace,
        unit: str = "steps",
        judge: Callable[[], bool] | None = None,
    ) -> None:
        self.setter, self.search, self.pace, self.unit = setter, search, pace, unit
        self.warnings: list[str] = []
        self.stopped = False
        self.restored: bool | None = None
        self._judge = judge
        self._refused: set[int] = set()
        search.allowed = lambda place: place not in self._refused
        self._window: Measurement | None = None
        self._began: tuple[float, float] = (0.0, 0.0)
        self._settled_s = 0.0
        self._reports = 0
        self._set_place: int | None = None

    def begin(self) -> None:
        """The job starts: the first setting is set."""
        self._set()

    def progress(self, done: float, now_s: float | None = None) -> None:
        """The job has done so many units of work in all, just now.

        Parameters
        ----------
        done : since its start, in ``unit``
        now_s : when, on the monotonic clock; None for now
        """
        if self.stopped:
            return
        now = time.monotonic() if now_s is None else now_s
        if self._window is None:
            if now >= self._settled_s and self.search.searching:
                self._open(done, now)
            return
        self._reports += 1
        if now - self._began[1] >= self.pace.window_s and self._reports >= MIN_REPORTS and done > self._began[0]:
            self._close(done, now)

    def _open(self, done: float, now: float) -> None:
        self._window = Measurement(f"tune {self.setter.shown(self.search.place)} {self.setter.unit}".strip())
        self._window.begin(nest=False)
        self._began, self._reports = (done, now), 0

    def _close(self, done: float, now: float) -> None:
        window, self._window = self._window, None
        assert window is not None
        work = done - self._began[0]
        kind = self.unit if self.unit in ("tokens", "samples", "queries", "steps") else "steps"
        window.count(**{kind: work})
        window.end()
        energy_j = window.energy.energy_j
        if energy_j is None or not energy_j > 0:
            self.stop(NO_ENERGY)
            return
        if self._judge is not None and not self._judge() and self.search.place != self.search.reference:
            self._refused.add(self.search.place)
            slower = self.search.settings[self.search.place]
            self._refused |= {int(place) for place in np.flatnonzero(self.search.settings < slower)}
        self.search.take(energy_j, window.duration_s, work)
        same = self.search.place == self._set_place
        self._set()
        if same and not self.stopped and self.search.searching:
            self._open(done, now)

    def _set(self) -> None:
        place = self.search.place
        try:
            self.setter.set(place)
        except (DeviceLost, SettingError, ForeignChange) as error:
            self.stop(str(error))
            return
        if place != self._set_place:
            self._set_place = place
            self._settled_s = time.monotonic() + self.pace.settle_s

    def stop(self, why: str) -> None:
        """End the search and set back what stood."""
        self.warnings.append(why)
        self.stopped = True
        self.finish()

    def finish(self) -> None:
        """The job has ended: the old limit is restored."""
        window, self._window = self._window, None
        if window is not None:
            window.end()
        if self.restored is None:
            left = self._restore()
            self.restored = not left
            self.warnings += left

    def _restore(self) -> list[str]:
        try:
            return self.setter.restore()
        except WattlineError as error:
            return [str(error)]
