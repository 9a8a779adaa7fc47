"""What a training run asks for where its maker has not said: length of a sequence, shape of a model."""

from __future__ import annotations

from wattline.catalog import Catalog
from wattline.line.work.flops import training_flops
from wattline.line.work.model import Model

TRAINING_FORMATS = ("bf16", "fp16", "fp8", "nvfp4", "tf32", "fp32")  # int8, int4 and mxfp4 are formats of inference


def usual_sequence(model: Model, catalog: Catalog) -> int:
    """Tokens of a training sequence: as published, or the usual length; the model's context where that is shorter.

    Parameters
    ----------
    model : the model that is trained
    catalog : where the usual lengths stand, before and after ``fit.training-old-sequence-year``

    Returns
    -------
    Number of tokens.
    """
    if model.training_tokens:
        return model.training_tokens
    old = 0 < model.year <= catalog.fact("fit.training-old-sequence-year").value
    usual = round(catalog.fact("fit.training-old-sequence" if old else "fit.training-sequence").value)
    return min(model.context_tokens or usual, usual)


def hidden_of_size(params: float) -> float:
    """The hidden size usual for so many parameters where the architecture is not published: 12 L h² with h = 128 L."""
    return float((128 * params / 12) ** (1 / 3))


def usual_model(params: float, year: int = 0) -> Model:
    """A plain model of so many parameters: what one whose architecture is not published is taken to be like.

    Parameters
    ----------
    params : parameters that a token passes
    year : when the model came out; 0 where it is not known

    Returns
    -------
    A dense model, with layers and widths as usual for its size.
    """
    hidden = max(round(hidden_of_size(params) / 1024), 1) * 1024
    layers = max(round(params / (12 * hidden**2) / 8), 1) * 8
    return Model(
        key="usual",
        name=f"a plain model of {params:.3g} parameters",
        family="usual",
        layers=layers,
        hidden=hidden,
        heads=hidden // 128,
        kv_heads=hidden // 128,
        head_dim=128,
        intermediate=4 * hidden,
        vocab=50_000,
        gated_mlp=False,
        year=year,
    )


def usual_training_flops(model: Model, tokens: float, catalog: Catalog) -> float:
    """FLOPs of training at the usual sequence length.

    Parameters
    ----------
    model : the architecture
    tokens : tokens trained on [token]
    catalog : where the usual lengths stand

    Returns FLOPs.
    """
    return float(training_flops(model, tokens, usual_sequence(model, catalog)))
