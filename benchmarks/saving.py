"""How often ``saving`` calls a change significant that is none, where the air differs before and after.

    python benchmarks/saving.py [TRIALS]

Two recordings of the same work, noise of 3% that remembers itself, the air 3 °C warmer after, in a wave of 4 °C with a
walk beside it, 0.6% more energy a degree: with the temperature and without it, by length, memory and waves.
"""

from __future__ import annotations

import sys

import numpy as np

from wattline.core.fact import Array
from wattline.reconcile.adjustment import Condition, adjusted_test
from wattline.reconcile.blocks import Blocks
from wattline.reconcile.saving_test import rate_of, saving_test

NOISE, PER_DEGREE, MEANS_C = 0.03, 0.006, (18.0, 21.0)
LENGTHS, MEMORIES, WAVES = (60, 240), (0.0, 0.3, 0.6, 0.8), (0.5, 2.0, 6.0)


def watts(random: np.random.Generator, air_c: Array, memory: float) -> Array:
    """Mean watts of blocks under this air."""
    noise = random.normal(0, NOISE, len(air_c))
    for at in range(1, len(noise)):
        noise[at] = memory * noise[at - 1] + np.sqrt(1 - memory**2) * noise[at]
    return np.asarray(400 * (1 + noise) * np.exp(PER_DEGREE * (air_c - MEANS_C[0])))


def blocks(energy_j: Array) -> Blocks:
    """Blocks of a second."""
    count = len(energy_j)
    total = float(energy_j.sum())
    begin_s, seconds = np.arange(count, dtype=float), np.ones(count)
    return Blocks("made", "all", begin_s, energy_j, seconds, None, "", frozenset(), total, total)


def main(trials: int = 200) -> None:
    """A row for each length, memory and wave, then all together."""
    random, rows = np.random.default_rng(0), []
    print("blocks memory waves   significant: at one temperature, as it was")
    for count in LENGTHS:
        for memory in MEMORIES:
            for waves in WAVES:
                counts = np.zeros(2)
                for _ in range(trials):
                    turn = np.arange(count) / count
                    airs = tuple(
                        mean + 4 * np.sin(2 * np.pi * (waves * turn + random.random()))
                        + np.cumsum(random.normal(0, 0.1, count)) for mean in MEANS_C
                    )  # fmt: skip
                    before, after = (blocks(watts(random, air, memory)) for air in airs)
                    test, _ = adjusted_test(before, after, [Condition("temperature", "°C", airs)])
                    counts += test.significant, saving_test(rate_of(before), rate_of(after)).significant
                rows.append(counts / trials)
                print(f"{count:6d} {memory:6.1f} {waves:5.1f}   {rows[-1][0]:6.1%} {rows[-1][1]:6.1%}")
    print(f"all, {trials * len(rows):,} trials: {np.mean(rows, axis=0)[0]:.1%} {np.mean(rows, axis=0)[1]:.1%}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
