"""What a line names of the catalog: models, chips and how many, places and regions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from wattline.catalog import Catalog
from wattline.catalog.closed import find_closed
from wattline.catalog.record import plain_name
from wattline.core.errors import WattlineError
from wattline.line.work.builds import find_build
from wattline.web.app.line.counts import NUMBER, product, whole
from wattline.web.app.line.typed import FILLERS, TypedLine

_SIZE = re.compile(
    r"(?<!Ascend )(?<![\w.])(\d+(?:\.\d+)?)\s?(?:[bB](?![\w-])(?!\s*tokens?\b)(?:[- ]param(?:eter)?s?\b)?|"
    r"([tT])[- ]param(?:eter)?s?\b)"
)
_FAMILY = re.compile(r"\b(llama|qwen ?3|qwen ?2\.5|qwen|gemma|mistral|deepseek|phi|falcon|olmo)\b\s*$", re.I)
_COUNT = re.compile(NUMBER + r"\s*(?:[x×*]\s*)?(?:NVIDIA\s+|AMD\s+|Google\s+|Intel\s+)?\Z", re.I)
_CHIPS = re.compile(NUMBER + r"\s*(?:[x×]\s*)?(?:GPUs?|chips|accelerators|cards|TPUs)\b", re.I)
_SERVERS = re.compile(r"\x00*\s*(?:GPU\s+)?(?:nodes|servers|boxes)\b", re.I)
_ARTICLE = re.compile(r"an?\s")  # a 100 page report is no A100
USUAL_SERVER = 8  # chips
USUAL_CHIP = "h100-sxm"
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
            plain = len(name) < 2 or name.isdigit() or name in WORDS | FILLERS or _ARTICLE.match(words)
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
    size = float(match[1]) * (1e12 if match[2] else 1e9)
    wanted = plain_name(family[1]) if family else "llama"
    records = [r for r in known.records("model").values() if "total_params" in r.facts]
    for kin in ([r for r in records if plain_name(r.name).startswith(wanted)], records):
        gaps = [(round(abs(r.facts["total_params"].value / size - 1) / 0.05), -_year(r.meta), r.name) for r in kin]
        if gaps and min(gaps)[0] <= 3:
            name = f"llama-3.1-{match[1]}b" if wanted == "llama" and not match[2] else ""
            name = name if name in known.records("model") else min(gaps)[2]
            line.drop(begin, match.end())
            return NamedThing("model", name, words, f"{words}: taken as {name}")
    return None


def _year(meta: dict[str, object]) -> float:
    year = meta.get("year")
    return float(year) if isinstance(year, int | float) else 0.0


def chips_in(line: TypedLine, known: Catalog, taken: list[str] | None = None) -> tuple[str, str] | None:
    """The chip that a line names, and how many as digits; "" where it does not say one of them.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog
    taken : gets what is assumed of servers that the line counts

    Returns
    -------
    Name and number; None where the line says neither.
    """
    thing = named_in(line, known, "chip")
    if thing is None:
        bare = re.search(
            r"(?:\b(?:RTX|on|an?|one|single)\s+|^)(\d{4})\b|\b(\d{4})\b(?=\s*(?:running|run|with|,|$))", line.left
        )
        name = plain_name(f"rtx {bare[1] or bare[2]}") if bare else ""
        if bare and name in known.names("chip"):
            line.drop(*bare.span())
            return known.names("chip")[name], ""
        count = line.take(_CHIPS)
        return ("", whole(count[1])) if count else None
    count = _COUNT.search(line.left[: thing.start])
    if count:
        line.drop(*count.span())
        servers = _SERVERS.match(line.left[thing.start :])
        if servers is None:
            return thing.name, whole(count[1])
        line.drop(thing.start, thing.start + servers.end())
        if taken is not None:
            taken.append(f"servers of {USUAL_SERVER} chips")
        return thing.name, product(count[1], str(USUAL_SERVER))
    after = re.match(r"\x00+s?\s*[x×*]\s*(\d[\d,]*)\b", line.left[thing.start :])
    if after:
        line.drop(thing.start, thing.start + after.end())
        return thing.name, whole(after[1])
    return thing.name, ""
