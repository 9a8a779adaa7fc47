"""Rises of a counter, and what cleaning finds in them."""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.meter.readings.counter import untangle


def rise(joules: list[float], time: list[float] | None = None, wrap_j: float = np.inf, max_w: float = np.inf) -> Any:
    at = np.arange(float(len(joules))) if time is None else np.array(time, float)
    return untangle(at, np.array(joules, float), wrap_j, max_w)


def kinds(faults: Any) -> dict[str, int]:
    return {fault.kind: len(fault.at_s) for fault in faults if len(fault.at_s)}
