"""Experts and two stacks by hand: what a batch touches, the fullest chip, and an encoder beside its decoder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

from small_chip import RATES, fit, model, work
from wattline.line.chip.feed_forward import experts
from wattline.line.chip.operations import operations
from wattline.line.chip.products import Operation
from wattline.line.chip.shape import Shape

# four experts of 3 × 6 × 5 weights each, of which a token chooses one
MIXTURE: dict[str, Any] = {"experts": 4, "active_experts": 1, "expert_intermediate": 5, "intermediate": 0}
WEIGHTS = 3 * 6 * 5


def made(fit_: dict[str, float] | None = None, own: dict[str, Any] | None = None, **step: float) -> Operation:
    return experts(Shape.of(model(**MIXTURE | (own or {}))), work(**step), RATES, fit(**(fit_ or {})))


def test_a_token_touches_the_experts_that_it_chooses() -> None:
    single = made()
    assert float(single.flops) == pytest.approx(2 * WEIGHTS)
    activations = (2 * 6 + 3 * 5) * 2
    assert float(single.bytes) == pytest.approx(WEIGHTS * 2 + activations)
    assert float(single.busy_s) == pytest.approx(2 * WEIGHTS / 100 + (WEIGHTS * 2 + activations) / 10)


def test_more_tokens_touch_more_experts_by_chance() -> None:
    """Of two tokens the second chooses an expert of its own three times in four: 1.75 experts, 8/7 of a token each."""
    two = made(tokens=2, weight_bytes=0.5)
    assert float(two.flops) == pytest.approx(2 * 2 * WEIGHTS)
    assert float(two.bytes) == pytest.approx(1.75 * WEIGHTS * 0.5 + 2 * 27 * 2)
    every = made(own={"active_experts": 4}, tokens=3)
    assert float(every.flops) == pytest.approx(4 * 3 * 2 * WEIGHTS)
    assert float(every.bytes) == pytest.approx(4 * WEIGHTS * 2 + 12 * 54)
    layers = made(own={"layers": 3}, tokens=2)
    assert float(layers.flops) == pytest.approx(3 * 2 * 2 * WEIGHTS)
    assert float(layers.bytes) == pytest.approx(3 * (1.75 * WEIGHTS * 2 + 2 * 54))
    assert float(made(own={"experts": 0, "moe_layers": 0}).time_s) == 0


def test_experts_in_a_latent_of_their_own_and_without_a_gate() -> None:
    latent = made(own={"expert_hidden": 3, "gated_mlp": False})
    assert float(latent.flops) == pytest.approx(2 * 2 * 3 * 5)
    assert float(latent.bytes) == pytest.approx(2 * 3 * 5 * 2 + (2 * 3 + 3 * 5) * 2)


def test_a_tile_of_an_expert_has_its_least_rows() -> None:
    """Wide tiles where tokens outnumber the experts at hand, or where products are narrow; not for 4-bit weights."""
    rows = {"least_rows": 8.0, "tall_expert_rows": 32.0}
    assert float(made(rows).flops) == pytest.approx(2 * 8 * WEIGHTS)
    assert float(made(rows, tokens=4).flops) == pytest.approx(2 * 8 * WEIGHTS * 4 * (1 - 0.75**4))
    assert float(made(rows, tokens=5).flops) == pytest.approx(2 * 32 * WEIGHTS * 4 * (1 - 0.75**5))
    assert float(made(rows, tokens=5, weight_bytes=1).flops) == pytest.approx(2 * 32 * WEIGHTS * 4 * (1 - 0.75**5))
    assert float(made(rows, tokens=5, weight_bytes=0.5).flops) == pytest.approx(2 * 8 * WEIGHTS * 4 * (1 - 0.75**5))
    assert float(made(rows, narrow=1).narrow_flops) == pytest.approx(2 * 32 * WEIGHTS)
    split = made(rows, tokens=3, chips=2, expert_parallel=1)  # two experts at hand
    assert float(split.flops) == pytest.approx(2 * 32 * WEIGHTS * 4 * (1 - 0.75**3) / 2)


def test_what_slows_experts() -> None:
    """Tall tiles, 4-bit weights and narrow products take longer than their bytes and FLOPs ask."""
    slow = {"tall_tile_slowness": 3.0, "four_bit_slowness": 5.0, "narrow_expert_slowness": 7.0}

    def ratio(**step: float) -> float:
        return float(made(slow, **step).time_s / made(**step).time_s)

    assert ratio() == pytest.approx(1)
    assert ratio(tokens=9) == pytest.approx(3)
    assert ratio(weight_bytes=0.5) == pytest.approx(5)
    assert ratio(tokens=9, weight_bytes=0.5) == pytest.approx(5)
    assert ratio(narrow=1) == pytest.approx(7)
    got = made({"expert_efficiency": 0.5, "expert_memory_efficiency": 0.25, "wide_efficiency": 0.5})
    assert float(got.time_s) == pytest.approx(2 * WEIGHTS / 25 + (WEIGHTS * 2 + 54) / 2.5)
    narrow = made({"narrow_efficiency": 0.5, "expert_efficiency": 0.5}, narrow=1, weight_bytes=1)
    assert float(narrow.time_s) == pytest.approx(2 * WEIGHTS / 100 + (WEIGHTS + 54) / 10)
    few = made({"expert_activations": 9.0})
    assert float(few.bytes) == pytest.approx(WEIGHTS * 2 + 54 / 9)


def test_launches_of_experts_and_of_those_on_other_chips() -> None:
    waits = {"expert_launch_s": 10.0, "narrow_expert_launches": 3.0, "foreign_expert_s": 1.0}
    work_s = float(made().time_s)
    assert float(made(waits).time_s) == pytest.approx(work_s + 10)
    narrow = made(waits, narrow=1)
    assert float(narrow.time_s) == pytest.approx(float(made(narrow=1).time_s) + 30)
    assert float(narrow.busy_s) == pytest.approx(float(made(narrow=1).busy_s) + 30)  # scattering is work
    assert float(made(waits).busy_s) == pytest.approx(work_s)
    # of four experts half are on the other chip; of those that nine tokens touch
    split = made(waits, tokens=9, chips=2, expert_parallel=1)
    alone = made(tokens=9, chips=2, expert_parallel=1)
    assert float(split.time_s - alone.time_s) == pytest.approx(10 + 4 * (1 - 0.75**9) / 2)
    untold = made(waits, tokens=1, chips=2, expert_parallel=1)  # short tiles pass over nothing
    assert float(untold.time_s - made(tokens=1, chips=2, expert_parallel=1).time_s) == pytest.approx(10)


def test_the_fullest_chip_sets_the_time_and_the_others_wait() -> None:
    """Of four chips the largest deviate of chance is Blom's; all choose from 4 experts of one each."""
    high = float(ndtri((4 - 0.375) / (4 + 0.25)))
    step = {"tokens": 16, "chips": 4, "expert_parallel": 1}
    got = made({"expert_unevenness": 0.6}, **step)
    touched, chosen = 4 * (1 - 0.75**16), 16 / 4
    load = 1 + high * np.sqrt(1 / chosen + 0.36 / 1)
    share = touched / 4
    weights = min(share + high * np.sqrt(share * (1 - share) / 1), 1) / share
    flops, moved = 2 * 16 * WEIGHTS / 4, touched / 4 * WEIGHTS * 2 + 16 * 54
    assert float(got.flops) == pytest.approx(flops)
    assert float(got.time_s) == pytest.approx(load * flops / 100 + weights * moved / 10)
    assert float(got.busy_s) == pytest.approx(flops / 100 + moved / 10)
    calm = made({"expert_unevenness": 0.0}, **step | {"tokens": 1e9})
    assert float(calm.time_s) == pytest.approx(float(calm.busy_s), rel=1e-3)
    wild = made({"expert_unevenness": 1e9}, **step)
    assert float(wild.time_s) == pytest.approx(4 * flops / 100 + weights * moved / 10)  # no more than all of it
    whole = made({"expert_unevenness": 0.6}, tokens=16, chips=4, expert_parallel=0)
    assert float(whole.time_s) == pytest.approx(float(whole.busy_s))  # each expert cut over all chips
    assert float(whole.bytes) == pytest.approx(touched / 4 * WEIGHTS * 2 + 16 * (2 * 6 + 3 * 5 / 4) * 2)
    few = made({"expert_unevenness": 0.0}, tokens=1, chips=2, expert_parallel=1)
    two = float(ndtri((2 - 0.375) / (2 + 0.25)))
    share, chosen = 1 / 4, 1.0  # half a token a chip counts as one
    weights = min(share + two * np.sqrt(share * (1 - share) / 2), 1) / share
    assert float(few.time_s) == pytest.approx((1 + two) * WEIGHTS / 100 + weights * (WEIGHTS + 54) / 10)


# an encoder of two layers and a decoder of two, whose layers look at the encoder as well as at themselves
STACKS: dict[str, Any] = {"layers": 4, "attention_layers": 6, "mlp_layers": 4, "encoder_layers": 2, "cross_layers": 2}
ATTENTION, MLP = 36 + 36 + 18 + 18, 72


def stacks(**step: float) -> dict[str, Operation]:
    return operations(Shape.of(model(**STACKS)), work(**step), RATES, fit(host_s=7.0))


def test_new_tokens_pass_the_decoder_alone() -> None:
    got = stacks(tokens=3, sequences=3, context=10)
    assert float(got["attention projections"].flops) == 2 * 3 * 4 * ATTENTION
    assert float(got["MLP"].flops) == 2 * 3 * 2 * MLP
    assert float(got["attention"].flops) == 24 * 3 * 10 * 2  # of each layer's two attentions, either part once
    assert float(got["output layer"].flops) == 2 * 3 * 48
    assert float(got["host"].time_s) == 7


def test_a_prompt_passes_the_encoder_and_gives_the_decoder_its_keys() -> None:
    """5 tokens are read and one is made: each sees all of the prompt; the second attention's keys and values, too."""
    got = stacks(tokens=6, sequences=1, prompt_tokens=5)
    assert float(got["attention projections"].flops) == 2 * (4 * ATTENTION + 5 * 2 * ATTENTION)
    assert float(got["MLP"].flops) == 2 * (2 * MLP + 5 * 2 * MLP)
    assert float(got["attention"].flops) == 24 * 2 * 5 * 5
    assert float(got["other weights"].flops) == 2 * 5 * 2 * (1 * 6 * 6)
    assert float(got["output layer"].flops) == 2 * 48
    assert float(got["host"].time_s) == 7


def test_twice_as_many_key_heads_give_the_decoder_twice_as_many_keys() -> None:
    few, many = (
        operations(
            Shape.of(model(**STACKS, kv_heads=heads)), work(tokens=6, sequences=1, prompt_tokens=5), RATES, fit()
        )
        for heads in (1, 2)
    )
    assert float(many["other weights"].flops) == 2 * float(few["other weights"].flops)
