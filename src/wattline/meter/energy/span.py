"""Which stretch of time is asked for: the run, all, a named window, or FROM..TO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.quantity import parse
from wattline.meter.clock import iso
from wattline.meter.energy.track import Span, merge
from wattline.meter.readers.times import instant
from wattline.meter.recording import Recording

EARLIEST_S = 1e8  # a smaller number is seconds since the recording began


class Stretches(NamedTuple):
    """Stretches of time by name; ``whole``: the work went on through all of them, whether or not it was recorded."""

    name: str
    spans: list[Span]
    whole: bool


def stretches_of(recording: Recording, window: str | None, extent: Span) -> Stretches:
    """The stretches that ``window`` means; None is the run where the recording tells of one, else all.

    Parameters
    ----------
    recording : with its windows
    window : ``run``, ``all``, a window's name or ``FROM..TO``; None for the run where it is told of, else all
    extent : first and last instant that anything was read [s]

    Returns the stretches, with their name. Raises WattlineError where no window has the name, or it ends before it
    begins.
    """
    runs = [(w.begin_s, extent[1] if w.end_s is None else w.end_s) for w in recording.named("run")]
    if window in (None, "run") and runs:
        return Stretches("run", merge(runs) or runs[:1], True)
    if window in (None, "all"):
        return Stretches("all", [extent], False)
    assert window is not None
    named = [(w.begin_s, extent[1] if w.end_s is None else w.end_s) for w in recording.named(window)]
    if named:
        return Stretches(window, merge(named), True)
    if ".." in window:
        begin, _, end = window.partition("..")
        span = (_edge(begin, extent[0], extent), _edge(end, extent[1], extent))
        if not span[1] > span[0]:
            raise WattlineError(
                f"window {shorten(window)!r} does not end after it begins ({iso(span[0])} to {iso(span[1])})"
            )
        return Stretches(f"{iso(span[0])}..{iso(span[1])}", [span], False)
    outermost = [(w.begin_s, extent[1] if w.end_s is None else w.end_s) for w in recording.windows if not w.parent]
    if window == "run" and outermost:
        return Stretches("run", merge(outermost), True)
    if window == "run":
        raise WattlineError("the recording names no run; give --window all, or FROM..TO")
    raise WattlineError(_unknown(window, [w.name for w in recording.windows]))


def _unknown(window: str, names: Sequence[str]) -> str:
    near = nearest_names(window, dict.fromkeys(names))
    shown = f"; nearest: {', '.join(near)}" if near else ""
    return f"no window {shorten(window)!r} in the recording{shown}; give run, all, a window's name, or FROM..TO"


def _edge(text: str, default: float, extent: Span) -> float:
    """An instant, or a time since the recording's beginning (``90``, ``5 min``)."""
    plain = text.strip()
    if not plain:
        return default
    try:
        value = float(plain)
    except ValueError:
        if plain[:4].isdigit() and len(plain) > 9:
            return instant(plain)
        return extent[0] + parse(plain, "s", "window", zero=True)
    return instant(plain) if value >= EARLIEST_S else extent[0] + value
