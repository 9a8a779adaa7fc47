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


def said(words: str) -> Any:
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

    key: str = said("Where it stands in the catalog: kind, record and name.")
    name: str = said("What it is.")
    value: float = said("Its value, in `unit`.")
    low: float = said("The low end of its range.")
    high: float = said("The high end of its range.")
    unit: str = said("The unit of `value`, `low` and `high`; empty for a ratio or a count.")
    dist: Distribution = said("How it is drawn from its range.")
    basis: Basis = said("How it is known; `given` by the user.")
    source: str = said("Where it was read.")
    note: str = said("What else should be known of it.")


class MatterJson(StrictJson):
    """A fact that moves the answer, with its range."""

    fact: str = said("The fact's key.")
    name: str = said("What it is.")
    rank_correlation: float = said("Spearman's with the answer over the draws, -1 to 1.")
    value: float = said("The fact's value.")
    low: float = said("The low end of its range.")
    high: float = said("The high end of its range.")
    unit: str = said("The fact's unit.")


class EnvelopeJson(StrictJson, Generic[Inputs, Results]):
    """The object that every command answers with."""

    command: str = said("The command that answers.")
    wattline: str = said("The version that answered.")
    draws: int | None = said("Number of draws from the ranges of the facts; null where nothing was drawn.")
    seed: int | None = said("Seed of the draws; null where nothing was drawn.")
    inputs: Inputs = said("What was asked, read: plain numbers and catalog names.")
    results: Results = said("Everything that the command says.")
    facts: list[FactJson] = said("What the answer rests on.")
    notes: list[str] = said("What is said beside the results.")
    warnings: list[str] = said("What the user should mind.")
