"""A sentence that gives every search an answer of a language model, held against what such answers take on the line."""

from __future__ import annotations

import re

import numpy as np

from wattline.claim.fields import Expression, Given, expression_of, literal_of
from wattline.claim.file import ROUGHLY, Claim
from wattline.claim.verdict import Relation
from wattline.core.errors import shorten
from wattline.core.fact import Array, Source
from wattline.core.quantity import number
from wattline.core.units import J_PER_WH

DRAWS = 400
# models and chips whose answers stand for a chatbot's: today's open ones, and the dense one of 2020 that 2.9 Wh was of
MODELS = (("llama-3.1-8b", "h100-sxm", 1), ("llama-3.3-70b", "h100-sxm", 4), ("gpt-3-175b", "a100-sxm-80gb", 8))
SEARCHES = "constant.google-searches-per-day"
BESIDE = {"at 6.9 to 8.9 Wh a search (de Vries 2023)": "total.devries-search-ai.energy_twh"}
NEWER = "prompt.gemini-median.energy_wh"
_SEARCH = re.compile(r"\bsearch(es)?\b", re.I)
_ANSWER = re.compile(r"\b(chatgpt|chatbots?|language models?|llms?|generative|gemini|gpt|ai)\b", re.I)
_EACH = re.compile(r"\b(every|each|all)\b", re.I)
_GOOGLE = re.compile(r"\bgoogle(?:['’]s)?\s+(?:\w+\s+)?ai\s+(?:answers|overviews?|search\w*|summaries|results)\b", re.I)
_COUNT = re.compile(
    r"(?P<count>\d[\d,.]*)\s*(?P<scale>billion|bn|trillion|million)\b[\w\s]{0,20}?\bsearches\b(?P<rate>.{0,12}?(day|year))?",
    re.I,
)
_SCALES = {"billion": "G", "bn": "G", "trillion": "T", "million": "M"}


def gives_answers_to_searches(text: str) -> bool:
    """Whether a sentence gives each search an answer of a language model and says an energy of all of them.

    Parameters
    ----------
    text : the sentence

    Returns whether.
    """
    whole = re.search(r"\d\s*(twh|gwh|terawatt|gigawatt)", text, re.I)
    if whole and _GOOGLE.search(text):
        return True
    return bool(whole and _SEARCH.search(text) and _ANSWER.search(text) and (_EACH.search(text) or _COUNT.search(text)))


def total_in(text: str) -> Expression:
    """The energy of all searches together: the figure in GWh or TWh.

    Parameters
    ----------
    text : the sentence, which has one

    Returns it.
    """
    match = re.search(r"(\d[\d,]*(?:\.\d+)?)\s*(twh|gwh|terawatt|gigawatt)", text, re.I)
    assert match is not None
    unit = "TWh" if match[2].lower().startswith("t") else "GWh"
    return literal_of(f"{float(match[1].replace(',', '')):.15g} {unit}", "claim")


def searches_claim(text: str, stated: Expression, relation: Relation) -> Claim:
    """The claim with what answers of several models take, times the searches.

    Parameters
    ----------
    text : the sentence
    stated : the energy that it says
    relation : how it is meant: equal, at least, at most

    Returns
    -------
    A claim that ``evaluate`` takes; the note tells each model's watt-hours.
    """
    energies = {f"{model} on {gpus} × {chip}": _answer_wh(model, chip, gpus) for model, chip, gpus in MODELS}
    low, middle, high = np.percentile(np.concatenate(list(energies.values())), (5, 50, 95))
    ends = [literal_of(f"{value:.6g} Wh/search", "claim") for value in (middle, low, high)]
    source = Source(f"Wattline's own prediction (`wattline prompt`), {len(energies)} models")
    answer = Given(ends[0], ends[1], ends[2], "lognormal", source, "500 tokens in, 300 out, from chip to grid")
    searches, quantities = _searches(text)
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=_note(energies),
        quantities={"answer": answer, **quantities},
        stated=stated,
        derived=expression_of(f"answer * {searches} * 365 day in TWh", "derived"),
        newer=expression_of(f"[{NEWER}] * 1 request/search * {searches} * 365 day", "newer"),
        newer_source="Google, 2025",
        newer_note="had each search a prompt of Gemini added",
        beside={name: expression_of(f"[{key}]", "beside") for name, key in BESIDE.items()},
        relation=relation,
        roughly=ROUGHLY if relation == "equal" else 0.0,
    )


def _searches(text: str) -> tuple[str, dict[str, Given]]:
    """Searches a day: the sentence's own number, or the catalog's."""
    match = _COUNT.search(text)
    if match is None:
        return f"[{SEARCHES}]", {}
    count = float(match["count"].replace(",", "").rstrip("."))
    a_year = (match["rate"] or "").lower().endswith("year") or match["scale"].lower() == "trillion"
    size = f"{count / 365 if a_year else count:.6g}{_SCALES[match['scale'].lower()]}"
    return "searches", {"searches": Given(literal_of(f"{size} search/day", "claim"), note="as the sentence says")}


def _answer_wh(model: str, chip: str, gpus: int) -> Array:
    from wattline.predict.prompt import prompt

    return np.asarray(prompt(model, chip, gpus=gpus, draws=DRAWS).energy_j) / J_PER_WH


def _note(energies: dict[str, Array]) -> str:
    each = "; ".join(
        f"{name} {number(float(np.median(wh)))} Wh [{number(float(np.percentile(wh, 5)))}–"
        f"{number(float(np.percentile(wh, 95)))}]"
        for name, wh in energies.items()
    )
    return f"An answer of 300 tokens to 500, from chip to grid (`wattline prompt`): {each}."
