"""An outlook's places and years as plain data."""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.core.result import Json
from wattline.line.world.ai_part import ai_share
from wattline.line.world.counts import ALL, CAPACITY, COUNTS
from wattline.line.world.electricity import electricity_twh
from wattline.line.world.observe import Posterior
from wattline.line.world.outlook import Outlook
from wattline.line.world.percentiles import percentiles
from wattline.line.world.places import Place
from wattline.line.world.site_overhead import pue_of_kinds
from wattline.line.world.stock import YEARS
from wattline.line.world.stock_draws import PARTS
from wattline.line.world.tables import annex, series

ENDS = ("p5", "p50", "p95")
KINDS = ("hyperscale", "colocation", "enterprise")


def place_rows(made: Outlook, posterior: Posterior) -> list[Json]:
    """Each place with its years, its parts and the published figures that it rests on.

    Parameters
    ----------
    made : the outlook
    posterior : with the figures

    Returns
    -------
    A row a place.
    """
    twh, gw = percentiles(made.twh), percentiles(made.gw)
    shares = {name: percentiles(values) for name, values in made.shares.items()}
    years = np.array(made.question.years)
    shares["whole_ai"] = percentiles(np.stack([ai_share(values, years) for values in made.shares["ai"]]))
    figures = posterior.figures
    rows = []
    for i, place in enumerate(made.question.places):
        pairs = zip(figures.rows, figures.places, strict=True)
        own = [row for row, p in pairs if p.name == place.name and row.scope != CAPACITY]
        rows.append({
            "name": place.name,
            "scope": _scope(posterior, place),
            "electricity_twh": place.consumption_twh or None,
            "years": [_year(made, i, j, (twh, gw), shares) for j in range(len(made.question.years))],
            "published": [row.json() for row in own],
        })  # fmt: skip
    return rows


def _scope(posterior: Posterior, place: Place) -> str:
    """What an outlook counts, in words: as its newest publisher does, without crypto-mining."""
    if place.company:
        return "a company's own report"
    mark = posterior.next_scope(place)
    return "data centres without crypto-mining" if mark == ALL else f"as the newest figure counts: {COUNTS[mark]}"


def _year(made: Outlook, i: int, j: int, ranges: tuple[Array, Array], shares: dict[str, Array]) -> Json:
    place, year = made.question.places[i], made.question.years[j]
    twh, gw = (values[:, i, j] for values in ranges)
    share = twh / electricity_twh(place, year) if place.consumption_twh else None
    parts = None if place.company else {name: ends(shares[name][:, i, j]) for name in PARTS}
    return {
        "year": year, "energy_twh": ends(twh), "shared_twh": ends(made.shared_twh[:, i, j]), "capacity_gw": ends(gw),
        "share_of_electricity": None if share is None else ends(share), "share_of_part": parts,
        "pue_of_kind": None if place.company else _pue(place, year),
        "share_of_kind": kind_shares(year) if place.name == "world" else None,
        "ai_share": None if place.company else ends(shares["whole_ai"][:, i, j]),
        "training_share": None if place.company else float(series("training-share", "ai").at(np.array([year]))[0]),
    }  # fmt: skip


def _pue(place: Place, year: int) -> Json:
    """PUE of a place's sites by kind, as they stand in a year."""
    return {kind: float(np.interp(year, YEARS, values)) for kind, values in pue_of_kinds(place).items()}


def ends(values: Array) -> Json:
    """``{"p5", "p50", "p95"}`` of three numbers."""
    return dict(zip(ENDS, map(float, values), strict=True))


def kind_shares(year: int) -> Json | None:
    """Share of each kind of site in the world's electricity by the IEA's annex; None before its first year."""
    known = sorted({row.year for row in annex() if row.kind == KINDS[0] and row.dc_twh})
    if year < known[0]:
        return None
    twh = {
        kind: np.interp(year, known, [r.dc_twh or 0.0 for y in known for r in annex() if (r.kind, r.year) == (kind, y)])
        for kind in KINDS
    }
    total = sum(twh.values())
    return {kind: float(value / total) for kind, value in twh.items()}
