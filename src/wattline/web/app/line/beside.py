"""Lines that set kinds of work beside each other: a prompt, an image, a video."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from wattline.core.errors import WattlineError
from wattline.web.app.line.question import LineQuestion

# kinds of work, the first that a part names is taken; text is that of a prompt
_KINDS = {
    "video": re.compile(r"\b(videos?|clips?|films?|movies?)\b", re.I),
    "image": re.compile(r"\b(images?|pictures?|photos?)\b", re.I),
    "speech": re.compile(r"\b(transcri\w+|speech|audio)\b", re.I),
    "text": re.compile(r"\b(texts?|words|prompts?|quer(?:y|ies)|questions?|answers?)\b|文字|文本", re.I),
}
_COMPARES = re.compile(
    r"\b(?:compare[ds]?|comparison|versus|vs|side by side|beside|or|more|less|than)\b\.?|比较|对比|哪个?", re.I
)
_LEADS = re.compile(r"^(?:compare|comparison of|energy of|how much (?:electricity|energy) (?:do|does)|does)\s+", re.I)
_TAIL = re.compile(r"\s*(?:side by side|compared?|versus|vs\.?|哪\b.*|take|use)\s*\??$", re.I)
_BETWEEN = re.compile(
    r"\s*(?:[,;、]|\b(?:versus|compared (?:with|to)|beside|and|or|(?:more|less)(?: \w+)? than)\b|\bvs\b\.?|"
    r"\bwith\b(?=\s+(?:an?|one)\b))\s*",
    re.I,
)
TEXT = "a question to ChatGPT"


def kinds_of_work(english: str, read: Callable[[str], LineQuestion]) -> LineQuestion | None:
    """Text, images, video and speech beside each other, where a line compares two kinds or more.

    Parameters
    ----------
    english : the line
    read : how each part is read by itself

    Returns
    -------
    The question of the page of answers side by side; None where the line compares no kinds of work.
    """
    if not _COMPARES.search(english):
        return None
    bare = _TAIL.sub("", _LEADS.sub("", english.strip().rstrip("?")))
    parts = [part for part in _BETWEEN.split(bare) if part.strip(" ?.")]
    kinds = [_kind(part) for part in parts]
    if len(set(kinds)) < 2 or "" in kinds:
        return None
    columns: list[tuple[str, str]] = []
    taken: list[str] = []
    unread: list[str] = []
    for part, kind in zip(parts, kinds, strict=True):
        made = _read(part, kind, read)
        columns.append(("q", replace(made, several=()).address))
        taken += made.taken
        unread += made.unread
    return LineQuestion("side-by-side", {}, tuple(taken), tuple(unread), several=tuple(columns))


def _kind(part: str) -> str:
    return next((kind for kind, words in _KINDS.items() if words.search(part)), "")


def _read(part: str, kind: str, read: Callable[[str], LineQuestion]) -> LineQuestion:
    """A part by itself; plain text, which names no model, is a question to the usual assistant."""
    try:
        return read(part)
    except WattlineError:
        if kind != "text":
            raise
        return read(TEXT)
