"""What a model read from a config must hold, whatever was written in it: counts that a model can have."""

from __future__ import annotations

from dataclasses import fields

from wattline.core.errors import WattlineError
from wattline.line.work.model import Model

MAX_PARAMS = 10**15  # some hundred times the largest that was ever published
MIN_WIDTH = 8  # narrower, norms and biases weigh as much as the matrices that are counted; no model is
MAY_BE_NEGATIVE = ("other_matmul_params", "other_stored_params")  # layers that share weights
PAIRS = (  # what is a part of what; transformers' own count has MLPs among other weights, beside layers with experts
    *(("active_experts", "experts"), ("moe_layers", "layers"), ("global_layers", "attention_layers")),
    *(("cacheless_layers", "attention_layers"), ("cross_layers", "attention_layers"), ("index_layers", "layers")),
    *(("cacheless_global_layers", "global_layers"), ("encoder_layers", "layers")),
)


def check_sound(model: Model, where: str) -> Model:
    """The model, where its counts are those that a model can have.

    Parameters
    ----------
    model : as it was read from a config
    where : the file, for the error

    Returns the model. Raises WattlineError for counts below zero, a part that is larger than its whole, and a number
    of parameters that no model has.
    """
    counts = {each.name: getattr(model, each.name) for each in fields(model)}
    for name, count in counts.items():
        if isinstance(count, int) and count < 0 and name not in MAY_BE_NEGATIVE:
            raise WattlineError(f"{where}: its fields make {name} {count}, which no model has; correct them")
    if model.architecture_known and model.hidden < MIN_WIDTH:
        raise WattlineError(f"{where}: a hidden size of {model.hidden}, which no model has; correct it")
    for part, whole in PAIRS:
        if counts[part] > counts[whole]:
            raise WattlineError(
                f"{where}: its fields make {part} {counts[part]} of {whole} {counts[whole]}; correct them"
            )
    for name in ("total_params", "active_params", "matmul_params_active"):
        if not 0 < getattr(model, name) <= MAX_PARAMS:
            raise WattlineError(f"{where}: its fields make {name} {_short(getattr(model, name))}; correct them")
    if model.active_params > model.total_params:
        raise WattlineError(
            f"{where}: its fields make {_short(model.active_params)} active parameters of "
            f"{_short(model.total_params)}; correct them"
        )
    return model


def _short(number: int) -> str:
    return f"{number:,}" if abs(number) < 10**15 else f"a number of {len(str(abs(number)))} digits"
