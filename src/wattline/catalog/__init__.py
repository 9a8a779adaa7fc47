"""The catalog: every number of the world that Wattline uses, as records of facts in TOML files beside this one.

A record is found by kind and name (or alias); a fact by its key ``kind.record.attribute``.
``attributes.toml`` declares each attribute's unit, meaning and default range. Facts of the user's own stand before
these: ``use(FILE)``, ``--facts FILE`` or the variable ``WATTLINE_FACTS``; ``catalog/own.py`` reads them.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from wattline.core.errors import NotFound, WattlineError, shorten
from wattline.core.fact import Fact, Source

HERE = Path(__file__).parent
KINDS = (
    "chip",
    "server",
    "cpu",
    "model",
    "site",
    "plant",
    "ups",
    "climate",
    "campus",
    "region",
    "training_run",
    "training_step",
    "prompt",
    "total",
    "constant",
    "fit",
    "sensor",
    "sensor_unit",
    "traffic",
)
OWN = "WATTLINE_FACTS"
_own: list[Path] = []
SINGLE = ("constant", "fit")  # kinds whose record is itself the fact
_NUMBERS = {"value", "low", "high", "dist", "unit", "source", "note", "group", "basis"}


@dataclass(frozen=True)
class Record:
    """One thing of the catalog: its facts by attribute, and what else is said of it (``meta``)."""

    kind: str
    name: str
    facts: dict[str, Fact]
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.kind}.{self.name}"

    @property
    def title(self) -> str:
        return str(self.meta.get("name", self.name))

    def __getitem__(self, attribute: str) -> Fact:
        if attribute not in self.facts:
            raise WattlineError(
                f"{self.kind} {self.name} has no {attribute} in the catalog; "
                f"known of it: {', '.join(self.facts) or 'nothing'}"
            )
        return self.facts[attribute]

    def get(self, attribute: str, default: float = 0.0) -> float:
        """The central value, or ``default`` where the record has none."""
        fact = self.facts.get(attribute)
        return default if fact is None else fact.value


def plain_name(name: str) -> str:
    """A name as it is compared: case, spaces, underscores, hyphens and slashes do not count."""
    return re.sub(r"[\s_\-/]+", "", str(name)).lower()


@lru_cache(maxsize=1)
def attributes() -> dict[str, dict[str, Any]]:
    """For each kind, what attributes its records may have."""
    return tomllib.loads((HERE / "attributes.toml").read_text(encoding="utf-8"))


@cache
def records(kind: str) -> dict[str, Record]:
    """All records of a kind, by name, in the order of the files."""
    found: dict[str, Record] = {}
    for path in (*HERE.glob(f"{kind}.toml"), *sorted((HERE / kind).glob("*.toml"))):
        for name, record in read_records(kind, path.read_text(encoding="utf-8"), path.name):
            if name in found:
                raise WattlineError(f"catalog: {kind} {name} stands twice")
            found[name] = record
    for path in own_files():
        from wattline.catalog.own import overlay

        overlay(found, kind, path)
    return found


def own_files() -> list[Path]:
    """The user's own files of facts: those of ``WATTLINE_FACTS``, then those given to ``use``; later ones win."""
    said = [Path(part) for part in os.environ.get(OWN, "").split(os.pathsep) if part]
    return [*said, *_own]


def use(*paths: Path | str) -> None:
    """From here on take these files' facts before the catalog's; without a path, those of ``WATTLINE_FACTS`` alone.

    Raises WattlineError if one cannot be read.
    """
    _own[:] = [Path(path) for path in paths]
    records.cache_clear()
    _names.cache_clear()
    for kind in KINDS if paths else ():
        records(kind)


@cache
def _names(kind: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for name, record in records(kind).items():
        hf_id = record.meta.get("hf_id")
        for alias in (*record.meta.get("aliases", ()), *([hf_id] if hf_id else ())):
            names.setdefault(plain_name(alias), name)
    names.update({plain_name(name): name for name in records(kind)})
    return names


def find(kind: str, name: str) -> Record:
    """The record with this name or alias; raises NotFound with the nearest names."""
    known = _names(kind)
    record = known.get(plain_name(name))
    if record is None:
        raise NotFound(kind, name, near=near_names(kind, name))
    return records(kind)[record]


def near_names(kind: str, name: str, count: int = 4) -> list[str]:
    """Names of records that look like ``name``, by their own names or by an alias, the likest first."""
    wanted = plain_name(name)[:60]
    likeness: dict[str, float] = {}
    for known, record in _names(kind).items():
        score = SequenceMatcher(None, known, wanted).ratio() + (0.2 if wanted and known.startswith(wanted) else 0.0)
        likeness[record] = max(score, likeness.get(record, 0.0))
    ranked = sorted(likeness, key=lambda record: -likeness[record])
    return [record for record in ranked[:count] if likeness[record] >= 0.55]


def fact(key: str) -> Fact:
    """The fact with this key, e.g. ``chip.h100-sxm.tdp_w`` or ``constant.led-bulb``."""
    kind, _, rest = key.partition(".")
    if kind not in KINDS or not rest:
        raise NotFound("fact", key, [f"{k}." for k in KINDS], "a key is kind.record.attribute; see `wattline facts`")
    if kind in SINGLE:
        return find(kind, rest)["value"]
    name, _, attribute = rest.rpartition(".")
    if not name:
        raise NotFound("fact", key, mend=f"`wattline facts {key}` lists what is known")
    record = find(kind, name)
    if attribute not in record.facts:
        known = [f.key for f in record.facts.values()]
        raise NotFound("fact", key, known, f"`wattline facts {kind}.{record.name}` lists what is known")
    return record.facts[attribute]


def all_facts() -> Iterator[Fact]:
    """Every fact of the catalog."""
    for kind in KINDS:
        for record in records(kind).values():
            yield from record.facts.values()


def read_records(kind: str, text: str, where: str) -> Iterator[tuple[str, Record]]:
    """The records in the text of a catalog file."""
    return records_in(kind, tomllib.loads(text), where)


def records_in(kind: str, data: dict[str, Any], where: str) -> Iterator[tuple[str, Record]]:
    """The records in a catalog file's tables; ``data`` is taken apart."""
    sources = {name: Source(**entry) for name, entry in data.pop("_sources", {}).items()}
    default = data.pop("_default", {}).get("source")
    by_attribute = data.pop("_default_source", {})
    for name, entry in data.items():
        at = f"{where}: {name}"
        own = entry.get("source", default)
        if kind in SINGLE:
            facts = {"value": _fact(kind, name, "", entry, {}, own, sources, at)}
            meta = {k: v for k, v in entry.items() if k not in _NUMBERS}
        else:
            facts, meta = {}, {}
            declared = attributes()[kind]
            for attribute, raw in entry.items():
                if attribute in declared:
                    source = by_attribute.get(attribute, own) if "source" not in entry else own
                    raw = raw if isinstance(raw, dict) else {"value": raw}
                    facts[attribute] = _fact(
                        kind,
                        name,
                        attribute,
                        raw,
                        declared[attribute],
                        raw.get("source", source),
                        sources,
                        at,
                    )
                elif isinstance(raw, (int, float)) and not isinstance(raw, bool) and attribute != "year":
                    raise WattlineError(f"catalog: {at}: {attribute} is not declared in attributes.toml")
                else:
                    meta[attribute] = raw
        yield name, Record(kind, name, facts, meta)


def _basis(raw: dict[str, Any]) -> Any:
    """How the number came about; one written down from memory is an estimate, whatever source it recalls."""
    recalled = "from memory" in str(raw.get("note", "")).lower()
    basis = raw.get("basis", "published")
    return "estimated" if recalled and basis in ("published", "measured") else basis


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
    low, high, dist = raw.get("low"), raw.get("high"), raw.get("dist")
    if low is None and high is None and dist is None and "range" in declared:
        low, high, dist = value * declared["range"][0], value * declared["range"][1], declared["dist"]
    if isinstance(source, str) and source not in sources:
        raise WattlineError(f"catalog: {at}: source {shorten(source)!r} is not among the file's _sources")
    cited = sources[source] if isinstance(source, str) else Source(**source) if source else None
    if cited is None:
        raise WattlineError(f"catalog: {at}: {attribute or 'it'} has no source")
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
        basis=_basis(raw),
        name=raw.get("name") or declared.get("about", ""),
    )
