"""``wattline supply``: what should power a site, by its command and its function."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wattline as wl
from supply_files import factors_file
from wattline.cli.main import main
from wattline.report.present import as_text

WHERE = {"pue": 1.25, "region": "us-ercot"}


@pytest.fixture
def factors(tmp_path: Path) -> Path:
    return factors_file(tmp_path / "factors.csv")


def command(*words: str) -> tuple[int, None]:
    with pytest.raises(SystemExit) as stop:
        main(list(words))
    return int(stop.value.code or 0), None


def test_the_plan_meets_its_target_and_its_parts_add_up(factors: Path) -> None:
    answer = wl.supply("100MW", target="cfe=90%", capacity_factors=factors, draws=0, **WHERE)
    data = answer.json()
    plan = data["results"]["plan"]
    assert data["inputs"]["load_mean_w"] == pytest.approx(125e6)
    assert plan["cfe"] == pytest.approx(0.9, abs=1e-6)
    assert plan["certificate"]["good"]
    assert sum(plan["cost_parts_usd_per_mwh"].values()) == pytest.approx(plan["usd_per_mwh"], rel=1e-9)
    for line in plan["zero_profit"]:
        if line["built"] > 0.1:
            assert line["earned"] == pytest.approx(line["cost"], rel=1e-4)
    assert answer.range("usd_per_mwh").p50 == plan["usd_per_mwh"]


def test_annual_and_hourly_matching_stand_side_by_side(factors: Path) -> None:
    answer = wl.supply("100MW", target="cfe=95%", capacity_factors=factors, draws=0, **WHERE)
    rows = {row["name"]: row for row in answer.json()["results"]["beside"]}
    assert list(rows) == ["least cost", "annual 100%", "hourly 95%"]
    assert rows["annual 100%"]["annual"] >= 1 - 1e-6
    assert rows["hourly 95%"]["cfe"] == pytest.approx(0.95, abs=1e-6)
    assert rows["least cost"]["usd_per_mwh"] <= min(row["usd_per_mwh"] for row in rows.values()) + 1e-6


def test_cost_never_falls_along_the_frontier(factors: Path) -> None:
    answer = wl.supply("100MW", capacity_factors=factors, draws=0, frontier=True, **WHERE)
    cost = [row["usd_per_mwh"] for row in answer.json()["results"]["frontier"] if not row["cannot"]]
    assert len(cost) >= 8
    assert np.all(np.diff(cost) > -1e-6)


def test_draws_are_the_same_for_the_same_seed_and_give_a_range(factors: Path) -> None:
    made = [wl.supply("10MW", capacity_factors=factors, draws=3, seed=5, **WHERE).json() for _ in range(2)]
    assert made[0] == made[1]
    spread = made[0]["results"]["ranges"]["usd_per_mwh"]
    assert spread["p5"] < spread["p50"] < spread["p95"]


def test_a_target_out_of_reach_ends_in_one_line_with_the_best_that_can_be(
    factors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--capacity-factors", str(factors), "--pue", "1.2", "--with", "solar,grid", "--target", "cfe=99.9%")
    status, _ = command("supply", "--it", "100MW", "--draws", "0", *words)
    err = capsys.readouterr().err.strip()
    assert status == 2
    assert len(err.splitlines()) == 1
    assert "reaches" in err
    assert "add" in err


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"target": "cfe=120%"}, "at most 100%"),
        ({"target": "green"}, "must be cfe=95%"),
        ({"technologies": "wind,wind"}, "twice"),
        ({"technologies": "windmill"}, "windmill"),
        ({"years": "2020"}, "not there whole"),
        ({"years": "soon"}, "2021-2023"),
        ({"years": "3"}, "2021-2023"),
        ({"technologies": "nuclear", "within": "2 years"}, "within 2 years"),
        ({"technologies": "offshore-wind,grid"}, "offshore-wind"),
        ({"investment_credit": "100%"}, "below 1"),
        ({"target": "cfe=95%,cfe=90%"}, "cfe is given twice"),
        ({"target": "annual=400%"}, "allow more export or lower the target"),
        ({"target": "cost", "production_credit": "500 USD/MWh"}, "earns more than it costs"),
    ],
)
def test_what_cannot_be_is_refused_by_name(factors: Path, fields: dict[str, str], words: str) -> None:
    with pytest.raises(wl.WattlineError, match=words):
        wl.supply("10MW", capacity_factors=factors, draws=0, **fields, **WHERE)


@pytest.mark.parametrize(
    ("years", "words"),
    [
        ("1066", "without a file"),
        ("2021-2023", "without a file"),
        ("2023-2021", "a span"),
        ("0", "1 to 10"),
        ("11", "1 to 10"),
    ],
)
def test_years_of_no_file_are_refused(years: str, words: str) -> None:
    with pytest.raises(wl.WattlineError, match=words):
        wl.supply("10MW", years=years, draws=0, **WHERE)


def test_a_load_that_was_saved_is_that_load_at_its_own_hours(factors: Path, tmp_path: Path) -> None:
    """What `site` writes, and what `supply` writes of it again, is what the site takes in each hour of the plan."""
    given: dict[str, object] = {"capacity_factors": factors, "draws": 0, "place": "Phoenix", "target": "cost"}
    direct = wl.supply("10MW", **given)
    wl.site("10MW", place="Phoenix", draws=0).write(tmp_path / "site")
    saved = wl.supply(load=tmp_path / "site" / "load.parquet", **given)
    assert np.ptp(direct.plan.case.load) > 0.02
    assert saved.plan.case.load == pytest.approx(direct.plan.case.load, rel=1e-6)
    saved.write(tmp_path / "supply")
    again = wl.supply(load=tmp_path / "supply" / "load.parquet", **given)
    assert again.plan.case.load == pytest.approx(direct.plan.case.load, rel=1e-6)


def test_made_hours_are_of_as_many_years_as_asked() -> None:
    assert wl.supply("10MW", years="2", draws=0, target="cost", **WHERE).plan.case.load.size == 2 * 8760


def test_few_draws_and_a_plan_outside_their_range_are_named(factors: Path) -> None:
    few, plenty = (wl.supply("10MW", capacity_factors=factors, draws=n, seed=5, **WHERE).json() for n in (2, 19))
    assert few["warnings"][0] == "draws: 2 is too few for p5 and p95; take 19 or more"
    assert not any("too few" in line for line in plenty["warnings"])
    for data in (few, plenty):
        results = data["results"]
        spread, cost = results["ranges"]["usd_per_mwh"], results["plan"]["usd_per_mwh"]
        outside = any("outside p5 to p95 of its draws in cost" in line for line in data["warnings"])
        assert outside == (not spread["p5"] <= cost <= spread["p95"])


def test_the_load_is_given_once(factors: Path) -> None:
    for given in ({"load_mw": 10, "it": "10MW"}, {}):
        with pytest.raises(wl.WattlineError, match="--it"):
            wl.supply(given.pop("it", None), capacity_factors=factors, draws=0, **given, **WHERE)


def test_a_missing_hour_is_refused_with_its_time(tmp_path: Path) -> None:
    wind = np.full(14 * 24, 0.4)
    wind[40:50] = np.nan
    path = factors_file(tmp_path / "gap.csv", cf_wind=wind)
    with pytest.raises(wl.WattlineError, match="2023-03-02T16:00"):
        wl.supply(load_mw=10, capacity_factors=path, draws=0, region="us-ercot")


def test_no_load_costs_nothing(factors: Path) -> None:
    plan = wl.supply(load_mw=0, target="cost", capacity_factors=factors, draws=0, region="us-ercot").json()["results"]
    assert plan["plan"]["usd_per_mwh"] == 0
    assert max(plan["plan"]["capacities"].values(), default=0) == pytest.approx(0, abs=1e-3)


def test_own_costs_from_a_table_stand_before_the_catalogs(factors: Path, tmp_path: Path) -> None:
    table = tmp_path / "costs.csv"
    table.write_text("technology,parameter,value,unit\nsolar,capital cost,1,USD/kW\nbattery,capital cost,1,USD/kWh\n")
    usual, cheap = (
        wl.supply(load_mw=10, capacity_factors=factors, draws=0, region="us-ercot", costs=costs).plan
        for costs in (None, table)
    )
    assert cheap.usd_per_mwh < usual.usd_per_mwh
    assert cheap.capacities["solar"] > usual.capacities["solar"]
    table.write_text("technology,parameter,value\nsolar,weight,1\n")
    with pytest.raises(wl.WattlineError, match="line 2: no parameter 'weight'"):
        wl.supply(load_mw=10, capacity_factors=factors, draws=0, costs=table)


def test_charges_and_credits_move_the_plan_the_way_they_pay(factors: Path) -> None:
    def cost(**fields: str) -> float:
        return wl.supply(load_mw=10, capacity_factors=factors, draws=0, region="us-ercot", **fields).plan.usd_per_mwh

    usual = cost()
    assert cost(network_tariff="10 USD/MWh") > usual
    assert cost(demand_charge="15 USD/kW") > usual
    assert cost(investment_credit="30%") < usual
    assert cost(production_credit="28 USD/MWh") < usual


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "p.csv"), ("contracts", "60%"), ("carbon_url", "http://127.0.0.1:9"), ("residual", "500 g/kWh"),
     ("embodied", "off"), ("carbon", "hourly"), ("carbon", "2023.csv"), ("start", "2023-05-01")],
)  # fmt: skip
def test_what_would_change_nothing_is_refused(field: str, value: str) -> None:
    with pytest.raises(wl.WattlineError, match="--grid FILE"):
        wl.supply("10MW", region="us", draws=0, **{field: value})
    if field != "carbon":
        for ask in (wl.flex_balance, lambda *args, **given: wl.flex_response(*args, "llama-3.1-8b", **given)):
            with pytest.raises(wl.WattlineError, match=f"{field.replace('_', '-')} changes nothing here"):
                ask("10MW", region="us", draws=0, **{field: value})


def test_a_plant_takes_one_of_both_credits(factors: Path) -> None:
    """As tax law has it: wind and solar are paid for what they produce, a battery for what it cost."""

    def answer(**fields: str) -> Any:
        return wl.supply(load_mw=10, capacity_factors=factors, draws=0, region="us-ercot", **fields)

    produced = {"production_credit": "28 USD/MWh"}
    both, single = answer(investment_credit="30%", **produced), answer(**produced)
    cost = [{line["capacity"]: line["cost"] for line in each.plan.json()["zero_profit"]} for each in (both, single)]
    assert cost[0]["wind"] == pytest.approx(cost[1]["wind"])
    assert cost[0]["battery energy"] < cost[1]["battery energy"]
    assert any("take the production credit" in note for note in both.json()["notes"])


def test_generation_of_a_region_is_taken_and_other_years_test_the_plan(tmp_path: Path) -> None:
    days = 730
    rng = np.random.default_rng(1)
    wind = np.clip(0.3 + 0.2 * np.sin(np.arange(24 * days) / 40) + 0.1 * rng.standard_normal(24 * days), 0, 1)
    path = factors_file(tmp_path / "years.csv", days, "2021-01-01", cf_wind=20_000 * wind)
    path.write_text(path.read_text().replace("cf_wind", "wind_mw", 1))
    answer = wl.supply(
        load_mw=10, target="cfe=80%", capacity_factors=path, years=2021, draws=0, region="us-ercot",
        technologies="wind,solar,grid",
    )  # fmt: skip
    data = answer.json()
    usual = wl.fact("wind_sun.us-ercot.wind_mean_cf").value
    assert data["inputs"]["hours"]["means"]["wind"] == pytest.approx(usual, abs=1e-3)
    assert any("scaled" in note for note in data["notes"])
    (test,) = data["results"]["tested"]
    assert test["year"] == "2022"
    assert 0.6 < test["cfe"] < 1
    assert test["unserved_mwh"] == 0


def test_the_answer_is_shown_and_written(factors: Path, tmp_path: Path) -> None:
    answer = wl.supply("10MW", capacity_factors=factors, draws=2, **WHERE)
    text = as_text(answer.json())
    for words in ("Worst week", "One more point", "fusion", "annual 100%", "Assumed"):
        assert words in text
    names = {path.name for path in answer.write(tmp_path / "out")}
    assert names == {"supply.json", "load.parquet", "report.html"}
    page = (tmp_path / "out" / "report.html").read_text()
    for words in ("The worst week", "A usual week", "Carbon-free hours", "What each", "order", "Cost by part"):
        assert words.lower() in page.lower()
    saved = wl.Load.read_parquet(tmp_path / "out" / "load.parquet")
    assert saved.labels[0] == "load"
    assert json.loads((tmp_path / "out" / "supply.json").read_text())["command"] == "supply"


@pytest.mark.long
@pytest.mark.parametrize("place", ["Dublin", "Singapore"])
def test_a_cold_start_leads_to_the_optimum_without_the_solver_behind_it(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error of the first iterations may rise for long: giving up on it cost a minute of the other solver."""

    def refuse(program: object) -> None:
        raise AssertionError("the interior point gave up")

    monkeypatch.setattr("wattline.line.grid.supply.solve.solve_highs", refuse)
    assert wl.supply("10MW", place=place, draws=0).json()["results"]["plan"]["usd_per_mwh"] > 0


def test_where_nothing_pays_all_comes_from_the_grid(factors: Path) -> None:
    given: dict[str, object] = {"capacity_factors": factors, "draws": 2, "target": "cost", **WHERE}
    bought = wl.supply("10MW", technologies="grid", **given)
    assert bought.plan.dispatch["grid import"] == pytest.approx(bought.plan.case.load)
    assert bought.plan.certificate.good
    assert not bought.plan.capacities
    assert "nothing" in as_text(bought.json())
    dear = wl.supply("10MW", technologies="nuclear,grid", **given)
    assert dear.plan.usd_per_mwh == pytest.approx(bought.plan.usd_per_mwh, rel=1e-6)
    assert dear.plan.capacities["nuclear"] == pytest.approx(0, abs=1e-6)
    assert wl.supply("0 MW", technologies="wind,grid", **given).json()["results"]["plan"]["usd_per_mwh"] == 0
    with pytest.raises(wl.WattlineError, match=r"reaches .*, not 99%"):
        wl.supply("10MW", technologies="grid", **(given | {"target": "cfe=99%"}))


def test_a_plan_that_builds_nothing_runs_in_other_years() -> None:
    for technologies in ("nuclear,grid", "grid"):
        data = wl.supply("10MW", technologies=technologies, target="cost", draws=0, region="us-ercot", pue=1.2).json()
        assert len(data["results"]["tested"]) == 3
        assert all(row["unserved_mwh"] == 0 for row in data["results"]["tested"])


def test_the_balance_is_that_of_the_load_and_of_what_the_grid_still_gives(factors: Path) -> None:
    given: dict[str, object] = {"capacity_factors": factors, "draws": 0, **WHERE}
    data = wl.supply("100MW", **given).json()
    load, left = data["results"]["balance"], data["results"]["import_balance"]
    direct = wl.flex_balance("100MW", draws=0, **WHERE).json()["results"]
    for name in ("grid_energy_wh", "demand_share", "peak_share", "growth_share"):
        assert load[name]["p50"] == pytest.approx(direct[name]["p50"], rel=1e-3)  # years of 8,760 and of 8,766 h
    assert 0 < left["demand_share"]["p50"] < load["demand_share"]["p50"]
    assert "of its highest hour" in as_text(data)
    assert "region.us-ercot.load_factor" in {fact["key"] for fact in data["facts"]}
    alone = wl.supply("100MW", technologies="wind,solar,battery,gas", target="cost", **given).json()["results"]
    assert alone["import_balance"] is None
