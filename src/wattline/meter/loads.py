"""A recording as a ``Load``: the power of each counted device in equal steps, its energy kept."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from wattline.load import Load
from wattline.meter.recording import Recording
from wattline.meter.report import energy_in, meter
from wattline.meter.window import asked

CHIP = ("gpu", "mig", "cpu", "dram")
MOST_STEPS = 5_000_000


def load(recording: Recording, window: str | None = None, step_s: float | None = None) -> Load:
    """One series a device, in steps of the quickest sensor's interval (or ``step_s``), at the point where it was read.

    Energy is that of the report to rounding: each step is the difference of a running total.
    """
    made = meter(recording)
    want = asked(recording, window, made.extent)
    begin, end = want.spans[0][0], want.spans[-1][1]
    tracks = made.counted()
    step = step_s or max(
        min((t.interval_s for t in tracks if t.interval_s > 0), default=1.0), (end - begin) / MOST_STEPS
    )
    count = max(1, int(np.ceil((end - begin) / step - 1e-9)))
    edges = begin + np.arange(count + 1) * step
    edges[-1] = max(edges[-1], end)
    rows = []
    for one in tracks:
        spans = want.spans if energy_in(one, want, want.spans).value_j and want.whole else one.spans()
        rows.append([
            sum(one.energy(max(a, s[0]), min(b, s[1], end)).value_j for s in spans if min(b, s[1], end) > max(a, s[0]))
            for a, b in pairwise(edges.tolist())
        ])  # fmt: skip
    power = np.maximum(np.array(rows) / step, 0.0)
    point = "chip" if all(one.device.kind in CHIP for one in tracks) else "server"
    return Load(point, datetime.fromtimestamp(begin, UTC), step, power, tuple(one.device.key for one in tracks))
