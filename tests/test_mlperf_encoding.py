"""Encoders, speech and images of MLPerf Inference: the fit of what engines make of them, and chips it never saw."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mlperf_files import mlperf_file, mlperf_row
from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.cli.main import app
from wattline.core.errors import WattlineError
from wattline.line.chip.diffusion.coefficients import diffusion_fit
from wattline.line.chip.diffusion.run import USUAL_FLOPS, USUAL_MEMORY, USUAL_PORTABLE, ChipRates, Engine, busy_times
from wattline.line.chip.diffusion.stage import pass_stage
from wattline.line.work.diffusion.model import load_diffusion
from wattline.line.work.diffusion.sizes import Sizes
from wattline.validate.evidence.mlperf_works import read_works
from wattline.validate.fit.mlperf_works import catalogs_without, fit_works, predict_work, server_share, with_factors

CATALOG = default()


def test_a_fit_without_a_chip_has_not_seen_it_and_moves_little_for_what_agrees(tmp_path: Path) -> None:
    """Rates made with known factors give these factors back; a chip left out changes nothing where all agree."""
    h100, l4 = ({"chip": chip, "model": "bert-99", "weights": "int8"} for chip in ("NVIDIA H100-SXM-80GB", "NVIDIA L4"))
    path = mlperf_file(tmp_path / "r.csv", [mlperf_row(**chip, performance=1) for chip in (h100, l4)])
    rows, _ = read_works(path, CATALOG)
    true = with_factors(CATALOG, {"encoder-tensorrt-speed": 1.6, "encoder-narrow-speed-int8": 1.7})
    made = [replace(row, per_s=float(predict_work(row, Draws(0, catalog=true))[1]) * row.chips) for row in rows]
    catalogs = catalogs_without(made, "chip", CATALOG)
    assert [catalog.fact("fit.encoder-tensorrt-speed").value for catalog in catalogs] != [1.6, 1.6]
    for row, own in zip(made, [with_factors(CATALOG, fit_works(made, CATALOG))] * 2, strict=True):
        assert float(predict_work(row, Draws(0, catalog=own))[1]) * row.chips == pytest.approx(row.per_s, rel=0.03)
    runner = CliRunner()
    for command in (["validate", "encoding", str(path), "--leave-out", "moon"], ["calibrate", "encoding", __file__]):
        wrong = runner.invoke(app, command)
        assert isinstance(wrong.exception, WattlineError)


@pytest.mark.parametrize("bigger", [2.0, 4.0])
def test_tuned_kernels_lose_nothing_on_a_faster_chip(bigger: float) -> None:
    """Eager kernels reach less of a larger nameplate; tuned ones take half the time on twice the chip, and on a chip
    below the usual one both take the same."""
    stage = pass_stage(
        load_diffusion("stable-diffusion-xl", CATALOG)
        .passes(Sizes(*(np.asarray(value) for value in (1024.0, 1024.0, 1.0, 77.0))))
        .denoiser,
        1,
    )
    fit = diffusion_fit("hopper", Draws(0))

    def busy(times: float, tuned: float) -> float:
        scaled = (np.asarray(value * times) for value in (USUAL_MEMORY, 9e11, 700.0))
        portable = np.asarray(USUAL_PORTABLE * USUAL_FLOPS)  # which no faster nameplate raises
        nameplate = ChipRates(np.asarray(USUAL_FLOPS * times), portable, *scaled)
        return float(sum(busy_times(stage, nameplate, fit, Engine(tuned=tuned)).values()))

    assert busy(bigger, 1.0) == pytest.approx(busy(1.0, 1.0) / bigger)
    assert busy(bigger, 0.0) > busy(bigger, 1.0) * 1.1
    assert busy(1 / bigger, 1.0) == pytest.approx(busy(1 / bigger, 0.0))


@pytest.mark.long
def test_chips_left_out_are_within_fifteen_percent(shared_data: Path) -> None:
    """H100 NVL stands between chips that were measured: its results of all three works by a fit without it."""
    rows, _ = read_works(shared_data / "mlperf_inference/results_v4.1_v5.1.csv", CATALOG)
    own = [row for row in rows if row.chip.record.name == "h100-nvl"]
    rest = [row for row in rows if row.chip.record.name != "h100-nvl"]
    draws = Draws(0, catalog=with_factors(CATALOG, fit_works(rest, CATALOG)))
    errors = [float(predict_work(row, draws)[1] * server_share(row, draws)) * row.chips / row.per_s - 1 for row in own]
    assert np.mean(np.abs(errors)) < 0.15
