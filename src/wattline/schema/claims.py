"""The JSON of ``check`` and ``facts``."""

from __future__ import annotations

from typing import Literal

from wattline.core.fact import Basis, Distribution
from wattline.schema.base import EnvelopeJson, FactJson, RangeJson, StrictJson, item

Verdict = Literal["holds", "holds roughly", "unproven", "undecided", "does not follow", "outdated", "cannot be checked"]


class CheckInputs(StrictJson):
    """A claims file."""

    claims: str = item("The file.")


class FigureJson(StrictJson):
    """A line of arithmetic."""

    name: str = item("What it is.")
    formula: str = item("How it was reached, or as given.")
    value: RangeJson | float = item("What came out, in `unit`.")
    unit: str = item("The unit of `value`.")
    words: str = item("Its middle as people read it.")


class NewerJson(FigureJson):
    """A figure that came after the claim."""

    source: str = item("Who says it.")
    note: str = item("What should be known of it.")
    differs: bool = item("Whether it lies so far off that the claim is out of date.")


class ClaimJson(StrictJson):
    """A claim with its verdict; null or empty where it has no such thing."""

    id: str = item("Its name in the file.")
    says: str = item("What it says.")
    source: str = item("Where it says so.")
    verdict: Verdict = item("How it stands.")
    why: str = item("Why.")
    probability: float | None = item("Share of the draws in which the figures agree at least roughly; null without.")
    weak_evidence: dict[str, str] = item("Facts that prove nothing, by key, each with why: an estimate, a rumour ...")
    given: list[FigureJson] = item("What it brings along.")
    worked: list[FigureJson] = item("The steps of its arithmetic.")
    relation: Literal["equal", "at least", "at most", "between"] | None = item("How what is stated is meant.")
    stated: list[FigureJson] = item("What it states: one figure, or the two ends of `between`.")
    derived: FigureJson | None = item("What follows.")
    newer: NewerJson | None = item("What came after it.")
    beside: list[FigureJson] = item("Figures to set beside it.")
    note: str = item("What else should be known of it.")
    expected: Verdict | None = item("The verdict that the file expects.")
    fact_keys: list[str] = item("Keys of the facts that it rests on.")


class CheckResults(StrictJson):
    """The claims of a file."""

    title: str = item("Of the file.")
    source: str = item("What the claims are from.")
    claims: list[ClaimJson] = item("The claims.")
    counts: dict[Verdict, int] = item("How many have each verdict.")
    unexpected: list[str] = item("Claims whose verdict is not the one that the file expects.")


class CheckJson(EnvelopeJson[CheckInputs, CheckResults]):
    """Published claims, worked through: their arithmetic and their verdict."""

    command: Literal["check"]


class FactsInputs(StrictJson):
    """What was searched."""

    search: str = item("Words, or a key's beginning.")


class RecordFactJson(FactJson):
    """A fact, with what it is a fact of."""

    record: str = item("What it is a fact of.")


class FactsResults(StrictJson):
    """What the search found."""

    count: int = item("How many facts.")
    facts: list[RecordFactJson] = item("The facts.")


class FactsJson(EnvelopeJson[FactsInputs, FactsResults]):
    """Facts of the catalog, each with its value, range, unit and source."""

    command: Literal["facts"]


class ListInputs(StrictJson):
    """What was to be listed."""

    kind: str = item("Kind of things, or `kinds`.")
    search: str = item("Words that a name must hold.")


class NameJson(StrictJson):
    """A name of the catalog."""

    name: str = item("The name.")
    title: str = item("What it is, in words.")
    aliases: list[str] = item("Further names of the same.")


class ListResults(StrictJson):
    """Names of one kind."""

    count: int = item("How many names.")
    names: list[NameJson] = item("The names.")


class ListJson(EnvelopeJson[ListInputs, ListResults]):
    """The names of what the catalog knows."""

    command: Literal["list"]


class DiffInputs(StrictJson):
    """What was compared."""

    old: str = item("Earlier state, as given.")
    new: str = item("Later state, as given.")


class StateOfFactJson(StrictJson):
    """A fact in one state of the catalog."""

    value: float = item("Its value, in `unit`.")
    low: float = item("The low end of its range.")
    high: float = item("The high end of its range.")
    unit: str = item("The unit of `value`, `low` and `high`; empty for a ratio or a count.")
    dist: Distribution = item("How it is drawn from its range.")
    basis: Basis = item("How it is known.")
    source: str = item("Where it was read.")


class DifferenceJson(StrictJson):
    """A fact that two states do not share."""

    key: str = item("Where it stands in the catalog.")
    old: StateOfFactJson | None = item("What it was; null where it was not there.")
    new: StateOfFactJson | None = item("What it is; null where it is gone.")


class DiffResults(StrictJson):
    """Facts that differ."""

    count: int = item("How many facts.")
    differences: list[DifferenceJson] = item("The facts.")


class CatalogDiffJson(EnvelopeJson[DiffInputs, DiffResults]):
    """The facts that differ between two states of the catalog."""

    command: Literal["catalog diff"]
