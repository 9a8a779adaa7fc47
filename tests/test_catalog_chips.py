"""The catalog of chips and servers: physics, references, and golden values from datasheets."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from wattline import catalog

HERE = Path(catalog.__file__).parent
FLOPS = ("fp64_flops", "fp32_flops", "tf32_flops", "fp16_flops", "fp8_flops", "int8_flops", "fp4_flops")
SUSTAINED = {"fp16_sustained_flops", "fp8_sustained_flops"}
CHIP_FACTS = {
    *FLOPS,
    "memory_bytes",
    "memory_bandwidth_bytes_per_s",
    "tdp_w",
    "idle_w",
    "link_bandwidth_bytes_per_s",
}
SERVER_FACTS = {
    "chips_per_node",
    "host_w",
    "host_idle_w",
    "max_w",
    "network_bandwidth_bytes_per_s",
    "network_w_per_chip",
    "link_domain_chips",
}


def files(kind: str) -> list[Path]:
    return [*HERE.glob(f"{kind}.toml"), *sorted((HERE / kind).glob("*.toml"))]


def load(path: Path) -> dict[str, dict[str, Any]]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def records(kind: str) -> dict[str, dict[str, Any]]:
    """The tables of a file; one that is like another has what it leaves out, names excepted."""
    tables = {name: entry for path in files(kind) for name, entry in load(path).items() if not name.startswith("_")}
    return {name: {**without_names(tables.get(entry.get("like", ""), {})), **entry} for name, entry in tables.items()}


def without_names(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in ("name", "aliases")}


def value(entry: dict[str, Any], attribute: str) -> float:
    raw = entry[attribute]
    return float(raw["value"] if isinstance(raw, dict) else raw)


CHIPS, SERVERS = records("chip"), records("server")


def test_enough_chips_and_servers() -> None:
    assert len(CHIPS) >= 50
    assert len(SERVERS) >= 40


@pytest.mark.parametrize("name", CHIPS)
def test_chip_is_physical(name: str) -> None:
    chip = CHIPS[name]
    assert {"name", "vendor", "generation", "year", "aliases", "server", "source"} <= set(chip)
    assert CHIP_FACTS - set(FLOPS) <= set(chip)
    assert "fp16_flops" in chip or "fp32_flops" in chip
    assert 2014 <= chip["year"] <= 2026
    assert 0 < value(chip, "idle_w") < 0.5 * value(chip, "tdp_w")
    for attribute in CHIP_FACTS & set(chip):
        assert value(chip, attribute) > 0, attribute
    if chip["generation"] in ("wafer", "lpu"):
        return  # memory on the chip alone: a wafer, or too little to hold a model
    whole = chip["server"] == "integrated"  # a package or module of CPU and GPU
    assert (15 if whole else 50) <= value(chip, "tdp_w") <= 4000
    assert 8e9 <= value(chip, "memory_bytes") <= 1.1e12
    assert (5e10 if whole else 1.9e11) <= value(chip, "memory_bandwidth_bytes_per_s") <= 4e13
    assert (9e8 if whole else 1.5e10) <= value(chip, "link_bandwidth_bytes_per_s") <= 2e12


@pytest.mark.parametrize("name", CHIPS)
def test_narrower_formats_are_never_slower(name: str) -> None:
    chip = CHIPS[name]
    ladder = [value(chip, f) for f in ("tf32_flops", "fp16_flops", "fp8_flops", "fp4_flops") if f in chip]
    assert ladder == sorted(ladder)


@pytest.mark.parametrize("name", CHIPS)
def test_compute_is_dense_not_sparse(name: str) -> None:
    """Dense FP16 stays under 2.6 TFLOP/s per watt of TDP; a sparse figure of a recent chip does not."""
    chip = CHIPS[name]
    if "fp16_flops" not in chip:
        return
    per_watt = value(chip, "fp16_flops") / value(chip, "tdp_w")
    assert per_watt < (2.6e12 if chip["year"] < 2026 else 5e12)
    if "fp8_flops" in chip:
        assert value(chip, "fp8_flops") / value(chip, "fp16_flops") < 4.5


@pytest.mark.parametrize("path", [*files("chip"), *files("server")], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_ranges_sources_and_attributes(path: Path) -> None:
    kind = path.stem if path.parent == HERE else path.parent.name
    sources = load(path)["_sources"]
    allowed = CHIP_FACTS if kind == "chip" else SERVER_FACTS
    used: set[str] = set()
    whole = records(kind)
    for name in (name for name in load(path) if not name.startswith("_")):
        entry = whole[name]
        used.add(entry["source"])
        for attribute, raw in entry.items():
            if isinstance(raw, (int, float)) and not isinstance(raw, bool):
                assert attribute in allowed | {"year"}, f"{name}.{attribute}"
            if isinstance(raw, dict):
                assert attribute in allowed | SUSTAINED | {"server_price_usd"}, f"{name}.{attribute}"
                if attribute in SUSTAINED:  # measured under the power limit, never above the nameplate
                    assert 0.3 < raw["value"] / value(entry, attribute.replace("_sustained", "")) < 1
                assert raw.get("low", raw["value"]) <= raw["value"] <= raw.get("high", raw["value"])
                used.add(raw.get("source", entry["source"]))
    assert used == set(sources)
    for source in sources.values():
        assert set(source) == {"title", "year", "where"}
        assert 2010 <= source["year"] <= 2026


@pytest.mark.parametrize("kind", ["chip", "server"])
def test_figures_from_memory_say_so_and_have_a_range(kind: str) -> None:
    for name, entry in records(kind).items():
        for attribute, raw in entry.items():
            if isinstance(raw, dict) and raw.get("basis") == "estimated":
                assert raw["low"] < raw["high"], f"{name}.{attribute}"
                assert raw.get("note"), f"{name}.{attribute}"


@pytest.mark.parametrize("kind", ["chip", "server"])
def test_names_and_aliases_are_unique(kind: str) -> None:
    seen: dict[str, str] = {}
    for name, entry in records(kind).items():
        assert re.fullmatch(r"[a-z0-9.-]+", name)
        for alias in (name, *entry["aliases"]):
            plain = re.sub(r"[\s_\-/]+", "", alias).lower()
            assert plain not in seen, f"{alias!r} of {name} also names {seen[plain]}"
            seen[plain] = name


def test_every_chip_has_a_server_that_holds_it() -> None:
    for name, chip in CHIPS.items():
        assert chip["server"] in SERVERS, name
        assert name in SERVERS[chip["server"]]["chip"], name


@pytest.mark.parametrize("name", SERVERS)
def test_server_is_physical(name: str) -> None:
    server = SERVERS[name]
    assert server["chip"]
    assert set(server["chip"]) <= set(CHIPS)
    chips, host = value(server, "chips_per_node"), value(server, "host_w")
    assert chips >= 1
    assert chips == int(chips)
    assert 0 < value(server, "host_idle_w") < host
    assert value(server, "network_w_per_chip") >= 0
    for chip in server["chip"]:
        full = chips * value(CHIPS[chip], "tdp_w") + host
        assert host < full / 2
        if "max_w" in server:
            assert full <= 1.05 * value(server, "max_w")


# chip: dense FP16 FLOP/s, memory B, memory B/s, TDP W, link B/s each way; memory as the driver reports it, the rest
# from the makers' datasheets
GOLDEN = {
    "v100-sxm2-32gb": (125e12, 34.36e9, 900e9, 300, 150e9),
    "t4": (65e12, 16e9, 320e9, 70, 16e9),
    "a100-sxm-80gb": (312e12, 85.90e9, 2.039e12, 400, 300e9),
    "l4": (121e12, 24e9, 300e9, 72, 32e9),
    "l40s": (362e12, 48e9, 864e9, 350, 32e9),
    "h100-sxm": (989.4e12, 85.52e9, 3.35e12, 700, 450e9),
    "h800-sxm": (989.4e12, 85.52e9, 3.35e12, 700, 200e9),
    "h20": (148e12, 102.6e9, 4.0e12, 400, 450e9),
    "h200-sxm": (989.4e12, 150.75e9, 4.8e12, 700, 450e9),
    "b200": (2250e12, 192.27e9, 7.7e12, 1000, 900e9),
    "gb200": (2500e12, 198.67e9, 8.0e12, 1200, 900e9),
    "mi250x": (383e12, 137.4e9, 3.277e12, 500, 400e9),
    "mi300x": (1307.4e12, 206.14e9, 5.3e12, 750, 448e9),
    "tpu-v3": (123e12, 34.36e9, 900e9, 450, 280e9),
    "tpu-v5p": (459e12, 102.0e9, 2.765e12, 540, 600e9),
    "gaudi2": (432e12, 103079215104, 2.45e12, 600, 262.5e9),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_values(name: str) -> None:
    keys = (
        "fp16_flops",
        "memory_bytes",
        "memory_bandwidth_bytes_per_s",
        "tdp_w",
        "link_bandwidth_bytes_per_s",
    )
    assert [value(CHIPS[name], key) for key in keys] == pytest.approx(GOLDEN[name], rel=0.01)


@pytest.mark.parametrize(
    ("wanted", "result"),
    [
        ("H100", "h100-sxm"),
        ("H100-SXM5", "h100-sxm"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("A100-40", "a100-sxm-40gb"),
        ("a100 80gb", "a100-sxm-80gb"),
        ("V100", "v100-sxm2-32gb"),
        ("TPUv3", "tpu-v3"),
        ("tpu v4", "tpu-v4"),
        ("MI300X", "mi300x"),
        ("b200-sxm", "b200"),
        ("Tesla T4", "t4"),
        ("4090", "rtx-4090"),
        ("trn2", "trainium2"),
        ("dgx h100", "h100-sxm"),
        ("gb200 nvl72", "gb200"),
        ("thor", "jetson-thor"),
        ("m4", "m4"),
        ("rtx 4070", "rtx-4070"),
        ("NVIDIA RTX PRO 6000 Blackwell Workstation Edition", "rtx-pro-6000-blackwell"),
    ],
)
def test_found_as_people_write_it(wanted: str, result: str) -> None:
    assert catalog.default().find("chip", wanted).name == result


def test_the_loader_reads_every_fact() -> None:
    for kind, entries in (("chip", CHIPS), ("server", SERVERS)):
        loaded = catalog.default().records(kind)
        assert list(loaded) == list(entries)
        for name, record in loaded.items():
            for attribute, fact in record.facts.items():
                assert fact.value == value(entries[name], attribute)
                assert fact.source.title


def test_memory_is_what_the_driver_reports_and_no_less_than_the_label() -> None:
    for name, chip in CHIPS.items():
        label = re.search(r"(\d+) ?GB", chip["name"])
        if label:
            assert 0.98 * float(label[1]) * 1e9 <= value(chip, "memory_bytes") <= 1.003 * float(label[1]) * 2**30, name


def test_the_share_of_memory_that_engines_take_has_a_range() -> None:
    share = catalog.fact("fit.usable-memory")
    assert 0.8 < share.low < share.value < share.high < 1


@pytest.mark.parametrize(("model", "chip", "chips"), [("llama-3.1-70b", "h100-sxm", 2), ("qwen2.5-72b", "a100", 2)])
def test_models_of_seventy_billion_fit_two_cards_of_eighty_gigabytes(model: str, chip: str, chips: int) -> None:
    """In 16 bits, as their makers' benchmarks serve them."""
    from wattline.catalog.draws import Draws
    from wattline.line.chip.device import load_chip
    from wattline.line.work.flops import weight_bytes
    from wattline.line.work.model import load_model

    device = load_chip(chip, Draws(0))
    kept = weight_bytes(load_model(model, catalog.default()), 2.0)
    assert (
        (chips - 1) * device.memory_bytes * device.usable_memory
        < kept
        < chips * device.memory_bytes * device.usable_memory
    )


def test_idle_power_that_is_not_published_is_not_shown_as_published() -> None:
    for record in catalog.default().records("chip").values():
        assert record["idle_w"].basis in ("estimated", "measured")
    assert catalog.fact("chip.tpu-v4.idle_w").basis == "measured"
