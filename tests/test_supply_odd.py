"""Odd inputs of ``supply`` and ``flex``: right, certified, or refused in one line that names what and where."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from supply_files import factors_file
from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.load import Load
from wattline.line.grid.supply.parts import Generator, GridExport, GridImport, Storage, SupplyCase, SupplyTarget
from wattline.line.grid.supply.plan import plan
from wattline.predict.supply.costs import open_costs
from wattline.predict.supply.site_load import site_load
from wattline.predict.where import Where

PLACE = {"region": "us-ercot", "draws": 0}
TOOLS = {"load_mw": 10, **PLACE}


@pytest.fixture
def factors(tmp_path: Path) -> Path:
    return factors_file(tmp_path / "factors.csv")


def notes(**fields: object) -> str:
    return "\n".join(wl.supply(**TOOLS, **fields).json()["notes"])  # type: ignore[arg-type]


def alone(seed: int, hours: int = 240) -> SupplyCase:
    """A site that no grid serves, with plenty of sun: energy is spilled, and burning it costs nothing."""
    rng = np.random.default_rng(seed)
    clock = np.arange(hours)
    sun = np.clip(np.sin((clock % 24 - 6) / 12 * np.pi), 0, None) * rng.uniform(0.2, 1.0, hours)
    wind = np.clip(0.35 + 0.3 * np.sin(clock / 31 + seed) + 0.2 * rng.standard_normal(hours), 0, 1)
    plants = (Generator("wind", 1.5e5, wind), Generator("solar", 4e4 * rng.uniform(0.3, 2), sun))
    return SupplyCase(np.full(hours, 100.0), plants, (Storage("battery", 2.4e4, 1.8e4, 0.95, 0.95),))


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 60))
def test_a_site_without_a_grid_has_a_plan_whose_battery_does_one_thing_at_once(seed: int) -> None:
    made = plan(alone(seed))
    assert made.certificate.good
    assert np.minimum(made.dispatch["battery charge"], made.dispatch["battery discharge"]).max() <= 1e-6
    assert made.certificate.cost - made.certificate.relaxed <= 2e-6 * made.certificate.cost


def test_a_connection_of_no_power_is_no_grid(factors: Path) -> None:
    none, without = (
        wl.supply(**TOOLS, capacity_factors=factors, **fields).plan.usd_per_mwh  # type: ignore[arg-type]
        for fields in ({"import_limit": "0 MW"}, {"technologies": "wind,solar,battery"})
    )
    assert none == pytest.approx(without, rel=1e-5)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 60), more=st.sampled_from([0.0, 0.1, 0.3]))
def test_no_more_is_sold_beyond_what_is_bought_than_may_be(seed: int, more: float) -> None:
    base = alone(seed)
    price = 30 + 200.0 * (np.arange(base.load.size) % 24 == 18)
    case = SupplyCase(
        base.load, base.generators, base.storages, grid=GridImport(100.0, price, 0.3), target=SupplyTarget(annual=1.0),
        export=GridExport(100.0, price, max_net_share=more),
    )  # fmt: skip
    made = plan(case)
    net = made.energy_mwh("grid export") - made.energy_mwh("grid import")
    assert made.certificate.good
    assert net <= more * case.load_mwh * (1 + 1e-5) + 1e-3


def test_annual_matching_sells_what_it_buys_and_no_more(factors: Path) -> None:
    rich = factors_file(factors.parent / "rich.csv", price_usd_mwh=np.where(np.arange(336) % 24 == 18, 900.0, 45.0))
    answer = wl.supply(**TOOLS, target="annual=100%", capacity_factors=rich)
    assert answer.plan.energy_mwh("grid export") <= answer.plan.energy_mwh("grid import") * (1 + 1e-5)
    assert answer.plan.dispatch["grid export"].max() <= 10 * (1 + 1e-6)  # through the same connection
    row = next(row for row in answer.json()["results"]["beside"] if row["name"] == "annual 100%")
    assert row["usd_per_mwh"] == answer.plan.usd_per_mwh
    assert "no more in a year than it buys" in "".join(answer.json()["notes"])
    none = wl.supply(**TOOLS, target="annual=100%", capacity_factors=rich, export="0%")
    assert none.plan.energy_mwh("grid export") == 0
    assert none.plan.usd_per_mwh >= answer.plan.usd_per_mwh


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("cf_wind", "abc", "cf_wind holds 'abc' in row 102"),
        ("price_usd_mwh", "abc", "price_usd_mwh holds 'abc' in row 102"),
        ("grid_cfe", "45%", "grid_cfe holds '45%' in row 102"),
        ("cf_wind", "1.7", "cf_wind is 1.7 at 2023-03-05T04:00"),
        ("cf_solar", "45", "50% is 0.5"),
    ],
)
def test_a_cell_that_cannot_be_is_named(factors: Path, column: str, cell: str, words: str) -> None:
    lines = [line.split(",") for line in factors.read_text().splitlines()]
    lines[101][lines[0].index(column)] = cell
    factors.write_text("\n".join(",".join(line) for line in lines))
    with pytest.raises(wl.WattlineError) as error:
        wl.supply(**TOOLS, capacity_factors=factors)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_filled_or_short_is_told(factors: Path) -> None:
    wind = np.full(14 * 24, 0.4)
    wind[40:42] = np.nan
    reported = notes(capacity_factors=factors_file(factors.parent / "gap.csv", cf_wind=wind), fill_gaps="2 h")
    assert "cf_wind: 2 of 336 steps without a number are filled" in reported
    assert "the hours are of 14 days" in reported
    assert "days" not in notes(capacity_factors=factors_file(factors.parent / "year.csv", 365, "2023-01-01"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("solar,life,0,years", "supply.solar.life_years is 0; give above 0"),
        ("solar,capital cost,-5,USD/kW", "capital_usd_per_kw is -5; give 0 or more"),
        ("solar,capital cost,1100,EUR/kW", "line 2: unit: '1 EUR/kW'"),
        ("gas,efficiency,1.2,", "supply.gas.efficiency is 1.2; give above 0, up to 1"),
        ("gas,efficiency,50,USD/kW", "this is a share"),
        ("nuclear,min output,1.5,", "supply.nuclear.min_output is 1.5; give 0 to 1"),
        ("smr-heat-store,turbine usd per kw,39999,USD/kW", "turbine costs more than the whole plant"),
        ("solar,capital cost,1100,USD/kWh", "solar stores nothing"),
        ("solar,capital cost,1100,USD2015/kW", "costs are in dollars of 2025"),
        ("solar,capital cost,900,USD/kW\nsolar,capex,800,USD/kW", "line 3: solar capital_usd_per_kw is given twice"),
        ("gas,fuel,30,USD/MWh", "fuel of gas is per megawatt-hour of heat"),
        ("nuclear,fuel cost,10,USD/MWh_th", "fuel of nuclear is per megawatt-hour of electricity"),
    ],
)
def test_costs_that_no_plant_has_are_refused(factors: Path, row: str, words: str) -> None:
    table = factors.parent / "costs.csv"
    table.write_text(f"technology,parameter,value,unit\n{row}\n")
    with pytest.raises(wl.WattlineError) as error:
        wl.supply(
            **TOOLS, capacity_factors=factors, costs=table, technologies="wind,solar,gas,nuclear,smr-heat-store,grid"
        )
    assert words in str(error.value)


def test_costs_are_read_in_their_unit(factors: Path) -> None:
    table, costs = factors.parent / "costs.csv", []
    for row in ("solar,capital cost,500,USD2025/kW", "solar,capital cost,500000,USD/MW"):
        table.write_text(f"technology,parameter,value,unit\n{row}\n")
        costs.append(wl.supply(**TOOLS, capacity_factors=factors, costs=table).plan.usd_per_mwh)
    assert costs[0] == pytest.approx(costs[1], rel=1e-6)
    table.write_text("technology,parameter,value,unit\nsolar,capital cost,1100,USD/MW\n")
    (line,) = wl.supply(**TOOLS, capacity_factors=factors, costs=table).json()["warnings"]
    assert line.startswith("solar capital_usd_per_kw is 1.1, 0.00086 times the catalog's")
    table.write_text("technology,parameter,value,unit\ngas,fuel,40,USD/MWh_th\n")
    catalog = open_costs(table)
    given, usual = (c.find("supply", "gas") for c in (catalog, open_costs(None)))
    assert given["fuel_usd_per_mwh_heat"].value == 40
    assert "fuel_usd_per_mwh" not in given.facts
    assert usual["fuel_usd_per_mwh_heat"].value != 40


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_cost_of_it_energy_is_over_what_the_servers_take(factors: Path, share: float) -> None:
    """Through a PUE of 1.25 a megawatt-hour of IT is 1.25 of the site's, however much of the design runs."""
    load = factors.parent / "load.csv"
    load.write_text("share\n" + f"{share}\n" * 24)
    answer = wl.supply(
        it="10MW", load=load, pue=1.25, target="cost", draws=0, region="us-ercot", capacity_factors=factors
    )
    ranges = answer.json()["results"]["ranges"]
    assert ranges["usd_per_it_mwh"]["p50"] == pytest.approx(1.25 * ranges["usd_per_mwh"]["p50"], rel=1e-9)
    assert answer.plan.case.load == pytest.approx(12.5 * share)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"technologies": "wind=200,grid"}, "write wind=200MW"),
        ({"technologies": "solar=3MW"}, "solar is at its most, 3 MW"),
        ({"technologies": "wind=1MW,grid", "target": "cfe=99%"}, "add more wind, a storage, a firm plant or lower"),
        ({"technologies": "gas,grid", "target": "annual=100%"}, "reaches 0%, not 100%: nothing that may be built is"),
        ({"technologies": "wind,solar,grid", "within": "6 months"}, "wind, solar: not there in time"),
    ],
)
def test_what_binds_is_said(factors: Path, fields: dict[str, str], words: str) -> None:
    with pytest.raises(wl.WattlineError) as error:
        wl.supply(**TOOLS, capacity_factors=factors, **fields)  # type: ignore[arg-type]
    assert words in str(error.value)


def test_the_proof_is_a_share_of_the_cost_whatever_its_sign(factors: Path) -> None:
    paid = factors_file(factors.parent / "paid.csv", price_usd_mwh=np.full(336, -40.0))
    for reported in (
        notes(capacity_factors=paid, target="cost", technologies="wind,solar,grid"),
        notes(capacity_factors=factors),
    ):
        parts = re.search(r"by more than one part in ([\d,]+);", reported)
        assert parts
        assert int(parts[1].replace(",", "")) >= 1_000_000


def test_demand_that_is_none_and_demand_of_days_are_told(tmp_path: Path) -> None:
    path = tmp_path / "demand.csv"
    times = [f"{t}Z" for t in np.datetime64("2023-01-01", "h") + np.arange(240)]
    path.write_text("utc,mw\n" + "\n".join(f"{t.replace('T', ' ').replace('Z', ':00:00Z')},0" for t in times))
    with pytest.raises(wl.WattlineError, match="mw is 0 in each step"):
        wl.flex_balance("1 GW", region="us-ercot", demand=path)
    assert "the demand is of 10 days" in "".join(wl.flex_headroom(path).json()["notes"])


@pytest.mark.parametrize(
    ("header", "value", "price", "carbon", "clean"),
    [
        ("price_usd_mwh,ci_direct_g_kwh,grid_cfe", "60,300,0.4", 60, 300, 0.4),
        ("price_usd_kwh,carbon (kg/MWh),cfe_percent", "0.06,300,40", 60, 300, 0.4),
        ("Price (cents USD/kWh),direct co2 [lb/MWh],carbon-free clean (%)", "6,661.386787,40", 60, 300, 0.4),
        ("price,carbon,clean", "60,300,0.4", 60, 300, 0.4),
        ("price,carbon,Low Carbon Percentage,clean", "60,300,70,0.4", 60, 300, 0.4),
    ],
)
def test_the_grids_hours_are_read_in_the_unit_of_their_header(
    tmp_path: Path, header: str, value: str, price: float, carbon: float, clean: float
) -> None:
    table = tmp_path / "grid.csv"
    times = np.datetime64("2023-01-01", "h") + np.arange(48)
    table.write_text(f"utc,{header}\n" + "\n".join(f"{time}:00Z,{value}" for time in times) + "\n")
    grid = wl.supply(**TOOLS, grid=table, target="cost", technologies="grid").plan.case.grid
    assert grid is not None
    assert np.mean(grid.price) == pytest.approx(price)
    assert np.mean(grid.carbon) == pytest.approx(carbon)
    assert np.mean(grid.clean_share) == pytest.approx(clean)


@pytest.mark.parametrize("header", ["price_eur_mwh", "price (ct/kWh)", "Price [GBP/MWh]", "price_usd_mmbtu"])
def test_a_price_in_another_money_or_unit_is_refused(tmp_path: Path, header: str) -> None:
    table = tmp_path / "grid.csv"
    times = np.datetime64("2023-01-01", "h") + np.arange(48)
    table.write_text(f"utc,{header}\n" + "\n".join(f"{time}:00Z,60" for time in times) + "\n")
    with pytest.raises(wl.WattlineError, match="USD/MWh"):
        wl.supply(**TOOLS, grid=table, target="cost", technologies="grid")


def test_a_file_of_the_grid_that_has_nothing_of_it_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "grid.csv"
    times = np.datetime64("2023-01-01", "h") + np.arange(48)
    table.write_text("utc,cf_wind\n" + "\n".join(f"{time}:00Z,0.3" for time in times) + "\n")
    with pytest.raises(wl.WattlineError, match="no price, carbon or clean share of the grid among"):
        wl.supply(**TOOLS, grid=table, target="cost", technologies="grid")


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"technologies": "wind,fusion,grid"}, "no known cost"), ({"on": "ray"}, "give --draws as well")],
)
def test_what_cannot_be_worked_out_is_told_before_the_work(fields: dict[str, str], words: str) -> None:
    with pytest.raises(WattlineError, match=words):
        wl.supply(**TOOLS, **fields)  # type: ignore[arg-type]


def test_a_site_s_overhead_is_drawn_with_the_costs() -> None:
    draws = Draws(12, 0, default())
    drawn = site_load("10 MW", None, None, Where(place="Dallas"), draws).drawn_mw
    assert drawn is not None
    assert drawn.shape == (12, 8760)
    own = wl.site("10 MW", place="Dallas", draws=12).figures()["energy_wh"]
    assert drawn.sum(axis=1) == pytest.approx(np.asarray(own) / 1e6, rel=1e-5)
    annual = site_load("10 MW", None, None, Where(region="us-ercot"), draws).drawn_mw
    assert annual is not None
    assert annual.min() > 10
    assert np.ptp(annual[:, 0]) > 0
    assert np.ptp(annual, axis=1).max() == 0  # flat through the year
    assert site_load("10 MW", None, None, Where(region="us-ercot", pue=1.2), draws).drawn_mw is None
    assert site_load("10 MW", None, None, Where(place="Dallas"), draws.central()).drawn_mw is None


def test_a_saved_load_brings_its_draws(tmp_path: Path) -> None:
    served = wl.serve("llama-3.1-8b", wl.traffic(rate="5/s", duration="2 min"), chip="h100-sxm", draws=40)
    year = wl.site("2 MW", place="Dallas", draws=40)
    for answer, energy in ((served, served.answer.bill.at("server")), (year, year.bill.energy_j)):
        folder = tmp_path / type(answer).__name__
        answer.write(folder)
        load = Load.read_parquet(folder / "load.parquet")
        assert load.scale == pytest.approx(np.asarray(energy) / np.mean(energy), rel=1e-6)
    made = site_load(
        None, tmp_path / "SiteAnswer" / "load.parquet", None, Where(region="us-ercot"), Draws(12, 0, default())
    )
    assert made.drawn_mw is not None
    assert made.drawn_mw / made.power_mw == pytest.approx(np.repeat(np.array(load.scale[:12])[:, None], 8760, axis=1))
    none = site_load(
        None, tmp_path / "SiteAnswer" / "load.parquet", None, Where(region="us-ercot"), Draws(0, 0, default())
    )
    assert none.drawn_mw is None


@given(st.lists(st.floats(0, 1e12), min_size=2, max_size=20))
def test_the_draws_of_a_load_are_beside_their_mean(energies: list[float]) -> None:
    load = Load("site", datetime(2026, 1, 1), 3600.0, np.ones(3)).with_draws(np.array(energies))
    if sum(energies) > 0:
        assert np.mean(load.scale) == pytest.approx(1, abs=1e-6)
        assert np.array(load.scale) * np.mean(energies) == pytest.approx(energies, rel=1e-6, abs=1e-6 * max(energies))
    else:
        assert load.scale == ()
