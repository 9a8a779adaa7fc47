"""A sentence on data centres' electricity in a year to come, held against the outlook: a projection never holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattline.catalog import Catalog, default
from wattline.claim.coming_words import (
    BASE,
    CENTRES,
    LAST,
    ComingClaim,
    Kind,
    amount_in,
    grows,
    like_at,
    low_end,
    multiple_in,
    named_places,
    place_in,
    place_words,
    share_in,
    years_of,
)
from wattline.claim.fields import Expression, Given, expression_of, literal_of
from wattline.claim.file import ROUGHLY, Claim
from wattline.claim.verdict import Relation
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array, Source
from wattline.line.world.electricity import electricity_twh
from wattline.line.world.observe import FIRST
from wattline.line.world.outlook import catalog_posterior
from wattline.line.world.places import Place, place_of
from wattline.line.world.power import TWH_PER_GW
from wattline.line.world.tables import series

AS_OF = 2026
DRAWS = 20_000
BESIDE = 6
UNITS = {"energy": "TWh", "rise": "TWh", "power": "GW", "share": "%", "growth": ""}


def read_coming(text: str) -> ComingClaim | None:
    """What a sentence states of data centres in a year to come; None where it is of something else.

    Parameters
    ----------
    text : the sentence

    Returns
    -------
    The place, year and quantity that are stated, or None.
    """
    years = years_of(text)
    if years is None or not (CENTRES.search(text) or _of_company(text)):
        return None
    year, base = years
    if year > LAST:  # the catalog may know a projection of it
        return None
    rest = CENTRES.sub(" ", text)
    if share := share_in(rest):
        place = place_in(share[1]) or place_in(rest) or place_of("world")
        return ComingClaim("share", place, year, (share[0],), f"{share[0]:.3g} of its electricity", base)
    if amount := amount_in(rest):
        value, unit, at = amount
        low = low_end(rest, at, value)
        values, words = (
            ((value,), f"{value:,.4g} {unit}") if low is None else ((low, value), f"{low:,.4g} to {value:,.4g} {unit}")
        )
        place = place_in(rest) or place_of("world")
        kind: Kind = "power" if unit == "GW" else "rise" if _rise_of(rest) else "energy"
        return ComingClaim(kind, place, year, values, words, base)
    if countries := _countries(rest):
        return _beside_countries(rest, countries, year, base)
    if multiple := multiple_in(rest, year - base):
        place = place_in(rest) or place_of("world")
        return ComingClaim("growth", place, year, (multiple,), f"{multiple:.3g} times {base}", base)
    return None


def _of_company(text: str) -> bool:
    """Whether a sentence is of all that a company uses, whose reports are what is counted."""
    place = place_in(text)
    return place is not None and place.company and amount_in(text) is not None


def _rise_of(text: str) -> bool:
    """Whether an amount is what is added: "grow by 500 TWh", "500 TWh more"."""
    amount = amount_in(text)
    if amount is None:
        return False
    before, after = text[: amount[2][0]].rstrip().lower(), text[amount[2][1] :].strip().lower()
    adds = before.endswith((" another", " add", " additional", " extra")) or (before.endswith(" by") and grows(before))
    return adds or after.startswith(("more ", "extra", "additional")) or after == "more"


def _countries(text: str) -> list[tuple[Place, int]]:
    """Countries that a level or a rise is compared with; none where they only say where the data centres are."""
    start = like_at(text)
    named = named_places(text)
    later = [each for each in named if start is not None and each[1] >= start - 1]
    return later if later else named if len(named) >= 2 and grows(text) else []


def _beside_countries(text: str, countries: Sequence[tuple[Place, int]], year: int, base: int) -> ComingClaim:
    places = [place for place, _ in countries][:2]
    place = place_in(text[: countries[0][1]]) or place_of("world")
    twh = tuple(each.consumption_twh for each in places)
    words = " to ".join(each.name.replace("_", " ").title() for each in places)
    if len(places) == 2:
        return ComingClaim("rise", place, year, tuple(sorted(twh)), words, base, tuple(places))
    more = grows(text[: countries[0][1]]) and " than" not in text[: countries[0][1]]
    return ComingClaim("rise" if more else "energy", place, year, twh, words, base, tuple(places))


@dataclass(frozen=True)
class Foreseen:
    """What the outlook has of a statement: p5, p50 and p95 in its unit, and how probable the statement is."""

    low: float
    middle: float
    high: float
    probability: float
    above: float


def foreseen(coming: ComingClaim, relation: Relation) -> Foreseen:
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
    years = [coming.base, coming.year] if coming.kind in ("growth", "rise") else [coming.year]
    mean, spread = catalog_posterior(AS_OF).predict([coming.place] * len(years), np.array(years) - FIRST)
    rng = np.random.default_rng(0)
    drawn = np.exp(rng.multivariate_normal(mean, spread, DRAWS, method="cholesky"))
    if coming.kind == "power":
        load = series("load-factor").at(np.array(years), rng.standard_normal(DRAWS))
        return np.asarray(drawn[:, 0] / TWH_PER_GW / load[:, 0])
    if coming.kind == "share":
        if not coming.place.consumption_twh:
            raise WattlineError(f"claim: the electricity of {coming.place.name} is not known")
        return np.asarray(drawn[:, 0] / electricity_twh(coming.place, coming.year))
    if coming.kind == "growth":
        return np.asarray(drawn[:, 1] / drawn[:, 0])
    return np.asarray(drawn[:, 1] - drawn[:, 0] if coming.kind == "rise" else drawn[:, 0])


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
    seen = foreseen(coming, relation)
    unit = UNITS[coming.kind]
    scale = 100.0 if coming.kind == "share" else 1.0
    stated = [_literal(value * scale, unit) for value in coming.values]
    ends = [_literal(value * scale, unit) for value in (seen.low, seen.middle, seen.high)]
    source = Source("Wattline's own outlook (`wattline world`)")
    given = Given(ends[1], ends[0], ends[2], "lognormal" if seen.low > 0 else "uniform", source, "a projection")
    two = len(stated) == 2
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=_note(coming, seen, relation),
        quantities={"outlook": given},
        stated=None if two else stated[0],
        stated_low=stated[0] if two else None,
        stated_high=stated[1] if two else None,
        derived=expression_of("outlook", "derived"),
        beside=_others(coming, default() if catalog is None else catalog),
        relation=relation,
        roughly=ROUGHLY if relation == "equal" else 0.0,
        projected="a projection: what is yet to come proves nothing",
    )


def _literal(value: float, unit: str) -> Expression:
    return literal_of(f"{value:.6g} {unit}".strip(), "claim")


def _note(coming: ComingClaim, seen: Foreseen, relation: Relation) -> str:
    place = place_words(coming.place)
    unit = UNITS[coming.kind]

    def shown(value: float) -> str:
        return f"{value:.1%}" if coming.kind == "share" else f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}"

    what = {
        "energy": f"in {coming.year}", "power": f"of capacity in {coming.year}",
        "share": f"of the electricity of {place} in {coming.year}",
        "growth": f"times {coming.base} in {coming.year}",
        "rise": f"more in {coming.year} than in {coming.base}",
    }[coming.kind]  # fmt: skip
    unit = "" if coming.kind in ("share", "growth") else f" {unit}"
    head = (
        f"The outlook (`wattline world`) has {shown(seen.middle)}{unit} [{shown(seen.low)}–{shown(seen.high)}] {what}"
    )
    if relation == "between":
        of = " to ".join(shown(value) for value in coming.values)
        tail = f"{of}{unit} ({coming.words}) with a probability of {seen.probability:.0%}"
    else:
        tail = f"{shown(coming.values[0])}{unit} or more with a probability of {seen.above:.0%}"
        tail += f", within a quarter of it with {seen.probability:.0%}" if relation == "equal" else ""
    base = " Growth counts from 2024, the newest year that studies have counted." * (coming.kind in ("growth", "rise"))
    base = base if coming.base == BASE else ""
    what = f"All that {place} reports" if coming.place.company else f"Data centres of {place}, without crypto-mining"
    return f"{what}. {head}: {tail}. A projection is never more than that.{base}"


def _others(coming: ComingClaim, catalog: Catalog) -> dict[str, Expression]:
    """Other figures of the catalog for the same place and year, the nearest first."""
    if coming.kind != "energy":
        return {}
    region = {"eu27": "eu"}.get(coming.place.name, coming.place.name)
    rows = [
        (abs(record.facts["energy_twh"].value - coming.values[0]), record.title, record.facts["energy_twh"].key)
        for record in catalog.records("total").values()
        if {"year_of", "energy_twh"} <= set(record.facts) and int(record.facts["year_of"].value) == coming.year
        and str(record.meta.get("region")) == region
    ]  # fmt: skip
    return {title: expression_of(f"[{key}]", "beside") for _, title, key in sorted(rows)[:BESIDE]}
