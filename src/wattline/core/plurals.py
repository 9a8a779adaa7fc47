"""Counts in words."""

from __future__ import annotations

IRREGULAR = {"switches": "switch"}


def count_words(plural: str, count: int) -> str:
    """A count with its noun, such as ``1 machine`` or ``8 chips``.

    Parameters
    ----------
    plural : of what is counted
    count : how many

    Returns the words.
    """
    singular = IRREGULAR.get(plural, plural.removesuffix("s"))
    return f"{count:,} {singular if count == 1 else plural}"
