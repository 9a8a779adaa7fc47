"""AI chips that ship, by Epoch's quarters, by makers' revenue and by wafers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.core.units import Z95
from wattline.line.world.ai_part import ai_share
from wattline.line.world.chip_sources import SOURCES, chips_shipped
from wattline.line.world.drivers import Drivers, read_what_if
from wattline.line.world.stock import YEARS
from wattline.line.world.tables import series


def test_chips_by_revenue_and_by_wafers_agree_with_epochs_quarters_within_their_ranges() -> None:
    known = (YEARS >= 2022) & (YEARS <= 2025)
    ends = {source: chips_shipped(np.array([-Z95, 0.0, Z95]), source)[:, known].sum(axis=1) for source in SOURCES}
    for low, middle, high in ends.values():
        assert low < ends["epoch"][1] < high
        assert ends["epoch"][0] < middle < ends["epoch"][2]
    assert ends["epoch"][1] == pytest.approx(12.39, abs=0.02)


@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 2), st.sampled_from(["revenue", "wafers"]))
def test_where_a_source_lies_in_its_range_moves_its_chips_one_way(deviate: float, source: str) -> None:
    """What a source does not count stays as Epoch has it, and the what-if has the source's chips."""
    at, above = chips_shipped(np.array([deviate, deviate + 0.5]), source)
    assert (at <= above).all()
    assert (at[(YEARS < 2015) | (YEARS > 2025)] == 0).all()
    drivers = Drivers({"chip_shipments": np.array([deviate])}, (read_what_if(f"chips={source}"),))
    assert drivers.chips()[0][YEARS <= 2025] == pytest.approx(at[YEARS <= 2025])
    if source == "wafers":
        assert at[YEARS < 2022] == pytest.approx(chips_shipped(np.array([deviate]))[0][YEARS < 2022])


def test_chips_of_an_unknown_source_are_refused_with_the_known_ones() -> None:
    for text in ("chips=moon", "chips=-15%", "chips="):
        with pytest.raises(WattlineError, match="epoch, revenue, wafers"):
            read_what_if(text)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.02, 0.4), st.floats(0.05, 0.4), st.integers(2024, 2030))
def test_what_is_counted_beside_chips_is_no_more_where_these_take_more(share: float, spread: float, year: int) -> None:
    """A draw of chips that take more has as much beside them; where all take the middle, the ratio counts."""
    years, flat = np.array([year]), np.full((1, 400), share)
    drawn = flat * np.exp(spread * np.random.default_rng(1).standard_normal(400))
    drawn *= share / np.median(drawn)
    pue = float(series("pue", "ai").at(years)[0])
    assert (ai_share(drawn, years) - ai_share(flat, years) == pytest.approx((drawn - flat) * pue, abs=1e-9)) or (
        ai_share(drawn, years).max() >= 0.9
    )
    counted = float(series("ai-counted", "ai").at(years)[0])
    assert np.median(ai_share(flat, years)) == pytest.approx(min(share * pue * counted, 0.98), rel=0.05)


def test_what_is_counted_beside_chips_does_not_grow_with_them() -> None:
    """Over the chips of a year it is what is left of 2024's, so that its TWh stay about as many from 2023 to 2028."""
    parts = Drivers({}).parts()
    years = np.arange(2023, 2029)
    chips = (parts.ai + parts.ai_overhead)[0, years - int(YEARS[0])]
    assert (series("ai-counted", "ai").at(years) - 1) * chips == pytest.approx(chips[1], rel=0.05)
