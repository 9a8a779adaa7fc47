"""What a simulated service's page draws, as plain data: latencies by share of requests, watts and replicas in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.quantiles import quantiles
from wattline.line.engine.simulator.outcome import ServiceOutcome

SHARES = 121  # points of a latency's curve
POINTS = 240  # stretches of time at most
LATENCIES = ("ttft_s", "e2e_s", "tpot_s")


def latency_curves(served: ServiceOutcome) -> dict[str, Any]:
    """By latency: the time that each share of the requests (``share``, 0 to 1) stayed within; None where none is known.

    Latencies of nothing (the time between tokens of an answer of one) are left out.
    """
    share = np.linspace(0, 1, SHARES)
    curves: dict[str, Any] = {"share": share.tolist()}
    for name in LATENCIES:
        values = np.asarray(getattr(served, name))
        values = values[np.isfinite(values)]
        values = values[values > 0]
        curves[f"request_{name}"] = quantiles(values, share.tolist()) if len(values) else None
    return curves


def through_time(load: Load, replicas: Mapping[str, Array]) -> dict[str, Any]:
    """Means over stretches of ``step_s``: watts by part at the servers' plugs, replicas ``ready`` and ``starting``.

    A last stretch that is not full is left out.

    Parameters
    ----------
    load : parts by bin, labelled, W
    replicas : by name, a value a bin, ``(n_bins,)``

    Returns
    -------
    ``step_s`` and lists of one length.
    """
    group = -(-load.power_w.shape[-1] // POINTS)
    parts = {label: load.power_w[i] for i, label in enumerate(load.labels)}
    return {
        "step_s": group * load.step_s,
        "power_w": {name: _coarse(watts, group) for name, watts in parts.items()},
        "replicas": {name: _coarse(count, group) for name, count in replicas.items()},
    }


def _coarse(values: Array, group: int) -> list[float]:
    whole = max(len(values) // group, 1)
    return [float(x) for x in values[: whole * group].reshape(whole, -1).mean(axis=1)]
