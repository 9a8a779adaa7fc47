"""How many configurations of a step the chip model works through in a second, on one core.

    taskset -c 0 .venv/bin/python benchmarks/step_speed.py

100,000 configurations, each with its own model, chip's rates, batch, context, chips and format.
"""

from __future__ import annotations

import time

import numpy as np

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.line.chip.coefficients import coefficients
from wattline.line.chip.products import Rates, Work
from wattline.line.chip.shape import Shape
from wattline.line.chip.step import Watts, step
from wattline.line.work.model import load_model

COUNT = 100_000
MODELS = ("llama-3.1-8b", "llama-3.1-70b", "qwen3-235b-a22b", "deepseek-v3", "gpt-oss-120b", "nemotron-nano-9b-v2")


def main() -> None:
    rng = np.random.default_rng(0)
    kinds = Shape.stack([load_model(name, catalog.default()) for name in MODELS])
    shape = kinds.pick(rng.integers(0, len(MODELS), COUNT))
    batch = rng.integers(1, 1024, COUNT).astype(float)
    chips = 2.0 ** rng.integers(0, 4, COUNT)
    narrow = rng.integers(0, 2, COUNT).astype(float)
    size = np.where(narrow > 0, 1.0, 2.0)
    context = rng.uniform(100, 30_000, COUNT)
    work = Work(batch, batch, context, np.zeros(COUNT), chips, size, size, narrow, (chips > 1).astype(float))
    rates = Rates(*(np.full(COUNT, x) for x in (989.4e12, 1979e12, 3.35e12, 450e9)))
    watts = Watts(np.full(COUNT, 700.0), np.full(COUNT, 72.0), np.full(COUNT, 700.0))
    c = coefficients("hopper", Draws(0))
    step(shape, work, rates, watts, c)
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        step(shape, work, rates, watts, c)
        seconds.append(time.perf_counter() - begin)
    print(f"{COUNT:,} configurations in {min(seconds):.3f} s: {COUNT / min(seconds):,.0f} a second")


if __name__ == "__main__":
    main()
