"""``intel_gpu_top -J``: an object a period, with the mean watts of the package and of the graphics in it.

It prints how long each period lasted and no time of day; where a line of time stands before each object, that counts.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs
from wattline.meter.readers.logs import Column
from wattline.meter.readers.times import EPOCH_S
from wattline.meter.recording import Recording

PLACES = {"Package": ("package", "package"), "GPU": ("graphics", "graphics")}


def is_text(text: str) -> bool:
    """Whether a file begins as its objects with power in them."""
    begin = text[:8000]
    return '"period"' in begin and '"duration"' in begin and '"power"' in begin and '"Package"' in begin


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A running total for the package and for its graphics.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    text = "\n".join(logs.lines(path))
    decoder, place, end = json.JSONDecoder(), 0, 0.0
    rows: dict[str, list[tuple[float, float, float]]] = {}
    while (match := re.compile(r"\{").search(text, place)) is not None:
        stamps = [at for line in text[place : match.start()].splitlines() if (at := logs.stamp(line)) is not None]
        try:
            data, place = decoder.raw_decode(text, match.start())
            length = float(data["period"]["duration"]) * (1.0 if data["period"].get("unit") == "s" else 1e-3)
            watts = {name: float(data["power"][name]) for name in PLACES if name in data["power"]}
        except (ValueError, KeyError, TypeError, AttributeError):
            break  # the last may be cut
        end = stamps[-1] if stamps else end + length
        for name, value in watts.items():
            rows.setdefault(name, []).append((end, length, value * length))
    if not rows:
        raise WattlineError(f"{path} is intel_gpu_top's, and holds no whole object with power")
    columns = [Column(name, *PLACES[name], "J") for name in rows]
    totals = {name: logs.counter(*zip(*each, strict=True)) for name, each in rows.items()}
    clock = "UTC" if end > EPOCH_S else "seconds since the beginning"
    return logs.recording_of_log(columns, choices, path, logs.rapl("intel_gpu_top"), totals=totals, clock=clock)
