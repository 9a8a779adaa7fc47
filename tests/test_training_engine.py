"""The training run: utilisation, hours, memory and the split of its power."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline import catalog
from wattline.chip.device import Chip, load_chip
from wattline.chip.utilisation import MFU_MAX, mfu, predicted_mfu, training_power_w
from wattline.draws import Draws
from wattline.engine import training
from wattline.fact import given as given_by_user

CHIPS = sorted(catalog.records("chip"))


@cache
def device(name: str, n: int = 200) -> tuple[Chip, Draws]:
    draws = Draws(n)
    return load_chip(name, draws), draws


@given(
    st.sampled_from(CHIPS),
    st.floats(64, 1e5),
    st.sampled_from([0, 2019, 2022, 2023, 2026]),
    st.sampled_from(["bf16", "fp8"]),
)
def test_mfu_is_a_sensible_share(name: str, hidden: float, year: int, form: str) -> None:
    chip, draws = device(name)
    found = predicted_mfu(chip, hidden, year, form, draws)
    assert np.all((found > 0) & (found <= MFU_MAX))


@given(st.sampled_from(CHIPS), st.floats(64, 1e5), st.floats(1.01, 20))
def test_wider_layers_never_reach_less(name: str, hidden: float, wider: float) -> None:
    chip, draws = device(name)
    narrow, wide = (predicted_mfu(chip, h, 2024, "bf16", draws) for h in (hidden, hidden * wider))
    assert np.all(narrow <= wide)


@given(st.floats(64, 1e5), st.floats(1e13, 1e16), st.floats(1e11, 1e13), st.floats(0.05, 0.9), st.floats(0.1, 20))
def test_mfu_falls_with_narrowness(
    hidden: float, peak: float, bandwidth: float, reachable: float, slowing: float
) -> None:
    usual = float(mfu(hidden, peak, bandwidth, reachable, slowing))
    assert 0 < usual < reachable
    assert float(mfu(hidden / 2, peak, bandwidth, reachable, slowing)) < usual
    assert float(mfu(hidden, peak * 2, bandwidth, reachable, slowing)) < usual
    assert float(mfu(hidden, peak, bandwidth * 2, reachable, slowing)) > usual
    assert usual == pytest.approx(reachable / (1 + slowing * peak / bandwidth / hidden))


def test_no_draw_goes_beyond_the_bound() -> None:
    draws = Draws(0)
    draws(given_by_user("fit.mfu-spread", 50.0, ""))
    assert float(predicted_mfu(load_chip("h100-sxm", draws), 8192, 2024, "bf16", draws)) == MFU_MAX


def test_older_software_reaches_less_and_narrow_formats_run_faster() -> None:
    for name, later in (("a100-sxm-80gb", False), ("tpu-v4", False), ("h100-sxm", True), ("b200", True)):
        chip, draws = device(name)
        old, new = (predicted_mfu(chip, 8192, year, "bf16", draws) for year in (2022, 2023))
        # GPT-3 or BLOOM trained on a later chip is trained with later software
        assert np.all(old == new) if later else np.all(old < new)
        assert np.array_equal(predicted_mfu(chip, 8192, 0, "bf16", draws), new)
    chip, draws = device("h100-sxm")
    new = predicted_mfu(chip, 8192, 2023, "bf16", draws)
    narrow = predicted_mfu(chip, 8192, 2024, "fp8", draws)
    assert np.all(narrow <= new)
    assert np.all(narrow * chip.peak_flops("fp8") >= new * chip.peak_flops("bf16") * (1 - 1e-12))
    # a wider format has a lower peak and no more of it
    assert np.array_equal(predicted_mfu(chip, 8192, 2024, "tf32", draws), new)


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
    assert training.chips_to_hold(175e9, 32e9) == 98
    assert training.chips_to_hold(1e9, 80e9) == 1
    # 7.2e9 x 16 / 0.9 is 128 GB: exactly full is held
    assert training.chips_to_hold(7.2e9, 128e9) == 1


@given(st.floats(1e6, 1e13), st.floats(1e9, 1e12))
def test_held_by_so_many_and_not_by_one_less(params: float, memory: float) -> None:
    chips = training.chips_to_hold(params, memory)
    usable = memory * training.USABLE_MEMORY
    assert chips >= 1
    assert params * 16 <= chips * usable * (1 + 1e-12)
    assert params * 16 > (chips - 1) * usable * (1 - 1e-12)


@given(
    st.floats(1e-3, 1e9),
    st.dictionaries(st.sampled_from(["chip_active", "chip_idle", "host", "network"]), st.floats(1.0, 1e6), min_size=1),
)
def test_a_measured_total_is_conserved_and_shared_alike(watts: float, predicted: dict[str, float]) -> None:
    arrays = {part: np.array([power, 2 * power]) for part, power in predicted.items()}
    found = training.split_measured(np.asarray(watts), arrays)
    assert sum(found.values()) == pytest.approx(watts, rel=1e-12)
    total = sum(predicted.values())
    for part, power in predicted.items():
        assert found[part] == pytest.approx(watts * power / total)


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
