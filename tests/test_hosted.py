"""Engines whose host is slower than the chips: what it takes stands beside the chip's own step, and rows that were
measured so are read and predicted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from small_chip import RATES, fit, model, work
from wattline.catalog import default
from wattline.line.chip.known import how_known, spread_fact
from wattline.line.chip.operations import host
from wattline.line.chip.serving import Serving
from wattline.line.chip.shape import Shape
from wattline.line.chip.software import Software, with_software
from wattline.line.chip.step import Watts, step
from wattline.validate.evidence.hosted import is_hosted, read_hosted, task_of
from wattline.validate.fit.group_range import group_range
from wattline.validate.fit.hosted import HostedFit, fit_hosted, hosted_from_catalog, spreads_left_out
from wattline.validate.fit.hosted_file import hosted_file
from wattline.validate.fit.step_file import fit_from_catalog
from wattline.validate.inference import validate

HEAD = (
    "model,gpu,tensor_parallel,pipeline_parallel,energy_per_request_j,mean_tpot_s,output_tokens_per_s,"
    "mean_output_tokens,mean_batch,max_num_seqs"
)
ROW = "meta-llama/Meta-Llama-3.1-8B-Instruct,NVIDIA H100 80GB HBM3,1,1,120,0.05,2000,400,100,128"
PLANTED = {
    "host-s": 8e-3, "host-sequence-s": 2e-4, "parallel-layer-s": 4e-4, "power-hopper": 0.08, "tokens-chat": 300.0,
    "first-wait": 0.2,
}  # fmt: skip


def file_of(folder: Path, *rows: str, name: str = "chat.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    return path


def test_the_host_takes_its_time_for_itself_for_sequences_and_for_split_layers() -> None:
    soft = Software("x", host_s=2.0, host_sequence_s=0.5, parallel_layer_s=0.25)
    shape = Shape.of(model())
    plain = host(shape, work(4, 4, chips=2.0), fit(host_s=1.0))
    slow = host(shape, work(4, 4, chips=2.0), with_software(fit(host_s=1.0), soft))
    assert float(plain.time_s) == pytest.approx(1.0)
    assert float(slow.time_s) == pytest.approx(1 + 2 + 4 * 0.5 + 0.25 * float(shape.layers))
    alone = host(shape, work(4, 4), with_software(fit(host_s=1.0), soft))
    assert float(alone.time_s) == pytest.approx(1 + 2 + 4 * 0.5)


def test_a_chip_that_waits_takes_static_power_and_its_share() -> None:
    """A step of 3 s of host alone on a chip of 100 W: static 20 W and 10 W more."""
    coefficients = with_software(
        fit(static_power=0.2, limit_reach=1.0), Software("x", host_s=1e6, host_power=0.1)
    )  # fmt: skip
    watts = Watts(*(np.asarray(x) for x in (100.0, 10.0, 100.0)))
    taken = step(Shape.of(model()), work(), RATES, watts, coefficients)
    assert float(taken.power_w) == pytest.approx(30.0, rel=1e-3)


def test_rows_are_read_and_what_cannot_be_is_named(tmp_path: Path) -> None:
    path = file_of(tmp_path, ROW, ROW.replace("Llama-3.1-8B", "Llama-99"), ROW.replace(",1,1,120", ",1,2,120"))
    assert is_hosted(path)
    rows, unusable = read_hosted(path)
    assert [u.line for u in unusable] == [3, 4]
    (row,) = rows
    assert (row.energy_per_token_j, row.power_w, row.itl_s) == (pytest.approx(0.3), pytest.approx(600.0), 0.05)
    assert (row.task, row.engine, row.precision) == ("chat", "vllm-0.5", "bf16")
    assert task_of("llm_text_generation_code.csv") == "code"


@pytest.mark.parametrize("cell", ["-1", "", "nan", "many"])
def test_numbers_that_are_none_are_named(tmp_path: Path, cell: str) -> None:
    rows, unusable = read_hosted(file_of(tmp_path, ROW.replace(",0.05,", f",{cell},")))
    assert not rows
    assert "mean_tpot_s" in unusable[0].why


def test_a_fit_returns_what_made_the_rows(tmp_path: Path) -> None:
    names = ("meta-llama/Meta-Llama-3.1-8B-Instruct", "mistralai/Mistral-7B-Instruct-v0.3")
    lines = [
        ROW.replace("meta-llama/Meta-Llama-3.1-8B-Instruct", name).replace("HBM3,1,", f"HBM3,{chips},")
        .replace(",400,100,", f",{output},{batch},")
        for name in names for chips in (1, 2) for batch in (16, 64, 256) for output in (100, 400)
    ]  # fmt: skip
    rows, unusable = read_hosted(file_of(tmp_path, *lines))
    assert not unusable
    planted = HostedFit(PLANTED)
    steps = planted.predict(rows)
    made = [
        replace(
            row, itl_s=float(steps.itl_s[i]), throughput=row.batch / float(steps.step_s[i]),
            power_w=float(steps.chip_w[i]) * row.chips,
        )
        for i, row in enumerate(rows)
    ]  # fmt: skip
    fitted = fit_hosted(made, planted).values
    for name in ("host-s", "host-sequence-s", "parallel-layer-s"):
        assert fitted[name] == pytest.approx(PLANTED[name], rel=0.15), name
    text = hosted_file(HostedFit(fitted), "made rows")
    assert "software-host-s-vllm-0.5" in text


def test_the_catalogs_fit_is_read_back_and_predicts_rows(tmp_path: Path) -> None:
    known = hosted_from_catalog().values
    assert {"host-s", "power-ampere", "power-hopper", "tokens-code"} <= set(known)
    rows, unusable = read_hosted(file_of(tmp_path, ROW))
    result = validate(rows, unusable, fit_from_catalog(), draws=100)
    assert 0.1 < float(result.predicted["energy_per_token"][0]) < 1.0


def test_an_engine_whose_host_the_chips_wait_for_has_a_spread_of_its_own(tmp_path: Path) -> None:
    rows, _ = read_hosted(file_of(tmp_path, *[ROW.replace(",400,100,", f",400,{batch},") for batch in (50, 100, 200)]))
    steps = hosted_from_catalog().predict(rows)
    made = [
        replace(row, throughput=row.batch / float(steps.step_s[i]) / off, power_w=float(steps.chip_w[i]) * row.chips)
        for i, (row, off) in enumerate(zip(rows, (0.9, 1.0, 1.2), strict=True))
    ]
    spreads = spreads_left_out(made, steps)
    name = rows[0].chip.generation
    low, high = spreads[f"time-{name}"]
    assert low < 0.9
    assert high > 1.2
    text = hosted_file(hosted_from_catalog(), "made rows", spreads)
    assert f"[step-spread-hosted-time-{name}]" in text
    known = how_known(rows[0].model, name, default(), Serving(software=hosted_from_catalog().software(name)).rare)
    assert known == "hosted"
    for what in ("time", "power", "energy", "itl"):
        assert spread_fact(what, name, default(), known) == f"fit.step-spread-hosted-{what}-{name}"


@given(st.lists(st.floats(-0.3, 0.3), min_size=3, max_size=12), st.floats(0.01, 0.2), st.integers(2, 9))
def test_a_model_never_measured_lies_off_as_a_whole(shifts: list[float], scatter: float, rows: int) -> None:
    """Its range is no narrower than the rows' own scatter, grows with how models lie off, and with how few they are."""
    names = np.repeat([f"model {i}" for i in range(len(shifts))], rows)
    inner = np.tile(np.linspace(-scatter, scatter, rows), len(shifts))
    logs = np.repeat(shifts, rows) + inner
    alone, sure, few, twice = (
        np.log(group_range(*each))
        for each in (
            (inner, names),
            (logs, names),
            (logs, names, (5.0, 95.0), True),
            (logs + np.repeat(shifts, rows), names),
        )
    )
    for narrow, wide in ((alone, sure), (sure, few), (sure, twice)):
        assert wide[0] <= narrow[0] + 1e-9
        assert wide[1] >= narrow[1] - 1e-9


def test_ranges_of_a_model_left_out_are_those_of_the_other_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is measured of a model widens the others' ranges, and never its own."""
    names = ("meta-llama/Meta-Llama-3.1-8B-Instruct", "google/gemma-2-9b-it", "mistralai/Mistral-7B-Instruct-v0.3")
    rows, _ = read_hosted(file_of(tmp_path, *[ROW.replace(names[0], name) for name in names]))
    steps = hosted_from_catalog().predict(rows)
    monkeypatch.setattr("wattline.validate.inference.predict_hosted", lambda *_: steps)
    ends = {}
    for off in (1.0, 2.0):
        factors = (off, 1.1, 0.95)
        made = [replace(row, throughput=row.batch / float(steps.step_s[i]) * factors[i]) for i, row in enumerate(rows)]
        result = validate(made, [], fit_from_catalog(), "model", draws=100)
        ends[off] = result.high["throughput"] / result.low["throughput"]
    assert ends[2.0][0] == pytest.approx(ends[1.0][0])
    assert np.all(ends[2.0][1:] > ends[1.0][1:])


def test_an_engine_upgrade_is_a_sentence_that_two_prompts_say() -> None:
    old, new = (
        wl.prompt("llama-3.1-8b", engine=engine, batch=64, input_tokens=300, output_tokens=400)
        for engine in ("vllm-0.5", None)
    )
    before, after = (each.json()["results"]["energy_wh"] for each in (old, new))
    assert before["p50"] > 1.5 * after["p50"]
    assert "engine vllm-0.5" in str(old)
    assert old.json()["inputs"]["engine"] == "vllm-0.5"
