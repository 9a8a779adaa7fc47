"""The JSON of every command: units in names, ranges, sums, and its page, which is made from the types."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import wattline as wl
from recordings import node_with_gpus
from wattline.catalog import default
from wattline.claim import check_file
from wattline.cli.facts import answer, matching
from wattline.core.bill import PARTS, STATIONS
from wattline.core.result import ENVELOPE
from wattline.reconcile.bill import bill as measured_bill
from wattline.reconcile.compare import compare
from wattline.schema.commands import ANSWERS as SCHEMAS
from wattline.schema.commands import json_schema
from wattline.schema.markdown import markdown
from wattline.schema.names import PER, PLAIN, UNITS, unit_of
from wattline.validate.evidence.training_runs import catalog_runs
from wattline.validate.training import validate

ROOT = Path(__file__).parents[1]
RANGE = {"p5", "p50", "p95"}
FORMS = ("RangeJson", "MeasuredJson", "OverRequestsJson", "TokenGapsJson", "HourlyPueJson")


@cache
def objects() -> dict[str, dict[str, Any]]:
    """The object of every command, as it comes back from JSON."""
    result = {
        "train": wl.train("gpt-3-175b", "300B", "v100-sxm2-32gb", 10_000, draws=60).json(),
        "train given": wl.train(
            "gpt-3-175b", "300B", "v100-sxm2-32gb", 10_000, hours="14.8 days", watts="330 W", pue="1.1", draws=60
        ).json(),
        "prompt": wl.prompt("deepseek-v3", draws=60).json(),
        "prompt given": wl.prompt("llama-3.1-8b", batch="8", active="0.5", pue="1.2", draws=0).json(),
        "serve-average": wl.serve_average("llama-3.1-8b", "1M/day", draws=60, active=0.5).json(),
        "run": wl.run(ROOT / "examples" / "article.toml", draws=60).json(),
        "check": check_file("article", 60).json(),
        "facts": answer("h100", matching("h100", default())),
        "validate training": validate(catalog_runs(), 20).json(),
        "meter bill": measured_bill(node_with_gpus(), region="us", draws=60).json(),
        "compare": compare(ROOT / "examples" / "gpt3_512_h100.toml", node_with_gpus(), draws=60).json(),
    }
    return {name: json.loads(json.dumps(value, allow_nan=False)) for name, value in result.items()}


ANSWERS = ("train", "train given", "prompt", "prompt given", "serve-average", "meter bill")
ENVELOPED = (*ANSWERS, "run", "check", "facts", "validate training", "compare")
ALL = (*ANSWERS, "run", "check", "facts", "validate training", "compare")


def results_of(name: str) -> dict[str, Any]:
    """What a command says."""
    result: dict[str, Any] = objects()[name]["results"] if name in ENVELOPED else objects()[name]
    return result


def nodes(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value inside, with the names that lead to it."""
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from nodes(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner, path)


def numbers(value: Any) -> Iterator[tuple[tuple[str, ...], float]]:
    for path, node in nodes(value):
        if isinstance(node, int | float) and not isinstance(node, bool):
            yield path, node


@pytest.mark.parametrize("name", ENVELOPED)
def test_every_command_answers_in_the_envelope(name: str) -> None:
    answer = objects()[name]
    assert tuple(answer) == ENVELOPE
    assert answer["wattline"] == wl.__version__
    assert isinstance(answer["results"], dict)
    assert all(isinstance(text, str) for text in (*answer["notes"], *answer["warnings"]))


def fields(command: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each key of each object in a command's schema: the object, the key, and what the schema says of it."""
    schema = json_schema(command)
    for name, inner in {"": schema, **schema["$defs"]}.items():
        for key, field in inner.get("properties", {}).items():
            yield name, key, field


def forms(field: Any) -> Iterator[str]:
    """The types and objects that a field may hold, also in a list or by name."""
    if "$ref" in field:
        yield field["$ref"].rpartition("/")[2]
    if isinstance(field.get("type"), str):
        yield field["type"]
    inside = [*field.get("anyOf", ()), *field.get("oneOf", ()), field.get("items"), field.get("additionalProperties")]
    for each in inside:
        if isinstance(each, dict):
            yield from forms(each)


NUMBERS = {"number", "integer", "RangeJson", "MeasuredJson", "OverRequestsJson", "TokenGapsJson"}


@pytest.mark.parametrize("command", sorted(SCHEMAS))
def test_every_number_tells_its_unit(command: str) -> None:
    wrong = {(name, key) for name, key, field in fields(command) if NUMBERS & set(forms(field)) and not unit_of(key)}
    assert not wrong


def test_costs_are_in_dollars_by_their_names() -> None:
    costs = {
        key for command in SCHEMAS for _, key, field in fields(command)
        if NUMBERS & set(forms(field)) and re.search("cost|price|capital", key)
    }  # fmt: skip
    assert "cost_usd" in costs
    assert not {key for key in costs if "dollars" not in str(unit_of(key))}


def test_no_unit_is_declared_that_no_name_has() -> None:
    keys = {key for command in SCHEMAS for _, key, _ in fields(command)}
    assert not {key for names in PLAIN.values() for key in names} - keys
    ends = tuple(keys)
    assert all(any(re.search(rf"(^|_){end}($|_per_)", key) for key in ends) for end in (*UNITS, *PER))


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("energy_wh", "watt-hours"),
        ("energy_wh_per_request", "watt-hours per request"),
        ("joules_per_output_token", "joules per token of an answer"),
        ("rate_per_s", "per second"),
        ("hours", "hours"),
        ("pue", "ratios"),
        ("story", None),
        ("per", None),
    ],
)
def test_names_say_their_units(name: str, unit: str | None) -> None:
    assert unit_of(name) == unit


@pytest.mark.parametrize("name", ALL)
def test_what_has_no_unit_in_its_name_has_one_beside_it(name: str) -> None:
    for path, node in nodes(objects()[name]):
        if isinstance(node, dict) and "value" in node and set(node) != {"value", "low", "high"}:
            assert isinstance(node.get("unit"), str), path


@pytest.mark.parametrize("name", ALL)
def test_ranges_are_ranges(name: str) -> None:
    seen = 0
    for path, node in nodes(objects()[name]):
        if isinstance(node, dict) and RANGE & set(node):
            assert set(node) == RANGE, path
            slack = 1e-12 * max(abs(node[p]) for p in RANGE)
            assert node["p5"] - slack <= node["p50"] <= node["p95"] + slack, path
            seen += 1
    assert seen or name == "facts"


@pytest.mark.parametrize("name", ALL)
def test_numbers_are_finite(name: str) -> None:
    assert all(math.isfinite(number) for _, number in numbers(objects()[name]))


def bills() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in (*ANSWERS, "run"):
        yield name, objects()[name]["results"]
    for job in objects()["run"]["results"]["jobs"]:
        yield job["name"], job["results"]


def test_parts_add_up_and_stations_rise() -> None:
    for name, bill in bills():
        parts = bill["parts"]
        assert set(parts) <= set(PARTS)
        total = bill["energy_mean_wh"]
        assert sum(part["energy_mean_wh"] for part in parts.values()) == pytest.approx(total, rel=1e-9), name
        assert sum(part["share"] for part in parts.values()) == pytest.approx(1, rel=1e-9), name
        for part in parts.values():
            assert part["share"] == pytest.approx(part["energy_mean_wh"] / total, rel=1e-9)
            assert part["station"] in STATIONS
        assert tuple(bill["stations"]) == STATIONS
        for p in RANGE:
            energies = [bill["stations"][station]["energy_wh"][p] for station in STATIONS]
            assert [0, *energies] == sorted([0, *energies]), name
            assert energies[-1] == pytest.approx(bill["energy_wh"][p], rel=1e-9)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_hangs_together(name: str) -> None:
    known = {fact["key"] for fact in objects()[name]["facts"]}
    answer = objects()[name]["results"]
    assert {row["fact"] for row in (*answer["matters"], *answer["equivalents"])} <= known
    correlations = [abs(row["rank_correlation"]) for row in answer["matters"]]
    assert correlations == sorted(correlations, reverse=True)
    assert all(c <= 1 for c in correlations)
    assert {step["station"] for step in answer["steps"]} <= {"work", *STATIONS}
    assert all(fact["source"] and fact["low"] <= fact["value"] <= fact["high"] for fact in objects()[name]["facts"])
    assert all(answer["peak_w"][p] >= answer["mean_w"][p] * (1 - 1e-9) for p in RANGE)
    assert answer["co2e_kg"]["p50"] >= answer["co2e_direct_kg"]["p50"]
    assert answer["generated_wh"]["p50"] > answer["energy_wh"]["p50"]


def test_steps_end_at_the_energy_of_the_answer() -> None:
    for name in ANSWERS:
        steps = {step["name"]: step["value"] for step in objects()[name]["results"]["steps"]}
        energy, end = objects()[name]["results"]["energy_wh"], steps["energy delivered"]
        assert end in (energy, energy["p50"]), name


def test_a_run_tells_its_facts_once() -> None:
    run = objects()["run"]
    keys = [fact["key"] for fact in run["facts"]]
    assert len(keys) == len(set(keys))
    jobs = run["results"]["jobs"]
    assert not any("facts" in job or "facts" in job["results"] for job in jobs)
    rows = [row for job in jobs for row in (*job["results"]["matters"], *job["results"]["equivalents"])]
    assert {row["fact"] for row in rows} <= set(keys)


@cache
def page() -> str:
    return markdown()


@pytest.mark.parametrize("command", sorted(SCHEMAS))
def test_the_page_explains_every_key_of_a_command(command: str) -> None:
    assert f"\n## `{command}`\n" in page()
    for name, key, _ in fields(command):
        if name.rpartition("_")[2] not in FORMS and key != "command":
            assert re.search(rf"^\| `{key}` \| [^|]+ \| [^| ][^|]+ \|$", page(), re.MULTILINE), (name, key)


def test_the_page_shows_units_ranges_and_the_envelope() -> None:
    for name in ENVELOPE:
        assert f"| `{name}` |" in page()
    assert all(f"`_{end}`" in page() for end in (*UNITS, *PER))
    assert '**R** `{"p5": …, "p50": …, "p95": …}`' in page()


def test_the_page_is_made_from_the_types() -> None:
    assert "from wattline.schema.markdown import markdown" in (ROOT / "docs/reference/json.md").read_text("utf-8")
