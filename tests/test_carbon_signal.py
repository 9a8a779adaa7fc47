"""Signals of a grid: integrals that conserve, and types that never mix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.line.grid.carbon.signal import (
    AverageIntensity,
    CleanShare,
    HourlyPrice,
    MarginalIntensity,
    MixedSignals,
    blend,
)

START = np.datetime64("2023-01-01T00:00:00")
rows = st.lists(st.floats(0, 1000), min_size=4, max_size=60).map(np.array)


def average(values, step_s=3600.0, scope="lifecycle"):
    return AverageIntensity(START, step_s, np.asarray(values, float), scope=scope)


@given(rows, st.sampled_from([900.0, 1800.0, 3600.0]), st.integers(2, 40))
def test_means_between_times_add_up_to_the_whole(values, step_s, pieces):
    signal = average(values, step_s)
    edges = np.linspace(0, signal.duration_s, pieces + 1)
    assert signal.means(edges) @ np.diff(edges) == pytest.approx(values.sum() * step_s, abs=1e-6)


@given(rows)
def test_quarter_hours_and_hours_have_the_same_integral(values):
    quarters = average(np.repeat(values, 4), 900.0)
    assert quarters.resampled(3600.0).values == pytest.approx(values)
    hours = average(values)
    at = np.linspace(0, hours.duration_s, 37)
    assert quarters.until(at) == pytest.approx(hours.until(at), rel=1e-9, abs=1e-6)


@given(st.floats(0, 900), st.floats(-3e7, 3e7), st.floats(1, 1e7))
def test_a_constant_year_is_constant_in_every_year(level, begin, length):
    year = average(np.full(8760, level))
    assert year.means(np.array([begin, begin + length]))[0] == pytest.approx(level, rel=1e-9, abs=1e-9)


def test_a_shorter_series_does_not_reach_beyond_its_end():
    with pytest.raises(WattlineError, match="2023-01-01T03:00:00 UTC"):
        average([1, 2, 3]).until(np.array([3601.0 * 3]))
    with pytest.raises(WattlineError, match="lies outside"):
        average([1, 2, 3]).until(np.array([-60.0]))


def test_average_and_marginal_never_mix():
    mean, margin = average([100, 200]), MarginalIntensity(START, 3600.0, np.array([500.0, 600.0]))
    with pytest.raises(MixedSignals, match="never mixed"):
        blend([mean, margin], [1, 1])
    with pytest.raises(MixedSignals, match=r"lifecycle.*direct"):
        blend([mean, average([1, 2], scope="direct")], [1, 1])
    for attempt in (lambda: mean + margin, lambda: margin - mean, lambda: sum([mean, margin])):
        with pytest.raises(MixedSignals):
            attempt()
    with pytest.raises(MixedSignals):
        blend([HourlyPrice(START, 3600.0, np.array([0.1, 0.2])), mean], [1, 1])


@given(rows, st.floats(0.01, 5), st.floats(0.01, 5))
def test_a_blend_lies_between_its_parts(values, first, other):
    both = blend([average(values), average(values * 2)], [first, other])
    assert np.all(both.values >= values - 1e-9)
    assert np.all(both.values <= 2 * values + 1e-9)


def test_what_is_no_signal_is_refused_with_its_time():
    with pytest.raises(WattlineError, match="step 1 has no number"):
        average([1, np.nan])
    with pytest.raises(WattlineError, match="-3 g/kWh at 2023-01-01T01:00:00 UTC is below zero"):
        average([1, -3])
    with pytest.raises(WattlineError, match="above 1"):
        CleanShare(START, 3600.0, np.array([0.5, 40]))
    assert HourlyPrice(START, 3600.0, np.array([-0.02, 0.1])).mean == pytest.approx(0.04)
