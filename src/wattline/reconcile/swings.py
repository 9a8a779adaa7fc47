"""Swings of a load that was recorded, as those of one that is predicted, with what their sampling cannot show."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from wattline.catalog import CatalogLike, open_catalog
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import show
from wattline.core.result import Json
from wattline.line.grid.flexibility.swings import SwingLimits
from wattline.meter.clock import iso
from wattline.meter.energy.meter import meter
from wattline.meter.energy.span import Stretches, stretches_of
from wattline.meter.energy.track import Track
from wattline.meter.recording import Recording
from wattline.predict.flex.answer import FlexAnswer
from wattline.predict.flex.measures import LimitTexts, Measures, loads_after_measures, measures_json, start_stop_json

MAX_STEPS = 4_000_000
MIN_READINGS = 8
HALF_POWER = 0.603  # of a mean over a window: sin(x)/x is 1/2 at x = 0.603 π, at 0.603 swings a window


def meter_swings(
    recording: Recording,
    *,
    window: str | None = None,
    measures: Measures | None = None,
    limits: LimitTexts | None = None,
    facts: CatalogLike = None,
) -> FlexAnswer:
    """Swings of the power of all devices of a recording together.

    Parameters
    ----------
    recording
        What was recorded.
    window
        Window: run, all, a window's name, or FROM..TO; it must be one stretch.
    measures
        What to try against the swings, of the whole load.
    limits
        A utility's limits.
    facts
        Your own facts, which override the catalog's.

    Returns
    -------
    FlexAnswer
        Swings as they were read and after each measure, and what the sampling cannot show.

    Raises
    ------
    WattlineError
        Where the window holds fewer readings than a spectrum takes, or is not one stretch.
    """
    catalog = open_catalog(facts)
    bounds, limit_facts = (limits or LimitTexts()).read(catalog)
    made = meter(recording)
    tracks, wanted = made.counted(), stretches_of(recording, window, made.extent)
    begin, end = _stretch(wanted)
    step_s = max(float(np.median([line.interval_s for line in tracks])), (end - begin) / MAX_STEPS)
    if not step_s > 0 or (end - begin) / step_s < MIN_READINGS:
        raise WattlineError(
            f"meter swings: the window of {end - begin:g} s holds fewer than {MIN_READINGS} readings; give a longer one"
        )
    power = _total_w(tracks, begin, end, step_s)
    sampling = sampling_of(tracks, step_s)
    choices = measures or Measures()
    tries, used = loads_after_measures(power, step_s, 1, choices, catalog)
    rows, mode_facts = measures_json(tries, step_s, bounds, sampling["highest_shown_hz"], catalog)
    results = {
        "window": {"name": wanted.name, "begin": iso(begin), "end": iso(end)}, "devices": len(tracks),
        "sampling": sampling, "measures": rows, "start_stop": start_stop_json(power, 1, choices),
    }  # fmt: skip
    inputs = {"recording": recording.source, "window": window, "limits": asdict(bounds)}
    return FlexAnswer(
        "meter swings", inputs, results, tuple(dict.fromkeys(recording.notes)),
        (*used, *limit_facts, *mode_facts), tuple(_warnings(sampling, bounds, rows[0])),
    )  # fmt: skip


def _stretch(wanted: Stretches) -> tuple[float, float]:
    if len(wanted.spans) != 1:
        raise WattlineError(
            f"meter swings: window {wanted.name} is {len(wanted.spans)} stretches; name one of them, or give FROM..TO"
        )
    return wanted.spans[0]


def _total_w(tracks: list[Track], begin: float, end: float, step_s: float) -> Array:
    at = begin + np.arange(int((end - begin) / step_s + 1e-9)) * step_s
    total = np.zeros(len(at))
    for line in tracks:
        within = np.clip(at, max(line.begin_s, begin), min(line.end_s, end))
        total += line.at_w(within)
    return total


def sampling_of(tracks: list[Track], step_s: float) -> Json:
    """What the sensors' own time does to swings.

    Parameters
    ----------
    tracks : of the devices that are counted
    step_s : step at which they are added up [s]

    Returns
    -------
    Intervals [s] and the fastest swing that is shown [Hz].
    """
    renewed = max((line.spec.period_s for line in tracks), default=0.0)
    powers = [power for line in tracks for power in line.powers]
    averaged = max((power.interval_s if power.counted else power.spec.window_s for power in powers), default=0.0)
    slowest = max([step_s, renewed, *(line.interval_s for line in tracks)])
    return {
        "step_s": step_s,
        "slowest_s": slowest,
        "averaged_over_s": averaged,
        "highest_shown_hz": 0.5 / slowest,
        "halved_at_hz": HALF_POWER / averaged if averaged > 0 else None,
    }


def _warnings(sampling: Json, limits: SwingLimits, shown: Json) -> list[str]:
    """What the sampling cannot show, in words."""
    highest = sampling["highest_shown_hz"]
    low, high = limits.band_hz
    words = []
    if highest < high:
        part = "none" if highest <= low else f"only {low:g} to {highest:.3g} Hz"
        words.append(
            f"readings {show(sampling['slowest_s'], 's')} apart show swings up to {highest:.3g} Hz: {part} of the band "
            f"of {low:g} to {high:g} Hz; faster ones are missing, or stand as slower ones in the lines below"
        )
        words.append("ramps are between readings, so that faster ones are larger, and limits may be broken unseen")
    halved = sampling["halved_at_hz"]
    if halved is not None:
        words.append(
            f"each reading is the mean of {show(sampling['averaged_over_s'], 's')} before it: swings of "
            f"{halved:.3g} Hz are shown half as large as they are"
        )
    if shown["frequency_hz"] > 0.5 * highest:
        words.append(
            f"the highest line, {shown['frequency_hz']:.3g} Hz, lies near the end of what is shown: it may be a faster "
            "swing that stands there; record more often to know"
        )
    return words
