"""Encoders read from a ``config.json`` that leaves fields out: their weights are those of their class."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wattline.line.work.encoding.model import read_encoder


def weights(folder: Path, config: dict[str, Any]) -> float:
    (folder / "config.json").write_text(json.dumps(config))
    return read_encoder(folder).forward(8.0).parameters


@pytest.mark.parametrize(
    ("config", "millions"),
    [
        (
            {"model_type": "modernbert", "hidden_size": 768, "intermediate_size": 1152, "num_hidden_layers": 22},
            149.01,
        ),
        (
            {
                **{"model_type": "mistral", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32},
                **{"num_attention_heads": 32, "vocab_size": 32000},
            },
            7110.66,
        ),
        (
            {
                **{"model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32},
                **{"num_attention_heads": 32, "vocab_size": 32000},
            },
            6607.34,
        ),
    ],
)
def test_what_a_file_leaves_out_is_what_its_class_fills_in(
    tmp_path: Path, config: dict[str, Any], millions: float
) -> None:
    """Counted by transformers 5.24; Mistral's class has 8 heads of keys, Llama's as many as queries."""
    assert weights(tmp_path, config) == pytest.approx(millions * 1e6, rel=2e-4)
