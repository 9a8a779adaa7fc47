"""The catalog as a whole: every file loads, every fact is sourced, every name leads to one record."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import NotFound, WattlineError
from wattline.core.fact import Basis, Fact

FILES = [
    p for p in catalog.HERE.rglob("*.toml") if p.name != "attributes.toml" and p.parent.name not in ("claims", "past")
]
KINDS = catalog.KINDS


def kind_of(path: Path) -> str:
    return path.stem if path.parent == catalog.HERE else path.parent.name


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_file_is_of_a_kind_and_loads(path: Path) -> None:
    assert kind_of(path) in KINDS
    result = dict(catalog.read_records(kind_of(path), path.read_text(encoding="utf-8"), path.name))
    assert result
    assert set(result) <= set(catalog.default().records(kind_of(path)))


@pytest.mark.parametrize("kind", KINDS)
def test_facts_are_sourced_declared_and_of_known_units(kind: str) -> None:
    from wattline.core.unit_names import unit

    for record in catalog.default().records(kind).values():
        if kind not in catalog.SINGLE:
            assert set(record.facts) <= set(catalog.attributes()[kind]), record.key
        for fact in record.facts.values():
            assert len(fact.source.title) > 5, fact.key
            assert fact.source.year, fact.key
            assert 1900 <= int(str(fact.source.year)[:4]) <= 2026, fact.key
            assert fact.basis in get_args(Basis), fact.key
            assert fact.dist in ("fixed", "triangular", "lognormal", "uniform"), fact.key
            unit(fact.unit)


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_and_alias_leads_to_one_record(kind: str) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for record in catalog.default().records(kind).values():
        hf_id = record.meta.get("hf_id")
        for name in (record.name, *record.meta.get("aliases", ()), *([hf_id] if hf_id else [])):
            owners[catalog.plain_name(name)].add(record.name)
            assert catalog.default().find(kind, name) is record
    assert {name: result for name, result in owners.items() if len(result) > 1} == {}


def test_every_key_finds_its_fact() -> None:
    for fact in catalog.default().all_facts():
        assert catalog.fact(fact.key) is fact


def test_names_are_read_as_people_write_them() -> None:
    record = catalog.default().find("chip", "h100-sxm")
    for name in ("H100 SXM", "h100_sxm", "H100-SXM", " h100sxm "):
        assert catalog.default().find("chip", name) is record


def test_groups_draw_their_facts_together() -> None:
    groups: dict[str, list[Fact]] = defaultdict(list)
    for fact in catalog.default().all_facts():
        if fact.group and not fact.exact:
            groups[fact.group].append(fact)
    shared = {name: facts for name, facts in groups.items() if len(facts) > 1}
    assert len(shared) >= 10
    draws = Draws(64)
    for facts in shared.values():
        order = [np.argsort(draws(fact), kind="stable").tolist() for fact in facts]
        assert all(result == order[0] for result in order), facts[0].group


def test_direct_and_lifecycle_carbon_move_together() -> None:
    draws = Draws(500)
    texas = catalog.default().find("region", "us-ercot")
    direct, lifecycle = draws(texas["carbon_direct_g_per_kwh"]), draws(texas["carbon_lifecycle_g_per_kwh"])
    assert np.all(lifecycle > direct)


@pytest.mark.parametrize(
    ("kind", "name", "near"),
    [
        ("chip", "h100-smx", "h100-sxm"),
        ("model", "llama-3.1-70", "llama-3.1-70b"),
        ("region", "us-ercott", "us-ercot"),
        ("site", "hyperscal", "hyperscale"),
    ],
)
def test_unknown_names_show_the_nearest(kind: str, name: str, near: str) -> None:
    with pytest.raises(NotFound) as caught:
        catalog.default().find(kind, name)
    assert near in caught.value.near
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ["", "-", "x" * 10_000, "\x00", "../../etc/passwd", "چیپ", None, 3])
def test_odd_names_are_refused(name: str) -> None:
    with pytest.raises(NotFound) as caught:
        catalog.default().find("chip", name)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "key", ["", "chip", "chip.", "chip.h100-sxm", "chip.h100-sxm.tdp", "moon.x.y", "fit.none", "."]
)
def test_odd_keys_are_refused(key: str) -> None:
    with pytest.raises(NotFound):
        catalog.fact(key)


def test_a_missing_attribute_is_never_zero() -> None:
    record = catalog.default().find("chip", "v100-sxm2-32gb")
    assert "fp8_flops" not in record.facts
    with pytest.raises(WattlineError, match="has no fp8_flops"):
        _ = record["fp8_flops"]
    assert record.get("fp8_flops", -1.0) == -1.0


HEAD = '[_sources]\npaper = { title = "A long paper", year = 2024 }\n'


def read(kind: str, text: str) -> dict[str, catalog.Record]:
    return dict(catalog.read_records(kind, HEAD + text, "mine.toml"))


def test_sources_fall_back_from_attribute_to_record_to_file() -> None:
    text = (
        '[_default]\nsource = "paper"\n[_default_source]\nidle_w = { title = "Idle power", year = 2020 }\n'
        "[a]\ntdp_w = 700\nidle_w = 70\n"
        '[b]\nsource = { title = "Its own", year = 2021 }\ntdp_w = 500\nidle_w = { value = 50, source = "paper" }\n'
    )
    result = read("chip", text)
    assert result["a"]["tdp_w"].source.title == "A long paper"
    assert result["a"]["idle_w"].source.title == "Idle power"
    assert result["b"]["tdp_w"].source.title == "Its own"
    assert result["b"]["idle_w"].source.title == "A long paper"
    # a bare number takes the range that its attribute declares
    assert (result["a"]["idle_w"].low, result["a"]["idle_w"].high) == (pytest.approx(49), pytest.approx(98))
    assert result["a"]["tdp_w"].exact


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a]\ntdp_w = 700\n", "no source"),
        ('[a]\nsource = "other"\ntdp_w = 700\n', "not among"),
        ('[a]\nsource = "paper"\ntdp_watts = 700\n', "not declared"),
        ('[a]\nsource = "paper"\ntdp_w = { value = 1, low = 2, high = 3 }\n', "not within"),
        ('[a]\nsource = "paper"\ntdp_w = nan\n', "finite"),
    ],
)
def test_wrong_records_are_refused(text: str, message: str) -> None:
    with pytest.raises(WattlineError, match=message):
        read("chip", text)


def test_what_is_from_memory_is_never_said_to_be_published_or_measured() -> None:
    recalled = [fact for fact in catalog.default().all_facts() if "from memory" in fact.note.lower()]
    assert len(recalled) > 100
    assert {fact.basis for fact in recalled} <= {"from memory", "second hand", "estimated", "derived", "given"}


COUNTS = (".chips_per_node", ".chips", ".threads", ".year_of", ".since")  # nor does a year that a figure is for vary


def test_what_is_not_published_or_measured_has_a_range() -> None:
    """A count of a chassis or of an architecture is exact however it is known: the published total confirms it."""
    unsure = [
        fact for fact in catalog.default().all_facts() if fact.basis in ("estimated", "from memory", "second hand")
    ]
    assert len(unsure) > 1000
    exact = [fact.key for fact in unsure if fact.low == fact.high and not fact.key.endswith(COUNTS)]
    assert [key for key in exact if not key.startswith(("model.", "encoder.")) or key.endswith("_params")] == []


MEMORY = """
[a]
name = "a"
source = { title = "A table", year = 2020 }
tdp_w = 100
idle_w = { value = 9, note = "From memory." }
memory_bytes = { value = 8e9, basis = "derived", note = "from memory" }
"""


def test_a_note_from_memory_makes_a_number_from_memory_of_what_says_nothing_else() -> None:
    facts = dict(catalog.read_records("chip", MEMORY, "x.toml"))["a"].facts
    assert [facts[name].basis for name in ("tdp_w", "idle_w", "memory_bytes")] == [
        "published",
        "from memory",
        "derived",
    ]


@pytest.mark.parametrize("basis", ["published", "measured"])
def test_a_number_from_memory_that_says_it_was_published_is_refused(basis: str) -> None:
    text = MEMORY.replace('note = "From memory."', f'basis = "{basis}", note = "From memory."')
    with pytest.raises(WattlineError, match="idle_w: a number from memory cannot be"):
        dict(catalog.read_records("chip", text, "x.toml"))


def test_a_number_read_in_an_excerpt_is_second_hand_and_never_published() -> None:
    text = MEMORY.replace('note = "From memory."', 'note = "read in an excerpt"')
    assert dict(catalog.read_records("chip", text, "x.toml"))["a"].facts["idle_w"].basis == "second hand"
    with pytest.raises(WattlineError, match="idle_w: a number read in an excerpt or retold cannot be published"):
        dict(catalog.read_records("chip", text.replace('note = "read', 'basis = "published", note = "read'), "x.toml"))


def test_what_was_fitted_here_is_derived_and_never_published() -> None:
    text = '["x"]\nsource = { title = "Fitted to runs", year = 2026 }\nvalue = 1.5\nunit = ""\nname = "a coefficient"\n'
    assert dict(catalog.read_records("fit", text, "x.toml"))["x"]["value"].basis == "derived"
    with pytest.raises(WattlineError, match="what was fitted here cannot be published"):
        dict(catalog.read_records("fit", text + 'basis = "published"\n', "x.toml"))


def test_an_estimate_without_a_range_takes_the_usual_one_of_its_attribute() -> None:
    text = MEMORY.replace("memory_bytes = {", "link_bandwidth_bytes_per_s = 1e9\nmemory_bytes = {")
    assert dict(catalog.read_records("chip", text, "x.toml"))["a"]["link_bandwidth_bytes_per_s"].exact
    place = '[a]\nsource = { title = "A table", year = 2020 }\nelevation_m = { value = 100, basis = "estimated" }\n'
    fact = dict(catalog.read_records("climate", place, "x.toml"))["a"]["elevation_m"]
    assert (fact.low, fact.value, fact.high) == (70, 100, 130)
