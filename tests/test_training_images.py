"""Steps of training models of images, and how results of MLPerf Training are compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.line.chip.device import load_chip
from wattline.line.chip.diffusion.training import diffusion_training_step
from wattline.line.work.diffusion.model import load_diffusion
from wattline.validate.evidence.mlperf_training import IMAGE_BENCHMARKS, read_results
from wattline.validate.mlperf_training import compare_images, validate, with_images

HEAD = (
    "round,submitter,chip,chips,benchmark,duration_s_median,global_batch_size,train_step_s_median,throughput_median,"
    "samples_at_end_median,framework\n"
)
FORWARD = load_diffusion("stable-diffusion-2.1", default())


def step_s(chips: int, batch: float, chip: str = "h100-sxm") -> float:
    forward = FORWARD.passes(FORWARD.sizes(512.0, 512.0)).denoiser
    return float(diffusion_training_step(forward, load_chip(chip, Draws(0)), chips, batch, Draws(0)).time_s)


@given(st.integers(1, 512), st.integers(1, 64), st.floats(1.1, 4))
@settings(max_examples=25, deadline=None)
def test_more_samples_take_longer_and_more_chips_less_long(chips: int, each: int, times: float) -> None:
    batch = float(chips * each)
    assert step_s(chips, batch * times) > step_s(chips, batch)
    assert step_s(2 * chips, 2 * batch) >= step_s(chips, batch)
    assert step_s(2 * chips, 2 * batch) < 2 * step_s(chips, batch)


@pytest.mark.parametrize(
    ("chip", "chips", "batch", "seconds"),
    [
        ("h100-sxm", 8, 256, 0.233),
        ("h100-sxm", 512, 2048, 0.0521),
        ("h200-sxm", 8, 512, 0.428),
        ("b200", 8, 256, 0.118),
    ],
)
def test_published_steps_of_stable_diffusion_are_met(chip: str, chips: int, batch: int, seconds: float) -> None:
    assert step_s(chips, batch, chip) == pytest.approx(seconds, rel=0.12)


def test_results_of_images_are_compared_beside_those_of_language_models(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    rows = (
        "v5.1,a,NVIDIA Blackwell GPU (B200-SXM-180GB),32,flux1,5600,1024,0.62,,8912896,\n"
        "v4.1,b,NVIDIA H100-SXM5-80GB,8,stable_diffusion,1880,256,,1090,2048000,\n"
        "v4.1,c,NVIDIA H100-SXM5-80GB,8,bert,60,448,,,,\n"
    )
    path.write_text(HEAD + rows)
    language, left = read_results(path)
    assert language == []
    result = with_images(validate(language, left, source=str(path)), path, 100).json()["results"]
    assert [row["chip"] for row in result["rows"]] == ["b200", "h100-sxm"]
    assert all(abs(row["error_percent"]) < 12 and row["covered"] for row in result["rows"])
    assert [each["lines"] for each in result["not_usable"]] == [1]
    assert "data parallel over 32 chips" in result["rows"][0]["layout"]


def test_results_of_mlperf_are_within_fifteen_percent(shared_data: Path) -> None:
    rows, _ = read_results(shared_data / "training/mlperf_training_results_v4.1_v5.1.csv", IMAGE_BENCHMARKS)
    made = [compare_images(row, Draws(0)) for row in rows]
    assert np.median([abs(row.error) for row in made if row is not None]) < 0.06
