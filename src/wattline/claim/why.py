"""The reason for a verdict, in words and numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from wattline.claim.figure import Figure
from wattline.claim.file import Claim
from wattline.claim.verdict import Grade, Relation, Verdict

_ARITHMETIC: dict[str, str] = {
    "holds": "The arithmetic holds",
    "holds roughly": "The arithmetic holds roughly",
    "does not follow": "It does not follow",
}
_PUBLISHED: dict[str, str] = {
    "holds": "The published figure agrees",
    "holds roughly": "The published figure agrees roughly",
    "does not follow": "The published figure is another",
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
) -> str:
    """One or two sentences: what follows, what is stated, how far apart, and what is newer."""
    if claim.cannot:
        return claim.cannot
    parts = []
    if derived is not None and stated is not None:
        parts.append(_arithmetic(claim, *derived, stated))
    if newer is not None and stated is not None:
        parts.append(_newer(newer, stated, verdict, alone=derived is None))
    return " ".join(parts)


def _arithmetic(claim: Claim, line: Figure, found: Grade, stated: Stated) -> str:
    published = claim.derived is not None and claim.derived.tree.kind == "fact"
    said = (_PUBLISHED if published else _ARITHMETIC)[found.verdict]
    return f"{said}: {_compared(line, found, stated, claim.holds)}."


def _compared(line: Figure, found: Grade, stated: Stated, holds: float) -> str:
    if stated.relation == "between":
        where = "is within" if found.off == 0 else f"lies {_apart(found.off)} the nearer end of"
        if found.off and found.meets:
            where = "reaches into"
        return f"{line} {where} {_between(stated)}"
    if stated.relation in ("at least", "at most"):
        if found.off == 0:
            return f"{line} against {stated}"
        tail = ", which its range reaches" if found.meets else ""
        return f"{line} against {stated} stated, {_apart(found.off)}{tail}"
    said = f"{line} against {stated} stated"
    if abs(found.off) < 0.0005:
        return said
    if found.meets and abs(found.off) > holds:
        return f"{said}, which lies within the range"
    return f"{said}, {_apart(found.off)}"


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
    if not newer.differs:
        return f"The newer figure agrees: {figure}."
    if verdict == "outdated" and not alone:
        return f"But that rests on the facts of its time; newer is {figure}."
    return f"A newer source says {figure}."
