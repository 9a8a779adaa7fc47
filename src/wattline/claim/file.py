"""Reads a claims file: TOML in, parsed claims out; what is wrong is said with its file, claim and key."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wattline import catalog
from wattline.claim.expression import FUNCTIONS, KEYWORDS, NAME
from wattline.claim.fields import (
    ClaimError,
    Expression,
    Given,
    choice_of,
    expression_of,
    given_of,
    only_known,
    table_of,
    text_of,
    tolerance_of,
)
from wattline.claim.verdict import RELATIONS, VERDICTS, Relation, Verdict
from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import parse_toml, read_text

MAX_BYTES = 1_000_000
MAX_CLAIMS = 500
MAX_NAMES = 60
BUILT_IN = Path(catalog.__file__).parent / "claims"
ROUGHLY = 0.25  # how far apart figures may lie that agree roughly, where a claim says nothing else
_FILE_KEYS = {"title", "source", "holds", "roughly", "claim"}
_TEXTS = {"id", "says", "source", "note", "cannot", "newer_source", "newer_note"}
_EXPRESSIONS = {"stated", "stated_low", "stated_high", "derived", "newer"}
_TABLES = {"quantities", "steps", "beside"}
_CLAIM_KEYS = _TEXTS | _EXPRESSIONS | _TABLES | {"holds", "roughly", "relation", "expect"}


@dataclass(frozen=True)
class Claim:
    """One statement of a publication, what it brings along, how it is derived, what it is held against."""

    id: str
    says: str
    source: str = ""
    note: str = ""
    cannot: str = ""
    newer_source: str = ""
    newer_note: str = ""
    quantities: dict[str, Given] = field(default_factory=dict)
    steps: dict[str, Expression] = field(default_factory=dict)
    beside: dict[str, Expression] = field(default_factory=dict)
    stated: Expression | None = None
    stated_low: Expression | None = None
    stated_high: Expression | None = None
    derived: Expression | None = None
    newer: Expression | None = None
    relation: Relation = "equal"
    holds: float = 0.05
    roughly: float = ROUGHLY
    expect: Verdict | None = None
    projected: str = ""  # why what it is held against proves nothing, where that is an outlook


@dataclass(frozen=True)
class ClaimsFile:
    """A claims file: where it stands, its title and its claims, in order."""

    where: str
    title: str
    source: str
    claims: tuple[Claim, ...]


def built_in() -> list[str]:
    """The names of the claims files that come with Wattline."""
    return sorted(path.stem for path in BUILT_IN.glob("*.toml"))


def read_file(path: str | Path) -> ClaimsFile:
    """The claims in a TOML file, or in the built-in one of this name (``article``). Raises WattlineError where there is
    no such file, or it is not understood."""
    if str(path) in built_in():
        return read_claims((BUILT_IN / f"{path}.toml").read_text(encoding="utf-8"), str(path))
    if not os.path.exists(path):
        known = ", ".join(("a TOML file", *built_in()))
        raise WattlineError(
            f"claims file {shorten(str(path))} does not exist; give {known}, or a sentence with a figure"
        )
    return read_claims(read_text(path, MAX_BYTES, "claims file"), str(path))


def read_claims(text: str, where: str) -> ClaimsFile:
    """The claims in the text of a claims file.

    Parameters
    ----------
    text : of the file, TOML
    where : the file, for the error

    Returns the claims, in their order. Raises WattlineError, which names the claim, where something is not understood.
    """
    data = _toml(text, where)
    try:
        only_known(data, _FILE_KEYS)
        entries = data.get("claim")
        if not isinstance(entries, list) or not entries:
            raise ClaimError("has no claims; each begins with a line [[claim]]")
        if len(entries) > MAX_CLAIMS:
            raise ClaimError(f"has {len(entries):,} claims; at most {MAX_CLAIMS} are checked at once")
        defaults = {"source": text_of(data, "source")} | {k: data[k] for k in ("holds", "roughly") if k in data}
        title = text_of(data, "title") or Path(where).stem
    except ClaimError as error:
        raise WattlineError(f"{shorten(where, 200)}: {error}") from None
    claims: dict[str, Claim] = {}
    for number, entry in enumerate(entries, 1):
        name = entry.get("id") if isinstance(entry, dict) else None
        at = f"{shorten(where, 200)}: claim {shorten(name) if isinstance(name, str) and name else number}"
        try:
            claim = _claim(entry, defaults)
        except WattlineError as error:
            raise WattlineError(f"{at}: {error}") from None
        if claim.id in claims:
            raise WattlineError(f"{at}: the id is used twice; give each claim its own")
        claims[claim.id] = claim
    return ClaimsFile(where, title, defaults["source"], tuple(claims.values()))


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except ValueError as error:
        raise WattlineError(f"{shorten(where, 200)}: is not valid TOML: {shorten(str(error), 120)}") from None


def _claim(entry: Any, defaults: dict[str, Any]) -> Claim:
    if not isinstance(entry, dict):
        raise ClaimError("must be a table that begins with [[claim]]")
    only_known(entry, _CLAIM_KEYS)
    texts = {key: text_of(entry, key) for key in sorted(_TEXTS)}
    for key in ("id", "says"):
        if not texts[key]:
            raise ClaimError(f"{key} is missing")
    if len(texts["id"]) > 60:
        raise ClaimError("id is longer than 60 characters")
    if "cannot" in entry and not texts["cannot"]:
        raise ClaimError("cannot must say why the claim cannot be checked")
    texts["source"] = texts["source"] or defaults["source"]
    tables = {key: table_of(entry, key) for key in sorted(_TABLES)}
    values: dict[str, Any] = {
        "quantities": {name: given_of(name, raw) for name, raw in tables["quantities"].items()},
        "steps": {name: expression_of(raw, f"steps.{name}") for name, raw in tables["steps"].items()},
        "beside": {n: expression_of(raw, f"beside.{shorten(n)}") for n, raw in tables["beside"].items()},
        "relation": choice_of(entry, "relation", RELATIONS) or "equal",
        "holds": tolerance_of(defaults | entry, "holds", 0.05),
        "roughly": tolerance_of(defaults | entry, "roughly", ROUGHLY),
        "expect": choice_of(entry, "expect", VERDICTS),
    }
    values |= {key: expression_of(entry[key], key) for key in sorted(_EXPRESSIONS) if key in entry}
    claim = Claim(**(texts | values))
    _names(claim)
    _whole(claim)
    return claim


def _names(claim: Claim) -> None:
    """Names that an expression can use, each for one thing."""
    if len(claim.quantities) > MAX_NAMES or len(claim.steps) > MAX_NAMES or len(claim.beside) > MAX_NAMES:
        raise ClaimError(f"has too many entries in one table; at most {MAX_NAMES} are read")
    for table, names in (("quantities", claim.quantities), ("steps", claim.steps)):
        for name in names:
            if not NAME.match(name) or len(name) > 60 or name in FUNCTIONS or name in KEYWORDS:
                raise ClaimError(
                    f"{table}: {shorten(name)!r} cannot be a name; use letters, digits and _, "
                    f"and none of {', '.join((*FUNCTIONS, *KEYWORDS))}"
                )
    for name in claim.steps:
        if name in claim.quantities:
            raise ClaimError(f"steps.{name}: a quantity has this name already; give the step another")


def _whole(claim: Claim) -> None:
    """Nothing that a verdict needs is missing, and nothing is given that says two things."""
    between = claim.relation == "between"
    if claim.roughly < claim.holds:
        raise ClaimError(f"roughly ({claim.roughly:g}) must not be smaller than holds ({claim.holds:g})")
    if between and (claim.stated_low is None or claim.stated_high is None or claim.stated is not None):
        raise ClaimError('relation "between" takes stated_low and stated_high, and no stated')
    if not between and (claim.stated_low is not None or claim.stated_high is not None):
        raise ClaimError('stated_low and stated_high are for relation = "between"; give stated')
    states = between or claim.stated is not None
    figures = claim.derived is not None or claim.newer is not None
    if claim.cannot:
        if claim.newer is not None:
            raise ClaimError("newer makes no sense where the claim cannot be checked; put the figure under beside")
        return
    if not states:
        raise ClaimError("stated is missing: what the claim says, as a name or an expression; or give cannot")
    if not figures:
        raise ClaimError("derived is missing: what stated is held against; or give newer, or cannot")
