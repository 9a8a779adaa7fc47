"""``world``: electricity and capacity of data centres by place and year, with ranges that were tested in the past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array, Fact
from wattline.core.result import Json, Result, envelope
from wattline.line.world.drivers import NORMAL as NORMAL_DRIVERS
from wattline.line.world.drivers import OF_PATHS, Drivers, OwnStock, WhatIf, read_what_if, stock_sources
from wattline.line.world.observe import Posterior
from wattline.line.world.outlook import Outlook, OutlookQuestion, catalog_posterior, outlook, posterior_of
from wattline.line.world.outlook_draws import fill_here
from wattline.line.world.places import Place
from wattline.line.world.published import PublishedFigure, has_energy, published_figures, read_lines, read_published
from wattline.line.world.scenarios import OwnCase, PublishedCase, read_case
from wattline.line.world.series_places import place_or_company
from wattline.line.world.stock import FIRST as FIRST_STOCK
from wattline.predict.outlook.demand import RequestRate, demand_json, read_rate
from wattline.predict.outlook.jobs import YearlyJob, job_shares, read_jobs
from wattline.predict.outlook.own import read_stock
from wattline.predict.outlook.past import past_json
from wattline.predict.outlook.reasons import tornado, waterfall
from wattline.predict.outlook.remote import DrawsOn
from wattline.predict.outlook.rows import ends, place_rows

REGIONS = (
    "world", "us", "eu27", "uk", "china", "japan", "south_korea", "india", "southeast_asia", "middle_east",
)  # fmt: skip
NOW = 2026
MAX_DRAWS = 1_000_000
NOTES = (
    "energy_twh: as one more study would put it, its way of counting included; shared_twh: the path that studies share",
    "capacity_gw: what the energy needs at a load factor that is itself uncertain (36% to 67%)",
    "a place gains no more in a year than its grid can connect, 2.5% (1.3% to 5%) of its own electricity",
    "regions are not scaled to the world, and their ranges do not add up to its",
)
PARTS = (
    "an American state or grid goes the way of the US: its part is that of 2023 by the states' published shares, and "
    "nears its part of the electricity"
)


@dataclass(frozen=True, eq=False, repr=False)
class WorldOutlook(Result):
    """An outlook with its reasons, as plain data."""

    made: Outlook
    posterior: Posterior
    seed: int
    case: PublishedCase | OwnCase | None = None
    case_path: tuple[float, ...] = ()
    stock: OwnStock | None = None
    stock_twh: Array | None = None
    texts: Json = field(default_factory=dict)
    jobs: tuple[YearlyJob, ...] = ()
    rate: RequestRate | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        return stock_sources()

    def beside(self, jobs: Iterable[YearlyJob]) -> WorldOutlook:
        """The same with jobs of the line as shares of their regions' outlooks."""
        return replace(self, jobs=(*self.jobs, *jobs))

    def of_requests(self, rate: float | str, energy: float | str | None = None) -> WorldOutlook:
        """The same with so many requests beside the first place's last year.

        Parameters
        ----------
        rate : of requests, such as "2.5B/day"
        energy : of one at the grid, such as "0.3 Wh"; by default that of a chat

        Returns
        -------
        The same outlook, with that rate.
        """
        return replace(self, rate=read_rate(rate, energy))

    def figures(self) -> dict[str, Array]:
        """Draws of the first place's last year, and of every place's: ``us_2030_twh``."""
        question = self.made.question
        named = {
            f"{place.name}_{year}_twh": np.asarray(self.made.twh[i, j], float)
            for i, place in enumerate(question.places)
            for j, year in enumerate(question.years)
        }
        last = np.asarray(self.made.twh[0, -1], float), np.asarray(self.made.gw[0, -1], float)
        return {"energy_twh": last[0], "capacity_gw": last[1], **named}

    def json(self) -> Json:
        results: Json = {
            "places": place_rows(self.made, self.posterior),
            "matters": tornado(self.made),
            "change": waterfall(self.made),
            "scenario": self._scenario(),
            "stock": self._stock(),
            "jobs": self._jobs(),
            "past": None if self.made.question.places[0].company else past_json(self.made.question.places[0]),
            "demand": demand_json(self.made, self.posterior, self.rate),
            "crypto_twh": _crypto(self.made.question),
        }
        count = Draws(self.made.twh.shape[-1], self.seed)
        notes = NOTES if all(place.whole is None for place in self.made.question.places) else (*NOTES, PARTS)
        return envelope("world", self.texts, results, draws=count, facts=self.facts, notes=notes)

    def _jobs(self) -> list[Json]:
        question = self.made.question
        year = min(max(question.as_of, question.years[0]), question.years[-1])
        return job_shares(self.jobs, self.posterior, question.places[0], year)

    def _scenario(self) -> Json | None:
        if self.case is None:
            return None
        published = self.case.twh if isinstance(self.case, PublishedCase) else {}
        years = self.made.question.years
        return {
            "name": self.case.name,
            "study": self.case.study if isinstance(self.case, PublishedCase) else "own",
            "region": self.case.region if isinstance(self.case, PublishedCase) else self.made.question.places[0].name,
            "published": [{"year": year, "twh": twh} for year, twh in published.items()],
            "middle_path": [{"year": year, "twh": twh} for year, twh in zip(years, self.case_path, strict=True)],
        }

    def _stock(self) -> Json | None:
        if self.stock is None or self.stock_twh is None:
            return None
        years = self.made.question.years
        rows = [{"year": year, "energy_twh": ends(self.stock_twh[:, j])} for j, year in enumerate(years)]
        middle = np.median(self.made.twh[0], axis=-1)
        for j, row in enumerate(rows):
            row["share_of_place"] = float(self.stock_twh[1, j] / middle[j])
        return {"name": self.stock.name, "years": rows}


def world(
    region: str | Sequence[str] = "world", years: str = "2015-2035", *, scenario: str | None = None,
    what_if: Sequence[str] = (), as_of: int = NOW, own: Path | str | None = None, draws: int | DrawsOn = 20_000,
    seed: int = 0,
) -> WorldOutlook:  # fmt: skip
    """Electricity and capacity of data centres by place and year, with ranges.

    Parameters
    ----------
    region
        A place or several: a country, ``world``, a group such as ``eu27``, an American grid, or a company; ``all`` for
        ten of them.
    years
        One year, or the first and last, such as "2015-2035"; 2000 to 2035.
    scenario
        A published case laid over the outlook, such as ``iea-lift-off``, or a TOML file of one's own.
    what_if
        Drivers that are set or moved, such as "ai_idle=30%" or "shipments=-15%".
    as_of
        Year of the outlook: it uses what was published by the end of that year.
    own
        A CSV of figures of a series (``year``, ``twh``) that is predicted from them, or of shipments
        (``year``, ``servers_million``, ``chips_gw``) that go through the same model; or the JSON
        that ``train``, ``serve``, ``site`` or ``run`` wrote, whose jobs are shown as shares of their regions.
    draws, seed
        Number of draws, or ``DrawsOn`` of it and of where they run, such as a Ray cluster; and their seed.

    Returns
    -------
    WorldOutlook
        Ranges by place and year, parts, what matters, and the figures they rest on.

    Raises
    ------
    WattlineError
        Where a name is not known or an input is out of its range.

    Example
    -------
    >>> wl.world("us", "2024-2030").range("us_2030_twh")
    """
    count, fill = (draws.n, draws.fill) if isinstance(draws, DrawsOn) else (draws, fill_here)
    if not 100 <= count <= MAX_DRAWS:
        raise WattlineError(f"--draws {count}: give 100 to {MAX_DRAWS:,}")
    if seed < 0:
        raise WattlineError(f"--seed {seed}: give 0 or more")
    named = [region] if isinstance(region, str) else list(region)
    changes = tuple(read_what_if(text) for text in what_if)
    case = None if scenario is None else read_case(scenario)
    jobs = read_jobs(own) if own is not None and Path(own).suffix == ".json" else []
    figures, stock = ([], None) if jobs else _own(own)
    question = OutlookQuestion.read(REGIONS if named == ["all"] else named, years, as_of, changes)
    if figures:
        question = replace(question, places=_series_places(figures))
    known = [*published_figures(), *figures]
    posterior = posterior_of(known, as_of) if figures else catalog_posterior(as_of)
    made = outlook(question, posterior, count, seed, fill)
    texts = {
        "region": [place.name for place in question.places], "years": [question.years[0], question.years[-1]],
        "as_of": as_of, "what_if": list(what_if), "scenario": scenario, "own": None if own is None else str(own),
    }  # fmt: skip
    return WorldOutlook(made, posterior, seed, case, _case_path(case, made, posterior), stock,
                        None if stock is None else _own_twh(stock, question, changes), texts, tuple(jobs))  # fmt: skip


def _own(path: Path | str | None) -> tuple[list[PublishedFigure], OwnStock | None]:
    if path is None:
        return [], None
    columns, _ = read_lines(path, "file of a series or stock")
    if has_energy(columns):
        return read_published(path, Path(path).stem, later=1), None
    return [], read_stock(path)


def _series_places(figures: Sequence[PublishedFigure]) -> tuple[Place, ...]:
    return tuple(dict.fromkeys(place_or_company(row.series, row.electricity_twh) for row in figures))


def _case_path(case: PublishedCase | OwnCase | None, made: Outlook, posterior: Posterior) -> tuple[float, ...]:
    if case is None:
        return ()
    middle = np.median(made.twh[0], axis=-1)
    if isinstance(case, PublishedCase):
        return tuple(float(x) for x in middle * case.ratio(np.array(made.question.years)))
    moved = replace(made.question, places=made.question.places[:1], what_if=(*made.question.what_if, *case.what_if))
    return tuple(float(x) for x in np.median(outlook(moved, posterior, 2000, 0).twh[0], axis=-1))


def _own_twh(stock: OwnStock, question: OutlookQuestion, changes: tuple[WhatIf, ...]) -> Array:
    """p5, p50, p95 of the stock's electricity by year, shape ``(3, n_years)``."""
    rng = np.random.default_rng(0)
    deviates = {name: rng.standard_normal(2000) for name in NORMAL_DRIVERS}
    moved = tuple(change for change in changes if change.driver not in OF_PATHS)
    total = Drivers(deviates, moved, own=stock).parts().total[:, np.array(question.years) - FIRST_STOCK]
    return np.asarray(np.percentile(total, (5, 50, 95), axis=0))


def _crypto(question: OutlookQuestion) -> Json | None:
    """Crypto-mining of the world, a count of its own that is never added in."""
    from wattline.line.world.tables import series

    if question.places[0].name != "world":
        return None
    fact = series("crypto").facts[0]
    return {"year": 2022, "value": fact.value, "low": fact.low, "high": fact.high, "unit": "TWh"}
