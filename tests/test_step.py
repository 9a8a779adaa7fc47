"""One step of inference: physics that holds for every chip, model and size."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.coefficients import PRIORS, coefficients
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.replica_step import decode_step, prefill_step
from wattline.line.engine import average_serving as serving
from wattline.line.engine.simulator.replica import setting
from wattline.line.work.flops import BYTES
from wattline.line.work.model import Model, load_model
from wattline.line.work.weights import memory_needed_bytes
from wattline.predict.setup import Setup

CHIPS = sorted(catalog.default().records("chip"))
MODELS = ["llama-3.1-8b", "llama-3.1-70b", "deepseek-v3", "mixtral-8x7b", "gemma-3-27b", "gpt-oss-120b", "gpt-3-175b"]
FORMATS = sorted(BYTES)
chip_names, model_names = st.sampled_from(CHIPS), st.sampled_from(MODELS)
batches, lengths = st.floats(1, 4096), st.floats(1, 1e5)
counts = st.sampled_from([1, 2, 8, 64, 512])


@cache
def device(name: str, n: int = 0, seed: int = 0) -> tuple[Chip, Draws]:
    draws = Draws(n, seed)
    return load_chip(name, draws), draws


def step(kind: str, model: Model, chip: Chip, draws: Draws, n: int, size: Any, length: Any, form: str = "bf16") -> Any:
    if kind == "prefill":
        return prefill_step(model, chip, n, length, form, draws)
    return decode_step(model, chip, n, size, length, form, draws)


KIND = st.sampled_from(["prefill", "decode"])


@given(KIND, chip_names, model_names, counts, batches, lengths, st.sampled_from(FORMATS), st.sampled_from([0, 25]))
def test_power_lies_between_idle_and_tdp(
    kind: str, name: str, model: str, n: int, size: float, length: float, form: str, n_draws: int
) -> None:
    chip, draws = device(name, n_draws)
    result = step(kind, load_model(model, catalog.default()), chip, draws, n, size, length, form)
    assert np.all(result.power_w >= chip.idle_w * (1 - 1e-12))
    assert np.all(result.power_w <= chip.tdp_w * (1 + 1e-12))
    assert np.all(np.isfinite(result.time_s))
    assert np.all(result.time_s > 0)
    # never above the roofline of the whole step
    peak = max(chip.peak_flops(form), chip.peak_flops("bf16"))
    if n_draws == 0:
        assert float(result.time_s) >= float(result.bytes_read / chip.bandwidth_bytes_per_s) * (1 - 1e-12)
        assert float(result.time_s) >= float(result.flops / peak) * (1 - 1e-12)


@given(KIND, chip_names, model_names, counts, batches, lengths, st.floats(1, 50), st.floats(1, 50))
def test_more_work_never_takes_less_time(
    kind: str, name: str, model: str, n: int, size: float, length: float, more: float, longer: float
) -> None:
    chip, draws = device(name)
    shape = load_model(model, catalog.default())
    small = step(kind, shape, chip, draws, n, size, length)
    large = step(kind, shape, chip, draws, n, size * more, length * longer)
    for part in ("time_s", "flops", "bytes_read", "energy_j"):
        assert float(getattr(large, part)) >= float(getattr(small, part)) * (1 - 1e-9), part
    for name, operation in small.operations.items():
        assert float(large.operations[name].time_s) >= float(operation.time_s) * (1 - 1e-9), name


@given(KIND, chip_names, counts, batches, lengths, st.integers(1, 200), st.integers(1, 100))
def test_more_layers_never_take_less_time(
    kind: str, name: str, n: int, size: float, length: float, layers: int, more: int
) -> None:
    chip, draws = device(name)
    usual = load_model("llama-3.1-70b", catalog.default())
    few, many = (
        replace(usual, layers=x, attention_layers=x, mlp_layers=x, global_layers=x) for x in (layers, layers + more)
    )
    assert float(step(kind, few, chip, draws, n, size, length).time_s) < float(
        step(kind, many, chip, draws, n, size, length).time_s
    )


@given(KIND, chip_names, model_names, counts, batches, lengths)
def test_less_hardware_never_speeds_up(kind: str, name: str, model: str, n: int, size: float, length: float) -> None:
    chip, draws = device(name)
    record = chip.record
    slow = {k: replace(f, value=f.value / 2, low=f.low / 2, high=f.high / 2) for k, f in record.facts.items()}
    slower = [
        replace(chip, bandwidth_bytes_per_s=chip.bandwidth_bytes_per_s / 2),
        replace(chip, link_bytes_per_s=chip.link_bytes_per_s / 2, beyond_bytes_per_s=chip.beyond_bytes_per_s / 2),
        replace(chip, record=replace(record, facts=record.facts | {k: slow[k] for k in slow if "_flops" in k})),
    ]
    usual = step(kind, load_model(model, catalog.default()), chip, draws, n, size, length)
    result = [step(kind, load_model(model, catalog.default()), worse, draws, n, size, length) for worse in slower]
    for each in result:
        assert float(each.time_s) >= float(usual.time_s) * (1 - 1e-12)
    reduce = [each.operations.get("all-reduce") for each in (result[1], usual)]
    if n > 1:
        assert reduce[0]
        assert reduce[1]
        assert float(reduce[0].time_s) > float(reduce[1].time_s)
    else:
        assert reduce == [None, None]


@given(KIND, chip_names, model_names, counts, batches, lengths)
def test_more_chips_never_have_more_to_do_each(
    kind: str, name: str, model: str, n: int, size: float, length: float
) -> None:
    chip, draws = device(name)
    few = step(kind, load_model(model, catalog.default()), chip, draws, n, size, length)
    many = step(kind, load_model(model, catalog.default()), chip, draws, 2 * n, size, length)
    if not load_model(model, catalog.default()).experts:  # fewer experts a chip turn to taller tiles, which pad more
        assert float(many.flops) <= float(few.flops) * (1 + 1e-12)
    assert float(many.bytes_read) <= float(few.bytes_read) * (1 + 1e-12)


@given(chip_names, model_names, counts, batches, lengths, st.floats(0.3, 1.0))
def test_a_power_cap_holds_and_never_speeds_up(
    name: str, model: str, n: int, size: float, length: float, share: float
) -> None:
    chip, _ = device(name)
    cap = float(chip.tdp_w) * share
    known = load_model(model, catalog.default())
    usual, capped = (
        setting(known, chip, n, "bf16", limit_w=limit).run(size, size, length, 0.0) for limit in (None, cap)
    )
    assert float(capped.power_w) <= cap * (1 + 1e-12)
    assert float(capped.time_s) >= float(usual.time_s) * (1 - 1e-12)


@given(chip_names, model_names, st.sampled_from([1, 8]), st.floats(1, 512), lengths, st.floats(1.01, 8))
def test_a_token_takes_less_energy_in_a_larger_batch_while_memory_bounds(
    name: str, model: str, n: int, size: float, length: float, more: float
) -> None:
    chip, draws = device(name)
    small, large = (
        decode_step(load_model(model, catalog.default()), chip, n, batch, length, "bf16", draws)
        for batch in (size, size * more)
    )
    if float(large.flops) / chip.peak_flops("bf16") > 0.3 * float(large.time_s) or float(large.power_w) > 0.95 * float(
        chip.tdp_w
    ):
        return
    each = [float(s.power_w * s.time_s) / batch for s, batch in ((small, size), (large, size * more))]
    assert each[1] < each[0]


def test_the_operations_add_up_to_the_step() -> None:
    chip, draws = device("h100-sxm")
    result = decode_step(load_model("deepseek-v3", catalog.default()), chip, 16, 64, 1000, "fp8", draws)
    assert {"attention", "experts", "MLP", "all-reduce", "host", "sampling"} <= set(result.operations)
    assert "Mamba" not in result.operations
    assert float(sum(op.time_s for op in result.operations.values())) == pytest.approx(float(result.time_s))
    assert float(sum(result.joules.values())) == pytest.approx(float(result.energy_j))
    assert result.bound in result.operations


def test_attention_in_chunks_is_launched_piece_by_piece() -> None:
    chip, draws = device("h100-sxm")
    scout = load_model("llama-4-scout", catalog.default())
    chunks, plain = (
        decode_step(model, chip, 8, 32, 1000, "bf16", draws)
        for model in (scout, replace(scout, chunked_attention=False))
    )
    assert "piecewise launches" not in plain.operations
    waited = chunks.operations["piecewise launches"].time_s
    assert float(sum(op.time_s for op in chunks.operations.values())) == pytest.approx(
        float(sum(op.time_s for op in plain.operations.values()) + waited)
    )
    assert float(chunks.time_s) > float(plain.time_s)
    assert float(chunks.power_w) < float(plain.power_w)  # the chip waits


@pytest.mark.parametrize("chips", [2, 8, 64])
def test_the_fullest_chip_has_no_more_than_all(chips: int) -> None:
    chip, draws = device("h100-sxm")
    experts = [
        decode_step(load_model("llama-4-scout", catalog.default()), chip, n, 4096, 1000, "bf16", draws).operations[
            "experts"
        ]
        for n in (1, chips)
    ]
    assert float(experts[1].flops) * chips == pytest.approx(float(experts[0].flops))
    assert float(experts[0].time_s) / chips < float(experts[1].time_s) < 1.2 * float(experts[0].time_s)


def test_a_decode_step_by_hand() -> None:
    chip, draws = device("h100-sxm")
    llama = load_model("llama-2-7b", catalog.default())
    result = decode_step(llama, chip, 2, 10, 1000, "bf16", draws)
    weights = llama.matmul_params_active * 2.0
    # every weight once and the cache of each of ten sequences, over two chips; activations add little
    least = (weights + 10 * 1000 * 2 * 32 * 4096 * 2) / 2
    assert least < float(result.bytes_read) < 1.05 * least
    # products are padded to sixteen rows
    assert float(result.flops) == pytest.approx((16 * weights + 10 * 4 * 4096 * 32 * 1000) / 2, rel=0.2)
    assert float(result.operations["attention"].flops) == pytest.approx(10 * 4 * 4096 * 32 * 1000 / 2)


@pytest.mark.parametrize("model", MODELS)
def test_an_array_of_batches_is_the_loop(model: str) -> None:
    chip, draws = device("h200-sxm", 40)
    sizes = np.array([1.0, 3.0, 64.0, 500.0])
    whole = decode_step(load_model(model, catalog.default()), chip, 8, sizes[:, None], 2000.0, "fp8", draws)
    assert whole.time_s.shape == whole.power_w.shape == (4, 40)
    for row, size in enumerate(sizes):
        single = decode_step(load_model(model, catalog.default()), chip, 8, size, 2000.0, "fp8", draws)
        assert whole.time_s[row] == pytest.approx(single.time_s, rel=1e-13)
        assert whole.power_w[row] == pytest.approx(single.power_w, rel=1e-13)


def test_draws_are_a_distribution_around_the_centre() -> None:
    centre, none = device("h100-sxm")
    chip, draws = device("h100-sxm", 500)
    llama = load_model("llama-3.1-8b", catalog.default())
    single = decode_step(llama, centre, 1, 32, 1000, "bf16", none)
    many = decode_step(llama, chip, 1, 32, 1000, "bf16", draws)
    assert many.time_s.shape == (500,)
    assert np.percentile(many.time_s, 5) < float(single.time_s) < np.percentile(many.time_s, 95)


def test_one_chip_needs_no_links_and_far_chips_are_slower() -> None:
    chip, draws = device("h100-sxm")
    llama = load_model("llama-3.1-70b", catalog.default())
    assert "all-reduce" not in decode_step(llama, chip, 1, 1e4, 100, "bf16", draws).operations
    near, far = (
        float(decode_step(llama, chip, n, 1e4, 100, "bf16", draws).operations["all-reduce"].time_s)
        for n in (chip.link_domain_chips, 2 * chip.link_domain_chips)
    )
    assert 0 < near < far


@pytest.mark.parametrize("name", CHIPS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_chip_computes_every_format(name: str, form: str) -> None:
    chip, _ = device(name)
    assert chip.peak_flops(form) > 0
    assert chip.peak_flops("fp8") >= chip.peak_flops("bf16") * (1 - 1e-12)
    assert 0 < float(chip.idle_w) < float(chip.tdp_w)
    assert float(chip.host_idle_w) <= float(chip.host_w)


@given(model_names, chip_names, st.floats(1, 256), st.floats(100, 30_000), st.sampled_from(["bf16", "fp8", "int4"]))
def test_the_fewest_chips_hold_it_and_half_of_them_do_not(
    model: str, name: str, size: float, length: float, form: str
) -> None:
    chip, _ = device(name)
    architecture = load_model(model, catalog.default())
    try:
        needed = serving.chips_needed(architecture, chip, size, length, form)
    except WattlineError:
        assert not serving.fits(architecture, chip, 4096, size, length, form)
        return
    assert serving.fits(architecture, chip, needed, size, length, form)
    assert needed == 1 or not serving.fits(architecture, chip, needed // 2, size, length, form)
    assert serving.largest_batch(architecture, chip, needed, length, form) >= size * (1 - 1e-9)
    most = serving.largest_batch(architecture, chip, needed, length, form)
    memory_bytes = float(memory_needed_bytes(architecture, most, length, form))
    assert memory_bytes == pytest.approx(needed * chip.memory_bytes * chip.usable_memory)


@given(chip_names, model_names, st.floats(1, 256), st.integers(1, 10_000), st.integers(1, 5_000))
def test_a_request_is_its_prefill_and_its_share_of_the_decode(
    name: str, model: str, size: float, read: int, written: int
) -> None:
    chip, draws = device(name)
    request = serving.serve_request(load_model(model, catalog.default()), chip, 8, size, (read, written), "fp8", draws)
    assert float(request.decode_s) == pytest.approx((written - 1) * float(request.decode.time_s) / size)
    assert float(request.busy_s) == pytest.approx(float(request.prefill_s + request.decode_s))
    # a prompt never costs less than nothing, nor more than it does alone; the kernels of a few tokens' experts have
    # tiles of 16 rows, those of more tokens 64, mostly empty
    alone = serving.serve_request(load_model(model, catalog.default()), chip, 8, 1.0, (read, written), "fp8", draws)
    tiles = 4 if load_model(model, catalog.default()).experts else 1
    assert 0 <= float(request.prefill_s) <= tiles * float(alone.prefill_s) * (1 + 1e-9)
    assert (request.tpot_s is None) == (written == 1)
    latency = float(request.ttft_s) + (written - 1) * float(0.0 if request.tpot_s is None else request.tpot_s)
    assert latency >= float(request.busy_s) * (1 - 1e-12)


@given(chip_names, st.integers(1, 8192), st.integers(1, 500))
def test_a_prompt_alone_waits_for_no_step_of_others(name: str, read: int, written: int) -> None:
    """Its first token comes at the end of its own prefill; beside others it waits for the step that is under way."""
    chip, draws = device(name)
    model = load_model("llama-3.1-8b", catalog.default())
    alone, among = (serving.serve_request(model, chip, 2, n, (read, written), "bf16", draws) for n in (1.0, 2.0))
    own = prefill_step(model, chip, 2, read, "bf16", draws)
    assert float(alone.ttft_s) == pytest.approx(float(own.time_s))
    assert float(among.ttft_s) == pytest.approx(float(among.prefill.time_s + among.decode.time_s))


@given(st.floats(1, 1024), st.integers(1, 100_000), st.integers(1, 5000))
def test_every_token_of_an_answer_comes_in_a_step_that_reads_prompts_or_in_one_that_does_not(
    batch: float, read: int, written: int
) -> None:
    prompts, beside = (float(x) for x in serving.together(np.asarray(batch), read, written))
    assert 0 < prompts <= max(batch, 1.0)
    assert prompts * read <= serving.STEP_TOKENS * (1 + 1e-12)
    assert 0 <= beside <= min(batch - 1, prompts * (written - 1)) + 1e-9
    if prompts == pytest.approx(batch / written) and prompts > 1:  # as many begin in each step as end in it
        assert beside + prompts == pytest.approx(batch)


def test_a_step_of_an_average_service_holds_as_many_tokens_as_one_of_a_simulated_service() -> None:
    assert Setup().max_num_batched_tokens == serving.STEP_TOKENS


@given(chip_names, st.floats(0.05, 1.0))
def test_idle_power_grows_as_the_share_of_work_falls(name: str, share: float) -> None:
    chip, draws = device(name)
    request = serving.serve_request(
        load_model("llama-3.1-8b", catalog.default()), chip, 2, 8.0, (500, 300), "bf16", draws
    )
    busy = serving.power_by_part(request, chip, np.asarray(1.0))
    partly = serving.power_by_part(request, chip, np.asarray(share))
    assert set(busy) == {"reading", "decode"}
    for phase in busy:
        assert float(busy[phase]["chip_idle"]) == 0.0
        assert float(busy[phase]["decode"]) == float(partly[phase]["decode"])
        assert float(partly[phase]["network"]) == pytest.approx(float(busy[phase]["network"]) / share)
        assert all(float(partly[phase][part]) >= float(busy[phase][part]) for part in partly[phase])


@pytest.mark.parametrize("name", ["h100-sxm", "b200", "a100-sxm-80gb", "mi300x", "tpu-v5e"])
def test_no_draw_reaches_more_than_the_nameplate(name: str) -> None:
    chip, draws = device(name, 3000)
    result = coefficients(chip.generation, draws)
    for field in PRIORS:
        if field.endswith("_efficiency"):
            assert np.all(getattr(result, field) <= 1.0), field
