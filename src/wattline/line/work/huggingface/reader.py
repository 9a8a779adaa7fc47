"""A Hugging Face ``config.json`` of a known architecture, read as a ``Model``; of any other, refused by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, reason_of, shorten
from wattline.line.work.huggingface.beside import check_index, quantization_beside
from wattline.line.work.huggingface.class_defaults import fill_missing
from wattline.line.work.huggingface.closed import check_fields
from wattline.line.work.huggingface.exceptions import check_two_stacks
from wattline.line.work.huggingface.experts import layers_with_experts
from wattline.line.work.huggingface.fields import Config
from wattline.line.work.huggingface.file import read_json
from wattline.line.work.huggingface.kinds import TEXT_PARTS, check_priced, text_config, wholes_of, with_usual_names
from wattline.line.work.huggingface.layout import matrices_of
from wattline.line.work.huggingface.other_files import check_model, file_in
from wattline.line.work.huggingface.quantization import Weights, read_weights
from wattline.line.work.huggingface.sound import check_sound
from wattline.line.work.huggingface.table import Row, rows
from wattline.line.work.huggingface.text import kinds_of, text_fields
from wattline.line.work.huggingface.towers import UnknownTower, tower_layout, tower_params
from wattline.line.work.model import Model
from wattline.line.work.tower_settings import senses_of
from wattline.line.work.weights import DENSE, EXPERTS, OUTER, group_bytes

MALFORMED = (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError)
AROUND = (
    "hidden_size",
    "vocab_size",
    "num_hidden_layers",
    "intermediate_size",
)  # the language model's, said again outside


def model_from_config(path: str | Path) -> Model:
    """The model that a Hugging Face ``config.json``, or the folder of a checkpoint, describes.

    Parameters
    ----------
    path : of a ``config.json``, or of the folder that holds it

    Returns
    -------
    The architecture, checked.

    Raises WattlineError of one line if it is bad.
    """
    path = Path(path)
    path = file_in(path)
    top = read_json(path)
    model = model_from_dict(top, str(path), path.parent.name or path.stem, quantization_beside(path))
    check_index(path, model)
    return model


def model_from_dict(top: dict[str, Any], where: str, name: str, beside: dict[str, Any] | None = None) -> Model:
    """The model that the contents of a ``config.json`` describe.

    ``where`` stands in errors; ``beside``: what ``hf_quant_config.json`` says. Raises WattlineError for a kind of model
    that is not priced, an architecture that is not known, and a field that is wrong or not known to be harmless.

    Parameters
    ----------
    top : contents of a ``config.json``
    where : its path, for errors
    name : of the model
    beside : contents of ``hf_quant_config.json``; None where there is none

    Returns the model.
    """
    try:
        return check_sound(_read(top, where, name, beside), shorten(where, 200))
    except MALFORMED as error:  # a value of a kind that no reader of its field expects
        reason = shorten(reason_of(error), 120)
        raise WattlineError(
            f"{shorten(where, 200)}: a field holds a value of another kind than it should ({reason}); correct it"
        ) from None


def _read(top: dict[str, Any], where: str, name: str, beside: dict[str, Any] | None) -> Model:
    check_model(top, where)
    top = with_usual_names(top, where)
    cfg = text_config(top, where)
    check_priced(top, cfg)
    row = rows().get(cfg.kind)
    if row is None:
        from wattline.line.work.huggingface.exact import exact_model  # transformers is an extra

        return _stored(exact_model(top, cfg, name), read_weights(cfg.data, beside, cfg.where))
    fill_missing(cfg, row)
    fields = text_fields(cfg, row)
    wholes = [Config(dict(part), str(part.get("model_type") or "").lower(), cfg.where) for part in wholes_of(top)]
    towers, strange = 0, None
    try:
        towers = sum(tower_params(whole, fields["hidden"]) for whole in wholes)
    except UnknownTower as error:
        strange = error
    label = cfg.raw("_name_or_path") or cfg.raw("name_or_path") or name
    old = cfg.raw("tie_embedding") if cfg.raw("tie_word_embeddings") is None else None
    tied = cfg.flag("tie_word_embeddings", bool(old) if old is not None else row.tied) and not row.never_tied
    check_fields(cfg, row)
    if strange is None and any(isinstance(top.get(part), dict) for part in TEXT_PARTS):
        for whole in wholes:
            check_fields(whole, Row(whole.kind, ignore=(*AROUND, *tower_layout(whole.kind).get("ignore", ()))))
    model = Model(str(name), shorten(str(label)), shorten(cfg.kind), **fields, tied_embeddings=tied, left_out=row.note)
    if strange is not None:
        towers = _towers_by_difference(top, model, strange)
    model = replace(model, vision_params=model.vision_params + towers, senses=senses_of(top))
    if model.encoder_layers:
        check_two_stacks(cfg.data.get("quantization_config"), cfg.where)
    matrices = matrices_of(model, layers_with_experts(cfg, model), kinds_of(cfg, row))
    return _stored(model, read_weights(cfg.data, beside, cfg.where, matrices))


def _towers_by_difference(top: dict[str, Any], text: Model, unknown: UnknownTower) -> int:
    """Parameters of encoders that the table does not hold: what transformers counts beyond the language model."""
    from wattline.line.work.huggingface.counting import exact_total, has_transformers  # transformers is an extra

    rest = exact_total(top, text.key) - text.total_params if has_transformers() else -1
    if rest < 0:
        raise unknown
    return rest


def _stored(model: Model, weights: Weights) -> Model:
    """The model with its weights' format, and bits by group where they are not those of the format."""
    model = replace(model, native_format=weights.form)
    if not weights.dense:
        return model
    attention = model.attention_params + model.mamba_layers * model.mamba_params_per_layer
    outer = model.embedding_params + model.vision_params + model.looked_up_params
    others = model.total_params - outer - model.expert_params_total
    share = min(attention / max(others, 1), 1.0)
    bits = {
        EXPERTS: weights.experts,
        DENSE: weights.attention * share + weights.dense * (1 - share),
        OUTER: 16.0,
    }
    usual = group_bytes(model, model.native_format)
    if (bits[EXPERTS] / 8, bits[DENSE] / 8) == usual or (not model.experts and bits[DENSE] / 8 == usual[1]):
        return model
    return replace(model, weight_bits=tuple(bits.items()))
