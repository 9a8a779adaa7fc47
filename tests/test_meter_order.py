"""Rows of joules in any order, and written several times, tell the same energy as rows in order, each once."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter_files import usage
from wattline.meter.readers.detect import read

T0 = 1_767_225_600
Rows = list[str]
CHANGES: dict[str, Callable[[Rows, int], Rows]] = {
    "in order": lambda rows, seed: rows,
    "newest first": lambda rows, seed: rows[::-1],
    "in any order": lambda rows, seed: random.Random(seed).sample(rows, len(rows)),
    "each row twice": lambda rows, seed: [row for row in rows for _ in "12"],
    "the whole file again": lambda rows, seed: rows + rows,
    "three files": lambda rows, seed: 3 * rows,
    "its end again": lambda rows, seed: rows + rows[-(2 + seed % 9) :],
    "device by device": lambda rows, seed: sorted(rows, key=lambda row: row.split(",")[1]),
    "devices and times upside down": lambda rows, seed: sorted(rows, key=lambda row: row.split(",")[1])[::-1],
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", ["energy_j", "interval_energy_j", "power_w"])
@settings(max_examples=8)
@given(watts=st.lists(st.floats(50, 500), min_size=24, max_size=40), seed=st.integers(0, 99))
def test_rows_tell_the_same_energy_in_any_order(change: str, kind: str, watts: list[float], seed: int) -> None:
    watts = [w + i / 100 for i, w in enumerate(watts)]
    times = [T0 + 10 * i for i in range(len(watts))]
    means = [(a + b) / 2 for a, b in pairwise(watts)]
    steps = [0.0, *(10 * w for w in means)]
    total = [1000.0 + sum(steps[: i + 1]) for i in range(len(steps))]
    numbers = {"energy_j": total, "interval_energy_j": steps, "power_w": watts}[kind]
    rows = [f"{t},{device},{share * n!r}" for t, n in zip(times, numbers, strict=True)
            for device, share in (("gpu0", 0.6), ("gpu1", 0.4))]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text("\n".join([f"time,device,{kind}", *CHANGES[change](rows, seed)]) + "\n")
        data = usage(read(path))
    assert data["energy_wh"]["value"] * 3600 == pytest.approx(sum(steps), rel=1e-3)
    assert data["devices"] == 2
