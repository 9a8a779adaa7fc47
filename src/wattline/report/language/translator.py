"""Finished English text in another language: whole messages, messages with values in them, lists of messages.

What a report says is composed of messages: "Chips, decode: 3.1 Wh · 26 %". A message of the catalog may hold values,
as ``%(name)s``; ``n``, ``n2``, … take a number alone, every other name any words, which are translated in
their turn. Words that no message covers stay as they are: names of models, places, sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from wattline.report.language.messages import messages_of
from wattline.report.language.numbers import quantity_in_chinese

MAX_DEPTH = 9
MAX_KEPT = 20_000
_PLACE = re.compile(r"%\((\w+)\)s")
_NUMBER = r"[-−+~≈<>≤≥±]?\s?\$?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?:\s?%)?"
_WATTS = r"[\d.,]+ [kMGT]?Wh?"
_IS_NUMBER = re.compile(r"n\d?\Z")
_LETTERS = re.compile(r"[A-Za-z]")
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9“(])")
# what stands between messages, and what stands there in Chinese; the first that divides the text is tried first
_APART = (
    ("; ", "；"),
    ("%, ", "，"),
    (" · ", " · "),
    (": ", "："),
    (", ", "，"),
    (" × ", " × "),
    (" / ", " / "),
    (" + ", " + "),
)
# words with something after them: an aside, a share, the end of a sentence
_AROUND = (
    ("%(words)s（%(aside)s）", re.compile(r"(?P<words>.+?) \((?P<aside>[^()]*(?:\([^()]*\)[^()]*)*)\)\Z")),
    ("%(words)s %(share)s", re.compile(r"(?P<words>[^%]*[^%:]) (?P<share>[<≈]?\s?[\d.,]+(?: ?%)?)\Z")),
    ("%(words)s %(power)s", re.compile(rf"(?P<words>[A-Za-z][^\d;:]*?) (?P<power>{_WATTS}(?: / {_WATTS})?)\Z")),
    ("%(words)s。", re.compile(r"(?P<words>.*[^.])\.\Z")),
    ("= %(words)s", re.compile(r"= (?P<words>.+)\Z")),
    ("（%(words)s）", re.compile(r"\((?P<words>[^()]*)\)\Z")),
    ("“%(words)s”", re.compile(r"“(?P<words>[^”]+)”\Z")),
)


class Translator:
    """Text in one language.

    Parameters
    ----------
    lang : its code
    messages : translations by their English words
    """

    def __init__(self, lang: str, messages: Mapping[str, str]) -> None:
        self.lang = lang
        self._messages = messages
        self._kept: dict[str, str] = {}
        self._patterns: dict[str, list[tuple[str, str]]] = {}
        with_values = [message for message in messages if _PLACE.search(message)]
        for message in sorted(with_values, key=lambda m: (-len(_PLACE.sub("", m)), m)):
            first = _PLACE.split(message)[0]
            key = first.split(" ")[0] if " " in first else ""
            self._patterns.setdefault(key, []).append((_longest(message), message))

    def text(self, words: str) -> str:
        """Words in this language, with the space around them as it was.

        Parameters
        ----------
        words : finished English text

        Returns
        -------
        The same text in this language, English where no message covers it.
        """
        if not self._messages or (not _LETTERS.search(words) and "$" not in words):
            return words
        inner = " ".join(words.split())
        if inner not in self._kept:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[inner] = self._translated(inner, 0)
        if not inner:
            return words
        begin, end = len(words) - len(words.lstrip()), len(words.rstrip())
        return words[:begin] + self._kept[inner] + words[end:]

    def _translated(self, words: str, depth: int) -> str:
        whole = self._messages.get(words) or quantity_in_chinese(words) or self._messages.get(_capital(words))
        if whole is not None or depth > MAX_DEPTH or not _LETTERS.search(words):
            return words if whole is None else whole
        return (
            self._by_sentences(words, depth, every=True)
            or self._by_pattern(words, depth)
            or self._by_sentences(words, depth, every=False)
            or self._by_parts(words, depth)
            or words
        )

    def _by_sentences(self, words: str, depth: int, *, every: bool) -> str | None:
        """Several sentences, where at least one of them, or every one, is known."""
        parts = _SENTENCES.split(words)
        if len(parts) == 1:
            return None
        made = [self._translated(part, depth + 1) for part in parts]
        known = [there != part for there, part in zip(made, parts, strict=True)]
        return _joined(made) if (all(known) if every else any(known)) else None

    def _by_pattern(self, words: str, depth: int) -> str | None:
        first = words.split(" ")[0]
        for key in dict.fromkeys((first, _capital(first), "")):
            for part, message in self._patterns.get(key, ()):
                if part not in words:  # far quicker than the pattern, and most fail here
                    continue
                pattern, typed = _pattern(message), _typed(message)
                match = pattern.fullmatch(words) or (pattern.fullmatch(_capital(words)) if key else None)
                if match is not None:
                    return self._messages[message] % {
                        name: value if name in typed else self._translated(value, depth + 1)
                        for name, value in match.groupdict().items()
                    }
        return None

    def _by_parts(self, words: str, depth: int) -> str | None:
        """Text that is a row of messages, where at least one of them is known."""
        for form, match in ((form, pattern.match(words)) for form, pattern in _AROUND):
            if match is not None:
                values = {name: self._translated(value or "", depth + 1) for name, value in match.groupdict().items()}
                if values["words"] != match["words"] or values.get("aside", "") != match.groupdict().get("aside", ""):
                    return form % values
        for parts, between in ((_split(words, apart), there) for apart, there in _APART):
            if len(parts) > 1 and (made := [self._translated(part, depth + 1) for part in parts]) != parts:
                return between.join(made)
        return None


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _split(words: str, apart: str) -> list[str]:
    """Words at what stands between them; a sign of per cent stays with its number."""
    return re.split(r"(?<=%), ", words) if apart == "%, " else words.split(apart)


def _joined(sentences: list[str]) -> str:
    """Sentences one after another; a space stays before those that are still in English."""
    text = ""
    for sentence in sentences:
        text += sentence if not text or (text.endswith("。") and not sentence[:1].isascii()) else f" {sentence}"
    return text


def _longest(message: str) -> str:
    """The longest of a message's own words that stand together, without the first letter that may be a capital."""
    parts = _PLACE.split(message)[::2]
    return max((parts[0][1:], *parts[1:]), key=len).replace("%%", "%")


@cache
def _typed(message: str) -> frozenset[str]:
    """Names of the values that stand in what is typed, between back quotes, and stay as they are."""
    return frozenset(name for code in re.findall(r"`[^`]*`", message) for name in _PLACE.findall(code))


@cache
def _pattern(message: str) -> re.Pattern[str]:
    """What a message with values looks like once they stand in it."""
    made, seen = [], set()
    for i, part in enumerate(_PLACE.split(message)):
        if i % 2 == 0:
            made.append(re.escape(part.replace("%%", "%")))
        elif part in seen:
            made.append(f"(?P={part})")
        else:
            seen.add(part)
            made.append(f"(?P<{part}>{_NUMBER if _IS_NUMBER.match(part) else '.+?'})")
    return re.compile("".join(made))


@cache
def translator_of(lang: str) -> Translator:
    """The translator into a language; one that leaves all as it is for English and for what is not there."""
    return Translator(lang, messages_of(lang))


_lang: ContextVar[str] = ContextVar("lang", default="en")


def current() -> Translator:
    """The translator into the language that reports are made in now."""
    return translator_of(_lang.get())


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Make reports in this language meanwhile."""
    token = _lang.set(lang)
    try:
        yield
    finally:
        _lang.reset(token)


def speak(lang: str) -> None:
    """Make reports in this language from now on."""
    _lang.set(lang)
