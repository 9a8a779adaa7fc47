"""What tests on the measurements beside the checkout hold, on a few of their numbers written anew: they run everywhere.

Where such a test has a twin among its neighbours (a recording of the same faults, a file of the same columns, a case by
hand) it is not here.
"""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import numpy as np
import pytest

from validation_files import serving_file, serving_row
from wattline import catalog
from wattline.catalog.carbon import YEARS, band, flow_traced
from wattline.catalog.draws import Draws
from wattline.line.grid.supply.parts import Generator, GridImport, Storage, SupplyCase, SupplyTarget
from wattline.line.grid.supply.plan import plan
from wattline.line.site import annual, hall
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import KINDS
from wattline.line.site.places import find_place
from wattline.line.site.power_chain import load_ups
from wattline.line.site.weather import Weather
from wattline.line.site.year import HallDesign, year
from wattline.line.work.model import load_model
from wattline.validate.evidence.serving import read_rows
from wattline.validate.fit.step_file import fit_from_catalog

CATALOG = catalog.default()
LIFE, DIRECT = "carbon_lifecycle_g_per_kwh", "carbon_direct_g_per_kwh"


def made(place: str) -> Weather:
    return made_year(find_place(place, CATALOG), CATALOG)


@pytest.mark.parametrize(
    ("place", "mean_c", "cold_c", "warm_c", "wet_c"),
    [
        ("Atlanta, Georgia", 17.2, 2.2, 30.6, 13.3), ("New York", 12.9, 0.5, 26.3, 9.3),
        ("Seattle", 11.7, 1.7, 23.3, 8.9), ("San Jose, California", 15.2, 5.9, 25.6, 11.2),
        ("Tucson, AZ", 21.1, 7.3, 34.8, 11.3), ("Leesburg, Virginia", 13.8, -1.0, 30.0, 10.5),
        ("Port Angeles, WA", 9.3, 3.1, 18.1, 7.4),
    ],
)  # fmt: skip
def test_made_years_are_near_typical_ones(
    place: str, mean_c: float, cold_c: float, warm_c: float, wet_c: float
) -> None:
    """Mean, 5th and 95th hundredth of the temperature and mean of the wet bulb in the TMY files of the United States'
    Department of Energy."""
    weather = made(place)
    assert weather.temperature_c.mean() == pytest.approx(mean_c, abs=1.5)
    assert np.percentile(weather.temperature_c, (5, 95)) == pytest.approx((cold_c, warm_c), abs=3.0)
    assert weather.wet_bulb_c.mean() == pytest.approx(wet_c, abs=1.5)


# PUE and WUE, 5th to 95th percentile, that Lei and Masanet (2022) give: by kind of cooling and hall, in climates 4C
# (Seattle) and 2B (Tucson)
BANDS = {
    ("air-economiser", "large", "Seattle"): ((1.086, 1.202), (0.003, 0.552)),
    ("air-economiser", "large", "Tucson, AZ"): ((1.125, 1.253), None),
    ("water-economiser", "large", "Seattle"): ((1.075, 1.183), (1.742, 2.610)),
    ("air-chiller", "midsize", "Seattle"): ((1.489, 1.862), None),
    ("air-chiller", "midsize", "Tucson, AZ"): ((1.745, 2.444), None),
    ("dx", "small", "Seattle"): ((1.854, 2.279), None),
    ("dx", "small", "Tucson, AZ"): ((2.024, 2.573), None),
}


@pytest.mark.parametrize(("kind", "plant", "place"), sorted(BANDS))
def test_halls_lie_in_the_published_bands(kind: str, plant: str, place: str) -> None:
    draws = Draws(36)
    params = hall.parameters(plant, draws)
    setup = HallDesign(KINDS[kind], params, load_ups(None, params, draws), humidified=True)
    got = year(setup, made(place), np.full((1, 1), 0.75), every=25)
    pue, wue = BANDS[kind, plant, place]
    assert 0.99 * pue[0] <= float(np.median(got.pue)) <= 1.01 * pue[1]  # of a few draws and hours
    if wue is not None:
        assert wue[0] <= float(np.median(got.wue_l_per_kwh)) <= wue[1]


@pytest.mark.parametrize(
    ("name", "pue", "wue"),
    [
        ("hyperscale-air", (1.077, 1.342), (0.003, 2.361)), ("hyperscale-water", (1.074, 1.290), (1.724, 2.629)),
        ("closet", (1.849, 2.573), (0.025, 0.103)),
    ],
)  # fmt: skip
def test_kinds_of_sites_lie_in_the_published_bands(
    name: str, pue: tuple[float, float], wue: tuple[float, float]
) -> None:
    """The widest of Lei and Masanet's bands over all climates."""
    site = CATALOG.find("site", name)
    assert pue[0] <= float(annual.pue(annual.losses_per_it(site, Draws(0)))) <= pue[1]
    assert wue[0] <= site["wue_l_per_kwh"].value <= wue[1]


@pytest.mark.parametrize(
    ("site", "campuses"),
    [
        ("google-2021", [1.08, 1.09, 1.09, 1.09, 1.08, 1.13, 1.12, 1.10, 1.09, 1.11, 1.09, 1.13, 1.10, 1.10]),
        ("google", [1.04, 1.06, 1.12, 1.11, 1.09, 1.08, 1.08, 1.07, 1.10, 1.10, 1.13, 1.09, 1.08, 1.11, 1.10, 1.10,
                    1.09, 1.09, 1.15, 1.08, 1.14, 1.07]),
    ],
)  # fmt: skip
def test_googles_campuses_average_to_its_site(site: str, campuses: list[float]) -> None:
    """PUE of each campus as Google publishes them, of 2021 and of the twelve months to the third quarter of 2025."""
    record = CATALOG.find("site", site)
    assert float(annual.pue(annual.losses_per_it(record, Draws(0)))) == pytest.approx(fmean(campuses), abs=0.01)


@pytest.mark.parametrize(
    ("name", "direct", "life_cycle"),
    [
        ("de", 307.7, 367.0), ("gb", 128.6, 187.5), ("sg", 369.2, 488.1), ("us-caiso", 194.0, 260.7),
        ("us-ercot", 316.7, 380.5), ("us-pjm", 321.8, 392.4),
    ],
)  # fmt: skip
def test_grids_carry_the_mean_of_their_hours(name: str, direct: float, life_cycle: float) -> None:
    """Means of the hours of 2023, g/kWh (Electricity Maps)."""
    record = CATALOG.find("region", name)
    assert flow_traced()[name].g_per_kwh[2023] == pytest.approx(life_cycle, rel=0.07)
    assert record[DIRECT].value / record[LIFE].value == pytest.approx(direct / life_cycle, abs=0.04)


@pytest.mark.parametrize("last", range(4))
def test_ranges_hold_the_next_year_of_nine_regions_in_ten(last: int) -> None:
    """Of the regions whose yearly means the catalog has."""
    inside = []
    for series in flow_traced().values():
        values = [series.g_per_kwh[each] for each in YEARS]
        low, high = band(values[: last + 1], series.carbon_free)
        inside.append(low <= values[last + 1] <= high)
    assert len(inside) > 200
    assert fmean(inside) >= 0.9


@pytest.mark.parametrize(
    "name",
    [
        "Qwen/Qwen3-235B-A22B-Thinking-2507-FP8", "Qwen/Qwen3-Omni-30B-A3B-Instruct", "Qwen/Qwen3-VL-8B-Instruct",
        "google/gemma-3-12b-it", "meta-llama/Llama-4-Scout-17B-16E-Instruct", "nvidia/NVIDIA-Nemotron-Nano-9B-v2",
        "openai/gpt-oss-120b", "nvidia/DeepSeek-V3.1-NVFP4", "moonshotai/Kimi-K2.5", "zhipuai/GLM-5",
        "MiniMaxAI/MiniMax-M2.5",
    ],
)  # fmt: skip
def test_models_that_were_measured_are_in_the_catalog(name: str) -> None:
    assert load_model(name, CATALOG).architecture_known


@pytest.mark.parametrize(
    "name",
    ["BLOOM", "BloombergGPT", "Falcon-180B", "GLM-130B", "GLaM", "Gopher", "LLaMA-65B", "Llama3.1-405B", "MPT-7B",
     "Meena", "MistralLarge2", "OLMo2-7B", "OPT-175B", "PaLM", "Pythia-12B", "StarCoderBase", "Switch-1.5T", "T5-11B"],
)  # fmt: skip
def test_models_of_published_training_runs_are_in_the_catalog(name: str) -> None:
    assert load_model(name, CATALOG).total_params > 1e9


def test_the_simulator_agrees_with_the_steady_states_that_the_fit_gives(tmp_path: Path) -> None:
    """Rows measured as the fit predicts them: latencies and joules of the simulated runs lie within its error."""
    pytest.importorskip("numba", reason="the simulator needs Numba, of the extra sim")
    from wattline.validate.serving_sim import hold_steady, score

    raw = [serving_row("meta-llama/Llama-3.1-8B-Instruct", 1, "bfloat16", 8, max_num_seqs=8, avg_output_len=100)]
    rows, _ = read_rows(serving_file(tmp_path / "raw.csv", raw))
    fitted = fit_from_catalog().predict(rows)
    for i, row in enumerate(raw):
        row["median_itl_ms"] = row["p90_itl_ms"] = fitted.itl_s[i] * 1e3
        row["avg_power_watts"] = fitted.chip_w[i]
        row["output_throughput_tokens_per_sec"] = rows[i].batch / fitted.step_s[i]
        row["energy_per_token_joules"] = fitted.chip_w[i] * fitted.step_s[i] / rows[i].batch
    scores = score(hold_steady(serving_file(tmp_path / "made.csv", raw), 60))
    assert scores["itl_p50_s"]["mean_error_percent"] < 12
    assert scores["j_per_output_token"]["mean_error_percent"] < 15


def test_a_supply_of_a_day_by_hand() -> None:
    """100 MW for a day, half of it in the sun. Sun and battery alone: 200 MW of sun, 100 MW and 1,200 MWh of battery.
    A grid of 20 USD/MWh is cheaper than a battery by night, and dearer than the sun by day."""
    sun = np.where(np.arange(24) < 12, 1.0, 0.0)
    parts = (Generator("solar", 60_000.0, sun),), (Storage("battery", 10_000.0, 5_000.0, 1.0, 1.0),)
    alone = plan(SupplyCase(np.full(24, 100.0), *parts, target=SupplyTarget()))
    years = 24 / 8766
    yearly = 200 * 60_000 + 100 * 10_000 + 1200 * 5_000
    assert alone.certificate.good
    assert alone.cost_usd == pytest.approx(yearly * years, rel=1e-3)
    grid = GridImport(100.0, np.full(24, 20.0), 0.0)
    bought = plan(SupplyCase(np.full(24, 100.0), *parts, grid=grid, target=SupplyTarget()))
    assert bought.cost_usd == pytest.approx(100 * 60_000 * years + 1200 * 20.0, rel=1e-3)
    clean = plan(SupplyCase(np.full(24, 100.0), *parts, grid=grid, target=SupplyTarget(cfe=0.75)))
    # half of the night is the battery's: 50 MW more of sun, as much into the battery by day and out of it by night
    three_quarters = (150 * 60_000 + 50 * 10_000 + 600 * 5_000) * years + 600 * 20.0
    assert clean.cost_usd == pytest.approx(three_quarters, rel=1e-3)
