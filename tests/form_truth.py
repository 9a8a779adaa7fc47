"""One truth that recordings of many forms tell."""

from __future__ import annotations

from meter_truth import Truth

T0, STEP_S = 1_767_225_600, 10


TRUTH = Truth([T0 + STEP_S * i for i in range(30)], [200.0 + 3 * (i % 13) + i for i in range(30)])


MEAN_W = TRUTH.energy_j / (29 * STEP_S)
