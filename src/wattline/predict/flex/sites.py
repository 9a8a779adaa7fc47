"""Several sites whose work is moved together, in time and in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from wattline.catalog import CatalogLike, open_catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array, Fact
from wattline.core.quantity import parse
from wattline.core.result import Json
from wattline.core.units import G_PER_KG, HOUR_S, KW_PER_MW, KWH_PER_MWH, W_PER_MW, YEAR_H
from wattline.line.grid.carbon.given import split_zone
from wattline.line.grid.flexibility.sites import SitePlan, SiteWork, as_it_comes, by_forecast, least_cost
from wattline.line.grid.hourly import read_hourly
from wattline.predict.flex.answer import FlexAnswer
from wattline.predict.flex.signals import SiteSignals, notes_together, read_both

WHAT = "flex sites"
MAX_VALUES = 2_000_000  # of work by site and step: beyond, the program takes many minutes
ROUNDING = 1e-9  # of what the work would cost at the signal's mean size: less is nothing
KNOWN = "known beforehand: the mean of the same hour in seven days before, anew each day, and the work of the day ahead"
FIRST = "the first day is what the first forecast knows: no work of it is counted"


@dataclass(frozen=True)
class SharedWork:
    """Work that arrives at several sites, and how far it may move; texts with their unit, one for all or one a site.

    Attributes
    ----------
    room
        Most power of each site at the meter, such as "20 MW".
    arrives
        Power of the work that arrives at each, such as "12 MW", or a file of it by the hour in MW, FILE or FILE@COLUMN.
    serving
        Share of that which must run when it comes, such as "60%".
    wait
        Longest wait of the rest, such as "8 h".
    reach
        Longest round trip between two sites over which serving may go, such as "50 ms"; None: it stays.
    between
        Round trip between each two sites in turn: 1-2, 1-3, 2-3; needed with ``reach``.
    waiting_data
        Data that go with work that waits to another site, such as "5 GB/MWh".
    serving_data
        The same of serving.
    """

    room: Sequence[str]
    arrives: Sequence[str]
    serving: str | float = "50%"
    wait: str = "8 h"
    reach: str | None = None
    between: Sequence[str] = ()
    waiting_data: str = "0 GB/MWh"
    serving_data: str = "0 GB/MWh"


def flex_sites(
    signals: Sequence[str | Path], work: SharedWork, *, kind: str = "average",
    beside: Sequence[str | Path] = (), beside_kind: str = "marginal", facts: CatalogLike = None,
) -> FlexAnswer:  # fmt: skip
    """What several sites save when their work may wait or run at another site.

    Parameters
    ----------
    signals
        Carbon intensity or price by the hour at each site: FILE, FILE@COLUMN, a column of the first one's file, or a
        region, whose typical year is modelled from its mix.
    work
        The work of the sites, and how far it may move.
    kind
        What the signal is: average or marginal carbon intensity, or price.
    beside, beside_kind
        Another signal, one a site, by which the moves are counted too, and what it is; as in ``flex_shift``.
    facts
        Your own facts, which override the catalog's.

    Returns
    -------
    FlexAnswer
        Costs as the work comes, and moved in place, in time and in both, by what was known and with foresight.

    Raises
    ------
    WattlineError
        Where a file is bad, an option is out of its range, or work has no room at its own site.
    """
    if len(signals) < 2:
        raise WattlineError(f"{WHAT}: give the signal of two sites or more; one site alone is what flex shift answers")
    catalog = open_catalog(facts)
    sites, other = read_both(signals, kind, (beside, beside_kind), WHAT, catalog)
    count, steps = sites.values.shape
    if 2 * count**2 * steps > MAX_VALUES:
        raise WattlineError(
            f"{WHAT}: {count} sites over {steps} steps are too many; give fewer sites, or a shorter time"
        )
    if steps < 2 * sites.day:
        raise WattlineError(f"{WHAT}: the signals have {steps} steps in common; two days or more are needed")
    room_mw = _each(work.room, count, "--room") / W_PER_MW
    load_mw = _loads(work.arrives, sites)
    works, inputs, used = _works(work, sites, load_mw, [catalog.fact(each) for each in _fact_names(kind)])
    rows, plans = [], {}
    for name, able in _moves(works).items():
        plans = _planned(able, room_mw, sites)
        counted = None if other is None else _means(plans, able, other)
        rows.append({"moved_in": name, **_row(plans, able, sites), "beside": counted})
    results = {
        "from_utc": str(sites.start), "steps": steps, "step_h": sites.step_h, "unit": sites.unit,
        "total_unit": _total(sites)[0], "moves": rows, "each_site": _site_rows(plans, works, room_mw, sites),
    }  # fmt: skip
    named = {"kind": kind, "beside_kind": None if other is None else other.kind}
    answered = {"signals": [str(each) for each in signals], **named, **inputs}
    facts_used = (*used, *sites.facts, *(() if other is None else other.facts))
    return FlexAnswer(WHAT, answered, results, (*notes_together(sites, other), KNOWN, FIRST), facts_used)


def _fact_names(kind: str) -> list[str]:
    names = ["constant.network-kwh-per-gb"]
    return [*names, "constant.egress-usd-per-gb"] if kind == "price" else names


def _each(texts: Sequence[str], count: int, what: str) -> Array:
    """A quantity in W a site; one stands for all."""
    _check_count(texts, count, what)
    values = np.array([parse(text, "W", what) for text in texts])
    return values if len(texts) == count else np.repeat(values, count)


def _check_count(texts: Sequence[str], count: int, what: str) -> None:
    if len(texts) not in (1, count):
        raise WattlineError(f"{WHAT}: {what} is given {len(texts)} times for {count} sites; give it once, or for each")


def _loads(texts: Sequence[str], sites: SiteSignals) -> Array:
    """Power of the work that arrives at each site [MW], ``(n_sites, n_steps)``; none on the first day."""
    count = len(sites.names)
    _check_count(texts, count, "--arrives")
    rows = [_load(text, sites) for text in texts]
    load = np.stack(rows * (count // len(rows)))
    load[:, : sites.day] = 0.0
    return load


def _load(text: str, sites: SiteSignals) -> Array:
    steps = sites.values.shape[1]
    path, column = split_zone(text)
    if not path.exists():
        return np.full(steps, parse(text, "W", "--arrives", zero=True) / W_PER_MW)
    series = read_hourly(path)
    name, values = series.column(column, WHAT)
    at = (sites.start - series.utc[0]).astype(int) / HOUR_S / series.step_h
    if series.step_h != sites.step_h or at != int(at) or at < 0 or at + steps > values.size:
        raise WattlineError(
            f"{WHAT}: --arrives {shorten(text)} does not cover the signals' {steps} steps from {sites.start}"
        )
    own = np.asarray(values[int(at) : int(at) + steps], float)
    bad = np.flatnonzero(~np.isfinite(own) | (own < 0))
    if bad.size:
        raise WattlineError(
            f"{WHAT}: --arrives {shorten(text)}: {name} is {own[bad[0]]:g} in step {bad[0]}; it is 0 or more"
        )
    return own


def _works(
    work: SharedWork, sites: SiteSignals, load_mw: Array, facts: Sequence[Fact]
) -> tuple[list[SiteWork], Json, list[Fact]]:
    """Serving and waiting work of each site, how far it may move as it was read, and the facts that it rests on."""
    count = len(load_mw)
    share = parse(work.serving, "", "--serving", zero=True)
    if not 0 <= share <= 1:
        raise WattlineError(f"{WHAT}: --serving {share:g} is not a share from 0 to 1")
    wait_h = parse(work.wait, "h", "--wait", zero=True)
    wait = round(wait_h / sites.step_h)
    if abs(wait * sites.step_h - wait_h) > 1e-6:
        raise WattlineError(f"{WHAT}: --wait {work.wait} is no whole number of the steps of {sites.step_h:g} h")
    near, reach = _near(work, count)
    data = {
        name: parse(getattr(work, name), "GB/MWh", f"--{name.replace('_', '-')}", zero=True)
        for name in ("waiting_data", "serving_data")
    }
    kwh, usd = facts[0].value / KWH_PER_MWH, (facts[1].value / KWH_PER_MWH if len(facts) > 1 else 0.0)
    works = []
    for home in range(count):
        serving, waiting = load_mw[home] * share, load_mw[home] * (1 - share)
        everywhere = tuple(range(count))
        works.append(SiteWork(serving, home, near[home], 0, kwh * data["serving_data"], usd * data["serving_data"]))
        works.append(SiteWork(waiting, home, everywhere, wait, kwh * data["waiting_data"], usd * data["waiting_data"]))
    inputs = {
        "serving_share": share, "wait_h": wait_h, **reach, "waiting_data_gb_per_mwh": data["waiting_data"],
        "serving_data_gb_per_mwh": data["serving_data"],
    }  # fmt: skip
    return works, inputs, list(facts) if any(data.values()) else []


def _near(work: SharedWork, count: int) -> tuple[list[tuple[int, ...]], Json]:
    """The sites to which serving of each may go."""
    pairs = list(combinations(range(count), 2))
    trips = [parse(text, "s", "--between", zero=True) for text in work.between]
    if work.reach is None:
        if trips:
            raise WattlineError(f"{WHAT}: --between goes with --reach, the longest that serving accepts")
        return [(home,) for home in range(count)], {"reach_s": None, "between_s": []}
    longest = parse(work.reach, "s", "--reach", zero=True)
    if len(trips) != len(pairs):
        names = ", ".join(f"{a + 1}-{b + 1}" for a, b in pairs[:6])
        raise WattlineError(f"{WHAT}: --reach needs {len(pairs)} --between, in turn {names}; {len(trips)} given")
    within = {pair for pair, trip in zip(pairs, trips, strict=True) if trip <= longest}
    near = [tuple(b for b in range(count) if a == b or (min(a, b), max(a, b)) in within) for a in range(count)]
    return near, {"reach_s": longest, "between_s": trips}


def _moves(works: Sequence[SiteWork]) -> dict[str, list[SiteWork]]:
    return {
        "place": [work.prompt() for work in works],
        "time": [work.staying() for work in works],
        "both": list(works),
    }


def _planned(works: list[SiteWork], room: Array, sites: SiteSignals) -> dict[str, SitePlan]:
    """As it comes, by what was known, and with foresight, which is no worse than either but for rounding."""
    plans = {"as_meant": as_it_comes(works)}
    plans["known"] = by_forecast(works, room, sites.values, sites.day)
    best = least_cost(works, room, sites.values)
    others = min(plans.values(), key=lambda plan: plan.cost(works, sites.values))
    if others.cost(works, sites.values) < best.cost(works, sites.values):
        best = SitePlan(others.runs, best.room_value)
    return plans | {"foresight": best}


def _total(sites: SiteSignals) -> tuple[str, float]:
    """The unit of totals, and how many of it a MW through a step at a signal of 1 costs."""
    units = {"USD/kWh": ("USD", KW_PER_MW), "g/kWh": ("kg", KW_PER_MW / G_PER_KG)}
    unit, scale = units.get(sites.unit, ("", KW_PER_MW))
    return unit, scale * sites.step_h


def _means(plans: dict[str, SitePlan], works: list[SiteWork], sites: SiteSignals) -> Json:
    """Means of a signal over the work as it comes and moved, and savings."""
    energy = sum(float(work.arrives.sum()) for work in works)
    row: Json = {f"mean_{name}": plan.cost(works, sites.values) / (energy or 1.0) for name, plan in plans.items()}
    meant, nothing = row["mean_as_meant"], ROUNDING * float(np.abs(sites.values).mean())
    for name in ("known", "foresight"):
        row[f"saving_{name}"] = 1 - row[f"mean_{name}"] / meant if energy and meant > nothing else None
    return row


def _row(plans: dict[str, SitePlan], works: list[SiteWork], sites: SiteSignals) -> Json:
    energy, scale = sum(float(work.arrives.sum()) for work in works), _total(sites)[1]
    row = _means(plans, works, sites)
    for name in ("known", "foresight"):
        row[f"saved_{name}"] = (row["mean_as_meant"] - row[f"mean_{name}"]) * energy * scale
        away, waits = _moved(plans[name], works)
        row[f"away_{name}_share"] = away / energy if energy else 0.0
        row[f"wait_{name}_h"] = waits * sites.step_h
    return row


def _moved(plan: SitePlan, works: list[SiteWork]) -> tuple[float, float]:
    """Energy that ran at another site than its own, and the mean wait of work that may wait [steps]."""
    away = left = waiting = 0.0
    for work, run in zip(works, plan.runs, strict=True):
        away += float(run[np.array(work.sites) != work.home].sum())
        if work.wait:
            left += float(np.maximum(np.cumsum(work.arrives) - np.cumsum(run.sum(axis=0)), 0.0).sum())
            waiting += float(work.arrives.sum())
    return away, left / waiting if waiting else 0.0


def _site_rows(plans: dict[str, SitePlan], works: list[SiteWork], room: Array, sites: SiteSignals) -> list[Json]:
    """Of each site: room, power by policy, in the mean, at most and by hour of the day, and what more room is worth."""
    count, steps = sites.values.shape
    first = (sites.start - sites.start.astype("datetime64[D]")).astype(int) / HOUR_S
    counted = np.arange(sites.day, steps)
    hour = ((first + counted * sites.step_h) % 24).astype(int)
    there = np.maximum(np.bincount(hour, minlength=24), 1)
    rows: list[Json] = [
        {"name": name, "room_w": float(mw) * W_PER_MW} for name, mw in zip(sites.names, room, strict=True)
    ]
    for policy, plan in plans.items():
        power = plan.power(works, count)[:, counted] * W_PER_MW
        for row, own in zip(rows, power, strict=True):
            row[f"mean_{policy}_w"] = float(own.mean())
            row[f"highest_{policy}_w"] = float(own.max())
            row[f"hours_{policy}_w"] = (np.bincount(hour, own, 24) / there).tolist()
    yearly = _total(sites)[1] * YEAR_H / (counted.size * sites.step_h)
    for row, value in zip(rows, plans["foresight"].room_value, strict=True):
        row["room_worth_per_mw_year"] = float(value) * yearly
    return rows
