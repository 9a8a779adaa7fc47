"""The site's overhead and what follows from a delivery, for every kind of site and every region."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.bill import PARTS
from wattline.core.errors import NotFound
from wattline.line.grid import region as grid
from wattline.line.site import annual
from wattline.line.world.equivalents import CARBON, ENERGY, equivalents

SITES = sorted(catalog.default().records("site"))
REGIONS = sorted(catalog.default().records("region"))
KWH = np.asarray(3.6e6)


@pytest.mark.parametrize("name", SITES)
def test_no_site_takes_less_than_its_servers(name: str) -> None:
    site, draws = annual.load_site(name, catalog.default()), Draws(2000)
    losses = annual.losses_per_it(site, draws)
    assert set(losses) <= set(PARTS)
    assert all(np.all(loss >= 0) for loss in losses.values())
    result = annual.pue(losses)
    assert np.all(result >= 1)
    assert np.all(result < 4)
    assert np.all(annual.water_l(site, KWH, draws) >= 0)


@given(st.sampled_from(SITES), st.floats(1.0, 10.0))
def test_a_given_pue_is_kept(name: str, given_pue: float) -> None:
    losses = annual.losses_per_it(annual.load_site(name, catalog.default()), Draws(0), given_pue)
    assert float(annual.pue(losses)) == pytest.approx(given_pue, rel=1e-14)
    assert all(float(loss) >= 0 for loss in losses.values())


def test_a_given_pue_is_shared_as_the_site_would() -> None:
    site = annual.load_site("hyperscale", catalog.default())
    losses = annual.losses_per_it(site, Draws(0), np.array([1.0, 1.2]))
    assert all(loss[0] == 0 for loss in losses.values())
    ratio = losses["cooling"][1] / losses["ups"][1]
    assert ratio == pytest.approx(site["cooling_power"].value / site["ups"].value)


def test_default_site_and_water_by_hand() -> None:
    assert annual.load_site(None, catalog.default()).name == "hyperscale"
    site = annual.load_site(None, catalog.default())
    assert float(annual.water_l(site, 1000 * KWH, Draws(0))) == pytest.approx(1000 * site["wue_l_per_kwh"].value)
    with pytest.raises(NotFound, match="hyperscale"):
        annual.load_site("hyperscal", catalog.default())


@pytest.mark.parametrize("name", REGIONS)
def test_what_follows_is_physical(name: str) -> None:
    region, draws = grid.load_region(name, catalog.default()), Draws(200)
    assert np.all(grid.generated_j(region, KWH, draws) >= KWH)
    assert np.all(grid.generated_j(region, KWH, draws) < 3 * KWH)  # half is lost in Iraq
    assert np.all(grid.cost_usd(region, KWH, draws) > 0)
    assert np.all(grid.cost_usd(region, KWH, draws) < 1)
    assert np.all(grid.water_l(region, KWH, draws) >= 0)
    for scope in ("direct", "lifecycle"):
        co2 = grid.co2e_kg(region, KWH, draws, scope)
        assert np.all((co2 >= 0) & (co2 < 2))


def test_stacks_give_off_less_than_the_life_cycle_nearly_everywhere() -> None:
    draws = Draws(0)
    odd = []
    for name in REGIONS:
        region = grid.load_region(name, catalog.default())
        direct, whole = (float(grid.co2e_kg(region, KWH, draws, scope)) for scope in ("direct", "lifecycle"))
        if direct > 1.05 * whole:
            odd.append(name)
    assert len(odd) <= 0.02 * len(REGIONS), odd


def test_by_hand() -> None:
    texas, draws = grid.load_region("Texas", catalog.default()), Draws(0)
    assert texas.name == "us-ercot"
    # life cycle of what is generated; direct, by the location-based method, of what is delivered
    generated = 1 / (1 - grid.of_region(texas, "grid_loss", catalog.default()).value)
    life, direct = (texas[f"carbon_{scope}_g_per_kwh"].value for scope in ("lifecycle", "direct"))
    assert float(grid.co2e_kg(texas, 1000 * KWH, draws)) == pytest.approx(life * generated)
    assert float(grid.co2e_kg(texas, 1000 * KWH, draws, "direct")) == pytest.approx(direct)
    water = grid.of_region(texas, "water_l_per_kwh", catalog.default()).value
    assert float(grid.water_l(texas, 1000 * KWH, draws)) == pytest.approx(1000 * water * generated)
    price = texas["industrial_price_usd_per_kwh"].value
    assert float(grid.cost_usd(texas, 1000 * KWH, draws)) == pytest.approx(1000 * price)
    assert grid.load_region(None, catalog.default()).name == "world"


def test_what_a_grid_lacks_is_its_countrys_then_the_worlds() -> None:
    texas, country, world = (grid.load_region(name, catalog.default()) for name in ("us-ercot", "us", "world"))
    for attribute in ("grid_loss", "water_l_per_kwh", "home_kwh_per_year"):
        assert attribute not in texas.facts
        assert grid.of_region(texas, attribute, catalog.default()) is country[attribute]
    assert grid.of_region(texas, "carbon_direct_g_per_kwh", catalog.default()) is texas["carbon_direct_g_per_kwh"]
    bare = Record("region", "atlantis", {})
    assert grid.of_region(bare, "grid_loss", catalog.default()) is world["grid_loss"]
    reported = Record("region", "atlantis-1", {}, {"parent": "jp"})
    assert (
        grid.of_region(reported, "consumption_twh", catalog.default())
        is catalog.default().find("region", "jp")["consumption_twh"]
    )


@pytest.mark.parametrize("name", REGIONS)
def test_every_region_lies_in_the_world(name: str) -> None:
    region, seen = grid.load_region(name, catalog.default()), [name]
    while region.name != "world":
        region = catalog.default().find("region", grid.parent(region, catalog.default()))
        assert region.name not in seen
        seen.append(region.name)
    scope = catalog.default().records("region")[name].meta["scope"]
    assert len(seen) == {"world": 1, "country": 2, "grid": 3}[scope]


def test_carbon_scopes_of_a_draw_go_together() -> None:
    draws = Draws(500)
    region = grid.load_region("us-pjm", catalog.default())
    assert np.all(grid.co2e_kg(region, KWH, draws, "direct") < grid.co2e_kg(region, KWH, draws))


@given(st.floats(1.0, 1e18), st.floats(1e-6, 1e12))
def test_equivalents_are_proportional(energy: float, carbon: float) -> None:
    draws = Draws(10)
    once = equivalents(np.asarray(energy), np.asarray(carbon), draws)
    twice = equivalents(np.asarray(2 * energy), np.asarray(2 * carbon), draws)
    assert len(once) == len(ENERGY) + len(CARBON)
    for first, second in zip(once, twice, strict=True):
        assert float(second.count) == pytest.approx(2 * float(first.count))
        assert first.fact in draws.used


def test_equivalents_by_hand() -> None:
    result = {e.name: e for e in equivalents(np.asarray(60.0 * 3600), np.asarray(1.0), Draws(0))}
    assert float(result["hours of a 60 W light bulb"].count) == pytest.approx(1.0)
    assert float(result["Google searches (2009 figure)"].count) == pytest.approx(200.0)
    spread = equivalents(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0]), Draws(3))
    assert spread[0].count.shape == (3,)
    assert spread[0].json()["fact"] == "region.us.home_kwh_per_year"


def test_a_site_with_another_pue_is_only_scaled() -> None:
    site = annual.load_site("hyperscale", catalog.default())
    double = replace(
        site, facts={k: replace(f, value=2 * f.value, low=0.0, high=3 * f.high) for k, f in site.facts.items()}
    )
    first, second = (annual.losses_per_it(s, Draws(0), 1.3) for s in (site, double))
    assert all(float(first[part]) == pytest.approx(float(second[part])) for part in first)
