"""A step by hand: FLOPs, bytes and seconds of each operation, and what a power limit does, in small round numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from small_chip import RATES, fit, model, numbers, work
from wattline.line.chip.feed_forward import mlp
from wattline.line.chip.mixers import attention, attention_products, indexer, mamba
from wattline.line.chip.operations import all_reduce, elementwise, operations, sampling
from wattline.line.chip.products import Operation, kernel, product, total, waiting
from wattline.line.chip.shape import Shape
from wattline.line.chip.step import Step, Watts, bound_by, seconds_at_tdp, step, within_limit


def shape(**own: Any) -> Shape:
    return Shape.of(model(**own))


def watts(tdp: float = 100.0, idle: float = 10.0, limit: float | None = None) -> Watts:
    return Watts(*(np.asarray(x) for x in (tdp, idle, tdp if limit is None else limit)))


def test_a_product_is_two_flops_a_weight_and_row_and_its_matrices_in_bytes() -> None:
    """5 rows by 3 columns of depth 2, twice: 2 × 2 × 30 FLOPs; weights of 1 byte, activations of 2."""
    moved = 2 * (6 * 1 + 5 * (3 + 2) * 2)
    assert numbers(product(5, 3, 2, 2, 1.0, 0.0, RATES, fit())) == pytest.approx(
        (120 / 100 + moved / 10, 120, 0, moved, 120 / 100 + moved / 10)
    )
    assert numbers(product(5, 3, 2, 2, 1.0, 1.0, RATES, fit()))[:3] == pytest.approx((120 / 400 + moved / 10, 0, 120))


def test_a_products_rates_are_what_its_coefficients_reach() -> None:
    got = product(5, 3, 2, 2, 1.0, 0.0, RATES, fit(wide_efficiency=0.5, memory_efficiency=0.25, launch_s=3.0))
    assert float(got.time_s) == pytest.approx(120 / 50 + 112 / 2.5 + 6)
    assert float(got.busy_s) == pytest.approx(120 / 50 + 112 / 2.5)
    got = product(5, 3, 2, 2, 1.0, 1.0, RATES, fit(narrow_efficiency=0.5, launch_s=3.0, narrow_launches=2.0))
    assert float(got.time_s) == pytest.approx(120 / 200 + 112 / 10 + 12)
    assert float(product(5, 0, 2, 2, 1.0, 0.0, RATES, fit(launch_s=3.0)).time_s) == pytest.approx(2 * 10 * 2 / 10)


def test_a_product_computes_a_tile_of_rows_at_least() -> None:
    got = product(5, 3, 2, 1, 1.0, 0.0, RATES, fit(least_rows=16.0))
    assert (float(got.flops), float(got.bytes)) == (2 * 16 * 6, 56)


def test_a_kernel_takes_the_longer_of_arithmetic_and_memory() -> None:
    """Joined as the sides of a triangle: 3 s and 4 s are 5 s, and the launch stands before."""
    sides = [np.asarray(x) for x in (1.0, 1.0, 3.0, 4.0, 2.0)]
    got = kernel(*sides, 0.0, fit(join=2.0))
    assert (float(got.busy_s), float(got.time_s)) == (pytest.approx(5), pytest.approx(7))
    assert float(kernel(*sides, 0.0, fit(join=64.0)).busy_s) == pytest.approx(4)


def test_operations_one_after_the_other_add_up() -> None:
    parts = [Operation(*(np.asarray(float(x * k)) for x in range(1, 6))) for k in (1, 10)]
    assert numbers(total(*parts)) == (11, 22, 33, 44, 55)
    assert numbers(waiting(3.0)) == (3, 0, 0, 0, 0)


def test_attentions_projections_by_hand() -> None:
    """Queries of 2 heads, keys and values of one, of 3 each from 6, and back: 12 × 6 and 6 × 6 weights a token."""
    got = attention_products(shape(layers=2), work(tokens=5), RATES, fit(), np.asarray(2.0))
    assert float(got.flops) == 2 * 2 * 5 * (12 * 6 + 6 * 6)
    assert float(got.bytes) == 2 * 2 * (12 * 6 + 6 * 6 + 5 * (12 + 6) + 5 * (6 + 6))
    split = attention_products(shape(), work(tokens=5, chips=2), RATES, fit(), np.asarray(2.0))
    assert float(split.flops) == 2 * 5 * (9 * 6 + 3 * 6)  # the head of keys is on both chips
    wide = attention_products(shape(value_dim=5), work(), RATES, fit(), np.asarray(2.0))
    assert float(wide.flops) == 2 * ((6 + 3 + 5) * 6 + 10 * 6)
    narrow = attention_products(shape(value_dim=1), work(), RATES, fit(), np.asarray(2.0))
    assert float(narrow.flops) == 2 * ((6 + 3 + 1) * 6 + 2 * 6)


LATENT = {
    "attention": "mla", "q_lora_rank": 4, "kv_lora_rank": 5, "qk_nope_head_dim": 3, "qk_rope_head_dim": 2,
    "v_head_dim": 7,
}  # fmt: skip


def test_latent_attention_by_hand() -> None:
    got = attention_products(shape(**LATENT), work(tokens=3), RATES, fit(), np.asarray(2.0))
    weights = 6 * (4 + 5 + 2) + 2 * 7 * 6 + 4 * 2 * (3 + 2) + 2 * 5 * (3 + 7)
    assert float(got.flops) == 2 * 3 * weights
    seen = attention(shape(**LATENT), work(context=10), RATES, fit(prompt_attention_efficiency=0.5))
    assert numbers(seen) == pytest.approx((480 / 50 + 140 / 10, 2 * 2 * 12 * 10, 0, 2 * 7 * 10, 480 / 50 + 140 / 10))
    prompt = attention(shape(**LATENT), work(4, 0, prompt_tokens=4), RATES, fit())
    assert float(prompt.flops) == 2 * 2 * (3 + 2 + 7) * 4 * 4 / 2


def test_decode_reads_the_cache_and_compares_it() -> None:
    """3 sequences of 10 tokens: 2 bytes of 6 values of each, and 4 FLOPs of 2 heads of 3."""
    got = attention(shape(layers=2), work(3, 3, context=10), RATES,
                    fit(attention_efficiency=0.5, cache_efficiency=0.2, attention_launch_s=1.5))  # fmt: skip
    flops, moved = 2 * 30 * 24, 2 * 30 * 12
    busy = flops / 50 + moved / 2
    assert numbers(got) == pytest.approx((busy + 3, flops, 0, moved, busy))
    split = attention(shape(), work(3, 3, context=10, chips=2), RATES, fit())
    assert (float(split.flops), float(split.bytes)) == (30 * 12, 30 * 12)


def test_a_prompt_is_compared_with_itself() -> None:
    """Of 8 tokens 6 are read in prompts of 6: each sees 3 before it, on the average."""
    got = attention(shape(), work(8, 2, prompt_tokens=6), RATES, fit(prompt_attention_efficiency=0.5))
    assert numbers(got) == pytest.approx((432 / 50, 6 * 3 * 24, 0, 0, 432 / 50))


def test_a_window_bounds_what_is_seen() -> None:
    windowed = shape(layers=4, global_layers=1, sliding_window=8)
    assert float(windowed.attended(20)) == 20 + 3 * 8
    assert float(windowed.attended(5)) == 20
    assert float(windowed.attended_in_prompt(16)) == 16 / 2 + 3 * (8 - 64 / 32)
    assert float(shape(layers=4).attended_in_prompt(16)) == 32
    sparse = shape(layers=4, sparse_tokens=8)
    assert float(sparse.attended(20)) == 32
    assert float(sparse.attended_in_prompt(16)) == 4 * 6
    assert float(windowed.cache_bytes(20, 1)) == (20 + 3 * 8) * 6 * 2
    assert float(windowed.cache_bytes(20, 4)) == 4 * (20 + 3 * 8) * 6 * 2
    assert float(shape(**LATENT).cache_bytes(20, 2)) == 2 * 20 * 7 * 2


def test_an_indexer_scores_every_token_before() -> None:
    picks = shape(layers=2, sparse_tokens=4, index_heads=3, index_head_dim=5, index_layers=2)
    got = indexer(picks, work(4, 4, context=10), RATES, fit(attention_launch_s=1.0))
    flops, moved = 2 * 3 * 5 * 2 * 40, 2 * 40 * 5
    assert numbers(got)[:4] == pytest.approx((flops / 100 + moved / 10 + 2, flops, 0, moved))
    slow = indexer(picks, work(4, 4, context=10), RATES, fit(prompt_attention_efficiency=0.5, cache_efficiency=0.25))
    assert float(slow.busy_s) == pytest.approx(flops / 50 + moved / 2.5)
    assert "indexer" in operations(picks, work(4, 4, context=10), RATES, fit())
    prompt = indexer(picks, work(8, 0, prompt_tokens=8), RATES, fit())
    assert (float(prompt.flops), float(prompt.bytes)) == (2 * 3 * 5 * 2 * 8 * 4, 0)
    assert float(indexer(picks, work(4, 4, context=10, chips=2), RATES, fit()).flops) == flops / 2


def test_a_recurrent_layer_reads_and_writes_its_state() -> None:
    """2 heads of 3 with 5 states: 30 values of 4 bytes, read and written; 6 FLOPs of each a token."""
    states = {"mamba_layers": 1, "mamba_heads": 2, "mamba_head_dim": 3, "mamba_state": 5, "mamba_groups": 1}
    slow = fit(mamba_launches=2.0, launch_s=1.0, attention_efficiency=0.5, cache_efficiency=0.5)
    got = mamba(shape(attention_layers=0, mlp_layers=0, **states), work(), RATES, slow, np.asarray(2.0))
    columns = 2 * 6 + 2 * 5 + 2
    products = 2 * (columns * 6 + 6 * 6)
    assert float(got.flops) == products + 6 * 30
    moved = 2 * (columns * 6 + columns + 6 + 36 + 12)
    assert float(got.bytes) == moved + 30 * 4 * 2
    assert float(got.time_s) == pytest.approx(products / 100 + moved / 10 + 180 / 50 + 240 / 5 + 2 + 2)
    split = mamba(shape(attention_layers=0, mlp_layers=0, **states), work(3, 2, chips=2), RATES, slow, np.asarray(0.0))
    assert float(split.flops) == 3 * products / 2 + 6 * 15 * 3
    assert float(split.bytes) == 2 * 3 * (columns / 2 + 6 + 6 + 3) + 15 * 4 * 2 * 2
    inputs = mamba(shape(attention_layers=0, **states, mamba_conv=4), work(), RATES, slow, np.asarray(2.0))
    assert float(inputs.bytes - got.bytes) == 3 * (6 + 10) * 2 * 2
    launches = fit(mamba_launches=2.0, launch_s=0.5)
    half = mamba(shape(attention_layers=0, mlp_layers=0, **states), work(), RATES, launches, np.asarray(2.0))
    assert float(half.time_s - half.busy_s) == pytest.approx(1 + 1)


def test_a_gated_mlp_has_three_matrices() -> None:
    got = mlp(shape(), work(tokens=5), RATES, fit(), np.asarray(2.0))
    assert float(got.flops) == 2 * 5 * 3 * 24
    assert float(got.bytes) == 2 * (48 + 5 * (8 + 6) + 24 + 5 * (6 + 4))
    plain = mlp(shape(gated_mlp=False, layers=3), work(tokens=5, chips=2), RATES, fit(), np.asarray(2.0))
    assert float(plain.flops) == 3 * 2 * 5 * 2 * 12


def test_norms_move_their_activations() -> None:
    slow = fit(elementwise_passes=2.0, elementwise_launches=4.0, launch_s=0.5, elementwise_efficiency=0.5)
    got = elementwise(shape(layers=3), work(tokens=5), RATES, slow)
    moved = 6 * 5 * 6 * 2 * 2  # three layers are six sub-layers
    assert numbers(got) == pytest.approx((moved / 5 + 4 * 6 * 0.5, 0, 0, moved, moved / 5))


def test_sampling_sorts_every_sequences_words() -> None:
    assert numbers(sampling(shape(), work(9, 3), fit(sampling_s_per_logit=0.1))) == pytest.approx((2.4, 0, 0, 0, 0))


def test_a_sum_over_chips_passes_twice_all_but_its_own_part() -> None:
    """4 chips, 5 tokens of 6 values of 2 bytes: 2 × 3/4 × 60 bytes in each of 2 sub-layers, at 5 bytes a second."""
    got = all_reduce(shape(), work(tokens=5, chips=4), RATES, fit(all_reduce_s=3.0, link_efficiency=0.5))
    assert float(got.time_s) == pytest.approx(2 * (3 + 2 * 3 / 4 * 60 / 2.5))
    assert float(all_reduce(shape(), work(tokens=5), RATES, fit(all_reduce_s=3.0)).time_s) == 0
    pair = all_reduce(shape(), work(tokens=5, chips=2), RATES, fit(all_reduce_s=3.0))
    assert float(pair.time_s) == pytest.approx(2 * (3 + 60 / 5))


def test_the_rest_of_a_step() -> None:
    waits = fit(host_s=7.0, host_per_sequence_s=0.5, mixed_layer_s=0.25)
    decode = operations(shape(), work(3, 3, context=4), RATES, waits)
    assert float(decode["host"].time_s) == pytest.approx(8.5)
    assert float(decode["output layer"].flops) == 2 * 3 * 8 * 6
    assert float(decode["output layer"].bytes) == 2 * (48 + 3 * 14)
    assert not {"prompt launches", "piecewise launches", "indexer", "other weights", "all-reduce", "Mamba"} & set(
        decode
    )
    mixed = operations(shape(), work(9, 3, context=4, prompt_tokens=6, chips=2), RATES, waits)
    assert float(mixed["prompt launches"].time_s) == pytest.approx(0.5)
    assert float(mixed["output layer"].flops) == 3 * 8 * 6
    chunks = operations(shape(sliding_window=2, chunked_attention=True), work(9, 3), RATES, waits)
    assert float(chunks["piecewise launches"].time_s) == pytest.approx(0.5)
    assert "prompt launches" not in chunks
    other = operations(shape(other_matmul_params=72, other_layers=3), work(2, 2, chips=2), RATES, waits)
    assert float(other["other weights"].flops) == 2 * 2 * 36
    assert float(other["other weights"].bytes) == 2 * 36 + 3 * 2 * (2 + 6) * 2  # three of 2 columns, on either chip
    single = operations(shape(other_matmul_params=72), work(2, 2), RATES, waits)  # one a sub-layer
    assert float(single["other weights"].bytes) == 2 * 72 + 2 * 2 * (6 + 6) * 2


def test_joules_are_time_at_tdp_by_what_an_operation_does() -> None:
    op = Operation(*(np.asarray(x) for x in (10.0, 400.0, 800.0, 30.0, 5.0)))
    powers = fit(static_power=0.1, flop_power=0.2, byte_power=0.3, busy_power=0.4, narrow_power=1.5, link_power=0.05,
                 sampling_power=0.02)  # fmt: skip
    usual = 0.1 * 10 + 0.2 * (400 / 100 + 800 / 400) + 0.3 * 30 / 10 + 0.4 * 5 * 1.5
    assert float(seconds_at_tdp("MLP", op, work(), RATES, powers)) == pytest.approx(usual)
    assert float(seconds_at_tdp("all-reduce", op, work(), RATES, powers)) == pytest.approx(usual + 0.5)
    assert float(seconds_at_tdp("sampling", op, work(), RATES, powers)) == pytest.approx(usual + 0.2)
    wide = replace(op, narrow_flops=np.asarray(0.0))
    assert float(seconds_at_tdp("MLP", wide, work(), RATES, powers)) == pytest.approx(1 + 0.8 + 0.9 + 2)


def test_a_limit_that_does_not_bind_changes_nothing() -> None:
    time, power = within_limit(np.asarray(10.0), np.asarray(600.0), watts(), fit(static_power=0.2))
    assert (float(time), float(power)) == (pytest.approx(10), pytest.approx(60))


@pytest.mark.parametrize(("exponent", "clock"), [(1.0, 0.5), (0.0, 0.25), (3.0, 0.25**0.25)])
def test_under_a_limit_the_clock_falls_as_the_root_of_the_power_beyond_static(exponent: float, clock: float) -> None:
    """100 W asked for, 20 of them static, held to 40: a quarter of the 80 that move is left.

    Energy of work goes with the clock to its exponent, time with one over the clock, so power with one more.
    """
    fitted = fit(static_power=0.2, clock_exponent=exponent)
    time, power = within_limit(np.asarray(10.0), np.asarray(1000.0), watts(limit=40.0), fitted)
    assert float(power) == pytest.approx(40)
    assert float(time) == pytest.approx(10 / clock)
    beyond_static_j = float(time * (power - 20))
    assert beyond_static_j == pytest.approx(800 * clock**exponent)


def test_a_limit_lets_through_what_its_control_reaches_and_static_power_a_part_of_it() -> None:
    fitted = fit(static_power=0.9, clock_exponent=1.0, limit_reach=0.5, largest_static_share=0.5)
    time, power = within_limit(np.asarray(10.0), np.asarray(1100.0), watts(limit=80.0), fitted)
    # 40 W are reached, of which at most 20 are static: of 90 W that move 20 are left
    assert (float(power), float(time)) == (pytest.approx(40), pytest.approx(10 / np.sqrt(20 / 90)))
    over = within_limit(np.asarray(10.0), np.asarray(1100.0), watts(limit=80.0), fit(limit_reach=1.5, static_power=0.2))
    assert float(over[1]) == pytest.approx(80)


@given(st.floats(30, 100), st.floats(1, 70), st.floats(0.1, 3), st.floats(20, 300))
def test_a_lower_limit_never_makes_work_quicker_or_take_more_power(
    high: float, less: float, exponent: float, wanted_w: float
) -> None:
    fitted, limits = fit(static_power=0.1, clock_exponent=exponent), (high, max(high - less, 20.0))
    (fast, more), (slow, little) = (
        within_limit(np.asarray(1.0), np.asarray(wanted_w), watts(limit=limit), fitted) for limit in limits
    )
    assert float(slow) >= float(fast) * (1 - 1e-12)
    assert float(little) <= float(more) * (1 + 1e-12)
    assert float(slow * little) <= float(fast * more) * (1 + 1e-9) + 10 * float(slow - fast)  # but for static power


def test_a_step_is_the_sum_of_its_operations_and_never_below_idle() -> None:
    got = step(shape(), work(4, 4, context=4), RATES, watts(idle=0.0),
               fit(static_power=0.0, flop_power=0.1, byte_power=0.2, busy_power=0.0))  # fmt: skip
    assert float(got.time_s) == pytest.approx(sum(float(op.time_s) for op in got.operations.values()))
    flops, moved = float(got.flops), float(got.bytes_read)
    assert float(got.energy_j) == pytest.approx(100 * (0.1 * flops / 100 + 0.2 * moved / 10))
    idle = step(shape(), work(4, 4), RATES, watts(idle=60.0), fit(**dict.fromkeys(
        ("static_power", "flop_power", "byte_power", "busy_power"), 0.0)))  # fmt: skip
    assert float(idle.power_w) == pytest.approx(60)


def test_what_bounds_a_step_is_what_takes_most_of_its_time() -> None:
    parts = {"a": waiting(1.0), "b": waiting(3.0), "c": waiting(2.0)}
    assert Step(parts, {}, np.asarray(6.0), np.asarray(1.0)).bound == "b"
    sides = {
        "arithmetic": (900.0, 10.0, 9.0),
        "memory": (100.0, 90.0, 9.0),
        "launches, links or the host": (900.0, 10.0, 4.9),
    }
    for words, (flops, moved, busy) in sides.items():
        op = Operation(np.asarray(10.0), np.asarray(flops), np.asarray(0.0), np.asarray(moved), np.asarray(busy))
        assert bound_by(op, RATES) == words
