"""Properties that hold whatever is asked of ``session`` and ``train``: work adds up, more work never takes less, caches
never cost, and every range is in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.line.work.sessions.read import CallSession, SessionCall, TokenRange

REPLICA: dict[str, Any] = {"setup": "h100-sxm", "gpus": 2, "batch": 8, "active": 0.5}
PLACES = ({"region": "us"}, {"place": "Dublin"}, {"region": "de", "carbon": "hourly"})
MODELS = ("llama-3.1-8b", "qwen3-30b-a3b")
FAST = settings(max_examples=15, deadline=None)


def exact(tokens: float) -> TokenRange:
    return TokenRange(tokens, tokens, tokens)


def call(name: str, new: float, thought: float, out: float, cached: float, count: int, fresh: bool) -> SessionCall:
    return SessionCall(name, count, exact(new), exact(thought), exact(out), cached, fresh=fresh)


def calls_of(name: str, fresh: bool = False) -> st.SearchStrategy[SessionCall]:
    tokens = st.floats(1, 4000)
    return st.builds(
        call, st.just(name), tokens, st.floats(0, 3000), tokens, st.floats(0, 1), st.integers(1, 6), st.just(fresh)
    )


def joules(model: str, *calls: SessionCall) -> float:
    return float(wl.session(CallSession("own", "Calls", calls), model, draws=0, **REPLICA).energy_j)


def ranges(node: Any) -> list[dict[str, float]]:
    """All ranges of an answer's JSON."""
    if isinstance(node, dict):
        if {"p5", "p50", "p95"} <= node.keys():
            return [node]
        return [each for value in node.values() for each in ranges(value)]
    return [each for value in node for each in ranges(value)] if isinstance(node, list) else []


@given(st.sampled_from(MODELS), calls_of("first"), calls_of("second", fresh=True))
@FAST
def test_a_session_of_two_unrelated_parts_takes_what_both_take(
    model: str, first: SessionCall, second: SessionCall
) -> None:
    apart = joules(model, first) + joules(model, second)
    assert joules(model, first, second) == pytest.approx(apart, rel=0.1)


@given(st.sampled_from(MODELS), calls_of("first"), st.sampled_from(("new_input", "thinking", "output")))
@FAST
def test_more_tokens_of_any_kind_never_take_less(model: str, first: SessionCall, part: str) -> None:
    given_tokens = getattr(first, part).value
    fields = {name: getattr(first, name) for name in first.__dataclass_fields__}
    more = SessionCall(**fields | {part: exact(given_tokens * 1.5 + 100)})
    assert joules(model, more) >= joules(model, first) * (1 - 1e-9)


@given(st.sampled_from(MODELS), calls_of("first"), st.floats(0, 1))
@FAST
def test_tokens_from_a_cache_never_take_more(model: str, first: SessionCall, cached: float) -> None:
    fields = {name: getattr(first, name) for name in first.__dataclass_fields__}
    least, most = sorted((first.cached, cached))
    energies = [joules(model, SessionCall(**fields | {"cached": share})) for share in (least, most)]
    assert energies[1] <= energies[0] * (1 + 1e-9)


@given(calls_of("first"), calls_of("second"), st.sampled_from(PLACES), st.integers(1, 60))
@FAST
def test_the_rows_of_a_session_add_up_to_its_bill_and_its_ranges_are_in_order(
    first: SessionCall, second: SessionCall, place: dict[str, Any], draws: int
) -> None:
    session = CallSession("own", "Calls", (first, second))
    results = wl.session(session, "llama-3.1-8b", draws=draws, **place, setup="h100-sxm").json()["results"]
    whole = sum(row["energy_mean_wh"] for row in results["exchanges"])
    assert whole == pytest.approx(results["energy_mean_wh"], rel=1e-9)
    assert all(each["p5"] <= each["p50"] <= each["p95"] for each in ranges(results))


def train(draws: int = 0, **changed: Any) -> Any:
    fields: dict[str, Any] = {"tokens": 1e11, "chip": "h100-sxm", "chips": 64, "region": "us"}
    model = changed.pop("model", "llama-3.1-8b")
    return wl.train(model, draws=draws, **fields | changed)


@given(st.sampled_from(MODELS), st.floats(1e8, 1e12), st.floats(1e8, 1e12), st.sampled_from((8, 64, 512)))
@FAST
def test_a_training_run_takes_what_its_parts_take(model: str, first: float, second: float, chips: int) -> None:
    energies = [
        float(train(model=model, tokens=tokens, chips=chips).energy_j) for tokens in (first, second, first + second)
    ]
    assert energies[2] == pytest.approx(energies[0] + energies[1], rel=1e-6)


@given(st.sampled_from(MODELS), st.sampled_from((8, 16, 64, 256, 1024)), st.sampled_from(("full", "lora")))
@FAST
def test_twice_the_chips_are_never_slower_and_take_less_energy_only_where_memory_was_short(
    model: str, chips: int, method: str
) -> None:
    """Adapters fit any of these chips; of whole models more memory saves a fifth at most: less is computed twice. A run
    in production, whose steps of few sequences wait for hosts, is slowed less, by a hundredth of its energy."""
    for tuned, least in ((True, 1 - 1e-9), (False, 0.98)):
        few, many = (train(model=model, chips=count, method=method, tuned=tuned) for count in (chips, 2 * chips))
        assert float(np.mean(many.duration_s)) <= float(np.mean(few.duration_s)) * (1 + 1e-9)
        assert float(many.energy_j) >= float(few.energy_j) * (0.8 if method == "full" else least)


@given(st.sampled_from(MODELS), st.sampled_from(PLACES), st.integers(1, 60), st.sampled_from((8, 64)))
@FAST
def test_the_ranges_of_a_training_run_are_in_order(model: str, place: dict[str, Any], draws: int, chips: int) -> None:
    answer = wl.train(model, tokens=1e10, chip="h100-sxm", chips=chips, draws=draws, **place)
    results = answer.json()["results"]
    assert all(each["p5"] <= each["p50"] <= each["p95"] for each in ranges(results))
    parts = sum(part["energy_mean_wh"] for part in results["parts"].values())
    assert parts == pytest.approx(results["energy_mean_wh"], rel=1e-9)
