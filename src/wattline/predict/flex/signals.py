"""Signals by which jobs move: of several sites, over the hours that all of them have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline.catalog import Catalog, Record, default
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array, Fact
from wattline.core.units import HOUR_S
from wattline.line.grid.carbon.given import split_zone
from wattline.line.grid.carbon.read import ReadOptions, read_signals
from wattline.line.grid.carbon.regional import marginal_fact, typical_signals
from wattline.line.grid.carbon.signal import HourlySignal
from wattline.line.grid.hourly import read_hourly
from wattline.line.grid.region import load_region, of_region

LIFECYCLE = "carbon_lifecycle_g_per_kwh"
KINDS = ("average", "marginal", "price")
NO_WEATHER = "a typical year has no weather: the days of a month are alike, and waiting saves what the hours differ by"
NamedSignal = tuple[str, HourlySignal, tuple[str, ...], tuple[Fact, ...]]  # a site's name, its signal, notes, facts
UNITS = {"average": "g/kWh", "marginal": "g/kWh", "price": "USD/kWh"}


@dataclass(frozen=True, eq=False)
class SiteSignals:
    """One kind of signal at each site, over the same steps.

    ``values``: shape ``(n_sites, n_steps)``; ``unit``: "" where a plain column has its own; ``facts``: of regions.
    """

    kind: str
    names: tuple[str, ...]
    start: np.datetime64
    step_s: float
    values: Array
    unit: str
    notes: tuple[str, ...]
    facts: tuple[Fact, ...] = ()

    @property
    def step_h(self) -> float:
        """Length of a step [h]."""
        return self.step_s / HOUR_S

    @property
    def day(self) -> int:
        """Steps of a day."""
        return round(24 / self.step_h)


def read_sites(texts: Sequence[str | Path], kind: str, what: str, catalog: Catalog | None = None) -> SiteSignals:
    """The signals of one kind at each site, cut to the hours that all have.

    Parameters
    ----------
    texts
        FILE or FILE@COLUMN of each site. A text that is no file is a column (or zone) of the first one's, else a
        region: its typical year, modelled from its mix.
    kind
        "average", "marginal" or "price".
    what
        The command, for errors.
    catalog
        Whose regions are taken; the built-in one where None.

    Returns
    -------
    One series a site, shape ``(n_sites, n_hours)``.

    Raises
    ------
    WattlineError
        For a kind that is none, a file or region without such a signal, and for sites that have no hours in common.
    """
    if kind not in KINDS:
        raise WattlineError(f"{what}: kind {shorten(kind)!r} must be one of {', '.join(KINDS)}")
    first, _ = split_zone(texts[0])
    known = default() if catalog is None else catalog
    each = [_of_site(text, first, kind, what, known) for text in texts]
    names = tuple(name for name, *_ in each)
    series = [signal for _, signal, *_ in each]
    notes = tuple(dict.fromkeys(note for _, signal, more, _ in each for note in (*signal.notes, *more)))
    facts = tuple({fact.key: fact for *_, own in each for fact in own}.values())
    start, values, step_s = _aligned(series, what)
    plain = any(type(signal) is HourlySignal for signal in series)
    return SiteSignals(kind, names, start, step_s, values, "" if plain else UNITS[kind], notes, facts)


def other_kind(texts: Sequence[str | Path], kind: str, what: str, catalog: Catalog) -> SiteSignals | None:
    """The marginal signals of regions by name beside their average ones, and the average beside the marginal.

    Parameters
    ----------
    texts : as ``read_sites`` takes them
    kind : of the signals that are there
    what : the command, for errors
    catalog : whose regions are taken

    Returns
    -------
    The other signals; None beside a price, where a site is a file, and where a region has none.
    """
    other = {"average": "marginal", "marginal": "average"}.get(kind)
    if other is None or any(split_zone(text)[0].exists() for text in texts):
        return None
    try:
        return read_sites(texts, other, what, catalog)
    except WattlineError:  # a grid without fossil plants has no marginal one
        return None


def read_both(
    texts: Sequence[str | Path], kind: str, beside: tuple[Sequence[str | Path], str], what: str, catalog: Catalog
) -> tuple[SiteSignals, SiteSignals | None]:
    """The signals that lead, and those by which the same moves are counted too, over the same hours.

    Parameters
    ----------
    texts, kind : of those that lead, as ``read_sites`` takes them
    beside : texts of the others, one a site, and their kind; without texts what ``other_kind`` finds
    what : the command, for errors
    catalog : whose regions are taken

    Returns
    -------
    Both; None for the other where there is none.

    Raises
    ------
    WattlineError where a file is bad, or the two have not as many sites, or no hours in common.
    """
    first = read_sites(texts, kind, what, catalog)
    other = read_sites(beside[0], beside[1], what, catalog) if beside[0] else other_kind(texts, kind, what, catalog)
    return (first, None) if other is None else together(first, other, what)


def notes_together(*signals: SiteSignals | None) -> tuple[str, ...]:
    """The notes of signals, each once.

    Parameters
    ----------
    signals : None for one that is not there

    Returns
    -------
    In their order.
    """
    return tuple(dict.fromkeys(note for each in signals if each is not None for note in each.notes))


def together(first: SiteSignals, other: SiteSignals, what: str) -> tuple[SiteSignals, SiteSignals]:
    """Both cut to the hours that they have in common.

    Parameters
    ----------
    first, other : of the same sites
    what : the command, for errors

    Returns
    -------
    The same two, of one length.

    Raises
    ------
    WattlineError where the two have not as many sites, or no hours in common.
    """
    if len(first.names) != len(other.names):
        raise WattlineError(f"{what}: --beside takes as many files as there are sites, {len(first.names)}")
    rows = [HourlySignal(signals.start, signals.step_s, row) for signals in (first, other) for row in signals.values]
    start, values, step_s = _aligned(rows, what)
    count = len(first.names)
    return tuple(
        SiteSignals(signals.kind, signals.names, start, step_s, part, signals.unit, signals.notes, signals.facts)
        for signals, part in ((first, values[:count]), (other, values[count:]))
    )  # type: ignore[return-value]


def _read(path: Path, column: str | None, kind: str, what: str) -> NamedSignal:
    """A site's name, its signal and notes: of a form that says what it is, else a column of numbers."""
    try:
        known = read_signals(path, ReadOptions(column, None, None if kind == "price" else kind))
    except WattlineError as error:
        return _plain(path, column, what, error)
    signal = {"average": known.average.get("lifecycle") or known.average.get("direct"), "marginal": known.marginal}.get(
        kind, known.price
    )
    if signal is None:
        if column is not None:
            return _plain(path, column, what, WattlineError(f"{path} has no {kind} signal"))
        hint = "" if what == "flex response" else "say what it is with --kind, or "
        raise WattlineError(f"{what}: {path} has no {kind} signal; {hint}name a column, FILE@COLUMN")
    return column or signal.zone or path.stem, signal, known.notes, ()


def _of_site(text: str | Path, first: Path, kind: str, what: str, catalog: Catalog) -> NamedSignal:
    """A file's signal; else the column (or zone) of this name in the first site's file; else a region's year."""
    path, column = split_zone(text)
    if path.exists():
        return _read(path, column, kind, what)
    refusal = WattlineError(f"{what}: {str(text)!r} is neither a file nor a region; see `wattline list regions`")
    if first.exists():
        try:
            return _read(first, str(text), kind, what)
        except WattlineError as error:
            refusal = error
    try:
        region = load_region(str(text), catalog)
    except WattlineError:
        raise refusal from None
    return _typical(region, kind, what, catalog)


def _typical(region: Record, kind: str, what: str, catalog: Catalog) -> NamedSignal:
    """A region's typical year. Raises WattlineError for a price, of which none is modelled."""
    if kind == "price":
        raise WattlineError(f"{what}: no prices by the hour are known of {region.name!r}; give a file of them")
    made = typical_signals(region, catalog)
    signal = made.marginal if kind == "marginal" else made.average["lifecycle"]
    if signal is None:
        raise WattlineError(f"{what}: region {region.name} has no {kind} signal; give a file of it")
    fact = marginal_fact(region, catalog) if kind == "marginal" else of_region(region, LIFECYCLE, catalog)
    return region.title, signal, (*made.notes, NO_WEATHER), (fact,)


def _plain(path: Path, column: str | None, what: str, error: WattlineError) -> NamedSignal:
    """A column of numbers, in whatever unit."""
    if not path.exists():
        raise error
    try:
        series = read_hourly(path).signal()
    except WattlineError:  # what is wrong with the form that it has says more
        raise error from None
    name, values = series.column(column, what)
    signal = HourlySignal(series.utc[0], series.step_h * HOUR_S, values, name, str(path))
    return name, signal, (*series.notes, *series.filled([name])), ()


def _aligned(series: Sequence[HourlySignal], what: str) -> tuple[np.datetime64, Array, float]:
    """Start, values and step over the common time; a year that repeats stands for the years of the others."""
    dated = [signal for signal in series if not signal.repeats] or list(series)
    start, end = max(signal.start for signal in dated), min(signal.end for signal in dated)
    step_s = max(signal.step_s for signal in series)
    count = int((end - start).astype(int) // step_s)
    if count < 1:
        raise WattlineError(f"{what}: the series have no hours in common; give files of one time")
    edges: Array = np.arange(count + 1, dtype=float) * step_s
    rows = [signal.means(edges + signal.seconds_to(start)) for signal in series]
    return start, np.stack(rows), step_s
