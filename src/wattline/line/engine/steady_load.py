"""A server's most tokens a second under a known load: the best layout and batch that memory and latencies allow.

In a steady state with continuous batching (``average_serving.py``) each step makes one token of every running request
and reads as many prompt tokens as requests begin. Here a whole server is laid out: replicas of ``tensor`` chips, or
pipelines of several such stages (Offline loads hide their bubbles), attention split by requests where keys and values
cannot be split by heads. What limits the batch is memory; under latencies, the step's time; and where requests come by
chance (Poisson), a share of the capacity stays free, the smaller the more requests run at once (Erlang).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from wattline.catalog import Catalog
from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.formats import computes_narrow
from wattline.line.chip.products import Work
from wattline.line.chip.shape import Shape
from wattline.line.chip.step import nameplate, step, watts_of
from wattline.line.engine.benchmark_run import BenchmarkRun
from wattline.line.work.model import Model
from wattline.line.work.weights import group_bytes, replica_bytes

TENSOR = (1, 2, 4, 8)
STAGES = (1, 2)
BATCHES = 20  # batches tried of a layout, evenly in the logarithm


@dataclass(frozen=True)
class SteadyLoad:
    """Requests alike: mean tokens in and out, the spread of answers, and the latencies that must be kept.

    Attributes
    ----------
    input_tokens, output_tokens : means
    output_spread : standard deviation over mean of the answers' lengths
    beams : sequences that are followed for each request
    ttft_s, tpot_s : 99th percentiles of the time to the first token and between tokens; None where time is free
    latency_s : 99th percentile of the whole request's time; None where it is free
    random : whether requests come by chance, not all at once
    run : of a benchmark, whose end counts; None for a server that goes on
    """

    input_tokens: float
    output_tokens: float
    output_spread: float = 0.0
    beams: int = 1
    ttft_s: float | None = None
    tpot_s: float | None = None
    latency_s: float | None = None
    random: bool = False
    run: BenchmarkRun | None = None

    @property
    def context_tokens(self) -> float:
        """Tokens behind a running sequence on average; long answers run longer, and are met more often."""
        return self.input_tokens + self.output_tokens * (1 + self.output_spread**2) / 2

    @property
    def kept_tokens(self) -> float:
        """Tokens whose keys and values are kept for a request; beams share those of the prompt."""
        return self.input_tokens + self.beams * (self.context_tokens - self.input_tokens)


@dataclass(frozen=True)
class LoadFacts:
    """What a server under a known load rests on, at central values: each a fact ``fit.load-NAME``."""

    usable_memory: float
    pipeline_share: float
    tail: float
    deviations: float
    step_tokens: float
    sort_s_per_logit: float


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A model as it is served on one kind of chip: formats, and coefficients with the software in them."""

    model: Model
    chip: Chip
    precision: str
    cache_bytes: float
    fit: Coefficients

    @cached_property
    def shape(self) -> Shape:
        """The model's, as steps take it."""
        return Shape.of(self.model)


@dataclass(frozen=True)
class ServerLayout:
    """``tensor`` chips split each layer, ``stages`` of them follow each other; ``ranks`` of the first split requests.

    ``most``: requests whose cache fits.
    """

    tensor: int
    stages: int
    ranks: int
    most: float

    @property
    def chips(self) -> int:
        """Of a replica."""
        return self.tensor * self.stages

    def is_like(self, other: ServerLayout) -> bool:
        """Whether both split the model alike."""
        return (self.tensor, self.stages, self.ranks) == (other.tensor, other.stages, other.ranks)

    def __str__(self) -> str:
        parts = [f"TP{self.tensor}"]
        parts += [f"PP{self.stages}"] if self.stages > 1 else []
        parts += [f"DP{self.ranks}"] if self.ranks > 1 else []
        return " ".join(parts)


@dataclass(frozen=True, eq=False)
class Best:
    """The layout and batch that serve most: tokens of answers a second, watts and seconds of a step, of one chip."""

    layout: ServerLayout
    batch: float
    tokens_per_s: float
    chip_w: float
    step_s: float


def load_facts(catalog: Catalog) -> LoadFacts:
    """The facts of a server under a known load.

    Parameters
    ----------
    catalog : whose facts are taken

    Returns
    -------
    Central values.
    """
    return catalog.values(LoadFacts, "fit.load")


def layouts(
    served: ServedModel, chips: int, load: SteadyLoad, facts: LoadFacts, pipelines: bool = True
) -> list[ServerLayout]:
    """Every layout of up to so many chips that holds the model and at least one request a rank.

    Parameters
    ----------
    served : the model on its chip
    chips : that share links, or that the server has
    load : whose cache must fit
    facts : at central values
    pipelines : whether stages may follow each other

    Returns
    -------
    Chips in tensor parallel, stages and ranks, with the most sequences of each.
    """
    model, most = served.model, min(chips, served.chip.link_domain_chips)
    room = served.chip.memory_bytes * facts.usable_memory
    result = []
    for tensor in (size for size in TENSOR if size <= max(most, 1)):
        for ranks in {1, tensor} if model.kv_lora_rank and model.experts else {1}:
            for stages in STAGES if pipelines and ranks == 1 else (1,):
                weights = replica_bytes(model, served.precision, ranks)
                each = served.shape.cache_bytes(load.kept_tokens, tensor / ranks, served.cache_bytes)
                fitting = float((tensor * stages * room - weights) / each)
                if tensor * stages <= chips and fitting >= ranks:
                    result.append(ServerLayout(tensor, stages, ranks, fitting))
    return result


def best(
    served: ServedModel,
    chips: int,
    load: SteadyLoad,
    facts: LoadFacts,
    pipelines: bool = True,
) -> Best | None:
    """The layout and batch with most tokens a second within the latencies; None where nothing fits.

    Parameters
    ----------
    served : the model on its chip
    chips : of the server
    load : requests and their latencies
    facts : at central values
    pipelines : whether stages may follow each other

    Returns
    -------
    That layout with its batch, tokens a second and watts of a chip, or None.
    """
    result = None
    for layout in layouts(served, chips, load, facts, pipelines):
        batch, rate, watts, seconds = (float(x) for x in rates_at(served, chips, load, facts, layout))
        if rate > 0 and (result is None or rate > result.tokens_per_s):
            result = Best(layout, batch, rate, watts, seconds)
    return result


def rates_at(
    served: ServedModel, chips: int, load: SteadyLoad, facts: LoadFacts, layout: ServerLayout
) -> tuple[Array, Array, Array, Array]:
    """The best batch of one layout.

    Parameters
    ----------
    served : the model on its chip; coefficients of one set, or of many with shape ``(n, 1)``
    chips : of the server
    load : requests and their latencies
    facts : at central values
    layout : of a replica

    Returns
    -------
    Batch, tokens a second, watts and seconds of a step, of one chip, shape ``()`` or ``(n,)``; no tokens where the
    latencies cannot be kept.
    """
    limit, batch = _longest_step_s(load, facts), np.geomspace(layout.ranks, layout.most, BATCHES)
    rate, watts, seconds = _rates(served, chips, load, facts, layout, batch)
    kept = seconds[..., 0] <= limit
    if np.any(late := seconds[..., -1] > limit):
        rows = seconds.reshape(-1, BATCHES)
        most = np.array([np.interp(limit, row, batch) for row in rows]).reshape(late.shape)
        batch = np.geomspace(layout.ranks, np.where(late & kept, most, layout.most), BATCHES, axis=-1)
        rate, watts, seconds = _rates(served, chips, load, facts, layout, batch)
    at, curves = np.argmax(rate, axis=-1)[..., None], np.broadcast_arrays(batch, rate, watts, seconds)
    size, tokens_per_s, chip_w, step_s = (np.take_along_axis(curve, at, -1)[..., 0] for curve in curves)
    return size, np.where(kept, tokens_per_s, 0.0), chip_w, step_s


def _rates(
    served: ServedModel, chips: int, load: SteadyLoad, facts: LoadFacts, layout: ServerLayout, batch: Array
) -> tuple[Array, Array, Array]:
    """Tokens a second and watts of a chip, and seconds of a step, by batch."""
    sizes = batch / layout.stages
    decoding = sizes * load.beams
    work = Work(
        tokens=decoding + sizes / load.output_tokens * load.input_tokens,
        sequences=decoding,
        context=np.asarray(load.kept_tokens / load.beams),
        prompt_tokens=np.asarray(load.input_tokens),
        chips=np.asarray(float(layout.tensor)),
        weight_bytes=np.asarray(group_bytes(served.model, served.precision)[0]),
        dense_bytes=np.asarray(group_bytes(served.model, served.precision)[1]),
        narrow=np.asarray(float(computes_narrow(served.chip, served.precision))),
        expert_parallel=np.asarray(float(layout.ranks > 1)),
        ranks=np.asarray(float(layout.ranks)),
        padding=np.asarray(1.0),
        balance=np.asarray(1.0),
        cache_bytes=np.asarray(served.cache_bytes),
    )
    rates, fit = nameplate(served.chip, layout.tensor, served.precision), served.fit
    if load.beams > 1:  # whose best next tokens are sorted out
        fit = replace(fit, sampling_s_per_logit=np.asarray(facts.sort_s_per_logit))
    run = step(served.shape, work, rates, watts_of(served.chip), fit)
    seconds, power, sizes = np.broadcast_arrays(run.time_s, run.power_w, sizes)
    full = sizes / seconds / layout.tensor * (facts.pipeline_share if layout.stages > 1 else 1.0)
    # ranks step together, at the pace of the fullest, and a request stays on its own
    taken = _taken(load, facts, batch * chips / layout.chips / layout.ranks)
    idle = float(np.mean(served.chip.idle_w))
    watts = power * taken + (1 - taken) * np.maximum(idle, served.fit.static_power * served.chip.tdp_w)
    rate = full * taken
    if load.run is not None:
        rate = rate * load.run.share(rate * chips / load.output_tokens, seconds)
    return rate, watts, seconds


def _taken(load: SteadyLoad, facts: LoadFacts, running: Array) -> Array:
    """Share of the capacity that chance lets a server use, where so many requests run at once in it."""
    if not load.random:
        return np.ones_like(running)
    return np.maximum(1.0 - facts.deviations / np.sqrt(np.maximum(running, 1.0)), 0.0)


def _longest_step_s(load: SteadyLoad, facts: LoadFacts) -> float:
    """The longest step that keeps every latency; infinity where time is free."""
    steps_to_first = 1.0 + np.ceil(load.input_tokens / facts.step_tokens)
    limits = {load.tpot_s: 1.0, load.ttft_s: steps_to_first, load.latency_s: load.output_tokens}
    return float(min((limit / count / facts.tail for limit, count in limits.items() if limit), default=np.inf))
