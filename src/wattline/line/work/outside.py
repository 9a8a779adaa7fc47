"""Names of models that people ask for and the catalog cannot have: what each is, and what to take instead."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path
from typing import Any

from wattline.catalog import Catalog, Record
from wattline.catalog.closed import find_closed, nearest_closed
from wattline.core.errors import NotFound, shorten

MAKER_WORDS = 4  # of a maker's name


@dataclass(frozen=True)
class ServedMaker:
    """A maker of images or video that is served and was never published: its name as it was written, what it ``makes``,
    what it is in words, and open models of the kind."""

    name: str
    makes: str
    what: str
    kin: tuple[str, ...]


def maker_of(name: str, makes: str) -> ServedMaker | None:
    """What is known of a name that the catalog cannot have, where it makes images or video.

    Parameters
    ----------
    name : as it was written
    makes : ``image`` or ``video``

    Returns
    -------
    The maker, or None where the name is of none.
    """
    row = _row(name)
    if row is None or row.get("makes") != makes or "kin" not in row:
        return None
    return ServedMaker(shorten(str(name).strip()), makes, str(row["what"]), tuple(row["kin"]))


class OutsideCatalog(NotFound):
    """A model that is known by name and cannot be worked out; says what it is and what is nearest."""

    def __init__(self, name: str, what: str, near: list[str], facts: str) -> None:
        super().__init__("model", name, near=near)
        shown = f"; nearest that can be: {', '.join(near)}" if near else ""
        read = f"; `wattline facts {facts}` lists prompts that were measured or reported" if facts else ""
        self.args = (f"model {shorten(name)!r} is {what}{shown}{read}",)


@cache
def _rows() -> list[dict[str, Any]]:
    return list(tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["name"])


def unknown_model(name: str, catalog: Catalog) -> NotFound:
    """The error for a name that is no model of the catalog.

    Parameters
    ----------
    name : as it was written
    catalog : where names like it are looked up

    Returns the error, to be raised, which says what the name is where that is known.
    """
    if encodes := _encodes(name, catalog):
        record, command = encodes
        return OutsideCatalog(name, f"an encoder: take `wattline {command} {record}`", [], "")
    if makes := _makes(name, catalog):
        record, kind = makes
        return OutsideCatalog(
            name, f"a model that makes {kind}s: take `wattline {kind} {record}`, with --rate under traffic", [], ""
        )
    closed, kin, row = find_closed(name, catalog), nearest_closed(name, catalog), _row(name)
    if row is not None and "makes" in row:
        return unknown_media(name, str(row["makes"]), "", catalog)
    if row is not None:
        what = row["what"] + (
            f" (`wattline prompt {closed.name}` gives a range from public estimates)"
            if closed
            else f" (of its kind `wattline prompt {kin.name}` gives a range from public estimates)"
            if kin
            else ""
        )
        return OutsideCatalog(name, what, list(row["near"]), row.get("facts", ""))
    return NotFound("model", name, near=catalog.near_names("model", name), mend=_MEND)


def unknown_media(name: str, command: str, kind: str, catalog: Catalog) -> NotFound:
    """The error for a name that is no model of ``image``, ``video``, ``embed`` or ``transcribe``.

    Parameters
    ----------
    name : as it was written
    command : for which it was
    kind : of the catalog whose models the command takes, ``diffusion`` or ``encoder``
    catalog : where names like it are looked up

    Returns the error, to be raised, which says what the name is where that is known, and what stands beside it.
    """
    row = _row(name)
    if row is not None and "makes" in row:
        near, makes = list(row["near"]), str(row["makes"])
        beside = (
            f"`wattline {makes} {shorten(str(name))}` gives a range from open models of its kind"
            if "kin" in row
            else f"open ones stand beside it: `wattline {makes} {near[1]}`"
        )
        return OutsideCatalog(name, f"{row['what']}; {beside}", near, row.get("facts", ""))
    if closed := find_closed(name, catalog):
        return OutsideCatalog(name, f"a closed model that writes text: take `wattline prompt {closed.name}`", [], "")
    listed = f"`wattline list {kind if kind == 'diffusion' else 'encoders'}` lists what is known"
    what = f"{command} model" if kind == "diffusion" else kind
    return NotFound(what, name, near=catalog.near_names(kind, name), mend=listed)


def _row(name: str) -> dict[str, Any] | None:
    """What is known of a name that the catalog cannot have."""
    own = re.sub(r"[\s_]+", "-", str(name).strip().lower().rsplit("/", 1)[-1])[:200]
    return next((row for row in _rows() if re.match(row["pattern"], own)), None)


def served_maker(text: str, makes: str) -> tuple[ServedMaker, str] | None:
    """The maker of images or video that a sentence names and that was never published; an assistant that is named alone
    is taken for the maker that it calls.

    Parameters
    ----------
    text : the sentence
    makes : ``image`` or ``video``

    Returns the maker under its words as the sentence has them, and the sentence with AI in their place; None where it
    names none.
    """
    words = list(re.finditer(r"[\w.+-]*\w", text))
    for phrases in (MAKER_WORDS, 0):
        for start, word in enumerate(words):
            own = [each[0] for each in words[start : start + phrases]]
            count = _maker_words(own, makes) if own else int(_is_maker(f"{word[0]}-{makes}", makes))
            if count:
                name = " ".join(own[:count]) if own else f"{word[0]} {makes}"
                noun = count > 1 and own[count - 1].lower() == makes  # "ChatGPT image" is still of an image
                bare = f"{text[: word.start()]}AI{text[words[start + count - 1 - noun].end() :]}"
                maker = maker_of(name, makes)
                return None if maker is None else (maker, bare)
    return None


def _is_maker(phrase: str, makes: str) -> bool:
    """Whether words joined by hyphens are all of a maker's name."""
    return any(row.get("makes") == makes and re.fullmatch(row["pattern"], phrase.lower()) for row in _rows())


def _maker_words(words: list[str], makes: str) -> int:
    """How many of some words, from the first, name a maker, with a version that follows; 0 for none."""
    phrase = "-".join(words).lower()
    for row in _rows():
        match = re.match(rf"{row['pattern']}(?![a-z])", phrase) if row.get("makes") == makes else None
        if match:
            taken = next(n for n in range(1, len(words) + 1) if len("-".join(words[:n])) >= len(match[0]))
            return taken + bool(taken < len(words) and re.fullmatch(r"v?\d[\d.]*", words[taken]))
    return 0


def _makes(name: str, catalog: Catalog) -> tuple[str, str] | None:
    """The record and what it makes, where the name is of a model of images or video."""
    try:
        record = catalog.find("diffusion", str(name))
    except NotFound:
        return None
    return record.name, str(record.meta["makes"])


def _encodes(name: str, catalog: Catalog) -> tuple[str, str] | None:
    """The record and the command that takes it, where the name is of a model that embeds, sees or transcribes."""
    try:
        record = catalog.find("encoder", str(name))
    except NotFound:
        return None
    return record.name, "transcribe" if record.meta["reads"] == "speech" else "embed"


def of_like_size(name: str, catalog: Catalog, count: int = 3) -> list[str]:
    """Models of known architecture whose parameters, all and active, are nearest to those of another.

    Parameters
    ----------
    name : of a model of the catalog
    catalog : where its size and the others stand
    count : how many

    Returns
    -------
    Names, the nearest first.
    """
    records = catalog.records("model")
    if name not in records or "total_params" not in records[name].facts:
        return []

    names = [part for part in ("total_params", "active_params") if part in records[name].facts]

    def apart(record: Record) -> float:
        sizes = [record[part] if part in record.facts else record["total_params"] for part in names]
        return sum(abs(log(size.value / records[name][part].value)) for size, part in zip(sizes, names, strict=True))

    known = {
        other: apart(record)
        for other, record in records.items()
        if "layers" in record.facts and "total_params" in record.facts
    }
    return sorted(known, key=lambda other: known[other])[:count]


def stand_ins(name: str, catalog: Catalog) -> str:
    """What to take in place of a model whose architecture is not known, in words.

    Parameters
    ----------
    name : of the model
    catalog : where models of its size stand

    Returns
    -------
    A phrase for an error.
    """
    near = of_like_size(name, catalog)
    return f"--config takes its config.json; of its size and known: {', '.join(near)}" if near else CONFIG


CONFIG = "--config takes its config.json"
_MEND = "`wattline list models` lists what is known; --config takes a config.json of any other"
