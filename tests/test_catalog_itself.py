"""The catalog held against itself: orders, sums, how each number is known, and no unit off by a power of ten."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from wattline import catalog
from wattline.catalog import Record
from wattline.catalog.mix import FUELS
from wattline.catalog.tables import RETOLD
from wattline.core.fact import Fact
from wattline.line.work.model import load_model

FOLDER = Path(catalog.__file__).parent
CATALOG = catalog.default()
LIFE, DIRECT, TRACED = "carbon_lifecycle_g_per_kwh", "carbon_direct_g_per_kwh", "carbon_flow_traced_g_per_kwh"
FACTS = list(CATALOG.all_facts())

# what a value may be, by kind and attribute: wide, but narrower than a slip between kilo and mega, or GB and Gbit
BANDS: dict[str, dict[str, tuple[float, float]]] = {
    "chip": {
        "fp64_flops": (1e11, 2e15), "fp32_flops": (1e12, 1e15), "tf32_flops": (1e13, 1e16),
        "fp16_flops": (2e12, 1.3e17),
        "fp8_flops": (5e13, 4e16), "int8_flops": (1e13, 2e16), "fp4_flops": (3e14, 1.2e17),
        "memory_bytes": (2e8, 1.2e12),
        "memory_bandwidth_bytes_per_s": (5e10, 3e16), "tdp_w": (5, 25e3), "idle_w": (1, 2e4),
        "link_bandwidth_bytes_per_s": (1e9, 4e12), "server_price_usd": (200, 4e6),
    },
    "server": {
        "chips_per_node": (1, 600), "host_w": (3, 3e5), "host_idle_w": (1, 2e5), "network_w_per_chip": (0, 200),
        "max_w": (300, 8e5), "network_bandwidth_bytes_per_s": (1e8, 3e11), "link_domain_chips": (4, 1e4),
    },
    "cpu": {"tdp_w": (15, 700), "threads": (4, 1024)},
    "model": {
        "layers": (4, 256), "hidden": (128, 32768), "heads": (1, 512), "kv_heads": (1, 512), "head_dim": (32, 768),
        "intermediate": (128, 2e5), "vocab": (1000, 4e5), "context_tokens": (256, 2e7), "total_params": (1e7, 5e12),
        "active_params": (1e7, 1e12), "experts": (2, 2048), "active_experts": (1, 64), "sliding_window": (64, 65536),
    },
    "region": {
        LIFE: (5, 1200), DIRECT: (0.3, 1100), TRACED: (5, 1200), "carbon_official_g_per_kwh": (1, 1200),
        "industrial_price_usd_per_kwh": (0.01, 0.6), "consumption_twh": (0.5, 30000), "grid_loss": (0.01, 0.6),
        "home_kwh_per_year": (300, 20000), "water_l_per_kwh": (0.3, 25),
    },
    "cloud": {
        "latitude": (-60, 75), "longitude": (-180, 180), "pue": (1.0, 2.0), "wue_l_per_kwh": (0, 5),
        "cfe_share": (0, 1),
    },
    "instance": {
        "chips": (1, 576), "share_of_server": (0.01, 1), "vcpus": (1, 12000), "list_price_usd_per_hour": (0.1, 2000),
        "network_bandwidth_bytes_per_s": (1e8, 2e13),
    },
    "climate": {"latitude": (-60, 75), "longitude": (-180, 180), "elevation_m": (-50, 4000), "utc_offset_h": (-11, 14)},
    "site": {
        "wue_l_per_kwh": (0, 5), "ups": (0, 0.3), "distribution": (0, 0.2), "cooling_power": (0, 1.2), "fans": (0, 0.5),
    },
    "training_run": {
        "tokens": (1e6, 1e15), "chips": (1, 1e6), "chip_hours": (0.01, 1e9), "energy_mwh": (1e-5, 1e6), "pue": (1, 2.5),
        "w_per_chip": (50, 3000), "mfu": (0.03, 0.8), "water_kl": (10, 1e6), "co2e_t": (0, 1e6), "flops": (1e18, 1e28),
    },
    "prompt": {"energy_wh": (1e-4, 2000), "water_ml": (1e-3, 5000), "co2e_g": (1e-4, 500)},
    "total": {"energy_twh": (0.005, 5000), "power_gw": (0.01, 1000), "year_of": (1999, 2051)},
    "footprint": {
        "co2e_mt": (0.1, 500), "water_gl": (0.1, 5000), "co2e_growth": (-1, 3), "year_of": (2010, 2031),
        "since": (2010, 2030),
    },
    "closed": {"active_params": (1e9, 2e12), "total_params": (1e9, 2e13), "speed_tokens_per_s": (5, 2000)},
    "component": {"total_params": (1e7, 5e10)},
    "tower": {"params": (2e7, 2e10)},
    "diffusion": {
        "total_params": (1e8, 2e11), "steps": (1, 250), "width": (64, 8192), "height": (64, 8192), "frames": (1, 1000),
        "fps": (1, 60), "text_tokens": (1, 4096),
    },
    "encoder": {"total_params": (1e6, 2e10), "context_tokens": (10, 2e5), "document_tokens": (10, 1e5)},
    "fuel": {"lifecycle_g_per_kwh": (1, 1300), "direct_g_per_kwh": (0, 1200), "carbon_free": (0, 1)},
    "product": {"response_s": (0.05, 1e4), "lasts_s": (1, 2e5)},
    "sensor": {"period_s": (1e-4, 10), "window_s": (1e-4, 10), "relax_s": (0.01, 10), "average_window_s": (0.01, 60)},
    "sensor_unit": {"gain": (-0.2, 0.2), "offset_w": (-50, 50)},
    "supply": {
        "capital_usd_per_kw": (50, 3e4), "capital_usd_per_kwh": (1, 2000), "efficiency": (0.2, 0.7),
        "charge_efficiency": (0.4, 1), "discharge_efficiency": (0.4, 1), "life_years": (5, 100), "unit_mw": (0.1, 2000),
        "lead_time_years": (0.2, 20), "life_cycle_carbon_g_per_kwh": (1, 1200), "fuel_usd_per_mwh": (1, 100),
        "fuel_usd_per_mwh_heat": (1, 100), "variable_usd_per_mwh": (0, 100), "availability": (0.3, 1),
        "fixed_om_share": (0.001, 0.1),
    },
    "swing": {"band_low_hz": (0.01, 100), "band_high_hz": (0.1, 1000), "load_w": (1e6, 1e11), "ride_s": (1e-3, 10)},
    "training_step": {
        "step_s": (0.05, 1000), "layers": (4, 256), "hidden": (128, 32768), "heads": (1, 512), "vocab": (1000, 4e5),
        "sequence_tokens": (128, 2e6), "sequences": (1, 1e5), "tensor": (1, 64), "pipeline": (1, 128), "data": (1, 1e4),
    },
    "ups": {"standing": (0, 0.1), "linear": (0, 0.1), "quadratic": (0, 0.1)},
    "wind_sun": {"wind_mean_cf": (0.1, 0.6), "sun_mean_cf": (0.05, 0.4), "latitude": (-60, 75)},
}  # fmt: skip


def attribute_of(fact: Fact) -> tuple[str, str]:
    return fact.key.partition(".")[0], fact.key.rpartition(".")[2]


@pytest.mark.parametrize(("kind", "attribute"), [(kind, name) for kind, bands in BANDS.items() for name in bands])
def test_no_unit_is_off_by_a_power_of_ten(kind: str, attribute: str) -> None:
    low, high = BANDS[kind][attribute]
    wrong = [fact.key for fact in FACTS if attribute_of(fact) == (kind, attribute) and not low <= fact.value <= high]
    assert wrong == []


def test_memory_is_no_less_than_its_label() -> None:
    seen = 0
    for chip in CATALOG.records("chip").values():
        label = re.search(r"(\d+) ?GB", chip.title)
        if label:
            assert chip["memory_bytes"].value >= 0.98 * float(label[1]) * 1e9, chip.name
            seen += 1
    assert seen >= 15


def test_a_label_of_memory_in_gb_is_nowhere_taken_for_bytes() -> None:
    """Memory comes in GiB: a whole number of 1e9 bytes that claims to be published and exact is a label."""
    labels = [
        chip.name
        for chip in CATALOG.records("chip").values()
        if (memory := chip.facts.get("memory_bytes")) is not None
        and memory.value % 1e9 == 0
        and memory.basis in ("published", "measured")
    ]
    assert labels == []


def test_no_number_of_our_own_is_said_to_be_published() -> None:
    ours = [fact for fact in FACTS if fact.source.title.startswith("Wattline")]
    assert len(ours) > 100
    assert {fact.basis for fact in ours} <= {"estimated", "derived", "from memory"}


def test_direct_carbon_is_at_most_the_life_cycles() -> None:
    for region in CATALOG.records("region").values():
        for end in ("low", "value", "high"):
            assert getattr(region[DIRECT], end) <= getattr(region[LIFE], end), region.name


@pytest.mark.parametrize("attribute", [LIFE, TRACED])
def test_countries_stand_in_their_known_order(attribute: str) -> None:
    order = ["se", "fr", "fi", "gb", "it", "us", "in", "za"]
    values = [CATALOG.find("region", name)[attribute].value for name in order]
    assert values == sorted(values)


def test_zones_lie_about_their_country() -> None:
    for country in ("au", "in", "jp", "it", "no", "se", "us", "br"):
        zones = [r[LIFE].value for n, r in CATALOG.records("region").items() if n.startswith(f"{country}-")]
        whole = CATALOG.find("region", country)[TRACED].value
        assert min(zones) <= whole <= max(zones), country


@pytest.mark.parametrize("name", sorted(CATALOG.records("model")))
def test_counted_parameters_are_within_one_and_a_half_percent_of_the_published(name: str) -> None:
    model, record = load_model(name, CATALOG), CATALOG.records("model")[name]
    if not model.architecture_known or "total_params" not in record.facts:
        pytest.skip("its architecture or its size is not published")
    fact = record["total_params"]
    rounded = fact.low <= model.total_params <= fact.high
    assert rounded or model.total_params == pytest.approx(fact.value, rel=0.015)


def test_the_parts_of_every_mix_add_up_as_they_were_published() -> None:
    """Before they are brought to one: a column that slipped, or a share in percent, falls out."""
    text = (FOLDER / "region" / "mix.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert len(rows) > 150
    for row in rows:
        assert sum(float(row[fuel]) for fuel in FUELS) == pytest.approx(1000, abs=6), row["region"]


def test_a_mixture_uses_fewer_parameters_than_it_holds() -> None:
    for name, record in CATALOG.records("model").items():
        if {"active_params", "total_params", "experts"} <= set(record.facts):
            assert record["active_params"].value < record["total_params"].value, name


def test_how_a_number_is_known_agrees_with_its_note() -> None:
    for fact in FACTS:
        reported = f"{fact.note} {fact.source.where}".lower()
        if "from memory" in reported or "as remembered" in reported:
            assert fact.basis not in ("published", "measured"), fact.key
        if "second hand" in reported:
            assert fact.basis in ("second hand", "estimated", "derived"), fact.key
        if fact.basis in ("estimated", "derived"):
            assert fact.note or fact.source.title, fact.key
        if RETOLD.search(str(fact.source).lower()) and not fact.key.endswith(".year_of"):
            assert fact.basis != "published", fact.key


def test_a_range_is_never_wider_than_a_hundred_times() -> None:
    wide = [fact.key for fact in FACTS if fact.low > 0 and fact.high / fact.low > 100]
    assert len(wide) <= 5, wide


def test_parts_of_a_pue_leave_it_above_one_and_below_three() -> None:
    for site in CATALOG.records("site").values():
        parts = sum(site[part].value for part in ("ups", "distribution", "cooling_power", "fans", "lighting"))
        assert 0.02 <= parts <= 2.0, site.name


def dense_pairs() -> list[tuple[Record, str, str]]:
    pairs = (("tf32_flops", "fp16_flops"), ("fp16_flops", "fp8_flops"), ("fp8_flops", "fp4_flops"))
    chips = CATALOG.records("chip").values()
    return [(chip, wide, narrow) for chip in chips for wide, narrow in pairs if {wide, narrow} <= set(chip.facts)]


def test_a_narrower_format_is_at_least_as_fast_and_at_most_eight_times() -> None:
    for chip, wide, narrow in dense_pairs():
        assert 1 <= chip[narrow].value / chip[wide].value <= 8, (chip.name, wide, narrow)


def test_a_name_that_states_its_context_has_that_context() -> None:
    """A name of another length is no alias: it would take the shorter context of the model that it is a build of."""
    budgets = {"minimax-m1"}  # its 40k and 80k are tokens of thought
    seen = 0
    for name, record in CATALOG.records("model").items():
        for alias in (name, record.meta.get("hf_id", ""), *record.meta.get("aliases", ())):
            stated = re.search(r"(?<![\d.])(\d+)k(?=[-_]|$)", alias.lower())
            if stated and name not in budgets and "context_tokens" in record.facts:
                assert 0.95 <= record["context_tokens"].value / (1000 * int(stated[1])) <= 1.1, alias
                seen += 1
    assert seen >= 6


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model.qwen3-omni-30b-a3b.vocab", 152_064),
        ("model.hy3-295b-a21b.moe_layers", 79),
        ("model.qwen3-coder-30b-a3b.intermediate", 5472),
        ("model.solar-open-100b.intermediate", 10_240),
        ("model.intern-s1.vocab", 153_216),
        ("model.internvl3.5-241b-a28b.vocab", 151_936),
        ("model.internvl3-78b.vocab", 151_674),
        ("model.granite-3.3-8b.vocab", 49_159),
        ("model.llava-1.5-7b.vocab", 32_064),
        ("model.qwen2.5-1.5b.context_tokens", 32_768),
        ("cloud.azure-qatarcentral.latitude", 25.55),
        ("cloud.azure-westus3.longitude", -112.07),
    ],
)
def test_what_was_wrong_once_is_right(key: str, value: float) -> None:
    assert CATALOG.fact(key).value == pytest.approx(value)


def test_a_cloud_region_lies_near_the_place_whose_climate_it_takes() -> None:
    """No farther than the next city of a small country; a centroid of a state lies farther."""
    from math import cos, hypot, radians

    for region in CATALOG.records("cloud").values():
        place = CATALOG.records("climate").get(region.meta.get("place", ""))
        if place is not None and "latitude" in region.facts:
            north = place["latitude"].value - region["latitude"].value
            east = (place["longitude"].value - region["longitude"].value) * cos(radians(region["latitude"].value))
            assert 111 * hypot(north, east) < 130, region.name
