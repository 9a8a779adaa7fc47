"""One recording of a card at work, and what files of it have in common."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Truth(NamedTuple):
    """Instants (whole seconds since the epoch) and watts at them."""

    time_s: list[int]
    power_w: list[float]

    @property
    def means(self) -> list[float]:
        """Mean watts of each interval; one fewer than the instants."""
        return [(a + b) / 2 for a, b in pairwise(self.power_w)]

    @property
    def counter_j(self) -> list[float]:
        steps = [w * (b - a) for w, (a, b) in zip(self.means, pairwise(self.time_s), strict=True)]
        return [0.0, *np.cumsum(steps).tolist()]

    @property
    def energy_j(self) -> float:
        return self.counter_j[-1]

    def at(self, form: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
        return [datetime.fromtimestamp(t, UTC).strftime(form) for t in self.time_s]


def rows(path: Path, header: str, cells: Sequence[Sequence[object]], sign: str = ",") -> Path:
    path.write_text("\n".join([*([header] if header else []), *(sign.join(map(str, row)) for row in cells)]) + "\n")
    return path


def matrix(path: Path, name: str, truth: Truth, values: Sequence[float], **labels: str) -> Path:
    pairs = [[t, repr(v)] for t, v in zip(truth.time_s, values, strict=True)]
    result = [{"metric": {"__name__": name, "instance": "n1:1", **labels}, "values": pairs}]
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))
    return path


def lines(path: Path, text: Sequence[str]) -> Path:
    path.write_text("\n".join(text) + "\n")
    return path
