"""American states and grids as parts of their country, and the shares they rest on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.line.world.growth import FIRST
from wattline.line.world.outlook import OutlookQuestion
from wattline.line.world.parts import part_shares
from wattline.line.world.places import place_of
from wattline.line.world.series_places import place_or_company
from wattline.line.world.states import state_parts, state_twh
from wattline.predict.outlook.world import world

GRIDS = ("us-ercot", "us-pjm", "us-caiso", "us-miso", "us-spp", "us-nyiso", "us-isone", "us-southeast", "us-tva")


def test_states_add_up_to_what_was_published_of_the_whole() -> None:
    assert sum(state_twh().values()) == pytest.approx(152.1, rel=0.005)  # EPRI, Powering Intelligence, 2024
    published = {"virginia": 33.85, "texas": 21.81, "california": 9.33, "illinois": 7.45, "oregon": 6.41}
    for state, twh in published.items():
        assert state_twh()[state] == pytest.approx(twh, rel=0.02), state


@pytest.mark.parametrize("state", sorted(state_twh()))
def test_a_state_is_divided_once(state: str) -> None:
    grids = {grid: state_parts(grid).get(state, 0.0) for grid in (*GRIDS, "us-carolinas", "us-florida")}
    assert 0.0 <= sum(grids.values()) <= 1.0 + 1e-9, grids


def test_a_grid_holds_its_states() -> None:
    pjm, virginia = place_of("us-pjm"), place_of("virginia")
    assert pjm.whole == virginia.whole == place_of("us")
    assert place_of("us-va") == virginia
    assert pjm.part > virginia.part == pytest.approx(33.85 / 152.1, rel=0.02)
    made = world(("us", "us-pjm", "virginia"), "2023-2030", draws=2000)
    us, grid, state = (np.median(made.made.twh[i], axis=-1) for i in range(3))
    assert (us > grid).all()
    assert (grid > state).all()
    assert state[0] / us[0] == pytest.approx(virginia.part, rel=0.03)
    assert state[-1] / us[-1] < 0.85 * virginia.part  # it nears what the state has of the electricity, 3%
    assert np.median(made.made.gw[2], axis=-1)[0] < np.median(made.made.gw[0], axis=-1)[0]


@given(st.lists(st.sampled_from(["us", "us-pjm", "virginia", "texas", "france"]), min_size=1, max_size=6),
       st.lists(st.integers(2000, 2035), min_size=6, max_size=6))  # fmt: skip
def test_shares_are_a_covariance_and_leave_wholes_alone(names: list[str], years: list[int]) -> None:
    places = [place_of(name) for name in names]
    offset, spread = part_shares(places, np.array(years[: len(places)]) - FIRST)
    assert np.linalg.eigvalsh(spread).min() > -1e-9
    assert (spread == spread.T).all()
    for i, place in enumerate(places):
        if place.whole is None:
            assert offset[i] == 0.0
            assert (spread[i] == 0.0).all()
        else:
            assert offset[i] < 0.0 < spread[i, i]


def test_before_shares_were_published_a_state_is_told_as_a_place_of_its_own() -> None:
    assert OutlookQuestion.read(["virginia"], as_of=2023).places[0].whole is None
    assert OutlookQuestion.read(["virginia"], as_of=2024).places[0].whole == place_of("us")


def test_own_figures_of_a_state_make_its_path() -> None:
    assert place_or_company("virginia").whole is None
    assert not place_or_company("virginia").company


def test_a_state_and_a_country_of_one_name_are_two() -> None:
    assert place_of("us-ga").whole is not None
    assert place_of("ge").whole is None
