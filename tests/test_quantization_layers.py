"""Exceptions of a quantisation, layer by layer and matrix by matrix: bytes of the weights by hand, and by property."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.weights import DENSE, stored_bytes

DENSE_MODEL: dict[str, Any] = {
    **{"model_type": "llama", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4},
    **{"num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 256, "tie_word_embeddings": False},
}
SPARSE_MODEL: dict[str, Any] = {
    **{"model_type": "deepseek_v3", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4},
    **{"num_key_value_heads": 4, "intermediate_size": 128, "moe_intermediate_size": 32, "n_routed_experts": 8},
    **{"num_experts_per_tok": 2, "n_shared_experts": 1, "first_k_dense_replace": 1, "kv_lora_rank": 16},
    **{"q_lora_rank": 16, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16, "vocab_size": 256},
}
# weights of one layer of DENSE_MODEL: queries and output 64 x 64, keys and values 64 x 32, three matrices of 64 x 128
QUERY, KEY, MLP = 64 * 64, 64 * 32, 64 * 128
ATTENTION, LAYER = 2 * (QUERY + KEY), 2 * (QUERY + KEY) + 3 * MLP


def saved(quantization: dict[str, Any], config: dict[str, Any] = DENSE_MODEL) -> float:
    """Weights that are left in 16 bits by a quantisation in 8, as bytes beyond those of the same without exceptions."""
    plain = {"quant_method": "fp8"}
    models = [model_from_dict(config | {"quantization_config": q}, "config.json", "m") for q in (quantization, plain)]
    wide, narrow = (stored_bytes(model, "fp8") for model in models)
    return wide - narrow


FP8 = [  # exceptions of FP8, and the weights that they leave in 16 bits
    (["lm_head", "model.embed_tokens", "model.norm"], 0),
    (["model.layers.0.self_attn.q_proj"], QUERY),
    (["model.layers.0.self_attn"], ATTENTION),
    (["model.layers.0.self_attn", "model.layers.0.self_attn.q_proj"], ATTENTION),
    (["model.layers.2"], LAYER),
    (["model.layers.3.mlp.down_proj", "model.layers.1.mlp.down_proj"], 2 * MLP),
    (["k_proj"], 4 * KEY),
    (["self_attn"], 4 * ATTENTION),
    (["*self_attn*"], 4 * ATTENTION),
    (["*.layers.1.*"], LAYER),
    (["model.layers.1*"], LAYER),
    (["re:.*mlp.down_proj$"], 4 * MLP),
    (["re:.*layers\\.[01]\\..*"], 2 * LAYER),
    (["model.layers.0.self_attn.qkv_proj"], QUERY + 2 * KEY),
    (["transformer.h.1.attention.wo"], QUERY),
    (["model.layers.9.self_attn"], 0),
    (["vision_tower.encoder.layers.0.self_attn.q_proj", "visual.blocks.1.mlp", "mtp.layers.0.mlp"], 0),
    (["language_model"], 4 * LAYER),
]
LISTS = ("ignore", "exclude_modules", "modules_to_not_convert", "ignored_layers", "exclude")


@pytest.mark.parametrize("key", LISTS)
@pytest.mark.parametrize(("names", "weights"), FP8)
def test_what_is_left_out_is_counted_matrix_by_matrix(key: str, names: list[str], weights: int) -> None:
    # norms and what is no matrix stay with their group: some ten vectors, weighed by the group's mean
    assert saved({"quant_method": "fp8", key: names}) == pytest.approx(weights, rel=0.01, abs=1)


def test_experts_shared_experts_and_dense_layers_are_apart() -> None:
    expert, shared = 64 * 32, 64 * 32
    cases = {
        "model.layers.2.mlp.experts": 8 * 3 * expert,
        "model.layers.2.mlp.experts.5": 3 * expert,
        "model.layers.2.mlp.experts.5.down_proj": expert,
        "model.layers.2.mlp.experts.9": 0,
        "model.layers.2.mlp.shared_experts": 3 * shared,
        "model.layers.2.mlp": 8 * 3 * expert + 3 * shared,
        "model.layers.0.mlp": 3 * 64 * 128,
        "model.layers.2.mlp.gate": 0,
        "re:.*mlp.gate$": 0,
        "model.layers.1.self_attn.kv_a_proj_with_mqa": 64 * (16 + 8),
    }
    for name, weights in cases.items():
        left = saved({"quant_method": "fp8", "ignored_layers": [name]}, SPARSE_MODEL)
        assert left == pytest.approx(weights, rel=0.06, abs=1), name  # small routers are weighed with their group


def bits(quantization: dict[str, Any]) -> dict[str, float]:
    model = model_from_dict(DENSE_MODEL | {"quantization_config": quantization}, "config.json", "m")
    return dict(model.weight_bits)


def test_gptq_gives_modules_bits_by_pattern() -> None:
    gptq = {"quant_method": "gptq", "bits": 4, "group_size": 128}
    usual = 4.25
    rules = {r"+:.*layers\.0\.mlp\.down_proj.*": {"bits": 8}, r"-:.*self_attn.*": {}}
    own = bits(gptq | {"dynamic": rules})
    mlps = (11 * usual + 8.25) / 12
    share = 4 * ATTENTION / (4 * LAYER + 64 * 9)  # of all but the tables, norms with them
    assert own[DENSE] == pytest.approx(share * 16 + (1 - share) * mlps, rel=1e-6)
    first = bits(gptq | {"dynamic": {r".*down_proj.*": {"bits": 8}, r"-:.*down_proj.*": {}}})
    assert first == bits(gptq | {"dynamic": {r".*down_proj.*": {"bits": 8}}})  # the first pattern that fits counts


def test_only_the_modules_that_gptq_names_are_quantised() -> None:
    only = {"modules_in_block_to_quantize": [["self_attn.q_proj", "self_attn.k_proj"], ["mlp.up_proj"]]}
    own = bits({"quant_method": "gptq", "bits": 8} | only)
    share = 4 * ATTENTION / (4 * LAYER + 64 * 9)
    attention = 16 - 8 * (QUERY + KEY) / ATTENTION
    assert own[DENSE] == pytest.approx(share * attention + (1 - share) * (16 - 8 / 3), rel=1e-6)


def test_groups_of_compressed_tensors_are_those_they_aim_at() -> None:
    def group(number: int, *targets: str) -> dict[str, Any]:
        return {"weights": {"num_bits": number, "type": "int"}, "targets": list(targets)}

    base = {"quant_method": "compressed-tensors", "format": "pack-quantized"}
    both = bits(base | {"config_groups": {"a": group(8, "re:.*self_attn.*"), "b": group(4, "re:.*mlp.*")}})
    share = 4 * ATTENTION / (4 * LAYER + 64 * 9)
    assert both[DENSE] == pytest.approx(share * 8 + (1 - share) * 4.25, rel=1e-6)
    single = bits(base | {"config_groups": {"a": group(8, "re:.*mlp.*")}})  # what no group aims at stays wide
    assert single[DENSE] == pytest.approx(share * 16 + (1 - share) * 8, rel=1e-6)
    ignored = bits(base | {"config_groups": {"a": group(8, "Linear")}, "ignore": ["re:.*self_attn.*", "lm_head"]})
    assert ignored[DENSE] == single[DENSE]


PARTS = [f"self_attn.{name}_proj" for name in "qkvo"] + [f"mlp.{name}_proj" for name in ("gate", "up", "down")]
MODULES = st.sets(st.tuples(st.integers(0, 3), st.sampled_from(PARTS)), max_size=28)
WRITTEN = {
    "by name": lambda layer, part: f"model.layers.{layer}.{part}",
    "by pattern": lambda layer, part: f"re:.*layers\\.{layer}\\.{part}$",
    "by wildcard": lambda layer, part: f"*layers.{layer}.{part}",
    "nested": lambda layer, part: f"language_model.model.layers.{layer}.{part}",
}


@settings(max_examples=60, deadline=None)
@given(MODULES, st.sampled_from(sorted(WRITTEN)), st.sampled_from(LISTS))
def test_a_list_says_the_same_however_it_is_written(modules: set[tuple[int, str]], way: str, key: str) -> None:
    sizes = dict(zip(PARTS, (QUERY, KEY, KEY, QUERY, MLP, MLP, MLP), strict=True))
    left = saved({"quant_method": "fp8", key: [WRITTEN[way](layer, part) for layer, part in sorted(modules)]})
    assert left == pytest.approx(sum(sizes[part] for _, part in modules), rel=0.01, abs=1)


WRONG = [
    ({"ignore": ["re:.*(self_attn"]}, "no pattern of names"),
    ({"ignore": {"a": 1}}, "ignore is no list of names"),
    ({"modules_to_not_convert": [3]}, "modules_to_not_convert is no list of names"),
]


@pytest.mark.parametrize(("lists", "words"), WRONG)
def test_a_list_that_cannot_be_read_is_refused_by_name(lists: dict[str, Any], words: str) -> None:
    with pytest.raises(WattlineError, match=words):
        bits({"quant_method": "fp8"} | lists)


def test_heads_that_were_taken_out_are_refused_by_name() -> None:
    with pytest.raises(WattlineError, match="pruned_heads"):
        model_from_dict(DENSE_MODEL | {"pruned_heads": {"0": [1, 2]}}, "config.json", "m")
    assert model_from_dict(DENSE_MODEL | {"pruned_heads": {}}, "config.json", "m").layers == 4


@pytest.mark.parametrize(
    "name", ["encoder", "decoder.block.0.layer.2.DenseReluDense.wo", "wo", "re:.*EncDecAttention.*"]
)
def test_an_exception_within_an_encoder_decoder_is_refused_by_name(name: str) -> None:
    two_stacks = {
        **{"model_type": "t5", "d_model": 64, "num_layers": 2, "num_heads": 4, "d_kv": 16, "d_ff": 128},
        "vocab_size": 256,
    }
    rule = {"quant_method": "bitsandbytes", "load_in_8bit": True, "llm_int8_skip_modules": ["lm_head"]}
    assert model_from_dict(two_stacks | {"quantization_config": rule}, "c", "m").native_format == "int8"
    rule["llm_int8_skip_modules"] = ["lm_head", name]
    with pytest.raises(WattlineError, match="within an encoder-decoder"):
        model_from_dict(two_stacks | {"quantization_config": rule}, "c", "m")
