"""Windows of a recording by name: ``run``, ``all``, a named window, the second of a name, or ``FROM..TO``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.meter.energy.track import merge
from wattline.meter.recording import Recording, Series

MAX_SHOWN = 4


class NamedSpan(NamedTuple):
    """A stretch of UTC seconds with the name that it goes by."""

    name: str
    begin_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        return self.end_s - self.begin_s


def extent(series: Iterable[Series]) -> tuple[float, float]:
    """The first and the last instant of any reading. Raises WattlineError where there is none."""
    times = [each.time_s[np.isfinite(each.time_s)] for each in series]
    ends = [(float(time.min()), float(time.max())) for time in times if len(time)]
    if not ends:
        raise WattlineError("the recording holds no readings")
    return min(begin for begin, _ in ends), max(end for _, end in ends)


def spans(recording: Recording, name: str | None = None) -> list[NamedSpan]:
    """Every window, or every one of a name, ended where it was left open.

    Parameters
    ----------
    recording : readings of a machine with its windows
    name : of the windows that are taken; all where None

    Returns
    -------
    Name, begin and end of each, s.
    """
    last = extent(recording.series)[1]
    windows = recording.windows if name is None else recording.named(name)
    named = [NamedSpan(w.name, w.begin_s, last if w.end_s is None else w.end_s) for w in windows]
    return [span for span in named if span.end_s > span.begin_s]


def find_span(recording: Recording, text: str | None = None) -> NamedSpan:
    """The window that is named, as ``find_spans`` has it, windows of one name that touch or overlap as one.

    Parameters
    ----------
    recording : readings and windows
    text : a name or ``FROM..TO``; None for the run, or all

    Returns
    -------
    The window.

    Raises WattlineError where several of that name lie apart; it names them and the option that decides.
    """
    every = find_spans(recording, text)
    joined = merge([(span.begin_s, span.end_s) for span in every])
    if len(joined) > 1:
        name = every[0].name
        shown = "; ".join(
            f"{name}#{i} {_iso(s.begin_s)} to {_iso(s.end_s)}" for i, s in enumerate(every[:MAX_SHOWN], 1)
        )
        more = f"; and {len(every) - MAX_SHOWN} more" if len(every) > MAX_SHOWN else ""
        raise WattlineError(
            f"{len(every)} windows are called {name!r} ({shown}{more}): say which with --window '{name}#1', or "
            "all from the first to the last reading with --window all; `wattline meter report` adds them up"
        )
    return every[0]._replace(begin_s=joined[0][0], end_s=joined[0][1])


def find_spans(recording: Recording, text: str | None = None) -> list[NamedSpan]:
    """The windows that are named, every one of the name, or ``NAME#2``, the second of it.

    Without a name it is ``run`` where the recording tells it, else all. ``FROM..TO``: ISO times (UTC where they name no
    zone) or seconds since the first reading; either may be left out.

    Parameters
    ----------
    recording : readings and windows
    text : a name or ``FROM..TO``; None for the run, or all

    Returns
    -------
    The windows, in the order of time.

    Raises WattlineError where no window has the name, or it holds no reading.
    """
    begin, end = extent(recording.series)
    named = spans(recording)
    wanted = text or ("run" if any(span.name == "run" for span in named) else "all")
    if wanted == "all":
        return [NamedSpan("all", begin, end)]
    if ".." in wanted and not any(span.name == wanted for span in named):
        first, _, last = wanted.partition("..")
        span = NamedSpan(wanted, _instant(first, begin, begin), _instant(last, begin, end))
        if span.begin_s >= span.end_s or span.end_s <= begin or span.begin_s >= end:
            raise WattlineError(
                f"window {shorten(wanted)!r} holds no reading; they run from {_iso(begin)} to {_iso(end)}"
            )
        return [span]
    if same := spans(recording, wanted):
        return [span._replace(name=wanted) for span in same]
    names = [span.name for span in named]
    near = ", ".join(nearest_names(wanted, names) or names[:5]) or "none is named"
    raise WattlineError(f"no window {shorten(wanted)!r} in the recording; take all, FROM..TO, or one of: {near}")


def _instant(text: str, begin: float, default: float) -> float:
    text = text.strip()
    if not text:
        return default
    try:
        seconds = float(text)
        if math.isfinite(seconds):
            return begin + seconds if seconds < 1e9 else seconds
    except ValueError:
        pass
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise WattlineError(
            f"window: {shorten(text)!r} is no time; write 2024-05-17T15:43:53 or seconds since the first reading"
        ) from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
