"""The energy-latency-cost frontier of a service: which set-up meets a target with the least energy, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from wattline.catalog import Catalog, CatalogLike, open_catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.quantity import parse, show
from wattline.core.version import __version__
from wattline.line.chip.device import load_chip
from wattline.line.work.inputs import read_model
from wattline.line.work.model import Model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.delivery import Outdoors
from wattline.predict.service.inputs import read_asked
from wattline.predict.service.result import Target
from wattline.search.bounds import Bound, screen
from wattline.search.evaluate import Question, measure
from wattline.search.explain import taken_back, walk
from wattline.search.pareto import frontier_of
from wattline.search.result import Counts, Frontier
from wattline.search.search import DOUBT, Found, Search
from wattline.search.setup import Setup, Space, all_setups
from wattline.sweep import Store, open_pool
from wattline.sweep.store import digest

LEVELS = (1.0, 0.5, 0.25)  # of the target, at each of which the least energy and the least cost are searched
RESTS_ON = ("core", "catalog", "line", "predict", "search")  # packages whose change changes results
TRIED, AMPLE = 12, 4  # where nothing meets the target: the fastest set-ups, with so many times the replicas guessed


class Tell(Protocol):
    """Hears how a search goes: its stage where that changes, simulations run, set-ups decided, of how many."""

    def __call__(self, words: str, made: int, done: int = 0, total: int = 0) -> None: ...


def frontier(
    model: str | Path | Model,
    traffic: Traffic,
    chip: str = "h100-sxm",
    *,
    space: Space = Space(),
    slo_ttft: float | str | None = None,
    slo_tpot: float | str | None = None,
    slo_share: float = 0.99,
    gpus: int | None = None,
    precision: str | None = None,
    max_num_seqs: int = 256,
    max_num_batched_tokens: int = 8192,
    power_cap: float | str | None = None,
    router: str = "round-robin",
    prefix_cache: float = 0.0,
    engine: str | None = None,
    pue: float | str | None = None,
    site: str | None = None,
    region: str | None = None,
    outdoors: Outdoors = Outdoors(),
    on: str | None = None,
    workers: int | None = None,
    resume: Path | str | None = None,
    draws: int = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    tell: Tell | None = None,
) -> Frontier:
    """Search ``space`` for the set-ups that serve ``traffic`` within the target with least energy, cost and latency.

    The target is met where ``slo_share`` of the requests keep ``slo_ttft`` and ``slo_tpot``. ``chip``, ``gpus``,
    ``precision``, ``max_num_seqs``, ``max_num_batched_tokens`` and ``power_cap`` say what the default set-up is that
    the best is held against, with the fewest replicas that meet the target. ``on``: where simulations run
    (``sweep/pool.py``). ``resume``: a file that keeps each finished simulation, from which a search that was stopped
    goes on. ``facts``: a catalog, or the user's own file or files of facts.
    ``tell`` hears of the progress. Raises WattlineError on bad input, and where no set-up
    meets the target.
    """
    question = _question(
        model,
        traffic,
        slo_ttft,
        slo_tpot,
        slo_share,
        router,
        prefix_cache,
        engine,
        pue,
        site,
        region,
        outdoors,
        open_catalog(facts),
    )
    usual = _default(question, traffic, chip, gpus, precision, max_num_seqs, max_num_batched_tokens, power_cap)
    setups = all_setups(question.model, space, question.catalog)
    bounds = screen(question, setups)
    Draws(draws, seed)  # says what is wrong with them before the work
    with Store.open(resume, context(question)) as store, open_pool(on, measure, question, workers) as pool:
        search = Search(question, pool, store, tell)
        _levels(search, bounds, tell)
        points = _settled(search, bounds)
        if not points:
            raise _nothing(search, bounds)
        best = min(points, key=Found.order)
        _tell(tell, "the default, and why", store)
        default = _default_found(search, usual)
        steps = [] if default is None else walk(search, default, best)
        back = {} if default is None else taken_back(search, default, best)
        counts = Counts(
            len(setups),
            search.left_out,
            len(search.seen) + len(search.wrong),
            store.made,
            store.others,
            search.sliced,
            any(setup.prefill_replicas for setup in setups),
        )
    _tell(tell, "ranges", store)
    served = question.serve(best.setup, draws=draws, seed=seed)
    held = None if default is None else question.serve(default.setup, draws=draws, seed=seed)
    return Frontier(question, best, default, usual, tuple(points), tuple(steps), back, counts, served, held)


def _question(
    model: str | Path | Model, traffic: Traffic, ttft: float | str | None, tpot: float | str | None, share: float,
    router: str, prefix_cache: float, engine: str | None, pue: float | str | None, site: str | None, region: str | None,
    outdoors: Outdoors, catalog: Catalog,
) -> Question:  # fmt: skip
    architecture = read_model(model, catalog)
    if not architecture.architecture_known:
        raise WattlineError(f"{architecture.key}: its architecture was never published, so it cannot be simulated")
    if not len(traffic):
        raise WattlineError("traffic: 0 requests; the search needs some")
    if ttft is None and tpot is None:
        raise WattlineError("frontier: give the latency to meet, --slo-ttft 1s, --slo-tpot 50ms or both")
    if not 0 < share <= 1:
        raise WattlineError(f"slo-share: {share:g} is not a share of the requests, more than 0 and at most 1")
    target = Target(*(None if x is None else parse(x, "s", n) for x, n in ((ttft, "slo-ttft"), (tpot, "slo-tpot"))))
    return Question(
        architecture, traffic, target, share, router, prefix_cache, site, region, pue, outdoors, engine, catalog
    )


def _default(
    question: Question, traffic: Traffic, chip: str, gpus: int | None, precision: str | None, sequences: int,
    tokens: int, cap: float | str | None,
) -> Setup:  # fmt: skip
    """What ``wattline serve`` takes where nothing else is said."""
    asked = read_asked(question.model, traffic, chip, gpus, precision, cap, question.central())
    return Setup(asked.chip.record.name, asked.chips, asked.precision, sequences, tokens, asked.limit_w)


def _levels(search: Search, bounds: Sequence[Bound], tell: Tell | None) -> None:
    """The space at each level; what no bound left out at the whole target counts as searched."""
    left_out = 0
    for level in LEVELS:
        _tell(tell, "searching" if level == 1 else f"searching at {level:g} of the target", search.store)
        search.level(bounds, level)
        left_out = search.left_out if level == 1 else left_out
    search.left_out = left_out


def _settled(search: Search, bounds: Sequence[Bound]) -> list[Found]:
    """The frontier, in rising order of energy, all simulated on the whole traffic."""
    kept = [one for one in search.seen.values() if one.strain <= 1.0]
    if not kept:
        return []
    if search.sliced:
        by_setup = {bound.setup: bound for bound in bounds}
        least = min(one.energy_j for one in kept)
        near = {one.setup.bare(): one for one in sorted(kept, key=Found.order, reverse=True)}
        close = [one for one in near.values() if one.energy_j <= least * (1 + DOUBT)]
        search.settle([(by_setup[one.setup.bare()], one.setup.replicas) for one in close], 1.0)
        search.simulate([kept[i].setup for i in frontier_of([_measures(one) for one in kept])])
    whole = [one for one in search.seen.values() if one.strain <= 1.0 and one.whole]
    whole.sort(key=Found.order)
    return [whole[i] for i in frontier_of([_measures(one) for one in whole])] if whole else []


def _measures(one: Found) -> tuple[float, float, float]:
    return one.energy_j, one.strain, one.usd


def _default_found(search: Search, usual: Setup) -> Found | None:
    """The default with the fewest replicas that meet the target; on twice the chips, and twice again, where it takes
    that. None where none of it meets the target."""
    chip = load_chip(usual.chip, search.question.central())
    gpus = usual.gpus
    while gpus <= max(usual.gpus, chip.node_chips):
        found = search.least(screen(search.question, [replace(usual, gpus=gpus)]))
        if found:
            return found[0]
        gpus *= 2
    return None


def _nothing(search: Search, bounds: Sequence[Bound]) -> WattlineError:
    """No set-up meets the target: the one that comes nearest, and by how much it misses."""
    fastest = sorted(bounds, key=lambda b: (b.strain, b.guess_j))[:TRIED]
    most = len(search.question.traffic)
    search.simulate([b.setup.of(min(AMPLE * b.replicas, most), min(AMPLE * b.readers, most)) for b in fastest])
    near = min(
        (one for one in search.seen.values() if one.whole), key=lambda one: (one.strain, *one.order()), default=None
    )
    target, share = search.question.target, search.question.share
    asked = " and ".join(
        f"{name} {show(value, 's')}" for name, value in (("TTFT", target.ttft_s), ("TPOT", target.tpot_s)) if value
    )
    said = f"frontier: none of {len(bounds):,} set-ups keeps {asked} for {100 * share:.4g}% of the requests"
    if near is None or not np.isfinite(near.strain):
        return WattlineError(f"{said}, nor comes near; give another target, or more types of --chip and more --gpus")
    return WattlineError(
        f"{said}; nearest is {near.setup.label()}: {near.result['good_share']:.2%} keep it, and {near.strain:.3g} "
        "times the target would do; give another target, or more types of --chip and more --gpus"
    )


def context(question: Question) -> str:
    """A digest of all that a simulation's result rests on beside the set-up."""
    traffic, target = question.traffic, question.target
    arrays = [traffic.arrival_s, traffic.input_tokens, traffic.output_tokens]
    if traffic.hashes is not None:
        arrays += [traffic.hashes.block, traffic.hashes.offset, np.asarray(traffic.hashes.block_tokens)]
    how = (question.router, question.prefix_cache, question.engine)
    asked = (traffic.duration_s, target.ttft_s, target.tpot_s, question.share, how)
    where = (question.site, question.region, question.pue, question.outdoors, question.model, __version__)
    weather = question.outdoors.weather
    return digest(
        [
            *(np.ascontiguousarray(values).tobytes() for values in arrays),
            repr((asked, where)).encode(),
            *(file.text.encode() for file in question.catalog.own),
            *([Path(weather).read_bytes()] if weather is not None and Path(weather).is_file() else []),
            _made_of().encode(),
        ]
    )


@lru_cache(maxsize=1)
def _made_of() -> str:
    """A digest of the code and the catalog that results rest on."""
    root = Path(__file__).parents[1]
    files = sorted(
        path for name in RESTS_ON for kind in ("py", "toml", "csv") for path in (root / name).rglob(f"*.{kind}")
    )
    return digest(part for path in files for part in (path.name.encode(), path.read_bytes()))


def _tell(tell: Tell | None, words: str, store: Store) -> None:
    if tell is not None:
        tell(words, store.made)
