"""A data centre beside its grid: what it takes of the demand, of the highest hour and of the growth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Unpack

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import parse, show
from wattline.core.range import Range
from wattline.core.result import Json
from wattline.core.units import J_PER_WH, YEAR_S
from wattline.line.grid.balance import demand_in
from wattline.line.grid.flexibility.headroom import headroom_of
from wattline.line.grid.region import of_region
from wattline.predict.answer import Working
from wattline.predict.balance import balance_json, lent, region_balance
from wattline.predict.facility import Facility, find_facility
from wattline.predict.flex.answer import FlexAnswer
from wattline.predict.flex.demand import DemandFile
from wattline.predict.site_fields import SITE, check_fields
from wattline.predict.terms import read_terms
from wattline.predict.where import Where, WhereFields

MIN_W, MAX_W = 1e3, 1e12
RULE = "a season's highest demand can be served in each of its hours (April to October, and the rest)"


def flex_balance(
    it: float | str,
    where: str | Where | None = None,
    *,
    utilisation: float | str = 1.0,
    demand: Path | str | DemandFile | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[WhereFields],
) -> FlexAnswer:
    """What a data centre takes of its grid's demand, of its highest hour, and of its growth in a year.

    Parameters
    ----------
    it
        IT power that the site is designed for, W, or such as ``"100 MW"``.
    where
        A region's name, or a Where.
    utilisation
        Mean IT power as a share of ``it``, above 0 up to 1.
    demand
        The grid's demand by the hour, in place of the region's facts: a file with one grid in MW, or a ``DemandFile``.
        The answer then says as well what the data centre would have to give up to need no new plant.
    draws, seed
        How many draws of the facts' ranges (0: central values), and their seed.
    facts
        A catalog, or your own file or files of facts.
    fields
        Single fields of ``Where`` (region, site, pue, ...).

    Returns
    -------
    FlexAnswer
        Shares with their ranges.

    Raises
    ------
    WattlineError
        On bad input.

    Example
    -------
    >>> wl.flex_balance("1 GW", region="us-ercot")
    """
    check_fields(fields, SITE, "flex balance", "leave it out")
    terms = read_terms(None, where, fields, (), draws, seed, facts)
    it_w, share = parse(it, "W", "it"), parse(utilisation, "", "utilisation")
    if not MIN_W <= it_w <= MAX_W:
        raise WattlineError(f"it: {it_w:g} W is out of range; give 1 kW to 1 TW")
    if not 0 < share <= 1:
        raise WattlineError(f"utilisation: {share:g} is not a share of the design's power; take one above 0, up to 1")
    facility = find_facility(terms.where, terms.draws, Working())
    mean_w, peak_w = (np.asarray(it_w * part * facility.pue) for part in (share, 1.0))
    notes: list[str] = []
    if demand is None:
        results = region_balance(facility.region, mean_w * YEAR_S, peak_w, terms.draws)
        notes += lent(facility.region, terms.draws)
        inputs: Json = {}
    else:
        loss = terms.draws(of_region(facility.region, "grid_loss", terms.draws.catalog))
        results, inputs = _beside_file(demand, (mean_w, peak_w, loss), notes)
    head = {"it_w": it_w, "utilisation": share, **facility.inputs(), **inputs}
    plan = {"mean_w": Range.of(mean_w).json(), "peak_w": Range.of(peak_w).json()}
    energy = {"energy_wh": Range.of(mean_w * YEAR_S / J_PER_WH).json()}
    return FlexAnswer(
        "flex balance", head, {**plan, **energy, "title": _title(it_w, facility, inputs), **results},
        tuple(notes), draws=terms.draws,
    )  # fmt: skip


def _beside_file(
    demand: Path | str | DemandFile, plan_w: tuple[Array, Array, Array], notes: list[str]
) -> tuple[Json, Json]:
    file = demand if isinstance(demand, DemandFile) else DemandFile(demand)
    series = file.read("flex balance")
    if not series.power_w.any():
        raise WattlineError(f"flex balance: {series.name} is 0 in each step; a share of no demand is none")
    mean_w, peak_w, loss = plan_w
    grid = demand_in(series.power_w, series.step_h, loss)
    added = float(np.median(mean_w / (1 - loss)))
    fit = asdict(headroom_of(series.power_w, series.month, added, series.step_h))
    notes += [*series.notes, f"what it gives up: {RULE}; a constant load of its mean power"]
    return (
        {"region": None, **balance_json(grid, mean_w * YEAR_S, peak_w), "fit": fit},
        {"demand": str(file.path), "column": series.name, "unit": series.unit},
    )


def _title(it_w: float, facility: Facility, inputs: Json) -> str:
    grid = inputs.get("column") or facility.region.title
    return f"{show(it_w, 'W')} of IT beside the demand of {grid}"
