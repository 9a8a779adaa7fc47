"""Answers of monitoring systems in JSON: points of named metrics, each with its time, its machine and its device.

What each system calls them ``monitor_forms`` knows; here their points become one table, in which names and units tell
power and energy as in any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import parse_json
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, plain, units
from wattline.meter.readers.monitor_forms import FORMS, MonitorForm, MonitorPoint
from wattline.meter.readers.named_values import Value, value_of
from wattline.meter.recording import Recording


def is_text(text: str) -> bool:
    """Whether a file begins as such an answer."""
    return _form(text) is not None


def _form(text: str) -> MonitorForm | None:
    begin = text.lstrip("\ufeff \r\n\t")[:20_000]
    if begin[:1] not in ("{", "["):
        return None
    return next((form for form in FORMS if all(f'"{key}"' in begin for key in form.keys)), None)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each metric of power or energy and each of its devices.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where there is none, or the answer is cut or of another form than its beginning promises.
    """
    import polars as pl

    text = "\n".join(logs.lines(path)).lstrip("\ufeff")
    form = _form(text)
    assert form is not None
    try:
        points = list(form.points(parse_json(text)))
    except WattlineError as error:
        raise WattlineError(f"{path}: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        why = shorten(str(error), 100)
        raise WattlineError(f"{path} is JSON of {form.name} that is cut, damaged or of another form: {why}") from None
    if not points:
        raise WattlineError(f"{path} is an answer of {form.name} without a point")
    return plain.of_frame(pl.DataFrame(_columns(points, choices), strict=False), choices, str(path), path.stem)


def _columns(points: Sequence[MonitorPoint], choices: Choices) -> dict[str, list[object]]:
    """The table of these points: their times, machine and device, and a column a metric."""
    names = dict.fromkeys(_titled(point) for point in points)
    wanted = [
        name for name in names
        if choices.quantity([name]) is not None or choices.unit([name]) or isinstance(value_of(name), Value)
    ]  # fmt: skip
    wanted = wanted or list(names)
    rows: dict[tuple[float | None, float, str, str], dict[str, float]] = {}
    for point in points:
        if (name := _titled(point)) in wanted:
            rows.setdefault((point.begin_s, point.time_s, point.host, point.device), {})[name] = point.value
    keys = sorted(rows, key=lambda key: key[1])
    periods = all(key[0] is not None and key[0] < key[1] for key in keys)
    out: dict[str, list[object]] = {"begin": [key[0] for key in keys]} if periods else {}
    out["end" if periods else "time"] = [key[1] for key in keys]
    for place, name in ((2, "host"), (3, "device")):
        if any(key[place] for key in keys):
            out[name] = [key[place] for key in keys]
    return out | {name: [rows[key].get(name) for key in keys] for name in wanted}


def _titled(point: MonitorPoint) -> str:
    """The metric's name with its unit, where it is one of power or energy."""
    return f"{point.name} [{point.unit}]" if units.possible_units(point.unit, "xX") else point.name
