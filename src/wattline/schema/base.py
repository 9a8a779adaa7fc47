"""What the JSON of several commands has in common: ranges, facts, the envelope, and whether a key may be missing."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from wattline.core.fact import Basis, Distribution

Inputs = TypeVar("Inputs")
Results = TypeVar("Results")


class StrictJson(BaseModel):
    """An object without unknown keys, of exact types and finite numbers."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def item(words: str) -> Any:
    """A key that is always there."""
    return Field(description=words)


def perhaps(words: str) -> Any:
    """A key that is there where it has something to say."""
    return Field(default=None, description=words)


class RangeJson(StrictJson):
    """A range of draws (R): its 5th, 50th and 95th percentile; three equal numbers of what is exact."""

    p5: float
    p50: float
    p95: float


class MeasuredJson(StrictJson):
    """A measured quantity (M): its value, and the ends of what the meter's error leaves, 19 times in 20."""

    value: float
    low: float
    high: float


class OverRequestsJson(StrictJson):
    """Mean and percentiles over requests (Q)."""

    mean: float
    p50: float
    p90: float
    p95: float
    p99: float


class FactJson(StrictJson):
    """A fact that an answer rests on."""

    key: str = item("Where it stands in the catalog: kind, record and name.")
    name: str = item("What it is.")
    value: float = item("Its value, in `unit`.")
    low: float = item("The low end of its range.")
    high: float = item("The high end of its range.")
    unit: str = item("The unit of `value`, `low` and `high`; empty for a ratio or a count.")
    dist: Distribution = item("How it is drawn from its range.")
    basis: Basis = item("How it is known; `given` by the user.")
    source: str = item("Where it was read.")
    note: str = item("What else should be known of it.")


class MatterJson(StrictJson):
    """A fact that moves the answer, with its range."""

    fact: str = item("The fact's key.")
    name: str = item("What it is.")
    rank_correlation: float = item("Spearman's with the answer over the draws, -1 to 1.")
    value: float = item("The fact's value.")
    low: float = item("The low end of its range.")
    high: float = item("The high end of its range.")
    unit: str = item("The fact's unit.")


class EnvelopeJson(StrictJson, Generic[Inputs, Results]):
    """The object that every command answers with."""

    command: str = item("The command that answers.")
    wattline: str = item("The version that answered.")
    catalog: str | None = item("Which facts were drawn from: their day, updates, own files; null where none were.")
    draws: int | None = item("Number of draws from the ranges of the facts; null where nothing was drawn.")
    seed: int | None = item("Seed of the draws; null where nothing was drawn.")
    inputs: Inputs = item("What was asked, read: plain numbers and catalog names.")
    results: Results = item("Everything that the command says.")
    facts: list[FactJson] = item("What the answer rests on.")
    notes: list[str] = item("What is said beside the results.")
    warnings: list[str] = item("What the user should mind.")
