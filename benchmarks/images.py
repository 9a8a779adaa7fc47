"""Joules and seconds of 10,000 configurations of an image model: sizes, steps and batches as arrays.

    .venv/bin/python benchmarks/images.py

Prints milliseconds for three models; 200 is the limit that is kept.
"""

from __future__ import annotations

import time

import numpy as np

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.line.chip.diffusion.coefficients import diffusion_fit
from wattline.line.chip.diffusion.run import ChipRates, Engine, run_stages, total
from wattline.line.chip.diffusion.stage import DiffusionJob, DiffusionLayout, stages
from wattline.line.work.diffusion.model import load_diffusion

COUNT = 10_000
LIMIT_MS = 200.0
MODELS = ("flux.1-dev", "stable-diffusion-xl", "stable-diffusion-3.5-large")


def milliseconds(name: str) -> float:
    """Of ``COUNT`` configurations of a model on one H100."""
    model, fit = load_diffusion(name, default()), diffusion_fit("hopper", Draws(0))
    rates = ChipRates(*(np.asarray(value) for value in (989.4e12, 613e12, 3.35e12, 450e9, 700.0)))
    rng = np.random.default_rng(0)
    height, width = (16.0 * rng.integers(32, 128, COUNT) for _ in range(2))
    batch, steps = rng.integers(1, 9, COUNT), rng.integers(4, 60, COUNT)
    begin = time.perf_counter()
    passes = model.passes(model.sizes(height, width))
    parts = stages(model, passes, DiffusionJob.of(model, batch, steps, None), DiffusionLayout.of())
    seconds, joules = total(run_stages(parts, rates, fit, Engine()))
    assert seconds.shape == joules.shape == (COUNT,)
    return 1e3 * (time.perf_counter() - begin)


if __name__ == "__main__":
    for name in MODELS:
        milliseconds(name)  # imports and catalog
        print(f"{name}: {milliseconds(name):.0f} ms for {COUNT:,} configurations, limit {LIMIT_MS:.0f}")
