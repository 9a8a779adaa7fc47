"""The words of a sentence that say what it is about, and those that name a record of the catalog."""

from __future__ import annotations

import re
from collections.abc import Mapping

from wattline.catalog import Record
from wattline.claim.sentence.countries import region_word, with_codes
from wattline.claim.sentence.words import PLAIN, SAME


def words_in(text: str, same: Mapping[str, str] = SAME) -> list[str]:
    """The words that say what a sentence is about: names, numbers in names, years.

    Parameters
    ----------
    text : the sentence
    same : one word for what is said in several ways

    Returns them in order.
    """
    text = with_codes(text)
    written = [word.strip(".-") for word in re.findall(r"[\w.\-]+", re.sub(r"['’]s\b", "", text))]
    plain = [
        word.lower() for before, word in zip(["", *written], written, strict=False)
        if len(word) > 1 or (word.isdigit() and before[:1].isupper() and before.lower() not in PLAIN)  # Llama 2
    ]  # fmt: skip
    return [same.get(word, word) for word in plain if word not in PLAIN]


def vocabulary_of(record: Record, same: Mapping[str, str] = SAME) -> set[str]:
    """The words that name a record.

    Parameters
    ----------
    record : of the catalog
    same : one word for what is said in several ways

    Returns them.
    """
    names = [record.title, record.name, *record.meta.get("aliases", ()), str(record.meta.get("publisher", ""))]
    names += [
        region_word(record),
        str(record.meta.get("year_of", "")),
        str(record.meta.get("model", "")),
    ]
    names += [fact.source.title.partition(",")[0] for fact in record.facts.values()]
    text = " ".join(names).lower()
    words = set(re.findall(r"[\w.\-]+", text)) | set(re.findall(r"\d+(?:\.\d+)+|\w+", text))
    words |= {word.replace("-", "") for word in words}  # gpt4
    own = {"prompt": {"prompt"}, "training_run": {"training"}, "total": {"centre"}}.get(record.kind, set())
    return {same.get(word, word) for word in words} | own


def naming(words: list[str]) -> list[str]:
    """Those of the words that name one thing, not a kind.

    Parameters
    ----------
    words : of a sentence

    Returns them in order.
    """
    return [word for word in words if word not in ("prompt", "training", "centre", "ai")]
