"""One line of plain words, such as "Llama 3.1 70B on 4 H100, 500 in, 300 out", as a question of one of the pages."""

from __future__ import annotations

import re
from dataclasses import replace

from wattline.catalog import Catalog, default
from wattline.claim.sentence import is_restated, is_sentence, read_sentence
from wattline.core.errors import WattlineError, shorten
from wattline.web.app.line import media, planning, serving
from wattline.web.app.line.beside import kinds_of_work
from wattline.web.app.line.chinese import as_written, is_chinese, to_english
from wattline.web.app.line.question import LineQuestion
from wattline.web.app.line.spots import spot_in
from wattline.web.app.line.things import NamedThing, model_in
from wattline.web.app.line.typed import TypedLine

MAX_LINE = 300
ABOUT = "ChatGPT"  # whose energy a bare figure is usually of
_ENERGY = re.compile(
    r"\d\s*(?:(?:milli|kilo|mega|giga|tera)?watt[\s-]?hours?|[kKMGTm]?Wh|[kM]?J|joules?|m[lL]|millilit\w+|lit(?:re|er)s?|gallons?|L|kg|g|"
    r"t(?!\w|\s*tokens?)|ton(?:ne)?s?|%|percent)(?![\w])(?!\s*/\s*(?!quer|prompt|request|question|answer|image))"
    r"|\d\s*(?:[万亿千百]*)\s*(?:[千兆吉太毫]?瓦时|度电?|吨|毫?升|公斤|千克|克|[千]?焦)|\d\s*[%％]"
)
_ASKS = re.compile(r"^\s*(how|what|which|when|where|why|should|can|could)\b|多少|什么|如何|怎么", re.I)
_RIGHT = re.compile(r"\b(is|are|does|do)\b.*\b(right|true|correct)\b|\bclaims?\b|\b(?:right|true|correct)\s*\?", re.I)
_BARE = re.compile(r"(?:is|are)?\s*(\d[\d.,]*\s*[kKMGTm]?Wh)\s*(?:is\s+|really\s+)*(?:right|true|correct)?\s*\??", re.I)
_THAN = re.compile(
    r"\b(\w+er|more|less|worse)(?: \w+){0,2} than\b|\b\d+\s*(x|times|×)|\b(ten|twice|as much|as many) (times|as)\b|"
    r"\bas (?:much|many)(?: \w+){0,2} as\b",
    re.I,
)
_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_FIXED = (
    (re.compile(r"(?<![\w.])(\d[\d,]*)\s*[x×]\s*(?=[A-Za-z])"), r"\1 "),
    (re.compile(r"\b(llama|qwen|gemma|mistral)(?=\d+b\b)", re.I), r"\1 "),
    (re.compile(r"(?<=\d)\s*kilo\s?watts?\b", re.I), " kW"),
    (re.compile(r"(?<=\d)\s*mega\s?watts?\b", re.I), " MW"),
    (re.compile(r"(?<=\d)\s*giga\s?watts?\b", re.I), " GW"),
    (re.compile(r"\b(?:a|one)\s+(?=(?:thousand|million|billion)\b)", re.I), "1 "),
    (re.compile(r"(?<=\d)-(?=(?:second|minute|hour|token|year|day|step)s?\b)", re.I), " "),
    (re.compile(r"(?<=[A-Za-z])['’]s\b"), " "),
    (re.compile(r"\bone\s+(?=(?:second|minute|hour)s?\b)", re.I), "1 "),
    *((re.compile(rf"\b{word}\b", re.I), str(number)) for number, word in enumerate(_WORDS, 2)),
    (re.compile(r"\bfine[- ]?tun(e|ing|ed)\b", re.I), "finetune"),
)


def read_line(line: str, catalog: Catalog | None = None) -> LineQuestion:
    """The question of a line.

    Parameters
    ----------
    line : plain words, in English or Chinese
    catalog : whose models, chips and regions are known

    Returns
    -------
    The command that answers, its fields, what was assumed, and the words that changed nothing.

    Raises WattlineError, with examples, for a line that asks nothing known.
    """
    known = default() if catalog is None else catalog
    text = " ".join(line.split())
    if not text or len(text) > MAX_LINE:
        raise WattlineError(f"write a line of at most {MAX_LINE} characters")
    english = to_english(text) if is_chinese(text) else text
    claim = _claim(text, english)
    if claim is not None:
        return claim
    kinds = kinds_of_work(english, lambda part: read_line(part, known))
    if kinds is not None:
        return kinds
    for pattern, by in _FIXED:
        english = pattern.sub(by, english)
    made = _question(TypedLine(english), text, known)
    return replace(made, unread=tuple(as_written(words, text) for words in made.unread))


def _question(line: TypedLine, text: str, known: Catalog) -> LineQuestion:
    """What a line asks that claims nothing: kinds of question from the narrowest to the widest."""
    for read in (
        planning.own_machine,
        planning.swinging,
        media.spoken,
        media.media_question,
        planning.site_question,
        media.session,
        planning.waiting,
    ):
        made = read(line, known)
        if made is not None:
            return _with_rest(made, line)
    beside = serving.side_by_side(line, known)
    if beside is not None:
        return _with_rest(beside, line)
    if line.has(serving.TRAIN):
        return _with_rest(serving.training(line, known), line)
    model = model_in(line, known)
    if model is None and line.has(planning.CENTRES):
        return _with_rest(planning.world(line, known), line)
    if model is None and line.has(serving.PROMPT):
        model = NamedThing("closed", serving.USUAL_CLOSED, ABOUT, f"a prompt: taken as one to {serving.USUAL_CLOSED}")
    if model is not None or line.has(serving.SERVED):
        return _with_rest(serving.request(line, model, known), line)
    last = planning.facts(line, known) or planning.anywhere(line, spot_in(line, known))
    if last is not None:
        return _with_rest(last, line)
    names = [as_written(words, text) for words in line.unread()]
    strange = f"; not understood: {shorten(', '.join(names), 80)}" if names else ""
    raise WattlineError(
        f"{shorten(text)!r} names no model, power or figure that is known{strange}; write such as "
        '"Llama 3.1 70B on 4 H100, 500 in, 300 out", "60 MW in Dublin" or "ChatGPT uses 2.9 Wh per request"'
    )


def _with_rest(made: LineQuestion, line: TypedLine) -> LineQuestion:
    return replace(made, unread=line.unread())


def _claim(text: str, english: str) -> LineQuestion | None:
    """A figure held against the catalog; one of nothing in particular is taken to be of a request to ChatGPT."""
    match = _BARE.fullmatch(english)
    if match:
        words = f"{ABOUT} uses {match[1]} per request"
        return LineQuestion("check", {"claims": words}, (f"taken for: {words}",))
    plain = text if is_chinese(text) else _statement(text)
    asks = _ASKS.search(text) is not None
    if not asks and _ENERGY.search(text) and not serving.counts_tokens(english) and not planning.names_target(english):
        return LineQuestion("check", {"claims": plain})
    claims = _RIGHT.search(english) or _THAN.search(english) or "?" in text or is_restated(plain)
    if asks or not is_sentence(plain) or not claims:
        return None
    try:
        read_sentence(plain)
    except WattlineError:
        return LineQuestion("check", {"claims": plain}) if _RIGHT.search(english) else None
    return LineQuestion("check", {"claims": plain})


def _statement(text: str) -> str:
    """A question whether something is so as the sentence that it asks about."""
    plain = text.rstrip("? ")
    begins = re.match(r"(?:is it (?:right|true|correct) that|is|are|does|do|did)\s+", plain, re.I)
    plain = plain[begins.end() :] if begins else plain
    plain = re.sub(r"[\s,]*\b(?:is\s+)?(?:right|true|correct)$", "", plain, flags=re.I)
    plain = re.sub(r"\b(\d+)\s*[x×](?=\s+(?:a|an|the|as)\b)", r"\1 times as much as", plain)
    if begins and begins[0].strip().lower() in ("does", "did"):
        plain = re.sub(r"\b(use|draw|emit|take|need|consume)\b", r"\1s", plain, count=1)
    return re.sub(r"\b(\d+)\s*[x×](?=\s+(?:a|an|the|as)\b)", r"\1 times as much as", plain)
