"""What a class of transformers does with single fields of a config: exact counts of the weights that follow."""

from __future__ import annotations

from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.model import Model

PLAIN: dict[str, Any] = {
    **{"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 128},
    **{"vocab_size": 256, "max_position_embeddings": 512},
}
NEAR: dict[str, Any] = PLAIN | {
    **{"model_type": "gemma4_text", "num_key_value_heads": 2, "head_dim": 16, "global_head_dim": 32},
    **{"layer_types": ["sliding_attention"] * 3 + ["full_attention"], "hidden_size_per_layer_input": 0},
}


def read(config: dict[str, Any]) -> Model:
    return model_from_dict(config, "config.json", "m")


def rest(config: dict[str, Any], **changes: Any) -> int:
    """Parameters that a change adds."""
    return read(config | changes).total_params - read(config).total_params


@pytest.mark.parametrize(("word", "heads"), [(True, 1), (False, 4), (None, 4)])
@pytest.mark.parametrize("kind", ["falcon", "gpt_bigcode"])
def test_one_head_of_keys_is_for_those_that_say_so(kind: str, word: bool | None, heads: int) -> None:
    names = {"num_hidden_layers": "n_layer", "num_attention_heads": "n_head"} if kind == "gpt_bigcode" else {}
    config = {names.get(name, name): value for name, value in PLAIN.items()} | {"model_type": kind}
    assert read(config | {"multi_query": word}).kv_heads == heads
    assert read(config).kv_heads == 1


@pytest.mark.parametrize("tied", [True, False])
def test_tables_of_another_width_have_two_projections(tied: bool) -> None:
    config = PLAIN | {"model_type": "opt", "word_embed_proj_dim": 64, "tie_word_embeddings": tied}
    tables = 1 if tied else 2
    assert rest(config, word_embed_proj_dim=32) == 2 * 64 * 32 - tables * 32 * 256
    assert rest(config, word_embed_proj_dim=None) == 0


def test_tables_without_width_are_refused() -> None:
    with pytest.raises(WattlineError, match="word_embed_proj_dim"):
        read(PLAIN | {"model_type": "opt", "word_embed_proj_dim": 0})


@pytest.mark.parametrize("window", [16, 511, 512, 4096])
def test_layers_in_a_window_keep_their_weights_however_far_they_see(window: int) -> None:
    assert rest(NEAR | {"sliding_window": 16}, sliding_window=window) == 0
    assert read(NEAR | {"sliding_window": window}).sliding_head_dim == 16


def test_a_window_that_is_not_given_is_the_class_own() -> None:
    assert read(NEAR | {"max_position_embeddings": 131_072}).sliding_window == 512


def test_layers_in_a_window_of_nothing_are_refused() -> None:
    with pytest.raises(WattlineError, match="sliding_window"):
        read(NEAR | {"sliding_window": 0})


LLAMA4: dict[str, Any] = PLAIN | {
    **{"model_type": "llama4_text", "num_key_value_heads": 2, "head_dim": 16, "intermediate_size_mlp": 96},
    **{"num_local_experts": 4, "num_experts_per_tok": 1, "interleave_moe_layer_step": 1},
}


@pytest.mark.parametrize(("listed", "layers"), [([], 0), ([1, 3], 2), (None, 4)])
def test_a_list_of_layers_with_experts_may_be_empty(listed: list[int] | None, layers: int) -> None:
    assert read(LLAMA4 | {"moe_layers": listed}).moe_layers == layers


def test_experts_without_width_are_refused() -> None:
    with pytest.raises(WattlineError, match="width of its experts"):
        read(LLAMA4 | {"intermediate_size": 0})


def seeing(whole: str, vision: dict[str, Any], text: str = "llama") -> dict[str, Any]:
    return {
        "model_type": whole,
        "text_config": PLAIN | {"model_type": text, "num_key_value_heads": 4},
        "vision_config": vision,
    }


SIGLIP = {"model_type": "siglip_vision_model", "hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}


@pytest.mark.parametrize(
    ("whole", "kind", "layers"),
    [
        ("gemma3", "siglip_vision_model", 12),
        ("idefics3", "idefics3_vision", 12),
        ("paddleocr_vl", "paddleocr_vl_vision", 27),
    ],
)
def test_layers_that_a_vision_part_leaves_out_are_its_class_own(whole: str, kind: str, layers: int) -> None:
    part = SIGLIP | {"model_type": kind, "spatial_merge_size": 2}
    assert rest(seeing(whole, part), vision_config=part | {"num_hidden_layers": layers}) == 0
    each = 4 * 32 * 32 + 2 * 32 * 64
    assert rest(seeing(whole, part), vision_config=part | {"num_hidden_layers": layers + 1}) == each


@pytest.mark.parametrize("merge", [1, 2, 4])
def test_paddleocr_joins_patches_by_the_square_of_its_merge(merge: int) -> None:
    part = SIGLIP | {"model_type": "paddleocr_vl_vision", "num_hidden_layers": 2}
    without = seeing("paddleocr_vl", part | {"spatial_merge_size": 1}, "paddleocr_vl_text")
    wide = 32 * merge**2
    assert rest(without, vision_config=part | {"spatial_merge_size": merge}) == wide * (wide + 64) - 32 * (32 + 64)


def test_pictures_that_enter_below_are_those_of_the_class() -> None:
    part = {
        **{"model_type": "qwen3_vl", "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2},
        **{"out_hidden_size": 64, "spatial_merge_size": 2, "num_position_embeddings": 16},
    }
    config = seeing("qwen3_vl", part, "qwen3_vl_text")
    assert rest(config, vision_config=part | {"deepstack_visual_indexes": [8, 16, 24]}) == 0
    assert rest(config, vision_config=part | {"deepstack_visual_indexes": [8, 16]}) == -4 * 32 * (4 * 32 + 64)


SWITCH: dict[str, Any] = {
    **{"model_type": "switch_transformers", "d_model": 64, "d_kv": 16, "d_ff": 128, "num_heads": 4, "vocab_size": 256},
    **{"num_layers": 6, "num_decoder_layers": 6, "num_experts": 4, "num_sparse_encoder_layers": 3},
    **{"num_sparse_decoder_layers": 3},
}


def test_steps_of_experts_that_contradict_their_number_are_refused() -> None:
    assert rest(SWITCH, encoder_sparse_step=2, decoder_sparse_step=2) == 0
    with pytest.raises(WattlineError, match="contradict"):
        read(SWITCH | {"encoder_sparse_step": 3})


@pytest.mark.parametrize("listed", [[1, 1], [-1], [9]])
def test_layers_that_look_at_pictures_are_layers(listed: list[int]) -> None:
    with pytest.raises(WattlineError, match="cross_attention_layers"):
        read(PLAIN | {"model_type": "mllama_text_model", "num_key_value_heads": 4, "cross_attention_layers": listed})


VISION = {
    **{"model_type": "qwen3_omni_moe_vision_encoder", "depth": 2, "hidden_size": 32, "intermediate_size": 64},
    **{"num_heads": 2, "out_hidden_size": 64, "num_position_embeddings": 16, "deepstack_visual_indexes": []},
}


def test_what_sees_within_a_part_counts_and_what_speaks_is_named() -> None:
    text = PLAIN | {"model_type": "qwen3_omni_moe_text", "num_key_value_heads": 4, "num_experts": 0}
    thinker = {"model_type": "qwen3_omni_moe_thinker", "text_config": text}
    blind = {"model_type": "qwen3_omni_moe", "thinker_config": thinker, "enable_audio_output": True}
    seen = blind | {"thinker_config": thinker | {"vision_config": VISION}}
    assert read(blind).vision_params == 0
    assert read(seen).vision_params > 2 * (4 * 32**2 + 2 * 32 * 64)
    assert read(seen).active_params == read(blind).active_params
    parts = {"talker_config": {"text_config": {"hidden_size": 8}}, "code2wav_config": {"hidden_size": 8}}
    with pytest.raises(WattlineError, match="remove code2wav_config, talker_config"):
        read(seen | parts)


def test_queries_of_no_rank_are_refused_and_null_is_none() -> None:
    latent = {
        **{"model_type": "deepseek_v3", "kv_lora_rank": 16, "qk_nope_head_dim": 16, "qk_rope_head_dim": 8},
        **{"v_head_dim": 16, "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32},
        **{"num_key_value_heads": 4, "first_k_dense_replace": 0, "n_shared_experts": 1},
    }
    queries = 4 * (16 + 8)
    added = 4 * (64 * 32 + 32 * queries - 64 * queries)
    assert rest(PLAIN | latent | {"q_lora_rank": None}, q_lora_rank=32) == added
    with pytest.raises(WattlineError, match="q_lora_rank is 0"):
        read(PLAIN | latent | {"q_lora_rank": 0})


@pytest.mark.parametrize(("kind", "heads"), [("siglip_vision_model", 1), ("idefics3_vision", 0)])
def test_siglip_has_a_head_where_nothing_is_said(kind: str, heads: int) -> None:
    part = SIGLIP | {"model_type": kind, "num_hidden_layers": 2}
    each = 4 * 32 * 32 + 2 * 32 * 64
    assert rest(seeing("gemma3", part | {"vision_use_head": False}), vision_config=part) == heads * each
