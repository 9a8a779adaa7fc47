"""One line of plain words, such as "Llama 3.1 70B on 4 H100, 500 in, 300 out", as a question of one of the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wattline.catalog import Catalog, default
from wattline.catalog.record import plain_name
from wattline.core.errors import WattlineError, shorten

MAX_LINE = 300
MAX_WORDS = 6  # in the name of a model or chip
_NUMBER = r"(\d[\d,]*(?:\.\d+)?\s?(?:[kKMBT]|million|billion|trillion|thousand)?)"
_TRAIN = re.compile(r"\b(train|training|pretrain|pre-train)\w*\b", re.I)
_CLAIM = re.compile(r"\?\s*$|\b(is|are|does|do)\b.*\b(right|true|correct)\b|\bclaims?\b", re.I)
_TOKENS = re.compile(rf"{_NUMBER}\s*tokens?\b", re.I)
_INPUT = re.compile(rf"{_NUMBER}\s*(?:tokens?\s*)?(?:in\b(?!\s+[a-z])|input|in(?=,|$|\s+and|\s+\d))", re.I)
_OUTPUT = re.compile(rf"{_NUMBER}\s*(?:tokens?\s*)?(?:out\b|output)", re.I)
_SITE = re.compile(r"(\d[\d,.]*\s*(?:kW|MW|GW))\b", re.I)
_PLACE = re.compile(r"\b(?:in|at|near)\s+([A-Za-zÀ-ÿ'’.\- ]+(?:,\s*[A-Za-z. ]+)?)", re.I)
_RATE = re.compile(
    r"(\d[\d,.]*\s*[kM]?)\s*(?:requests?|prompts?|queries)?\s*(?:/|per |a )\s*(second|s|min|minute|hour|h|day)\b", re.I
)
_SIZE = re.compile(r"\b(\d+(?:\.\d+)?)\s?[bB]\b")
_ENERGY = re.compile(r"\d\s*(?:[kKMGTm]?Wh|[kM]?J|litres?|liters?|L|kg|g|t)\b")
_YEAR = re.compile(r"\b(20[12345]\d)\b")
_SUPPLY = re.compile(r"\b(power|supply|wind|solar|batter\w+|carbon[- ]free)\b", re.I)
_PER = {"second": "s", "s": "s", "min": "min", "minute": "min", "hour": "h", "h": "h", "day": "day"}
USUAL_MODEL = "llama-3.1-8b"
ABOUT = "ChatGPT"  # whose energy a bare figure is usually of


@dataclass(frozen=True)
class LineQuestion:
    """What a line asks.

    Attributes
    ----------
    command : of the page that answers
    values : its inputs
    taken : what was assumed for what the line does not say, in words
    """

    command: str
    values: dict[str, str]
    taken: tuple[str, ...] = field(default=())


def read_line(line: str, catalog: Catalog | None = None) -> LineQuestion:
    """The question of a line. Raises WattlineError, with examples, for a line that asks nothing known.

    Parameters
    ----------
    line : plain words
    catalog : whose models, chips and regions are known

    Returns
    -------
    The command that answers, and its fields.
    """
    known = default() if catalog is None else catalog
    text = re.sub(r"(\d)\s*[x×]\s*(?=[A-Za-z])", r"\1 ", " ".join(line.split()))
    if not text or len(text) > MAX_LINE:
        raise WattlineError(f"write a line of at most {MAX_LINE} characters")
    if _ENERGY.search(text) and not _TRAIN.match(text):
        return _claim(text)
    if _CLAIM.search(text) and _SITE.search(text) is None and _model(text, known) is None:
        return _claim(text)
    if _TRAIN.search(text):
        return _training(text, known)
    if _SITE.search(text) and _model(text, known) is None:
        return _site(text)
    model = _model(text, known) or _of_size(text, known)
    if model is not None:
        return _request(text, model, known)
    if re.search(r"\b(world|global|twh|data cent)", text, re.I) or _YEAR.search(text):
        return _world(text, known)
    raise WattlineError(
        f"{shorten(text)!r} names no model, power or figure that is known; write such as "
        '"Llama 3.1 70B on 4 H100, 500 in, 300 out", "60 MW in Dublin" or "ChatGPT uses 2.9 Wh per request"'
    )


def _claim(text: str) -> LineQuestion:
    """A figure held against the catalog; one of nothing in particular is taken to be of a request to ChatGPT."""
    match = re.fullmatch(r"(?:is|are)\s+(\d[\d.,]*\s*\w+)\s*(?:right|true|correct)?\s*\??", text, re.I)
    if match:
        words = f"{ABOUT} uses {match[1]} per request"
        return LineQuestion("check", {"claims": words}, (f"taken for: {words}",))
    plain = re.sub(r"^(?:is it (?:right|true|correct) that|is|does|do)\s+", "", text.rstrip("? "), flags=re.I)
    plain = re.sub(r"\s*\b(?:right|true|correct)$", "", plain, flags=re.I)
    return LineQuestion("check", {"claims": plain})


def _training(text: str, known: Catalog) -> LineQuestion:
    values: dict[str, str] = {}
    taken: list[str] = []
    model = _model(text, known) or _of_size(text, known)
    if model is None:
        raise WattlineError("name the model or its size, such as: train Llama 3.1 8B on 15T tokens with 2,048 H100")
    name, why = model
    taken += [why] if why else []
    values["model"] = name
    tokens = _TOKENS.search(text)
    values["tokens"] = _plain(tokens[1]) if tokens else "15T"
    if not tokens:
        taken.append("tokens: 15T")
    chip = _chip(text, known)
    values["chip"], count = chip if chip else ("h100-sxm", "")
    values["chips"] = count or "1024"
    if not chip or not count:
        taken.append(f"{values['chips']} × {values['chip']}")
    values |= _region(text, known)
    return LineQuestion("train", values, tuple(taken))


def _request(text: str, model: tuple[str, str], known: Catalog) -> LineQuestion:
    values = {"model": model[0]}
    taken = [model[1]] if model[1] else []
    chip = _chip(text, known)
    if chip:
        values["chip"] = chip[0]
        if chip[1]:
            values["gpus"] = chip[1]
    rate = _RATE.search(text)
    if rate:
        values["rate"] = f"{_plain(rate[1])}/{_PER[rate[2].lower()]}"
        values |= _region(text, known)
        return LineQuestion("serve-average", values, tuple(taken))
    for name, pattern in (("input_tokens", _INPUT), ("output_tokens", _OUTPUT)):
        if match := pattern.search(text):
            values[name] = _plain(match[1])
    return LineQuestion("prompt", values | _region(text, known), tuple(taken))


def _site(text: str) -> LineQuestion:
    power = _SITE.search(text)
    assert power is not None
    values = {"it": " ".join(power[1].split())}
    place = _PLACE.search(text)
    if place:
        values["place"] = re.split(r"\b(?:with|from|by|for|using)\b", place[1])[0].strip(" .?")
    if _SUPPLY.search(text.replace(power[0], "")):
        return LineQuestion("supply", values | {"draws": "4"})
    if not place:
        return LineQuestion("site", values | {"place": "Dublin"}, ("place: Dublin",))
    return LineQuestion("site", values)


def _world(text: str, known: Catalog) -> LineQuestion:
    values = _region(text, known)
    if year := _YEAR.search(text):
        values["to"] = year[1]
    return LineQuestion("world", values)


def _plain(number: str) -> str:
    return number.replace(",", "").replace(" ", "")


def _names(text: str) -> list[tuple[str, ...]]:
    """Runs of words that may be a name, the longest first."""
    words = re.findall(r"[A-Za-z0-9][\w./+-]*", text)
    runs = [tuple(words[i : i + n]) for n in range(MAX_WORDS, 0, -1) for i in range(len(words) - n + 1)]
    return [tuple(word.rstrip(".,") for word in run) for run in runs]


def _model(text: str, known: Catalog) -> tuple[str, str] | None:
    """A model that the line names, and "" since nothing is assumed."""
    names = known.names("model")
    for run in _names(text):
        name = plain_name(" ".join(run))
        if name in names and not name.isdigit() and len(name) > 2 and name not in known.names("chip"):
            return names[name], ""
    return None


def _of_size(text: str, known: Catalog) -> tuple[str, str] | None:
    """A model of the size that the line names, with what was assumed."""
    match = _SIZE.search(text)
    if not match:
        return None
    name = f"llama-3.1-{match[1]}b"
    if name in known.records("model"):
        return name, f"{match[0]}: taken as {name}"
    size = float(match[1]) * 1e9
    sized = [
        (abs(record.facts["total_params"].value - size), record.name)
        for record in known.records("model").values()
        if "total_params" in record.facts
    ]
    gap, near = min(sized)
    return (near, f"{match[0]}: taken as {near}") if gap <= 0.15 * size else None


def _chip(text: str, known: Catalog) -> tuple[str, str] | None:
    """A chip that the line names, and how many."""
    names = known.names("chip")
    for run in _names(text):
        words = " ".join(run)
        for name in (plain_name(words), plain_name(words.removesuffix("s")), plain_name(words.removesuffix(" GPUs"))):
            if name in names and not name.isdigit():
                count = re.search(rf"(\d[\d,]*)\s*(?:[x×]\s*)?(?:NVIDIA\s+|AMD\s+)?{re.escape(run[0])}\b", text, re.I)
                return names[name], _plain(count[1]) if count else ""
    return None


def _region(text: str, known: Catalog) -> dict[str, str]:
    """The region that the line names after "in"."""
    names = known.names("region")
    for match in _PLACE.finditer(text):
        words = match[1].strip(" .?,").split()
        for count in range(min(3, len(words)), 0, -1):
            name = plain_name(" ".join(words[:count]))
            if name in names and len(name) > 1:
                return {"region": names[name]}
    return {}
