"""``tune --slowdown``: looks stand at the edge of what is allowed, each held against the limit that stood."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from wattline.control.edge import EdgeView
from wattline.control.objective import TuneObjective
from wattline.control.search import LOOK, LimitSearch
from wattline.meter.sensors.simulated_chip import ChipCurve

GRID = np.arange(200.0, 701.0, 10.0)


@cache
def searched(seed: int, allowed: Callable[[int], bool] = lambda place: True) -> LimitSearch:
    """A search with a slowdown of 5% that has come to its end on a chip."""
    search = LimitSearch(GRID, TuneObjective(slowdown=0.05), run_windows=1000, allowed=allowed)
    random, curve = np.random.default_rng(seed), ChipCurve()
    while search.searching:
        slower, more = np.exp(random.normal(0, 0.014, 2))
        seconds = curve.slowdown(search.setting) * slower
        search.take(curve.power_w(search.setting) * seconds * more, seconds, 1.0)
    return search


def test_with_a_slowdown_every_look_stands_between_windows_of_the_limit_that_stood() -> None:
    search = searched(1)
    looked = [window.setting for window in search.windows if window.phase == LOOK]
    assert len(looked) > 6
    assert set(looked[::3]) == {search.reference}
    assert search.reference not in looked[1::3] + looked[2::3]
    assert looked[1::3] == looked[2::3]


def test_with_a_slowdown_a_setting_that_a_further_bound_forbids_is_not_chosen() -> None:
    search = searched(2, allowed=lambda place: place > 40)
    assert all(window.setting > 40 for window in search.windows)
    assert search.best > 40


def test_joint_draws_have_the_mean_and_spread_of_the_posterior() -> None:
    search = searched(1)
    time, power = search.posterior.sample(4000, 1)
    difference = (time + power) - (time + power)[:, [search.reference]]
    assert np.allclose(difference.mean(axis=0), search.values(), atol=0.002)
    assert np.allclose(difference.std(axis=0), search.spread(), rtol=0.15, atol=0.002)


def test_a_choice_weighs_a_broken_slowdown_against_a_saving_that_is_not_had() -> None:
    loss = np.array([[0.0, 0.03, 0.05], [0.06, 0.0, 0.05]])
    assert EdgeView(np.zeros((2, 3)), np.zeros((2, 3)), loss).choice() == 1


def test_a_look_is_worth_something_only_where_it_can_change_the_choice() -> None:
    random = np.random.default_rng(4)
    slow = random.random(512) < 0.5
    time = np.stack([np.where(slow, 0.08, 0.02), np.zeros(512)], axis=1)
    loss = np.stack([np.where(slow, 0.1, 0.0), np.where(slow, 0.0, 0.05)], axis=1)
    noise = np.array([0.01, 0.01])
    undecided, decided = EdgeView(time, time, loss), EdgeView(time, time, np.array([[0.0, 0.1]] * 512))
    assert np.isclose(undecided.worth(noise)[0], 0.025, atol=0.006)
    assert np.allclose(decided.worth(noise), 0.0)
