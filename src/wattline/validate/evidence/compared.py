"""One measured service beside its simulation, and an even choice of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ComparedService:
    """One row: what was measured and what the simulator found, by measure."""

    name: str
    group: str
    measured: dict[str, float]
    predicted: dict[str, float]

    def error(self, measure: str) -> float:
        """Relative, signed."""
        return self.predicted[measure] / self.measured[measure] - 1.0


def pick(rows: Sequence[Any], most: int) -> list[Any]:
    """An even spread of rows, in their order; all where there are no more.

    Parameters
    ----------
    rows : in any order
    most : at most so many

    Returns
    -------
    Those that are taken, in the same order.
    """
    if len(rows) <= most:
        return list(rows)
    return [rows[i] for i in np.linspace(0, len(rows) - 1, most).round().astype(int)]
