"""The table of architectures: which are read, and what in each differs from a plain decoder."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

FILES = (
    *("architectures.toml", "recurrent.toml", "towers.toml", "refused.toml", "harmless.toml", "shared_fields.toml"),
    *("class_defaults.toml", "ties.toml", "other_files.toml"),
)


@dataclass(frozen=True)
class Row:
    """One architecture. Formulas are arithmetic over fields and counts (``formula.py``); "" = nothing."""

    name: str
    plain_mlp: bool = False
    tied: bool = False
    never_tied: bool = False  # whatever the config says
    default: Mapping[str, Any] = field(default_factory=dict)
    set: Mapping[str, str] = field(default_factory=dict)
    mixers: Mapping[str, Any] = field(default_factory=dict)
    full: str = ""  # formula of the layer's number i: whether it sees the whole context, where the config names none
    listed: bool = False  # its layers are known by their list alone
    rest: str = ""  # kind of the layers that a list of attention layers does not name
    both: bool = False  # every layer holds an attention beside its other mixer
    width: str = ""  # of the MLP where no field gives it
    dense_below: int = 0  # fewer experts than these make its layers dense; 0: none where its class has experts
    residual: str = ""  # width of a dense MLP beside the experts of every layer
    gate: str = ""
    matmul: str = ""
    stored: str = ""
    positions: str = ""
    ignore: tuple[str, ...] = ()
    two_stacks: bool = False  # an encoder for the prompt, a decoder for new tokens
    note: str = ""  # what is not in the price, for the answer's notes


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    folder = resources.files("wattline.line.work.huggingface")
    return {name: tomllib.loads((folder / name).read_text(encoding="utf-8")) for name in FILES}


@lru_cache(maxsize=1)
def rows() -> dict[str, Row]:
    """Every architecture that is read, by its ``model_type``."""
    out: dict[str, Row] = {}
    for file in FILES[:2]:
        for name, table in _tables()[file].items():
            for kind in table["types"]:
                own = table.get("by_type", {}).get(kind, {})
                merged = {k: v for k, v in (table | own).items() if k not in ("types", "by_type")}
                merged["ignore"] = (*table.get("ignore", ()), *own.get("ignore", ()))
                out[kind] = Row(name=name, **merged)
    return out


def rows_of(name: str) -> list[str]:
    """The ``model_type`` of every architecture in a row of the table."""
    return [kind for kind, row in rows().items() if row.name == name]


def towers() -> dict[str, Any]:
    """Encoders of pictures and sound, by their ``model_type``, and models that join one to a language model."""
    return dict(_tables()["towers.toml"])


@lru_cache(maxsize=1)
def unpriced_kinds() -> dict[str, str]:
    """What kinds of model are not priced, by ``model_type``, and what each is."""
    groups = _tables()["refused.toml"]
    return {kind: table["what"] for table in groups.values() for kind in table["types"]}


@lru_cache(maxsize=1)
def command_of() -> dict[str, str]:
    """The command that prices a kind of model which writes no text, by ``model_type``."""
    groups = _tables()["refused.toml"].values()
    return {kind: table["command"] for table in groups for kind in table["types"] if "command" in table}


@lru_cache(maxsize=1)
def decoders_too() -> frozenset[str]:
    """Kinds of encoder that write text where their config says that they are decoders."""
    groups = _tables()["refused.toml"].values()
    return frozenset(kind for table in groups if table.get("decoders_too") for kind in table["types"])


def other_files() -> list[dict[str, Any]]:
    """Files that are no config of a model: the fields that mark each, and what it is."""
    return list(_tables()["other_files.toml"].values())


@lru_cache(maxsize=1)
def ties() -> dict[str, str]:
    """Which ``tie_word_embeddings`` counts in a model of several parts, by the whole's ``model_type``."""
    return {kind: rule for rule, kinds in _tables()["ties.toml"].items() for kind in kinds}


@lru_cache(maxsize=256)
def class_defaults(kind: str) -> dict[str, int]:
    """What the class of a ``model_type`` fills in where a field is missing, by field."""
    table = _tables()["class_defaults.toml"]
    return {name: int(value) for name, values in table.items() for value, types in values.items() if kind in types}


@lru_cache(maxsize=256)
def unknown_to(kind: str) -> frozenset[str]:
    """Fields of other architectures that this ``model_type`` does not have."""
    groups = _tables()["shared_fields.toml"]["without"]
    return frozenset(field for group in groups if kind in group["types"] for field in group["fields"])


@lru_cache(maxsize=1)
def harmless() -> tuple[frozenset[str], tuple[str, ...]]:
    """Names of fields that change neither size nor work, and patterns of such names (regular expressions)."""
    table = _tables()["harmless.toml"]
    return frozenset(table["names"]), tuple(table["patterns"])
