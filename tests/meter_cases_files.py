"""What tests of tables and of exporters' series write."""

from __future__ import annotations

T0 = 1767225600
COUNT = 40


def saw(mean: float, i: int) -> float:
    return mean + (i % 7) - 3
