"""Operations and bytes of models: published figures, and properties that hold for every architecture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline import catalog
from wattline.line.chip.shape import Shape
from wattline.line.work import flops as count
from wattline.line.work import reach
from wattline.line.work.model import Model, load_model

KNOWN = [
    m
    for m in (load_model(name, catalog.default()) for name in catalog.default().records("model"))
    if m.architecture_known
]
NAMES = st.sampled_from(KNOWN)
SIZES = st.floats(1, 1e6)


def test_gpt_3() -> None:
    # Brown et al. 2020, arXiv:2005.14165, table D.1: 3.14e23
    assert float(count.training_flops(load_model("gpt-3-175b", catalog.default()), 300e9, 2048)) == pytest.approx(
        3.14e23, rel=0.02
    )


def test_llama_3_1_405b() -> None:
    # Llama Team 2024, arXiv:2407.21783, section 1: 3.8e25 on 15.6T tokens
    assert float(count.training_flops(load_model("llama-3.1-405b", catalog.default()), 15.6e12, 8192)) == pytest.approx(
        3.8e25, rel=0.05
    )


def test_palm_and_chinchilla() -> None:
    # PaLM, arXiv:2204.02311, table 21: 2.56e24 without rematerialisation
    assert float(count.training_flops(load_model("palm-540b", catalog.default()), 780e9, 2048)) == pytest.approx(
        2.56e24, rel=0.03
    )


@pytest.mark.parametrize(
    ("name", "active", "total"),
    [("deepseek-v3", 37e9, 671e9), ("mixtral-8x7b", 12.9e9, 46.7e9), ("gpt-oss-120b", 5.1e9, 117e9)],
)
def test_mixtures_of_experts(name: str, active: float, total: float) -> None:
    model = load_model(name, catalog.default())
    # a publisher may leave the token table out of its active count
    result = [model.active_params, model.active_params - model.hidden * model.vocab]
    assert min(abs(x / active - 1) for x in result) < 0.02
    assert model.total_params == pytest.approx(total, rel=0.01)


def test_bytes_of_a_token_in_the_cache() -> None:
    def token(name: str) -> float:
        return float(count.kv_bytes(load_model(name, catalog.default()), 1.0))

    assert token("llama-2-7b") == 2 * 32 * 4096 * 2  # 0.5 MB
    assert token("llama-3.1-70b") == 2 * 80 * 8 * 128 * 2  # 0.31 MiB
    assert token("deepseek-v3") == 61 * (512 + 64) * 2  # 70 kB, arXiv:2505.09343, table 1
    assert token("gpt-3-175b") == 2 * 96 * 12288 * 2


def test_sliding_windows_bound_what_is_seen() -> None:
    gemma = load_model("gemma-3-27b", catalog.default())
    assert 0 < gemma.global_layers < gemma.attention_layers
    sliding, window = gemma.attention_layers - gemma.global_layers, gemma.sliding_window
    for context in (1.0, window - 1.0, float(window), 10.0 * window):
        seen = gemma.global_layers * context + sliding * min(context, window)
        assert float(reach.attended_token_layers(gemma, context)) == seen
    full = replace(gemma, sliding_window=0)
    assert count.kv_bytes(gemma, 100_000) < 0.3 * count.kv_bytes(full, 100_000)


@pytest.mark.parametrize("length", [1, 3, 128, 700])
@pytest.mark.parametrize("name", ["gpt-oss-20b", "llama-2-7b", "gemma-3-27b"])
def test_mean_over_positions_is_the_sum_over_positions(name: str, length: int) -> None:
    model = load_model(name, catalog.default())
    # position p (from 0) sees p tokens before it, and half of itself on average
    each = reach.attended_token_layers(model, np.arange(length) + 0.5)
    assert float(reach.mean_attended_token_layers(model, length)) == pytest.approx(float(each.mean()), rel=2e-3)


@given(NAMES, SIZES, st.floats(1, 100))
def test_more_context_is_never_less_work(model: Model, context: float, times: float) -> None:
    for work in (
        count.kv_bytes,
        reach.attended_token_layers,
        reach.mean_attended_token_layers,
        count.forward_flops_per_token,
        count.decode_flops_per_token,
        count.prefill_flops,
    ):
        less, more = float(work(model, context)), float(work(model, context * times))
        assert 0 <= less <= more * (1 + 1e-12)


@given(NAMES, SIZES, st.floats(1, 1000))
def test_training_grows_with_tokens(model: Model, tokens: float, times: float) -> None:
    less, more = (float(count.training_flops(model, x, 4096)) for x in (tokens, tokens * times))
    assert more == pytest.approx(less * times)
    # never below 6 x the weights that are multiplied
    assert less >= 6 * model.matmul_params_active * tokens * (1 - 1e-12)


@given(NAMES, st.floats(1, 1e5), st.sampled_from([0.53, 1.0, 2.0]))
def test_experts_are_covered_little_by_little(model: Model, tokens: float, width: float) -> None:
    single, some, more = (float(count.weight_bytes_read(model, n, width)) for n in (1.0, tokens, 2 * tokens))
    assert 0 < single <= some * (1 + 1e-12) <= more * (1 + 1e-9)
    assert more <= count.weight_bytes(model, width) * (1 + 1e-12)
    share = float(count.expert_share(model, tokens))
    assert 0 < share <= 1
    if not model.experts:
        assert share == 1
        assert single == pytest.approx(more)


def test_expert_share_by_hand() -> None:
    mixtral = load_model("mixtral-8x7b", catalog.default())
    assert count.expert_share(mixtral, np.array([1, 2])) == pytest.approx([2 / 8, 1 - 0.75**2])
    assert float(count.expert_share(mixtral, 1e4)) == pytest.approx(1.0)


@given(NAMES, st.lists(st.floats(1, 1e5), min_size=1, max_size=5))
def test_arrays_are_the_loop(model: Model, contexts: list[float]) -> None:
    for work in (count.kv_bytes, count.decode_flops_per_token, count.prefill_flops):
        assert work(model, np.array(contexts)).tolist() == pytest.approx([float(work(model, c)) for c in contexts])


def test_absorbed_attention_reads_the_latent() -> None:
    v3 = load_model("deepseek-v3", catalog.default())
    assert count.attention_flops_per_pair(v3) == 2 * 128 * (128 + 64 + 128)
    assert count.attention_flops_per_pair(v3, absorbed=True) == 2 * 128 * (2 * 512 + 64)
    llama = load_model("llama-2-7b", catalog.default())
    assert count.attention_flops_per_pair(llama) == count.attention_flops_per_pair(llama, absorbed=True) == 4 * 4096


def test_an_unpublished_architecture_counts_six_n() -> None:
    unknown = [
        load_model(n, catalog.default())
        for n, r in catalog.default().records("model").items()
        if not r.meta.get("architecture_known", True)
    ]
    assert unknown
    for model in unknown:
        assert float(count.training_flops(model, 1e12, 4096)) == pytest.approx(6e12 * model.active_params)


def test_prefill_needs_the_output_head_once() -> None:
    llama = load_model("llama-2-7b", catalog.default())
    head = 2.0 * llama.hidden * llama.vocab
    whole = float(count.forward_flops_per_token(llama, 1000)) * 1000
    assert float(count.prefill_flops(llama, 1000)) == pytest.approx(whole - 999 * head)


@pytest.mark.parametrize("width", sorted(count.BYTES))
def test_weights_of_every_format(width: str) -> None:
    llama = load_model("llama-2-7b", catalog.default())
    result = count.weight_bytes(llama, count.BYTES[width])
    assert result >= llama.total_params * count.BYTES[width] * (1 - 1e-12)
    assert result <= llama.total_params * max(count.BYTES[width], 2.0)


def test_the_cache_by_shape_is_that_by_model() -> None:
    for name in ("llama-3.1-70b", "deepseek-v3", "gpt-oss-120b", "gemma-3-27b", "nemotron-nano-9b-v2"):
        model = load_model(name, catalog.default())
        for context in (100.0, 5000.0):
            single = float(Shape.of(model).cache_bytes(context, 1.0))
            assert single == pytest.approx(float(count.kv_bytes(model, context)))
        # beyond its heads of keys a cache is held more than once
        assert float(Shape.of(model).cache_bytes(5000.0, 64.0)) > single
