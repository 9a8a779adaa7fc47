"""AI's part of a total: as the stock tells it, where published figures lie above or below what stands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.claim.sentence.coming_parts import part_draws
from wattline.line.world.ai_odds import WorldTotal, odds_slopes, place_shares
from wattline.line.world.ai_part import ai_ratio
from wattline.line.world.drivers import NORMAL
from wattline.line.world.outlook import catalog_posterior
from wattline.line.world.places import place_of
from wattline.line.world.stock import FIRST
from wattline.line.world.stock_draws import StockDraws

WORLD = place_of("world")


def _draws(years: np.ndarray, count: int, seed: int) -> StockDraws:
    rng = np.random.default_rng(seed)
    return StockDraws({name: rng.standard_normal(count) for name in NORMAL}, (), years)


def _total(over: float, years: np.ndarray, places: int = 1) -> WorldTotal:
    shape = places, len(years)
    return WorldTotal(np.full(len(years), over), years - FIRST, np.ones(shape), np.zeros(shape))


def test_what_is_above_the_stock_up_to_2025_is_not_ais_and_after_2028_it_is() -> None:
    """Counted chips spread less than other servers do; shipments to come spread more than all else, as in the IEA's
    cases, whose AI moves by half as much again as the whole (odds by more yet)."""
    slopes = odds_slopes(WORLD)[np.arange(2023, 2036) - FIRST]
    assert (slopes[:3] < -0.5).all()
    assert (slopes[5:] > 0).all()
    assert (np.diff(slopes) > 0).all()


@settings(max_examples=10, deadline=None)
@given(
    st.integers(0, 99), st.sampled_from([2022, 2025, 2026, 2030]), st.sampled_from(["us", "ireland", "china", "world"])
)
def test_where_the_figures_are_the_stock_the_shares_are_the_stocks(seed: int, year: int, name: str) -> None:
    """Draws whose total is the stock's own keep their parts, to the bit of single precision."""
    years, place = np.array([year]), place_of(name)
    work = _draws(years, 64, seed)
    mean = np.log(_draws(years, 2_048, 2).usual.total).mean(axis=1, dtype=float)
    above = (np.log(work.usual.total) - mean[:, None]).astype(np.float32)[None]
    shares = place_shares(work, (place,), above, _total(0.0, years))
    parts = work.parts_of(place)
    assert shares["ai"][0] == pytest.approx(parts["ai"] / sum(parts.values()), rel=1e-4)
    assert sum(shares.values()) == pytest.approx(np.ones((1, 1, 64)), abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.5, 0.5), st.floats(0.05, 0.5), st.sampled_from([2024, 2025]))
def test_figures_above_the_stock_raise_ais_electricity_by_less_than_the_whole(
    over: float, more: float, year: int
) -> None:
    years = np.array([year])
    work, flat = _draws(years, 64, 1), np.zeros((1, 1, 64), np.float32)
    low, high = (np.exp(at) * place_shares(work, (WORLD,), flat, _total(at, years))["ai"] for at in (over, over + more))
    rise = np.log(high / low)
    assert (rise > 0).all()
    assert (rise < more).all()


def test_a_place_whose_level_nobody_knows_has_no_wider_share_of_ai_for_it() -> None:
    """Its own deviation tells little of the world's total: only that part moves the odds."""
    posterior, years = catalog_posterior(2026), np.array([2025, 2030])
    total = WorldTotal.of(posterior, (place_of("vietnam"), WORLD), years, 2026)
    assert total.slope[1] == pytest.approx(1, abs=1e-6)
    assert total.left_sd[1] == pytest.approx(0, abs=1e-3)
    assert (total.slope[0] < 0.5).all()
    assert (total.left_sd[0] > 0).all()


def test_ais_electricity_of_2025_lies_where_chips_and_publishers_have_it() -> None:
    """62 to 155 TWh: the mean power of four makers' chips in 2025 (8.85 GW) times 0.8 and times 2."""
    twh, _ = part_draws(WORLD, [2024, 2025], "ai", 2026)
    low, middle, high = np.percentile(twh[:, 1], (5, 50, 95))
    assert 62 < low < middle < 155
    assert ((twh[:, 1] > 62) & (twh[:, 1] < 155)).mean() > 0.9
    assert high < 165
    assert np.median(twh[:, 0]) == pytest.approx(62, rel=0.1)  # IEA (2025), of 2024
    assert ai_ratio(WORLD)[-1] == 1


def test_american_ai_of_2023_is_held_as_lbnl_published_it() -> None:
    """40 TWh (LBNL, 2024): mostly of machines that stood before the chips that are counted by quarters."""
    twh, _ = part_draws(place_of("us"), [2023], "ai", 2026)
    low, middle, high = np.percentile(twh[:, 0], (5, 50, 95))
    assert low < 40 < high
    assert middle == pytest.approx(40, rel=0.25)
