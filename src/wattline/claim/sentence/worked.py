"""A sentence on the energy of an image, a video, transcribed speech or an agent's task, which no published figure fits:
held against what Wattline predicts for several models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.catalog import default, plain_name
from wattline.claim.evaluate import quantity
from wattline.claim.fields import Expression, Given, expression_of, literal_of
from wattline.claim.file import ROUGHLY, Claim
from wattline.claim.sentence.counted_words import NUMBER, number_of
from wattline.claim.sentence.generated import CHIP, DRAWS, MODELS, models_in_words, unpublished_words
from wattline.claim.verdict import Relation
from wattline.core.errors import shorten
from wattline.core.fact import Array, Source
from wattline.core.quantity import number
from wattline.core.units import HOUR_S, J_PER_WH
from wattline.line.work.outside import ServedMaker

# how long speech is, and a video: ten hours of, per minute of; 5-second clip
_LENGTH = re.compile(rf"(?:\b(?:per|each|every)|(?P<count>{NUMBER}))[\s-]*(?P<unit>hour|minute|second)s?\b", re.I)
_OF_VIDEO = re.compile(rf"{_LENGTH.pattern}(?=[\s-]+(?:[\w-]+\s+){{0,3}}?(?:videos?|clips?)\b)", re.I)
_SECONDS = {"hour": HOUR_S, "minute": 60.0, "second": 1.0}


@dataclass(frozen=True)
class Subject:
    """What a sentence is about: ``words`` that name it, ``aside`` that may stand beside, models, and the command."""

    words: re.Pattern[str]
    aside: frozenset[str]
    models: tuple[str, ...]
    command: str


_MEDIA = frozenset(
    (
        "second",
        "seconds",
        "short",
        "clip",
        "one",
        "single",
        "generation",
        "generator",
        "generating",
        "made",
        "by",
    )
)
_SPEECH = frozenset(
    ("transcribing", "transcribe", "transcription", "speech", "audio", "recording", "recordings", "whisper")
)
SUBJECTS = (
    Subject(re.compile(r"\b(videos?|clips?)\b", re.I), _MEDIA | {"video", "videos", "clips"}, MODELS["video"], "video"),
    Subject(
        re.compile(r"\b(images?|pictures?)\b", re.I),
        _MEDIA | {"image", "images", "picture", "pictures"}, MODELS["image"], "image",
    ),
    Subject(
        re.compile(r"\btranscri\w+", re.I),
        _SPEECH,
        ("whisper-large-v3", "whisper-large-v3-turbo"), "transcribe",
    ),
    Subject(
        re.compile(r"\bcoding\b.*\b(agents?|tasks?)\b|\bagent\w*\b.*\bcoding\b", re.I),
        frozenset(["agent", "agents", "coding", "task", "tasks", "session"]),
        ("llama-3.3-70b", "qwen3-coder-30b-a3b"), "session agent-coding",
    ),
    Subject(
        re.compile(r"\bdeep[\s-]research\b", re.I),
        frozenset(["deep", "research", "deep-research", "report", "task", "query", "session"]),
        ("llama-3.3-70b", "qwen3-235b-a22b"), "session deep-research",
    ),
)  # fmt: skip
# a family's name alone means several of its models
FAMILIES = {
    "flux": ("flux.1-dev", "flux.1-schnell"), "cogvideox": ("cogvideox-2b", "cogvideox-5b"),
    "wan": ("wan-2.1-1.3b", "wan-2.1-14b"), "mochi": ("mochi-1",), "hunyuanvideo": ("hunyuan-video",),
    "stable-diffusion": ("stable-diffusion-xl", "stable-diffusion-3.5-large"),
}  # fmt: skip
PUBLISHED_VIDEO = "five seconds by CogVideoX, MIT Technology Review (chip not said, doubled for the rest)"
MAX_WORDS = 5  # of a model's name


def without_length(text: str) -> str:
    """A sentence on transcribing, without how long the speech is: its energy is of that, not a rate."""
    if not re.search(r"\btranscri", text, re.I):
        return text
    text = re.sub(rf"\b(?:per|{NUMBER})[\s-]+(?:hours?|minutes?)\s+of\s+(?=\w)", " ", text, flags=re.I)
    return re.sub(r"\bper\s+(?:hour|minute)\b", " ", text, flags=re.I)


def worked_claim(
    text: str, words: Sequence[str], stated: Expression, relation: Relation, maker: ServedMaker | None = None
) -> Claim | None:
    """The claim with Wattline's own prediction as what it is held against; None where it is about something else.

    Parameters
    ----------
    text : the sentence
    words : of it that name something
    stated : its figure
    relation : how it is meant
    maker : whom the sentence names and who never published a model; its words in ``text`` stand as AI

    Returns
    -------
    A claim whose note tells each model's watt-hours; None for a sentence that names what is not known here.
    """
    subject = next((each for each in SUBJECTS if each.words.search(text)), None)
    unit = quantity(*stated.tree.value)
    per_request = unit.dimensionality == quantity(1.0, "Wh/request").dimensionality
    if subject is None or not (per_request or unit.dimensionality == quantity(1.0, "Wh").dimensionality):
        return None
    measure = set(re.findall(r"[\w.-]+", _length(text, subject.command)[1]))
    named = [word for word in words if word not in subject.aside | measure and word != "ai"]
    named_models, strange = _models(named, subject.command)
    if strange:
        return None
    models = (maker.name,) if maker else named_models or subject.models
    energies = {model: _energy_wh(subject.command, model, text) for model in models}
    ends = np.percentile(np.concatenate(list(energies.values())), (50, 5, 95))
    middle, low, high = (literal_of(f"{value:.6g} Wh", "claim") for value in ends)
    source = Source(f"Wattline's own prediction (`wattline {subject.command}`), {models_in_words(models)} on H100")
    given = Given(middle, low, high, "lognormal", source, "from chip to grid, at usual sizes and lengths")
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=f"Held against predictions: on H100, (`wattline {subject.command}`): {_each(energies)}."
        + (unpublished_words(maker) if maker else ""),
        beside={}
        if subject.command != "video"
        else {PUBLISHED_VIDEO: expression_of("[constant.video-five-seconds]", "beside")},
        quantities={"predicted": given},
        stated=stated,
        derived=expression_of("predicted / (1 request)" if per_request else "predicted", "derived"),
        relation=relation,
        roughly=ROUGHLY if relation == "equal" else 0.0,
    )


def _models(words: Sequence[str], command: str) -> tuple[tuple[str, ...], list[str]]:
    """The image or video models that words of a sentence name, by the longest words, and the words that name none."""
    kind = default().records("diffusion")
    names = {**default().names("diffusion"), **{plain_name(name): name for name in kind}}
    models: list[str] = []
    strange: list[str] = []
    start = 0
    while start < len(words):
        for count in range(min(MAX_WORDS, len(words) - start), 0, -1):
            joined = "-".join(words[start : start + count])
            own = FAMILIES.get(joined) or ((names[plain_name(joined)],) if plain_name(joined) in names else ())
            own = tuple(name for name in own if (kind[name].meta["makes"] == "video") == (command == "video"))
            if own:
                models += [name for name in own if name not in models]
                break
        else:
            strange.append(words[start])
        start += count
    return tuple(models), strange


def _length(text: str, command: str) -> tuple[float, str]:
    """How many seconds a video or speech is, 0 where it is not said, and the words that say so."""
    length = {"video": _OF_VIDEO, "transcribe": _LENGTH}.get(command, re.compile("$^")).search(text)
    if length is None:
        return 0.0, ""
    return (number_of(length["count"]) if length["count"] else 1.0) * _SECONDS[length["unit"].lower()], length[
        0
    ].lower()


def _each(energies: Mapping[str, Array]) -> str:
    """Each model's middle and range."""
    rows = []
    for name, energy_wh in energies.items():
        low, middle, high = (number(float(value)) for value in np.percentile(energy_wh, (5, 50, 95)))
        rows.append(f"{name} {middle} Wh [{low}–{high}]")
    return "; ".join(rows)


def _energy_wh(command: str, model: str, text: str) -> Array:
    """Watt-hours of one: of a video as long as the sentence says, of an hour of speech or as many."""
    seconds, _ = _length(text, command)
    given: dict[str, Any] = {"draws": DRAWS}
    if command == "video":
        from wattline.predict.media.video import video

        if seconds:
            given["seconds"] = seconds
        answer = video(model, CHIP, **given)
    elif command == "image":
        from wattline.predict.media.image import image

        answer = image(model, CHIP, **given)
    elif command == "transcribe":
        from wattline.predict.encoding.transcribe import transcribe

        answer = transcribe(model, CHIP, hours=seconds / HOUR_S or 1.0, **given)
    else:
        from wattline.predict.session.session import session

        answer = session(command.partition(" ")[2], model, CHIP, **given)
    return np.asarray(answer.energy_j) / J_PER_WH
