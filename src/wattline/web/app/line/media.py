"""Lines about images, videos, speech, embeddings, and sessions of many calls."""

from __future__ import annotations

import re

from wattline.catalog import Catalog
from wattline.line.work.outside import served_maker
from wattline.web.app.line.counts import NUMBER, compact, product, whole
from wattline.web.app.line.question import LineQuestion
from wattline.web.app.line.serving import TRAIN
from wattline.web.app.line.spots import spot_in
from wattline.web.app.line.things import NamedThing, chips_in, model_in, named_in
from wattline.web.app.line.typed import TypedLine

_VIDEO = re.compile(r"\b(videos?|film|clips?|movies?)\b", re.I)
_IMAGE = re.compile(r"\b(images?|pictures?|photos?)\b", re.I)
_MAKE = re.compile(r"\b(generat\w+|creat\w+|mak(?:e|es|ing)|draw(?:s|ing)?)\b", re.I)
_READS = re.compile(r"\b(pictures?|images?) in (?:the|a) prompt\b", re.I)
_SPEECH = re.compile(r"\b(transcri\w+|speech(?:[- ]to[- ]text)?|podcasts?|audio|dictation)\b", re.I)
_HEARD = re.compile(r"\b(recordings?|meetings?|interviews?|calls?|lectures?)\b", re.I)
_EMBED = re.compile(r"\b(embed\w*|rerank\w*|vector(?:s|ise|ize)?)\b", re.I)
_HOURS = re.compile(rf"{NUMBER}\s*(hours?|h|minutes?|min)\b", re.I)
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:seconds?|secs?|s)\b", re.I)
_MINUTE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:minutes?|min)\b", re.I)
_PIXELS = re.compile(
    r"\b(\d{3,4})\s*[x×*]\s*(\d{3,4})\b|\b(480|720|1080)p\b|"
    r"\b(4k)\b(?=\s+(?:AI\s+)?(?:videos?|images?|pictures?|resolution))",
    re.I,
)
_SIDE = re.compile(r"\b(256|512|768|1024|1536|2048)\s*(?:px|pixels?)\b", re.I)
_STEPS = re.compile(r"\b(\d+)\s*steps?\b", re.I)
_TOKENS = re.compile(rf"{NUMBER}\s*tokens?\b", re.I)
_DOCUMENTS = re.compile(rf"{NUMBER}\s*(?:documents?|passages?|pairs|texts?|pages?|chunks?|paragraphs?)\b", re.I)
_OF_TOKENS = re.compile(rf"\b(?:of|with|x|×)\s+{NUMBER}\s*tokens?\b(?:\s+each\b)?", re.I)
_MANY = re.compile(rf"{NUMBER}\s*(?:x\s*|AI\s+)?(?=(?:images?|pictures?|photos?|videos?|clips?)\b)", re.I)
_WIDE = {"480": "854x480", "720": "1280x720", "1080": "1920x1080", "4k": "3840x2160"}
_PRESETS = (
    ("deep-research", re.compile(r"\bdeep[- ]research\b", re.I)),
    ("agent-coding", re.compile(r"\b(agents?|agentic|coding|claude code|cursor|codex)\b", re.I)),
    ("rag", re.compile(r"\bRAG\b|\bretrieval\b", re.I)),
    ("reasoning", re.compile(r"\breasoning (?:session|chat|task)\b", re.I)),
    ("chat", re.compile(r"\b(a chat|chats|session|conversation)\b", re.I)),
)
_CHAT = re.compile(r"\bchats?\b", re.I)
_SESSION = re.compile(r"\bsessions?\b", re.I)
_FAMILY = re.compile(r"\bstable diffusion\b", re.I)
USUAL_OF_FAMILY = "stable-diffusion-xl"
USUAL_DOCUMENT = "256"
USUAL = {"image": "flux.1-dev", "video": "hunyuan-video", "session": "llama-3.3-70b"}


def media_question(line: TypedLine, known: Catalog) -> LineQuestion | None:
    """An image or a video that a model makes.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog

    Returns
    -------
    The question of the page; None where the line is of something else.
    """
    if line.has(TRAIN) or line.has(_READS):
        return None
    records = known.records("diffusion")
    trial = TypedLine(line.text)
    thing = named_in(trial, known, "diffusion")
    if thing is None and trial.take(_FAMILY):
        thing = NamedThing("diffusion", USUAL_OF_FAMILY, "", f"Stable Diffusion: taken as {USUAL_OF_FAMILY}")
    asks = "video" if line.has(_VIDEO) else "image" if line.has(_IMAGE) else ""
    if thing is None and not asks:
        return None
    makes = str(records[thing.name].meta.get("makes", "image")) if thing else asks
    taken: list[str] = []
    if thing:
        line.left = trial.left
    if thing is not None and (not asks or asks == makes):
        values = {"model": thing.name}
        taken += [thing.why] if thing.why else []
    else:
        makes = asks
        values = {"model": _served_or_usual(line, makes, taken)}
    size = line.take(_PIXELS) or line.take(_SIDE)
    many = line.take(_MANY)
    if many and whole(many[1]) != "1":
        taken.append(f"the answer is of one; {compact(many[1])} of them take {compact(many[1])} times as much")
    if makes == "video" and (length := line.take(_SECONDS)):
        values["seconds"] = length[1]
    elif makes == "video" and (minutes := line.take(_MINUTE)):
        values["seconds"] = f"{float(minutes[1]) * 60:g}"
    if size:
        groups = [group for group in size.groups() if group]
        values["size"] = "x".join(groups) if len(groups) == 2 else _WIDE.get(groups[0].lower(), groups[0])
    if steps := line.take(_STEPS):
        values["steps"] = steps[1]
    for pattern in (_VIDEO, _IMAGE, _MAKE):
        line.take_all(pattern)
    return LineQuestion(makes, values | _common(line, known, taken), tuple(taken))


def _served_or_usual(line: TypedLine, makes: str, taken: list[str]) -> str:
    """The maker that a line names and that never published its model, whose answer is a range, or the usual model."""
    served = served_maker(line.text, makes)
    if served is None:
        taken.append(f"model taken: {USUAL[makes]}")
        return USUAL[makes]
    name = served[0].name
    line.take(re.compile(re.escape(name), re.I))
    return name.lower().replace(" ", "-")


def _common(line: TypedLine, known: Catalog, taken: list[str]) -> dict[str, str]:
    chip, count = chips_in(line, known, taken) or ("", "")
    spot = spot_in(line, known)
    taken += [spot.why] if spot.why else []
    named = {"chip": chip, "gpus": count, "region": spot.region}
    return {name: value for name, value in named.items() if value}


def spoken(line: TypedLine, known: Catalog) -> LineQuestion | None:
    """Speech that becomes text, or text that becomes vectors.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog

    Returns
    -------
    The question of the page; None where the line is of something else.
    """
    reads = {name: str(record.meta.get("reads")) for name, record in known.records("encoder").items()}
    trial = TypedLine(line.text)
    thing = named_in(trial, known, "encoder")
    if line.has(TRAIN) or (thing is None and not line.has(_SPEECH) and not line.has(_EMBED)):
        return None
    speech = line.has(_SPEECH) if thing is None else reads[thing.name] == "speech"
    if thing:
        line.left = trial.left
    usual = "whisper-large-v3-turbo" if speech else "bge-m3"
    taken = [] if thing else [f"model taken: {usual}"]
    values = {"model": thing.name if thing else usual}
    if speech and (hours := line.take(_HOURS)):
        minutes = hours[2].lower().startswith("m")
        values["hours"] = f"{whole(hours[1])} min" if minutes else whole(hours[1])
    elif not speech:
        values |= _text(line, taken)
    line.take_all(_SPEECH)
    if speech:
        line.take_all(_HEARD)
    line.take_all(_EMBED)
    return LineQuestion("transcribe" if speech else "embed", values | _common(line, known, taken), tuple(taken))


def _text(line: TypedLine, taken: list[str]) -> dict[str, str]:
    """How much text is embedded: tokens in all, or documents of so many tokens each."""
    documents = line.take(_DOCUMENTS)
    if documents is None:
        tokens = line.take(_TOKENS)
        return {"tokens": compact(tokens[1])} if tokens else {}
    each = line.take(_OF_TOKENS) or line.take(_TOKENS)
    length = whole(each[1]) if each else USUAL_DOCUMENT
    taken += [] if each else [f"documents of {USUAL_DOCUMENT} tokens"]
    return {"tokens": product(documents[1], length), "document_tokens": length}


def session(line: TypedLine, known: Catalog) -> LineQuestion | None:
    """A chat, an agent's task or another session of many calls.

    Parameters
    ----------
    line : of which the words are taken
    known : the catalog

    Returns
    -------
    The question of the page; None where the line is of something else.
    """
    preset = next((name for name, pattern in _PRESETS if line.has(pattern)), "")
    if not preset or line.has(TRAIN):
        return None
    trial = TypedLine(line.text)
    for _, pattern in _PRESETS:
        trial.take_all(pattern)
    model = model_in(trial, known)
    if preset == "chat" and model is not None and model.kind == "closed":
        return None  # of a closed model one request alone is answered
    line.left = trial.left
    taken = []
    if model is None:
        taken.append(f"model taken: {USUAL['session']}")
    elif model.kind == "closed":
        taken.append(f"{model.name} was never published: {USUAL['session']} stands in for it")
    elif model.why:
        taken.append(model.why)
    name = model.name if model is not None and model.kind == "model" else USUAL["session"]
    line.take(_SESSION)
    line.take(_CHAT)
    return LineQuestion("session", {"session": preset, "model": name} | _common(line, known, taken), tuple(taken))
