"""The built-in tables: TOML files beside this one, read once in a process, for they never change.

``attributes.toml`` declares each attribute's unit, meaning and default range.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from wattline.catalog.carbon import BOUND, carbon_tables
from wattline.catalog.parsed import Tables, read_tables
from wattline.catalog.record import SINGLE, Record
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Fact, Source

HERE = Path(__file__).parent
UNSURE = ("estimated", "second hand", "from memory")
NAMES = ("name", "aliases", "hf_id", "aliases_of_site")
RECALLED = ("from memory", "as remembered")
EXCERPT = "excerpt"
RETOLD = re.compile(
    r"\b(as told by|retold by|as summed up by|read through|through (reports|secondary|the |utility|rto|a repository))"
)  # of a document that another told of
YEAR = ": year_of"  # which year a figure is for, whoever tells of it
WORKED_OUT = ("Fitted to", "Arithmetic")  # what a source begins with that states no number itself
SHARED = ("_sources", "_default", "_default_source")
_NUMBERS = {"value", "low", "high", "dist", "unit", "source", "note", "group", "basis"}


@lru_cache(maxsize=1)
def attributes() -> dict[str, dict[str, Any]]:
    """For each kind, what attributes its records may have."""
    return read_tables("attributes", [HERE / "attributes.toml"], [])["attributes.toml"]


class Records(Mapping[str, Record]):
    """The built-in records of a kind, by name, in the order of their files; each is made when it is first asked for."""

    def __init__(self, kind: str, files: Mapping[str, dict[str, Any]]) -> None:
        self._made: dict[str, Record] = {}
        self._of: dict[str, tuple[_File, dict[str, Any]]] = {}
        for name, data in files.items():
            file = _File(kind, data, name)
            for record, table in file.tables():
                if record in self._of:
                    raise WattlineError(f"catalog: {kind} {record} stands twice")
                self._of[record] = file, table

    def __getitem__(self, name: str) -> Record:
        if name not in self._made:
            file, table = self._of[name]
            self._made[name] = file.record(name, table)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, name: object) -> bool:
        return name in self._of

    def aliases(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each record's name with its other ones, without making the record."""
        for name, (_, table) in self._of.items():
            yield name, aliases_in(table)


def aliases_in(table: Mapping[str, Any]) -> tuple[str, ...]:
    """The other names in a record's table: aliases, and the id at Hugging Face."""
    return *table.get("aliases", ()), *([table["hf_id"]] if table.get("hf_id") else ())


@cache
def built_in(kind: str) -> Records:
    """All built-in records of a kind, by name, in the order of the files."""
    files = [*HERE.glob(f"{kind}.toml"), *sorted((HERE / kind).glob("*.toml"))]
    if kind != "region":
        return Records(kind, read_tables(kind, files, []))
    beside = [*sorted((HERE / kind).glob("*.csv")), *sorted(HERE.glob("*.py")), BOUND]
    return Records(kind, read_tables(kind, files, beside, _with_carbon))


def _with_carbon(tables: Tables) -> Tables:
    """The regions with the carbon of their electricity by year beneath what their own tables say."""
    return {
        file: {name: table if name[0] == "_" else carbon_tables(name) | table for name, table in data.items()}
        for file, data in tables.items()
    }


def read_records(kind: str, text: str, where: str) -> Iterator[tuple[str, Record]]:
    """The records in the text of a catalog file.

    Parameters
    ----------
    kind : of record, such as ``chip``
    text : TOML
    where : the file, for errors

    Returns each record with its name. Raises WattlineError and ValueError where the text is no TOML or a table is no
    record.
    """
    return records_in(kind, tomllib.loads(text), where)


def records_in(kind: str, data: dict[str, Any], where: str) -> Iterator[tuple[str, Record]]:
    """The records in a catalog file's tables.

    Parameters
    ----------
    kind : of record, such as ``chip``
    data : the tables, as TOML gives them
    where : the file, for errors

    Returns each record with its name. Raises WattlineError and ValueError where a table is no record.
    """
    file = _File(kind, data, where)
    for name, table in file.tables():
        yield name, file.record(name, table)


class _File:
    """One file's tables of a kind, with what its records share: sources, and who is cited where none is."""

    def __init__(self, kind: str, data: dict[str, Any], where: str) -> None:
        self.kind, self.data, self.where = kind, data, where
        self.sources = {name: Source(**entry) for name, entry in data.get("_sources", {}).items()}
        self.default = data.get("_default", {}).get("source")
        self.by_attribute = data.get("_default_source", {})

    def tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each record's name and its own table."""
        return ((name, table) for name, table in self.data.items() if name not in SHARED)

    def record(self, name: str, own_table: dict[str, Any]) -> Record:
        """The record of this table."""
        kind, at = self.kind, f"{self.where}: {name}"
        entry = _like(own_table, self.data, at)
        own = entry.get("source", self.default)
        if kind in SINGLE:
            value = _fact(kind, name, "", entry, {}, own, self.sources, at)
            return Record(kind, name, {"value": value}, {k: v for k, v in entry.items() if k not in _NUMBERS})
        facts: dict[str, Fact] = {}
        meta: dict[str, Any] = {}
        declared = attributes()[kind]
        for attribute, raw in entry.items():
            if attribute in declared:
                source = self.by_attribute.get(attribute, own) if "source" not in entry else own
                raw = raw if isinstance(raw, dict) else {"value": raw}
                source = raw.get("source", source)
                fact = _fact(kind, name, attribute, raw, declared[attribute], source, self.sources, at)
                taken = "source" not in own_table and attribute not in own_table
                facts[attribute] = _taken_over(fact, self.data[entry["like"]], declared[attribute]) if taken else fact
            elif isinstance(raw, (int, float)) and not isinstance(raw, bool) and attribute != "year":
                raise WattlineError(f"catalog: {at}: {attribute} is not declared in attributes.toml")
            else:
                meta[attribute] = raw
        return Record(kind, name, facts, meta)


def _like(table: dict[str, Any], data: dict[str, Any], at: str) -> dict[str, Any]:
    """The table with what it leaves out taken from the one of the same file that it is ``like``, names excepted."""
    if "like" not in table:
        return table
    other = data.get(table["like"])
    if other is None or "like" in other:
        raise WattlineError(
            f"catalog: {at}: it is like {shorten(str(table['like']))}, which the file does not describe"
        )
    return {key: value for key, value in other.items() if key not in NAMES} | table


def _taken_over(fact: Fact, other: dict[str, Any], declared: dict[str, Any]) -> Fact:
    """A fact of a record that is ``like`` another: its source speaks of the other, and for a model is no document of
    its own."""
    words = f"as {other['name']}" + (f": {fact.note}" if fact.note else "")
    if fact.basis != "published" or not fact.key.startswith("model.") or ".other_" in fact.key:
        return replace(fact, note=words)
    fact = replace(fact, note=words, basis="second hand")
    low, high, _ = _usual_range(fact.value, fact.basis, declared)
    if low is None or high is None or fact.low < fact.high:
        return fact
    return replace(fact, low=low, high=high, dist="triangular")


def _basis(raw: dict[str, Any], cited: Source, at: str) -> Any:
    """How the number is known; what is recalled is from memory, whatever document it recalls.

    Raises WattlineError where it says that it was published or measured and its note that it is from memory.
    """
    words = f"{raw.get('note', '')} {cited.where}".lower()
    recalled = any(word in words for word in RECALLED)
    basis = raw.get("basis")
    retold = RETOLD.search(f"{cited.title} {cited.where}".lower()) and not at.endswith(YEAR)
    excerpt = EXCERPT in words or retold  # of a document that was not opened
    if basis == "published" and (EXCERPT in words or RETOLD.search(words)):
        raise WattlineError(
            f'catalog: {at}: a number read in an excerpt or retold cannot be published; say basis = "second hand"'
        )
    if recalled and basis in ("published", "measured"):
        raise WattlineError(f'catalog: {at}: a number from memory cannot be {basis}; say basis = "from memory"')
    ours = cited.title.startswith("Wattline")  # our own estimate, which no document states
    if ours and basis == "published":
        raise WattlineError(f'catalog: {at}: our own number cannot be published; say basis = "estimated" or "derived"')
    worked_out = cited.title.startswith(WORKED_OUT)
    if worked_out and basis == "published":
        raise WattlineError(f'catalog: {at}: what was fitted here cannot be published; say basis = "derived"')
    if worked_out and not recalled:
        return basis or "derived"
    return basis or ("from memory" if recalled else "estimated" if ours else "second hand" if excerpt else "published")


def _usual_range(value: float, basis: str, declared: dict[str, Any]) -> tuple[float | None, float | None, str | None]:
    """The range that ``attributes.toml`` gives a number which states none: low, high, distribution."""
    if "range" in declared:
        return value * declared["range"][0], value * declared["range"][1], declared["dist"]
    if "unsure" in declared and basis in UNSURE:
        side = declared["unsure"][0] * abs(value) + declared["unsure"][1]
        return value - side, value + side, "triangular"
    return None, None, None


def _fact(
    kind: str,
    name: str,
    attribute: str,
    raw: dict[str, Any],
    declared: dict[str, Any],
    source: Any,
    sources: dict[str, Source],
    at: str,
) -> Fact:
    value = float(raw["value"])
    if isinstance(source, str) and source not in sources:
        raise WattlineError(f"catalog: {at}: source {shorten(source)!r} is not among the file's _sources")
    cited = sources[source] if isinstance(source, str) else Source(**source) if source else None
    if cited is None:
        raise WattlineError(f"catalog: {at}: {attribute or 'it'} has no source")
    basis = _basis(raw, cited, f"{at}: {attribute}" if attribute else at)
    low, high, dist = raw.get("low"), raw.get("high"), raw.get("dist")
    if low is None and high is None and dist is None:
        low, high, dist = _usual_range(value, basis, declared)
    return Fact(
        key=".".join(part for part in (kind, name, attribute) if part),
        value=value,
        low=value if low is None else float(low),
        high=value if high is None else float(high),
        unit=raw.get("unit", declared.get("unit", "")),
        source=cited,
        dist=dist or ("triangular" if low is not None or high is not None else "fixed"),
        note=raw.get("note", ""),
        group=raw.get("group", ""),
        basis=basis,
        name=raw.get("name") or declared.get("about", ""),
    )
