"""What a training run asks for where its maker has not said: length of a sequence, width of a layer."""

from __future__ import annotations

from wattline.work.flops import training_flops
from wattline.work.model import Model

DEFAULT_SEQUENCE = 4096  # of most pre-training since 2023 (Llama 2 and later, DeepSeek-V3, SmolLM3)
TRAINING_FORMATS = ("bf16", "fp16", "fp8", "nvfp4", "tf32", "fp32")  # int8, int4 and mxfp4 are formats of inference


def usual_sequence(model: Model) -> int:
    """Tokens of a training sequence: the usual length, or the model's context where that is shorter."""
    return min(model.context_tokens or DEFAULT_SEQUENCE, DEFAULT_SEQUENCE)


def hidden_of_size(params: float) -> float:
    """The hidden size usual for so many parameters where the architecture is not published: 12 L h² with h = 128 L."""
    return float((128 * params / 12) ** (1 / 3))


def usual_training_flops(model: Model, tokens: float) -> float:
    """FLOPs of training at the usual sequence length."""
    return float(training_flops(model, tokens, usual_sequence(model)))
