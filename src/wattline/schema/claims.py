"""The JSON of ``check`` and ``facts``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, FactJson, RangeJson, StrictJson, said

Verdict = Literal["holds", "holds roughly", "unproven", "undecided", "does not follow", "outdated", "cannot be checked"]


class CheckInputs(StrictJson):
    """A claims file."""

    claims: str = said("The file.")


class FigureJson(StrictJson):
    """A line of arithmetic."""

    name: str = said("What it is.")
    formula: str = said("How it was reached, or as given.")
    value: RangeJson | float = said("What came out, in `unit`.")
    unit: str = said("The unit of `value`.")
    words: str = said("Its middle as people read it.")


class NewerJson(FigureJson):
    """A figure that came after the claim."""

    source: str = said("Who says it.")
    note: str = said("What should be known of it.")
    differs: bool = said("Whether it lies so far off that the claim is out of date.")


class ClaimJson(StrictJson):
    """A claim with its verdict; null or empty where it has no such thing."""

    id: str = said("Its name in the file.")
    says: str = said("What it says.")
    source: str = said("Where it says so.")
    verdict: Verdict = said("How it stands.")
    why: str = said("Why.")
    probability: float | None = said("Share of the draws in which the figures agree at least roughly; null without.")
    weak_evidence: dict[str, str] = said("Facts that prove nothing, by key, each with why: an estimate, a rumour ...")
    given: list[FigureJson] = said("What it brings along.")
    worked: list[FigureJson] = said("The steps of its arithmetic.")
    relation: Literal["equal", "at least", "at most", "between"] | None = said("How what is stated is meant.")
    stated: list[FigureJson] = said("What it states: one figure, or the two ends of `between`.")
    derived: FigureJson | None = said("What follows.")
    newer: NewerJson | None = said("What came after it.")
    beside: list[FigureJson] = said("Figures to set beside it.")
    note: str = said("What else should be known of it.")
    expected: Verdict | None = said("The verdict that the file expects.")
    fact_keys: list[str] = said("Keys of the facts that it rests on.")


class CheckResults(StrictJson):
    """The claims of a file."""

    title: str = said("Of the file.")
    source: str = said("What the claims are from.")
    claims: list[ClaimJson] = said("The claims.")
    counts: dict[Verdict, int] = said("How many have each verdict.")
    unexpected: list[str] = said("Claims whose verdict is not the one that the file expects.")


class CheckJson(EnvelopeJson[CheckInputs, CheckResults]):
    """Published claims, worked through: their arithmetic and their verdict."""

    command: Literal["check"]


class FactsInputs(StrictJson):
    """What was searched."""

    search: str = said("Words, or a key's beginning.")


class RecordFactJson(FactJson):
    """A fact, with what it is a fact of."""

    record: str = said("What it is a fact of.")


class FactsResults(StrictJson):
    """What the search found."""

    count: int = said("How many facts.")
    facts: list[RecordFactJson] = said("The facts.")


class FactsJson(EnvelopeJson[FactsInputs, FactsResults]):
    """Facts of the catalog, each with its value, range, unit and source."""

    command: Literal["facts"]


class ListInputs(StrictJson):
    """What was to be listed."""

    kind: str = said("Kind of things, or `kinds`.")
    search: str = said("Words that a name must hold.")


class NameJson(StrictJson):
    """A name of the catalog."""

    name: str = said("The name.")
    title: str = said("What it is, in words.")
    aliases: list[str] = said("Further names of the same.")


class ListResults(StrictJson):
    """Names of one kind."""

    count: int = said("How many names.")
    names: list[NameJson] = said("The names.")


class ListJson(EnvelopeJson[ListInputs, ListResults]):
    """The names of what the catalog knows."""

    command: Literal["list"]
