"""Jobs that wait for a better hour, or go to a better place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wattline.catalog import Catalog, CatalogLike, open_catalog
from wattline.core.errors import WattlineError
from wattline.core.fact import Array, Fact
from wattline.core.quantity import parse
from wattline.core.result import Json
from wattline.core.units import HOUR_S
from wattline.line.grid.flexibility.shift import Leeway, Removal, ShiftCosts, shift
from wattline.predict.flex.answer import FlexAnswer
from wattline.predict.flex.signals import SiteSignals, read_both

WHAT = "flex shift"
WIDTHS = 8  # windows that are shown, from none to the whole
ROUNDING = 1e-9  # of the work's costs: less is nothing to save of
KNOWN = "known beforehand: the mean of the same hour in seven days before"


@dataclass(frozen=True)
class DailyJob:
    """A job that runs once a day, and how far it may move; quantities as texts with their unit.

    Attributes
    ----------
    length
        How long it runs, such as "4 h".
    before, after
        How much earlier it may begin, and later it may end.
    at
        Hour of the day, in UTC, at which it was meant to begin.
    pause
        Work that a pause and resume costs, such as "10 min"; None where it never pauses.
    power
        Power of the job; needed where it may go elsewhere with data.
    data
        Data that go with it to another site, such as "500 GB".
    latency
        Longest round trip from its users that it bears, such as "50 ms"; None where it waits for nobody.
    round_trips
        Round trip from its users to each other site, needed with ``latency``.
    """

    length: str = "1 h"
    before: str = "0 h"
    after: str = "8 h"
    at: float = 0.0
    pause: str | None = None
    power: str | None = None
    data: str | None = None
    latency: str | None = None
    round_trips: Sequence[str] = ()


def flex_shift(
    signal: Path | str,
    job: DailyJob | None = None,
    *,
    kind: str = "average",
    sites: Sequence[str | Path] = (),
    beside: Sequence[str | Path] = (),
    beside_kind: str = "marginal",
    facts: CatalogLike = None,
) -> FlexAnswer:
    """What a daily job saves when it may run at another hour, or at another site.

    Parameters
    ----------
    signal
        Carbon intensity or price by the hour at the job's own site: FILE or FILE@COLUMN; or its region, whose typical
        year is modelled from its mix.
    job
        The job; an hour at midnight that may wait for 8 where None.
    kind
        What the signal is: average or marginal carbon intensity, or price.
    sites
        The same signal at other sites to which it may go: FILE, FILE@COLUMN, a column of the signal's file, a region.
    beside
        Another signal at the same sites, by which the moves are counted too, and which may lead them. Without one, and
        where all sites are regions, it is their marginal intensity beside the average, or the average beside it.
    beside_kind
        What that one is.
    facts
        Your own facts, which override the catalog's.

    Returns
    -------
    FlexAnswer
        Means of the signal as meant, and moved with foresight and by what was known; savings as the window widens.

    Raises
    ------
    WattlineError
        Where a file is bad, or an option is out of its range.
    """
    job = job or DailyJob()
    _check_used(job, len(sites))
    near, reach, left = _within_reach(job, len(sites))
    sites, beside = [sites[i] for i in near], [*beside[:1], *(beside[1 + i] for i in near if 1 + i < len(beside))]
    catalog = open_catalog(facts)
    first, other = read_both([signal, *sites], kind, (beside, beside_kind), WHAT, catalog)
    removal, used, moved = _removal(job, first, catalog)
    whole = _leeway(job, first)
    starts = _starts(first, job, whole)
    rows = []
    for width in range(WIDTHS + 1):
        leeway = replace(whole, before=round(whole.before * width / WIDTHS), after=round(whole.after * width / WIDTHS))
        made = shift(first.values, starts, leeway, first.day, removal)
        row = _row(made, leeway, first.step_h)
        if other is not None:
            row["beside"] = _means({name: made.counted(other.values, name) for name in made.by}, leeway)
        rows.append(row)
    results = {
        **_span(first), "sites": list(first.names), "unit": first.unit, "windows": rows,
        "hours": _hours(made, first), "ways": _ways(first, other, starts, whole, removal),
    }  # fmt: skip
    inputs = {
        "signal": str(signal), "column": first.names[0], "kind": kind, **_job_json(whole, first.step_h, job.at),
        "beside_kind": None if other is None else other.kind, **moved, **reach,
    }  # fmt: skip
    notes = (*first.notes, *left, *(() if other is None else other.notes), KNOWN)
    facts_used = (*used, *first.facts, *(() if other is None else other.facts))
    return FlexAnswer(WHAT, inputs, results, tuple(dict.fromkeys(notes)), facts_used)


def _check_used(job: DailyJob, sites: int) -> None:
    """Raise WattlineError for what of a job counts only where it may go elsewhere, and it may not."""
    unused = [name for name in ("power", "data", "latency", "round_trips") if getattr(job, name)]
    if unused and not sites:
        option = unused[0].removesuffix("s").replace("_", "-")
        raise WattlineError(f"{WHAT}: --{option} does nothing here; it goes with a --destination")


def _within_reach(job: DailyJob, count: int) -> tuple[list[int], Json, list[str]]:
    """Sites that lie near enough to the job's users, the round trips as they were read, and what is left out."""
    trips = [parse(text, "s", "--round-trip", zero=True) for text in job.round_trips]
    if job.latency is None:
        if trips:
            raise WattlineError(f"{WHAT}: --round-trip goes with --latency, the longest that the job accepts")
        return list(range(count)), {"latency_s": None, "round_trips_s": []}, []
    longest = parse(job.latency, "s", "--latency")
    if len(trips) != count:
        raise WattlineError(f"{WHAT}: --latency needs a --round-trip for each destination; {len(trips)} for {count}")
    near = [i for i, trip in enumerate(trips) if trip <= longest]
    far = [f"destination {i + 1} is left out: a round trip of {1e3 * trips[i]:g} ms is above {1e3 * longest:g} ms"
           for i in range(count) if i not in near]  # fmt: skip
    return near, {"latency_s": longest, "round_trips_s": trips}, far


def _leeway(job: DailyJob, signals: SiteSignals) -> Leeway:
    length, before, after = (_steps(getattr(job, name), signals, name) for name in ("length", "before", "after"))
    cost = np.inf if job.pause is None else parse(job.pause, "h", "--pause", zero=True) / signals.step_h
    return Leeway(length, before, after, cost)


def _job_json(whole: Leeway, step_h: float, at: float) -> Json:
    """The job as it was read."""
    pause = None if np.isinf(whole.pause_cost) else whole.pause_cost * step_h
    hours = {f"{name}_h": getattr(whole, name) * step_h for name in ("length", "before", "after")}
    return {**hours, "at_h": at, "pause_h": pause}


def _starts(signals: SiteSignals, job: DailyJob, whole: Leeway) -> Array:
    """Steps at which the jobs were meant to begin whose widest window lies within the signal, a day before it."""
    first = (signals.start - signals.start.astype("datetime64[D]")).astype(int) / HOUR_S
    begin = round(((job.at - first) % 24) / signals.step_h)
    count = signals.values.shape[1]
    starts = np.arange(begin, count, signals.day)
    return np.asarray(starts[(starts - whole.before >= signals.day) & (starts + whole.length + whole.after <= count)])


def _removal(job: DailyJob, signals: SiteSignals, catalog: Catalog) -> tuple[Removal, list[Fact], Json]:
    """What moving takes, the facts that it rests on, and the job's power and data as they were read."""
    if job.data is None or len(signals.names) == 1:
        return Removal(), [], {"power_w": None, "data_bytes": None}
    if job.power is None:
        raise WattlineError(f"{WHAT}: --data {job.data} needs the job's --power, to weigh its move against its work")
    power_w, gigabytes = parse(job.power, "W", "--power"), parse(job.data, "GB", "--data", zero=True)
    used = [catalog.fact("constant.network-kwh-per-gb")]
    step_kwh = power_w / 1e3 * signals.step_h
    fee = 0.0
    if signals.kind == "price":
        used.append(catalog.fact("constant.egress-usd-per-gb"))
        fee = used[1].value * gigabytes / step_kwh
    moved = {"power_w": power_w, "data_bytes": gigabytes * 1e9}
    return Removal(used[0].value * gigabytes / step_kwh, fee), used, moved


def _steps(text: str, signals: SiteSignals, what: str) -> int:
    hours = parse(text, "h", f"--{what}", zero=what != "length")
    count = round(hours / signals.step_h)
    if abs(count * signals.step_h - hours) > 1e-6:
        raise WattlineError(
            f"flex shift: --{what} {text} is no whole number of the file's steps of {signals.step_h:g} h"
        )
    return count


def _row(made: ShiftCosts, leeway: Leeway, step_h: float) -> Json:
    away = {name: float((made.by[name].site > 0).mean()) for name in ("causal", "foresight")}
    costs = {"meant": made.meant, "causal": made.causal, "foresight": made.foresight}
    return {
        "before_h": leeway.before * step_h,
        "after_h": leeway.after * step_h,
        "jobs": len(made.meant),
        **_means(costs, leeway),
        "away_known_share": away["causal"],
        "away_foresight_share": away["foresight"],
    }


def _means(costs: dict[str, Array], leeway: Leeway) -> Json:
    """Means of the signal over the work, and savings: null where the work as meant costs nothing, or less."""
    work = leeway.length * len(costs["meant"])
    mean = {name: float(values.sum()) / work for name, values in costs.items()}

    nothing = ROUNDING * max(float(np.abs(values).sum()) for values in costs.values()) / work

    def saving(name: str) -> float | None:
        return 1.0 - mean[name] / mean["meant"] if mean["meant"] > nothing else None

    return {
        "mean_as_meant": mean["meant"], "mean_known": mean["causal"], "mean_foresight": mean["foresight"],
        "saving_known": saving("causal"), "saving_foresight": saving("foresight"),
    }  # fmt: skip


def _hours(made: ShiftCosts, signals: SiteSignals) -> Json:
    """Work and signal by the hour of the day, UTC, at the widest window."""
    first = (signals.start - signals.start.astype("datetime64[D]")).astype(int) / HOUR_S
    hour = ((first + np.arange(signals.values.shape[1]) * signals.step_h) % 24).astype(int)
    at = hour[made.steps]
    work = {name: np.bincount(at.ravel(), move.work.ravel(), 24) / move.work.sum() for name, move in made.by.items()}
    count = np.bincount(hour, minlength=24)
    mean = np.bincount(hour, signals.values[0], 24) / np.maximum(count, 1)
    return {
        "mean": [float(x) if n else None for x, n in zip(mean, count, strict=True)],
        "as_meant_share": work["meant"].tolist(),
        "known_share": work["causal"].tolist(),
        "foresight_share": work["foresight"].tolist(),
    }


def _ways(first: SiteSignals, other: SiteSignals | None, starts: Array, whole: Leeway, removal: Removal) -> list[Json]:
    """The widest window: moved by either signal, and counted by both."""
    if other is None:
        return []
    rows = []
    for by, signals in ((first.kind, first), (other.kind, other)):
        made = shift(signals.values, starts, whole, signals.day, Removal(removal.work))
        for of, counted in ((first.kind, first), (other.kind, other)):
            costs = {name: made.counted(counted.values, name) for name in made.by}
            means = _means(costs, whole)
            rows.append({"moved_by": by, "counted_by": of, **means})
    return rows


def _span(signals: SiteSignals) -> Json:
    return {"from_utc": str(signals.start), "steps": signals.values.shape[1], "step_h": signals.step_h}
