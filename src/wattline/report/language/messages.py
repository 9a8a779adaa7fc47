"""Message catalogs as gettext writes them (.po), read without a library: English words and their translation."""

from __future__ import annotations

import ast
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "zh")


def read_po(text: str) -> dict[str, str]:
    """The translations of a catalog by their English words.

    Parameters
    ----------
    text : of a .po file; entries that are marked fuzzy are left out

    Returns
    -------
    Translations, without the head and without what is not translated.
    """
    messages: dict[str, str] = {}
    for block in text.split("\n\n"):
        parts: dict[str, str] = {}
        name = ""
        for line in block.split("\n"):
            word, _, rest = line.partition(" ")
            if word in ("msgid", "msgstr"):
                name, parts[word] = word, ast.literal_eval(rest)
            elif line.startswith('"') and name:
                parts[name] += ast.literal_eval(line)
            elif line.startswith("#,") and "fuzzy" in line:
                break
        else:
            if parts.get("msgid") and parts.get("msgstr"):
                messages[parts["msgid"]] = parts["msgstr"]
    return messages


@cache
def messages_of(lang: str) -> dict[str, str]:
    """The translations of a language; none for English and for one that is not there."""
    if lang == "en" or lang not in LANGUAGES:
        return {}
    folder = files("wattline.report.language")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(f"{lang}.po"))
    return {
        english: words
        for name in names
        for english, words in read_po((folder / name).read_text(encoding="utf-8")).items()
    }
