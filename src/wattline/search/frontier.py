"""The energy-latency-cost frontier of a service: which set-up meets a target with the least energy, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, Unpack

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.quantity import show
from wattline.line.chip.device import load_chip
from wattline.line.work.inputs import read_model
from wattline.line.work.model import Model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.inputs import known_architecture, read_replica
from wattline.predict.service.result import Target, read_target
from wattline.predict.service.traffic import check_traffic
from wattline.predict.setup import CANDIDATE, CandidateFields, Setup
from wattline.predict.terms import read_terms
from wattline.predict.where import Where, WhereFields
from wattline.search.bounds import Bound, screen
from wattline.search.context import context
from wattline.search.evaluate import Question, is_sound, simulate_item
from wattline.search.explain import taken_back, walk
from wattline.search.floors import LEVELS
from wattline.search.pareto import frontier_of
from wattline.search.result import Counts, Frontier
from wattline.search.search import DOUBT, Search
from wattline.search.setup import Candidate, Space, all_setups, space_of
from wattline.search.trial import Trial
from wattline.sweep import Store, open_pool

TRIED, AMPLE = 12, 4  # where nothing meets the target: the fastest set-ups, with so many times the replicas guessed


class Progress(Protocol):
    """Hears how a search goes: its stage where that changes, simulations run, set-ups decided, of how many."""

    def __call__(self, words: str, made: int, done: int = 0, total: int = 0) -> None: ...


@dataclass(frozen=True)
class Execution:
    """Where simulations run and what is kept of them.

    Attributes
    ----------
    on : None for all cores here, ``"ray"`` or ``"ray://HOST:PORT"``
    workers : simulations at once, one a core where not given
    resume : file that keeps each finished simulation, from which a search that was stopped goes on
    """

    on: str | None = None
    workers: int | None = None
    resume: Path | str | None = None


class FrontierFields(WhereFields, CandidateFields, total=False):
    """Fields of ``Where`` and ``Setup`` that ``frontier`` takes as keywords."""


def frontier(
    model: str | Path | Model,
    traffic: Traffic,
    setup: str | Setup | None = None,
    *,
    where: str | Where | None = None,
    space: Space | Mapping[str, str] = Space(),
    slo_ttft: float | str | None = None,
    slo_tpot: float | str | None = None,
    slo_share: float = 0.99,
    on: str | None = None,
    workers: int | None = None,
    resume: Path | str | None = None,
    draws: int = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    progress: Progress | None = None,
    **fields: Unpack[FrontierFields],
) -> Frontier:
    """Search for the set-ups that serve some traffic within a target with least energy, cost and latency.

    Parameters
    ----------
    model : a catalog name, the path of a Hugging Face ``config.json``, or a Model
    traffic : the requests, as ``read_traffic`` gives them
    setup : the set-up that the best is compared with (a chip's name, or a Setup), with the fewest replicas that meet
        the target; its router, prefix cache, engine, format of the cache and guesses are those of every set-up
    where : a region's name, or a Where
    space : the set-ups to search, a Space, or lists by option such as ``{"chip": "h100-sxm,b200", "gpus": "1,2"}``
    slo_ttft, slo_tpot : the target: longest time to the first token and mean time between tokens, s
    slo_share : share of the requests that must keep it
    on, workers, resume : see ``Execution``
    draws, seed : how many draws of the facts' ranges, and their seed
    facts : a catalog, or your own file or files of facts
    progress : hears of it
    fields : single fields of ``Setup`` and of ``Where``

    Returns the best, the way to it, and the frontier. Raises WattlineError on bad input, and where no set-up meets the
    target.
    """
    terms = read_terms(setup, where, fields, CANDIDATE, draws, seed, facts)
    check_traffic(traffic)
    catalog = terms.draws.catalog
    target = check_target(slo_ttft, slo_tpot, slo_share)
    architecture = known_architecture(read_model(model, catalog), catalog)
    question = Question(architecture, traffic, target, slo_share, terms.setup, terms.where, catalog)
    return search_frontier(question, space_of(space, catalog), Execution(on, workers, resume), terms.draws, progress)


def check_target(slo_ttft: float | str | None, slo_tpot: float | str | None, slo_share: float) -> Target:
    """The latencies to meet.

    Parameters
    ----------
    slo_ttft : time to the first token, such as ``1s``
    slo_tpot : time for each further token, such as ``50ms``
    slo_share : of the requests that must keep them, above 0 to 1

    Returns the target. Raises WattlineError where there is none, or the share is out of range.
    """
    if slo_ttft is None and slo_tpot is None:
        raise WattlineError("frontier: give the latency to meet, --slo-ttft 1s, --slo-tpot 50ms or both")
    if not 0 < slo_share <= 1:
        raise WattlineError(f"slo-share: {slo_share:g} is not a share of the requests, more than 0 and at most 1")
    return read_target(slo_ttft, slo_tpot)


def search_frontier(
    question: Question, space: Space, execution: Execution, draws: Draws, progress: Progress | None = None
) -> Frontier:
    """The frontier of a question that is read already.

    Parameters
    ----------
    question : model, traffic, target and where it runs
    space : the set-ups that are searched
    execution : where it is computed, and from what it goes on
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``
    progress : called with what is under way

    Returns the best, the way to it, and the frontier. Raises WattlineError where the traffic has no request, and where
    no set-up meets the target.
    """
    if not len(question.traffic):
        raise WattlineError("traffic: 0 requests; the search needs some")
    if question.traffic.seen is not None:
        raise WattlineError("traffic: the trace has pictures or sound, which `wattline serve` takes and no search does")
    usual = _usual(question, space)
    setups = all_setups(question.model, space, question.catalog, question.setup)
    bounds = screen(question, setups)
    kept = Store.open(execution.resume, context(question), is_sound)
    with kept as store, open_pool(execution.on, simulate_item, question, execution.workers) as pool:
        search = Search(question, pool, store, progress)
        _levels(search, bounds, progress)
        points = _settled(search, bounds)
        if not points:
            raise _nothing(search, bounds)
        best = min(points, key=Trial.order)
        _stage(progress, "the default, and why", store)
        default = _default(search, usual, space)
        steps = [] if default is None else walk(search, default, best)
        back = {} if default is None else taken_back(search, default, best)
        counts = _counts(search, setups)
    _stage(progress, "ranges", store)
    served = question.serve(best.setup, draws=draws)
    again = Draws(draws.n, draws.seed, draws.catalog)  # whose facts are not those of the answer
    default_service = None if default is None else question.serve(default.setup, draws=again)
    return Frontier(question, best, default, usual, tuple(points), tuple(steps), back, counts, served, default_service)


def _counts(search: Search, setups: Sequence[Candidate]) -> Counts:
    return Counts(
        setups=len(setups),
        left_out=search.left_out,
        simulated=len(search.seen) - search.twins.used + len(search.wrong),
        run=search.store.made,
        others=search.store.others,
        sliced=search.sliced,
        split=any(setup.prefill_replicas for setup in setups),
    )


def _usual(question: Question, space: Space) -> Candidate:
    """The set-up that the best is compared with: the baseline, with chips enough for the model; what it leaves open is
    of the space that was given."""
    own = question.setup
    if space.chips is not None and own.chip not in space.chips:
        own = replace(own, chip=space.chips[0])
    native = question.model.native_format
    unset = own.precision is None and own.gpus is None  # a baseline that names neither
    if unset and space.formats is not None and native not in space.formats:
        own = replace(own, precision=space.formats[0])
    replica = read_replica(question.model, question.traffic, own, question.central())
    chip, sequences, tokens = replica.chip.record.name, own.max_num_seqs, own.max_num_batched_tokens
    return Candidate(chip, replica.chips, replica.precision, sequences, tokens, replica.limit_w)


def _levels(search: Search, bounds: Sequence[Bound], progress: Progress | None) -> None:
    """The space at each level; what no bound left out at the whole target counts as searched."""
    left_out = 0
    for level in LEVELS:
        _stage(progress, "searching" if level == 1 else f"searching at {level:g} of the target", search.store)
        search.level(bounds, level)
        left_out = search.left_out if level == 1 else left_out
    search.left_out = left_out


def _settled(search: Search, bounds: Sequence[Bound]) -> list[Trial]:
    """The frontier, in rising order of energy, all simulated on the whole traffic."""
    kept = [trial for trial in search.seen.values() if trial.strain <= 1.0]
    if not kept:
        return []
    if search.sliced:
        by_setup = {bound.setup: bound for bound in bounds}
        least = min(trial.energy_j for trial in kept)
        near = {trial.setup.bare(): trial for trial in sorted(kept, key=Trial.order, reverse=True)}
        close = [trial for trial in near.values() if trial.energy_j <= least * (1 + DOUBT)]
        search.settle([(by_setup[trial.setup.bare()], trial.setup.replicas) for trial in close], 1.0)
        search.simulate([kept[i].setup for i in frontier_of([_measures(trial) for trial in kept])])
    whole = [trial for trial in search.seen.values() if trial.strain <= 1.0 and trial.whole]
    whole.sort(key=Trial.order)
    return [whole[i] for i in frontier_of([_measures(trial) for trial in whole])] if whole else []


def _measures(trial: Trial) -> tuple[float, float, float]:
    return trial.energy_j, trial.strain, trial.usd


def _default(search: Search, usual: Candidate, space: Space) -> Trial | None:
    """The baseline with the fewest replicas that meet the target. Where it names no chips a replica, those of the space
    or the fewest that hold the model and twice as many again: the least energy of them, as a competent operator would
    run it. None where none of it meets the target."""
    node = load_chip(usual.chip, search.question.central()).node_chips
    doubled = [usual.gpus * 2**n for n in range(8) if usual.gpus * 2**n <= max(usual.gpus, node)]
    if search.question.setup.gpus is None:
        counts = [n for n in space.gpus if n >= usual.gpus] or doubled if space.gpus is not None else doubled
        trials = search.least(screen(search.question, [replace(usual, gpus=gpus) for gpus in counts]))
        return min(trials, key=Trial.order, default=None)
    for gpus in doubled:
        trials = search.least(screen(search.question, [replace(usual, gpus=gpus)]))
        if trials:
            return trials[0]
    return None


def _nothing(search: Search, bounds: Sequence[Bound]) -> WattlineError:
    """No set-up meets the target: the one that comes nearest, and by how much it misses."""
    fastest = sorted(bounds, key=lambda b: (b.strain, b.guess_j))[:TRIED]
    most = len(search.question.traffic)
    search.simulate([b.setup.of(min(AMPLE * b.replicas, most), min(AMPLE * b.readers, most)) for b in fastest])
    whole = [trial for trial in search.seen.values() if trial.whole]
    near = min(whole, key=lambda trial: (trial.strain, *trial.order()), default=None)
    target, share = search.question.target, search.question.share
    target_words = " and ".join(
        f"{name} {show(value, 's')}" for name, value in (("TTFT", target.ttft_s), ("TPOT", target.tpot_s)) if value
    )
    head = f"frontier: none of {len(bounds):,} set-ups keeps {target_words} for {100 * share:.4g}% of the requests"
    if near is None or not np.isfinite(near.strain):
        return WattlineError(f"{head}, nor comes near; give another target, or more types of --chip and more --gpus")
    return WattlineError(
        f"{head}; nearest is {near.setup.label()}: {near.result['good_share']:.2%} keep it, and {near.strain:.3g} "
        "times the target would do; give another target, or more types of --chip and more --gpus"
    )


def _stage(progress: Progress | None, words: str, store: Store) -> None:
    if progress is not None:
        progress(words, store.made)
