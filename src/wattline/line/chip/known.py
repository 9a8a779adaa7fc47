"""Models whose serving was measured: how their steps differ from what their architecture alone says.

Kernels are tuned for some shapes and not for others. A factor is a fact ``fit.known-time-FAMILY-GENERATION`` or
``…-MODEL-GENERATION``, fitted by ``wattline calibrate inference``; a model that was never measured has none.
"""

from __future__ import annotations

import re

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.work.model import Model


def known_keys(model: Model, generation: str, task: str = "") -> tuple[str, ...]:
    """What a model on a chip is known under, the widest first: its family, itself, itself in a task."""
    wide = (f"family-{family_of(model)}-{generation}", f"{model.key}-{generation}")
    return (*wide, f"{model.key}-{generation}-{task}") if task else wide


def family_of(model: Model) -> str:
    """``llama-3.1`` and ``llama-4`` are both llama: the family's name up to its number."""
    return re.split(r"-?v?\d", model.family, maxsplit=1)[0]


def is_known(model: Model, generation: str, catalog: Catalog) -> bool:
    """Whether this very model was measured on chips of this generation."""
    return f"known-time-{model.key}-{generation}" in catalog.records("fit")


def how_known(model: Model, generation: str, catalog: Catalog) -> str:
    """As ``spread_fact`` names it: ``"known"``, or nothing where but its family was measured, or ``"stranger"``.

    Parameters
    ----------
    model : the architecture, by its key and family
    generation : of chips, such as ``hopper``
    catalog : where the factors of measured models stand
    """
    if is_known(model, generation, catalog):
        return "known"
    family = known_keys(model, generation)[0]
    return "" if f"known-time-{family}" in catalog.records("fit") else "stranger"


def known_factor(measure: str, model: Model, generation: str, draws: Draws) -> Array | float:
    """Measured over predicted ``time`` or ``power`` of this model's steps; 1 where it was never measured."""
    records = draws.catalog.records("fit")
    factor: Array | float = 1.0
    for key in known_keys(model, generation):
        if f"known-{measure}-{key}" in records:
            factor = factor * draws(f"fit.known-{measure}-{key}")
    return factor
