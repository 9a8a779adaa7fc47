"""Generators against the mathematics they stand for, within five standard deviations, and against the traces."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.work.traffic import arrivals
from wattline.line.work.traffic.arrivals import RateShape, fit_shape, with_shape
from wattline.line.work.traffic.generator import gamma, make, markov, poisson, stream
from wattline.line.work.traffic.known import day_shape, known_lengths, known_shape, week_shape
from wattline.line.work.traffic.lengths import fit_lengths, fixed_lengths, lognormal_lengths, resampled_lengths
from wattline.line.work.traffic.parts import join
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.summary import summary
from wattline.line.work.traffic.trace import Traffic

FIXED = fixed_lengths(5, 3)
DAY = day_shape(0.3, 14)


@given(st.floats(0.01, 500), st.integers(0, 10_000))
def test_poisson_counts_and_gaps(rate: float, seed: int) -> None:
    window = 20_000 / rate
    traffic = poisson(rate, FIXED, seed, duration_s=window)
    assert abs(len(traffic) - 20_000) < 5 * np.sqrt(20_000)
    assert traffic.duration_s == window
    assert traffic.arrival_s[-1] < window
    assert stats.kstest(np.diff(traffic.arrival_s) * rate, "expon").pvalue > 1e-7


@given(st.floats(0.2, 6), st.integers(0, 10_000))
def test_gamma_gaps_have_their_deviation(cv: float, seed: int) -> None:
    traffic = gamma(10.0, cv, FIXED, seed, count=30_000)
    gaps = np.diff(traffic.arrival_s) * 10
    assert gaps.mean() == pytest.approx(1, abs=5 * cv / np.sqrt(30_000))
    shape = cv**-2
    # the deviation of a variance from its fourth moment: 2 + 6/shape for Gamma
    assert gaps.var() == pytest.approx(cv**2, rel=5 * np.sqrt((2 + 6 / shape) / 30_000) + 0.01)


def test_gamma_is_stationary_from_the_first_second() -> None:
    process = arrivals.gamma_process(1.0, 3.0)
    counts = [len(make(process, FIXED, seed, duration_s=1.0)) for seed in range(150)]
    late = [int(np.count_nonzero(make(process, FIXED, seed, duration_s=40.0).arrival_s >= 39)) for seed in range(150)]
    for seen in (counts, late):
        assert np.mean(seen) == pytest.approx(1, abs=5 * np.std(seen) / np.sqrt(150))


@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0.5, 20)), min_size=2, max_size=4),
    st.integers(0, 10_000),
)
def test_markov_mean_rate(states: list[tuple[float, float]], seed: int) -> None:
    rates, dwell = ([state[i] for state in states] for i in (0, 1))
    mean = float(np.average(rates, weights=dwell))
    if mean < 0.05:
        return
    window = 3000 * sum(dwell) / len(dwell)
    traffic = markov(rates, dwell, FIXED, seed, duration_s=window)
    # count: Poisson noise and that of the stays, exponential, in 3000 of them
    noise = np.sqrt(mean * window) + max(rates) * max(dwell) * np.sqrt(2 * 3000)
    assert abs(len(traffic) - mean * window) < 5 * noise


def test_two_markov_states_have_their_known_dispersion() -> None:
    rates, dwell, step = np.array([2.0, 20.0]), np.array([30.0, 10.0]), 5.0
    traffic = markov(rates, dwell, FIXED, 3, duration_s=400_000)
    count = np.bincount((traffic.arrival_s // step).astype(int), minlength=80_000)
    p = dwell / dwell.sum()
    mean, spread = rates @ p, p[0] * p[1] * (rates[1] - rates[0]) ** 2
    decay = (1 / dwell).sum()
    variance = mean * step + 2 * spread * (step / decay - (1 - np.exp(-decay * step)) / decay**2)
    assert count.mean() == pytest.approx(mean * step, rel=0.03)
    assert count.var() == pytest.approx(variance, rel=0.05)


MAKERS: dict[str, Callable[[int], Traffic]] = {
    "poisson": lambda seed: poisson(9, known_lengths("chat", catalog.default()), seed, count=400_000),
    "gamma": lambda seed: gamma(9, 2, known_lengths("code", catalog.default()), seed, duration_s=40_000, shape=DAY),
    "markov": lambda seed: markov([1, 30], [50, 5], FIXED, seed, count=50_000),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_seed_makes_the_same_traffic(name: str) -> None:
    first, second, other = MAKERS[name](1), MAKERS[name](1), MAKERS[name](2)
    assert np.array_equal(first.arrival_s, second.arrival_s)
    assert np.array_equal(first.input_tokens, second.input_tokens)
    assert not np.array_equal(first.arrival_s[:100], other.arrival_s[:100])


def test_parts_are_the_whole_and_endless() -> None:
    process, lengths = arrivals.poisson_process(50), known_lengths("chat", catalog.default())
    whole = make(process, lengths, 4, count=600_000)
    parts = list(stream(process, lengths, 4, count=600_000))
    assert len(parts) == 3
    assert sum(map(len, parts)) == len(whole) == 600_000
    assert join(parts).tokens == whole.tokens
    assert all(first.arrival_s[-1] <= second.arrival_s[0] for first, second in pairwise(parts))
    day = stream(arrivals.poisson_process(200e6 / 86400), FIXED, 4, duration_s=86400)
    assert sum(map(len, islice(day, 3))) == 3 * arrivals.BLOCK


@given(
    st.lists(st.floats(0, 10), min_size=1, max_size=20).filter(lambda r: sum(r) > 0.1),
    st.floats(0.1, 1000),
    st.lists(st.floats(0, 5), min_size=1, max_size=50),
)
def test_a_shape_turns_time_into_area_and_back(relative: list[float], step: float, turns: list[float]) -> None:
    shape = RateShape(np.array(relative), step)
    assert shape.relative.mean() == pytest.approx(1)
    area = np.array(turns) * shape.period_s
    assert shape.area(shape.times(area)) == pytest.approx(area, rel=1e-9, abs=1e-9 * shape.period_s)
    assert np.all(np.diff(shape.times(np.sort(area))) >= -1e-9 * shape.period_s)


def test_a_shape_without_requests_for_an_hour_gets_none() -> None:
    traffic = poisson(100, FIXED, 1, duration_s=60, shape=RateShape(np.array([1.0, 0, 2]), 10))
    hour = (traffic.arrival_s // 10).astype(int) % 3
    assert np.count_nonzero(hour == 1) == 0
    assert np.count_nonzero(hour == 2) / np.count_nonzero(hour == 0) == pytest.approx(2, rel=0.1)


def test_a_day_of_requests_follows_its_shape() -> None:
    traffic = poisson(10, FIXED, 1, duration_s=86400, shape=DAY)
    count = np.bincount((traffic.arrival_s // 3600).astype(int), minlength=24)
    expected = DAY.relative.reshape(24, 4).mean(axis=1) * 36_000
    assert stats.chisquare(count, expected * count.sum() / expected.sum()).pvalue > 1e-6
    assert np.argmax(DAY.relative) * DAY.step_s / 3600 == pytest.approx(14, abs=0.5)
    assert DAY.relative.min() / DAY.relative.max() == pytest.approx(0.3, abs=0.01)


def test_a_week_rests_and_a_window_may_open_at_noon() -> None:
    week = week_shape(0.3, 14, 0.5)
    days = week.relative.reshape(7, -1).mean(axis=1)
    assert days[5:] / days[0] == pytest.approx([0.5, 0.5])
    assert np.allclose(days[:5], days[0])
    noon = known_shape("day", catalog.default(), 14)
    assert noon is not None
    assert np.argmax(noon.relative) in (0, len(noon.relative) - 1)
    assert known_shape("flat", catalog.default()) is None


def test_a_shape_is_found_again_in_its_traffic() -> None:
    day = RateShape(DAY.relative.reshape(24, 4).mean(axis=1), 3600)
    result = fit_shape(poisson(20, FIXED, 5, duration_s=3 * 86400 + 5000, shape=DAY))
    assert result.relative == pytest.approx(day.relative, rel=0.05)
    with pytest.raises(WattlineError, match="no whole period"):
        fit_shape(poisson(20, FIXED, 5, duration_s=4000))


def test_bursts_live_on_in_a_shape() -> None:
    flat = gamma(20, 4, FIXED, 6, count=100_000)
    waved = make(with_shape(arrivals.gamma_process(20, 4), DAY), FIXED, 6, count=100_000)
    assert np.allclose(DAY.area(waved.arrival_s), flat.arrival_s)


def test_resampled_pairs_stay_pairs() -> None:
    trace = Traffic(np.arange(4.0), np.array([1, 20, 300, 4000]), np.array([7, 77, 777, 7777]))
    given_tokens, made = resampled_lengths(trace)(10_000, np.random.default_rng(1))
    pairs = set(zip(given_tokens.tolist(), made.tolist(), strict=True))
    assert pairs == {(1, 7), (20, 77), (300, 777), (4000, 7777)}


def test_a_lognormal_is_found_again() -> None:
    true = lognormal_lengths(900, 0.8, 150, 0.5, 0.6)
    trace = poisson(1, true, 1, count=30_000)
    fit = fit_lengths(trace)
    drawn = np.log(np.stack(fit(50_000, np.random.default_rng(2))))
    seen = np.log(np.stack([trace.input_tokens, trace.output_tokens]))
    assert np.exp(drawn.mean(axis=1)) == pytest.approx([900, 150], rel=0.03)
    assert drawn.std(axis=1) == pytest.approx(seen.std(axis=1), rel=0.03)
    assert np.corrcoef(drawn)[0, 1] == pytest.approx(0.6, abs=0.03)


def test_two_kinds_of_requests_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    short, long = (lognormal_lengths(*at)(5000, rng) for at in ((50, 0.2, 400, 0.2), (8000, 0.2, 20, 0.2)))
    both = [np.concatenate(pair) for pair in zip(short, long, strict=True)]
    fit = fit_lengths(Traffic(np.arange(10_000.0), *both), parts=2)
    order = np.argsort(fit.mean[:, 0])
    assert fit.weight == pytest.approx([0.5, 0.5], abs=0.01)
    assert np.exp(fit.mean[order]) == pytest.approx(np.array([[50, 400], [8000, 20]]), rel=0.05)


def test_a_trace_of_one_length_is_fitted_too() -> None:
    trace = Traffic(np.arange(10.0), np.full(10, 500), np.full(10, 300))
    given_tokens, made = fit_lengths(trace)(1000, np.random.default_rng(0))
    assert np.median(given_tokens) == pytest.approx(500, rel=0.01)
    assert made.max() <= 300


@pytest.mark.parametrize("name", ["chat", "code", "long-chat"])
def test_known_lengths_have_the_means_of_their_records(name: str) -> None:
    from wattline import catalog

    record = catalog.default().find("traffic", name)
    given_tokens, made = known_lengths(name, catalog.default())(400_000, np.random.default_rng(0))
    assert given_tokens.mean() == pytest.approx(record["input_tokens"].value, rel=0.05)
    assert made.mean() == pytest.approx(record["output_tokens"].value, rel=0.05)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["AzureLLMInferenceTrace_conv.csv", "AzureLLMInferenceTrace_code.csv"])
def test_fitted_lengths_are_near_a_real_trace(shared_data: Path, name: str) -> None:
    trace = read_traffic(shared_data / "traces" / name)
    drawn = fit_lengths(trace, parts=5)(100_000, np.random.default_rng(0))
    for made, real in zip(drawn, (trace.input_tokens, trace.output_tokens), strict=True):
        assert made.mean() == pytest.approx(real.mean(), rel=0.05)
        at: Array = np.array([10, 25, 50, 75, 90])
        assert np.percentile(made, at) == pytest.approx(np.percentile(real, at), rel=0.2)


BAD: dict[str, Callable[[], object]] = {
    "rate": lambda: poisson(0, FIXED, 1, count=1),
    "rate that is none": lambda: poisson(float("nan"), FIXED, 1, count=1),
    "neither window nor number": lambda: poisson(1, FIXED, 1),
    "both": lambda: poisson(1, FIXED, 1, count=1, duration_s=1),
    "no window": lambda: poisson(1, FIXED, 1, duration_s=0),
    "no request": lambda: poisson(1, FIXED, 1, count=0),
    "deviation": lambda: gamma(1, 0, FIXED, 1, count=1),
    "one state": lambda: markov([1], [1], FIXED, 1, count=1),
    "all at rest": lambda: markov([0, 0], [1, 1], FIXED, 1, count=1),
    "a stay of no time": lambda: markov([1, 2], [1, 0], FIXED, 1, count=1),
    "flicker": lambda: markov([1, 2], [1e-9, 1e-9], FIXED, 1, count=1),
    "tokens": lambda: fixed_lengths(0, 1),
    "sigma": lambda: lognormal_lengths(1, -1, 1, 1),
    "too few": lambda: fit_lengths(Traffic(np.zeros(1), np.ones(1), np.ones(1))),
    "no lengths": lambda: known_lengths("office-day", catalog.default()),
    "unknown": lambda: known_lengths("poetry", catalog.default()),
    "shape": lambda: known_shape("month", catalog.default()),
    "hour": lambda: known_shape("day", catalog.default(), 200),
    "empty shape": lambda: RateShape(np.zeros(3), 1),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_wishes_are_one_line(name: str) -> None:
    with pytest.raises(WattlineError) as stopped:
        BAD[name]()
    assert "\n" not in str(stopped.value)


def test_an_empty_window_is_an_empty_traffic() -> None:
    traffic = poisson(1e-6, FIXED, 1, duration_s=1)
    assert len(traffic) == 0
    assert summary(traffic)["requests"] == 0
    assert summary(traffic)["rate_per_s"] == 0
