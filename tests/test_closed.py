"""Models that were never published: a range from public estimates, and no point."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline import catalog
from wattline.catalog.closed import find_closed
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.line.work.closed import model_of_size

CATALOG = catalog.default()
CLOSED = CATALOG.records("closed")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("gpt-4o", "gpt-4o"), ("openai/gpt-4o-2024-08-06", "gpt-4o"), ("ChatGPT", "gpt-4o"), ("GPT-5", "gpt-5"),
        ("gpt 5.1", "gpt-5"), ("claude-3-5-sonnet-20241022", "claude-sonnet"),
        ("anthropic/claude-opus-4.1", "claude-opus"),
        ("gemini-2.5-pro", "gemini-pro"), ("google/gemini-2.5-flash-preview", "gemini-flash"), ("grok-4", "grok-4"),
    ],
)  # fmt: skip
def test_a_closed_model_is_known_by_the_names_of_its_versions(typed: str, name: str) -> None:
    record = find_closed(typed, CATALOG)
    assert record is not None
    assert record.name == name


@pytest.mark.parametrize("name", ["llama-3.1-8b", "gpt-oss-120b", "gpt-3", "palm-540b", "claudette", ""])
def test_no_open_model_is_taken_for_a_closed_one(name: str) -> None:
    assert find_closed(name, CATALOG) is None


def test_no_closed_name_hides_a_model_of_known_architecture() -> None:
    for name, record in CATALOG.records("model").items():
        if "layers" in record.facts:
            for alias in (name, record.meta.get("hf_id", name)):
                assert find_closed(alias, CATALOG) is None, alias


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(CLOSED)), st.floats(0.03, 0.97))
def test_a_model_of_a_size_has_about_its_parameters(name: str, at: float) -> None:
    record = CLOSED[name]
    total, active = (float(record[part].quantile(at)) for part in ("total_params", "active_params"))
    assert total >= active
    model = model_of_size(record, total, active)
    assert model.active_params == pytest.approx(active, rel=0.15 if active > 5e9 else 0.3)
    assert model.total_params == pytest.approx(total, rel=0.35 if total < 1.3 * active else 0.12)


def test_the_answer_is_a_range_of_several_times_that_holds_what_others_published() -> None:
    answer = wl.prompt("gpt-4o", draws=400)
    energy = answer.range("energy_wh")
    assert energy.p95 > 5 * energy.p5
    assert energy.p5 < CATALOG.fact("prompt.chatgpt-altman.energy_wh").value < energy.p95
    assert energy.p5 < CATALOG.fact("prompt.gpt-4o-epoch.energy_wh").value < energy.p95
    assert "never published" in answer.warnings[0]
    assert any("chatgpt" in note.lower() for note in answer.notes)


def test_parts_of_a_mixture_add_up_to_what_the_grid_delivered() -> None:
    answer = wl.prompt("gemini-2.5-flash", draws=200, region="us")
    parts = sum(np.asarray(part) for part in answer.bill.parts.values())
    assert np.allclose(parts, answer.bill.energy_j, rtol=1e-9)


def test_the_same_seed_gives_the_same_range() -> None:
    first, again = (wl.prompt("o3", draws=150, seed=7).json()["results"] for _ in range(2))
    assert json.dumps(first) == json.dumps(again)


def test_a_longer_answer_takes_more() -> None:
    short, long = (wl.prompt("gpt-5", draws=200, output_tokens=tokens) for tokens in (100, 1000))
    assert np.all(long.energy_j > short.energy_j)


def test_an_answer_of_one_token_has_no_time_between_tokens() -> None:
    assert "tpot_s" not in wl.prompt("gpt-4o-mini", draws=100, output_tokens=1).quantities


def test_what_the_user_settles_is_taken() -> None:
    answer = wl.prompt("gpt-4o", "h100-sxm", gpus=16, batch=64, precision="bf16", draws=200)
    assert answer.inputs["chip"] == "h100-sxm"
    assert answer.inputs["gpus"] == 16
    assert answer.inputs["precision"] == "bf16"
    assert answer.range("batch").p5 == answer.range("batch").p95 == 64


def test_a_closed_model_has_no_point() -> None:
    with pytest.raises(WattlineError, match="take 100 or more"):
        wl.prompt("gpt-4o", draws=0)


def test_other_commands_refuse_a_closed_model_and_name_the_one_that_takes_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["train", "gpt-5", "--tokens", "1T", "--chips", "1000", "--chip", "h100-sxm"])
    assert "`wattline prompt gpt-5`" in capsys.readouterr().err.replace("\n", " ")


def test_the_command_prints_the_range_and_the_warning(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["prompt", "claude-sonnet-4.5", "--draws", "200"])
    text = " ".join(capsys.readouterr().out.split())
    assert "which was never published: an estimate" in text
    assert "public estimates" in text
