"""``wattline tune -- COMMAND``: a command run to its end while a search follows its progress."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wattline.control.hold import Hold
from wattline.control.objective import TuneObjective
from wattline.control.progress import ProgressFile, utilisation_progress
from wattline.control.result import TuneResult
from wattline.control.settable import Settable
from wattline.control.settings_grid import DeviceSetter
from wattline.control.tune import inputs_of, result_of, search_of
from wattline.control.tuner import Pace, Tuner
from wattline.core.printable import sayable
from wattline.core.temporary import temporary_folder
from wattline.meter.live import active
from wattline.meter.live.run_command import run_command
from wattline.meter.sensors.simulated_chip import PROGRESS

if TYPE_CHECKING:
    from wattline.meter.live.run_command import Signals

LOOK_S = 0.02  # between two looks at the file of progress
SILENT_WINDOWS, SILENT_S = 4.0, 30.0  # without a report, at least, before a proxy is taken or the search given up
SILENT = (
    "the command reports no progress: how much slower it gets cannot be known; let it write lines such as '120 steps' "
    "to the file that WATTLINE_PROGRESS names"
)


class Follower:
    """Looks at a command's progress and hands it to the tuner; after a while without any, a proxy of it."""

    def __init__(self, tuner: Tuner, file: ProgressFile, proxy: Callable[[], float] | None) -> None:
        self.tuner, self.file, self.stated = tuner, file, False
        self._proxy = proxy
        self._heard = False
        self._until = time.monotonic() + max(SILENT_WINDOWS * tuner.pace.window_s, SILENT_S)

    def look(self, pid: int) -> None:
        """Called every few milliseconds while the command runs."""
        done = self._proxy() if self.stated and self._proxy else self.file.done()
        if done is not None:
            self._heard = True
            self.tuner.unit = self.file.unit
            self.tuner.progress(done)
        elif not self._heard and time.monotonic() > self._until and not self.tuner.stopped:
            if self._proxy is None:
                self.tuner.stop(SILENT)
            else:
                self.stated = True


def run_tuned(
    command: Sequence[str], settables: Sequence[Settable], goal: TuneObjective, pace: Pace, signals: Signals
) -> tuple[int, TuneResult]:
    """Run a command while its devices' limit is tuned.

    Parameters
    ----------
    command : program and arguments
    settables : devices to set
    goal : what is made small
    pace : of windows
    signals : held back from this process, to be passed on

    Returns
    -------
    The command's exit status and the outcome of the search. Limits are set back when it has ended.
    """
    name = sayable(Path(command[0]).name)
    active.metering(active.default_path(f"tune-{name}"), "100ms", fall_back=True)
    try:
        with temporary_folder() as folder, Hold(settables, name) as hold:
            file = Path(os.environ.get(PROGRESS) or Path(folder) / "progress").absolute()
            file.touch()
            setter = DeviceSetter(hold)
            tuner = Tuner(setter, search_of(setter, goal, pace), pace)
            follower = Follower(tuner, ProgressFile(str(file)), utilisation_progress(settables))
            journal = str(active.active().path)
            tuner.begin()
            environment = {**os.environ, PROGRESS: str(file), active.JOURNAL: journal}
            try:
                status = run_command(command, environment, signals, follower.look, LOOK_S)
            finally:
                tuner.finish()
            inputs = inputs_of(setter, goal, pace, name)
            return status, result_of(tuner, inputs, follower.stated, journal)
    finally:
        active.finish()
