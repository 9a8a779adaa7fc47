"""Steps of training models of images, and how results of MLPerf Training are compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip
from wattline.line.chip.diffusion.training import diffusion_training_step
from wattline.line.work.diffusion.model import load_diffusion
from wattline.predict.answer import Answer
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


def run(model: str = "stable-diffusion-2.1", chips: int = 8, **more: object) -> Answer:
    given = {"samples": "1M", "size": 512, "batch_samples": 256, "region": "us", "draws": 0}
    return wl.train(model, None, "h100-sxm", chips, **given | more)


def test_a_tuned_run_of_images_takes_its_published_steps() -> None:
    hours = float(run(tuned=True).figures()["chip_hours"]) / 8
    assert hours * 3600 == pytest.approx(1e6 / 256 * 0.233, rel=0.12)
    assert float(run().figures()["chip_hours"]) / 8 == pytest.approx(1.9 * hours, rel=0.02)


@given(st.floats(1e4, 1e9), st.floats(1.1, 9))
@settings(max_examples=10, deadline=None)
def test_energy_of_training_images_follows_their_number(samples: float, times: float) -> None:
    assert float(run(samples=samples * times).energy_j) == pytest.approx(times * float(run(samples=samples).energy_j))


def test_what_is_measured_replaces_what_is_predicted_of_images() -> None:
    given = run(hours=5, watts=900)
    assert float(given.duration_s) == 5 * 3600
    servers = sum(float(given.bill.parts[part]) for part in ("chip_active", "chip_idle", "host", "network"))
    assert servers == pytest.approx(5 * 3600 * 8 * 900)
    assert float(run(mfu=0.3).figures()["mfu"]) == pytest.approx(0.3)


def test_adapters_of_an_image_model_take_less_and_fit_a_card() -> None:
    whole, thin = (float(run("flux.1-dev", 16, method=method).energy_j) for method in ("full", "lora"))
    assert 0.5 * whole < thin < 0.75 * whole
    card = wl.train("flux.1-dev", None, "rtx-4090", 1, samples=1000, size=512, method="qlora", draws=0)
    assert card.inputs["batch_samples"] == 1
    with pytest.raises(WattlineError, match=r"does not fit 1 .* --method lora or qlora"):
        wl.train("flux.1-dev", None, "rtx-4090", 1, samples=1000, draws=0)


def test_a_longer_video_takes_longer_to_train_on() -> None:
    short, long = (run("wan-2.1-1.3b", size="832x480", frames=n) for n in (17, 81))
    assert float(long.energy_j) > 4 * float(short.energy_j)
    assert "videos of 832 × 480" in long.title


def test_options_of_text_and_of_images_do_not_mix() -> None:
    for call, words in (
        (lambda: wl.train("flux.1-dev", "1T", "h100-sxm", 8, draws=0), "tokens: flux.1-dev makes images; give"),
        (lambda: wl.train("flux.1-dev", None, "h100-sxm", 8, draws=0), "samples: flux.1-dev makes images; give"),
        (lambda: wl.train("llama-3.1-8b", None, "h100-sxm", 8, samples=10, draws=0), "samples: goes with models that"),
        (lambda: wl.train("llama-3.1-8b", None, "h100-sxm", 8, draws=0), "tokens is missing; give the number"),
        (lambda: run(sequence=2048), "sequence: goes with language models"),
        (lambda: run(rollouts="in-turn"), "rollouts: goes with language models"),
        (lambda: run(method="dpo"), "method: models of images are trained by full, lora, qlora; dpo"),
        (lambda: run(frames=8), "frames: stable-diffusion-2.1 makes images"),
        (lambda: run(precision="int4"), "precision: images are trained in"),
        (lambda: run(hours=1, tuned=True), "one of them"),
        (lambda: run(hours=1e-5), "check hours, samples and chips"),
        (lambda: run(size="1x2x3"), "size"),
    ):
        with pytest.raises(WattlineError, match=words):
            call()
