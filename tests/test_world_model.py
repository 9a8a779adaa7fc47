"""The world's stock, its electricity, and scopes that do not mix; identities of published figures."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.line.world.ai_part import ai_ratio
from wattline.line.world.drivers import Drivers, read_what_if
from wattline.line.world.electricity import electricity_twh
from wattline.line.world.grid_limit import grid_limit, newest_year
from wattline.line.world.observe import FIRST as FIRST_PATH
from wattline.line.world.outlook import OutlookQuestion, catalog_posterior, outlook
from wattline.line.world.percentiles import percentiles
from wattline.line.world.places import place_of
from wattline.line.world.power import TWH_PER_GW, capacity_gw, chips_of, energy_twh, koomey_twh, mean_watts
from wattline.line.world.scopes import SCOPES, DataCentreEnergy, MixedScopes, it_of, with_crypto
from wattline.line.world.stock import YEARS, retirements, standing, standing_by_vintage, survival
from wattline.line.world.tables import annex, series

IN_2030 = 2030 - int(YEARS[0])


@pytest.mark.parametrize(("scope", "twh"), [("world", 58.4), ("us", 23.2)])
def test_koomey_follows_from_the_stock_and_watts_of_each_class_of_server(scope: str, twh: float) -> None:
    assert koomey_twh(scope, 2000) == pytest.approx(twh, rel=0.005)


@pytest.mark.parametrize(
    "row", [r for r in annex() if r.dc_gw and r.dc_twh], ids=lambda r: f"{r.region}-{r.kind}-{r.year}"
)
def test_capacity_times_hours_times_load_is_the_annexs_electricity(row) -> None:
    twh = row.dc_gw * TWH_PER_GW * row.load_percent / 100
    # the annex rounds: capacity to 1 GW, or to 0.1 of the smallest regions; load to 1%; electricity to 1 or 0.1 TWh
    step = 0.1 if row.dc_gw < 1 else 1.0
    rounding = 0.5 * step / row.dc_gw + 0.5 / row.load_percent + 0.5 * step / row.dc_twh
    assert abs(twh / row.dc_twh - 1) <= 0.03 + (rounding if row.dc_gw < 20 else 0.0)


@pytest.mark.parametrize(
    "row", [r for r in annex() if r.it_twh and r.pue], ids=lambda r: f"{r.region}-{r.kind}-{r.year}"
)
def test_it_times_pue_is_the_annexs_electricity(row) -> None:
    step = 0.1 if row.it_twh < 3 else 1.0
    rounding = 0.5 * step / row.it_twh + 0.005 / row.pue
    assert abs(row.it_twh * row.pue / row.dc_twh - 1) <= 0.015 + (rounding if row.it_twh < 60 else 0.0)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["ireland", "malaysia", "us", "germany", "africa"]), st.integers(2027, 2035), st.floats(-2, 2))
def test_a_grid_connects_a_share_of_its_own_electricity_a_year(name: str, year: int, deviate: float) -> None:
    """Nothing is bound up to the newest known year, and each year after leaves room for as much as the one before."""
    posterior, place = catalog_posterior(2026), place_of(name)
    newest = newest_year(posterior, place, 2026)
    limit = grid_limit(posterior, place, [newest, newest + 1, year], 2026, np.array([deviate]))[0]
    assert np.isinf(limit[0])
    assert limit[1] <= limit[2]
    share = 0.025 * (0.05 / 0.025 if deviate > 0 else 0.025 / 0.013) ** (deviate / 1.645)
    known = limit[2] - share * electricity_twh(place, year) * (year - newest)
    assert known == pytest.approx(limit[1] - share * electricity_twh(place, newest + 1), abs=0.01 * limit[2])


def test_a_grid_binds_where_data_centres_are_a_large_part_of_it_and_nowhere_else() -> None:
    posterior = catalog_posterior(2026)
    for name, bound in (("ireland", True), ("world", False), ("germany", False), ("africa", False)):
        place = place_of(name)
        mean, spread = posterior.predict([place], np.array([2030 - FIRST_PATH]))
        high = float(np.exp(mean[0] + 1.645 * np.sqrt(spread[0, 0])))
        assert bool(high > grid_limit(posterior, place, [2030], 2026, np.zeros(1))[0, 0]) == bound, name


def test_regions_are_not_rescaled_to_the_world() -> None:
    regions = ("north_america", "central_south_america", "europe", "africa", "middle_east", "asia_pacific")
    in_2024 = {row.region: row.dc_twh for row in annex() if row.kind == "all" and row.year == 2024}
    gap = in_2024["world"] - sum(in_2024[name] for name in regions)
    assert 2 < gap < 10  # Eurasia, which the annex does not show


def test_a_higher_load_of_the_same_capacity_adds_as_much_as_published() -> None:
    base = next(row for row in annex() if (row.region, row.kind, row.year) == ("world", "all", 2030))
    added = energy_twh(base.dc_gw * 0.55) - energy_twh(base.dc_gw * 0.48)
    assert added == pytest.approx(139, abs=1)
    assert capacity_gw(energy_twh(base.dc_gw * 0.48), 0.48) == pytest.approx(base.dc_gw)


def us_change(*what_if: str) -> float:
    ratio = ai_ratio(place_of("us"))
    base = Drivers({}, (), ratio).parts().total[0, IN_2030]
    return 100 * (Drivers({}, tuple(map(read_what_if, what_if)), ratio).parts().total[0, IN_2030] / base - 1)


def test_the_american_stock_of_2030_answers_as_lbnl_published() -> None:
    assert us_change("shipments=-15%") == pytest.approx(-10.8, abs=2)
    assert us_change("ai_life=4") == pytest.approx(-9.1, abs=2)
    share = Drivers({}, (), ai_ratio(place_of("us"))).parts()
    assert share.ai[0, IN_2030] / share.total[0, IN_2030] == pytest.approx(0.55, abs=0.03)


def test_what_inference_draws_explains_the_published_case() -> None:
    assert us_change("ai_idle=30%", "ai_inference_use=30%") == pytest.approx(20.5, abs=2)
    assert us_change("ai_inference_use=30%") < us_change("ai_idle=30%", "ai_inference_use=30%")


# electricity of 2020 by the IEA, before AI: what servers without it are split by
SERVERS = {"us": 0.40, "china": 0.23, "europe": 0.21, "advanced": 0.11, "emerging": 0.05}


@pytest.mark.parametrize("year", [2024, 2030, 2035])
def test_the_chips_of_all_regions_are_those_of_the_world(year: int) -> None:
    total = sum(share * series("ai-ratio", scope=name).at(np.array([year]))[0] for name, share in SERVERS.items())
    assert total == pytest.approx(1, abs=0.06)


def test_the_united_states_never_outgrow_the_world() -> None:
    places, years = ["us", "china", "europe"], np.array([2024, 2030, 2035])
    paths = {
        name: catalog_posterior(2026).predict([place_of(name)] * 3, years - FIRST_PATH, counted=False)[0]
        for name in ("world", *places)
    }
    shares = {name: np.exp(paths[name] - paths["world"]) for name in places}
    assert (shares["us"] < 0.6).all()
    assert abs(shares["us"][2] - shares["us"][1]) < 0.04


def test_other_published_cases_have_their_sign_and_order() -> None:
    high_inference = us_change("ai_idle=30%", "ai_inference_use=30%")
    more_chips = us_change("chip_growth=+10%")
    consolidated = us_change("shipments=-15%")
    assert high_inference > more_chips > 0 > consolidated


def test_chips_of_four_makers_add_up_to_their_published_power() -> None:
    makers = ("nvidia", "google", "amd", "amazon")
    at = {
        year: sum(series("chips-cumulative", name).at(np.array([year]))[0] for name in makers) for year in (2024, 2025)
    }
    assert at[2024] == pytest.approx(5.31, abs=0.01)
    assert at[2025] == pytest.approx(12.39, abs=0.01)
    facility = at[2025] * series("chip-to-facility", "ai").facts[0].value
    assert facility == pytest.approx(31, abs=0.5)
    shipped = Drivers({}).chips()[0]
    before = sum(fact.value for fact in series("chips-shipped", "before").facts)
    assert shipped[YEARS <= 2025].sum() - before == pytest.approx(12.39, abs=0.02)


def test_ai_of_2025_lies_where_others_have_it() -> None:
    parts = Drivers({}).parts()
    twh = (parts.ai + parts.ai_overhead)[0, 2025 - int(YEARS[0])]
    assert 62 <= twh <= 155


@settings(max_examples=50, deadline=None)
@given(st.floats(1.5, 15), st.lists(st.floats(0, 100), min_size=len(YEARS), max_size=len(YEARS)))
def test_what_stands_is_what_stood_plus_arrivals_less_what_retires(life: float, shipped: list[float]) -> None:
    ships = np.array(shipped)
    stock, left = standing(ships, life), retirements(ships, life)
    assert standing_by_vintage(ships, life).sum(axis=0) == pytest.approx(stock)
    assert (left >= -1e-9).all()
    arrived = ships * 0.5 + np.concatenate([[0], ships[:-1]]) * 0.5
    before = np.concatenate([[0], stock[:-1]])
    assert stock == pytest.approx(before + arrived - left, abs=1e-6)


def test_half_of_a_shipment_stands_at_about_its_mean_life() -> None:
    assert float(survival(np.array(7.0), 7.0)) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("pair", list(itertools.permutations(SCOPES, 2)), ids="+".join)
def test_electricity_of_different_scopes_does_not_add_up(pair: tuple[str, str]) -> None:
    first, other = (
        SCOPES[name](10.0, 2024, frozenset({place})) for name, place in zip(pair, ("us", "china"), strict=True)
    )
    with pytest.raises(MixedScopes):
        first + other


def test_figures_of_one_scope_add_up_where_neither_holds_the_other() -> None:
    us, china = DataCentreEnergy(183, 2024, frozenset({"us"})), DataCentreEnergy(102, 2024, frozenset({"china"}))
    assert (us + china).twh == 285
    world = DataCentreEnergy(416, 2024, frozenset({"world"}))
    for wrong in (lambda: us + us, lambda: us + world, lambda: sum([us, china]), lambda: us + 1.0):
        with pytest.raises(MixedScopes):
            wrong()
    with pytest.raises(MixedScopes):
        us + DataCentreEnergy(102, 2023, frozenset({"china"}))


def test_it_and_crypto_are_reached_by_name_alone() -> None:
    world = DataCentreEnergy(350, 2022, frozenset({"world"}))
    assert it_of(world, 1.4).twh == pytest.approx(250)
    mining = SCOPES["crypto"](110, 2022, frozenset({"world"}))
    assert with_crypto(world, mining).twh == 460
    with pytest.raises(MixedScopes):
        world + mining


def drawn(seed: int, *what_if: str):
    question = OutlookQuestion.read(["world", "us"], "2024-2030", what_if=[read_what_if(text) for text in what_if])
    return outlook(question, catalog_posterior(2026), 3000, seed)


def test_the_same_seed_gives_the_same_draws() -> None:
    assert (drawn(1).twh == drawn(1).twh).all()
    assert not (drawn(1).twh == drawn(2).twh).all()


def test_what_cannot_be_connected_waits_and_is_not_lost() -> None:
    usual, short = Drivers({}).chips()[0], Drivers({}, (read_what_if("connections=20"),)).chips()[0]
    coming = YEARS > 2025
    assert (short[~coming] == usual[~coming]).all()
    assert (short[coming].cumsum() <= usual[coming].cumsum() + 1e-9).all()
    assert short[coming].sum() < usual[coming].sum()
    wide = Drivers({}, tuple(read_what_if(f"{name}=10000") for name in ("connections", "turbines", "transformers")))
    assert wide.chips()[0] == pytest.approx(usual)


@pytest.mark.parametrize("limit", ["connections", "turbines", "transformers"])
def test_the_tightest_limit_is_what_holds(limit: str) -> None:
    change = [us_change(f"{limit}={gw}") for gw in (5, 15, 25, 500)]
    assert change == sorted(change)
    assert change[0] < -20
    assert change[-1] == pytest.approx(0)


def test_a_rebound_takes_back_its_part_of_what_is_saved_and_of_nothing_else() -> None:
    base, saved = drawn(0).twh, drawn(0, "ai_work=-30%").twh
    assert (saved < base).any()
    assert drawn(0, "ai_work=-30%", "rebound=50%").twh == pytest.approx((base + saved) / 2, rel=1e-6)  # draw by draw
    assert (drawn(0, "ai_work=+30%").twh == drawn(0, "ai_work=+30%", "rebound=50%").twh).all()


def test_the_use_of_ai_chips_is_that_of_training_and_inference() -> None:
    assert us_change("training_share=100%") > us_change("training_share=50%") > us_change("training_share=1%")
    assert us_change("ai_use=20%") == pytest.approx(us_change("training_share=0.0001%"), abs=0.1)


@settings(max_examples=50, deadline=None)
@given(st.floats(0, 1), st.floats(0.1, 3), *(st.floats(0.01, 0.99) for _ in range(3)))
def test_training_takes_its_share_of_the_electricity_with_fewer_chips(
    share: float, work: float, idle: float, train: float, infer: float
) -> None:
    chips = float(chips_of(*(np.array(each) for each in (share, work, idle, train, infer))))
    training, inference = chips * mean_watts(work, idle, train), (1 - chips) * mean_watts(work, idle, infer)
    assert training == pytest.approx(share * (training + inference), abs=1e-9)
    assert (chips <= share + 1e-9) if train >= infer else (chips >= share - 1e-9)


def test_idle_chips_that_draw_more_are_no_fewer_of_training() -> None:
    assert us_change("ai_idle=99%") > us_change("ai_idle=30%") > 0 > us_change("ai_idle=10%")


def test_a_place_moves_with_its_own_measure_of_ai() -> None:
    base, less = drawn(0), drawn(0, "ai_life=4")
    change = percentiles(less.twh, [50])[0] / percentiles(base.twh, [50])[0] - 1
    assert -0.11 < change[1, -1] < -0.06  # the United States
    assert change[1, -1] < change[0, -1] < -0.03  # the world has less AI


def test_shares_of_parts_add_up_to_one() -> None:
    assert sum(drawn(0).shares.values()) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "ai_idle",
        "ai_idle=x",
        "ai_idle=nan",
        "shipments=-nan",
        "ai_life=inf",
        "moon=3",
        "shipments=15%",
        "ai_use=120%",
        "ai_life=-100%",
        "ai_life=0",
    ],
)
def test_a_bad_what_if_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(WattlineError) as caught:
        read_what_if(text)
    assert "\n" not in str(caught.value)
    assert text in str(caught.value)


@pytest.mark.parametrize("years", ["", "x", "1999-2010", "2030-2020", "2020-2050"])
def test_bad_years_are_refused(years: str) -> None:
    with pytest.raises(WattlineError, match="years"):
        OutlookQuestion.read(["world"], years)


def test_the_path_that_studies_share_is_bound_by_grids_as_its_draws_are() -> None:
    """Where a grid binds, p95 of the shared path is of path and grid together, not of both at their p95."""
    rows = wl.world(["us", "ireland"], "2030-2035").json()["results"]["places"]
    for place in rows:
        for row in place["years"]:
            assert row["shared_twh"]["p95"] < 1.06 * row["energy_twh"]["p95"], (place["name"], row["year"])
            assert row["shared_twh"]["p5"] < row["shared_twh"]["p50"] < row["shared_twh"]["p95"]
