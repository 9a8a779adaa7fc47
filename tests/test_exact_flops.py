"""FLOPs, bytes of weights and of the cache by hand, for models small enough to count every weight."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from small_chip import model
from wattline import catalog
from wattline.line.work import flops as count
from wattline.line.work import reach, training, weights

# two heads of three from a width of six: queries and output 36 weights each, keys and values 18 each; MLP 3 × 24
ATTENTION, MLP, HEAD = 36 + 36 + 18 + 18, 72, 6 * 8
LATENT: dict[str, Any] = {
    "attention": "mla", "q_lora_rank": 4, "kv_lora_rank": 5, "qk_nope_head_dim": 3, "qk_rope_head_dim": 2,
    "v_head_dim": 9,
}  # fmt: skip
HYBRID: dict[str, Any] = {
    "layers": 3, "attention_layers": 1, "mamba_layers": 2, "mlp_layers": 0, "mamba_heads": 2, "mamba_head_dim": 3,
    "mamba_state": 5, "mamba_groups": 1,
}  # fmt: skip
EXPERTS: dict[str, Any] = {"experts": 4, "active_experts": 2, "expert_intermediate": 5, "intermediate": 0}
SPARSE: dict[str, Any] = {"sparse_tokens": 8, "index_heads": 3, "index_head_dim": 5, "index_layers": 2, "layers": 2}
TWO_KINDS: dict[str, Any] = {
    "layers": 5, "global_layers": 2, "sliding_window": 4, "sliding_heads": 3, "sliding_kv_heads": 2,
    "sliding_head_dim": 1, "cacheless_layers": 2, "cacheless_global_layers": 1,
}  # fmt: skip


def test_tables_that_a_token_looks_up_are_stored_in_sixteen_bits_and_not_passed() -> None:
    plain, more = model(), model(looked_up_params=1000)
    for precision in ("bf16", "fp8"):
        assert weights.stored_bytes(more, precision) - weights.stored_bytes(plain, precision) == 2 * 1000
    assert more.matmul_params_active == plain.matmul_params_active


def test_weights_that_a_token_passes() -> None:
    assert model().matmul_params_active == ATTENTION + MLP + HEAD
    assert model(layers=3, gated_mlp=False).matmul_params_active == 3 * (ATTENTION + 48) + HEAD


def test_a_token_of_a_sequence_costs_two_flops_a_weight_and_half_the_sequence() -> None:
    """Scores and values: 4 FLOPs of 2 heads of 3 with each earlier token, of which the mean token has 5 of 10."""
    small = model(layers=2)
    dense = 2 * (2 * (ATTENTION + MLP) + HEAD)
    assert float(count.forward_flops_per_token(small, 10)) == dense + 2 * 24 * 5
    assert float(count.training_flops(small, 7, 10)) == 3 * 7 * (dense + 2 * 24 * 5)
    assert float(count.decode_flops_per_token(small, 10)) == dense + 2 * 24 * 10
    assert float(count.prefill_flops(small, 10)) == 10 * (dense + 240 - 2 * HEAD) + 2 * HEAD
    latent = model(**LATENT)
    assert float(count.decode_flops_per_token(latent, 10)) == 2 * latent.matmul_params_active + 48 * 10
    assert float(count.forward_flops_per_token(latent, 10)) == 2 * latent.matmul_params_active + 56 * 5


def test_windows_sparse_attention_and_encoders_see_less() -> None:
    windowed = model(layers=4, global_layers=1, sliding_window=8)
    assert reach.attended_token_layers(windowed, np.array([5, 8, 20])).tolist() == [20, 32, 20 + 24]
    assert reach.mean_attended_token_layers(windowed, np.array([4, 16])).tolist() == [8, 8 + 3 * (8 - 64 / 32)]
    assert reach.cached_token_layers(windowed, np.array([5, 20])).tolist() == [20, 44]
    sparse = model(**SPARSE)
    assert reach.attended_token_layers(sparse, np.array([5, 20])).tolist() == [10, 16]
    assert float(reach.mean_attended_token_layers(sparse, 16)) == 2 * (8 - 64 / 32)
    assert float(reach.cached_token_layers(sparse, 20)) == 40
    both = model(layers=6, attention_layers=9, encoder_layers=3, cross_layers=3)
    assert float(reach.attended_token_layers(both, 10)) == 30
    assert float(reach.cached_token_layers(both, 10)) == 30
    assert float(reach.attended_token_layers(reach.whole_stack(both), 10)) == 90
    assert (reach.whole_stack(both).encoder_layers, reach.whole_stack(both).cross_layers) == (0, 0)
    assert reach.whole_stack(windowed) is windowed


def test_the_mean_over_a_sequence_is_the_sum_over_its_positions() -> None:
    windowed = model(layers=4, global_layers=1, sliding_window=6)
    each = reach.attended_token_layers(windowed, np.linspace(0, 20, 200_001)).mean()
    assert float(reach.mean_attended_token_layers(windowed, 20)) == pytest.approx(float(each), rel=1e-4)


def test_pairs_cost_by_the_kind_of_attention() -> None:
    assert count.attention_flops_per_pair(model()) == 4 * 6
    assert count.attention_flops_per_pair(model(value_dim=5)) == 2 * 2 * (3 + 5)
    assert count.attention_flops_per_pair(model(**LATENT)) == 2 * 2 * (3 + 2 + 9)
    assert count.attention_flops_per_pair(model(**LATENT), absorbed=True) == 2 * 2 * (2 * 5 + 2)
    assert count.index_flops_per_pair(model(**SPARSE)) == 2 * 3 * 5
    assert count.state_flops_per_token(model(**HYBRID)) == 6 * 2 * 30


def test_an_indexer_and_a_state_add_to_a_token() -> None:
    sparse, hybrid = model(**SPARSE), model(**HYBRID)
    assert float(count.decode_flops_per_token(sparse, 20)) == 2 * sparse.matmul_params_active + 24 * 16 + 30 * 2 * 20
    assert float(count.forward_flops_per_token(sparse, 16)) == 2 * sparse.matmul_params_active + 24 * 12 + 30 * 2 * 8
    assert float(count.decode_flops_per_token(hybrid, 20)) == 2 * hybrid.matmul_params_active + 24 * 20 + 360
    assert float(count.forward_flops_per_token(hybrid, 20)) == 2 * hybrid.matmul_params_active + 24 * 10 + 360


def test_the_cache_is_keys_and_values_or_a_latent_or_a_state() -> None:
    assert float(count.kv_bytes(model(layers=2), 10)) == 2 * 10 * 6 * 2
    assert float(count.kv_bytes(model(layers=2), 10, 1.0)) == 2 * 10 * 6
    assert float(count.kv_bytes(model(value_dim=5), 10)) == 10 * 8 * 2
    assert float(count.kv_bytes(model(**LATENT), 10)) == 10 * 7 * 2
    assert float(count.kv_bytes(model(**HYBRID), 10)) == 10 * 6 * 2 + 2 * 30 * 4
    # of a convolution over four tokens the last three inputs: values, keys and queries, in 16 bits
    assert float(count.kv_bytes(model(**HYBRID, mamba_conv=4), 10)) == 120 + 2 * (30 * 4 + 3 * (6 + 5 + 5) * 2)
    assert float(count.kv_bytes(model(attention_layers=0, other_layers=1, other_state_bytes=9), 10)) == 9
    assert float(count.kv_bytes(model(**SPARSE), 10)) == 2 * (10 * 6 * 2 + 10 * 5)


def test_layers_of_two_kinds_count_each_with_its_own_heads() -> None:
    """Two global layers, one without a cache; three in a window of 4, of which one keeps none."""
    mixed = model(**TWO_KINDS)
    whole, near = reach.attention_groups(mixed)
    assert (whole.attention_layers, whole.global_layers, whole.head_dim, whole.cacheless_layers) == (2, 2, 3, 1)
    assert (near.attention_layers, near.global_layers, near.head_dim, near.heads, near.kv_heads) == (3, 0, 1, 3, 2)
    assert float(count.kv_bytes(mixed, 10)) == (10 * 6 + 2 * 4 * 4) * 2
    pairs = 2 * 10 * 24 + 3 * 4 * 12
    assert float(count.decode_flops_per_token(mixed, 10)) == 2 * mixed.matmul_params_active + pairs
    assert (whole.sliding_head_dim, near.sliding_head_dim) == (0, 0)
    assert reach.attention_groups(model()) == [model()]
    valued = replace(mixed, sliding_value_dim=7)
    assert count.attention_flops_per_pair(reach.attention_groups(valued)[1]) == 2 * 3 * (1 + 7)


def test_experts_are_touched_by_chance() -> None:
    """Of four experts a token chooses two: two tokens leave a quarter of them alone."""
    assert count.expert_share(model(**EXPERTS), np.array([1, 2, 3])).tolist() == [0.5, 0.75, 0.875]
    assert float(count.expert_share(model(), 5)) == 1


def test_bytes_of_weights_by_hand() -> None:
    small = model(vision_params=10)
    outer, inner = 2 * HEAD + 10, ATTENTION + MLP + 6 * 3  # three norms of six
    assert small.total_params == outer + inner
    assert count.weight_bytes(small, 0.5) == outer * 2 + inner * 0.5
    assert count.weight_bytes(small, 4) == (outer + inner) * 4


def test_a_step_reads_no_expert_that_it_does_not_touch() -> None:
    mixture = model(**EXPERTS, layers=2)
    single, routers = 3 * 6 * 5, 2 * 6 * 4
    assert float(count.weight_bytes_read(mixture, 1, 1.0)) == 2 * ATTENTION + routers + 2 * 4 * single * 0.5 + HEAD * 2
    assert float(count.weight_bytes_read(mixture, 2, 4.0)) == 4 * (2 * ATTENTION + routers + 8 * single * 0.75 + HEAD)
    assert float(count.weight_bytes_read(model(), 9, 1.0)) == ATTENTION + MLP + HEAD * 2


def test_each_group_of_chips_that_splits_the_requests_holds_all_but_the_experts() -> None:
    bits = (("experts", 4.0), ("dense", 8.0), ("embeddings", 16.0))
    mixed = model(**EXPERTS, weight_bits=bits, native_format="mxfp4")
    once, experts = weights.stored_bytes(mixed, "mxfp4"), mixed.expert_params_total * 0.5
    assert weights.replica_bytes(mixed, "mxfp4", 1) == once
    assert weights.replica_bytes(mixed, "mxfp4", 3) == experts + 3 * (once - experts)
    assert weights.replica_bytes(model(), "bf16", 4) == 4 * weights.stored_bytes(model(), "bf16")


def test_a_checkpoint_of_mixed_bits_is_stored_by_group() -> None:
    bits = (("experts", 4.0), ("dense", 8.0), ("embeddings", 16.0))
    mixed = model(**EXPERTS, weight_bits=bits, native_format="mxfp4", vision_params=10)
    experts, tables = 4 * 90, 2 * HEAD + 10
    dense = mixed.total_params - experts - tables
    assert weights.group_bytes(mixed, "mxfp4") == (0.5, 1.0)
    assert weights.stored_bytes(mixed, "mxfp4") == experts * 0.5 + dense + tables * 2
    assert weights.group_bytes(mixed, "bf16") == (2.0, 2.0)
    assert weights.stored_bytes(mixed, "fp8") == count.weight_bytes(mixed, 1.0)
    plain = model(**EXPERTS)
    assert weights.group_bytes(plain, "mxfp4") == (4.25 / 8, 2.0)
    assert weights.group_bytes(plain, "fp8") == (1.0, 1.0)
    assert weights.stored_bytes(plain, "fp32") == plain.total_params * 4


def test_formats_with_a_shared_scale_pay_for_it() -> None:
    """Eight bits of scale for 32 values, or for 16 in NVFP4."""
    assert count.BYTES["mxfp4"] == (32 * 4 + 8) / 32 / 8
    assert count.BYTES["nvfp4"] == (16 * 4 + 8) / 16 / 8
    assert count.BYTES["int3"] == (32 * 3 + 8) / 32 / 8


def test_the_length_of_a_training_sequence() -> None:
    facts = catalog.default()
    old, usual = (facts.fact(f"fit.training-{name}").value for name in ("old-sequence", "sequence"))
    year = int(facts.fact("fit.training-old-sequence-year").value)
    assert training.usual_sequence(model(training_tokens=777, context_tokens=5), facts) == 777
    assert training.usual_sequence(model(context_tokens=100), facts) == 100
    assert training.usual_sequence(model(year=year), facts) == old
    assert training.usual_sequence(model(year=year + 1), facts) == usual == training.usual_sequence(model(), facts)
    small = model()
    assert training.usual_training_flops(small, 9, facts) == float(count.training_flops(small, 9, usual))


@pytest.mark.parametrize("params", [1e8, 1.3e9, 7e9, 7e10, 1.8e12])
def test_a_usual_model_has_the_size_that_it_stands_for(params: float) -> None:
    """12 L h² weights with h = 128 L, in steps of 8 layers and of 1,024 in width."""
    assert training.hidden_of_size(12 * 10 * 1280**2) == pytest.approx(1280)
    usual = training.usual_model(params, 2023)
    assert usual.hidden % 1024 == usual.layers % 8 == 0
    assert usual.hidden == usual.heads * usual.head_dim == usual.intermediate / 4
    assert usual.year == 2023
    if params > 1e9:
        assert 12 * usual.layers * usual.hidden**2 == pytest.approx(params, rel=0.35)
        assert usual.total_params == pytest.approx(12 * usual.layers * usual.hidden**2, rel=0.3)


def test_a_usual_model_of_a_round_size() -> None:
    """64 layers of a width of 8,192 are 12 × 64 × 8,192² weights; the smallest has 8 layers of 1,024."""
    usual = training.usual_model(12 * 64 * 8192**2)
    assert (usual.layers, usual.hidden, usual.heads, usual.kv_heads, usual.year) == (64, 8192, 64, 64, 0)
    assert (usual.intermediate, usual.gated_mlp) == (4 * 8192, False)
    least = training.usual_model(1e6)
    assert (least.layers, least.hidden, least.heads) == (8, 1024, 8)
