"""A sentence that gives its figure as so many of a thing, such as homes or flights: the figure that this comes to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.claim.evaluate import Scope, evaluate, quantity
from wattline.claim.fields import Expression, expression_of
from wattline.claim.file import Claim
from wattline.claim.sentence.coming_words import BASE, CENTRES
from wattline.claim.sentence.counted_match import product_of, things_compared, time_of
from wattline.claim.sentence.counted_words import (
    ABOUT,
    COMPARES,
    EVERY,
    FIGURE,
    FIGURES,
    FILLS,
    LADDERS,
    QUESTIONS,
    number_of,
)
from wattline.claim.sentence.generated import made_in, name_in
from wattline.claim.sentence.stated import YEAR
from wattline.claim.sentence.things import Kind, Thing
from wattline.claim.sentence.words import decline
from wattline.core.errors import shorten

WORLD = "total.iea-2025-world-2024.energy_twh"
_KIND_OF_WORK = {"images": "image", "pictures": "image", "videos": "video", "clips": "video", "searches": "search"}
# what says whose questions are meant, or of what
_NAMED = re.compile(
    r"\b(chatgpt|gpt|gemini|google|claude|mistral|llama|deepseek|bard|bloom|o3|images?|pictures?|videos?|search)", re.I
)
_ARTICLE = re.compile(r"\b(?:an?|one)\s+$", re.I)
_FOR_EACH = re.compile(r"(?:\b(?:for|per|every|each)\s+)+$", re.I)
_TALK = re.compile(r"\b(?:conversations?|sessions?|chats?|exchanges?)\s+(?:of|with)\s+(?:about\s+|some\s+)?$", re.I)


@dataclass(frozen=True)
class CountOfThings:
    """A sentence with its count of things turned into a unit.

    Attributes
    ----------
    text : the sentence with the figure in its place
    stated : the figure by the catalog's facts
    central : its central value and unit
    note : what was taken where the sentence leaves it open
    centres : whether it is of all the world's data centres, now
    """

    text: str
    stated: Expression | None
    central: tuple[float, str]
    note: str
    centres: bool = False


def counted_in(text: str, catalog: Catalog) -> CountOfThings | None:
    """What a count of things in a sentence comes to; None where a sentence compares with none.

    Parameters
    ----------
    text : the sentence
    catalog : whose figures of the things are taken

    Returns
    -------
    The sentence with a figure and its unit, and the figure as an expression of the catalog's facts.

    Raises WattlineError where the thing is not known well enough.
    """
    if work := _of_work(text):
        return work
    for thing, match in things_compared(text, catalog):
        if FIGURES.search(text[: match.start()]):
            return None
        return _counted(text, thing, match, catalog)
    return None


def with_counted(claim: Claim, counted: CountOfThings, says: str, catalog: Catalog) -> Claim:
    """The claim of the sentence with its figure, with the count of things as what is stated.

    Parameters
    ----------
    claim : of the sentence with its figure
    counted : what the count came to
    says : the sentence as it was
    catalog : whose figures are taken

    Returns the claim.
    """
    taken = "Taken for the world's data centres." if counted.centres else claim.note
    note = f"Read as: {counted.text}. {counted.note} {taken}".replace("  ", " ").strip()
    claim = replace(claim, says=shorten(says, 500), note=note)
    if counted.centres:
        derived = expression_of(f"[{WORLD}]", "derived")
        claim = replace(claim, derived=derived, newer=None, note=f"{note} The year is {BASE}, the newest counted.")
    if counted.stated is None or claim.stated is None:
        return claim
    stated = evaluate(claim.stated.tree, Scope(Draws(0, catalog=catalog)))
    each = " / 1 request" if "request" in str(stated.units) else ""
    if each:
        stated = stated * quantity(1.0, "request")
    try:
        factor = float((stated / quantity(*counted.central)).to("").magnitude)
    except Exception:  # a figure of another kind, such as the gigawatts of an outlook, stays as it was read
        return claim
    factor = next((exact for exact in (1.0, *YEAR.values()) if abs(factor / exact - 1) < 2e-3), factor)
    times = "" if factor == 1 else f" * {factor:.6g}"
    unit = claim.stated.text.split()[-1]
    return replace(claim, stated=expression_of(f"({counted.stated.text}){times}{each} in {unit}", "stated"))


def _of_work(text: str) -> CountOfThings | None:
    """A figure of several questions, images, videos or searches, as that of one: 500 ml for 20 questions is 25 ml."""
    text = _with_versions_joined(text)
    match, figure = QUESTIONS.search(text), FIGURE.search(text)
    if match is None or figure is None or EVERY.search(text) or re.search(r"\btrain", text, re.I):
        return None
    counts = [number_of(match[name]) for name in ("low", "count") if match[name]]
    whole = number_of(figure["count"])
    each = sorted(whole / count for count in counts if count > 0)
    if not each or counts == [1.0] or match.start() <= figure.start() < match.end():
        return None
    unit, kind = figure["unit"], _KIND_OF_WORK.get(match["what"].lower(), "question")
    words = " to ".join(f"{value:.6g}" for value in each) + f" {unit} per {kind}"
    single = f"{match['whose']}{kind} "
    single = f" {'an' if single[0].lower() in 'aeio' else 'a'} {single}"
    read = _of_single(text, match, figure, words, single)
    named = kind != "question" or _NAMED.search(text)
    note = "" if named else "No product is named; ChatGPT is taken."
    read = " ".join(read.split()) if named else "ChatGPT: " + " ".join(read.split())
    return CountOfThings(read, None, (each[0], unit), note)


def _with_versions_joined(text: str) -> str:
    """A sentence in which the name of a model of images or video is one word, so that its version counts nothing."""
    makes = made_in(text)
    name = name_in(text, makes) if makes else ""
    return text.replace(name, re.sub(r"\s+", "-", name)) if name else text


def _of_single(text: str, questions: re.Match[str], figure: re.Match[str], words: str, single: str) -> str:
    """A sentence of several questions as one of a question, without the words that led to their number."""
    if figure.start() < questions.start():
        before, between = text[: figure.start()], text[figure.end() : questions.start()]
        return f"{_ARTICLE.sub('', before)}{words}{_FOR_EACH.sub('for ', between)}{single}{text[questions.end() :]}"
    before, between = text[: questions.start()], text[questions.end() : figure.start()]
    if talk := _TALK.search(before):
        before, single = before[: talk.start()], re.sub(r"^\s*an?\s", "", single)
    return f"{before}{single}{_ARTICLE.sub('', between)}{words}{text[figure.end() :]}"


def _counted(text: str, thing: Thing, match: re.Match[str], catalog: Catalog) -> CountOfThings:
    """The sentence with the figure that a count of a thing comes to."""
    if match["from"]:
        raise decline(text, "a range of things is not read; give one number")
    head = text[: match.start()]
    measured = [kind for kind, words in ABOUT.items() if re.search(words, head + match[0], re.I)]
    if measured and thing.kind not in measured:
        raise decline(text, f"what is compared is a measure of {thing.kind}, but the sentence is of {measured[0]}")
    count = product_of(match["times"], match["count"], (match["many"] or "").replace("times", ""))
    each, rate, head = time_of(text, thing, match, head)
    expression = thing.each.format(count=f"{count:.15g}", time=each)
    value = evaluate(expression_of(expression, "stated").tree, Scope(Draws(0, catalog=catalog)))
    central = _climbed(value, thing.kind)
    fills = " ".join(re.findall(r"up to|at least|at most|more than|less than|over", match["fills"] or "", re.I))
    bound = f"{match['bound']} than" if match["bound"] else fills
    figure = f"{bound} {_digits(central[0])} {central[1]}{f' per {rate}' if rate else ''}"
    of = {"carbon": " of CO2", "water": " of water", "energy": ""}[thing.kind]
    read = " ".join(f"{head} {figure}{of}".split())
    return CountOfThings(
        read, expression_of(expression, "stated"), central, thing.note, _of_all_centres(head, thing.kind)
    )


def _of_all_centres(head: str, kind: Kind) -> bool:
    """Whether a sentence begins with the world's data centres and names neither a year nor whose they are."""
    rest = CENTRES.sub(" ", re.sub(r"\b(the|world['’]s|world|all|global|planet['’]s)\b", " ", head, flags=re.I))
    alone = re.fullmatch(r"[\W]*(?:\b(?:now|today|already|use[sd]?|using|consumes?|takes?|needs?|draw)"
                         r"\b[\W]*)*", rest, re.I)  # fmt: skip
    return kind == "energy" and CENTRES.search(head) is not None and alone is not None


def _digits(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _climbed(value: Any, kind: Kind) -> tuple[float, str]:
    """A figure in the unit that reads best, as number and unit."""
    base = {"energy": "Wh", "carbon": "g", "water": "L"}[kind]
    for count in ("home", "search"):
        if count in str(value.units):
            value = value / quantity(1.0, count) ** value.units._units[count]
    size = float(value.to(base).magnitude)
    unit, factor = next((name, each) for name, each, least in reversed(LADDERS[kind]) if size >= least)
    return size / factor, unit


def unknown_thing(text: str) -> str:
    """What a sentence compares with, in its own words; empty where it compares with nothing."""
    match = re.search(rf"{COMPARES}{FILLS}(?P<rest>.+)$", text, re.I)
    return match["rest"].strip(" .!") if match else ""
