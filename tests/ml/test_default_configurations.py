"""Every default configuration of transformers that writes text: its true count on the meta device against Wattline's.

Needs transformers and torch (the extra ``models``); `make test-ml` runs it. Each model is read by the table where the
table knows it, and by transformers itself where it does not; what cannot be priced is refused by name.
"""

from __future__ import annotations

import copy
import json
import os
from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.huggingface.table import rows, unpriced_kinds

pytestmark = pytest.mark.ml
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
torch = pytest.importorskip("torch", reason="needs the extra `models`")
transformers = pytest.importorskip("transformers", reason="needs the extra `models`")
MAPPINGS = (  # an encoder-decoder is counted whole
    *("MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING", "MODEL_FOR_MULTIMODAL_LM_MAPPING"),
    *("MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING", "MODEL_FOR_CAUSAL_LM_MAPPING"),
)
NOT_SO = {
    "longcat_flash"
}  # transformers lays weights out for experts that do nothing; the published 562 billion do not


def classes() -> dict[str, Any]:
    """The class that writes text, by ``model_type``."""
    out: dict[str, Any] = {}
    for name in MAPPINGS:
        mapping = getattr(transformers, name, None) or getattr(transformers.models.auto.modeling_auto, name)
        for config, model in mapping.items():
            out.setdefault(config.model_type, (config, model[0] if isinstance(model, tuple) else model))
    return out


def true_total(model_class: Any, config: Any) -> int:
    with torch.device("meta"):
        model = model_class(config)
    model.tie_weights()
    return sum({id(each): each.numel() for each in model.parameters()}.values())


def read(config: dict[str, Any], name: str) -> Any:
    return model_from_dict(copy.deepcopy(config), name, name)


@pytest.fixture(scope="module")
def sweep() -> dict[str, dict[str, Any]]:
    """By type: the true total, the total that is read (or why not), and whether the table alone reads it."""
    out: dict[str, dict[str, Any]] = {}
    for kind, (config_class, model_class) in sorted(classes().items()):
        try:
            config = config_class()
            total = true_total(model_class, config)
        except Exception:  # no default configuration of its own
            continue
        saved = json.loads(json.dumps(config.to_diff_dict(), default=str)) | {"model_type": kind}
        row: dict[str, Any] = {"true": total, "known": kind in rows()}
        for form in (saved, json.loads(json.dumps(config.to_dict(), default=str))):
            try:
                row.setdefault("read", []).append(read(form, kind).total_params)
            except WattlineError as error:
                row["refused"] = str(error)
        out[kind] = row
    return out


def test_no_default_configuration_is_read_wrong(sweep: dict[str, dict[str, Any]]) -> None:
    wrong = {
        kind: (row["true"], row["read"])
        for kind, row in sweep.items()
        if kind not in NOT_SO and any(abs(each / row["true"] - 1) > 0.01 for each in row.get("read", []))
    }
    assert not wrong


def test_refusals_are_one_line_and_name_the_kind(sweep: dict[str, dict[str, Any]]) -> None:
    for row in sweep.values():
        if "refused" in row:
            assert "\n" not in row["refused"]


def test_nine_tenths_of_what_writes_text_are_read_with_transformers(sweep: dict[str, dict[str, Any]]) -> None:
    whole = {kind: row for kind, row in sweep.items() if kind not in unpriced_kinds() or row.get("read")}
    read_right = [kind for kind, row in whole.items() if len(row.get("read", [])) == 2]
    assert len(read_right) >= 0.9 * len(whole)


SHRUNK = (
    "llama",
    "qwen3_moe",
    "deepseek_v3",
    "gemma2",
    "qwen3_next",
    "bamba",
    "falcon_h1",
    "jamba",
    "lfm2",
    "granitemoehybrid",
)
FIELDS = (
    *("hidden_size", "intermediate_size", "moe_intermediate_size", "num_attention_heads", "num_key_value_heads"),
    *("head_dim", "vocab_size", "num_experts", "n_routed_experts", "q_lora_rank", "kv_lora_rank", "v_head_dim"),
    *("mamba_d_state", "mamba_n_heads", "linear_num_value_heads", "linear_key_head_dim", "n_shared_experts"),
)


@pytest.mark.parametrize("kind", SHRUNK)
def test_a_changed_field_changes_both_counts_alike(kind: str) -> None:
    config_class, model_class = classes()[kind]
    base = json.loads(json.dumps(config_class().to_dict(), default=str))
    compared = 0
    for field in FIELDS:
        value = base.get(field)
        if not isinstance(value, int) or isinstance(value, bool) or not value:
            continue
        changed = base | {field: 2 * value}
        try:
            true = true_total(model_class, config_class(**{k: v for k, v in changed.items() if k != "model_type"}))
            ours = read(changed, kind).total_params
        except Exception:  # a number that no longer fits another field
            continue
        assert ours == pytest.approx(true, rel=0.01), field
        compared += 1
    assert compared >= 3


@pytest.mark.parametrize(("kind", "repeats"), [("dory", 56 / 36), ("hrm_text", 4), ("inkling2_loop_text", 2)])
def test_layers_that_are_passed_again_cost_again_and_are_stored_once(kind: str, repeats: float) -> None:
    config_class, model_class = classes()[kind]
    model = read(json.loads(json.dumps(config_class().to_dict(), default=str)) | {"model_type": kind}, kind)
    assert model.total_params == true_total(model_class, config_class())
    passed = (model.active_params - model.embedding_params) * repeats + model.lm_head_params
    assert model.matmul_params_active == pytest.approx(passed, rel=0.005)


@pytest.mark.parametrize("kind", ["bert", "camembert", "rembert", "xlnet", "megatron-bert"])
def test_an_encoder_that_is_a_decoder_has_its_exact_count(kind: str) -> None:
    config_class, model_class = classes()[kind]
    config = json.loads(json.dumps(config_class(is_decoder=True).to_dict(), default=str)) | {"model_type": kind}
    model, true = read(config, kind), true_total(model_class, config_class())
    assert model.total_params == model.active_params == true
    assert model.matmul_params_active < true
