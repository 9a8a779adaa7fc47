"""Carbon and price by the hour in every bill: a constant is the annual path, weights conserve, accounts never mix."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.catalog.mix import region_mixes
from wattline.core.errors import WattlineError
from wattline.line.grid import region as grid
from wattline.line.grid.carbon.regional import clean_fact, marginal_fact, typical_signals
from wattline.line.grid.carbon.signal import AverageIntensity
from wattline.predict.answer import Working
from wattline.predict.delivery import Phase, deliver, weigh
from wattline.predict.facility import find_facility
from wattline.predict.grid_hours import GridHours
from wattline.predict.where import Where

START = np.datetime64("2023-01-01T00:00:00")
KG = ("co2e_kg", "co2e_direct_kg", "co2e_market_kg", "co2e_marginal_kg")


def write(path, columns, hours=8760, begin=datetime(2023, 1, 1)):
    rows = [f"{begin + timedelta(hours=i):%Y-%m-%dT%H:%M:%SZ}," for i in range(hours)]
    values = zip(*(np.broadcast_to(values, hours) for values in columns.values()), strict=True)
    body = "\n".join(row + ",".join(f"{v:.10g}" for v in line) for row, line in zip(rows, values, strict=True))
    path.write_text(f"utc,{','.join(columns)}\n{body}\n")
    return str(path)


def train(**where):
    return wl.train("gpt-3-175b", "300B", "v100-sxm2-32gb", 10_000, draws=40, region="us-ercot", **where)


def site(**where):
    return wl.site("10MW", place="Dallas", draws=8, **where)


def prompt(**where):
    return wl.prompt("llama-3.1-8b", "h100-sxm", gpus=1, draws=20, region="us-ercot", **where)


@pytest.mark.parametrize("job", [train, site, prompt])
@pytest.mark.parametrize("start", [None, "2023-05-03T07:30Z"])
def test_a_constant_by_the_hour_is_the_annual_path(tmp_path, job, start):
    path = write(tmp_path / "flat.csv", {"carbon_g_per_kwh": 321.5, "price_usd_per_kwh": 0.0625})
    hourly = job(carbon=path, price=path, **({"start": start} if start else {}))
    annual = job(carbon=321.5, electricity_price=0.0625)
    for name in ("co2e_kg", "co2e_direct_kg", "cost_usd"):
        assert hourly.bill.follows[name] == pytest.approx(annual.bill.follows[name], rel=1e-9)
    assert hourly.bill.signals["location"] == "by the hour, flat.csv"
    assert annual.bill.signals["location"] == "mean of the year, as given"


def test_a_job_takes_the_hours_that_it_runs_in(tmp_path):
    carbon = np.where(np.arange(8760) < 48, 100.0, 900.0)
    path = write(tmp_path / "step.csv", {"carbon_g_per_kwh": carbon})
    run = {"hours": 24, "draws": 0, "region": "us-ercot", "carbon": path}
    early, late = (
        wl.train("gpt-3-175b", "30B", "v100-sxm2-32gb", 10_000, start=start, **run)
        for start in ("2023-01-01", "2023-01-02T12:00+00:00")
    )
    kwh = early.energy_j / 3.6e6
    assert early.bill.follows["co2e_kg"] == pytest.approx(kwh * 0.1)
    assert late.bill.follows["co2e_kg"] == pytest.approx(kwh * 0.5)  # half in the clean hours, half after
    assert late.json()["inputs"]["start"] == "2023-01-02T12:00:00"


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 900), min_size=48, max_size=48),
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 30_000)), min_size=1, max_size=4),
)
def test_weights_conserve(values, phases):
    """The weighted mean times the energy is the sum of power times intensity over fine steps."""
    signal = AverageIntensity(START, 3600.0, np.array(values))
    hours = GridHours({"lifecycle": signal}, False, START, True, {})
    power, seconds = [np.asarray(p) for p, _ in phases], [np.asarray(s) for _, s in phases]
    mean = float(weigh(hours, power, seconds, False).means["lifecycle"])
    assert min(values) - 1e-9 <= mean <= max(values) + 1e-9
    energy, total, at = sum(p * s for p, s in phases), 0.0, 0.0
    for watts, length in phases:
        edges = np.linspace(at, at + length, 200)
        cut = np.unique(np.concatenate([edges, np.arange(0, 48 * 3600, 3600.0)]))
        cut = cut[(cut >= at) & (cut <= at + length)]
        middle = (cut[1:] + cut[:-1]) / 2
        total += watts * float((signal.values[np.minimum(middle // 3600, 47).astype(int)] * np.diff(cut)).sum())
        at += length
    if energy > 1:
        assert mean * energy == pytest.approx(total, rel=1e-6, abs=1e-3 * energy)


def test_a_file_that_ends_before_the_job_is_refused(tmp_path):
    path = write(tmp_path / "short.csv", {"carbon_g_per_kwh": 300.0}, hours=48)
    with pytest.raises(WattlineError, match="lies outside"):
        train(carbon=path)
    with pytest.raises(WattlineError, match="give a whole year"):
        _ = site(carbon=path).bill
    assert prompt(carbon=path).bill.signals["location"] == "by the hour, short.csv"


def test_a_marginal_file_never_makes_the_account_of_emissions(tmp_path):
    path = write(tmp_path / "margin.csv", {"carbon_marginal_g_per_kwh": 640.0})
    marginal, plain = train(carbon=path), train()
    for name in ("co2e_kg", "co2e_direct_kg", "co2e_market_kg"):
        assert marginal.bill.follows[name] == pytest.approx(plain.bill.follows[name])
    assert marginal.bill.follows["co2e_marginal_kg"] == pytest.approx(marginal.energy_j / 3.6e6 * 0.64)
    assert marginal.bill.signals["location"].startswith("mean of the year")
    assert any("marginal alone" in note for note in marginal.notes)


def test_every_account_stands_side_by_side():
    answer = train(contracts="60% wind", residual="500 g/kWh")
    follows, kwh = answer.bill.follows, answer.energy_j / 3.6e6
    assert follows["co2e_market_kg"] == pytest.approx(0.4 * 0.5 * kwh)
    assert np.all(follows["carbon_free_wh"] > train().bill.follows["carbon_free_wh"])
    assert np.all(follows["carbon_free_wh"] <= answer.energy_j / 3600)
    results = answer.json()["results"]
    assert {"price", "location", "market", "marginal", "carbon_free"} == set(results["signals"])
    assert "AVERT's region TE" in results["signals"]["marginal"]
    assert all(results[name]["p5"] <= results[name]["p50"] for name in KG)
    unknown = train(contracts="60%")
    assert "contracts of no known hours left out" in unknown.bill.signals["carbon_free"]
    assert unknown.bill.follows["carbon_free_wh"] == pytest.approx(train().bill.follows["carbon_free_wh"])


def test_contracts_beyond_an_hours_load_count_nothing():
    flat, sun = (train(contracts=f"100% {source}").bill for source in ("nuclear", "solar"))
    assert flat.follows["carbon_free_wh"] == pytest.approx(flat.energy_j / 3600)
    assert np.all(sun.follows["carbon_free_wh"] < 0.9 * sun.energy_j / 3600)
    assert np.all(flat.follows["co2e_market_kg"] == 0)


@pytest.mark.parametrize("name", sorted(region_mixes()))
def test_a_typical_year_of_every_region_has_the_annual_mean(name):
    if name == "world":
        with pytest.raises(WattlineError, match="no grid"):
            typical_signals(grid.load_region(name, catalog.default()), catalog.default())
        return
    region = grid.load_region(name, catalog.default())
    made = typical_signals(region, catalog.default())
    for scope, signal in made.average.items():
        fact = grid.of_region(region, f"carbon_{scope}_g_per_kwh", catalog.default())
        assert signal.mean == pytest.approx(fact.value)
        assert signal.modelled
        assert len(signal.values) == 8760
    assert made.marginal is not None
    assert made.marginal.mean == pytest.approx(marginal_fact(region, catalog.default()).value, abs=1e-9)
    assert 0 <= clean_fact(region, catalog.default()).value <= 1
    assert sum(region_mixes()[name].shares.values()) == pytest.approx(1)


def test_a_typical_year_keeps_the_years_range_for_a_flat_load():
    hourly, annual = site(carbon="hourly"), site()
    for name in ("co2e_kg", "co2e_direct_kg", "co2e_marginal_kg"):
        assert hourly.bill.follows[name] == pytest.approx(annual.bill.follows[name], rel=0.02)
    assert "modelled" in hourly.bill.signals["location"]
    noon, night = (prompt(carbon="hourly", start=f"2023-06-15T{hour}:00Z") for hour in ("18", "08"))
    assert np.all(noon.bill.follows["co2e_kg"] < night.bill.follows["co2e_kg"])


def test_weather_and_carbon_meet_in_the_same_hour(tmp_path):
    """A site that cools most in the afternoon pays more where the price is high then."""
    hour = np.arange(8760) % 24
    hot = write(tmp_path / "hot.csv", {"price_usd_per_kwh": np.where((hour >= 19) | (hour < 1), 0.2, 0.1)})
    cold = write(tmp_path / "cold.csv", {"price_usd_per_kwh": np.where((hour >= 8) & (hour < 14), 0.2, 0.1)})
    usd = [site(price=path).bill.follows["cost_usd"] for path in (hot, cold)]
    assert np.all(usd[0] > usd[1])
    job = wl.train("gpt-3-175b", "300B", "v100-sxm2-32gb", 10_000, hours=240, draws=6, place="Dallas", price=hot,
                   start="2023-07-01")  # fmt: skip
    assert job.load.start.isoformat().startswith("2023-07-01")
    cents = job.bill.follows["cost_usd"] / (job.energy_j / 3.6e6)
    assert np.all((cents > 0.125) & (cents < 0.13))  # a quarter of the hours cost twice, and cooling takes more in them


def test_phases_without_a_length_weigh_nothing():
    facility = find_facility(Where.read("de", {"carbon": "hourly", "start": "2023-01-01"}), Draws(0), Working())
    power = {"chip": np.asarray(1000.0)}
    phases = [Phase(power, np.asarray(0.0)), Phase(power, np.asarray(3600.0))]
    single, _, _ = deliver(phases, facility, Draws(0), Working())
    two, _, _ = deliver(phases[1:], facility, Draws(0), Working())
    assert single.follows["co2e_kg"] == pytest.approx(two.follows["co2e_kg"])


def test_what_excludes_each_other_is_refused():
    for fields, words in (
        ({"price": "a.csv", "electricity_price": 0.1}, "give one of them"),
        ({"carbon": 50, "carbon_url": "http://x"}, "give one of them"),
        ({"carbon": "there.csv"}, "does not exist"),
        ({"start": "yesterday"}, "no time, such as"),
        ({"contracts": "60% coal"}, "no share with one of wind"),
        ({"contracts": "160%"}, "out of range"),
        ({"carbon_kind": "mean"}, "none of average, marginal"),
    ):
        with pytest.raises(WattlineError, match=words) as error:
            train(**fields)
        assert "\n" not in str(error.value)


def test_two_jobs_of_one_scenario_share_a_file_and_add_up(tmp_path):
    path = write(tmp_path / "c.csv", {"carbon_g_per_kwh": 250.0})
    first, other = prompt(carbon=path).bill, prompt().bill
    both = first + other
    assert both.follows["co2e_kg"] == pytest.approx(first.follows["co2e_kg"] + other.follows["co2e_kg"])
    assert both.signals["location"] == "differs from job to job"
    assert both.signals["price"] == first.signals["price"]


def test_scenario_files_and_settings_take_the_same_names(tmp_path, monkeypatch):
    write(tmp_path / "c.csv", {"carbon_g_per_kwh": 250.0, "price_usd_per_mwh": 40.0})
    job = '[[job]]\nkind = "prompt"\nname = "a"\nmodel = "llama-3.1-8b"\nchip = "h100-sxm"\ngpus = 1\n'
    scenario = tmp_path / "s.toml"
    given = (
        'region = "us-ercot"\ncarbon = "c.csv"\nprice = "c.csv"\nstart = 2023-03-01T00:00:00Z\ncontracts = "50% wind"\n'
    )
    scenario.write_text(f'title = "t"\n{job}{given}')
    run = wl.run(scenario, draws=0)
    kwh = float(run.bill.energy_j) / 3.6e6
    assert float(run.bill.follows["co2e_kg"]) == pytest.approx(0.25 * kwh)
    assert float(run.bill.follows["cost_usd"]) == pytest.approx(0.04 * kwh)
    residual = wl.fact("region.us-ercot.carbon_residual_g_per_kwh").value / 1000
    assert float(run.bill.follows["co2e_market_kg"]) == pytest.approx(0.5 * residual * kwh)
    (tmp_path / "wattline.toml").write_text(
        'region = "us-ercot"\ncarbon = "c.csv"\nprice = "c.csv"\ncontracts = "50%"\n'
    )
    monkeypatch.setenv("WATTLINE_SETTINGS", str(tmp_path / "wattline.toml"))
    bill = wl.prompt("llama-3.1-8b", "h100-sxm", gpus=1, draws=0).bill
    assert float(bill.follows["co2e_kg"]) == pytest.approx(0.25 * float(bill.energy_j) / 3.6e6)
    assert bill.signals["price"] == "by the hour, c.csv"
    elsewhere = wl.prompt("llama-3.1-8b", "h100-sxm", gpus=1, draws=0, region="fr").bill
    assert elsewhere.signals["location"] == "mean of the year, France"
    assert bill.signals["market"].startswith("contracts for 0.5")


def test_a_start_takes_the_weather_of_its_hours():
    run = {"hours": 48, "draws": 0, "place": "Dallas"}
    winter, summer, first = (
        wl.train("gpt-3-175b", "30B", "v100-sxm2-32gb", 10_000, **run, **start)
        for start in ({"start": "2023-01-10"}, {"start": "2023-07-20"}, {})
    )
    cooling = [float(sum(a.bill.parts[name] for name in ("compressors", "fans", "pumps") if name in a.bill.parts))
               for a in (winter, summer)]  # fmt: skip
    assert cooling[1] > 1.2 * cooling[0]
    assert summer.load.start.isoformat().startswith("2023-07-20")
    assert first.load.start.year == 2026  # the weather's own year, as ever


def test_a_recording_joins_by_its_own_time(tmp_path):
    from wattline.meter.readers.detect import read

    begin = datetime(2023, 3, 1, 10, 0)
    rows = "\n".join(f"{begin + timedelta(seconds=i):%Y-%m-%dT%H:%M:%SZ},1000" for i in range(0, 7201, 10))
    (tmp_path / "power.csv").write_text(f"time,power_w\n{rows}\n")
    carbon = np.where(np.arange(8760) == (59 * 24 + 11), 900.0, 100.0)  # 11:00 UTC of that day
    path = write(tmp_path / "c.csv", {"carbon_g_per_kwh": carbon})
    answer = wl.bill(read(tmp_path / "power.csv"), carbon=path, region="us", pue=1.0, draws=0)
    kwh = float(answer.energy_j) / 3.6e6
    assert float(answer.bill.follows["co2e_kg"]) == pytest.approx(kwh * 0.5, rel=0.01)
    with pytest.raises(WattlineError, match="its own time"):
        wl.bill(read(tmp_path / "power.csv"), carbon=path, region="us", start="2023-01-01", draws=0)


def elsewhere(region):
    return wl.prompt("llama-3.1-8b", "h100-sxm", gpus=1, draws=200, region=region)


@pytest.mark.parametrize(("region", "named"), [("de", "residual mix of de"), ("us-ercot", "residual mix of us-ercot")])
def test_the_market_account_takes_the_published_residual_mix(region, named):
    bill = elsewhere(region).bill
    kwh = float(np.median(bill.energy_j)) / 3.6e6
    residual = wl.fact(f"region.{region}.carbon_residual_g_per_kwh").value / 1000
    assert float(np.median(bill.follows["co2e_market_kg"])) == pytest.approx(residual * kwh, rel=0.05)
    assert float(np.median(bill.follows["co2e_market_kg"])) > float(np.median(bill.follows["co2e_direct_kg"]))
    assert named in bill.signals["market"]


@pytest.mark.parametrize("region", ["nl", "world", "cn"])
def test_without_a_residual_mix_the_locations_mean_stands_for_it(region):
    bill = elsewhere(region).bill
    assert bill.follows["co2e_market_kg"] == pytest.approx(bill.follows["co2e_direct_kg"])
    assert "location's mean" in bill.signals["market"]
