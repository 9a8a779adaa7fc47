"""Configs whose layers differ or share weights: Zamba, a searched architecture, Step-3.5, Hunyuan, translators."""

from __future__ import annotations

from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.line.work.flops import decode_flops_per_token, kv_bytes
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.model import Model


def read(config: dict[str, Any]) -> Model:
    return model_from_dict(dict(config), "config.json", "model")


def usual(kind: str, sizes: tuple[int, ...], **more: Any) -> dict[str, Any]:
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
             "vocab_size")  # fmt: skip
    return {"model_type": kind, **dict(zip(names, sizes, strict=True)), **more}


HYBRID = (6, 11, 17, 23, 29, 35, 41, 47, 53, 59, 65, 71, 77)
ZAMBA = usual(
    "zamba2", (3584, 14336, 81, 32, 32, 32000), attention_head_dim=224, num_mem_blocks=2, adapter_rank=128,
    layers_block_type=["hybrid" if i in HYBRID else "mamba" for i in range(81)], mamba_d_state=64, mamba_d_conv=4,
    mamba_expand=2, mamba_ngroups=2, n_mamba_heads=112, mamba_headdim=64, use_shared_attention_adapter=False,
)  # fmt: skip


def block(kv: int | None, width: float, **more: Any) -> dict[str, Any]:
    return {"attention": {"n_heads_in_group": kv, "no_op": kv is None, **more}, "ffn": {"ffn_mult": width}}


# a searched Llama 70B: 49 of 80 layers kept their attention (Nemotron Super 49B: 49.87 billion)
WIDTHS = ((8, 5.25, 48), (8, 2.625, 1), (None, 1.3125, 10), (None, 1.0, 8), (None, 0.5, 6), (None, 2.625, 5),
          (None, 3.28125, 1), (None, 5.25, 1))  # fmt: skip
NAS = {
    "model_type": "nemotron-nas", "hidden_size": 8192, "num_hidden_layers": 80, "num_attention_heads": 64,
    "vocab_size": 128256, "intermediate_size": None, "num_key_value_heads": None,
    "block_configs": [block(kv, width) for kv, width, count in WIDTHS for _ in range(count)],
}  # fmt: skip
STEP = {
    "model_type": "step3p5", "hidden_size": 4096, "num_hidden_layers": 45, "num_attention_heads": 64,
    "num_attention_groups": 8, "head_dim": 128, "intermediate_size": 11264, "moe_intermediate_size": 1280,
    "share_expert_dim": 1280, "moe_num_experts": 288, "moe_top_k": 8, "sliding_window": 512, "vocab_size": 128896,
    "moe_layers_enum": ",".join(str(i) for i in range(3, 45)), "use_head_wise_attn_gate": True,
    "layer_types": ["sliding_attention" if i % 4 else "full_attention" for i in range(48)],
    "num_nextn_predict_layers": 3, "max_position_embeddings": 262144,
    "attention_other_setting": {"attention_type": "sliding_attention", "num_attention_heads": 96,
                                "num_attention_groups": 8, "head_dim": 128, "true_head_dim": 128},
}  # fmt: skip
HUNYUAN = usual(
    "hunyuan", (6400, 18304, 64, 80, 8, 129024), num_experts=16, moe_topk=1, num_shared_expert=1, use_cla=True,
    cla_share_factor=2, use_mixed_mlp_moe=True, tie_word_embeddings=True,
)  # fmt: skip
NLLB = {
    "model_type": "m2m_100", "d_model": 2048, "encoder_layers": 24, "decoder_layers": 24, "num_hidden_layers": 24,
    "encoder_attention_heads": 16, "decoder_attention_heads": 16, "encoder_ffn_dim": 8192, "decoder_ffn_dim": 8192,
    "vocab_size": 256206, "max_position_embeddings": 1024, "is_encoder_decoder": True,
}  # fmt: skip


# billions, as their makers publish them: all, and those that a token uses
@pytest.mark.parametrize(
    ("config", "total", "active"),
    [
        pytest.param(ZAMBA, 7.36, 7.36, id="Zamba2-7B"),
        pytest.param(NAS, 49.87, 49.87, id="Nemotron-Super-49B"),
        pytest.param(STEP, 196.8, 12.0, id="Step-3.5-Flash"),
        pytest.param(HUNYUAN, 389.0, 51.7, id="Hunyuan-Large"),
        pytest.param(NLLB, 3.34, 3.34, id="NLLB-200-3.3B"),
    ],
)
def test_parameters_are_the_published_ones(config: dict[str, Any], total: float, active: float) -> None:
    model = read(config)
    assert model.total_params == pytest.approx(total * 1e9, rel=0.01)
    assert model.active_params == pytest.approx(active * 1e9, rel=0.01)


def test_blocks_that_are_stored_once_are_passed_each_time() -> None:
    model, alone = read(ZAMBA), read(ZAMBA | {"num_mem_blocks": 13})
    assert model.matmul_params_active == alone.matmul_params_active  # the work is the same
    block_weights = 7 * 3584 * 32 * 224 + 3 * 3584 * 14336
    assert alone.total_params - model.total_params == 11 * block_weights
    assert kv_bytes(model, 1000) - kv_bytes(model, 0) == 13 * 1000 * 2 * 32 * 224 * 2


def test_a_layer_without_attention_keeps_no_cache_and_asks_for_no_work() -> None:
    model = read(NAS)
    assert kv_bytes(model, 1000) == 49 * 1000 * 2 * 8 * 128 * 2
    whole = read(NAS | {"block_configs": [block(8, 5.25)] * 80})
    assert whole.total_params == pytest.approx(70.55e9, rel=0.001)  # the model that was searched
    assert decode_flops_per_token(model, 0) < decode_flops_per_token(whole, 0) * 0.72


def test_an_attention_made_a_plain_matrix_is_counted_as_one() -> None:
    blocks = [block(8, 5.25)] * 79
    linear = read(NAS | {"block_configs": [*blocks, block(None, 5.25, replace_with_linear=True)]})
    without = read(NAS | {"block_configs": [*blocks, block(None, 5.25)]})
    assert linear.matmul_params_active - without.matmul_params_active == 8192**2


def test_shared_keys_and_values_are_kept_once() -> None:
    model, alone = read(HUNYUAN), read(HUNYUAN | {"use_cla": False})
    assert kv_bytes(alone, 1000) == 2 * kv_bytes(model, 1000)
    assert alone.total_params - model.total_params == 32 * 2 * 8 * 80 * 6400


def test_layers_that_look_at_pictures_are_left_out_of_a_text() -> None:
    text = usual("mllama_text_model", (4096, 14336, 40, 32, 8, 128256), cross_attention_layers=[3, 8, 13, 18])
    model, plain = read(text), read(usual("llama", (4096, 14336, 36, 32, 8, 128256)))
    assert model.matmul_params_active == plain.matmul_params_active
    assert kv_bytes(model, 5000) == kv_bytes(plain, 5000)
    assert model.total_params > plain.total_params


@pytest.mark.parametrize(
    ("config", "word"),
    [
        (NLLB | {"encoder_ffn_dim": 4096}, "ffn_dim"),
        (NLLB | {"decoder_attention_heads": 32}, "attention_heads"),
        (NAS | {"block_configs": [block(8, 5.25)] * 79}, "block_configs"),
        (NAS | {"block_configs": [block(8, 5.25), block(4, 5.25)] * 40}, "heads of keys"),
        (NAS | {"block_configs": [block(8, 5.25, window_length=4096)] * 80}, "windows"),
        (ZAMBA | {"use_shared_attention_adapter": True}, "use_shared_attention_adapter"),
        (ZAMBA | {"layers_block_type": ["mamba"] * 81}, "layers_block_type"),
        (STEP | {"moe_layers_enum": "3 to 44"}, "moe_layers_enum"),
    ],
)
def test_what_would_be_guessed_is_refused_by_name(config: dict[str, Any], word: str) -> None:
    with pytest.raises(WattlineError, match=word) as caught:
        read(config)
    assert "\n" not in str(caught.value)
