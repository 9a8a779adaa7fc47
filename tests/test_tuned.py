"""Tuned engines: what measured kernels say of attention over prompts, and how far results of a chip scatter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wattline.catalog.draws import Draws
from wattline.line.chip.coefficients import coefficients
from wattline.line.chip.device import load_chip
from wattline.line.chip.mixers import attention
from wattline.line.chip.products import Work
from wattline.line.chip.shape import Shape
from wattline.line.chip.step import nameplate
from wattline.line.chip.tuned import load_tuned, spread_level, with_tuned
from wattline.line.engine.steady_load import ServedModel, SteadyLoad, layouts, load_facts, rates_at
from wattline.line.work.inputs import read_model
from wattline.validate.fit.mlperf_file import scatter_by_chip

DRAWS = Draws(0)


@given(tokens=st.integers(1, 20_000), chip=st.sampled_from(["h100-sxm", "b200", "mi300x"]))
def test_attention_over_prompts_reaches_its_rate_as_they_grow(tokens: int, chip: str) -> None:
    """What does not grow with a prompt takes as long as a prompt of so many tokens (measured kernels: 780)."""
    device = load_chip(chip, DRAWS)
    fit = with_tuned(coefficients(device.generation, DRAWS), load_tuned(device, DRAWS))
    shape = Shape.of(read_model("llama-2-70b", DRAWS.catalog))
    one, none = np.asarray(1.0), np.asarray(0.0)
    work = Work(
        tokens=np.asarray(float(tokens)), sequences=none, context=none, prompt_tokens=np.asarray(float(tokens)),
        chips=one, weight_bytes=one, dense_bytes=one, narrow=one, expert_parallel=none,
    )  # fmt: skip
    rates = nameplate(device, 1, "fp8")
    long, flat = (
        float(attention(shape, work, rates, each).busy_s) for each in (fit, replace(fit, prompt_ramp_tokens=none))
    )
    assert long / flat == pytest.approx(1.0 + float(fit.prompt_ramp_tokens) / tokens)


@given(st.lists(st.floats(0.01, 0.5), min_size=2, max_size=40), st.floats(1.1, 4.0))
def test_a_chip_whose_results_scatter_more_has_a_wider_range(sizes: list[float], wider: float) -> None:
    logs = np.array([*sizes, *(wider * x for x in sizes)])
    width = scatter_by_chip(["a"] * len(sizes) + ["b"] * len(sizes), logs)
    assert width["a"] < 1.0 < width["b"] < wider * width["a"] * (1 + 1e-9)
    alike = scatter_by_chip(["a"] * len(sizes) + ["b"] * len(sizes), np.array([*sizes, *sizes]))
    assert alike == pytest.approx({"a": 1.0, "b": 1.0})


def test_a_chip_that_was_measured_has_a_range_of_its_own() -> None:
    card, other = (load_chip(name, DRAWS) for name in ("h100-pcie", "l40s"))
    assert spread_level("chip", card, DRAWS.catalog) == "chip-h100-pcie"
    assert spread_level("vendor", other, DRAWS.catalog) == "vendor"
    widths = []
    for name in ("known-h100-pcie", "known", "known-b200"):
        fact = DRAWS.catalog.fact(f"fit.tuned-spread-time-{name}")
        widths.append(np.log(fact.high / fact.low))
    assert widths[0] > widths[1] > widths[2]


@given(
    factors=st.lists(st.floats(0.5, 2.0), min_size=2, max_size=4),
    chip=st.sampled_from(["h100-sxm", "b200", "mi300x"]),
    tpot=st.sampled_from([None, 0.2, 0.04, 1e-4]),
)
def test_layouts_of_many_engines_side_by_side_are_those_of_each(
    factors: list[float], chip: str, tpot: float | None
) -> None:
    """The best batch of a layout is found for each set of coefficients by itself, within its own latencies."""
    device, facts = load_chip(chip, DRAWS), load_facts(DRAWS.catalog)
    load = SteadyLoad(input_tokens=250, output_tokens=300, output_spread=0.9, tpot_s=tpot, random=tpot is not None)
    fit, model = coefficients(device.generation, DRAWS), read_model("llama-2-70b", DRAWS.catalog)

    def serving(host_s: NDArray[np.float64]) -> ServedModel:
        return ServedModel(
            model, device, "fp8", 1.0, replace(fit, host_s=fit.host_s * host_s, launch_s=fit.launch_s * host_s)
        )

    many = serving(np.array(factors)[:, None])
    layout = layouts(many, 8, load, facts)[-1]
    each = [rates_at(serving(np.asarray(factor)), 8, load, facts, layout) for factor in factors]
    np.testing.assert_allclose(np.array(rates_at(many, 8, load, facts, layout)), np.array(each).T, rtol=1e-12)
