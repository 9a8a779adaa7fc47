"""A sentence that sets a generated image or video beside a phone's charge, held against what models take on a chip."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from wattline.catalog.draws import Draws
from wattline.claim.fields import Given, expression_of, literal_of
from wattline.claim.file import ROUGHLY, Claim
from wattline.claim.sentence.counted_words import number_of
from wattline.claim.verdict import Relation
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array, Source
from wattline.core.quantity import number
from wattline.core.units import J_PER_WH
from wattline.line.work.outside import ServedMaker, served_maker

CHIP = "h100-sxm"
DRAWS = 400
MODELS = {
    "image": ("stable-diffusion-xl", "stable-diffusion-3.5-large", "flux.1-schnell", "flux.1-dev"),
    "video": ("cogvideox-2b", "wan-2.1-14b", "hunyuan-video"),
}
BESIDE = {"image": "prompt.image-generation-luccioni.energy_wh"}
CHARGE = "constant.phone-charge"
_COUNT = (
    r"(?P<count>\d[\d,]*(?:\.\d+)?(?:\s+(?:thousand|million|billion))?|"
    r"two|three|four|five|six|ten|a hundred|a thousand)"
)
_CHARGE = re.compile(
    rf"\bcharg\w*\s+(?:{_COUNT}|a|an|one|your|the|my)?\s*(?:smart|tele|mobile\s+|cell)?phone|"
    rf"(?:{_COUNT.replace('count', 'charges')}\s+(?:smart|tele|mobile\s+|cell)?)?\bphone(?:'s)?\s+charge",
    re.I,
)
_SCALED = re.compile(r"\b(half|times|per\s?cent|percent|twice|quarter|third)\b|%", re.I)
_KINDS = {
    "image": re.compile(r"\b(images?|pictures?|photos?)\b", re.I),
    "video": re.compile(r"\b(videos?|clips?|films?)\b", re.I),
}


def kind_of(text: str) -> str | None:
    """``image`` or ``video`` where a sentence sets one beside a phone's charge; None for any other sentence."""
    return made_in(text) if _CHARGE.search(text) else None


def made_in(text: str) -> str | None:
    """``image`` or ``video`` where a sentence is of one; None for any other sentence."""
    return next((kind for kind, words in _KINDS.items() if words.search(text)), None)


def _named(text: str, kind: str, field: str = "") -> str | None:
    """The catalog's record of a kind, and of what it makes, whose name stands in a sentence, the longest; or None."""
    catalog = Draws(0).catalog
    plain = _plain(text)
    records = catalog.records(kind)
    names = {
        name: key
        for key, record in records.items()
        if not field or record.meta["makes"] == field
        for name in {_plain(each) for each in (key, record.title, *record.meta.get("aliases", ()))}
    }
    there = [name for name in names if re.search(rf"(?<![a-z\d.]){re.escape(name)}(?![a-z\d])", plain)]
    return names[max(there, key=len)] if there else None


def name_in(text: str, kind: str) -> str:
    """The name of a model, or of a served maker, as a sentence has it.

    Parameters
    ----------
    text : the sentence
    kind : what it makes, ``image`` or ``video``

    Returns its words; empty where it names none.
    """
    if served := served_maker(text, kind):
        return served[0].name if served[0].name in text else ""
    match = _pattern_of(key).search(text) if (key := _named(text, "diffusion", kind)) else None
    return match[0] if match else ""


def _without_name(text: str, key: str | None) -> str:
    """A sentence without the name of a model, whose numbers count nothing."""
    return text if key is None else _pattern_of(key).sub(" ", text)


def _pattern_of(key: str) -> re.Pattern[str]:
    """What matches the names of a model of the catalog, however its words are joined."""
    record = Draws(0).catalog.find("diffusion", key)
    names = sorted((key, record.title, *record.meta.get("aliases", ())), key=len, reverse=True)
    parts = [r"[^A-Za-z\d.]+".join(map(re.escape, re.split(r"[^A-Za-z\d.]+", name.strip("-. ")))) for name in names]
    return re.compile(rf"(?<![A-Za-z\d.])(?:{'|'.join(parts)})(?![A-Za-z\d])", re.I)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z\d.]+", "-", text.lower()).strip("-.")


def generated_claim(kind: str, text: str, relation: Relation) -> Claim:
    """The claim with what several models take on an H100, or the model and the chip that it names, as what it is held
    against.

    Parameters
    ----------
    kind : ``image`` or ``video``
    text : the sentence
    relation : how it is meant: equal, at least, at most

    Returns
    -------
    A claim that ``evaluate`` takes; the note tells each model's watt-hours.
    """
    served = served_maker(text, kind)
    maker, bare = served or (None, text)
    named, chip = _named(bare, "diffusion", kind), _named(text, "chip") or CHIP
    names = (maker.name,) if maker else (named,) if named else MODELS[kind]
    energies = {name: _energy_wh(kind, name, chip) for name in names}
    where = Draws(0).catalog.find("chip", chip).title
    low, middle, high = np.percentile(np.concatenate(list(energies.values())), (5, 50, 95))
    ends = [literal_of(f"{value:.6g} Wh", "claim") for value in (middle, low, high)]
    source = Source(f"Wattline's own prediction (`wattline {kind}`), {models_in_words(names)} on {where}")
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=_note(kind, energies, where) + (unpublished_words(maker) if maker else ""),
        quantities={
            kind: Given(
                ends[0],
                ends[1],
                ends[2],
                "lognormal",
                source,
                "from chip to grid, at each model's usual size and steps",
            )
        },
        stated=expression_of(f"{_charges(bare)}[{CHARGE}]{_share(kind, _without_name(bare, named))}", "stated"),
        derived=expression_of(kind, "derived"),
        beside={f"published of one {kind}": expression_of(f"[{BESIDE[kind]}]", "beside")} if kind in BESIDE else {},
        relation=relation,
        roughly=ROUGHLY if relation == "equal" else 0.0,
    )


def unpublished_words(maker: ServedMaker) -> str:
    """What a range of a maker that never published its model is of, for the end of a note.

    Parameters
    ----------
    maker : its name and its open kin

    Returns the sentence, with a space before it.
    """
    return f" {maker.name} was never published: its range is of open models of the kind ({', '.join(maker.kin)})."


def models_in_words(names: Sequence[str]) -> str:
    """The one model of a prediction by its name, or how many they are.

    Parameters
    ----------
    names : of the models

    Returns words for a source.
    """
    return names[0] if len(names) == 1 else f"{len(names)} models"


def _charges(text: str) -> str:
    """How many charges, as the head of an expression: ``5 * ``; empty for one."""
    match = _CHARGE.search(text)
    if _SCALED.search(text):
        raise WattlineError(f"claim: {shorten(text)!r} cannot be checked: give whole charges, not parts")
    words = match and (match["count"] or match["charges"])
    return f"{number_of(words):.15g} * " if words else ""


def _share(kind: str, text: str) -> str:
    """Over how many images or videos, as the tail of an expression: `` / 1000``; empty for one."""
    match = re.search(rf"{_COUNT}\s+(?:[\w-]+\s+){{0,3}}?(?:{_KINDS[kind].pattern})", text, re.I)
    return f" / {number_of(match['count']):.15g}" if match else ""


def _energy_wh(kind: str, model: str, chip: str) -> Array:
    from wattline.predict.media.image import image
    from wattline.predict.media.video import video

    work = image if kind == "image" else video
    return np.asarray(work(model, chip, draws=DRAWS).energy_j) / J_PER_WH


def _note(kind: str, energies: dict[str, Array], where: str) -> str:
    charge = Draws(0)(CHARGE)
    each = "; ".join(
        f"{name} {number(float(np.median(wh)))} Wh [{number(float(np.percentile(wh, 5)))}–"
        f"{number(float(np.percentile(wh, 95)))}], {_charges_of(float(np.median(wh)) / float(charge))}"
        for name, wh in energies.items()
    )
    return (
        f"On {where}, from chip to grid (`wattline {kind}`): {each}. A charge is taken as {number(float(charge))} Wh."
    )


def _charges_of(share: float) -> str:
    return f"{share:.0%} of a charge" if share < 2 else f"{share:,.0f} charges"
