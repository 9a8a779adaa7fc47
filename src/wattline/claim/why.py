"""The reason for a verdict, in words and numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wattline.claim.figure import Figure
from wattline.claim.file import Claim
from wattline.claim.verdict import Grade, Relation, Verdict

ARITHMETIC: dict[str, str] = {
    "holds": "The arithmetic holds",
    "holds roughly": "The arithmetic holds roughly",
    "does not follow": "It does not follow",
    "unproven": "The figures agree, but that is no proof",
    "undecided": "The range is too wide to tell",
}
PUBLISHED: dict[str, str] = {
    "holds": "The published figure agrees",
    "holds roughly": "The published figure agrees roughly",
    "does not follow": "The published figure differs",
    "unproven": "The published figure agrees, but that is no proof",
    "undecided": "The published figure is too vague to tell",
}


@dataclass(frozen=True)
class Stated:
    """What a claim says: one figure, or the two ends of ``between``."""

    relation: Relation
    figures: tuple[Figure, ...]

    def __str__(self) -> str:
        words = {"equal": "", "at least": "at least ", "at most": "at most ", "between": "between "}
        return words[self.relation] + " and ".join(str(line) for line in self.figures)


@dataclass(frozen=True)
class Newer:
    """A figure that came after the claim, and how the statement compares with it."""

    figure: Figure
    grade: Grade
    source: str = ""
    note: str = ""

    @property
    def differs(self) -> bool:
        """Whether it lies beyond ``roughly``, so that the claim is out of date."""
        return self.grade.verdict == "does not follow"

    def json(self) -> dict[str, Any]:
        more = {"source": self.source, "note": self.note, "differs": self.differs}
        return self.figure.json() | more


def explain(
    claim: Claim,
    verdict: Verdict,
    stated: Stated | None,
    derived: tuple[Figure, Grade] | None,
    newer: Newer | None,
    weak: Mapping[str, str],
) -> str:
    """One or two sentences: what follows, what is stated, how far apart, and what is newer.

    Parameters
    ----------
    claim : the claim
    verdict : on it
    stated : its own figure, where it states one
    derived : what follows from its premises, with its grade
    newer : a newer figure, where there is one
    weak : facts on which it rests and which are weakly known: by key how

    Returns the sentences.
    """
    if claim.cannot:
        return claim.cannot
    parts = []
    if derived is not None and stated is not None:
        parts.append(_arithmetic(claim, *derived, stated))
    if newer is not None and stated is not None:
        parts.append(_newer(newer, stated, verdict, alone=derived is None))
    if verdict == "unproven":
        parts += [
            f"It rests on {words} ({', '.join(_named(key) for key in weak if weak[key] == words)})."
            for words in dict.fromkeys(weak.values())
        ]
    return " ".join(parts)


def _named(key: str) -> str:
    """A fact by its key, a quantity of the claim by its own name."""
    own = key.split(".", 2)
    return own[2].replace("_", " ") if own[0] == "claim" else key


def _arithmetic(claim: Claim, line: Figure, grade: Grade, stated: Stated) -> str:
    published = claim.derived is not None and claim.derived.tree.kind == "fact"
    head = (PUBLISHED if published else ARITHMETIC)[grade.verdict]
    return f"{head}: {_compared(line, grade, stated, claim.holds)}."


def _compared(line: Figure, grade: Grade, stated: Stated, holds: float) -> str:
    sure = "" if line.exact and all(end.exact for end in stated.figures) else f" ({_likely(grade)})"
    if stated.relation == "between":
        where = "is within" if grade.off == 0 else f"lies {_apart(grade.off)} the nearer end of"
        return f"{line} {where} {_between(stated)}{sure}"
    if stated.relation in ("at least", "at most"):
        if grade.off == 0:
            return f"{line} against {stated}{sure}"
        return f"{line} against {stated} stated, {_apart(grade.off)}{sure}"
    words = f"{line} against {stated} stated"
    return f"{words}{sure}" if abs(grade.off) < 0.0005 else f"{words}, {_apart(grade.off)}{sure}"


def _likely(grade: Grade) -> str:
    """How probable it is that the figures agree at least roughly, over the draws."""
    if 0 < grade.probability < 0.005:
        return "they agree roughly in less than 1% of the draws"
    return f"they agree roughly in {grade.probability:.0%} of the draws"


def _between(stated: Stated) -> str:
    low, high = stated.figures
    return f"{low} to {high}"


def _apart(off: float) -> str:
    if math.isinf(off):
        return "off"
    size = abs(off)
    word = "above" if off > 0 else "below"
    if off >= 2:
        return f"{1 + off:.2g} times"
    shown = f"{size:.1%}" if size < 0.1 else f"{size:.0%}"
    return f"{shown} {word}"


def _newer(newer: Newer, stated: Stated, verdict: Verdict, *, alone: bool) -> str:
    source = f" by {newer.source}" if newer.source else ""
    note = f" ({newer.note})" if newer.note else ""
    figure = f"{newer.figure}{source}{note}"
    if newer.grade.verdict == "undecided":
        return f"A newer figure is too vague to tell: {figure}."
    if not newer.differs:
        return f"The newer figure agrees: {figure}."
    if verdict == "outdated" and not alone:
        return f"But it rests on figures of its time; a newer one is {figure}."
    return f"A newer source says {figure}."
