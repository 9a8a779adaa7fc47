"""A tuned service that takes no more joules than the engine as it comes would under the same traffic.

A continuous-batching engine begins its next step as soon as one ends. Where steps are short, fewer requests have come
in between, so that more steps read the weights for fewer tokens each. Who tunes for joules lets steps wait (or sets a
larger batch): the service keeps the fastest pace at which it takes no more joules than with defaults, which its steps'
fewer joules pay for; where none does, the defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from wattline.core.errors import WattlineError
from wattline.line.chip.serving import Serving
from wattline.line.engine.simulator.outcome import ServiceOutcome
from wattline.line.engine.simulator.power import ReadyPower, parts_by_bin

Run = TypeVar("Run")
PACES = (0.0, 0.5, 1.0)  # share of a default engine's longer step that a tuned one waits


def service_j(served: ServiceOutcome, standing: ReadyPower) -> float:
    """Joules of chips, hosts and network of a simulated service.

    Parameters
    ----------
    served : the requests as they were served
    standing : watts of a chip beside its steps

    Returns
    -------
    Of all replicas, from the first request to the last [J].
    """
    parts = {name: float(values.sum()) for name, values in parts_by_bin(served).items()}
    at_work, network = standing.host_w * parts["busy"], standing.network_w * parts["on"]
    idle = (standing.chip_idle_w + standing.host_idle_w) * parts["idle"]
    starting = (standing.chip_idle_w + standing.host_w) * parts["starting"]
    return parts["prefill"] + parts["decode"] + at_work + idle + starting + network


def fastest_frugal(tuned: Callable[[float], Run], usual: Callable[[], Run], joules: Callable[[Run], float]) -> Run:
    """The service at the fastest pace that takes no more joules than the engine as it comes.

    Parameters
    ----------
    tuned : the tuned service at a pace, one of ``PACES``
    usual : that of the engine as it comes
    joules : of a service

    Returns
    -------
    The tuned service, or the usual one where no pace takes as few joules.

    Raises
    ------
    WattlineError where the tuned service serves nothing.
    """
    first = tuned(PACES[0])
    try:
        default = usual()
    except WattlineError:  # it serves nothing
        return first
    most = joules(default)
    if joules(first) <= most:
        return first
    for pace in PACES[1:]:
        if joules(slower := tuned(pace)) <= most:
            return slower
    return default


def pace_notes(tuned: bool, how: Serving) -> tuple[str, ...]:
    """What a tuned service gave up for joules, in words.

    Parameters
    ----------
    tuned : whether a tuned engine was to serve
    how : the engine that served

    Returns
    -------
    One note, or none.
    """
    if not tuned or (how.tuned is not None and how.pace == 0.0):
        return ()
    if how.tuned is None:
        return ("tuned: under this traffic no pace of a tuned engine takes as few joules as its defaults, shown here",)
    waits = f"tuned: a step waits for {how.pace:.0%} of the time that it is shorter than with defaults"
    return (f"{waits}; without waiting fewer requests run together, which takes more joules than defaults do",)
