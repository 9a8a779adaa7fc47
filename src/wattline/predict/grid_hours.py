"""Carbon and price of a job's grid by the hour: where they come from, when the job begins, and what the answer says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.core.address import without_secrets
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.units import DAY_S
from wattline.line.grid.carbon.contracts import with_contracts
from wattline.line.grid.carbon.given import split_zone
from wattline.line.grid.carbon.regional import avert_region, factors_of, mix_of, typical_signals
from wattline.line.grid.carbon.signal import HourlySignal, Scope
from wattline.line.grid.region import load_region
from wattline.predict.where import Where
from wattline.predict.where_readers import HOURLY

if TYPE_CHECKING:  # what reads hours is imported where hours are given
    from wattline.line.grid.carbon.read import GridSignals, ReadOptions

CARBON, PRICE = ("lifecycle", "direct"), "price"
MARGINAL, CLEAN = "marginal", "clean"
LIVE_S = 300.0  # for which an answer of a live source holds
MIN_S = 1.0  # of a stretch whose mean is taken: a shorter one is lost in the digits of a year's seconds


@dataclass(frozen=True, eq=False)
class GridHours:
    """Signals by the hour that a job's bill is worked out with.

    Attributes
    ----------
    signals
        By name: ``lifecycle``, ``direct``, ``marginal``, ``clean`` (contracts included) and ``price``; those that are
        absent stay at the year's mean.
    typical
        Whether the carbon is the region's typical year, whose mean is the catalog's annual figure with its range.
    begin
        When the job begins, UTC.
    given
        Whether the user said so.
    sources
        In words, where the carbon and the price come from.
    notes
        What was taken for granted.
    timing
        In words, when the job begins.
    best
        Means over the hours that work takes which may wait, by name; empty for all hours.
    """

    signals: Mapping[str, HourlySignal]
    typical: bool
    begin: np.datetime64
    given: bool
    sources: Mapping[str, str]
    notes: tuple[str, ...] = field(default=())
    timing: str = ""
    best: Mapping[str, float] = field(default_factory=dict)

    def begin_s(self, signal: HourlySignal) -> float:
        """Seconds from a signal's start to the job's begin."""
        return signal.seconds_to(self.begin)

    def mean_between(self, begin_s: Array, end_s: Array) -> dict[str, Array]:
        """Means of every signal between two times of the job.

        Parameters
        ----------
        begin_s, end_s
            Seconds since the job's begin, of one shape.

        Returns
        -------
        dict
            By name; of a time shorter than a second, that of the second around it.
        """
        made = {}
        for name, signal in self.signals.items():
            first = self.begin_s(signal)
            end = np.maximum(end_s, begin_s + MIN_S)
            if not signal.repeats:
                limit = signal.duration_s - first
                end = np.where(end_s > limit, end_s, np.minimum(end, limit))
            begin = np.minimum(begin_s, end - MIN_S)
            made[name] = signal.means(first + np.stack([begin, end], axis=-1))[..., 0]
        return made

    def at(self, begin: datetime) -> GridHours:
        """The same for a job that began at this time."""
        moment = np.datetime64(begin.astimezone(UTC).replace(tzinfo=None), "us")
        return replace(self, begin=moment, given=True, timing=_timing(self.signals, moment, True))

    def best_of_windows(self, share: float, window_s: float = DAY_S) -> GridHours:
        """The same with the best part of each window of hours alone, for work that may wait so long.

        Parameters
        ----------
        share
            Of each window's hours: those of least price where that is known by the hour, else of least carbon.
        window_s
            How long the work may wait [s]; a day where not given.

        Returns
        -------
        GridHours
            Whose ``year_mean`` is of those hours.
        """
        lead = self.signals.get(PRICE) or next(iter(self.signals.values()))
        day = max(round(window_s / lead.step_s), 1)
        days = max(len(lead.values) // day, 1)
        kept = max(round(share * min(day, len(lead.values))), 1)
        rank = np.argsort(lead.values[: days * day].reshape(days, -1), axis=1, kind="stable")[:, :kept]
        times = (np.arange(days)[:, None] * day + rank).ravel() * lead.step_s
        edges = np.stack([times, times + lead.step_s], axis=-1)
        best = {
            name: np.mean(signal.means(edges + signal.seconds_to(lead.start))) for name, signal in self.signals.items()
        }
        return replace(self, best={name: float(mean) for name, mean in best.items()})

    def year_mean(self) -> dict[str, Array]:
        """Means over the whole of each signal, or over its ``best`` hours, for a job at no certain time."""
        return {name: np.asarray(self.best.get(name, signal.mean)) for name, signal in self.signals.items()}


def read_grid_hours(where: Where, region: Record, catalog: Catalog) -> GridHours | None:
    """Carbon and price by the hour; None where the user gave neither by the hour.

    Parameters
    ----------
    where
        Its ``carbon``, ``carbon_url``, ``price``, ``start`` and what they are read with.
    region
        Of the grid.
    catalog
        Whose facts are taken.

    Returns
    -------
    Series from the first hour on, or None.

    Raises
    ------
    WattlineError
        Where a file or source is bad, or holds no carbon or no price.
    """
    if not where.by_the_hour:
        return None
    carbon, source, notes = _carbon(where, region, catalog)
    signals: dict[str, HourlySignal] = {}
    sources = {}
    if carbon is not None:
        sources["carbon"] = source
        average = dict(carbon.average)
        if len(average) == 1:
            (scope, only), *_ = average.items()
            other: Scope = "direct" if scope == "lifecycle" else "lifecycle"
            notes.append(f"carbon: the file has the {scope} intensity alone, which stands for both")
            average |= {other: only}
        signals |= {name: average[name] for name in CARBON if name in average}
        signals |= {} if carbon.marginal is None else {MARGINAL: carbon.marginal}
        signals |= {} if carbon.clean is None else {CLEAN: carbon.clean}
    if where.price is not None:
        priced = _read(where.price, where, region, catalog)
        if priced.price is None:
            raise WattlineError(f"price: {shorten(where.price, 120)} has no price by the hour")
        signals[PRICE], sources["price"] = priced.price, f"by the hour, {_name(where.price)}"
        notes += priced.notes
    if where.contracts is not None and where.contracts.source and CLEAN in signals:
        signals[CLEAN] = with_contracts(signals[CLEAN], where.contracts, mix_of(region, catalog))  # type: ignore[arg-type]
    begin, given = _begin(where, signals)
    typical = where.carbon == HOURLY
    return GridHours(
        signals, typical, begin, given, sources, tuple(dict.fromkeys(notes)), _timing(signals, begin, given)
    )


def check_grid_hours(where: Where, catalog: Catalog) -> None:
    """Whether carbon and price by the hour can be read, before there is a job; a live source is not asked.

    Parameters
    ----------
    where
        Its ``carbon``, ``carbon_url``, ``price`` and what they are read with.
    catalog
        Whose facts are taken.

    Raises
    ------
    WattlineError
        Where a file is bad, holds no carbon or no price, or an address is none.
    """
    if where.carbon_url is not None:
        from wattline.line.grid.carbon.live import check_address

        check_address(where.carbon_url)
    read_grid_hours(replace(where, carbon_url=None), load_region(where.region, catalog), catalog)


def _carbon(where: Where, region: Record, catalog: Catalog) -> tuple[GridSignals | None, str, list[str]]:
    if where.carbon_url is not None:
        options = _Frozen(_options(where, region, catalog))
        signals = _answer_of(where.carbon_url, int(time.monotonic() // LIVE_S), options)
        source = f"live, {without_secrets(where.carbon_url)}"
    elif where.carbon == HOURLY:
        signals = typical_signals(region, catalog)
        source = "typical year by month and hour, modelled"
    elif isinstance(where.carbon, str):
        signals = _read(where.carbon, where, region, catalog)
        source = f"by the hour, {_name(where.carbon)}"
    else:
        return None, "", []
    notes = list(signals.notes)
    if not signals.average and signals.marginal is None:
        raise WattlineError(f"carbon: {source} has no carbon intensity")
    if not signals.average:
        notes.append("carbon: marginal alone; the account of emissions stays at the region's mean of the year")
    return signals, source, notes


def _options(where: Where, region: Record, catalog: Catalog) -> ReadOptions:
    usd = {} if where.currency is None else {where.currency[0]: where.currency[1]}
    from wattline.line.grid.carbon.read import ReadOptions

    return ReadOptions(None, where.time_zone, where.carbon_kind, usd, factors_of(region, catalog))


def _read(given: str, where: Where, region: Record, catalog: Catalog) -> GridSignals:
    """A file; where it has several zones and none is named, AVERT's region of the grid."""
    path, zone = split_zone(given)
    if not path.is_file():
        raise WattlineError(
            f"series {shorten(str(path), 200)} does not exist; give a file, a number such as 50 g/kWh, or hourly"
        )
    options = _options(where, region, catalog)
    if zone is None and (stated := avert_region(region, catalog)) is not None and "avert" in path.name.lower():
        given = f"{given}@{stated}"
    stamp = path.stat()
    return _cached(given, stamp.st_mtime_ns, stamp.st_size, _Frozen(options))


def _name(given: str) -> str:
    return shorten(given.replace("\\", "/").rpartition("/")[2], 60)


class _Frozen:
    """Options as a key of the cache: equal where they read the same."""

    def __init__(self, options: ReadOptions) -> None:
        self.options = options
        factors = options.factors
        mix = () if factors is None else (tuple(factors.direct.items()), tuple(factors.lifecycle.items()))
        self._key = (options.time_zone, options.kind, tuple(options.usd.items()), mix)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Frozen) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=4)
def _answer_of(url: str, span: int, options: _Frozen) -> GridSignals:
    """A live source asked once in ``LIVE_S`` seconds, whatever number of jobs take it."""
    from wattline.line.grid.carbon.live import read_live

    return read_live(url, options.options)


@lru_cache(maxsize=16)
def _cached(path: str, modified_ns: int, size: int, options: _Frozen) -> GridSignals:
    """A file read once in a process, for the jobs of a scenario share it."""
    from wattline.line.grid.carbon.read import read_signals

    return read_signals(Path(path), options.options)


def _begin(where: Where, signals: Mapping[str, HourlySignal]) -> tuple[np.datetime64, bool]:
    if where.start is not None:
        return np.datetime64(where.start, "s"), True
    return max(signal.start for signal in signals.values()), False


def _timing(signals: Mapping[str, HourlySignal], begin: np.datetime64, given: bool) -> str:
    repeated = [signal for signal in signals.values() if signal.repeats and not signal.start <= begin < signal.end]
    words = f"begins at {begin} UTC" + ("" if given else ", the first hour of the series (--start says another)")
    if repeated:
        words += f"; the year from {repeated[0].start} stands for other years"
    return words
