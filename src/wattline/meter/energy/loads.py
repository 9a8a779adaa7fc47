"""A recording as a ``Load``: the power of each counted device in equal steps, its energy kept."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.meter.energy.meter import meter, taken_spans
from wattline.meter.energy.span import Stretches, stretches_of
from wattline.meter.energy.track import Track
from wattline.meter.recording import Recording

CHIP = ("gpu", "mig", "cpu", "dram")
MAX_STEPS = 5_000_000


def load(recording: Recording, window: str | None = None, step_s: float | None = None) -> Load:
    """One series a device, in steps of the quickest sensor's interval (or ``step_s``), at the point where it was read.

    Energy is that of the report to rounding: each step is the difference of a running total.

    Parameters
    ----------
    recording : readings of a machine
    window : name of a window; the whole recording where None
    step_s : length of a step, s; the quickest sensor's interval where None

    Returns
    -------
    Power by device, W, ``(n_devices, n_steps)``.
    """
    made = meter(recording)
    wanted = stretches_of(recording, window, made.extent)
    begin, end = wanted.spans[0][0], wanted.spans[-1][1]
    tracks = made.counted()
    step = step_s or max(
        min((t.interval_s for t in tracks if t.interval_s > 0), default=1.0), (end - begin) / MAX_STEPS
    )
    count = max(1, int(np.ceil((end - begin) / step - 1e-9)))
    edges: Array = np.asarray(begin + np.arange(count + 1) * step, float)
    edges[-1] = max(edges[-1], end)
    rows = [_binned_w(line, edges, end, wanted) for line in tracks]
    power = np.maximum(np.array(rows) / step, 0.0)
    point = "chip" if all(line.device.kind in CHIP for line in tracks) else "server"
    return Load(
        point,
        datetime.fromtimestamp(begin, UTC),
        step,
        power,
        tuple(line.device.key for line in tracks),
    )


def _binned_w(line: Track, edges: Array, end: float, wanted: Stretches) -> Array:
    """Joules in each step: of all the window in a run that it was seen in for half of it, else of what was seen."""
    parts = taken_spans(line, wanted, wanted.spans) if wanted.whole else line.spans()
    spans = [(max(begin, float(edges[0])), min(last, end)) for begin, last in parts]
    return np.diff(line.running_within_j([span for span in spans if span[1] > span[0]], edges))
