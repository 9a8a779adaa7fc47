"""What a traffic is like: its rate, how bursty it is, how long its requests are, how much of them repeats."""

from __future__ import annotations

from typing import Any

import numpy as np

from wattline.core.fact import Array
from wattline.core.units import HOUR_S
from wattline.line.work.traffic.trace import Hashes, Ints, Traffic

PERCENTILES = (5, 50, 90, 95, 99)
_WINDOWS_S = (1, 60, int(HOUR_S))
MAX_STEPS = 10_000_000  # counted one by one; in a longer window those alone that hold requests


def summary(traffic: Traffic) -> dict[str, Any]:
    """The traffic in figures, as plain data; what cannot be told is None."""
    given, made = traffic.input_tokens, traffic.output_tokens
    return {
        "requests": len(traffic),
        "duration_s": traffic.duration_s,
        "rate_per_s": _finite(traffic.rate_per_s),
        "peak_rate_per_s": {f"{step}s": _peak(traffic, step) for step in _WINDOWS_S},
        "burstiness": burstiness(traffic),
        "input_tokens": lengths(given),
        "output_tokens": lengths(made),
        "correlation": _correlation(given, made),
        "repeated_prefix_share": repeated_share(traffic),
        "same_instant": int(np.count_nonzero(np.diff(traffic.arrival_s) == 0)),
        "rejected": dict(traffic.rejected),
    }


def unknown_summary() -> dict[str, Any]:
    """The same names with nothing behind them: of a traffic too large to be summed up."""
    names = (
        "requests", "duration_s", "rate_per_s", "peak_rate_per_s", "burstiness", "input_tokens", "output_tokens",
        "correlation", "repeated_prefix_share", "same_instant", "rejected",
    )  # fmt: skip
    return dict.fromkeys(names)


def burstiness(traffic: Traffic) -> dict[str, float | None]:
    """``gap_cv``: deviation of the gaps over their mean; ``dispersion_60s``: variance of counts over their mean.

    Both are 1 for Poisson arrivals, and more for bursts: the first sees seconds, the second minutes and slow swings.
    """
    gaps = np.diff(traffic.arrival_s)
    mean = gaps.mean() if gaps.size else 0.0
    out: dict[str, float | None] = {"gap_cv": _finite(gaps.std() / mean) if mean > 0 else None}
    for step in (1, 60):
        out[f"dispersion_{step}s"] = _dispersion(traffic, step)
    return out


def _dispersion(traffic: Traffic, step_s: float) -> float | None:
    """Variance of the counts in all whole steps over their mean."""
    if traffic.duration_s // step_s <= MAX_STEPS:
        count = counts(traffic, step_s, whole=True)
        return _finite(count.var(ddof=1) / count.mean()) if count.size > 1 and count.mean() > 0 else None
    steps, count = _occupied(traffic, step_s)
    if not count.size or steps < 2:
        return None
    mean = count.sum() / steps
    return _finite(((count.astype(float) ** 2).sum() - steps * mean**2) / (steps - 1) / mean)


def _occupied(traffic: Traffic, step_s: float) -> tuple[int, Ints]:
    """How many whole steps the window has, and the counts of those that are not empty."""
    steps = int(traffic.duration_s // step_s)
    place = traffic.arrival_s // step_s
    place = place[place < steps]
    edges = np.concatenate([[-1], np.flatnonzero(np.diff(place)), [len(place) - 1]]) if len(place) else np.zeros(1)
    return steps, np.diff(edges).astype(np.int64)


def counts(traffic: Traffic, step_s: float, whole: bool = False) -> Ints:
    """Requests in each step of the window; ``whole`` leaves out a last step that is not full.

    Parameters
    ----------
    traffic : the requests
    step_s : length of a step [s]
    whole : whether a last step that is not full is left out

    Returns requests by step, shape ``(n_steps,)``.
    """
    if not len(traffic):
        return np.zeros(0, np.int64)
    full = int(traffic.duration_s // step_s)
    count = np.bincount((traffic.arrival_s // step_s).astype(np.int64), minlength=full)
    return count[:full] if whole else count


def lengths(tokens: Ints) -> dict[str, Any]:
    """Total, mean, least, most and percentiles of a number of tokens."""
    if not tokens.size:
        return {"total": 0}
    at = np.percentile(tokens, PERCENTILES)
    shown = {f"p{p}": float(value) for p, value in zip(PERCENTILES, at, strict=True)}
    return {"total": int(tokens.sum()), "mean": float(tokens.mean()), "least": int(tokens.min())} | shown | {
        "most": int(tokens.max())
    }  # fmt: skip


def repeated_share(traffic: Traffic) -> float | None:
    """Share of input tokens in blocks that an earlier request had: the most that a prefix cache can save."""
    if traffic.hashes is None or not traffic.hashes.block.size:
        return None
    return float(_repeated_tokens(traffic.hashes, traffic.input_tokens) / traffic.input_tokens.sum())


def _repeated_tokens(hashes: Hashes, given: Ints) -> int:
    first = np.unique(hashes.block, return_index=True)[1]
    again = np.ones(hashes.block.size, bool)
    again[first] = False
    length = np.diff(hashes.offset)
    place = np.arange(hashes.block.size) - np.repeat(hashes.offset[:-1], length)
    left = np.repeat(given, length) - place * hashes.block_tokens
    return int(np.clip(left, 0, hashes.block_tokens)[again].sum())


def _peak(traffic: Traffic, step_s: float) -> float | None:
    """Most requests a second in any step; None where the window is shorter than one."""
    count = _occupied(traffic, step_s)[1]
    if not count.size:
        return 0.0 if traffic.duration_s >= step_s and len(traffic) else None
    return float(count.max() / step_s)


def _correlation(given: Ints, made: Ints) -> float | None:
    """Pearson's, of the logarithms."""
    log_given, log_made = np.log(given), np.log(made)
    if given.size < 2 or log_given.std() == 0 or log_made.std() == 0:
        return None
    return float(np.corrcoef(log_given, log_made)[0, 1])


def _finite(value: float | Array) -> float | None:
    return float(value) if np.isfinite(value) else None
