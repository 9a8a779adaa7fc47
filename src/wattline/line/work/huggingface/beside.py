"""Files that lie beside a ``config.json``: NVIDIA's ``hf_quant_config.json``, and the index of the weights' files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.file import read_json
from wattline.line.work.model import Model
from wattline.line.work.weights import stored_bytes

INDEX = "model.safetensors.index.json"
MAX_BYTES = 1e15  # of weights; what says more is no total
TOLERANCE = 0.12  # of the bytes: biases, scales, multi-token-prediction layers and what is kept in 32 bits


def quantization_beside(path: Path) -> dict[str, Any] | None:
    """The quantisation in ``hf_quant_config.json``, or None where there is none."""
    beside = path.parent / "hf_quant_config.json"
    if not beside.is_file():
        return None
    data = read_json(beside)
    inner = data.get("quantization", data)
    return inner if isinstance(inner, dict) else None


def check_index(path: Path, model: Model) -> None:
    """Holds the model's bytes against the total of the weights' index, where one lies beside the config.

    Raises WattlineError where they are further apart than what is not counted explains.

    Parameters
    ----------
    path : of the config
    model : as it was read from the config
    """
    beside = path.parent / INDEX
    if not beside.is_file():
        return
    meta = read_json(beside).get("metadata")
    total = meta.get("total_size") if isinstance(meta, dict) else None
    if not isinstance(total, int | float) or isinstance(total, bool) or not 0 < total < MAX_BYTES:
        return
    reckoned = stored_bytes(model, model.native_format)
    if abs(reckoned / total - 1.0) > TOLERANCE:
        raise WattlineError(
            f"{path}: its fields make {reckoned / 1e9:.1f} GB of weights, {INDEX} beside it says {total / 1e9:.1f} GB; "
            "the config is of another model, or its format of weights is not the one stated"
        )
