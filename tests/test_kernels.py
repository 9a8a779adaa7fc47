"""Measured kernels beside predictions: reading, what is refused and named, scores, and the command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from validation_files import kernel_file
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip
from wattline.line.chip.replica_step import decode_step
from wattline.line.work.model import load_model
from wattline.validate.evidence.kernels import KINDS, Rows, read_kernels
from wattline.validate.kernels import predict, validate
from wattline.validate.score import ERRORS


def only(folder: Path) -> Rows:
    rows, unusable = read_kernels(folder)
    assert (len(rows), unusable) == (1, [])
    return rows[0]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_predicted_within_reason(tmp_path: Path, kind: str) -> None:
    kernel_file(tmp_path, kind)
    time, power = predict(only(tmp_path))
    assert time.shape == power.shape == (1,)
    assert 1e-6 < time[0] < 0.1
    assert 50 < power[0] <= 700


def test_known_kernels_take_what_bytes_and_flops_ask(tmp_path: Path) -> None:
    for kind, least_s in (
        ("gemm", 2 * 4096**3 / 989e12),
        ("generation_attention", 8 * 4096 * 2 * 8 * 128 * 2 / 3.35e12),
        ("context_attention", 2 * 2 * 32 * 128 * 8 * 4096 * 2048 / 989e12),
        ("moe", 128 * 3 * 4096 * 1536 * 2 / 3.35e12),
        ("custom_allreduce", 2 * 7 / 8 * 2**30 / 450e9),  # message_size counts elements, of two bytes
    ):
        kernel_file(tmp_path / kind, kind)
        time, _ = predict(only(tmp_path / kind))
        assert least_s < time[0] < 4 * least_s, kind


def test_a_kernel_is_what_it_is_within_a_step(tmp_path: Path) -> None:
    """Attention of one layer, times the layers, is the step's attention."""
    model = load_model("meta-llama/Llama-3.1-8B-Instruct", catalog.default())
    kernel_file(tmp_path, "generation_attention")
    rows = only(tmp_path)
    step = decode_step(model, load_chip("h100", Draws(0)), 1, 8, 4096, "bf16", Draws(0))
    assert float(step.operations["attention"].time_s) == pytest.approx(predict(rows)[0][0] * 32)


def test_sliding_windows_tensor_and_expert_parallel_cost_less(tmp_path: Path) -> None:
    kernel_file(tmp_path / "a", "generation_attention", {}, {"window_size": 128})
    kernel_file(tmp_path / "m", "moe", {}, {"moe_tp_size": 4}, {"moe_ep_size": 4})
    for folder in ("a", "m"):
        time, _ = predict(only(tmp_path / folder))
        assert np.all(time[1:] < 0.6 * time[0])


def test_power_is_held_to_the_limit_and_time_stretched(tmp_path: Path) -> None:
    kernel_file(
        tmp_path, "gemm", {"m": 16384, "n": 16384, "power": 650.0, "power_limit": 700.0}, {"power_limit": 300.0}
    )
    rows = only(tmp_path)
    rows = replace(rows, sizes=rows.sizes | {"m": np.full(2, 16384.0), "n": np.full(2, 16384.0)})
    time, power = predict(rows)
    assert power[1] == pytest.approx(300)
    assert time[1] > 1.5 * time[0]


def test_scores_are_by_chip_and_kernel(tmp_path: Path) -> None:
    first = kernel_file(tmp_path, "gemm")
    at = predict(only(tmp_path))
    right = {"latency": 1e3 * at[0][0], "power": at[1][0], "power_limit": 700.0}
    first.unlink()
    kernel_file(tmp_path / "h100", "gemm", right, {**right, "latency": 2 * right["latency"], "power": None})
    kernel_file(tmp_path / "b200", "gemm", {"gemm_dtype": "nvfp4"}, device="NVIDIA B200")
    data = validate(tmp_path).json()["results"]
    assert (data["n"], data["unusable"]) == (3, [])
    score = data["chips"]["h100-sxm"]["gemm bfloat16"]
    assert score["time"]["n"] == 2
    assert [score["time"][name] for name in ERRORS[:4]] == pytest.approx([25, 25, 45, -25])
    assert [score["power"][name] for name in ("n", *ERRORS)] == pytest.approx([1, 0, 0, 0, 0, 0], abs=1e-9)
    assert data["chips"]["b200"]["gemm nvfp4"]["power"]["n"] == 0


def test_what_is_not_used_is_named(tmp_path: Path) -> None:
    kernel_file(
        tmp_path, "gemm", {"colour": "red"}, {"gemm_dtype": "fp3"}, {"m": 0}, {"latency": None}, {"device": "Abacus 9"}
    )
    kernel_file(tmp_path, "context_attention", {"step": 64}, {"beam_width": 4}, {"window_size": -1})
    kernel_file(tmp_path, "mla_context_module", {"model": "meta-llama/Llama-3.1-8B-Instruct"}, {"model": "no/such"})
    kernel_file(tmp_path, "custom_allreduce", {"num_gpus": 1})
    kernel_file(tmp_path, "moe").rename(tmp_path / "mamba2_perf.parquet")
    (tmp_path / "moe_perf.parquet").write_bytes(b"not Parquet at all")
    (tmp_path / "notes.csv").write_text("a,b\n")
    pl.DataFrame({"m": [1]}).write_parquet(tmp_path / "gemm_perf_short.parquet")
    result = validate(tmp_path)
    assert result.n == 1
    message = "\n".join(f"{u.file}: {u.why}" for u in result.unusable)
    for part in (
        "column colour not known",
        "number format 'fp3' of gemm_dtype is not known",
        "m is not a number from 1 to 1e+12",
        "1 row: latency is not a number",
        "Abacus 9",
        "step other than 0",
        "beam_width other than 1",
        "window_size is not a number from 0",
        "has no latent attention",
        "no/such",
        "num_gpus is not a number from 2",
        "mamba2_perf.parquet: not a kind of kernel",
        "moe_perf.parquet: cannot be read as Parquet",
        "notes.csv: not a Parquet file",
        "gemm_perf_short.parquet: column device, gemm_dtype, n, k, latency missing",
    ):
        assert part in message


def test_formats_are_told_apart_in_names(tmp_path: Path) -> None:
    kernel_file(tmp_path, "mla_context_module", {"mla_dtype": "fp8", "kv_cache_dtype": "fp8", "gemm_type": "nvfp4"})
    assert only(tmp_path).name == "mla_context_module nvfp4, fp8 cache, fp8 attention"


def test_a_bad_directory_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.txt"
    file.write_text("")
    for path, why in ((tmp_path / "no", "does not exist"), (tmp_path, "no Parquet file"), (file, "is a file")):
        with pytest.raises(WattlineError, match=why):
            read_kernels(path)
        with pytest.raises(SystemExit) as stop:
            main(["validate", "kernels", str(path)])
        assert stop.value.code == 2
        output = capsys.readouterr()
        assert (output.out, output.err.count("\n")) == ("", 1)


def test_the_command_prints_a_table_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in KINDS:
        kernel_file(tmp_path, kind)
    (tmp_path / "notes.csv").write_text("a,b\n")
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as stop:
            main(["validate", "kernels", str(tmp_path), *more])
        assert stop.value.code == 0
        text = capsys.readouterr().out
        if more:
            data = json.loads(text)
            assert (data["command"], data["results"]["n"], len(data["results"]["chips"]["h100-sxm"])) == (
                "validate kernels",
                7,
                7,
            )
        else:
            assert "notes.csv" in text
            assert "custom_allreduce bfloat16, graph" in text


@pytest.mark.shared
def test_the_real_kernels(shared_data: Path) -> None:
    data = validate(shared_data / "kernels").json()["results"]
    assert data["n"] > 700_000
    assert set(data["chips"]) == {"h100-sxm", "h200-sxm", "b200"}
    assert [u["file"] for u in data["unusable"]] == ["silicon_sample.csv"]
    for chip, kernels in data["chips"].items():
        assert kernels["gemm bfloat16"]["time"]["median_error_percent"] < 35, chip
        assert (not kernels["gemm bfloat16"]["power"]["n"]) == (chip == "h100-sxm")
