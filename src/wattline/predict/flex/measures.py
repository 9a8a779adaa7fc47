"""What holds a swinging load still, each measure with the swings that it leaves and the energy that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from wattline.catalog import Catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array, Fact
from wattline.core.quantity import parse
from wattline.core.result import Json
from wattline.line.grid.flexibility.limits import limits_of, modes_of
from wattline.line.grid.flexibility.smoothing import (
    SmoothedLoad,
    start_and_stop_j,
    with_floor,
    with_ramp_limit,
    with_shelf,
    with_store,
)
from wattline.line.grid.flexibility.swings import Spectrum, SwingLimits, broken, spectrum, swings

MAX_LINES, MAX_POINTS = 60, 480  # of a spectrum and of a shape that an answer shows
ROUND_TRIP = "constant.store-round-trip"
SMEARED = 1.05  # stragglers take a little off the top of a load


@dataclass(frozen=True)
class Measures:
    """What to try against a load's swings, as texts with their unit; None is not tried.

    Attributes
    ----------
    floor
        Power below which work is made: of a chip where there are chips, else of the whole load.
    ramp
        Limit of rises and falls, such as "10 MW/s".
    store
        Time over which a store levels the power, such as "10 s".
    shelf
        Energy of a store at each chip (of the whole load where there are none), such as "65 J".
    idle
        Power of a chip (of the whole load where there are none) before the job starts and after it stops.
    """

    floor: str | None = None
    ramp: str | None = None
    store: str | None = None
    shelf: str | None = None
    idle: str | None = None

    def __post_init__(self) -> None:
        if self.idle is not None and self.ramp is None:
            raise WattlineError("--idle does nothing here; it goes with --ramp, the limit at start and stop")


@dataclass(frozen=True)
class LimitTexts:
    """A utility's limits as texts: a record of the catalog, or single limits, which stand before the record's."""

    name: str | None = None
    band_share: float | None = None
    ramp: str | None = None
    swing: str | None = None

    def read(self, catalog: Catalog) -> tuple[SwingLimits, list[Fact]]:
        """The limits, and the facts that they rest on. Raises WattlineError for a text that cannot be read."""
        limits, facts = (SwingLimits(), []) if self.name is None else limits_of(self.name, catalog)
        share = limits.band_share if self.band_share is None else self.band_share
        rises, falls, reach = limits.ramp_up_w_per_s, limits.ramp_down_w_per_s, limits.range_w
        if self.ramp is not None:
            rises = falls = rate_of(self.ramp, "--ramp-limit")
        if self.swing is not None:
            reach = parse(self.swing, "W", "--range-limit")
        return SwingLimits(limits.band_hz, share, rises, falls, reach), facts


def rate_of(text: str, what: str) -> float:
    """Watts a second of a text such as "10 MW/s".

    Parameters
    ----------
    text : such as "10 MW/s"
    what : of which it is the rate, for errors

    Returns
    -------
    W/s.

    Raises WattlineError for a text without its time.
    """
    rest = text.strip()
    for end, seconds in (("/s", 1.0), ("/min", 60.0)):
        if rest.endswith(end):
            return parse(rest.removesuffix(end), "W", what) / seconds
    raise WattlineError(f'{what}: {shorten(text)!r} is no rate of power; give such as "10 MW/s" or "20 MW/min"')


def loads_after_measures(
    power_w: Array, step_s: float, chips: int, wanted: Measures, catalog: Catalog
) -> tuple[list[tuple[str, SmoothedLoad]], list[Fact]]:
    """The load as it is and after each measure, by name, and the facts that the measures rest on.

    Parameters
    ----------
    power_w : power through each step, shape ``(n_steps,)`` [W]
    step_s : length of a step [s]
    chips : that a floor and a shelf count for; 1 for the whole load
    wanted : the measures
    catalog : of the store's efficiency

    Returns
    -------
    Pairs of a name and a load [W], the load as it is first; and facts.

    Raises
    ------
    WattlineError for a floor above all of the load.
    """
    each = " a chip" if chips > 1 else ""
    made: list[tuple[str, SmoothedLoad]] = [("as it is", SmoothedLoad(power_w, 0.0))]
    used: list[Fact] = []
    if wanted.store is not None or wanted.shelf is not None:
        used.append(catalog.fact(ROUND_TRIP))
    if wanted.floor is not None:
        floor_w, top_w = parse(wanted.floor, "W", "--floor") * chips, float(power_w.max())
        if floor_w > top_w * SMEARED:
            raise WattlineError(f"--floor {wanted.floor}{each} is above the highest power, {top_w / chips:.4g} W{each}")
        made.append((f"floor of {wanted.floor}{each}", with_floor(power_w, floor_w)))
    if wanted.ramp is not None:
        rate = rate_of(wanted.ramp, "--ramp")
        made.append((f"ramps of {wanted.ramp}", with_ramp_limit(power_w, step_s, rate, rate)))
    if wanted.store is not None:
        window_s = parse(wanted.store, "s", "--store")
        made.append((f"store over {wanted.store}", with_store(power_w, step_s, window_s, used[0].value)))
    if wanted.shelf is not None:
        shelf_j = parse(wanted.shelf, "J", "--shelf") * chips
        made.append((f"store of {wanted.shelf}{each}", with_shelf(power_w, step_s, shelf_j, used[0].value)))
    return made, used


def measures_json(
    made: Sequence[tuple[str, SmoothedLoad]], step_s: float, limits: SwingLimits, shown_hz: float, catalog: Catalog
) -> tuple[list[Json], list[Fact]]:
    """A row for each measure: swings that are left, the energy that it takes, and the limits that are broken.

    Parameters
    ----------
    made : loads after the measures, by name
    step_s : length of a step [s]
    limits : of the utility
    shown_hz : faster swings the sampling does not show [Hz]
    catalog : of the grid's modes

    Returns
    -------
    Rows of an answer, and facts.
    """
    rows = []
    facts: list[Fact] = []
    shown_s = _shown_s(made[0][1].power_w, step_s)
    for name, smoothed in made:
        power, lines = smoothed.power_w, spectrum(smoothed.power_w, step_s)
        shown = swings(power, step_s, limits.band_hz)
        modes, facts = modes_of(lines, shown_hz, catalog)
        rows.append(
            {
                "measure": name,
                **asdict(shown),
                "highest_shown_hz": shown_hz,
                "extra_share": smoothed.extra_share,
                "store_j": smoothed.store_j,
                "store_w": smoothed.store_w,
                "broken": broken(shown, limits),
                "modes": [asdict(mode) for mode in modes],
                "lines": _lines(lines),
                "shape": _shape(power, step_s, shown_s),
            }
        )
    return rows, facts


def start_stop_json(power_w: Array, chips: int, wanted: Measures) -> Json | None:
    """What it takes to start and stop no faster than the ramp limit; None without a limit and an idle power.

    Parameters
    ----------
    power_w : of the load [W]
    chips : that the idle power counts for
    wanted : with ``ramp`` and ``idle``

    Returns
    -------
    Swing [W], seconds and joules, or None.
    """
    if wanted.ramp is None or wanted.idle is None:
        return None
    idle_w, rate = parse(wanted.idle, "W", "--idle", zero=True) * chips, rate_of(wanted.ramp, "--ramp")
    swing = max(float(power_w.mean()) - idle_w, 0.0)
    return {"swing_w": swing, "ramp_s": swing / rate, "extra_j": start_and_stop_j(swing, rate)}


def _lines(lines: Spectrum) -> Json:
    """The highest lines of a spectrum, by frequency."""
    best = np.sort(np.argsort(lines.amplitude_w)[::-1][:MAX_LINES])
    best = best[lines.amplitude_w[best] > 0]
    return {"frequency_hz": lines.frequency_hz[best].tolist(), "amplitude_w": lines.amplitude_w[best].tolist()}


def _shown_s(power_w: Array, step_s: float) -> float:
    """Some periods of the highest line of the load as it is, for all measures alike [s]."""
    frequency, _ = spectrum(power_w, step_s).largest()
    return len(power_w) * step_s if frequency == 0 else 4 / frequency


def _shape(power_w: Array, step_s: float, shown_s: float) -> Json:
    """Power as it passes through so many seconds."""
    count = min(len(power_w), max(round(shown_s / step_s), 2))
    every = max(1, -(-count // MAX_POINTS))
    whole = power_w[: count // every * every].reshape(-1, every).mean(axis=1)
    return {"step_s": step_s * every, "power_w": whole.tolist()}
