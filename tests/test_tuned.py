"""Tuned engines: what measured kernels say of attention over prompts, and how far results of a chip scatter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.catalog.draws import Draws
from wattline.line.chip.coefficients import coefficients
from wattline.line.chip.device import load_chip
from wattline.line.chip.mixers import attention
from wattline.line.chip.products import Work
from wattline.line.chip.shape import Shape
from wattline.line.chip.step import nameplate
from wattline.line.chip.tuned import load_tuned, spread_level, with_tuned
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
