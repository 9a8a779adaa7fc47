"""Made hours of wind and sun held against years and regions that their fit has not seen, and plans sized on both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog import Catalog, default
from wattline.core.errors import WattlineError
from wattline.core.fact import Array, Fact, Source
from wattline.core.range import Range
from wattline.core.result import Json
from wattline.line.grid.supply.between import even_deviates, mixed_region
from wattline.line.grid.supply.draws import plans
from wattline.line.grid.supply.made import DAY_H, WindSun, made_hours
from wattline.line.grid.supply.operate import operate
from wattline.line.grid.supply.parts import SupplyCase
from wattline.line.grid.supply.plan import SupplyPlan, plan
from wattline.line.site.places import nearest_climate
from wattline.predict.supply.place import DEGREES_PER_HOUR, at_place, scaled_to
from wattline.validate.evidence.generation import RegionFactors, read_generation
from wattline.validate.evidence.supply_problems import Optimum, case_of, read_problems
from wattline.validate.fit.wind_sun import fit_region
from wattline.validate.fit.wind_sun_file import elsewhere_ranges, fleet_share, mean_ranges, year_spreads

LEFT_OUT = ("year", "region")
GENERATION = "eia930_generation_mw_*.parquet"
LAGS_H = (1, 24, 168)
LOW = 0.1  # of the mean: a calm or dark hour lies below
WEEK_D = 7
SIZED = Optimum("R2", "VRE+battery", "CFE 0.95, no export", {})
AIM = 0.95
CHECKED = ("load_mw", "price_usd_mwh", "grid_cfe")  # hours of the problem that stand at their mean
UNKNOWN = Source("the range that made hours are drawn with", 2026)


@dataclass(frozen=True, eq=False)
class UnseenHours:
    """A year that was left out, and how wind and sun behave by what was left: as the region did in its other years, or
    as something of the family of the other regions."""

    truth: RegionFactors
    left_out: str
    kinds: tuple[WindSun, ...]
    ranges: dict[str, tuple[float, float, float]]

    def behaviour(self, draw: int) -> WindSun:
        """How wind and sun behave in a draw."""
        return mixed_region(self.kinds, even_deviates(draw, len(self.kinds)))


def read_made_hours(
    folder: Path, left_out: str, draws: int, seed: int, progress: Callable[[str], None] = lambda name: None
) -> list[Json]:
    """Made hours beside true ones, for each region and year.

    Parameters
    ----------
    folder : with generation by the hour (EIA-930) and the reference problems
    left_out : ``year``: the fit has not seen the year; ``region``: it has not seen the region
    draws : made years of each
    seed : of their chance
    progress : hears each year

    Returns
    -------
    A row for each region and year, see ``_row``.

    Raises WattlineError where the folder has no generation.
    """
    if left_out not in LEFT_OUT:
        raise WattlineError(f"--leave-out: {left_out!r} is none of {', '.join(LEFT_OUT)}")
    files = sorted(folder.glob(GENERATION))
    if not files:
        raise WattlineError(f"{folder}: no generation by the hour, {GENERATION}; made hours are held against it")
    catalog = default()
    regions = read_generation(files[-1], catalog)
    problems, hours = read_problems(folder)
    usual = {name: float(hours[name].mean()) for name in CHECKED}
    rows = []
    for number, unseen in enumerate(_unseen(regions, left_out, catalog)):
        progress(f"{unseen.truth.record.title} {int(unseen.truth.year[0])}")
        rows.append(
            _row(unseen, draws, np.random.default_rng([seed, number]), lambda w, s: _case(w, s, usual, problems))
        )
    return rows


def _unseen(regions: Sequence[RegionFactors], left_out: str, catalog: Catalog) -> list[UnseenHours]:
    years = []
    for each in regions:
        for year in np.unique(each.year):
            own = each.year == year
            if left_out == "year":
                rest = each.of(~own)
                kinds: tuple[WindSun, ...] = (fit_region(rest.utc, rest.wind, rest.sun),)
                spreads = year_spreads([other.of(other.year != year) for other in regions])
                ranges = mean_ranges(kinds[0], float(rest.wind.mean()), spreads)
            else:
                kinds, ranges = _elsewhere(each, regions, catalog)
            years.append(
                UnseenHours(each.of(own), str(year) if left_out == "year" else each.record.name, kinds, ranges)
            )
    return years


def _elsewhere(
    region: RegionFactors, regions: Sequence[RegionFactors], catalog: Catalog
) -> tuple[tuple[WindSun, ...], dict[str, tuple[float, float, float]]]:
    """How wind and sun behave by the other regions, as a place that was not fitted is taken."""
    others = [each for each in regions if each is not region]
    fits = [(fit_region(each.utc, each.wind, each.sun), each.record) for each in others]
    place, _ = nearest_climate(region.record["latitude"].value, region.record["longitude"].value, catalog)
    share = fleet_share(fits, catalog)
    moved = [fit.moved(round(record["longitude"].value / DEGREES_PER_HOUR)) for fit, record in fits]
    kinds = tuple(at_place(each, place, catalog, share) for each in moved)
    wind = float(np.mean([each.wind.mean() for each in others]))
    return kinds, elsewhere_ranges(mean_ranges(kinds[0], wind, year_spreads(others)))


def _case(wind: Array, sun: Array, usual: dict[str, float], problems: dict[str, Any]) -> SupplyCase:
    hours = {name: np.full(wind.size, value) for name, value in usual.items()}
    return case_of(SIZED, problems, hours | {"cf_wind": wind, "cf_solar": sun})


def _row(unseen: UnseenHours, draws: int, rng: np.random.Generator, case: Callable[[Array, Array], SupplyCase]) -> Json:
    """True figures, and the range of the made ones."""
    truth = unseen.truth
    true_case = case(truth.wind, truth.sun)
    true = figures(truth.wind, truth.sun) | _sized(plan(true_case)) | {"cfe_in_true_year": AIM}
    years = []
    levels = {name: _levels(fact, draws, rng) for name, fact in unseen.ranges.items()}
    for draw in range(draws):
        wind, sun = made_hours(truth.utc, unseen.behaviour(draw), rng)
        years.append(
            tuple(
                scaled_to(values, float(values.mean()) * float(levels[name][draw]))
                for values, name in ((wind, "wind_mean_cf"), (sun, "sun_mean_cf"))
            )
        )
    sized = plans(case(*year) for year in years)
    made = [
        figures(*year) | _sized(each) | {"cfe_in_true_year": operate(each, true_case).cfe}
        for year, each in zip(years, sized, strict=True)
    ]
    rows = {
        name: {"true": value, "made_value": Range.of(np.array([each[name] for each in made])).json()}
        for name, value in true.items()
    }
    return {
        "region": truth.record.name,
        "year": int(truth.year[0]),
        "left_out": unseen.left_out,
        "compared_figures": rows,
    }


def _levels(fact: tuple[float, float, float], draws: int, rng: np.random.Generator) -> Array:
    """A mean's draws over its value, one in each of so many equal slices of its range, as the command draws them."""
    value, low, high = fact
    slices = (rng.permutation(draws) + rng.random(draws)) / draws
    return Fact("mean", value, low, high, "", UNKNOWN, "triangular").quantile(slices) / value


def _sized(sized: SupplyPlan) -> dict[str, float]:
    return {"usd_per_mwh": sized.usd_per_mwh} | {f"{name}_mw": sized.capacities[name] for name in ("wind", "solar")}


def figures(wind: Array, sun: Array) -> dict[str, float]:
    """What a year of wind and sun is like: means, memories, links, droughts.

    Parameters
    ----------
    wind, sun : capacity factors by the hour of whole days, ``(n_hours,)``

    Returns
    -------
    Figures by name.
    """
    own = {"wind": np.asarray(wind), "sun": np.asarray(sun)}
    days = {name: values.reshape(-1, DAY_H).mean(axis=1) for name, values in own.items()}
    row: dict[str, float] = {}
    for name, values in own.items():
        row[f"{name}_mean_cf"] = float(values.mean())
        row |= {f"{name}_correlation_{lag}h": _correlation(values[:-lag], values[lag:]) for lag in LAGS_H}
        row[f"{name}_longest_low_h"] = float(longest(values < LOW * values.mean()))
    row["wind_sun_correlation"] = _correlation(wind, sun)
    row["wind_sun_daily_correlation"] = _correlation(days["wind"], days["sun"])
    both = sum(each / each.mean() for each in days.values()) / len(days)
    row["lowest_week_share"] = float(np.convolve(both, np.ones(WEEK_D) / WEEK_D, "valid").min())
    return row


def longest(low: Any) -> int:
    """The length of the longest run of true values.

    Parameters
    ----------
    low : boolean, ``(n_hours,)``

    Returns
    -------
    Hours; 0 where none is low.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(low, int), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _correlation(first: Array, second: Array) -> float:
    return float(np.corrcoef(first, second)[0, 1])


def made_scores(rows: Sequence[Json]) -> list[Json]:
    """How far the middle of the made years lies from the true one, and how often their range holds it, by figure.

    Parameters
    ----------
    rows : of ``read_made_hours``

    Returns
    -------
    A row for each figure.
    """
    scores = []
    for name in rows[0]["compared_figures"] if rows else ():
        pairs = [row["compared_figures"][name] for row in rows]
        true = np.array([pair["true"] for pair in pairs])
        low, middle, high = (np.array([pair["made_value"][p] for pair in pairs]) for p in ("p5", "p50", "p95"))
        scores.append(
            {
                "figure": name,
                "n": len(pairs),
                "true": float(true.mean()),
                "made_value": float(middle.mean()),
                "mean_absolute_difference": float(np.abs(middle - true).mean()),
                "coverage_percent": 100 * float(((low <= true) & (true <= high)).mean()),
            }
        )
    return scores
