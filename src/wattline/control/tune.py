"""``wl.tune``: finds the limit of least energy while a loop of this process runs, and sets back what stood at its end.

with wl.tune(slowdown="5%") as tuning:
    for batch in loader:
        train(batch)
        tuning.step()
print(tuning.result)
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from wattline.control.discover import find_settables
from wattline.control.hold import Hold
from wattline.control.objective import NO_LIMIT, TuneObjective, objective
from wattline.control.result import TuneResult
from wattline.control.search import LimitSearch
from wattline.control.settings_grid import DeviceSetter, OwnSetter, Setter
from wattline.control.tuner import Pace, Tuner
from wattline.core.errors import WattlineError
from wattline.core.result import Json
from wattline.meter.live.active import active, parse_seconds

SETTLE_SHARE = 0.2  # of a window: what is left out after a change


class Tuning:
    """A running search: ``step`` after each unit of work; ``result`` at any time, final after the block."""

    def __init__(self, make: Callable[[ExitStack], Tuner], inputs: Json, unit: str) -> None:
        self._make, self._inputs, self._unit = make, inputs, unit
        self._stack = ExitStack()
        self._tuner: Tuner | None = None
        self._done = 0.0
        # one process of a machine tunes for all of its ranks
        self._leads = os.environ.get("LOCAL_RANK", "0") in ("", "0")

    def __enter__(self) -> Tuning:
        if self._leads:
            with ExitStack() as stack:
                self._tuner = self._make(stack)
                self._tuner.begin()
                self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tuner is not None:
            self._tuner.finish()
        self._stack.close()

    def step(self, count: float = 1.0) -> None:
        """So many more units of work are done."""
        self._done += count
        if self._tuner is not None:
            self._tuner.progress(self._done)

    @property
    def result(self) -> TuneResult:
        """What the search has come to. Raises WattlineError where this process does not lead the search, or before it
        began."""
        tuner = self._tuner
        if tuner is None:
            raise WattlineError("tune: no search runs in this process; LOCAL_RANK 0 leads it, inside of its block")
        return result_of(tuner, self._inputs)


def result_of(tuner: Tuner, inputs: Json, stated: bool = False, journal: str = "") -> TuneResult:
    """The outcome of a search as it stands.

    Parameters
    ----------
    tuner : that runs, or has ended
    inputs : what was wanted, as plain data
    stated : whether work is taken from a proxy
    journal : its path; that of this process's session where empty

    Returns
    -------
    The result.
    """
    path = journal or (str(active().path) if tuner.search.windows else "")
    return TuneResult(
        tuner.search, tuner.setter, inputs, tuner.unit, stated, tuner.restored, tuple(tuner.warnings), path
    )  # fmt: skip


def pace_of(window: str | float = "5s", lasting: str | float | None = None) -> Pace:
    """How long windows are, read.

    Parameters
    ----------
    window : time of one
    lasting : of the whole run; None where it is not known

    Returns
    -------
    The pace, with the time that is left out after a change.
    """
    window_s = parse_seconds(str(window), "window")
    run_s = None if lasting is None else parse_seconds(str(lasting), "lasting")
    return Pace(window_s, SETTLE_SHARE * window_s, run_s)


def inputs_of(setter: Setter, goal: TuneObjective, pace: Pace, command: str | None = None) -> Json:
    """What was wanted, as plain data.

    Parameters
    ----------
    setter : of the settings
    goal : what is made small
    pace : of windows
    command : the program's name; None for a loop of this process

    Returns
    -------
    The inputs of an answer.
    """
    return {
        "metric": goal.metric,
        "slowdown_share": None if goal.slowdown == NO_LIMIT else goal.slowdown,
        "knob": setter.knob,
        "devices": setter.names,
        "window_s": pace.window_s,
        "run_s": pace.run_s,
        "command": command,
    }


def tune(
    metric: str | TuneObjective = "energy",
    slowdown: str | float | None = None,
    *,
    device: str | Sequence[str] = (),
    knob: str = "power",
    settings: Mapping[str, Sequence[Any]] | None = None,
    apply: Callable[[Any], object] | None = None,
    window: str | float = "5s",
    lasting: str | float | None = None,
) -> Tuning:
    """A block in which the limit of least energy is looked for; ``step()`` in it after each step of the work.

    Parameters
    ----------
    metric : what is made small for a step: energy, energy*time, or an ``TuneObjective`` (for cost, with its prices)
    slowdown : share by which a step may take longer than at the limit that stood, such as ``"5%"``; None for any
    device : parts of names or UUIDs of the devices to set; none for all accelerators
    knob : ``power`` (limit, W) or ``clock`` (highest, MHz)
    settings : in place of a limit, a setting of the program with its values, the present one first, such as
        ``{"batch": [16, 32]}``; a step should then count what it works on, ``step(batch)``
    apply : the function that sets one of those values
    window : time of a window of measurement
    lasting : how long the whole run lasts, which says how much looking is worth; None for about 1,000 windows

    Returns the block. Raises WattlineError where no device can be set, with the mend, another job has it, or an
    argument has no effect.

    Example
    -------
    >>> with wl.tune(slowdown="5%") as tuning: ...
    """
    if isinstance(metric, TuneObjective) and slowdown is not None:
        raise WattlineError("tune: slowdown has no effect beside a TuneObjective; give it there")
    if settings is not None and (device or knob != "power"):
        raise WattlineError("tune: settings are the program's own: device and knob have no effect beside them")
    goal = metric if isinstance(metric, TuneObjective) else objective(metric, slowdown)
    pace = pace_of(window, lasting)
    own = None if settings is None else OwnSetter(settings, apply)
    settables = [] if own is not None else find_settables([device] if isinstance(device, str) else device, knob)
    inputs: Json = {}

    def make(stack: ExitStack) -> Tuner:
        name = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "python"
        setter: Setter = own or DeviceSetter(stack.enter_context(Hold(settables, name)))
        inputs.update(inputs_of(setter, goal, pace))
        return Tuner(setter, search_of(setter, goal, pace), pace)

    return Tuning(make, inputs, "steps")


def search_of(setter: Setter, goal: TuneObjective, pace: Pace) -> LimitSearch:
    """The search over a setter's settings.

    Parameters
    ----------
    setter : of the settings
    goal : what is made small
    pace : of windows

    Returns
    -------
    The search before its first window.
    """
    change = pace.settle_s / pace.window_s
    return LimitSearch(
        setter.settings, goal, setter.knob, pace.windows, reference=setter.reference, change_windows=change
    )
