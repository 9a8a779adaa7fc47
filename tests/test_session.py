"""``session``: prompts that grow, caches, thinking, files, traces, batch APIs, and what is refused."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog.draws import Draws
from wattline.core.errors import NotFound, WattlineError
from wattline.line.work.sessions.read import PRESETS, CallSession, SessionCall, TokenRange, read_session
from wattline.predict.session.exchanges import exchanges_of

SETUP = {"setup": "h100-sxm", "gpus": 1}


def exact(tokens: float) -> TokenRange:
    return TokenRange(tokens, tokens, tokens)


def calls(
    count: int = 5, cached: float = 0.0, thinking: float = 0.0, new: float = 500.0, out: float = 200.0
) -> CallSession:
    """A session of calls that are all alike."""
    call = SessionCall("turn", count, exact(new), exact(thinking), exact(out), cached)
    return CallSession("own", "Turns", (call,))


def joules(session: CallSession) -> float:
    return float(wl.session(session, "llama-3.1-8b", draws=0, batch=16, active=0.5, **SETUP).energy_j)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_gives_an_answer_whose_parts_and_calls_add_up(name: str) -> None:
    model = "qwen2.5-vl-7b" if name == "computer-use" else "llama-3.1-8b"
    answer = wl.session(name, model, draws=40, **SETUP)
    assert np.allclose(sum(answer.bill.parts.values()), answer.energy_j, rtol=1e-9)
    rows = answer.more["exchanges"]
    assert [row["name"] for row in rows] == [call.name for call in read_session(name).calls]
    central = wl.session(name, model, draws=0, **SETUP)
    whole = sum(row["energy_wh"]["p50"] for row in central.more["exchanges"])
    assert whole == pytest.approx(float(central.energy_j) / 3600, rel=1e-6)
    assert float(np.min(answer.figures()["prompt_tokens"] - answer.figures()["cached_tokens"])) > 0


def test_a_prompt_holds_all_that_came_before_it() -> None:
    first, second, third = exchanges_of(calls(3, cached=0.5), Draws(0))
    assert [float(each.prompt) for each in (first, second, third)] == [500, 1200, 1900]
    assert [float(each.cached) for each in (first, second, third)] == [0, 350, 700]


def test_thoughts_stay_only_where_it_is_said_and_fresh_calls_begin_anew() -> None:
    kept = SessionCall("a", 2, exact(100), exact(50), exact(10), keeps_thinking=True)
    anew = SessionCall("b", 1, exact(100), exact(0), exact(10), fresh=True)
    prompts = [float(each.prompt) for each in exchanges_of(CallSession("x", "x", (kept, anew)), Draws(0))]
    assert prompts == [100, 260, 100]


def test_one_call_is_a_prompt() -> None:
    single = joules(calls(1, new=1000, out=300))
    prompt = wl.prompt(
        "llama-3.1-8b", "h100-sxm", gpus=1, input_tokens=1000, output_tokens=300, batch=16, active=0.5, draws=0
    )
    assert single == pytest.approx(float(prompt.energy_j), rel=0.03)


@given(st.integers(2, 12), st.floats(0, 0.9), st.floats(0, 2000))
@settings(max_examples=20, deadline=None)
def test_caches_save_and_thoughts_and_calls_cost(count: int, cached: float, thinking: float) -> None:
    base = joules(calls(count, cached, thinking))
    assert joules(calls(count, min(cached + 0.1, 1.0), thinking)) < base
    assert joules(calls(count, cached, thinking + 500)) > base
    assert joules(calls(count + 1, cached, thinking)) > base


def test_what_a_cache_saved_is_what_the_session_takes_more_without_it() -> None:
    with_cache = wl.session(calls(8, 0.9), "llama-3.1-8b", draws=0, batch=16, active=0.5, **SETUP)
    more = joules(calls(8, 0.0)) - float(with_cache.energy_j)
    assert float(with_cache.figures()["cache_saved_wh"]) * 3600 == pytest.approx(more, rel=1e-6)


def test_thinking_as_a_distribution_widens_the_range() -> None:
    wide = CallSession("w", "w", (SessionCall("q", 1, exact(300), TokenRange(500, 4000, 20000), exact(300)),))
    narrow = CallSession("n", "n", (SessionCall("q", 1, exact(300), exact(4000), exact(300)),))
    ranges = [wl.session(each, "llama-3.1-8b", draws=400, **SETUP).range("energy_wh") for each in (wide, narrow)]
    assert ranges[0].p95 / ranges[0].p5 > 2 * ranges[1].p95 / ranges[1].p5
    assert "thinking of q" in {fact.name for fact, _ in wl.session(wide, "llama-3.1-8b", draws=400, **SETUP).matters}


def test_a_batch_api_takes_less_and_the_best_hours() -> None:
    usual, waiting = (wl.session("rag", "llama-3.1-8b", batch_api=flag, draws=200, **SETUP) for flag in (False, True))
    assert waiting.range("energy_wh").p50 < usual.range("energy_wh").p50
    hours = {"region": "de", "carbon": "hourly", "draws": 50, "batch": 32, "active": 0.9}
    carbon = [
        wl.session("rag", "llama-3.1-8b", batch_api=flag, **hours, **SETUP).range("co2e_direct_kg").p50
        for flag in (False, True)
    ]
    assert carbon[1] < 0.97 * carbon[0]


def test_a_later_deadline_finds_no_dirtier_hours() -> None:
    hours = {"region": "de", "carbon": "hourly", "draws": 0, "batch": 32, "active": 0.9}

    def carbon(**waits: object) -> float:
        return float(
            wl.session("rag", "llama-3.1-8b", **waits, **hours, **SETUP).json()["results"]["co2e_direct_kg"]["p50"]
        )

    at_once, day = carbon(), carbon(batch_api=True)
    waits = [carbon(deadline=f"{each} h") for each in (1, 3, 6, 12, 24)]
    assert waits[0] == pytest.approx(at_once)  # an hour leaves no choice
    assert all(later <= sooner * 1.001 for sooner, later in pairwise(waits))
    assert waits[-1] == pytest.approx(day)
    assert wl.session("rag", "llama-3.1-8b", deadline="6 h", draws=0, **SETUP).json()["inputs"]["deadline_h"] == 6.0


@pytest.mark.parametrize(
    ("deadline", "why"),
    [("10 min", "from an hour to a week"), ("9 days", "from an hour to a week"), ("soon", "not a number")],
)
def test_a_deadline_that_is_none_is_refused(deadline: str, why: str) -> None:
    with pytest.raises(WattlineError, match=f"deadline: .*{why}"):
        wl.session("rag", "llama-3.1-8b", deadline=deadline, draws=0, **SETUP)


def test_a_session_longer_than_its_deadline_is_refused() -> None:
    with pytest.raises(WattlineError, match=r"deadline: the calls of one session, .* longer than 1 h"):
        wl.session("agent-coding", "deepseek-v3", "h200-sxm", gpus=8, deadline="1 h", draws=0)


def test_files_are_read_and_faults_named(tmp_path: Path) -> None:
    row = {"name": "a", "new_input": 400, "output": [100, 200, 300], "cached": 0.5, "count": 3}
    lines = tmp_path / "own.jsonl"
    lines.write_text(json.dumps(row) + "\n")
    toml = tmp_path / "own.toml"
    text = 'model = "llama-3.1-8b"\n[[call]]\nname = "a"\nnew_input = 400\noutput = [100, 200, 300]\n'
    text += "cached = 0.5\ncount = 3\n"
    toml.write_text(text)
    same = [wl.session(path, "llama-3.1-8b", draws=20, **SETUP).range("energy_wh").p50 for path in (lines, toml)]
    assert same[0] == same[1]
    assert wl.session(toml, draws=0, **SETUP).inputs["model"] == "llama-3.1-8b"
    for old, new, words in (
        ("cached", "cashed", "call 1: unknown key 'cashed'; nearest: cached"),
        ("cached = 0.5", "cached = 1.5", "call 1: cached"),
        ("[100, 200, 300]", "[300, 200, 100]", "rising numbers"),
        ("[100, 200, 300]", "[100, 200]", "one number, or three"),
        ("count = 3", "count = 0", "call 1: count"),
        ("[[call]]", "[call]", "call"),
    ):
        toml.write_text(text.replace(old, new))
        with pytest.raises(WattlineError, match=r"session .*own\.toml") as fault:
            wl.session(toml, **SETUP)
        assert words in str(fault.value)
    with pytest.raises(NotFound, match="agent-coding"):
        wl.session("agent-codin", **SETUP)


def test_a_trace_shares_what_its_prompts_begin_with(tmp_path: Path) -> None:
    rows = [
        {"timestamp": 1000 * i, "input_length": 1024 + i, "output_length": 50, "hash_ids": [0, 1, 100 + i]}
        for i in range(30)
    ]
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    answer = wl.session(path, "llama-3.1-8b", draws=0, **SETUP)
    assert float(answer.figures()["calls"]) == 30
    # all but the first find two blocks of 512 tokens, and at least one token is always read
    cached = sum(min(1024, row["input_length"] - 1) for row in rows[1:])
    assert float(answer.figures()["cached_tokens"]) == pytest.approx(cached, rel=0.01)


SCREENS = """
[[call]]
name = "look"
count = 3
new_input = 200
output = 50
pictures = 2
picture_size = "1280x720"
"""


def test_pictures_of_a_session_add_their_tokens_to_every_prompt_and_their_encoder(tmp_path: Path) -> None:
    seen, blind = tmp_path / "seen.toml", tmp_path / "blind.toml"
    seen.write_text(SCREENS)
    blind.write_text(SCREENS.split("pictures")[0])
    with_any, without = (wl.session(path, "qwen2.5-vl-7b", draws=0, **SETUP) for path in (seen, blind))
    single = wl.prompt("qwen2.5-vl-7b", draws=0, pictures=2, picture_size="1280x720", **SETUP).inputs
    more = float(with_any.figures()["prompt_tokens"]) - float(without.figures()["prompt_tokens"])
    assert more == (1 + 2 + 3) * single["picture_or_sound_tokens"]
    assert float(with_any.bill.parts["encode"]) > 0
    assert "encode" not in without.bill.parts
    rows = with_any.more["exchanges"]
    assert rows[0]["energy_wh"]["p50"] == pytest.approx(float(with_any.energy_j) / 3600, rel=1e-6)


def test_pictures_of_a_session_are_refused_by_the_call_s_name(tmp_path: Path) -> None:
    path = tmp_path / "seen.toml"
    for text, model, words in (
        (SCREENS, "llama-3.1-8b", "call look: pictures: llama-3.1-8b takes none"),
        (SCREENS.replace("pictures = 2", ""), "qwen2.5-vl-7b", "there is no picture; give pictures = 1"),
        (SCREENS.replace("1280x720", "wide"), "qwen2.5-vl-7b", "call look: "),
    ):
        path.write_text(text)
        with pytest.raises(WattlineError, match=words):
            wl.session(path, model, draws=0, **SETUP)
