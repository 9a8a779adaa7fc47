"""Windows: named stretches of a program, and the energy that went while they were open.

with wl.measure("epoch 3") as epoch:
    train()
epoch.energy_j, epoch.low_j, epoch.high_j, epoch.mean_w
"""

from __future__ import annotations

import functools
import inspect
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from time import monotonic_ns, time_ns
from types import TracebackType
from typing import Any, TypeVar, overload

from wattline.core.errors import WattlineError
from wattline.core.result import Json, Result, envelope
from wattline.meter.clock import mono_us
from wattline.meter.energy.window import DeviceEnergy, WindowEnergy, stretch_energy
from wattline.meter.journal.windows import attributes_text
from wattline.meter.live.active import active
from wattline.meter.live.at_work import at_work
from wattline.meter.live.device_sync import synchronise
from wattline.meter.live.session import Session
from wattline.meter.recording import Fault
from wattline.meter.sensors.unread import unread

F = TypeVar("F", bound=Callable[..., Any])
_around: ContextVar[Measurement | None] = ContextVar("wattline_window", default=None)
_numbers = itertools.count()


class Measurement(Result):
    """A window: ``with`` opens and closes it, as a decorator each call is one. Its energy is there from its end on, and
    until then that so far. ``energy_j`` is None where no sensor tells: missing is never zero."""

    # what stands here need not be set when one is made: caches are cold at an edge, and each line there costs
    _number = -1
    _session: Session | None = None
    _token: Token[Measurement | None] | None = None
    _inside = ""
    _begin = _end = (0, 0)  # µs, wall and monotonic
    _energy: WindowEnergy | None = None

    _counts: dict[str, float] | None = None

    def __init__(self, name: str = "window", attributes: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.attributes: dict[str, Any] = dict(attributes) if attributes else {}

    @property
    def counts(self) -> dict[str, float]:
        """What was counted in it."""
        if self._counts is None:
            self._counts = {}
        return self._counts

    @property
    def id(self) -> str:
        """Its name in the journal; empty while it was never opened."""
        return "" if self._session is None else self._session.window_id(self._number)

    def begin(self, *, nest: bool = True) -> Measurement:
        """Open it; ``nest``: windows opened in this context from now on are inside it. Raises WattlineError where it is
        open already, and where measuring cannot begin."""
        if self._begin[0] and not self._end[0]:
            raise WattlineError(f"window {self.name!r} is open already; make another for a stretch inside it")
        session = self._session = active()
        if self._end[0]:
            self._end, self._energy = (0, 0), None
        self._number = number = next(_numbers)
        around = _around.get()
        self._inside = inside = "" if around is None else around.id
        if nest:
            self._token = _around.set(self)
        synchronise()
        self._begin = begin = (time_ns() // 1000, monotonic_ns() // 1000)
        session.edge((number, self.name, inside, self.attributes, begin, None), begin[1])
        return self

    def end(self, error: BaseException | None = None) -> None:
        """Close it. In a process that was forked since, or twice, it does nothing."""
        session = self._session
        if session is None or session.forked or self._end[0]:
            return
        synchronise()
        self._end = end = (time_ns() // 1000, monotonic_ns() // 1000)
        if self._token is not None:
            try:  # noqa: SIM105 - a context manager costs more than all else here
                _around.reset(self._token)
            except ValueError:  # closed in another context than it was opened in
                pass
            self._token = None
        if error is not None:
            self.attributes["error"] = type(error).__name__
        session.edge((self._number, self.name, self._inside, self.attributes, self._begin, end), end[1])

    def __enter__(self) -> Measurement:
        return self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(error)

    def __call__(self, function: F) -> F:
        return _decorate(function, self.name, self.attributes)

    def count(self, **counts: float) -> None:
        """So many tokens, queries or samples were worked on in this window: ``count(tokens=4096)``. Raises
        WattlineError where the window was not opened."""
        if self._session is None:
            raise WattlineError(f"window {self.name!r} is not open yet; count inside it")
        for name, number in counts.items():
            self.counts[name] = self.counts.get(name, 0.0) + number
            event = {"name": name, "number": number, "window": self.id}
            self._session.writer.op(self._session.journal.event_op("count", event))

    @property
    def energy(self) -> WindowEnergy:
        """Energy with its range, by device, with faults; of an open window that up to now. Raises WattlineError where
        the window was never opened."""
        if self._session is None:
            raise WattlineError(f"window {self.name!r} was never opened: it has no energy")
        if self._energy is not None:
            return self._energy
        end = self._end[1] or mono_us()
        window_energy = _read_energy(self._session, self._begin[1], end)
        if self._end[0]:
            self._energy = window_energy
        return window_energy

    def unreadable(self) -> None:
        """From now on its energy is unknown: what holds it cannot be read."""
        self._energy = WindowEnergy(self.duration_s)

    @property
    def energy_j(self) -> float | None:
        return self.energy.energy_j

    @property
    def low_j(self) -> float | None:
        return self.energy.low_j

    @property
    def high_j(self) -> float | None:
        return self.energy.high_j

    @property
    def mean_w(self) -> float | None:
        return self.energy.mean_w

    @property
    def devices(self) -> Sequence[DeviceEnergy]:
        return self.energy.devices

    @property
    def faults(self) -> Sequence[Fault]:
        return self.energy.faults

    @property
    def duration_s(self) -> float:
        if not self._begin[0]:
            return 0.0
        return ((self._end[1] or mono_us()) - self._begin[1]) / 1e6

    def per(self, name: str) -> float | None:
        """Joules for each of what was counted: ``per("tokens")``; None where either is not known."""
        joules, number = self.energy_j, self.counts.get(name, 0.0)
        return joules / number if joules is not None and number > 0 else None

    def figures(self) -> dict[str, Any]:
        energy = self.energy.measured_wh
        return {} if energy is None else {"energy_wh": energy}

    def json(self) -> Json:
        energy, journal = self.energy, "" if self._session is None else str(self._session.path)
        results = {**energy.json(), "counts": dict(self.counts), "journal": journal}
        warnings = ["energy unknown: no sensor gave readings"] if energy.energy_j is None else []
        warnings += unread(device.kind for device in energy.devices)
        # as the journal has them: what is no plain data (a path, a time) is its text
        attributes = json.loads(attributes_text(self.attributes), parse_constant=str)
        return envelope("measure", {"name": self.name, "attributes": attributes}, results, warnings=warnings)

    def __repr__(self) -> str:
        if not self._begin[0]:
            return f"{self.name}: not opened"
        return f"{self.name}: {self.energy}"


def _read_energy(session: Session, begin_us: int, end_us: int) -> WindowEnergy:
    """From the journal, once it holds a reading after the end, and from what waits to be written to it."""
    session.flush()
    if not session.samples and session.sensor_count is None:
        session.wait_for_reading(end_us)
    pending = list(session.writer.ticks)
    with at_work(), session.reader() as journal:
        return stretch_energy(journal, begin_us, end_us, pending)


@overload
def measure(name: F, /) -> F: ...
@overload
def measure(name: str = "window", /, **attributes: Any) -> Measurement: ...
def measure(name: Any = "window", /, **attributes: Any) -> Any:
    """A window over a ``with`` block, or over each call of a function as its decorator (also of an async one).

    The first window of a process begins its measurement: where the journal lies and how often sensors are read is said
    with ``metering`` or in the environment.

    Parameters
    ----------
    name : of the window; a function where it decorates one without a name
    attributes : kept with it in the journal

    Returns the window, or the function with a window over each call. Raises WattlineError where it decorates an async
    generator.
    """
    if type(name) is str:  # by far the most, and asked for at once
        return Measurement(name, attributes)
    if callable(name):
        return _decorate(name, getattr(name, "__qualname__", "window"), {})
    return Measurement(str(name), attributes)


def _decorate(function: F, name: str, attributes: Mapping[str, Any]) -> F:
    """Each call a window; of a generator, from its first step to its last."""
    if inspect.isasyncgenfunction(function):
        raise WattlineError(f"measure: {name} is an async generator; open a window inside it instead")
    if inspect.iscoroutinefunction(function):

        async def around(*args: Any, **kwargs: Any) -> Any:
            with Measurement(name, attributes):
                return await function(*args, **kwargs)

    elif inspect.isgeneratorfunction(function):

        def around(*args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
            window = Measurement(name, attributes).begin(nest=False)
            try:
                return (yield from function(*args, **kwargs))
            finally:
                window.end()

    else:

        def around(*args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
            with Measurement(name, attributes):
                return function(*args, **kwargs)

    return functools.wraps(function)(around)  # type: ignore[return-value]
