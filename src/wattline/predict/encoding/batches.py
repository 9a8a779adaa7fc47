"""The mean batch of a chip: of a job whose batches are full, or of a service whose requests decide how full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number, show
from wattline.line.chip.diffusion.run import StageRun
from wattline.line.engine.batching import QueueFigures, poisson_queue
from wattline.predict.encoding.demand import EncodingDemand
from wattline.predict.encoding.work import EncodingWork
from wattline.predict.media.traffic import FULL, MAX_REPLICAS, USUAL_LOAD

SPEEDS = 11  # speeds of the draws at which the queue is simulated


@dataclass(frozen=True, eq=False)
class MeanBatch:
    """Seconds and watts of a chip by stage in a batch of the mean, batches that each chip works through, the share of
    the time at work, what is said of the queue, and the ``runs`` of the model that lie under it."""

    work: EncodingWork
    runs: Mapping[str, StageRun]
    slower: Array
    time_s: Mapping[str, Array]
    power_w: Mapping[str, Array]
    batches: Array
    active: Array
    queue: Mapping[str, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def latency_s(self) -> Array:
        """Time of a batch."""
        return np.asarray(sum(self.time_s.values()))


def mean_batch(work: EncodingWork, draws: Draws) -> MeanBatch:
    """The mean batch of a chip.

    Parameters
    ----------
    work : as it was read
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the batch. Raises WattlineError where replicas cannot keep up, or none meet the latency.
    """
    if work.demand is not None:
        return _under_traffic(work, work.demand, draws)
    runs = work.runs(draws)
    slower, stronger = work.spread(draws)
    power = {name: np.minimum(run.power_w * stronger, work.chip.tdp_w) for name, run in runs.items()}
    time = {name: np.asarray(run.time_s * slower) for name, run in runs.items()}
    return MeanBatch(work, runs, slower, time, power, work.batches, np.asarray(work.active))


def _under_traffic(work: EncodingWork, demand: EncodingDemand, draws: Draws) -> MeanBatch:
    """The mean batch of a service, whose queue is simulated at several speeds of the draws."""
    table = _table(work, draws)
    usual_s = np.interp(np.arange(table.sizes[-1] + 1), np.append(0, table.sizes), np.append(0.0, table.usual_s))
    count = _replicas(demand, work, usual_s)
    demand = replace(demand, replicas=count)
    limit_s = FULL * count * work.batch / demand.pieces / demand.rate_per_s  # longest full batch that keeps up
    typical = _queue(demand, usual_s)
    near = float(typical.batches @ np.arange(len(typical.batches)) / typical.batches.sum())
    speed = table.speed(near)
    spread = np.append(np.quantile(speed, np.linspace(0, 1, SPEEDS)), 1.0)
    speeds = np.unique(np.minimum(spread, limit_s / usual_s[-1]))
    figures = [_queue(demand, usual_s * each) for each in speeds]
    hats = _weights(figures, table.sizes, speeds, speed)
    seconds = {name: np.asarray(np.sum(hats * each, axis=0)) for name, each in table.time_s.items()}
    joules = {name: np.sum(hats * each * table.power_w[name], axis=0) for name, each in table.time_s.items()}
    items = np.asarray(np.tensordot(table.sizes.astype(float), hats, axes=1))
    busy = np.asarray(sum(seconds.values()) * demand.rate_per_s * demand.pieces / items / count)
    names = {"queue_s": "wait_s", "latency_p50_s": "median_s", "latency_p95_s": "tail_s"}
    queue = {
        name: np.asarray(np.interp(speed, speeds, [getattr(each, own) for each in figures]))
        for name, own in names.items()
    }
    return MeanBatch(
        replace(work, chips=count, demand=demand),
        table.runs[int(np.argmin(np.abs(table.sizes - near)))],
        table.slower,
        seconds,
        {name: np.asarray(joules[name] / seconds[name]) for name in seconds},
        np.asarray(work.items / items / count),
        np.minimum(busy, FULL),
        queue | {"mean_batch": items},
        _notes(table.whole_s[-1] > limit_s, queue["latency_p95_s"], demand),
    )


@dataclass(frozen=True, eq=False)
class BatchTable:
    """Seconds and watts of a chip by stage in batches of ``sizes``, ``(n_sizes, n_draws)`` each."""

    sizes: Array
    runs: list[dict[str, StageRun]]
    slower: Array
    time_s: Mapping[str, Array]
    power_w: Mapping[str, Array]

    @property
    def whole_s(self) -> Array:
        """Seconds of a batch."""
        return np.asarray(sum(self.time_s.values()))

    @property
    def usual_s(self) -> Array:
        """Its median, ``(n_sizes,)``."""
        return np.asarray(self.whole_s if self.whole_s.ndim == 1 else np.median(self.whole_s, axis=1))

    def speed(self, size: float) -> Array:
        """Seconds of each draw beside the median in a batch of such a size."""
        place = np.interp(size, self.sizes, np.arange(len(self.sizes)))
        low = int(place)
        high = min(low + 1, len(self.sizes) - 1)
        between, whole, usual = place - low, self.whole_s, self.usual_s
        own = whole[low] * (1 - between) + whole[high] * between
        return np.asarray(own / (usual[low] * (1 - between) + usual[high] * between))


def _table(work: EncodingWork, draws: Draws) -> BatchTable:
    sizes = np.unique(np.append(2 ** np.arange(int(np.log2(work.batch)) + 1), int(work.batch)))
    runs = [replace(work, batch=float(size)).runs(draws) for size in sizes]
    slower, stronger = work.spread(draws)
    shape = (draws.n,) if draws.n else ()

    def drawn(values: list[Array]) -> Array:
        return np.array([np.broadcast_to(value, shape) for value in values])

    return BatchTable(
        sizes,
        runs,
        slower,
        {name: drawn([run[name].time_s * slower for run in runs]) for name in runs[0]},
        {name: drawn([np.minimum(run[name].power_w * stronger, work.chip.tdp_w) for run in runs]) for name in runs[0]},
    )


def _queue(demand: EncodingDemand, work_s: Array) -> QueueFigures:
    return poisson_queue(demand.rate_per_s, work_s, demand.replicas or 1, demand.batch_wait_s, demand.pieces)


def _weights(figures: list[QueueFigures], sizes: Array, speeds: Array, speed: Array) -> Array:
    """Share of the batches at each of ``sizes`` that stands for those between, by each draw's speed."""
    hats = np.array([np.interp(np.arange(sizes[-1] + 1), sizes, row) for row in np.eye(len(sizes))])
    hats[:, 0] = 0.0
    shares = np.array([hats @ each.batches / each.batches.sum() for each in figures])
    return np.array([np.interp(speed, speeds, column) for column in shares.T])


def _replicas(demand: EncodingDemand, work: EncodingWork, middle: Array) -> int:
    """Replicas: as given, the fewest that keep the latency, or those that full batches have 80% at work."""
    needed = demand.rate_per_s * demand.pieces * middle[-1] / work.batch
    fewest = int(needed / FULL) + 1
    if demand.replicas is not None and needed / demand.replicas > FULL:
        most = demand.replicas * work.batch / middle[-1] / demand.pieces
        raise WattlineError(
            f"replicas: {demand.replicas} answer {number(most)} requests/s, fewer than {number(demand.rate_per_s)} "
            f"that come; {fewest} or more keep up"
        )
    if demand.replicas is not None:
        return demand.replicas
    if fewest > MAX_REPLICAS:
        raise WattlineError(f"rate: it takes {fewest:,} replicas, more than {MAX_REPLICAS:,}; give a lower rate")
    if demand.slo_latency_s is None:
        return min(max(int(np.ceil(needed / USUAL_LOAD)), fewest), MAX_REPLICAS)
    return _fewest(demand, middle, fewest, demand.slo_latency_s)


def _fewest(demand: EncodingDemand, middle: Array, fewest: int, slo_s: float) -> int:
    """The fewest replicas whose 95th percentile keeps the latency, by halving."""

    def keeps(count: int) -> bool:
        return _queue(replace(demand, replicas=count), middle).tail_s <= slo_s

    short, enough = fewest - 1, fewest
    while not keeps(enough):
        if enough == MAX_REPLICAS:
            alone = float(middle[min(demand.pieces, len(middle) - 1)]) + demand.batch_wait_s
            raise WattlineError(
                f"slo-latency: no number of replicas keeps {show(slo_s, 's')}: a request alone takes "
                f"{show(alone, 's')}; give a longer one, a faster chip or engine, or a shorter --batch-wait"
            )
        short, enough = enough, min(2 * enough, MAX_REPLICAS)
    while enough - short > 1:
        between = (short + enough) // 2
        short, enough = (short, between) if keeps(between) else (between, enough)
    return enough


def _notes(over: Array, tail_s: Array, demand: EncodingDemand) -> tuple[str, ...]:
    notes = []
    if np.mean(over) >= 0.01:
        notes.append(f"in {np.mean(over):.0%} of the draws {demand.replicas} replicas do not keep up")
    late = 0.0 if demand.slo_latency_s is None else float(np.mean(tail_s > demand.slo_latency_s))
    if late >= 0.01:
        notes.append(f"in {late:.0%} of the draws the 95th percentile is longer than was promised")
    return tuple(notes)
