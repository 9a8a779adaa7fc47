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
    """What a model on a chip is known under, the widest first: its family, itself, itself in a task.

    Parameters
    ----------
    model : the model, as it was read
    generation : of the chip, as the catalog has it, such as ``hopper``
    task : what was asked of the model; empty for any

    Returns
    -------
    Names as the facts of kind ``fit`` end in them.
    """
    wide = (f"family-{family_of(model)}-{generation}", f"{model.key}-{generation}")
    return (*wide, f"{model.key}-{generation}-{task}") if task else wide


def family_of(model: Model) -> str:
    """``llama-3.1`` and ``llama-4`` are both llama: the family's name up to its number.

    Parameters
    ----------
    model : the model, as it was read

    Returns
    -------
    The name before its first number.
    """
    return re.split(r"-?v?\d", model.family, maxsplit=1)[0]


def is_known(model: Model, generation: str, catalog: Catalog) -> bool:
    """Whether this very model was measured on chips of this generation.

    Parameters
    ----------
    model : by its key
    generation : of the chip, such as ``hopper``
    catalog : whose fitted facts are looked at

    Returns yes where the catalog has a factor of this model on these chips.
    """
    return f"known-time-{model.key}-{generation}" in catalog.records("fit")


def how_known(model: Model, generation: str, catalog: Catalog, rare: str = "") -> str:
    """As ``spread_fact`` names it: ``"known"``, or nothing where but its family was measured, or ``"stranger"``.

    Parameters
    ----------
    model : the architecture, by its key and family
    generation : of chips, such as ``hopper``
    catalog : where the factors of measured models stand
    rare : what ``Serving.rare`` says of its layout and its engine

    Returns
    -------
    ``"known"``, "", ``"stranger"``, ``"engine"``, ``"engine-stranger"`` or ``"hosted"``.
    """
    if rare not in ("", "engine"):
        return rare
    if is_known(model, generation, catalog):
        return rare or "known"
    stranger = f"known-time-{known_keys(model, generation)[0]}" not in catalog.records("fit")
    return "-".join(part for part in (rare, "stranger" if stranger else "") if part)


def known_factor(measure: str, model: Model, generation: str, draws: Draws) -> Array | float:
    """Measured over predicted ``time`` or ``power`` of this model's steps; 1 where it was never measured.

    Parameters
    ----------
    measure : time or power
    model : the model, as it was read
    generation : of the chip, as the catalog has it, such as ``hopper``
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    The factor, shape ``(n_draws,)`` or ``()``.
    """
    records = draws.catalog.records("fit")
    factor: Array | float = 1.0
    for key in known_keys(model, generation):
        if f"known-{measure}-{key}" in records:
            factor = factor * draws(f"fit.known-{measure}-{key}")
    return factor


def spread_fact(what: str, generation: str, catalog: Catalog, known: str = "") -> str:
    """The fact of how measured time, energy, power or inter-token latency scatters around the model: for a generation
    or for any, for models that were measured themselves (``"known"``), for ``"measured"`` configurations, for a
    ``"stranger"``, of whose family nothing was measured, for any under another engine than the chip model's
    (``"engine"``, ``"engine-stranger"``), and under one whose host the chips wait for (``"hosted"``).

    Parameters
    ----------
    what : time, energy, power or itl
    generation : of the chip, as the catalog has it, such as ``hopper``
    catalog : whose facts are taken
    known : as ``how_known`` says, ``"measured"`` for a configuration; empty for all models

    Returns
    -------
    Name of a fact of kind ``fit``.
    """
    records = catalog.records("fit")
    wide = "-".join(part for part in ("step-spread", known, what) if part)
    own = next((name for name in (f"{wide}-{generation}", wide) if name in records), f"step-spread-{what}")
    return f"fit.{own}"
