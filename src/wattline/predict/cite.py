"""Facts that an answer rests on without drawing them: what the user gave, and a model's architecture."""

from __future__ import annotations

from dataclasses import replace

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.fact import user_fact
from wattline.line.work.model import COUNTS, Model, load_model


def cite_given(draws: Draws, name: str, value: float, unit: str, about: str) -> None:
    """Put a number that the user gave among the facts that the answer rests on.

    Parameters
    ----------
    draws : among whose facts it is put
    name : of the option
    value : as it was read
    unit : of the value
    about : what it is, for people
    """
    key = ".".join(part for part in ("given", draws.job, name) if part)
    draws.cite(user_fact(key, value, unit, about))


def is_of_catalog(model: Model, catalog: Catalog) -> bool:
    """Whether a model is the catalog's of its name, in whatever format of weights.

    Parameters
    ----------
    model : the shape of a model
    catalog : of facts

    Returns
    -------
    True for the catalog's shape.
    """
    return replace(load_model(model.key, catalog), native_format=model.native_format) == model


def cite_model(model: Model, draws: Draws) -> None:
    """Put the catalog's facts of this architecture among those that the answer rests on.

    Parameters
    ----------
    model : the shape of a model
    draws : which remember the facts
    """
    record = draws.catalog.records("model").get(model.key)
    # a config.json may bear a name of the catalog
    if record is not None and is_of_catalog(model, draws.catalog):
        draws.cite(*(record.facts[name] for name in COUNTS if name in record.facts))
