"""What part of a benchmark's run was measured: the arithmetic of ``validate/window.py`` against runs played out."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.validate.evidence.window import RunWindow, requests, spread, windows


def _play(size: int, total: int, dispersion: float, mean: float = 400.0) -> tuple[float, float, float, float]:
    """A run token by token: mean position and prompts a mean length within the window, the share of tokens in it,
    and the share of the batch that runs at the run's median token, counted from the emptiest step."""
    rng = np.random.default_rng(7)
    lengths = np.maximum(rng.gamma(1 / dispersion**2, mean * dispersion**2, total).round(), 1).astype(int)
    ends = [(int(n), 0) for n in lengths[:size]]
    heapq.heapify(ends)
    waiting, step, positions, tokens, begun = list(lengths[size:]), 0, 0.0, 0.0, 0
    after: list[int] = []
    while ends:
        upto = ends[0][0]
        if waiting:
            lasts = upto - step
            positions += sum(lasts * (step - s) + lasts**2 / 2 for _, s in ends)
            tokens += lasts * len(ends)
        else:
            after += [len(ends)] * ((upto - step) * len(ends))
        step = upto
        while ends and ends[0][0] == step:
            heapq.heappop(ends)
            if waiting:
                heapq.heappush(ends, (step + int(waiting.pop()), step))
                begun += 1
    share = tokens / (tokens + len(after))
    half = (tokens + len(after)) / 2
    running = 1.0 if len(after) < half else float(np.sort(after)[int(half)]) / size
    return positions / tokens / lengths.mean(), begun / tokens * lengths.mean(), share, running


@pytest.mark.parametrize(("task", "batch"), [("lm-arena-chat", 512), ("lm-arena-chat", 128), ("gpqa", 128)])
def test_a_run_played_out_has_the_same_window(task: str, batch: int) -> None:
    single = windows([task], [batch])
    total = int(requests(task, batch))
    # many runs at once: as many places and requests, times eight
    age, new, share, _ = _play(8 * batch, 8 * total, spread(task))
    assert float(single.age[0]) == pytest.approx(age, rel=0.06)
    assert float(single.new[0]) == pytest.approx(new, rel=0.06)
    assert float(single.quantile[0]) == pytest.approx(1 - 0.5 / share, abs=0.03)
    assert float(single.running[0]) == 1.0


def test_a_run_that_is_mostly_its_end() -> None:
    single = windows(["gpqa"], [512])
    age, new, share, running = _play(2048, 4 * int(requests("gpqa", 512)), spread("gpqa"))
    assert share < 0.5
    assert float(single.running[0]) == pytest.approx(running, abs=0.03)
    assert float(single.age[0]) == pytest.approx(age, rel=0.08)
    assert float(single.new[0]) == pytest.approx(new, rel=0.08)


def test_a_task_of_no_benchmark_is_in_full_swing() -> None:
    single = windows(["translation"], [64])
    assert float(single.new[0]) == 1.0
    assert float(single.quantile[0]) == 0.5
    assert float(single.age[0]) == float(single.position[0])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["lm-arena-chat", "gpqa", "sourcegraph-fim", "image-chat", "video-chat"]), st.integers(1, 5000))
def test_limits(task: str, batch: int) -> None:
    assert requests(task, batch) >= batch
    single: RunWindow = windows([task], [batch])
    assert 0 < float(single.age[0]) <= float(single.position[0]) + 1e-9
    assert 0 < float(single.new[0]) <= 1.0 + 1e-3
    assert 0 < float(single.quantile[0]) <= 0.5
    assert 0 < float(single.running[0]) <= 1.0
