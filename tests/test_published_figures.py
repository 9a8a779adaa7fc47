"""What projects publish is put to `train` and `prompt` as its setting says, and scored by kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from validation_files import PUBLISHED
from wattline.core.errors import WattlineError
from wattline.core.units import HOUR_S
from wattline.validate.evidence.published_figures import COLUMNS, read_figures
from wattline.validate.published import validate_published

TRAIN = '"{form}, {sequence} tokens a sequence, {step} tokens a step{tuned}"'


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = tmp_path / "published.csv"
    path.write_text(PUBLISHED)
    return path


def line(kind: str, setting: str, published: str = "1", chips: str = "8") -> str:
    return f"{','.join(COLUMNS)}\n{kind},llama-3-8b,h100-sxm,{chips},{setting},rate,{published},tokens/s,a page\n"


def test_every_measure_is_predicted_and_scored_with_its_kind(published: Path) -> None:
    figures, left = read_figures(published)
    result = validate_published(figures, left, draws=50)
    assert not left
    assert not result.unusable
    assert len(result.rows) == PUBLISHED.count("\n") - 1
    assert {row.figure.measure for row in result.rows} == {figure.measure for figure in figures}
    scores = result.json()["results"]
    assert sum(score["n"] for score in scores["groups"].values()) == scores["scores"]["n"] == len(result.rows)


def test_a_rate_of_training_is_that_of_the_same_question_to_train(published: Path) -> None:
    row = validate_published(read_figures(published)[0], draws=50).rows[0]
    answer = wl.train(
        "llama-3-8b", 1e9, "h100-sxm", 8, precision="fp8", sequence=8192, batch_tokens=1048576, tuned=True, draws=50
    )
    hours = answer.range("chip_hours")
    assert row.predicted.p50 == pytest.approx(1e9 / (hours.p50 * HOUR_S), rel=0.01)


def test_a_rate_of_serving_is_that_of_the_same_question_to_prompt(published: Path) -> None:
    row = next(
        row for row in validate_published(read_figures(published)[0], draws=50).rows if row.figure.measure == "ttft"
    )
    answer = wl.prompt(
        "llama-2-70b", "h100-sxm", gpus=4, precision="fp8", input_tokens=2048, output_tokens=128, batch=1,
        engine="trtllm", draws=50,
    )  # fmt: skip
    assert row.predicted.p50 == pytest.approx(answer.range("ttft_s").p50)


@given(
    form=st.sampled_from(["bf16", "fp8", "fp16"]),
    sequence=st.integers(1, 10**6),
    step=st.integers(1, 10**9),
    tuned=st.booleans(),
)
def test_a_setting_is_read_as_written(
    form: str, sequence: int, step: int, tuned: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    setting = TRAIN.format(form=form, sequence=sequence, step=step, tuned=", --tuned" if tuned else "")
    path = tmp_path_factory.mktemp("published") / "one.csv"
    path.write_text(line("train", setting))
    (figure,), left = read_figures(path)
    assert not left
    assert (figure.precision, figure.sequence, figure.step_tokens, figure.tuned) == (form, sequence, step, tuned)


@pytest.mark.parametrize(
    ("kind", "setting", "published", "why"),
    [
        ("inference-service", "1000 requests at once", "1", "kind 'inference-service' is none of"),
        ("train", "bf16", "nan", "published 'nan' is no positive number"),
        ("train", "bf16", "-3", "published '-3' is no positive number"),
    ],
)
def test_a_row_that_is_no_figure_says_why(kind: str, setting: str, published: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text(line(kind, setting, published))
    figures, ((number, _, reason),) = read_figures(path)
    assert not figures
    assert number == 2
    assert why in reason


def test_a_setting_that_leaves_out_the_batch_is_not_predicted(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text(line("inference-output tokens/s", '"fp8, 128 in, 128 out"'))
    result = validate_published(*read_figures(path), draws=20)
    assert not result.rows
    assert "batch" in result.unusable[0][2]
    assert result.json()["results"]["scores"]["n"] == 0


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("kind,model\ntrain,llama-3-8b\n")
    with pytest.raises(WattlineError, match="column chip, chips"):
        read_figures(path)
