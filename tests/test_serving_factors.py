"""Engines' factors and front ends: what a fit of them finds, and what it keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation_files import LLAMA, MAX, single_row
from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.coefficients import PRIORS, coefficients
from wattline.line.chip.device import load_chip
from wattline.line.chip.software import RATES, WAITS, Software, load_software, with_software
from wattline.line.engine.simulator.front_end import front_end_s
from wattline.line.work.model import load_model
from wattline.validate.evidence.latencies import TimedRow


@pytest.fixture
def row(tmp_path: Path) -> TimedRow:
    return single_row(tmp_path, f"{MAX}8,vllm,0.18.1,{LLAMA},,agg,1024,128,bfloat16,8,1,1,1,1,1,60,9")


@given(
    step=st.floats(0, 1), more=st.floats(0, 1), prompt=st.floats(1, 100), longer=st.floats(0, 100),
    front=st.tuples(st.floats(0, 0.5), st.floats(0, 50), st.floats(0, 1e-3), st.floats(0, 1e-4)),
)  # fmt: skip
def test_a_front_end_takes_time_and_more_with_load(
    step: float, more: float, prompt: float, longer: float, front: tuple[float, float, float, float]
) -> None:
    soft = Software("x", front_s=front[0], held_steps=front[1], prompt_layer_s=front[2], prompt_token_s=front[3])
    less = float(front_end_s(soft, 64.0, step, prompt, prompt))
    assert 0 <= less <= float(front_end_s(soft, 64.0, step + more, prompt + longer, prompt + longer)) + 1e-12


@given(kernel=st.floats(0.3, 2.0), expert=st.floats(0.3, 2.0))
def test_software_keeps_rates_possible(kernel: float, expert: float) -> None:
    plain = coefficients("hopper", Draws(0))
    result = with_software(plain, Software("x", kernel_time=kernel, expert_time=expert))
    for name in RATES:
        assert 0 < getattr(result, name) <= max(plain.kernels.largest_rate, float(getattr(plain, name)))
        assert (getattr(result, name) <= getattr(plain, name)) or kernel < 1
    for name in WAITS:
        assert getattr(result, name) == pytest.approx(float(getattr(plain, name)) * kernel)


def test_plain_software_changes_nothing() -> None:
    plain = coefficients("hopper", Draws(0))
    result = with_software(plain, Software("x"))
    for name in PRIORS:
        assert getattr(result, name) == pytest.approx(float(getattr(plain, name)), rel=1e-12)
    assert result.kernels == plain.kernels


def test_experts_have_the_time_of_their_format() -> None:
    soft = Software("x", expert_time=0.9, format_expert_time=(("nvfp4", 0.4), ("int4", 2.0)))
    assert [soft.in_format(form).expert_time for form in ("nvfp4", "int4", "fp8")] == [0.4, 2.0, 0.9]
    shipped = load_software("vllm-0.19", "blackwell", Draws(0))
    assert shipped.in_format("nvfp4").expert_time < shipped.in_format("fp8").expert_time
    # of a version that has a figure of its own for experts, the engine's formats say nothing
    assert load_software("vllm-0.5", "blackwell", Draws(0)).format_expert_time == ()


def test_software_by_name() -> None:
    for name in ("vllm", "sglang", "trtllm", "vllm-0.19", "trtllm-7.7"):
        for generation in ("hopper", "blackwell", "never-measured"):
            soft = load_software(name, generation, Draws(0))
            assert soft.kernel_time > 0
            assert soft.front_s >= 0
            assert soft.held_steps >= 0
    assert (
        load_software("vllm-0.19", "hopper", Draws(0)).kernel_time
        == load_software("vllm", "hopper", Draws(0)).kernel_time
    )
    with pytest.raises(WattlineError, match="engine 'llama-farm'"):
        load_software("llama-farm", "hopper", Draws(0))


def test_ttft_never_falls_with_prompt_or_load(row: TimedRow) -> None:
    pytest.importorskip("numba")
    from wattline.validate.serving_timed import simulate_row, software_of

    soft = software_of(row)
    by_prompt = [simulate_row(replace(row, input_tokens=n), soft).total_ttft_s(soft) for n in (256, 1024, 4096, 16384)]
    by_load = [simulate_row(replace(row, size=n), soft).total_ttft_s(soft) for n in (1, 4, 16, 64)]
    assert by_prompt == sorted(by_prompt)
    assert by_load == sorted(by_load)


def test_the_fit_finds_what_was_planted(row: TimedRow) -> None:
    pytest.importorskip("numba")
    from wattline.validate.fit.engine_factors import fit_factors
    from wattline.validate.fit.software import FRONT_SCALE, fit_fronts
    from wattline.validate.fit.step_arrays import Steps
    from wattline.validate.serving_timed import SimulatedLatency

    rows = [replace(row, size=n, input_tokens=i, chips=g) for n in (4, 16, 64) for i in (512, 4096) for g in (1, 2, 4)]
    reported = Steps.of(rows).tpot_s(0.8, 0.8)
    kernel = fit_factors([replace(r, tpot_s=float(t)) for r, t in zip(rows, reported, strict=True)]).kernel
    assert kernel == pytest.approx(0.8, rel=0.03)
    front = np.array([0.05, 3.0, 1e-4, 5e-6])
    rng = np.random.default_rng(0)
    result = []
    for r in rows * 4:
        s = SimulatedLatency(
            float(rng.uniform(0.01, 0.1)), float(rng.uniform(0.004, 0.04)), float(rng.choice([32, 96])), 1.0,
            float(rng.uniform(100, 20_000)),
        )  # fmt: skip
        late = s.ttft_s + front @ (1.0, s.tpot_s, s.sub_layers, s.prompt_tokens)
        result.append((replace(r, ttft_s=late), s))
    fitted = fit_fronts(result)[("vllm-0.18", "hopper")]
    assert np.all(np.abs(fitted - front) < 0.35 * FRONT_SCALE + 0.1 * front)


@pytest.mark.parametrize("planted", [0.45, 0.9])
def test_the_fit_tells_experts_of_one_format_from_another(planted: float) -> None:
    from wattline.validate.fit.engine_factors import fit_factors
    from wattline.validate.fit.step_arrays import Steps

    rows = _rows_of_experts() * 10
    narrow = np.array([row.precision == "nvfp4" for row in rows])
    reported = Steps.of(rows).tpot_s(0.8, np.where(narrow, planted, 0.6))
    fit = fit_factors([replace(row, tpot_s=float(t)) for row, t in zip(rows, reported, strict=True)])
    assert fit.kernel == pytest.approx(0.8, rel=0.1)
    assert fit.formats["nvfp4"] / fit.formats["fp8"] == pytest.approx(planted / 0.6, rel=0.25)


def test_a_version_is_drawn_to_its_engine_by_how_few_models_tell_of_it() -> None:
    from wattline.validate.fit.engine_factors import fit_factors
    from wattline.validate.fit.step_arrays import Steps

    plain = _rows_of_experts()
    models = [load_model(name, default()) for name in ("minimax-m2.5", "kimi-k2.5", "qwen3-235b-a22b", "deepseek-v3")]

    def of_version(known: int) -> float:
        later = [replace(row, engine="vllm-0.30", model=models[i % known]) for i, row in enumerate(plain)]
        rows = [*plain, *plain, *later]
        slower = np.array([0.8 if row.engine == "vllm-0.30" else 1.0 for row in rows])
        fit = fit_factors([
            replace(row, tpot_s=float(t)) for row, t in zip(rows, Steps.of(rows).tpot_s(slower, 0.6), strict=True)
        ])  # fmt: skip
        assert fit.kernel_of("vllm-7.7") == fit.kernel
        return fit.kernel_of("vllm-0.30") / fit.kernel

    assert of_version(4) < of_version(1) < 1.0


def _rows_of_experts() -> list[TimedRow]:
    """Services of one mixture of experts on Blackwell in two formats, of one version of vLLM."""
    first = TimedRow(
        2, "b200_sxm", load_model("minimax-m2.5", default()), load_chip("b200", Draws(0)), 4, False, 1, "fp8", 16,
        1024, 1024, (0.8, 1.0), 10, "vllm-0.19", 0.1, 0.01,
    )  # fmt: skip
    return [
        replace(first, precision=form, size=size, input_tokens=prompt, chips=chips)
        for form in ("fp8", "nvfp4") for size in (4, 32, 256) for prompt in (512, 4096) for chips in (2, 8)
    ]  # fmt: skip
