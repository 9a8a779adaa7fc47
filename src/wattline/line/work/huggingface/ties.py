"""Whether token table and output layer share their weights, where a whole and its language model both say it."""

from __future__ import annotations

from typing import Any

from wattline.line.work.huggingface.table import ties

NAME = "tie_word_embeddings"
OLD = "4."  # of transformers, which went by the language model's own part


def tie_of(whole: dict[str, Any], text: dict[str, Any]) -> dict[str, Any]:
    """What ``tie_word_embeddings`` counts for a language model inside a whole, as transformers reads both.

    Parameters
    ----------
    whole : the part of a config around the language model
    text : the language model's own part

    Returns the field, where the whole's type is known and its file is not of transformers 4; else nothing.
    """
    rule = ties().get(str(whole.get("model_type") or "").lower(), "")
    if not rule:
        return {}
    own = whole.get(NAME)
    inner = text.get(NAME)
    if str(whole.get("transformers_version") or "").startswith(OLD):
        return {NAME: bool(own or inner)} if rule.startswith("either") and inner is not None else {}
    if any(each is not None and not isinstance(each, bool) for each in (own, inner)):
        return {}  # refused where it is read
    if rule == "never":
        return {NAME: False}
    if rule.startswith("either"):
        alone = inner is None and rule == "either_shared"
        return {NAME: bool(own or inner or alone)}
    return {NAME: own is True if NAME in whole else rule == "shared"}
