"""What a question says of its work, read and checked: the model, and the number format."""

from __future__ import annotations

import re
from pathlib import Path

from wattline.catalog import Catalog
from wattline.core.errors import WattlineError
from wattline.line.work.flops import BYTES
from wattline.line.work.model import Model, load_model
from wattline.line.work.scaled import read_params, scaled_model

# a model of which only the size is known
SIZE = re.compile(r"(?P<params>\d[\d.]*\s?(?:[kMBT]?[- ]param(?:eter)?s?|[BT]))", re.IGNORECASE)


def read_model(model: str | Path | Model, catalog: Catalog) -> Model:
    """The model that a question names.

    Parameters
    ----------
    model : a name, alias or Hugging Face id of the catalog, the path of a ``config.json``, or a Model as it is;
        ``"7B"`` or ``"7B-params"`` for a model of which only the size is known
    catalog : where names are looked up

    Returns
    -------
    The model, with its source.

    Raises NotFound for a name that the catalog lacks, WattlineError for a file that cannot be read.
    """
    if isinstance(model, Model):
        return model
    if (size := SIZE.fullmatch(str(model))) is not None:
        return scaled_model(read_params(size["params"]))
    if isinstance(model, Path) or str(model).endswith(".json"):
        from wattline.line.work.huggingface.reader import model_from_config

        return model_from_config(Path(model))
    return load_model(model, catalog)


def check_precision(precision: str) -> str:
    """The number format by name (a key of ``BYTES``).

    Parameters
    ----------
    precision : name of the number format, in capitals or not

    Returns
    -------
    The name as ``BYTES`` has it.

    Raises WattlineError for one that is not known.
    """
    plain = precision.strip().lower()
    if plain not in BYTES:
        raise WattlineError(f"unknown number format {precision!r}; take one of {', '.join(BYTES)}")
    return plain
