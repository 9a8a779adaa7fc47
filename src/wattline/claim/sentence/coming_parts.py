"""Sentences on AI's part of data centres: whether one is of it, and what the outlook has of it."""

from __future__ import annotations

import re

import numpy as np

from wattline.claim.sentence.coming_words import CENTRES, Part, in_percent
from wattline.core.fact import Array
from wattline.line.world.ai_part import ai_share, training_share
from wattline.line.world.outlook import OutlookQuestion, catalog_posterior, outlook
from wattline.line.world.outlook_draws import CHUNK
from wattline.line.world.places import Place

AI = r"(?:(?-i:AI|A\.I\.)|artificial intelligence)"
_CENTRE = CENTRES.pattern
_KINDS = r"(?:[\s-]+(?:optimi[sz]ed|focuss?ed|specific|related|dedicated|ready|only))?"
_MACHINES = (
    r"(?:servers?|chips?|accelerators?|workloads?|computing|compute|systems?|models?|applications?|infrastructure)"
)
_USE = r"(?:electricity|power|energy|demand|consumption|use|usage|load)"
_VERB = (
    r"(?:will|would|could|can|may|might|is|are|was|has|uses?|used|consume[sd]?|needs?|takes?|took|draws?|accounts?"
    r"|accounted)"
)
# "AI data centres", "AI servers", "data centres for AI", "electricity for AI", "AI will use", "AI's electricity use"
_OF_AI = re.compile(
    rf"\b{AI}{_KINDS}[\s-]+(?:{_CENTRE}|{_MACHINES}\b)"
    rf"|{_CENTRE}\s+(?:used\s+)?(?:for|that run|running|devoted to|dedicated to)\s+{AI}\b"
    rf"|\b{_USE}\s+(?:demand\s+|use\s+|consumption\s+)?(?:of|from|for|by)\s+{AI}\b"
    rf"|(?<!bill)(?<!spending)(?<!investment)\s(?:for|on|to run|to train)\s+(?:its\s+|their\s+)?{AI}\b"
    r"(?=\s*(?:$|[.,;]|in\b|by\b))"
    rf"|\b{AI}(?:['’]s)?\s+(?:\w+\s+){{0,2}}?(?:{_VERB}|{_USE})\b",
    re.I,
)
# AI as what drives the data centres: the figure is theirs
_DRIVES = re.compile(
    rf"\b{AI}\s+(?:boom|adoption|rush|race|revolution)\b|\b(?:driven|fuel+ed|powered|caused|spurred|pushed)\s+(?:\w+\s+){{0,2}}by\s+{AI}"
    rf"|\b{AI}\s+(?:is\s+|will\s+|could\s+|may\s+|might\s+|would\s+)?"
    rf"(?:driv|push|fuel|doubl|tripl|caus|lead|rais|lift|send|boost|increas|quadrupl)\w*\b.*{_CENTRE}",
    re.I,
)
# data centres, AI and crypto-mining: AI beside them is no part
_LISTED = re.compile(
    rf"\b{_CENTRE}\s*,\s*(?:crypto\w*(?:[\s-]\w+)?\s+and\s+)?{AI}\b|\b{AI}\s*(?:,|and)\s+(?:\w+\s+)?crypto",
    re.I,
)
# one maker's machines or one service, of which the outlook knows nothing apart
_MAKER = re.compile(
    r"\b(Nvidia\w*|AMD|Intel|TPUs?|OpenAI\w*|ChatGPT|GPT\S*|Claude|Gemini|Anthropic|Grok|xAI|DeepSeek)\b"
)
_WHOLE = r"(?:%|per\s?cent)\s+of\s+(?:all\s+|the\s+|total\s+|global\s+|world\w*['’]?s?\s+)*"
_WITHIN = re.compile(rf"{_WHOLE}{_CENTRE}", re.I)
_WITHIN_AI = re.compile(rf"{_WHOLE}{AI}(?:['’]s)?\s+(?:\w+\s+)?{_USE}\b", re.I)
_SHARE = re.compile(
    r"(?:(?<![\d.])(?P<low>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)?\s*(?:-|–|—|to|and)\s*)?(?P<high>\d+(?:\.\d+)?)\s*$", re.I
)
_TRAINS, _INFERS = re.compile(r"\btraining\b", re.I), re.compile(r"\b(inference|inferencing)\b", re.I)


def part_in(text: str) -> Part:
    """Of which part of data centres a sentence is: AI where AI itself is what uses, not where it drives the rest.

    Parameters
    ----------
    text : the sentence

    Returns
    -------
    ``ai``, else ``all``.
    """
    own = _OF_AI.search(text) and not _LISTED.search(text) and not _DRIVES.search(text) and not _MAKER.search(text)
    return "ai" if own else "all"


def is_beside(text: str) -> bool:
    """Whether a sentence names AI or crypto-mining beside data centres, which are all that it is of.

    Parameters
    ----------
    text : the sentence

    Returns whether.
    """
    return _LISTED.search(text) is not None


def share_within(text: str) -> tuple[tuple[float, ...], Part, bool] | None:
    """A stated share of AI in data centres' electricity, or of training or inference in AI's; None without.

    Parameters
    ----------
    text : the sentence

    Returns
    -------
    The share, 0 to 1, of a range both ends; of what it is; and whether it is a share of AI rather than of data centres.
    """
    text = in_percent(text)
    trains, infers = bool(_TRAINS.search(text)), bool(_INFERS.search(text))
    of_ai = _WITHIN_AI.search(text)
    match = of_ai or _WITHIN.search(text)
    number = _SHARE.search(text[: match.start()]) if match else None
    if number is None or (trains and infers) or not re.search(AI, text, re.I) or _MAKER.search(text):
        return None
    if of_ai and not (trains or infers):
        return None
    ends = tuple(float(end) / 100 for end in (number["low"], number["high"]) if end)
    return ends, "training" if trains else "inference" if infers else "ai", of_ai is not None


def part_draws(place: Place, years: list[int], part: Part, as_of: int) -> tuple[Array, Array]:
    """Draws of a part's electricity with its cooling and power [TWh], and of its share of the whole.

    Parameters
    ----------
    place : whose data centres
    years : to look at
    part : AI, or the training or inference of it
    as_of : year of the outlook

    Returns
    -------
    Both of shape ``(n_draws, n_years)``; the share is of the data centres' electricity.
    """
    spans = tuple(range(min(years), max(years) + 1))
    made = outlook(OutlookQuestion((place,), spans, as_of), catalog_posterior(as_of), CHUNK, 0)
    spots = [year - spans[0] for year in years]
    share = ai_share(made.shares["ai"][0][spots], np.array(years)).T
    twh = np.asarray(made.twh[0][spots].T, float) * share
    if part == "ai":
        return twh, share
    training = training_share(np.array(years), CHUNK).T
    of_ai = training if part == "training" else 1 - training
    return twh * of_ai, share * of_ai
