"""A sentence on data centres' electricity in a year to come, held against the outlook: a projection never holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattline.catalog import Catalog, default
from wattline.claim.fields import Expression, Given, expression_of, literal_of
from wattline.claim.file import ROUGHLY, Claim
from wattline.claim.sentence.coming_parts import part_draws
from wattline.claim.sentence.coming_words import (
    BASE,
    ComingClaim,
    place_words,
)
from wattline.claim.sentence.overtaken import overtaken_projection, totals_of
from wattline.claim.verdict import UNLIKELY, Relation
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array, Source
from wattline.line.world.counts import ALL, COUNTS
from wattline.line.world.electricity import electricity_twh
from wattline.line.world.grid_limit import grid_limit
from wattline.line.world.growth import FIRST
from wattline.line.world.outlook import catalog_posterior
from wattline.line.world.power import TWH_PER_GW
from wattline.line.world.published import PublishedFigure, published_figures
from wattline.line.world.tables import series

AS_OF = 2026
DRAWS = 20_000
BESIDE = 6
COUNTED = " A publisher counted about what is stated, so that the range takes it in."
UNITS = {"energy": "TWh", "rise": "TWh", "power": "GW", "power rise": "GW", "share": "%", "part": "%",
         "part of AI": "%", "growth": ""}  # fmt: skip
OF_TWO_YEARS = ("growth", "rise", "power rise")  # kinds that count from a year before
PERCENT = ("share", "part", "part of AI")


@dataclass(frozen=True)
class Foreseen:
    """What the outlook has of a statement: p5, p50 and p95 in its unit, and how probable the statement is."""

    low: float
    middle: float
    high: float
    probability: float
    above: float


def outlook_match(coming: ComingClaim, relation: Relation) -> Foreseen:
    """The outlook's range of what is stated, and the probability of the statement and of as much or more.

    Parameters
    ----------
    coming : what is stated
    relation : how it is meant

    Returns
    -------
    5th, 50th and 95th percentile in the unit of what is stated, and probabilities, 0 to 1.
    """
    drawn = _draws(coming)
    low, high = coming.values[0], coming.values[-1]
    inside = {
        "equal": (drawn >= low * (1 - ROUGHLY)) & (drawn <= high * (1 + ROUGHLY)), "at least": drawn >= low,
        "at most": drawn <= high, "between": (drawn >= low) & (drawn <= high),
    }[relation]  # fmt: skip
    p5, p50, p95 = (float(end) for end in np.percentile(drawn, (5, 50, 95)))
    return Foreseen(p5, p50, p95, float(inside.mean()), float((drawn >= low).mean()))


def _draws(coming: ComingClaim) -> Array:
    years = [coming.base, coming.year] if coming.kind in OF_TWO_YEARS else [coming.year]
    if coming.kind in ("part", "part of AI"):
        of_centres = part_draws(coming.place, years, coming.part, AS_OF)[1][:, 0]
        whole = part_draws(coming.place, years, "ai", AS_OF)[1][:, 0] if coming.kind == "part of AI" else 1.0
        return np.asarray(of_centres / whole)
    drawn = _twh_draws(coming, years)
    if coming.kind in ("power", "power rise"):
        load = series("load-factor").at(np.array(years), np.random.default_rng(1).standard_normal(len(drawn)))
        gw = drawn / TWH_PER_GW / load
        return np.asarray(gw[:, 0] if coming.kind == "power" else gw[:, 1] - gw[:, 0])
    if coming.kind == "share":
        if not coming.place.consumption_twh:
            raise WattlineError(f"claim: the electricity of {coming.place.name} is not known")
        return np.asarray(drawn[:, 0] / electricity_twh(coming.place, coming.year))
    if coming.kind == "growth":
        return np.asarray(drawn[:, 1] / drawn[:, 0])
    return np.asarray(drawn[:, 1] - drawn[:, 0] if coming.kind == "rise" else drawn[:, 0])


def _twh_draws(coming: ComingClaim, years: list[int]) -> Array:
    """Electricity by draw and year [TWh]."""
    if coming.part != "all":
        return part_draws(coming.place, years, coming.part, AS_OF)[0]
    mean, spread = catalog_posterior(AS_OF).predict([coming.place] * len(years), np.array(years) - FIRST)
    rng = np.random.default_rng(0)
    drawn = np.exp(rng.multivariate_normal(mean, spread, DRAWS, method="cholesky"))
    drawn = np.minimum(
        drawn, grid_limit(catalog_posterior(AS_OF), coming.place, years, AS_OF, rng.standard_normal(DRAWS))
    )
    if coming.crypto:
        drawn += series("crypto").at(np.array(years), rng.standard_normal(DRAWS))
    return np.asarray(drawn)


def coming_claim(coming: ComingClaim, text: str, relation: Relation, catalog: Catalog | None = None) -> Claim:
    """The claim with the outlook as what it is held against, and other projections of the year beside.

    Parameters
    ----------
    coming : what the sentence states
    text : the sentence
    relation : how it is meant: equal, at least, at most
    catalog : whose projections are set beside

    Returns
    -------
    A claim that ``evaluate`` takes.
    """
    if len(coming.values) == 2:
        relation = "between"
    seen = outlook_match(coming, relation)
    unit = UNITS[coming.kind]
    scale = 100.0 if coming.kind in PERCENT else 1.0
    stated = [_literal(value * scale, unit) for value in coming.values]
    taken = (seen.low, seen.high, *(coming.values if _is_counted(coming) else ()))
    low, high = min(taken), max(taken)
    taken_in = COUNTED if (low, high) != (seen.low, seen.high) else ""
    ends = [_literal(value * scale, unit) for value in (low, seen.middle, high)]
    source = Source("Wattline's own outlook (`wattline world`)")
    given = Given(ends[1], ends[0], ends[2], "lognormal" if low > 0 else "uniform", source, "a projection")
    two = len(stated) == 2
    known = default() if catalog is None else catalog
    claim = Claim(
        id="sentence",
        says=shorten(text, 500),
        note=f"{_note(coming, seen, relation)}{taken_in}",
        quantities={"outlook": given},
        stated=None if two else stated[0],
        stated_low=stated[0] if two else None,
        stated_high=stated[1] if two else None,
        derived=expression_of("outlook", "derived"),
        beside=_others(coming, known),
        relation=relation,
        roughly=ROUGHLY if relation == "equal" else 0.0,
        projected="a projection: what is yet to come proves nothing",
    )
    open_still = seen.probability >= UNLIKELY or (low <= coming.values[-1] and coming.values[0] <= high)
    return claim if open_still else _overtaken(claim, coming, known)


def _overtaken(claim: Claim, coming: ComingClaim, catalog: Catalog) -> Claim:
    """The claim held against the older projection that it repeats, with the outlook as what is newer."""
    record = overtaken_projection(coming, catalog, AS_OF)
    if record is None:
        return claim
    fact = record.facts["energy_twh"]
    of = f"{record.title} ({record.meta['scope']})"
    note = f"{claim.note} It was published in {fact.source.year} by {record.meta['publisher']}: {of}."
    return replace(
        claim,
        note=note,
        derived=expression_of(f"[{fact.key}]", "derived"),
        newer=expression_of("outlook", "newer"),
        newer_source="Wattline's own outlook",
        newer_note="a projection",
        beside={name: each for name, each in claim.beside.items() if name != record.title},
    )


def outlook_words(coming: ComingClaim, relation: Relation) -> str:
    """What the outlook has of a statement and how probable it is, in words.

    Parameters
    ----------
    coming : what is stated
    relation : how it is meant

    Returns sentences that a note can end with.
    """
    meant: Relation = "between" if len(coming.values) == 2 else relation
    return _note(coming, outlook_match(coming, meant), meant)


def _literal(value: float, unit: str) -> Expression:
    return literal_of(f"{value:.6g} {unit}".strip(), "claim")


def _note(coming: ComingClaim, seen: Foreseen, relation: Relation) -> str:
    place = place_words(coming.place)
    unit = UNITS[coming.kind]

    def shown(value: float) -> str:
        return f"{value:.1%}" if coming.kind in PERCENT else f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"

    what = {
        "energy": f"in {coming.year}", "power": f"of capacity in {coming.year}",
        "share": f"of the electricity of {place} in {coming.year}",
        "part": f"of the data centres' electricity in {coming.year}",
        "part of AI": f"of AI's electricity in {coming.year}",
        "growth": f"times {coming.base} in {coming.year}",
        "rise": f"more in {coming.year} than in {coming.base}",
        "power rise": f"more in {coming.year} than in {coming.base}",
    }[coming.kind]  # fmt: skip
    unit = "" if coming.kind in (*PERCENT, "growth") else f" {unit}"
    head = (
        f"The outlook (`wattline world`) has {shown(seen.middle)}{unit} [{shown(seen.low)}–{shown(seen.high)}] {what}"
    )
    if relation == "between":
        of = " to ".join(shown(value) for value in coming.values)
        tail = f"{of}{unit} ({coming.words}) with a probability of {seen.probability:.0%}"
    else:
        tail = f"{shown(coming.values[0])}{unit} or more with a probability of {seen.above:.0%}"
        tail += f", within a quarter of it with {seen.probability:.0%}" if relation == "equal" else ""
    base = " Growth counts from 2024, the newest year that studies have counted." * (coming.kind in OF_TWO_YEARS)
    base = base if coming.base == BASE else ""
    what = _subject(coming, place)
    return f"{what}. {head}: {tail}. A projection is never more than that.{base}"


def _subject(coming: ComingClaim, place: str) -> str:
    """What a statement is of, in words."""
    if coming.place.company:
        return f"All that {place} reports"
    if coming.part in ("training", "inference"):
        return f"{coming.part.capitalize()} of AI in data centres"
    crypto = "with" if coming.crypto else "without"
    if coming.part == "ai":
        return f"AI's part of the data centres of {place}, with its own cooling and power, {crypto} crypto-mining"
    return f"Data centres of {place}, {crypto} crypto-mining"


def _published(coming: ComingClaim) -> dict[str, Expression]:
    """What was published of the data centres of the same place and year, with what each figure counts."""
    made: dict[str, Expression] = {}
    for figure, value in sorted(_figures(coming), key=lambda each: -each[0].published)[:BESIDE]:
        counts = "" if figure.scope == ALL else f": {COUNTS[figure.scope]}"
        text = f"{100 * value:.3g} %" if coming.kind == "share" else f"{value:.4g} TWh"
        made[f"{figure.source}, published {figure.published}{counts}"] = literal_of(text, "claim")
    return made


def _figures(coming: ComingClaim) -> list[tuple[PublishedFigure, float]]:
    """Published figures of the same place and year, each with its value as the kind has it: TWh, or a share."""
    if coming.kind not in ("energy", "share") or coming.part != "all":
        return []
    whole = electricity_twh(coming.place, coming.year) if coming.place.consumption_twh else 0.0
    if coming.kind == "share" and not whole:
        return []
    own = (each for each in published_figures() if (each.series, each.year) == (coming.place.name, coming.year))
    return [(each, each.twh / whole if coming.kind == "share" else each.twh) for each in own]


def _is_counted(coming: ComingClaim) -> bool:
    """Whether a publisher counted about what is stated, which the outlook alone does not refute."""
    low, high = coming.values[0] * (1 - ROUGHLY), coming.values[-1] * (1 + ROUGHLY)
    return any(figure.electricity and low <= value <= high for figure, value in _figures(coming))


def _others(coming: ComingClaim, catalog: Catalog) -> dict[str, Expression]:
    """Other figures of the catalog for the same place and year, the nearest first; where it has no total, what was
    published."""
    if coming.kind != "energy":
        return _published(coming)
    rows = totals_of(coming, catalog)[:BESIDE]
    counted = {each.title: expression_of(f"[{each.facts['energy_twh'].key}]", "beside") for each in rows}
    return counted or _published(coming)
