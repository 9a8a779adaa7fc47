"""Updates of facts and the differences between two states of them.

An update is a TOML file as the user's own facts are, with a table that dates it; each fact says its source and how it
is known:

    [_update]
    title = "Carbon of 2026"
    date = 2027-02-01

    [region.fr.carbon_lifecycle_g_per_kwh]
    value = 39
    low = 36
    high = 43
    basis = "published"
    source = { title = "Ember Yearly Electricity Data", year = 2027 }
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from wattline.catalog import dated
from wattline.catalog.catalog import Catalog, default, own_paths
from wattline.catalog.own import LIMIT_BYTES, OwnFile, read_own
from wattline.catalog.record import SINGLE
from wattline.catalog.tables import attributes
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Basis, Fact
from wattline.core.files import write_text
from wattline.core.reading import parse_json, read_text

FIELDS = ("value", "low", "high", "unit", "dist", "basis", "source")
Plain = dict[str, Any]


@dataclass(frozen=True)
class Difference:
    """A fact before and after, as plain data; None where it is not there."""

    key: str
    old: Plain | None
    new: Plain | None

    def json(self) -> Plain:
        """Key, and what it was and is."""
        return {"key": self.key, "old": self.old, "new": self.new}


def parse_update(data: bytes, where: str) -> OwnFile:
    """An update's text, checked. Raises WattlineError that says what is wrong in which fact.

    Parameters
    ----------
    data : of the file
    where : names it in errors

    Returns
    -------
    The update with its facts, checked.
    """
    if len(data) > LIMIT_BYTES:
        raise WattlineError(f"update {where}: too large; at most {LIMIT_BYTES:,} bytes are read")
    try:
        file = OwnFile(where, data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise WattlineError(f"update {where}: not UTF-8 text") from None
    about = file.update
    if about is None:
        raise WattlineError(f'update {where}: no table [_update] with title = "…" and date = 2027-01-31')
    title, day = about.get("title"), about.get("date")
    if not isinstance(title, str) or not title.strip() or type(day) is not date:
        raise WattlineError(f'update {where}: [_update] needs title = "…" and date = 2027-01-31')
    if day <= dated.BUILT_IN:
        raise WattlineError(f"update {where}: of {day}; the built-in facts of {dated.BUILT_IN} are as new or newer")
    for key, raw in _entries(file.tables):
        _check(key, raw, where)
    Catalog(file)
    return file


def _entries(tables: Mapping[str, Any]) -> Iterator[tuple[str, Plain]]:
    for kind, records in tables.items():
        if not isinstance(records, dict):
            continue
        for name, record in records.items():
            if kind in SINGLE:
                yield f"{kind}.{name}", record
            elif isinstance(record, dict):
                for attribute, raw in record.items():
                    if attribute in attributes()[kind]:
                        yield f"{kind}.{name}.{attribute}", raw if isinstance(raw, dict) else {}


def _check(key: str, raw: Any, where: str) -> None:
    missing = [word for word in ("value", "source", "basis") if not isinstance(raw, dict) or word not in raw]
    if missing:
        raise WattlineError(f"update {where}: {shorten(key)}: it must say {', '.join(missing)}")
    if raw["basis"] not in get_args(Basis) or raw["basis"] == "given":
        raise WattlineError(f"update {where}: {shorten(key)}: basis {shorten(str(raw['basis']))!r} is not known")
    source = raw["source"]
    if not isinstance(source, dict) or not isinstance(source.get("title"), str):
        raise WattlineError(f'update {where}: {shorten(key)}: source must be {{ title = "…", year = … }}')


def sha256(data: bytes) -> str:
    """The hash of a file, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def check_sha256(data: bytes, wanted: str, where: str) -> None:
    """Hold a file against the hash that was given for it.

    Parameters
    ----------
    data : of the file
    wanted : the hash, 64 hexadecimal digits; ``sha256:`` may go before them
    where : the file, for the error

    Raises WattlineError where the file is not the one whose hash was given, or the hash is none.
    """
    words = wanted.strip().lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", words):
        raise WattlineError(f"sha256: {shorten(wanted, 80)!r} is not 64 hexadecimal digits")
    if (own := sha256(data)) != words:
        raise WattlineError(f"update {where}: its sha256 is {own}, not the one given; it is not applied")


def apply(file: OwnFile, data: bytes) -> Path:
    """Put a checked update among the user's.

    Parameters
    ----------
    file : the update, as it was read and checked
    data : its bytes

    Returns its path there. Raises WattlineError where it cannot be written.
    """
    about = file.update or {}
    path = dated.folder() / f"{about['date']}-{sha256(data)[:12]}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, data.decode("utf-8-sig"))
    return path


def with_update(file: OwnFile) -> Catalog:
    """The facts as they would be: the update over the built-in ones and older updates, the user's own over it."""
    standing = own_paths()
    newer = dated.dated_paths()
    return Catalog(*newer, file, *standing[len(newer) :])


def state(words: str) -> dict[str, Plain]:
    """The facts of a state, by key, as plain data.

    Parameters
    ----------
    words : ``now``, ``built-in``, a month or day, a file of facts or an update (TOML), or what ``wattline
        facts --json`` printed

    Returns
    -------
    A fact's key -> value, range, unit and source as plain data.
    """
    if words == "now":
        return plain_catalog(default())
    if words == "built-in":
        return plain_catalog(Catalog())
    if re.fullmatch(r"\d{4}-\d\d(-\d\d)?", words):
        day = dated.read_day(words)
        back = [dated.PAST / f"{each}.toml" for each in dated.past_days() if day <= each]
        return plain_catalog(Catalog(*back, *(path for when, path in dated.updates() if when <= day)))
    if Path(words).suffix == ".json":
        return _printed(words)
    return plain_catalog(Catalog(read_own(words)))


def _printed(path: str) -> dict[str, Plain]:
    try:
        facts = parse_json(read_text(path, 10 * LIMIT_BYTES, "facts"))["results"]["facts"]
        return {fact["key"]: {name: fact[name] for name in FIELDS} for fact in facts}
    except (ValueError, KeyError, TypeError):
        raise WattlineError(f"facts {shorten(path, 200)}: not what `wattline facts --json` prints") from None


def plain_catalog(catalog: Catalog) -> dict[str, Plain]:
    """Every fact of a catalog by key, as plain data."""
    return {fact.key: plain_fact(fact) for fact in catalog.all_facts()}


def plain_fact(fact: Fact) -> Plain:
    """Value, range, unit, how it is drawn and known, and its source in words."""
    return {name: str(fact.source) if name == "source" else getattr(fact, name) for name in FIELDS}


def differences(old: Mapping[str, Plain], new: Mapping[str, Plain]) -> list[Difference]:
    """Facts that differ between two states, in the order of the new one; those that are gone last.

    Parameters
    ----------
    old, new : facts by key

    Returns each fact that differs, with how it was and is.
    """
    changed = [Difference(key, old.get(key), fact) for key, fact in new.items() if old.get(key) != fact]
    return [*changed, *(Difference(key, fact, None) for key, fact in old.items() if key not in new)]


def to_toml(rows: list[Difference], title: str, day: date) -> str:
    """The differences as an update that brings the old state to the new one; what is gone stays.

    Parameters
    ----------
    rows : differences
    title, day : of the update

    Returns
    -------
    The text of a TOML file.
    """
    lines = ["[_update]", f"title = {_words(title)}", f"date = {day}"]
    for row in rows:
        if row.new is None:
            continue
        known = {name: row.new[name] for name in ("value", "low", "high") if row.new[name] is not None}
        cells = [f"{name} = {number!r}" for name, number in known.items()]
        cells += [f"{name} = {_words(row.new[name])}" for name in ("unit", "dist", "basis")]
        cells.append(f"source = {{ title = {_words(row.new['source'])} }}")
        lines += ["", f"[{'.'.join(_part(part) for part in _parts(row.key))}]", *cells]
    return "\n".join(lines) + "\n"


def _parts(key: str) -> list[str]:
    """Kind, record and attribute of a key: names of records may hold dots."""
    kind, _, rest = key.partition(".")
    return [kind, rest] if kind in SINGLE else [kind, *rest.rpartition(".")[::2]]


def _part(part: str) -> str:
    return part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else _words(part)


def _words(text: str) -> str:
    return json.dumps(str(text), ensure_ascii=False)
