"""Ranges of tuned engines read off what was left out, and what a benchmark's run shows of a steady rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.line.engine.benchmark_run import BenchmarkRun
from wattline.validate.fit.mlperf_ranges import UnseenResult, ranges_of_others, time_ranges

SHIFTS = st.lists(st.floats(-0.3, 0.3), min_size=4, max_size=8)


def results_of(shifts: list[float], scatter: float = 0.05, rows: int = 12) -> list[UnseenResult]:
    """Groups that lie off as a whole, each with the same scatter around that."""
    around = np.linspace(-scatter, scatter, rows)
    return [UnseenResult(f"g{i}", "b200", shift + x) for i, shift in enumerate(shifts) for x in around.tolist()]


@given(SHIFTS, st.sampled_from(["chip", "generation", "vendor", "any"]))
def test_groups_that_lie_further_off_widen_the_range_of_another(shifts: list[float], level: str) -> None:
    near, far = (time_ranges(results_of([f * x for x in shifts]), level)[""] for f in (1.0, 2.0))
    assert far[0] <= near[0] * (1 + 1e-9) < 1.0 < near[1] <= far[1] * (1 + 1e-9)
    assert near[0] <= np.exp(-0.04)
    assert near[1] >= np.exp(0.04)  # the rows' own scatter is in it


@given(SHIFTS)
def test_a_group_left_out_has_the_range_that_the_others_show(shifts: list[float]) -> None:
    """Its own results, however far off, change nothing of it."""
    results = results_of(shifts)
    far = [replace(each, log_time=each.log_time + 5.0) if each.group == "g0" else each for each in results]
    first, second = (ranges_of_others(each, "chip")[0] for each in (results, far))
    assert first == second
    assert first == time_ranges([each for each in results if each.group != "g0"], "chip")["b200"]


def test_two_groups_tell_nothing_of_each_other() -> None:
    assert ranges_of_others(results_of([0.1, -0.1]), "chip") == [None] * 24


def test_ranges_of_rows_left_out_are_their_scatter_alone() -> None:
    low, high = time_ranges(results_of([0.2, -0.2], scatter=0.0), "known")[""]
    assert (low, high) == (pytest.approx(np.exp(-0.2)), pytest.approx(np.exp(0.2)))


def test_a_run_ends_when_the_last_request_is_done() -> None:
    """4,388 requests at 4 a second come in 1,097 s; an answer of 3,886 tokens at 0.06 s takes 233 s more."""
    run = BenchmarkRun(requests=4388, least_s=600, last_tokens=3886)
    assert float(run.share(np.asarray(4.0), np.asarray(0.06))) == pytest.approx(1097 / (1097 + 233.16))
    # at 20 a second one set is done in 219 s: three make 658 s
    assert float(run.share(np.asarray(20.0), np.asarray(0.06))) == pytest.approx(658.2 / (658.2 + 233.16))


@given(st.floats(0.1, 1e4), st.floats(1e-3, 0.5), st.floats(1, 4000))
def test_a_run_shows_a_part_of_the_steady_rate(rate: float, step_s: float, tokens: float) -> None:
    share = float(BenchmarkRun(24576, 600, tokens).share(np.asarray(rate), np.asarray(step_s)))
    assert 600 / (600 + tokens * step_s) * (1 - 1e-9) <= share < 1.0
