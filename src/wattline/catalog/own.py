"""The user's own facts, laid over the catalog's: a TOML file of tables ``[kind.record.attribute]``.

    [fit.training-power-hopper]       # kinds fit and constant: the record is the fact
    value = 0.89
    low = 0.85
    high = 0.93
    dist = "lognormal"

    [server.hgx-h100.host_w]
    value = 1650
    source = { title = "rack meter", year = 2026 }

What a table does not say (unit, distribution, source) stays as the catalog has it, but a new value without a range is
exact. A record that the catalog lacks is added: it must say what the catalog's own records say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from wattline.catalog.record import KINDS, SINGLE, Record
from wattline.catalog.tables import attributes, records_in
from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.fact import Fact
from wattline.core.files import is_special, write_text
from wattline.core.reading import parse_toml, read_text

LIMIT_BYTES = 10_000_000
UPDATE = "_update"  # the table that dates an update
SOURCE = {"title": "the user's own facts"}


@dataclass(frozen=True)
class OwnFile:
    """A file of the user's own facts: where it was read, and its text."""

    path: str
    text: str

    @cached_property
    def tables(self) -> dict[str, Any]:
        """The file's tables by kind. Raises WattlineError where it is not TOML, or has a kind that there is not."""
        return {kind: table for kind, table in self._all.items() if kind != UPDATE}

    @cached_property
    def update(self) -> dict[str, Any] | None:
        """What dates the file where it is an update of the catalog: ``title`` and ``date``; None for own facts."""
        about = self._all.get(UPDATE)
        return about if isinstance(about, dict) else None

    @cached_property
    def _all(self) -> dict[str, Any]:
        return _parse(self.text, self.path)


def read_own(path: Path | str) -> OwnFile:
    """The file of facts at ``path``, read and parsed. Raises WattlineError that says what is wrong in which file,
    or that it holds no fact."""
    file = OwnFile(str(path), read_text(path, LIMIT_BYTES, "facts"))
    if not any(file.tables.values()):
        raise WattlineError(
            f"facts {shorten(str(path), 200)} holds no facts; write a table such as [kind.record.attribute] into it, "
            "or leave it out"
        )
    return file


def append_tables(path: Path, text: str) -> None:
    """Write tables behind those of a TOML file, which is made where it is not there; whole or not at all.

    Raises WattlineError where the file cannot be read, is no TOML, or would be none with the tables.

    Parameters
    ----------
    path : of the file
    text : the tables, as TOML
    """
    old = read_text(path, LIMIT_BYTES, "facts") if path.exists() and not is_special(path) else ""
    both = f"{old.rstrip()}\n\n{text}" if old.strip() else text
    for whole in (old, both):
        try:
            parse_toml(whole)
        except ValueError as error:
            raise WattlineError(f"facts {path}: not valid TOML: {shorten(str(error), 120)}") from None
    write_text(path, both)


def overlay(records: Mapping[str, Record], kind: str, file: OwnFile) -> dict[str, Record]:
    """``records`` of one kind with the file's laid over them.

    Parameters
    ----------
    records : of the catalog, by name
    kind : of record, such as ``chip``
    file : the user's file, as it was read

    Returns all records by name; those of the catalog stay as they are. Raises WattlineError, which names the file,
    where a table is no record or has another unit than the catalog's.
    """
    entries = file.tables[kind]
    where = f"facts {file.path}"
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise WattlineError(f"{where}: {kind} must hold tables such as [{kind}.name]")
    result = dict(records)
    for name, entry in entries.items():
        old = result.get(name)
        full = _single(entry, old) if kind in SINGLE else _attributes(kind, entry, old)
        default = {"source": SOURCE | {"where": Path(file.path).name}}
        try:
            ((_, new),) = records_in(kind, {name: full, "_default": default}, where)
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            raise WattlineError(f"{where}: {kind}.{shorten(name)}: {shorten(str(error), 120)}") from None
        if old is not None:
            _same_units(old, new, where)
            new = Record(kind, name, {**old.facts, **new.facts}, {**old.meta, **new.meta})
        result[name] = new
    return result


def _single(entry: dict[str, Any], old: Record | None) -> dict[str, Any]:
    return {"basis": "given", **entry} if old is None else _filled(entry, old["value"])


def _attributes(kind: str, entry: dict[str, Any], old: Record | None) -> dict[str, Any]:
    """Each attribute's table, filled from the catalog's fact where it has one: there a bare number is exact."""
    full = dict(entry)
    for name, raw in entry.items():
        number = isinstance(raw, int | float) and not isinstance(raw, bool)
        if name not in attributes()[kind] or not (isinstance(raw, dict) or number):
            continue
        table = raw if isinstance(raw, dict) else {"value": raw}
        known = old.facts.get(name) if old else None
        full[name] = _filled(table, known) if known else {"basis": "given", **table}
    return full


def _filled(raw: dict[str, Any], old: Fact) -> dict[str, Any]:
    if "value" not in raw:
        raise WattlineError(f"facts: {old.key} has no value")
    ranged = "low" in raw or "high" in raw
    kept = {"dist": old.dist if ranged and old.dist != "fixed" else ("triangular" if ranged else "fixed")}
    return {"unit": old.unit, "name": old.name, "group": old.group, "basis": "given", **kept, **raw}


def _same_units(old: Record, new: Record, where: str) -> None:
    for name, fact in new.facts.items():
        known = old.facts.get(name)
        if known is not None and known.unit != fact.unit:
            raise WattlineError(f"{where}: {fact.key} is in {known.unit or 'no unit'}, not in {shorten(fact.unit)!r}")


def _parse(text: str, path: str) -> dict[str, Any]:
    try:
        data = parse_toml(text)
    except ValueError as error:
        raise WattlineError(f"facts {path}: not valid TOML: {shorten(str(error), 120)}") from None
    for kind in data:
        if kind not in KINDS and kind != UPDATE:
            near = nearest_names(kind, KINDS)
            known = f"nearest: {near[0]}" if near else f"known: {', '.join(KINDS)}"
            raise WattlineError(f"facts {path}: no kind {shorten(kind)!r}; {known}")
    return data
