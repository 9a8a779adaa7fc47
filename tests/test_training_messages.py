"""Messages of training over ports and links: whole nodes bring all their ports, boards without a switch few links; and
what a power limit leaves of a nameplate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.line.chip.coefficients import Coefficients, coefficients
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.training.messages import link_bytes_per_s, messages, network_bytes_per_s
from wattline.line.chip.training.plan import Layouts, Plan
from wattline.line.chip.training.rates import sustained_power_share, training_rates
from wattline.line.work.model import load_model

WHOLE = np.asarray(1.0)


def chip_of(name: str) -> tuple[Chip, Coefficients]:
    chip = load_chip(name, Draws(0))
    return chip, coefficients(chip.generation, chip.draws)


@given(st.sampled_from([1, 2, 4, 8]), st.integers(2, 64))
def test_members_of_a_node_bring_a_port_each(tensor: int, nodes: int) -> None:
    """A tensor-parallel group of a whole node leaves one port to each share of the weights, of a single chip eight."""
    chip, fit = chip_of("h100-sxm")
    span, members = np.asarray(8.0 * nodes), np.asarray(8.0 * nodes / tensor)
    reach = float(link_bytes_per_s(chip, span, members, fit))
    ports = 8 / tensor * float(network_bytes_per_s(chip))
    links = float(link_bytes_per_s(chip, np.asarray(8.0), np.asarray(8.0 / tensor), fit))
    assert reach == pytest.approx(ports if tensor == 8 else min(ports, links))


def test_gradients_of_a_node_s_chips_cross_the_network_once() -> None:
    """8 billion weights on 64 H100: each node sends all gradients and gets all weights through eight ports."""
    chip, fit = chip_of("h100-sxm")
    model = load_model("llama-3.1-8b", catalog.default())
    plan = Layouts.of(Plan(1, 1, 64, 64, 8192))
    sent = messages(model, chip, plan, fit, np.asarray(0.0), np.asarray(0.0), narrow=False)
    reach = min(8 * float(network_bytes_per_s(chip)), float(link_bytes_per_s(chip, WHOLE * 8, WHOLE * 8, fit)))
    wanted = 2 * 2 * model.total_params * 63 / 64 / reach
    assert float(sent.step["gradients and weights"]) == pytest.approx(wanted)


def test_a_board_without_a_switch_has_few_links_to_each_chip() -> None:
    for name, share in (("mi300x", 1 / 7), ("mi355x", 1 / 7), ("gaudi3", 1 / 7), ("h100-sxm", 1.0), ("gb200", 1.0)):
        chip, fit = chip_of(name)
        pair, all_eight = (float(link_bytes_per_s(chip, WHOLE * n, WHOLE * n, fit)) for n in (2, 8))
        assert pair / all_eight == pytest.approx(share)


@given(st.sampled_from(["mi300x", "h100-sxm", "b200", "tpu-v5p"]), st.integers(2, 8), st.integers(1, 4))
def test_larger_groups_have_no_less_of_the_links(name: str, members: int, times: int) -> None:
    chip, _ = chip_of(name)
    few, many = (float(chip.wired_share(n)) for n in (members, members * times))
    assert 0 < few <= many <= 1


def test_what_a_power_limit_leaves_is_measured_or_usual() -> None:
    """FP8 on MI300X: 1273 of 2615 TFLOP/s, where H100 reaches 0.71 of its peak; the same silicon at 1000 W, 1519."""
    small, large, hopper, unknown = (chip_of(name)[0] for name in ("mi300x", "mi325x", "h100-sxm", "tpu-v5p"))
    assert sustained_power_share(small, "fp8") == pytest.approx(1273 / 2614.9 / 0.71)
    assert sustained_power_share(large, "fp8") / sustained_power_share(small, "fp8") == pytest.approx(1519 / 1273)
    assert sustained_power_share(hopper, "fp8") == pytest.approx(1.0, abs=0.01)
    assert sustained_power_share(unknown, "fp8") == sustained_power_share(small, "fp4") == 1.0
    for chip in (small, large, hopper, unknown):
        fit = training_rates(chip, "bf16", chip.draws).fit
        assert 0 < float(fit.wide_efficiency) <= fit.kernels.largest_rate
