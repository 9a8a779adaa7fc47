"""``Catalog``: the built-in facts with the user's own files over them; it never changes once it is read.

Whoever needs facts holds a catalog: ``Draws`` carries one, pure functions take one as an argument, and worker processes
get it with their task, for it is pickled as the texts of the user's own files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from wattline.catalog.dated import BUILT_IN, dated_paths, nothing_dated
from wattline.catalog.own import OwnFile, overlay, read_own
from wattline.catalog.record import KINDS, SINGLE, Record, plain_name
from wattline.catalog.tables import Records, aliases_in, built_in
from wattline.core.errors import NotFound
from wattline.core.fact import Fact
from wattline.core.folders import user_path
from wattline.core.settings_file import no_settings, settings_facts

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LISTED = ("chip", "model", "instance", "region", "server", "cpu", "sensor", "prompt", "total")  # `wattline list chips`
OWN = "WATTLINE_FACTS"
Values = TypeVar("Values", bound="DataclassInstance")
CatalogLike: TypeAlias = "Catalog | Path | str | Sequence[Path | str] | None"


def _begins_alike(known: str, wanted: str) -> float:
    """What a name gains that begins with the other: one that is not whole yet, or a kin of a family that is known."""
    if wanted and known.startswith(wanted):
        return 0.2
    return 0.3 if known[3:] and wanted.startswith(known) else 0.0  # of four letters or more


class Catalog:
    """Records of facts by kind and name.

    Parameters
    ----------
    paths : files of the user's own facts (TOML, see ``catalog/own.py``), read at once, or read already; a later file
        stands before an earlier one, and all of them before the built-in facts.

    Raises WattlineError where a file cannot be read or a table in it is wrong.
    """

    def __init__(self, *paths: Path | str | OwnFile) -> None:
        self._fill(tuple(path if isinstance(path, OwnFile) else read_own(path) for path in paths))

    def _fill(self, own: tuple[OwnFile, ...]) -> None:
        self.own = own
        self._records: dict[str, Mapping[str, Record]] = {}
        self._names: dict[str, Mapping[str, str]] = {}
        self._values: dict[type, Any] = {}
        for kind in dict.fromkeys(kind for file in own for kind in file.tables):
            self.records(kind)

    @property
    def words(self) -> str:
        """Which facts these are: their day, updates, and files of the user's own."""
        dated = [file.update for file in self.own if file.update]
        updates = [about for about in dated if not about.get("past")]
        past = [about["date"] for about in dated if about.get("past")]
        own = [Path(file.path).name for file in self.own if file.update is None]
        day = f"facts as of {min(past)}" if past else f"facts of {BUILT_IN}"
        parts = [day, *(f"update of {about['date']}: {about['title']}" for about in updates)]
        return "; ".join([*parts, *(f"own facts {name}" for name in own)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catalog) and self.own == other.own

    def __hash__(self) -> int:
        return hash(self.own)

    def __reduce__(self) -> tuple[object, ...]:
        return _with_own, (self.own,)

    def records(self, kind: str) -> Mapping[str, Record]:
        """All records of a kind (one of ``KINDS``), by name: the built-in ones in the order of their files, then the
        user's new ones."""
        if kind not in self._records:
            own = [file for file in self.own if kind in file.tables]
            records = dict(built_in(kind)) if own else built_in(kind)
            for file in own:
                records = overlay(records, kind, file)
            self._records[kind] = records
        return self._records[kind]

    def names(self, kind: str) -> Mapping[str, str]:
        """Every name and alias of a kind as ``plain_name`` writes it, with the name of its record."""
        if kind not in self._names:
            names: dict[str, str] = {}
            records = self.records(kind)
            known = (
                records.aliases()
                if isinstance(records, Records)
                else ((name, aliases_in(record.meta)) for name, record in records.items())
            )
            for name, aliases in known:
                for alias in aliases:
                    names.setdefault(plain_name(alias), name)
            names.update({plain_name(name): name for name in records})
            self._names[kind] = names
        return self._names[kind]

    def find(self, kind: str, name: str) -> Record:
        """The record with this name or alias.

        Parameters
        ----------
        kind : of record, such as ``chip``
        name : its name or an alias, in any case and spelling that ``plain_name`` makes one

        Returns the record. Raises NotFound with the nearest names where there is none.
        """
        records = self.records(kind)
        if isinstance(name, str) and name in records:
            return records[name]
        record = self.names(kind).get(plain_name(name))
        if record is None:
            near = self.near_names(kind, name)
            titles = {code: self.records(kind)[code].title for code in near if len(code) == 2}
            mend = f"`wattline list {kind}s` lists what is known" if kind in LISTED else ""
            raise NotFound(kind, name, near=near, mend=mend, titles=titles)
        return self.records(kind)[record]

    def near_names(self, kind: str, name: str, count: int = 4) -> list[str]:
        """Up to ``count`` names of records that look like ``name``, by their own names or by an alias, the likest
        first.

        Parameters
        ----------
        kind : of record, such as ``chip``
        name : as it was written
        count : the most that are given

        Returns names of records; none where nothing is near.
        """
        wanted = plain_name(name)[:60]
        likeness: dict[str, float] = {}
        for known, record in self.names(kind).items():
            score = SequenceMatcher(None, known, wanted).ratio() + _begins_alike(known, wanted)
            likeness[record] = max(score, likeness.get(record, 0.0))
        ranked = sorted(likeness, key=lambda record: -likeness[record])
        return [record for record in ranked[:count] if likeness[record] >= 0.55]

    def fact(self, key: str) -> Fact:
        """The fact with this key: ``kind.record.attribute`` (``chip.h100-sxm.tdp_w``), or ``kind.record`` where the
        record is itself the fact (``constant.led-bulb``). Raises NotFound."""
        kind, _, rest = key.partition(".")
        if kind not in KINDS or not rest:
            raise NotFound(
                "fact", key, [f"{k}." for k in KINDS], "a key is kind.record.attribute; see `wattline facts`"
            )
        if kind in SINGLE:
            return self.find(kind, rest)["value"]
        name, _, attribute = rest.rpartition(".")
        if not name:
            raise NotFound("fact", key, mend=f"`wattline facts {key}` lists what is known")
        record = self.find(kind, name)
        if attribute not in record.facts:
            known = [f.key for f in record.facts.values()]
            raise NotFound("fact", key, known, f"`wattline facts {kind}.{record.name}` lists what is known")
        return record.facts[attribute]

    def values(self, kind: type[Values], prefix: str) -> Values:
        """Facts that are taken at their central values, together.

        Parameters
        ----------
        kind : a dataclass of floats
        prefix : what the facts' keys begin with: its field ``least_rows`` is the fact ``PREFIX-least-rows``

        Returns
        -------
        An instance of ``kind``, each field the central value in the fact's unit.

        Raises NotFound where the catalog lacks one.
        """
        if kind not in self._values:
            names = [field.name for field in fields(kind)]
            self._values[kind] = kind(**{n: self.fact(f"{prefix}-{n.replace('_', '-')}").value for n in names})
        return cast(Values, self._values[kind])

    def all_facts(self) -> Iterator[Fact]:
        """Every fact, kind by kind."""
        for kind in KINDS:
            for record in self.records(kind).values():
                yield from record.facts.values()


def _with_own(own: tuple[OwnFile, ...]) -> Catalog:
    """A catalog from files that are read already, as it comes to a worker on a machine that does not have them."""
    catalog = Catalog()
    catalog._fill(own)
    return catalog


def own_paths() -> tuple[Path, ...]:
    """Files that stand before the built-in facts: earlier states and updates by date, the user's own of the settings,
    and before them those in ``WATTLINE_FACTS``."""
    named = (Path(part) for part in os.environ.get(OWN, "").split(os.pathsep) if part)
    return (*dated_paths(), *settings_facts(), *named)


def default() -> Catalog:
    """The built-in facts with the user's standing files over them: what a face takes where it is given no other.

    Raises WattlineError where a standing file cannot be read.
    """
    folder = user_path("config")
    if not os.environ.get(OWN) and nothing_dated(folder) and no_settings(folder):
        return _opened(())
    return _opened(tuple((path, _stamp(path)) for path in own_paths()))


def open_catalog(facts: CatalogLike) -> Catalog:
    """The catalog that a face was asked to take.

    Parameters
    ----------
    facts : a Catalog as it is; a file or files of facts, which stand before the user's standing ones; None for those
        alone.

    Returns
    -------
    The catalog itself, or one made of the files and the standing ones.

    Raises WattlineError where a file cannot be read or a table in it is wrong.
    """
    if isinstance(facts, Catalog):
        return facts
    if facts is None:
        return default()
    paths = [facts] if isinstance(facts, str | Path) else facts
    return Catalog(*own_paths(), *paths)


def fact(key: str, facts: CatalogLike = None) -> Fact:
    """The fact with this key, with its value, range, unit and source.

    Parameters
    ----------
    key : such as ``chip.h100-sxm.tdp_w``; ``wattline facts`` lists them
    facts : a catalog, or your own file or files of facts, which stand before those of the settings

    Returns
    -------
    Its value, range, unit and source.

    Raises NotFound with the nearest keys, WattlineError where a file of facts cannot be read.
    """
    return open_catalog(facts).fact(key)


@lru_cache(maxsize=4)
def _opened(files: tuple[tuple[Path, tuple[int, int]], ...]) -> Catalog:
    return Catalog(*(path for path, _ in files))


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file does, so that it is read once a change."""
    try:
        status = path.stat()
        return status.st_mtime_ns, status.st_size
    except OSError:
        return 0, 0
