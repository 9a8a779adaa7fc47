"""DeepSeek V4: a window, and beyond it entries of several tokens, held against its published counts and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from small_chip import RATES, fit, model, work
from wattline.core.errors import WattlineError
from wattline.line.chip.mixers import attention, attention_products
from wattline.line.chip.shape import Shape
from wattline.line.work import flops, reach
from wattline.line.work.huggingface.reader import model_from_dict

V4: dict[str, Any] = {
    "model_type": "deepseek_v4", "expert_dtype": "fp4", "hc_mult": 4, "hc_sinkhorn_iters": 20, "head_dim": 512,
    "hidden_size": 4096, "index_head_dim": 128, "index_n_heads": 64, "index_topk": 512, "num_hidden_layers": 43,
    "max_position_embeddings": 1048576, "moe_intermediate_size": 2048, "n_routed_experts": 256, "n_shared_experts": 1,
    "num_attention_heads": 64, "num_experts_per_tok": 6, "num_hash_layers": 3, "num_key_value_heads": 1,
    "num_nextn_predict_layers": 1, "o_groups": 8, "o_lora_rank": 1024, "q_lora_rank": 1024, "qk_rope_head_dim": 64,
    "sliding_window": 128, "swiglu_limit": 10.0, "tie_word_embeddings": False, "vocab_size": 129280,
    "compress_ratios": [0, 0, *(20 * [4, 128]), 4, 0],
    "quantization_config": {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]},
}  # fmt: skip
PRO = V4 | {
    "hidden_size": 7168, "index_topk": 1024, "moe_intermediate_size": 3072, "n_routed_experts": 384, "o_groups": 16,
    "num_attention_heads": 128, "num_hidden_layers": 61, "q_lora_rank": 1536,
    "compress_ratios": [128, 128, *(29 * [4, 128]), 4, 0],
}  # fmt: skip
V32: dict[str, Any] = {
    "model_type": "deepseek_v32", "hidden_size": 7168, "intermediate_size": 18432, "moe_intermediate_size": 2048,
    "num_hidden_layers": 61, "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536,
    "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 129280,
    "n_routed_experts": 256, "num_experts_per_tok": 8, "n_shared_experts": 1, "first_k_dense_replace": 3,
    "index_topk": 2048, "index_n_heads": 64, "index_head_dim": 128, "max_position_embeddings": 163840,
}  # fmt: skip
# two layers of entries of four tokens of which three are picked, one of entries of eight; all three see two tokens
SMALL: dict[str, Any] = {
    "layers": 3, "global_layers": 0, "sliding_window": 2, "attention": "mqa", "shared_values": True, "picked_layers": 2,
    "picked_ratio": 4, "pooled_layers": 1, "pooled_ratio": 8, "sparse_tokens": 3, "q_lora_rank": 5, "output_groups": 2,
    "output_lora_rank": 4,
}  # fmt: skip
RECORDED = json.loads((Path(__file__).parent / "data" / "architectures.json").read_text(encoding="utf-8"))


def read(config: dict[str, Any]) -> Any:
    return model_from_dict(dict(config), "a file", "a-model")


@pytest.mark.parametrize(
    ("config", "total", "active", "gigabytes"),
    [(V4, 284_332_230_231, 13e9, 160), (PRO, 1_572_997_179_491, 49e9, 862)],
)
def test_it_has_the_parameters_of_its_published_code(
    config: dict[str, Any], total: int, active: float, gigabytes: float
) -> None:
    """Totals as transformers 5.24 builds them; active ones without the token table, as its authors count them."""
    known = read(config)
    assert known.total_params == pytest.approx(total, rel=1e-6)
    assert known.active_params - known.hidden * known.vocab == pytest.approx(active, rel=0.03)
    assert dict(known.weight_bits) == {"experts": 4.25, "dense": 8.0, "embeddings": 16.0}


def test_a_million_tokens_cost_the_share_of_its_predecessor_that_its_authors_publish() -> None:
    """Of V3.2: 10% of the FLOPs and 7% of the cache (Flash), 27% and 10% (Pro), whose parts are of narrower formats."""
    old, far = read(V32), 2**20
    for config, work_share, cache_share in ((V4, 0.10, 0.07), (PRO, 0.27, 0.10)):
        new = read(config)
        share = float(flops.decode_flops_per_token(new, far) / flops.decode_flops_per_token(old, far))
        assert share == pytest.approx(work_share, rel=0.25)
        kept = float(flops.kv_bytes(new, far, 1.0) / flops.kv_bytes(old, far, 1.0))
        assert kept == pytest.approx(cache_share, rel=0.2)


def test_entries_are_fewer_than_tokens_and_picked_ones_are_bounded() -> None:
    small = model(**SMALL)
    assert reach.attended_token_layers(small, np.array([2, 8, 40])).tolist() == [
        6 + 2 * 0.5 + 0.25,
        6 + 2 * 2 + 1,
        6 + 2 * 3 + 5,
    ]
    assert reach.cached_token_layers(small, np.array([8, 40])).tolist() == [6 + 4 + 1, 6 + 20 + 5]
    assert float(flops.kv_bytes(small, 40)) == 31 * 3 * 2  # a key of three values, which is the value too
    near = 3 * (2 - 4 / 80)
    assert float(reach.mean_attended_token_layers(small, 40)) == pytest.approx(near + 2 * (3 - 9 / 20) + 40 / 16)


@settings(max_examples=60, deadline=None)
@given(
    context=st.integers(0, 5000),
    window=st.integers(1, 300),
    layers=st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)),
    ratios=st.tuples(st.integers(1, 16), st.integers(1, 200)),
    picks=st.integers(1, 600),
)
def test_a_chips_shape_sees_and_keeps_what_the_model_does(
    context: int, window: int, layers: tuple[int, int, int], ratios: tuple[int, int], picks: int
) -> None:
    plain, picked, pooled = layers
    own = {
        **{"layers": plain + picked + pooled + 1, "sliding_window": window, "picked_layers": picked},
        **{"picked_ratio": ratios[0], "pooled_layers": pooled, "pooled_ratio": ratios[1], "sparse_tokens": picks},
    }
    small = model(**SMALL | own | ({} if picked else {"sparse_tokens": 0}))
    shape = Shape.of(small)
    assert float(shape.attended(context)) == pytest.approx(float(reach.attended_token_layers(small, context)))
    mean = float(reach.mean_attended_token_layers(small, max(context, 1)))
    assert float(shape.attended_in_prompt(context)) == pytest.approx(mean)
    assert float(shape.cache_bytes(context, 1)) == pytest.approx(float(flops.kv_bytes(small, context)))
    steps = np.arange(context + 1, dtype=float)
    assert np.all(np.diff(reach.attended_token_layers(small, steps)) >= -1e-9)


def test_its_projections_pass_each_weight_once() -> None:
    """Queries through 5, one key of 3, two heads of 3 out through two latents of 4."""
    small = model(**SMALL)
    each = 5 * 6 + 5 * 2 * 3 + 6 * 3 + 4 * 6 + 2 * 4 * 6
    assert small.attention_params == 3 * each
    products = attention_products(Shape.of(small), work(), RATES, fit(), np.asarray(2.0))
    assert float(products.flops) == 2 * 3 * each
    seen = attention(Shape.of(small), work(1, 1, context=40), RATES, fit())
    assert float(seen.flops) == 17 * 2 * 2 * 6
    assert float(seen.bytes) == 17 * 3 * 2


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"compress_ratios": [0, 0, *(20 * [4, 64]), 4]}, "compress_ratios"),
        ({"compress_ratios": [4, 128]}, "compress_ratios"),
        ({"sliding_window": 0}, "sliding_window"),
        ({"num_key_value_heads": 8}, "num_key_value_heads"),
        ({"o_lora_rank": None}, "o_lora_rank"),
    ],
)
def test_what_is_not_its_layout_is_refused_by_name(change: dict[str, Any], word: str) -> None:
    with pytest.raises(WattlineError, match=word):
        read(V4 | change)


def test_its_layers_may_be_named_as_transformers_saves_them() -> None:
    names = {0: "sliding_attention", 4: "compressed_sparse_attention", 128: "heavily_compressed_attention"}
    saved = {name: value for name, value in V4.items() if name != "compress_ratios"}
    saved["layer_types"] = [names[ratio] for ratio in V4["compress_ratios"][:43]]
    saved["compress_rates"] = {"compressed_sparse_attention": 4, "heavily_compressed_attention": 128}
    saved["mlp_layer_types"] = ["hash_moe"] * 3 + ["moe"] * 40
    assert read(saved) == read(V4)


def test_its_prompts_cost_less_than_those_of_a_model_that_sees_everything() -> None:
    options = {"gpus": 8, "draws": 0, "input_tokens": 100_000, "output_tokens": 300}
    assert float(wl.prompt(read(V4), "h200-sxm", **options).energy_j) < 0.6 * float(
        wl.prompt(read(V32), "h200-sxm", **(options | {"gpus": 16})).energy_j
    )


@pytest.mark.parametrize(
    ("kind", "change", "kept"),
    [
        ("lfm2", {"layer_types": ["conv"] * 30 + ["full_attention"] * 2}, 30 * 2560 * 2 * 2),  # two inputs in 16 bits
        ("recurrent_gemma", {}, 18 * 2560 * (4 + 3 * 2)),  # a state in 32 bits, three inputs of its convolution in 16
        ("rwkv", {}, 32 * 4096 * 20),  # three sums and two shifted tokens in 32 bits
    ],
)
def test_what_mixers_without_attention_keep_of_a_sequence_is_counted(
    kind: str, change: dict[str, Any], kept: int
) -> None:
    known = read(RECORDED[kind]["config"] | change)
    assert float(flops.kv_bytes(known, 0)) == float(Shape.of(known).cache_bytes(0, 1)) == kept
