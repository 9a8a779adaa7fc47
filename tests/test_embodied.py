"""Embodied impacts: their own lines, never within those of the electricity, and near what makers publish."""

from __future__ import annotations

import numpy as np
import pytest

import wattline as wl
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.line.chip.device import load_chip
from wattline.line.world.embodied import embodied_impacts, made_kg

LINES = ("embodied_co2e_kg", "embodied_energy_mj", "embodied_water_l", "embodied_adp_kg")


@pytest.mark.parametrize(("chip", "published"), [("h100-sxm", 1312 / 8), ("b200", 2274 / 8)])
def test_a_chip_is_near_its_makers_footprint(chip: str, published: float) -> None:
    assert float(made_kg(load_chip(chip, Draws(0)), Draws(0))["chip"]) == pytest.approx(published, rel=0.1)


def test_the_ranges_hold_the_larger_figures_of_ecologits() -> None:
    draws = Draws(2000)
    made = made_kg(load_chip("h100-sxm", draws), draws)
    assert np.percentile(made["chip"], 1) < 164 < 273 < np.percentile(made["chip"], 99)
    assert np.percentile(made["host"], 2) < 1313 / 8 < 5700 / 8 < np.percentile(made["host"], 98)


@pytest.mark.parametrize("name", catalog.default().records("chip"))
def test_every_chip_has_a_footprint(name: str) -> None:
    made = made_kg(load_chip(name, Draws(0)), Draws(0))
    assert 0.1 < float(made["chip"]) < 30_000
    assert all(float(part) >= 0 for part in made.values())


def test_impacts_go_with_the_time_held() -> None:
    draws = Draws(0)
    chip = load_chip("h100-sxm", draws)
    single, ten = embodied_impacts(chip, np.asarray(3600.0), draws), embodied_impacts(chip, np.asarray(36000.0), draws)
    assert all(float(ten[name]) == pytest.approx(10 * float(single[name])) for name in LINES)


def test_a_whole_life_pays_for_the_whole_chip() -> None:
    draws = Draws(0)
    chip = load_chip("h100-sxm", draws)
    years = float(draws("constant.accelerator-life"))
    made = made_kg(chip, draws)
    whole = float(embodied_impacts(chip, np.asarray(years * 365.25 * 86400), draws)["embodied_co2e_kg"])
    equipment = sum(float(made[part]) for part in ("chip", "host", "network"))
    assert equipment < whole < equipment + float(made["hall"]) + float(made["battery"])


@pytest.mark.parametrize("off", [False, True])
def test_it_is_never_within_what_the_electricity_emits(off: bool) -> None:
    usual = wl.prompt("llama-3.1-8b", draws=0, region="fr")
    answer = wl.prompt("llama-3.1-8b", draws=0, region="fr", embodied="off") if off else usual
    assert [name for name in LINES if name in answer.json()["results"]] == ([] if off else list(LINES))
    for name in ("co2e_kg", "co2e_direct_kg", "water_l", "energy_wh"):
        assert answer.range(name) == usual.range(name)


def test_training_and_services_bear_it() -> None:
    run = wl.train("llama-3.1-8b", "1B", "h100-sxm", 64, draws=0)
    hours = run.range("chip_hours").p50
    service = wl.serve_average("llama-3.1-8b", "1M/day", days=30, draws=0)
    per_hour = run.range("embodied_co2e_kg").p50 / hours
    assert per_hour == pytest.approx(service.range("embodied_co2e_kg").p50 / (service.range("accelerators").p50 * 720))
    assert 0.008 < per_hour < 0.06


def test_a_site_bears_its_servers_hall_and_batteries() -> None:
    usual = wl.site("10MW", place="Dublin", draws=0)
    off = wl.site("10MW", place="Dublin", draws=0, embodied="off")
    assert [name for name in LINES if name in usual.json()["results"]] == list(LINES)
    assert [name for name in LINES if name in off.json()["results"]] == []
    for name in ("co2e_kg", "water_l", "energy_wh"):
        assert usual.range(name) == off.range(name)
    twice = wl.site("20MW", place="Dublin", draws=0)
    assert twice.range("embodied_co2e_kg").p50 == pytest.approx(2 * usual.range("embodied_co2e_kg").p50)


@pytest.mark.parametrize("chip", ["h100-sxm", "h200-sxm", "b200", "mi300x", "gb200", "a100-sxm-80gb"])
def test_the_servers_of_a_site_are_as_those_of_accelerators(chip: str) -> None:
    draws = Draws(0)
    known = load_chip(chip, draws)
    made = made_kg(known, draws)
    it_kw = float(known.tdp_w + known.host_w + known.network_w) / 1e3
    servers = float(made["chip"] + made["host"] + made["network"]) / it_kw
    fact = catalog.default().fact("constant.embodied-servers-per-kw")
    assert fact.low < servers < fact.high
    assert servers == pytest.approx(fact.value, rel=0.2)


def test_a_year_of_a_site_and_of_its_accelerators_bear_the_same() -> None:
    from wattline.line.world.embodied import site_embodied

    draws, year_s = Draws(0), 365.25 * 86400
    chip = load_chip("h100-sxm", draws)
    it_w = float(chip.tdp_w + chip.host_w + chip.network_w)
    site = float(site_embodied(it_w, year_s, draws)["embodied_co2e_kg"])
    assert site == pytest.approx(float(embodied_impacts(chip, np.asarray(year_s), draws)["embodied_co2e_kg"]), rel=0.1)
