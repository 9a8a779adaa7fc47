"""The app's words in the reader's language, from message catalogs (gettext's .po) read by Babel."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "zh": "中文"}


class Words:
    """The words of a language.

    Parameters
    ----------
    lang : its code
    messages : translations by the English words
    """

    def __init__(self, lang: str, messages: Mapping[str, str]) -> None:
        self.lang = lang
        self._messages = messages

    def __call__(self, message: str, **values: object) -> str:
        """The message in this language, with values in place of ``%(name)s``; English where it has none."""
        words = self._messages.get(message) or message
        return words % values if values else words


@cache
def words_of(lang: str) -> Words:
    """The words of a language; English for one that is not there."""
    if lang not in LANGUAGES or lang == "en":
        return Words("en", {})
    return Words(lang, messages_of(lang))


def messages_of(lang: str) -> dict[str, str]:
    """The translations of a language by the English words."""
    data = (files("wattline.web.app") / "locale" / f"{lang}.po").read_bytes()
    catalog = read_po(BytesIO(data), locale=lang)
    return {str(m.id): str(m.string) for m in catalog if m.id and m.string and not m.fuzzy}
