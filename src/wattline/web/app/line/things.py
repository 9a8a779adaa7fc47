"""What a line names of the catalog: models, chips and how many, places and regions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from wattline.catalog import Catalog, Record
from wattline.catalog.closed import find_closed
from wattline.catalog.record import plain_name
from wattline.claim.sentence.coming_words import PEOPLES
from wattline.core.errors import WattlineError
from wattline.line.site.climate import find_place
from wattline.line.work.builds import find_build
from wattline.web.app.line.typed import FILLERS, TypedLine

NUMBER = r"(\d[\d,]*(?:\.\d+)?\s?(?:[kKMBT](?![a-zA-Z])|million|billion|trillion|thousand)?)"
_SIZE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s?[bB](?![\w-])(?!\s*tokens?\b)")
_FAMILY = re.compile(r"\b(llama|qwen ?3|qwen ?2\.5|qwen|gemma|mistral|deepseek|phi|falcon|olmo)\b\s*$", re.I)
_COUNT = re.compile(NUMBER + r"\s*(?:[x×*]\s*)?(?:NVIDIA\s+|AMD\s+|Google\s+|Intel\s+)?\Z", re.I)
_CHIPS = re.compile(NUMBER + r"\s*(?:[x×]\s*)?(?:GPUs?|chips|accelerators|cards|TPUs)\b", re.I)
_AFTER = re.compile(r"\b(?:in|at|near|around|for|from|on|of)\s+(?:the\s+)?\Z", re.I)
# words that name a model or a city and mean another thing in most lines
WORDS = {"solar", "palm", "bloom", "switchc", "battery", "wan", "flux capacitor", "clip", "power", "energy", "mobile",
         "reading", "of", "most", "best", "bill", "train", "batch", "image", "video"}  # fmt: skip
# the model that a family's name alone is taken for
USUAL = {"llama": "llama-3.1-70b", "qwen": "qwen3-32b", "deepseek": "deepseek-v3", "gemma": "gemma-3-27b",
         "mixtral": "mixtral-8x7b", "phi": "phi-4", "kimi": "kimi-k2", "falcon": "falcon-40b"}  # fmt: skip
_ALONE = re.compile(rf"\b({'|'.join(USUAL)})\b", re.I)
KNOWN_AS = {"copilot": "gpt-4o", "gpt": "gpt-4o", "openai": "gpt-4o", "anthropic": "claude"}


@dataclass(frozen=True)
class NamedThing:
    """A record that a line names: its kind and its name, the words and where they begin, and what was assumed."""

    kind: str
    name: str
    words: str
    why: str = ""
    start: int = 0


def named_in(
    line: TypedLine, known: Catalog, kind: str, also: Callable[[str], bool] | None = None
) -> NamedThing | None:
    """The record of a kind that the longest words of a line name.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog
    kind : of record
    also : what a record's name must be besides

    Returns
    -------
    The record's name with its words; None where no words name one.
    """
    names = known.names(kind)
    for words, start, end in line.runs():
        for name in (plain_name(words), plain_name(words.removesuffix("s"))):
            plain = len(name) < 2 or name.isdigit() or name in WORDS | FILLERS
            if name in names and not plain and (also is None or also(names[name])):
                line.drop(start, end)
                return NamedThing(kind, names[name], words, start=start)
    return None


def model_in(line: TypedLine, known: Catalog) -> NamedThing | None:
    """The language model that a line names: published, closed, or of a size.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog

    Returns
    -------
    The model, with what was assumed of it; None where none is named.
    """
    chips = known.names("chip")
    thing = named_in(line, known, "model", lambda name: plain_name(name) not in chips)
    return thing or _build(line, known) or _closed(line, known) or _of_size(line, known) or _family(line)


def _build(line: TypedLine, known: Catalog) -> NamedThing | None:
    """A build of a model, such as ``Llama-3.1-8B-Instruct-FP8``, as the pages take it."""
    for words, start, end in line.runs(most=4):
        if len(words) < 6 or not re.search(r"[A-Za-z]{3}.*\d", words):
            continue
        try:
            build = find_build(words, known)
        except WattlineError:
            continue
        if build is not None:
            line.drop(start, end)
            return NamedThing("model", words.replace(" ", "-"), words)
    return None


def _family(line: TypedLine) -> NamedThing | None:
    """The usual model of a family that is named alone."""
    match = line.take(_ALONE)
    if match is None:
        return None
    name = USUAL[match[1].lower()]
    return NamedThing("model", name, match[1], f"{match[1]}: taken as {name}")


def _closed(line: TypedLine, known: Catalog) -> NamedThing | None:
    for words, start, end in line.runs(most=3):
        plain = KNOWN_AS.get(words.lower(), words)
        record = None if plain.lower() in FILLERS else find_closed(plain, known)
        if record is not None:
            line.drop(start, end)
            same = plain_name(words) in (plain_name(record.name), plain_name(record.title))
            return NamedThing("closed", record.name, words, "" if same else f"{words}: taken as {record.name}")
    return None


def _of_size(line: TypedLine, known: Catalog) -> NamedThing | None:
    """A model of the size that a line names, of the family that it names."""
    match = _SIZE.search(line.left)
    if match is None:
        return None
    family = _FAMILY.search(line.left[: match.start()])
    begin = family.start() if family else match.start()
    words = line.left[begin : match.end()].strip()
    size = float(match[1]) * 1e9
    wanted = plain_name(family[1]) if family else "llama"
    records = [r for r in known.records("model").values() if "total_params" in r.facts]
    for kin in ([r for r in records if plain_name(r.name).startswith(wanted)], records):
        gaps = [(round(abs(r.facts["total_params"].value / size - 1) / 0.05), -_year(r.meta), r.name) for r in kin]
        if gaps and min(gaps)[0] <= 3:
            name = f"llama-3.1-{match[1]}b" if wanted == "llama" else ""
            name = name if name in known.records("model") else min(gaps)[2]
            line.drop(begin, match.end())
            return NamedThing("model", name, words, f"{words}: taken as {name}")
    return None


def _year(meta: dict[str, object]) -> float:
    year = meta.get("year")
    return float(year) if isinstance(year, int | float) else 0.0


def chips_in(line: TypedLine, known: Catalog) -> tuple[str, str] | None:
    """The chip that a line names, and how many as digits; "" where it does not say one of them.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog

    Returns
    -------
    Name and number; None where the line says neither.
    """
    thing = named_in(line, known, "chip")
    if thing is None:
        bare = re.search(r"\b(?:RTX\s*)?(\d{4})\b(?=\s*(?:running|run|with|,|$))", line.left)
        if bare and plain_name(f"rtx {bare[1]}") in known.names("chip"):
            line.drop(*bare.span())
            return known.names("chip")[plain_name(f"rtx {bare[1]}")], ""
        count = line.take(_CHIPS)
        return ("", whole(count[1])) if count else None
    count = _COUNT.search(line.left[: thing.start])
    if count:
        line.drop(*count.span())
        return thing.name, whole(count[1])
    after = re.match(r"\x00+s?\s*[x×*]\s*(\d[\d,]*)\b", line.left[thing.start :])
    if after:
        line.drop(thing.start, thing.start + after.end())
        return thing.name, whole(after[1])
    return thing.name, ""


def whole(number: str) -> str:
    """A number of things in digits: ``16k`` is ``16000``."""
    plain = compact(number)
    scale = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}.get(plain[-1:], 0)
    return f"{float(plain[:-1]) * scale:.0f}" if scale else plain


def compact(number: str) -> str:
    """A number without spaces and commas, its scale a letter: ``1 million`` is ``1M``."""
    plain = number.replace(",", "").replace(" ", "")
    for word, letter in (("thousand", "k"), ("million", "M"), ("billion", "B"), ("trillion", "T")):
        plain = plain.replace(word, letter)
    return plain


@dataclass(frozen=True)
class Spot:
    """Where: a region of the catalog, a place with weather, and what was assumed."""

    region: str = ""
    place: str = ""
    why: str = ""


def spot_in(line: TypedLine, known: Catalog, *, weather: bool = False) -> Spot:
    """The place that a line names.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog
    weather : whether a place with weather is wanted, rather than a grid

    Returns
    -------
    Region or place; both empty where the line names none.
    """
    for words, start, end in line.runs(apart=r"\s+|,\s*", most=4):
        plain = plain_name(words)
        after = _AFTER.search(line.left[:start]) is not None
        capital = words[:1].isupper()
        short = len(plain) < 4 and not (words.isupper() or (after and len(plain) > 1))
        named = capital or after
        if len(plain) < 2 or short or plain in WORDS or plain.isdigit() or _empty(words) or not named:
            continue
        spot = _spot(words, plain, known, weather)
        if spot is not None:
            line.drop(start, end)
            return spot
    return Spot()


def _empty(words: str) -> bool:
    """Whether words are none that a place is called by: "I run" is no Irun."""
    parts = words.lower().split()
    return all(part in FILLERS for part in parts) or parts[0] == "i"


def _spot(words: str, plain: str, known: Catalog, weather: bool) -> Spot | None:
    names = known.names("region")
    region = names.get(plain, "") or names.get(plain_name(PEOPLES.get(words.lower(), "").replace("_", " ")), "")
    if region and not weather:
        return Spot(region)
    record = _place(words, known) if len(plain) > 3 else None
    listed = record is not None and record.name in known.records("climate")
    if region and not listed:  # a country or a state, even where a town far away bears the name
        place = _place_within(words, region, known)
        if place is not None:
            return Spot(region, place, f"{words}: the weather of {place}")
    if record is None:
        return None
    grid = str(record.meta.get("region", ""))
    if weather:
        return Spot(grid, words)
    return Spot(grid, words, f"{words}: grid {grid}") if grid in known.records("region") else None


def _place(words: str, known: Catalog) -> Record | None:
    try:
        return find_place(words, known)
    except WattlineError:
        return None


def _place_within(words: str, region: str, known: Catalog) -> str | None:
    """A place with weather in a state or region of this name; None where there is none."""
    records = known.records("climate").values()
    state = words.rpartition(",")[2].strip().lower()
    own = [record.title for record in records if record.title.lower().endswith(f", {state}")]
    grid = [record.title for record in records if str(record.meta.get("region", "")) == region]
    wide = [record.title for record in records if str(record.meta.get("region", "")).startswith(f"{region}-")]
    return next(iter([*own, *grid, *wide]), None)
