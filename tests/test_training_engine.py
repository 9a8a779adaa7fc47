"""The training run: hours, memory and the split of its power."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.training.production import training_power_w
from wattline.line.engine import training

FACTS = catalog.default()
CHIPS = sorted(catalog.default().records("chip"))


@cache
def device(name: str, n: int = 200) -> tuple[Chip, Draws]:
    draws = Draws(n)
    return load_chip(name, draws), draws


@given(st.floats(1e15, 1e27), st.integers(1, 10**6), st.floats(1e12, 1e16), st.floats(0.01, 0.9))
def test_hours_and_mfu_are_each_others_inverse(flops: float, chips: int, peak: float, used: float) -> None:
    wall = training.duration_s(flops, chips, peak, used)
    assert float(wall * chips * peak * used) == pytest.approx(flops, rel=1e-12)
    assert float(training.implied_mfu(flops, chips, peak, wall)) == pytest.approx(used, rel=1e-12)


def test_gpt_3_took_about_a_fortnight() -> None:
    # Patterson et al. 2021, arXiv:2104.10350, table 4: 14.8 days on 10,000 V100 at 24.6 TFLOP/s each
    days = float(training.duration_s(3.14e23, 10_000, 125e12, 24.6 / 125)) / 86400
    assert days == pytest.approx(14.8, rel=0.01)


def test_chips_that_hold_a_model() -> None:
    # 175e9 x 16 bytes = 2.8 TB over 28.8 GB usable of each
    assert training.chips_to_hold(175e9, 32e9, FACTS) == 98
    assert training.chips_to_hold(1e9, 80e9, FACTS) == 1
    # 7.2e9 x 16 / 0.9 is 128 GB: exactly full is held
    assert training.chips_to_hold(7.2e9, 128e9, FACTS) == 1


@given(st.floats(1e6, 1e13), st.floats(1e9, 1e12))
def test_held_by_so_many_and_not_by_unit_outages(params: float, memory: float) -> None:
    chips = training.chips_to_hold(params, memory, FACTS)
    usable = memory * FACTS.fact("fit.usable-memory").value
    assert chips >= 1
    assert params * 16 <= chips * usable * (1 + 1e-12)
    assert params * 16 > (chips - 1) * usable * (1 - 1e-12)


@given(
    st.floats(1e-3, 1e9),
    st.dictionaries(st.sampled_from(["chip_active", "chip_idle", "host", "network"]), st.floats(1.0, 1e6), min_size=1),
)
def test_a_measured_total_is_conserved_and_shared_alike(watts: float, predicted: dict[str, float]) -> None:
    arrays = {part: np.array([power, 2 * power]) for part, power in predicted.items()}
    result = training.split_measured(np.asarray(watts), arrays)
    assert sum(result.values()) == pytest.approx(watts, rel=1e-12)
    total = sum(predicted.values())
    for part, power in predicted.items():
        assert result[part] == pytest.approx(watts * power / total)


@given(st.sampled_from(CHIPS), st.integers(1, 10_000), st.floats(0, 1))
def test_power_by_part(name: str, chips: int, goodput: float) -> None:
    chip, draws = device(name)
    active = training_power_w(chip, draws)
    assert np.all((active >= np.minimum(chip.idle_w, chip.tdp_w)) & (active <= chip.tdp_w))
    share = np.asarray(goodput)
    parts = training.power_by_part(chips, active, chip.idle_w, chip.host_w, chip.network_w, share)
    assert all(np.all(power >= 0) for power in parts.values())
    chips_w = (parts["chip_active"] + parts["chip_idle"]) / chips
    assert np.all(chips_w <= chip.tdp_w * (1 + 1e-12))
    assert parts["host"] == pytest.approx(chips * chip.host_w)
