"""A model of which only its size is known: layers and widths as models of its size have them."""

from __future__ import annotations

import re

from wattline.core.errors import WattlineError
from wattline.core.quantity import number, parse
from wattline.line.work.model import Model

ASSUMED = "assumed"
HEAD, KEPT, ASPECT, MLP, VOCAB = 128, 8, 128, 3.5, 128_000  # as in Llama 3's family
SMALL, LARGE = 1e7, 5e12


def read_params(params: float | str) -> float:
    """Parameters, such as ``"7B"``. Raises WattlineError.

    Parameters
    ----------
    params : as given

    Returns how many.
    """
    text = re.sub(r"[\s-]*param(eter)?s?$", "", str(params), flags=re.IGNORECASE)
    text = re.sub(r"[kmbt]$", lambda letter: letter[0].upper() if letter[0] != "k" else "k", text)  # no milli of models
    try:
        count = parse(text, "", "params")
    except WattlineError:
        raise WattlineError(f"params: {str(params)!r} is no number of parameters; give one such as 7B") from None
    if not SMALL <= count <= LARGE:
        raise WattlineError(f"params: {number(count)} is out of range; take {SMALL:.0e} to {LARGE:.0e}, such as 7B")
    return count


def scaled_model(params: float) -> Model:
    """A dense model of so many parameters, by a rule: a layer for each ``ASPECT`` of width, eight heads of keys.

    Parameters
    ----------
    params : of the model

    Returns a model whose counted parameters are within some percent of them.
    """
    best: Model | None = None
    for heads in range(4, 300):
        layers = max(round(heads * HEAD / ASPECT), 4)
        for count in {layers, max(round(0.85 * layers), 2), round(1.2 * layers)}:
            made = _model(params, heads, count)
            if best is None or abs(made.total_params - params) < abs(best.total_params - params):
                best = made
    assert best is not None
    return best


def assumed_words(model: Model) -> str:
    """What is assumed of such a model, in words.

    Parameters
    ----------
    model : as ``scaled_model`` made it

    Returns a warning.
    """
    return (
        f"only the size of the model is known: {model.layers} layers of {model.hidden:,} are assumed, and the range "
        "is wide; --config takes its config.json"
    )


def _short(params: float) -> str:
    """``7B``, ``1.5T``."""
    for unit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if params >= unit:
            return f"{params / unit:.4g}{letter}"
    return f"{params:.4g}"


def _model(params: float, heads: int, layers: int) -> Model:
    hidden = heads * HEAD
    vocab = VOCAB if hidden >= 2048 else VOCAB // 4
    return Model(
        key=f"{_short(params)}-params",
        name=f"A model of {number(params)} parameters",
        family=ASSUMED,
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=min(KEPT, heads),
        head_dim=HEAD,
        intermediate=round(MLP * hidden / 256) * 256,
        vocab=vocab,
        tied_embeddings=hidden < 2048,
        context_tokens=131_072,
        year=2025,
    )
