"""A bill, its delivery and what follows, by hand: joules of each part, the peak, dollars, kilograms and litres."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.bill import Bill
from wattline.core.errors import Imbalance, NotFound, WattlineError
from wattline.core.fact import Array
from wattline.line.grid import region as grid
from wattline.line.site import annual
from wattline.line.site.power_chain import REDUNDANCY, Ups, chain, transformer_loss
from wattline.predict.answer import Working
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import find_facility
from wattline.predict.prices import follow
from wattline.predict.where import Where

KWH = 3.6e6


def central() -> Draws:
    return Draws(0)


def value(name: str) -> float:
    return float(catalog.default().fact(name).value)


def test_a_bills_stations_by_hand() -> None:
    parts = {"prefill": 1.0, "decode": 2.0, "chip_idle": 4.0, "host": 8.0, "network": 16.0, "ups": 32.0, "fans": 64.0}
    made = Bill({name: np.asarray(j) for name, j in parts.items()}, np.asarray(127.0), {"cost_usd": np.asarray(3.0)})
    assert [float(made.at(station)) for station in ("chip", "server", "site", "grid")] == [7, 31, 127, 127]
    assert float(made.energy_j) == 127
    data = made.json()
    assert data["energy_wh"]["p50"] == data["energy_mean_wh"] == pytest.approx(127 / 3600)
    assert data["parts"]["fans"]["share"] == pytest.approx(64 / 127)
    assert data["parts"]["host"]["energy_wh"]["p50"] == pytest.approx(8 / 3600)
    assert (data["parts"]["host"]["station"], data["parts"]["fans"]["station"]) == ("server", "site")
    assert data["parts"]["host"]["energy_mean_wh"] == pytest.approx(8 / 3600)
    assert data["cost_usd"]["p50"] == 3
    assert "50.4%" in repr(made)
    assert "100.0%" in made._repr_html_()


def test_bills_add_and_multiply_part_by_part() -> None:
    single = Bill({"host": np.asarray(2.0), "fans": np.asarray(1.0)}, np.asarray(3.0), {"cost_usd": np.asarray(5.0)})
    other = Bill(
        {"host": np.asarray(10.0)}, np.asarray(10.0), {"cost_usd": np.asarray(7.0), "water_l": np.asarray(1.0)}
    )
    both = (single + other) * 3
    assert {name: float(j) for name, j in both.parts.items()} == {"host": 36, "fans": 3}
    assert float(both.delivered_j) == 39
    assert {name: float(x) for name, x in both.follows.items()} == {"cost_usd": 36}
    assert single.__add__(3) is NotImplemented  # type: ignore[operator]


def test_a_bill_that_does_not_add_up_is_none() -> None:
    Bill({"host": np.asarray(1.0)}, np.asarray(1.0 + 0.9e-9))
    Bill({"host": np.asarray([1.0, 0.0])}, np.asarray([1.0, 0.0]))
    for parts, delivered in (
        ({"host": 1.0}, 1.0 + 2e-9), ({"host": 1.0}, 0.5), ({"host": -1.0}, -1.0), ({"host": 3.0, "fans": -1.0}, 2.0),
        ({}, 0.0), ({"gremlins": 1.0}, 1.0),
    ):  # fmt: skip
        with pytest.raises(Imbalance):
            Bill({name: np.asarray(j) for name, j in parts.items()}, np.asarray(delivered))
    with pytest.raises(Imbalance):
        Bill({"host": np.asarray([1.0, 1.0])}, np.asarray([1.0, 1.1]))


def delivered(*phases: Phase, **where: Any) -> tuple[Bill, Any, Array, Any]:
    draws = central()
    facility = find_facility(Where.read("fr", where), draws, Working())
    bill, load, peak = deliver(phases, facility, draws, Working())
    return bill, load, peak, facility


def phase(seconds: float, **watts: float) -> Phase:
    return Phase({part: np.asarray(power) for part, power in watts.items()}, np.asarray(seconds))


def test_phases_of_a_job_follow_each_other_to_the_grid() -> None:
    """100 W of chips and 50 of hosts for 60 s, then 30 W of chips for 20 s: 9,600 J of servers, at a PUE of 1.5."""
    bill, load, peak, facility = delivered(phase(60, decode=100, host=50), phase(20, decode=30), pue=1.5)
    assert float(bill.at("server")) == pytest.approx(9600)
    assert {name: float(bill.parts[name]) for name in ("decode", "host")} == {"decode": 6600, "host": 3000}
    assert float(bill.delivered_j) == pytest.approx(14_400)
    assert sum(float(bill.parts[part]) for part in annual.LOSSES) == pytest.approx(4800)
    assert float(peak) == pytest.approx(225)
    assert float(load.energy_j) == pytest.approx(14_400)
    assert float(bill.follows["generated_wh"]) == pytest.approx(4 / (1 - value("region.fr.grid_loss")))
    water = 9600 / KWH * value("site.hyperscale.wue_l_per_kwh")
    stations = 14_400 / (1 - value("region.fr.grid_loss")) / KWH * value("region.fr.water_l_per_kwh")
    assert float(bill.follows["water_l"]) == pytest.approx(water + stations)
    assert facility.pue == pytest.approx(1.5)


def test_what_a_delivery_says_of_itself() -> None:
    draws, working = central(), Working()
    facility = find_facility(Where.read("fr", {"pue": 1.5, "carbon": 80}), draws, Working())
    bill, _, _ = deliver([phase(60, decode=60)], facility, draws, working)
    message = {reason.name: (float(reason.value), reason.unit, reason.formula) for reason in working.reasons}
    assert message["energy of the servers and network"][:2] == (pytest.approx(1.0), "Wh")
    assert message["energy delivered"][:2] == (pytest.approx(1.5), "Wh")
    assert message["cost"] == (float(bill.follows["cost_usd"]), "USD", "price to industry, France × energy delivered")
    assert message["co2e"] == (float(bill.follows["co2e_kg"]), "kg", "given carbon intensity × energy delivered")
    assert message["co2e direct"] == message["co2e"]
    assert message["water"][0] == float(bill.follows["water_l"])
    priced = find_facility(Where.read("fr", {"pue": 1.5, "electricity_price": 0.1}), draws, Working())
    deliver([phase(60, decode=60)], priced, draws, working)
    formulas = [reason.formula for reason in working.reasons]
    assert "given price × energy delivered" in formulas
    assert "life-cycle carbon intensity, France × energy generated" in formulas


def test_a_delivery_by_the_hour_has_its_own_overhead_and_water() -> None:
    """Two hours at a place: 100 W of servers, then 300."""
    draws, working = central(), Working()
    facility = find_facility(Where.read(None, {"place": "Dublin"}), draws, Working())
    phases = [phase(3600, host=100), phase(3600, host=200, network=100)]
    bill, load, peak = deliver(phases, facility, draws, working)
    assert float(bill.at("server")) == pytest.approx(400 * 3600)
    assert float(bill.parts["network"]) == pytest.approx(100 * 3600)
    assert 1.02 < float(bill.delivered_j) / (400 * 3600) < 1.6
    assert float(load.energy_j) == pytest.approx(float(bill.delivered_j))
    assert 300 < float(peak) < 480
    assert load.power_w.shape[-1] == 200
    assert "energy delivered" in {reason.name for reason in working.reasons}
    loss = grid.of_region(facility.region, "grid_loss", catalog.default()).value
    assert float(bill.follows["generated_wh"]) == pytest.approx(float(bill.delivered_j) / (1 - loss) / 3600)
    stations = float(grid.water_l(facility.region, bill.delivered_j, draws))
    assert float(bill.follows["water_l"]) >= stations


def test_a_phase_of_no_length_has_no_peak() -> None:
    _, _, peak, _ = delivered(phase(0, host=900), phase(20, host=30), pue=2.0)
    assert float(peak) == pytest.approx(60)


@given(st.floats(1, 10), st.floats(0.1, 1e4), st.floats(1, 1e6))
def test_a_pue_is_what_the_site_takes_over_its_servers(pue: float, watts: float, seconds: float) -> None:
    bill, _, peak, _ = delivered(phase(seconds, host=watts), pue=pue)
    assert float(bill.delivered_j) == pytest.approx(pue * watts * seconds, rel=1e-9)
    assert float(peak) == pytest.approx(pue * watts, rel=1e-9)


def test_dollars_and_kilograms_of_a_kilowatt_hour() -> None:
    draws, where = central(), Where.read("fr")
    region = grid.load_region("fr", catalog.default())
    follows = {name: float(x) for name, x in follow(region, where, np.asarray(1000 * KWH), draws).items()}
    generated = 1000 / (1 - value("region.fr.grid_loss"))
    assert follows["cost_usd"] == pytest.approx(1000 * value("region.fr.industrial_price_usd_per_kwh"))
    assert follows["co2e_kg"] == pytest.approx(generated * value("region.fr.carbon_lifecycle_g_per_kwh") / 1000)
    assert follows["co2e_direct_kg"] == pytest.approx(value("region.fr.carbon_direct_g_per_kwh"))
    assert float(grid.water_l(region, np.asarray(1000 * KWH), draws)) == pytest.approx(
        generated * value("region.fr.water_l_per_kwh")
    )


GIVEN = ("cost_usd", "co2e_kg", "co2e_direct_kg", "co2e_market_kg")  # marginal and carbon-free stay the region's


def test_what_the_user_gave_stands_in_place_of_the_regions() -> None:
    region = grid.load_region("fr", catalog.default())
    where = Where.read("fr", {"electricity_price": 0.25, "carbon": "80 g/kWh"})
    follows = follow(region, where, np.asarray(1000 * KWH), central())
    given = {name: float(follows[name]) for name in GIVEN}
    assert given == pytest.approx({"cost_usd": 250, "co2e_kg": 80, "co2e_direct_kg": 80, "co2e_market_kg": 80})
    free = follow(region, Where.read("fr", {"electricity_price": 0.0, "carbon": 0.0}), np.asarray(KWH), central())
    assert {float(free[name]) for name in GIVEN} == {0.0}


def test_a_region_lacks_nothing_that_the_one_it_lies_in_has() -> None:
    facts = catalog.default()
    assert grid.load_region(None, facts).name == "world"
    assert grid.load_region("us-east-1", facts).name.startswith("us")
    texas = grid.load_region("us-ercot", facts)
    assert grid.parent(texas, facts) == "us"
    assert grid.parent(grid.load_region("us", facts), facts) == "world"
    bare = replace(texas, facts={})
    assert grid.of_region(bare, "grid_loss", facts) == grid.load_region("us", facts)["grid_loss"]


def test_where_a_job_runs_is_read_once_and_refuses_what_excludes_itself() -> None:
    assert Where.read("fr").region == "fr"
    assert Where.read(Where(region="fr"), {"pue": 1.2}) == Where(region="fr", pue=1.2)
    assert (Where.read(values={"pue": 1}).pue, Where.read(values={"pue": 10}).pue) == (1, 10)
    assert Where(place="Dublin").hourly
    assert not Where(region="fr").hourly
    for values in ({"pue": 0.99}, {"pue": 10.1}, {"pue": 1.2, "place": "Dublin"}, {"cooling": "dx"}):
        with pytest.raises(WattlineError):
            Where.read(None, values)
    with pytest.raises(WattlineError):
        Where.read("fr", {"region": "de"})
    given_ = Where.read("fr", {"pue": 1.5, "carbon": 80, "electricity_price": 0.1})
    assert given_.inputs() == {"pue": 1.5, "carbon_g_per_kwh": 80, "electricity_price_usd_per_kwh": 0.1}


def test_annual_losses_add_up_to_the_pue_that_was_given() -> None:
    site = annual.load_site("colocation", catalog.default())
    own = annual.losses_per_it(site, central())
    assert {part: float(x) for part, x in own.items()} == {
        part: site[attribute].value for part, attribute in annual.LOSSES.items()
    }
    assert float(annual.pue(own)) == pytest.approx(1 + sum(float(x) for x in own.values()))
    given_ = annual.losses_per_it(site, central(), 2.0)
    assert sum(float(x) for x in given_.values()) == pytest.approx(1.0)
    ratio = {part: float(given_[part] / own[part]) for part in own}
    assert len({round(x, 9) for x in ratio.values()}) == 1
    assert float(annual.water_l(site, np.asarray(2 * KWH), central())) == pytest.approx(2 * site["wue_l_per_kwh"].value)


# a hall of round numbers: 10% of rack supplies, 4% of wires of which a quarter is the transformers', a standing light
HALL = {
    "rack_supply_loss": 0.1, "distribution_loss": 0.04, "transformer_share": 0.25, "oversize": 2.0, "lighting": 0.02,
    "generator_heat": 0.01, "transformer_rating": 2.0, "transformer_standing": 0.4,
}  # fmt: skip
AS_ARRAYS = {name: np.asarray(x) for name, x in HALL.items()}


def test_the_power_chain_by_hand() -> None:
    ups = Ups(np.asarray(0.01), np.asarray(0.02), np.asarray(0.03))
    assert float(ups.loss(np.asarray(0.5))) == pytest.approx(0.01 + 0.01 + 0.0075)
    made = chain(np.asarray(1.0), ups, "N", AS_ARRAYS)
    load = (1 + 0.1 + 1.1 * 0.03) / 2
    lost = 2 * (0.01 + 0.02 * load + 0.03 * load**2)
    assert {name: float(x) for name, x in made.parts.items()} == pytest.approx(
        {"rack_supply": 0.1, "distribution": 0.033, "ups": lost, "lighting": 0.02, "generators": 0.01}
    )
    assert float(made.hall_heat) == pytest.approx(1 + 0.1 + 0.033 + lost + 0.02)


def test_redundancy_installs_more_and_shares_the_current() -> None:
    """Units beyond those needed: a quarter for one more of four, all again for two paths, of which each has a half."""
    assert REDUNDANCY == {"N": (1.0, 1), "N+1": (1.25, 1), "N+2": (1.5, 1), "2N": (2.0, 2), "2N+1": (2.25, 2)}
    standing = Ups(np.asarray(0.01), np.asarray(0.0), np.asarray(0.0))
    for name, (installed, paths) in REDUNDANCY.items():
        parts = chain(np.asarray(1.0), standing, name, AS_ARRAYS).parts
        assert float(parts["ups"]) == pytest.approx(2 * installed * 0.01)
        assert float(parts["distribution"]) == pytest.approx(0.033 / paths)
        assert float(parts["generators"]) == pytest.approx(0.01 * installed)


def test_a_ups_of_an_efficiency_has_it_at_half_load() -> None:
    curve = Ups(np.asarray(0.01), np.asarray(0.02), np.asarray(0.03)).scaled(np.asarray(0.96))
    assert 0.5 / (0.5 + float(curve.loss(np.asarray(0.5)))) == pytest.approx(0.96)
    assert float(curve.linear / curve.standing) == pytest.approx(2)
    assert float(curve.quadratic / curve.standing) == pytest.approx(3)


def test_a_transformer_stands_and_warms_with_the_square_of_its_load() -> None:
    """At its rating it loses 1% of it; two fifths of that without load."""
    for power, loss in ((2.0, 0.02), (0.0, 0.008), (1.0, 0.008 + 0.012 / 4)):
        assert float(transformer_loss(np.asarray(power), AS_ARRAYS)) == pytest.approx(loss)


def test_the_currency_of_a_cost() -> None:
    from wattline.predict.prices import notes_of

    where = SimpleNamespace(settings={"electricity_price": "a file", "carbon": "a file"}, currency=("EUR", 1.25))
    notes = notes_of(where, np.asarray(10.0))  # type: ignore[arg-type]
    assert notes == (
        "settings: electricity price, carbon from a file",
        "cost of electricity in EUR: 8, at 1.25 USD for one EUR",
    )
    assert "(p5 to p95: 4.40 to 11.6)" in notes_of(where, np.linspace(5.0, 15.0, 101))[1]  # type: ignore[arg-type]


def test_a_place_of_a_job_as_people_write_it() -> None:
    assert Where.read("fr", {"weather": "a year.csv"}).weather == Path("a year.csv")
    for values, words in (({"pue": "1.2 kWh"}, "PUE"), ({"pue": "low"}, "PUE")):
        with pytest.raises(WattlineError, match=words):
            Where.read("fr", values)
    assert Where(region="fr", currency=("EUR", 1.1)).inputs() == {"currency": "EUR"}
    with pytest.raises(NotFound, match="atlantis"):
        grid.load_region("atlantis", catalog.default())
