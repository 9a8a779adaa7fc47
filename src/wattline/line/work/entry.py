"""A model as an entry of the catalog: the TOML table that ``wattline catalog add-model`` writes, checked both ways."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from wattline.catalog import read_records
from wattline.core.errors import WattlineError
from wattline.core.quantity import number
from wattline.line.work.model import COUNTS, FLAGS, NEEDED, TEXT, Model, model_from_record

TOLERANCE = 0.015  # of the published parameter count
UNWRITTEN = ("encoder_layers", "cross_layers")  # what a catalog's record has no attribute for
SIZE = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)([bmt])(?![a-z0-9])", re.IGNORECASE)
ACTIVE = re.compile(r"(?<![a-z0-9.])a(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)
POWERS = {"m": 1e6, "b": 1e9, "t": 1e12}
FOLDER = "--"  # between publisher and name in the folder of a config, as Hugging Face's cache has it


@dataclass(frozen=True)
class Origin:
    """Where a model's config was read, and what its publisher says of it.

    Attributes
    ----------
    hf_id : publisher and name, ``Qwen/Qwen3.5-9B``
    source : title of the document that was read
    where : in the source
    year : of release
    total_params : published parameters; None for those that the name states
    developer : who made it; the publisher where not given
    """

    hf_id: str
    source: str
    where: str
    year: int
    total_params: float | None = None
    developer: str = ""


def hf_id_of(path: Path) -> str:
    """Publisher and name of a config in a folder ``publisher--name`` or ``publisher/name``, or of such a file.

    Parameters
    ----------
    path : of a config, or of its folder

    Returns
    -------
    ``publisher/name``.
    """
    folder = path if path.is_dir() else path.parent
    own = path.stem.removesuffix("_config") if path.is_file() else ""
    if FOLDER in own:
        return own.replace(FOLDER, "/", 1)
    if FOLDER in folder.name:
        return folder.name.replace(FOLDER, "/", 1)
    return f"{folder.parent.name}/{folder.name}"


def size_in(name: str) -> float | None:
    """The parameters that a model's name states, ``27B`` or ``235B-A22B``; None where it states none."""
    sizes = SIZE.findall(name.rsplit("/", 1)[-1])
    return float(sizes[0][0]) * POWERS[sizes[0][1].lower()] if sizes else None


def model_entry(model: Model, origin: Origin, aliases: Sequence[str] = ()) -> str:
    """The table of a catalog file that describes a model.

    Parameters
    ----------
    model : as its config was read
    origin : where it was read, and what is published of it
    aliases : further names

    Returns
    -------
    TOML that ``read_records`` takes.

    Raises WattlineError where the catalog's attributes cannot describe the model, and where its counted parameters are
    more than 1.5% from the published ones.
    """
    published = origin.total_params or size_in(origin.hf_id)
    if published is None:
        raise WattlineError(f"{origin.hf_id}: its name states no size; give --params, as its publisher counts them")
    if abs(model.total_params / published - 1) > _room(origin, published):
        raise WattlineError(
            f"{origin.hf_id}: its config makes {number(model.total_params)} parameters, {number(published)} are "
            "published; the config is of another model, or not all of it is read"
        )
    for name in UNWRITTEN:
        if getattr(model, name):
            raise WattlineError(f"{origin.hf_id}: the catalog has no attribute for its {name}; give the config itself")
    text = "\n".join(_lines(model, origin, published, aliases)) + "\n"
    _check_same(model, text, origin)
    return text


def _room(origin: Origin, published: float) -> float:
    """How far the count may lie from the published one: what the rounding of a name leaves, beside the tolerance."""
    if origin.total_params is not None:
        return TOLERANCE
    digits = SIZE.findall(origin.hf_id.rsplit("/", 1)[-1])[0][0]
    step = 10.0 ** -(len(digits.split(".")[1]) if "." in digits else 0)
    return max(TOLERANCE, step / float(digits))


def _lines(model: Model, origin: Origin, published: float, aliases: Sequence[str]) -> list[str]:
    publisher, _, name = origin.hf_id.rpartition("/")
    usual = {field.name: field.default for field in fields(Model)}
    lines = [
        f"[{json.dumps(name.lower())}]",
        f"name = {json.dumps(name.replace('-', ' '), ensure_ascii=False)}",
        f"developer = {json.dumps(origin.developer or publisher)}",
        f"year = {origin.year}",
        f"hf_id = {json.dumps(origin.hf_id)}",
        f"aliases = {json.dumps(list(aliases))}",
    ]
    lines += [f"{each} = {json.dumps(getattr(model, each))}" for each in TEXT]
    flags = [each for each in FLAGS if getattr(model, each) != usual[each]]
    lines += [f"{each} = {json.dumps(getattr(model, each))}" for each in flags]
    where = f", where = {json.dumps(origin.where)}" if origin.where else ""
    lines += [f"source = {{ title = {json.dumps(origin.source)}, year = {origin.year}{where} }}"]
    plain = Model(**{each: getattr(model, each) for each in ("key", "name", "family", *NEEDED)})
    counts = [each for each in COUNTS if each in NEEDED or getattr(model, each) != getattr(plain, each)]
    lines += [f"{each} = {getattr(model, each)}" for each in counts]
    return [*lines, _total(model, origin, published)]


def _total(model: Model, origin: Origin, published: float) -> str:
    if origin.total_params is not None:
        return (
            f'total_params = {{ value = {published:.6g}, basis = "second hand", note = "as its publisher counts it" }}'
        )
    count = model.total_params
    low, high = min(count, published) * (1 - TOLERANCE), max(count, published) * (1 + TOLERANCE)
    note = "counted from its config; its name rounds it"
    return (
        f"total_params = {{ value = {count:.6g}, low = {low:.4g}, high = {high:.4g}, "
        f'dist = "uniform", basis = "second hand", note = "{note}" }}'
    )


def _check_same(model: Model, text: str, origin: Origin) -> None:
    """Holds what the catalog would read of the entry against the model."""
    ((_, record),) = read_records("model", text, origin.hf_id)
    again = model_from_record(record)
    for name in ("total_params", "active_params", *COUNTS):
        if getattr(again, name) != getattr(model, name):
            raise WattlineError(
                f"{origin.hf_id}: the catalog's attributes do not describe it: {name} would be "
                f"{getattr(again, name):,}, not {getattr(model, name):,}; give the config itself"
            )
