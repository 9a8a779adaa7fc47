"""Which ``tie_word_embeddings`` counts where a whole and its language model both may say it."""

from __future__ import annotations

from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.reader import model_from_dict
from wattline.line.work.huggingface.table import ties

TEXT: dict[str, Any] = {
    **{"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 16},
    **{"intermediate_size": 128, "vocab_size": 256, "max_position_embeddings": 512},
}
ABSENT = "absent"
# whole, language model, the whole's word, the language model's, whether they share their weights
CASES = [
    *(("mistral3", "mistral", *case) for case in ((ABSENT, ABSENT, True), (ABSENT, False, True), (False, True, False))),
    *(("gemma3", "gemma3_text", *case) for case in ((ABSENT, False, True), (None, True, False), (False, True, False))),
    *(
        ("qwen3_vl", "qwen3_vl_text", *case)
        for case in ((ABSENT, True, False), (True, False, True), (False, True, False))
    ),
    *(("llava", "llama", *case) for case in ((ABSENT, True, True), (False, True, True), (False, False, False))),
    *(("qwen2_vl", "qwen2_vl_text", *case) for case in ((True, False, True), (ABSENT, ABSENT, False))),
    *(("paddleocr_vl", "paddleocr_vl_text", *case) for case in ((False, ABSENT, True), (False, False, False))),
    *(("voxtral", "llama", *case) for case in ((True, True, False), (ABSENT, True, False))),
    *(("something_else", "llama", *case) for case in ((True, False, True), (ABSENT, True, True), (False, True, False))),
]


def config(whole: str, text: str, outer: Any, inner: Any, version: str = "5.24.0") -> dict[str, Any]:
    part = TEXT | {"model_type": text} | ({} if inner == ABSENT else {"tie_word_embeddings": inner})
    top = {"model_type": whole, "text_config": part, "transformers_version": version}
    return top if outer == ABSENT else top | {"tie_word_embeddings": outer}


@pytest.mark.parametrize(("whole", "text", "outer", "inner", "shared"), CASES)
def test_a_part_of_several_shares_as_transformers_does(
    whole: str, text: str, outer: Any, inner: Any, shared: bool
) -> None:
    assert model_from_dict(config(whole, text, outer, inner), "config.json", "m").tied_embeddings is shared


@pytest.mark.parametrize("kind", sorted({"mistral3", "internvl", "llava_next", "qwen3_vl"}))
@pytest.mark.parametrize("inner", [True, False])
def test_files_of_transformers_4_go_by_the_language_model(kind: str, inner: bool) -> None:
    model = model_from_dict(config(kind, "llama", ABSENT, inner, "4.50.0"), "config.json", "m")
    assert model.tied_embeddings is inner


@pytest.mark.parametrize("kind", sorted(kind for kind in ties() if kind != "fuyu"))
@pytest.mark.parametrize("word", ["yes", 1, []])
def test_a_word_that_is_none_is_refused(kind: str, word: Any) -> None:
    with pytest.raises(WattlineError, match="tie_word_embeddings"):
        model_from_dict(config(kind, "llama", word, ABSENT), "config.json", "m")
