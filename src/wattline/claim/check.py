"""Checks claims: works out each step, holds what follows against what is stated, and says why."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wattline.catalog.draws import Draws
from wattline.claim.evaluate import Scope, evaluate, quantity
from wattline.claim.evidence import facts_behind, own_key, weakness
from wattline.claim.fields import Expression, Given
from wattline.claim.figure import Figure, figure
from wattline.claim.file import Claim, ClaimsFile, built_in, read_file
from wattline.claim.sentence import is_sentence, read_sentence
from wattline.claim.units import magnitude
from wattline.claim.verdict import VERDICTS, Grade, Interval, Verdict, decide, grade, interval, on_weak_evidence
from wattline.claim.why import Newer, Stated, explain
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array, Fact, Source
from wattline.core.result import Json, Result, envelope


@dataclass(frozen=True)
class CheckedClaim:
    """A claim with its verdict, the reason, every line of arithmetic and the facts that it rests on."""

    claim: Claim
    verdict: Verdict
    why: str
    quantities: tuple[Figure, ...]
    steps: tuple[Figure, ...]
    beside: tuple[Figure, ...]
    stated: Stated | None = None
    derived: Figure | None = None
    newer: Newer | None = None
    facts: tuple[Fact, ...] = ()
    probability: float | None = None
    weak: Mapping[str, str] = field(default_factory=dict)

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the file expects; true where it expects none."""
        return self.claim.expect in (None, self.verdict)

    def json(self) -> dict[str, Any]:
        """The claim as plain data; its facts are named by their keys."""
        claim = self.claim
        return {
            "id": claim.id,
            "says": claim.says,
            "source": claim.source,
            "verdict": self.verdict,
            "why": self.why,
            "probability": self.probability,
            "weak_evidence": dict(self.weak),
            "given": [line.json() for line in self.quantities],
            "worked": [line.json() for line in self.steps],
            "relation": claim.relation if self.stated else None,
            "stated": [line.json() for line in self.stated.figures] if self.stated else [],
            "derived": self.derived.json() if self.derived else None,
            "newer": self.newer.json() if self.newer else None,
            "beside": [line.json() for line in self.beside],
            "note": claim.note,
            "expected": claim.expect,
            "fact_keys": [fact.key for fact in self.facts],
        }


@dataclass(frozen=True, repr=False)
class ClaimsReport(Result):
    """A claims file, checked; ``where`` names the file."""

    title: str
    where: str
    source: str
    claims: tuple[CheckedClaim, ...]
    draws: Draws
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def unexpected(self) -> tuple[CheckedClaim, ...]:
        """The claims whose verdict is not the one that the file expects."""
        return tuple(result for result in self.claims if not result.as_expected)

    def json(self) -> Json:
        results = {
            "title": self.title,
            "source": self.source,
            "claims": [result.json() for result in self.claims],
            "counts": self.counts,
            "unexpected": [result.claim.id for result in self.unexpected],
        }
        facts = {fact.key: fact for result in self.claims for fact in result.facts}
        return envelope("check", {"claims": self.where}, results, draws=self.draws, facts=facts.values())


def check_file(path: str | Path, draws: int = 2000, seed: int = 0) -> ClaimsReport:
    """Check the claims of a file, of the built-in one with this name (``article``), or the claim of a sentence.

    Parameters
    ----------
    path : a claims file (TOML), the name of a built-in one, or a sentence
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed

    Returns each claim with its arithmetic and its verdict. Raises WattlineError on bad input.
    """
    text = str(path)
    sentence = text not in built_in() and is_sentence(text) and not os.path.exists(text)
    return check_claims(read_sentence(text) if sentence else read_file(path), draws, seed)


def check_claims(claims: ClaimsFile, draws: int = 2000, seed: int = 0) -> ClaimsReport:
    """Check claims that were read; facts are drawn once for all of them.

    Parameters
    ----------
    claims : as ``read_claims`` gives them
    draws : number of draws
    seed : of the draws

    Returns each claim with its verdict, and how many there are of each. Raises WattlineError, which names the claim,
    where it cannot be computed.
    """
    shared = Draws(draws, seed)
    results = tuple(_located(claim, claims.where, shared) for claim in claims.claims)
    by_verdict = Counter(result.verdict for result in results)
    counts = {str(verdict): by_verdict[verdict] for verdict in VERDICTS if by_verdict[verdict]}
    return ClaimsReport(claims.title, claims.where, claims.source, results, shared, counts)


def _located(claim: Claim, where: str, draws: Draws) -> CheckedClaim:
    try:
        return _check(claim, draws)
    except WattlineError as error:
        raise WattlineError(f"{shorten(where, 200)}: claim {claim.id}: {error}") from None


def _check(claim: Claim, draws: Draws) -> CheckedClaim:
    scope = Scope(draws, later=frozenset(claim.steps))
    quantities = tuple(_quantity(claim, name, given, scope) for name, given in claim.quantities.items())
    steps = []
    for name, expression in claim.steps.items():
        value = _value(expression, f"steps.{name}", scope)
        scope.names[name] = value
        steps.append(_line(name, expression, value, scope))
    beside = tuple(
        _line(name, expression, _value(expression, f"beside.{shorten(name)}", scope), scope)
        for name, expression in claim.beside.items()
    )
    judged = _judge(claim, scope)
    return CheckedClaim(
        claim,
        judged.verdict,
        explain(claim, judged.verdict, judged.stated, judged.derived, judged.newer, judged.weak),
        quantities,
        tuple(steps),
        beside,
        judged.stated,
        judged.derived[0] if judged.derived else None,
        judged.newer,
        tuple(scope.used.values()),
        judged.probability,
        judged.weak,
    )


@dataclass(frozen=True)
class _Judged:
    """What is stated, what follows, what is newer, the verdict and what it rests on, in the unit of what is stated."""

    verdict: Verdict
    stated: Stated | None = None
    derived: tuple[Figure, Grade] | None = None
    newer: Newer | None = None
    weak: dict[str, str] = field(default_factory=dict)

    @property
    def probability(self) -> float | None:
        """Of the grade that the verdict comes from; None where nothing was compared."""
        if self.stated is None:
            return None
        if self.newer is not None and (self.verdict == "outdated" or self.derived is None):
            return self.newer.grade.probability
        return None if self.derived is None else self.derived[1].probability


def _judge(claim: Claim, scope: Scope) -> _Judged:
    """What is stated, what follows, what is newer, and the verdict."""
    values = {
        key: _value(expression, key, scope)
        for key in ("stated", "stated_low", "stated_high", "derived", "newer")
        if (expression := getattr(claim, key)) is not None
    }
    ends = [values[key] for key in ("stated", "stated_low", "stated_high") if key in values]
    if not ends:
        lone = figure("derived", claim.derived.text, values["derived"], climb=True) if claim.derived else None
        return _Judged("cannot be checked", None, (lone, Grade("holds", 0.0, 1.0)) if lone else None)
    unit = ends[0].units
    for key, value in values.items():
        if value.dimensionality != ends[0].dimensionality:
            first, other = (figure("", "", v, climb=False).unit or "a plain number" for v in (value, ends[0]))
            raise WattlineError(f"{key} is in {first}, but what is stated is in {other}; the two cannot be compared")
    figures = {
        key: _line(key, getattr(claim, key), value.to(unit), scope, climb=False) for key, value in values.items()
    }
    ends_of = ("stated", "stated") if "stated" in figures else ("stated_low", "stated_high")
    if "stated_low" in figures and figures["stated_low"].range.p50 > figures["stated_high"].range.p50:
        low, high = (figures[key].middle for key in ends_of)
        raise WattlineError(f"stated_low ({low}) is more than stated_high ({high}); swap the two")
    truth: tuple[Interval, Interval] = (
        interval(claim.relation, *(magnitude(values[key].to(unit)) for key in ends_of)),
        interval(claim.relation, *(figures[key].range.p50 for key in ends_of)),
    )
    judged = [key for key in ("derived", "newer") if key in figures]
    weak = {key: _weak(claim, key, scope) for key in judged}
    grades = {key: _grade(claim, magnitude(values[key].to(unit)), figures[key], truth, weak[key]) for key in judged}
    stated = Stated(claim.relation, tuple(figures[key] for key in figures if key.startswith("stated")))
    derived = (figures["derived"], grades["derived"]) if "derived" in grades else None
    newer = None
    if "newer" in grades:
        newer = Newer(figures["newer"], grades["newer"], claim.newer_source, claim.newer_note)
    verdict = "cannot be checked" if claim.cannot else decide(grades.get("derived"), grades.get("newer"))
    return _Judged(verdict, stated, derived, newer, {fact: why for key in judged for fact, why in weak[key].items()})


def _grade(claim: Claim, drawn: Array, line: Figure, truth: tuple[Interval, Interval], weak: dict[str, str]) -> Grade:
    """How a figure compares with what is stated, and whether that proves anything."""
    bound = claim.relation in ("at least", "at most")
    given = grade(drawn, line.range.p50, truth, claim.holds, claim.roughly, bound=bound)
    return on_weak_evidence(given) if weak else given


def _weak(claim: Claim, key: str, scope: Scope) -> dict[str, str]:
    """Facts behind a figure, and what is stated, that prove nothing, each with why."""
    names = [name for name in (key, "stated", "stated_low", "stated_high") if getattr(claim, name) is not None]
    own = {name: own_key(claim.id, name) for name in claim.quantities}
    keys = [fact for name in names for fact in facts_behind(getattr(claim, name).tree, claim.steps, own)]
    known = {fact: weakness(scope.used[fact], scope.draws.catalog, claim.source) for fact in keys if fact in scope.used}
    projected = {next(iter(claim.quantities), "outlook"): claim.projected} if claim.projected else {}
    return {fact: why for fact, why in known.items() if why} | projected


def _quantity(claim: Claim, name: str, given: Given, scope: Scope) -> Figure:
    """Make a given quantity known to the scope, as a fact where it has a range, a source or says how it is known."""
    value = _value(given.value, f"quantities.{name}", scope)
    fact = None
    if given.low is not None or given.source is not None or given.basis is not None:
        fact = _own_fact(claim, name, given, value, scope)
        scope.used[fact.key] = fact
        value = quantity(scope.draws(fact), fact.unit)
    scope.names[name] = value
    return figure(name, given.value.text, value, climb=False, fact=fact)


def _own_fact(claim: Claim, name: str, given: Given, value: Any, scope: Scope) -> Fact:
    at = f"quantities.{name}"
    ends = []
    for key, end in (("low", given.low), ("high", given.high)):
        bound = value if end is None else _value(end, f"{at}.{key}", scope)
        if bound.dimensionality != value.dimensionality:
            raise WattlineError(f"{at}.{key}: {end.text if end else ''!r} is of another kind than the value")
        ends.append(float(bound.to(value.units).magnitude))
    return Fact(
        key=own_key(claim.id, name),
        value=float(value.magnitude),
        low=ends[0],
        high=ends[1],
        unit=given.value.tree.value[1],
        source=given.source or Source(claim.source or "given by the claim"),
        dist=given.dist or ("triangular" if given.low is not None else "fixed"),
        note=given.note,
        basis=given.basis or ("given" if given.source is None else "published"),
        name=name.replace("_", " "),
    )


def _value(expression: Expression, at: str, scope: Scope) -> Any:
    try:
        return evaluate(expression.tree, scope)
    except WattlineError as error:
        raise WattlineError(f"{at}: {shorten(expression.text)!r} {error}") from None


def _line(name: str, expression: Expression, value: Any, scope: Scope, *, climb: bool = True) -> Figure:
    """A line of arithmetic; one whose unit came about by reckoning takes the prefix that reads best."""
    tree = expression.tree
    computed = tree.kind in ("chain", "power", "call", "nested", "sign")
    fact = scope.draws.catalog.fact(tree.value) if tree.kind == "fact" else None
    return figure(name, expression.text, value, climb=climb and computed, fact=fact)
