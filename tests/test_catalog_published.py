"""The published figures of the catalog: well formed, sourced, in range, in accord with each other."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from wattline import catalog
from wattline.core.unit_names import unit

FOLDER = Path(catalog.__file__).parent
KINDS = ("training_run", "prompt", "total", "constant")
MIN_COUNTS = {"training_run": 35, "prompt": 8, "total": 60, "constant": 40}
NUMBERS = {"value", "low", "high", "dist", "unit", "source", "note", "group", "basis"}
DISTRIBUTIONS = {"fixed", "triangular", "lognormal", "uniform"}
BASES = {"measured", "published", "second hand", "from memory", "estimated", "derived"}


def files(kind: str) -> list[Path]:
    """The files of a kind: one file, a folder of them, or both."""
    return [*FOLDER.glob(f"{kind}.toml"), *sorted((FOLDER / kind).glob("*.toml"))]


def raw(kind: str) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Each record of a kind as it stands in its file, with the sources of that file."""
    result: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for path in files(kind):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        sources = data.pop("_sources", {})
        for name, record in data.items():
            assert name not in result, f"{kind} {name} stands twice"
            result[name] = (record, sources)
    return result


def numbers(kind: str, record: dict[str, Any]) -> list[dict[str, Any]]:
    """The numbers of a record, each as a table."""
    if kind == "constant":
        return [record]
    attributes = catalog.attributes()[kind]
    return [v if isinstance(v, dict) else {"value": v} for k, v in record.items() if k in attributes]


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_enough_records_and_none_is_empty(kind: str) -> None:
    records = raw(kind)
    assert len(records) >= MIN_COUNTS[kind]
    for name, (record, _) in records.items():
        assert record.get("name"), name
        assert numbers(kind, record), name


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_has_a_source_with_title_and_year(kind: str) -> None:
    for name, (record, sources) in raw(kind).items():
        for number in numbers(kind, record):
            cited = number.get("source", record.get("source"))
            source: dict[str, Any] = sources[cited] if isinstance(cited, str) else cited or {}
            assert source.get("title"), name
            assert 2000 <= source["year"] <= 2030, name


@pytest.mark.parametrize("kind", KINDS)
def test_ranges_hold_their_values(kind: str) -> None:
    for name, (record, _) in raw(kind).items():
        for number in numbers(kind, record):
            value = number["value"]
            assert number.get("low", value) <= value <= number.get("high", value), name
            assert ("low" in number) == ("high" in number), name
            assert number.get("dist", "fixed") in DISTRIBUTIONS, name
            assert number.get("basis", "published") in BASES or kind != "constant", name
            if kind != "constant":
                assert set(number) <= NUMBERS, name


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_known_from_memory_has_a_range_or_is_a_count(kind: str) -> None:
    for name, (record, _) in raw(kind).items():
        for number in numbers(kind, record):
            if "from memory" in number.get("note", "") and number.get("dist") != "fixed" and "low" in number:
                assert number["low"] < number["high"], name


@pytest.mark.parametrize("kind", KINDS)
def test_the_catalog_loads_it_and_names_are_unique(kind: str) -> None:
    records = catalog.default().records(kind)
    assert set(records) == set(raw(kind))
    names = [catalog.plain_name(n) for r in records.values() for n in (r.name, *r.meta.get("aliases", ()))]
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
    for record in records.values():
        for fact in record.facts.values():
            unit(fact.unit)


def test_totals_say_what_they_count_where_and_when() -> None:
    for name, (record, _) in raw("total").items():
        assert record["scope"], name
        assert record["publisher"], name
        assert isinstance(record["crypto"], bool), name
        assert record["status"] in ("estimate", "metered", "forecast", "scenario"), name
        assert 2000 <= record["year_of"] <= 2050, name
        assert "energy_twh" in record or "power_gw" in record, name
        assert record["region"] in catalog.default().records("region"), name


def test_totals_span_the_years_from_2000_to_2035() -> None:
    years = {record["year_of"] for record, _ in raw("total").values()}
    assert {2000, 2005, 2010, 2015, 2018, 2020, 2022, 2023, 2024, 2025, 2026, 2028, 2030, 2035} <= years


def test_training_runs_name_known_chips_and_models() -> None:
    for name, (record, _) in raw("training_run").items():
        assert record["circular"] in ("yes", "partly", "no"), name
        assert record["basis"] in BASES, name
        assert record["scope"], name
        catalog.default().find("chip", record["hardware"])
        if "model" in record:
            catalog.default().find("model", record["model"])


def test_prompts_say_how_they_are_known() -> None:
    for name, (record, _) in raw("prompt").items():
        assert record["measured"] in ("measured", "modelled", "statement"), name
        assert record["scope"], name
        assert record["date"], name


def test_energies_of_training_runs_follow_from_their_parts() -> None:
    """Where hours, power and energy are all given they must agree, whether PUE is in the energy or not."""
    for record in catalog.default().records("training_run").values():
        hours, power, energy = (record.get(a, 0.0) for a in ("chip_hours", "w_per_chip", "energy_mwh"))
        if hours and power and energy:
            pue = record.get("pue", 1.0)
            ratio = energy / (hours * power / 1e6)
            assert 0.97 <= ratio <= 1.03 or 0.97 <= ratio / pue <= 1.03, (record.name, ratio, pue)


def test_hours_tokens_and_size_give_a_believable_utilisation() -> None:
    """Six FLOP per parameter and token over the chips' peak: a wrong hour or token count falls out of it."""
    seen = 0
    for record in catalog.default().records("training_run").values():
        if "model" not in record.meta or record.name.startswith("mlperf"):
            continue  # MLPerf's runs compute in FP8
        model = catalog.default().find("model", record.meta["model"])
        params = model.get("active_params") or model.get("total_params")
        hours, tokens = record.get("chip_hours"), record.get("tokens")
        if not (params and hours and tokens):
            continue
        peak = catalog.default().find("chip", record.meta["hardware"]).get("fp16_flops")
        utilisation = 6 * params * tokens / (hours * 3600 * peak)
        assert 0.04 < utilisation < 0.65, (record.name, utilisation)
        seen += 1
    assert seen >= 20


GOLDEN = {
    "training_run.gpt-3-175b.energy_mwh": 1287,
    "training_run.gpt-3-175b.chips": 10000,
    "training_run.gpt-3-175b.w_per_chip": 330,
    "training_run.gpt-3-175b-megatron.chips": 1024,
    "training_run.palm-540b.chip_hours": 8404992,
    "training_run.bloom-176b.energy_mwh": 433.2,
    "training_run.llama-3.1-405b.chip_hours": 30.84e6,
    "training_run.deepseek-v3.chip_hours": 2.664e6,
    "training_run.megascale-175b.mfu": 0.552,
    "prompt.gemini-median.energy_wh": 0.24,
    "prompt.gemini-median.water_ml": 0.26,
    "prompt.chatgpt-devries.energy_wh": 2.9,
    "prompt.chatgpt-altman.energy_wh": 0.34,
    "prompt.bloom-176b.energy_wh": 3.96,
    "total.iea-2024-world-2022.energy_twh": 460,
    "total.iea-2024-crypto-2022.energy_twh": 110,
    "total.iea-2024-world-2026-high.energy_twh": 1050,
    "total.iea-2025-world-2024.energy_twh": 416,
    "total.iea-2025-world-2030.energy_twh": 946,
    "total.masanet-world-2018.energy_twh": 205.2,
    "total.lbnl-us-2023.energy_twh": 176,
    "constant.us-home-2021": 10632,
    "constant.us-home-2022": 10791,
    "constant.bulb-60w": 60,
    "constant.google-search": 0.3,
    "constant.chatgpt-requests-per-day-2024": 200e6,
    "constant.data-centres-2023": 10978,
    "constant.data-centres-us-2024": 5388,
}


@pytest.mark.parametrize("key", sorted(GOLDEN))
def test_golden_values(key: str) -> None:
    assert catalog.fact(key).value == pytest.approx(GOLDEN[key], rel=1e-9)


IEA_2022 = ("world-2022", "crypto-2022", "world-2022-no-crypto")


def value(key: str) -> float:
    """The central value of a fact."""
    return catalog.fact(key).value


def test_well_known_sums_come_out() -> None:
    run = "training_run.gpt-3-175b."
    power = value(run + "chip_hours") * value(run + "w_per_chip") * value(run + "pue") / 1e6
    assert power == pytest.approx(value(run + "energy_mwh"), rel=0.005)
    assert value(run + "energy_mwh") * 1000 / value("constant.us-home-2022") == pytest.approx(120, abs=2)
    day = value("prompt.chatgpt-devries.energy_wh") * value("constant.chatgpt-requests-per-day-2024") / 1e6
    assert day == pytest.approx(580)
    assert day > value("constant.chatgpt-energy-per-day-2024")
    assert value("constant.chatgpt-energy-per-day-2024") * 365 / 1e6 == pytest.approx(
        value("total.chatgpt-2024.energy_twh")
    )
    servers = value("constant.chatgpt-servers-2023") * value("constant.hgx-a100-server") * 24 / 1000
    assert servers == pytest.approx(value("constant.chatgpt-energy-per-day-2023"), rel=0.01)
    growth = value("constant.us-consumption-2023") / value("constant.us-consumption-2003") - 1
    assert growth * 100 == pytest.approx(value("constant.us-growth-past-20y"), abs=0.5)
    total, crypto, rest = (value(f"total.iea-2024-{n}.energy_twh") for n in IEA_2022)
    assert total - crypto == rest


def test_the_parts_of_a_gemini_prompt_add_up() -> None:
    parts = sum(value(f"prompt.gemini-median-{p}.energy_wh") for p in ("tpu", "host", "idle", "overhead"))
    assert parts == pytest.approx(value("prompt.gemini-median.energy_wh"))


def test_no_path_of_a_machine_is_in_the_files() -> None:
    for kind in KINDS:
        for path in files(kind):
            text = path.read_text(encoding="utf-8")
            assert not any(part in text for part in ("/work/", "/home/", "/tmp/", "shared/data")), path.name
