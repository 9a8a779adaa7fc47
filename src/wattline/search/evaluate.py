"""One set-up of a search: what its simulation says, as plain data that a sweep keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wattline.catalog import Catalog, default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.units import YEAR_S
from wattline.line.chip.device import load_chip
from wattline.line.engine.simulator.outcome import ServiceOutcome
from wattline.line.work.model import Model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.result import Service, Target, over_requests
from wattline.predict.service.simulate import serve_answer
from wattline.predict.setup import Setup
from wattline.predict.where import Where
from wattline.search.setup import Candidate
from wattline.search.twins import PEAK

SLICE = 20_000  # requests that a set-up is first tried on
CHIP_PARTS = ("prefill", "decode", "chip_idle", "host", "network")


@dataclass(frozen=True, eq=False)
class Question:
    """What all candidates of a search are held to: the model under this traffic, with this target, there.

    Attributes
    ----------
    share : of the requests offered that must keep the target
    setup : fields that no candidate varies: router, prefix cache, engine, format of the cache, tuning, guesses
    where : where it runs
    catalog : of the facts that are taken
    """

    model: Model
    traffic: Traffic
    target: Target
    share: float = 0.99
    setup: Setup = field(default_factory=Setup)
    where: Where = field(default_factory=Where)
    catalog: Catalog = field(default_factory=default)

    def central(self) -> Draws:
        """Central values of the question's catalog."""
        return Draws(0, catalog=self.catalog)

    def serve(
        self, candidate: Candidate, traffic: Traffic | None = None, draws: int | Draws = 0, seed: int = 0
    ) -> Service:
        """The candidate, simulated; on all of the traffic unless a part is given.

        Parameters
        ----------
        candidate : a set-up with its replicas
        traffic : a part of the traffic; all of it where None
        draws : number of draws, or draws
        seed : of the draws, where they are not given

        Returns the service.
        """
        draw = draws if isinstance(draws, Draws) else Draws(draws, seed, self.catalog)
        requests = self.traffic if traffic is None else traffic
        return serve_answer(self.model, requests, candidate.on(self.setup), self.where, self.target, draw)


def sample_size(question: Question, setup: Candidate) -> int:
    """How many of the replicas are tried first: enough for ``SLICE`` requests; all where prefixes tie them together.

    Replicas that take turns do not see each other: some of them, with the requests that come to them, behave as they
    do among all, through the whole of the traffic's shape.

    Parameters
    ----------
    question : with its traffic
    setup : with its replicas

    Returns
    -------
    Number of replicas.
    """
    count, replicas = len(question.traffic), setup.replicas
    if setup.prefill_replicas or question.setup.prefix_cache or question.setup.router == "prefix":
        return replicas
    return min(replicas, max(1, -(-SLICE * replicas // count)))


def item_of(question: Question, setup: Candidate, whole: bool) -> dict[str, Any]:
    """A candidate as the item of a sweep.

    Parameters
    ----------
    question : what is searched for
    setup : the candidate
    whole : whether all replicas are simulated, or a part of them

    Returns plain data.
    """
    return setup.item() | {"sampled": setup.replicas if whole else sample_size(question, setup)}


def setup_of(item: Mapping[str, Any]) -> Candidate:
    return Candidate(**{name: value for name, value in item.items() if name != "sampled"})


def simulate_item(question: Question, item: Mapping[str, Any]) -> dict[str, Any]:
    """What the simulation of an item says, per request served where it is energy or cost.

    Parameters
    ----------
    question : traffic, model and target
    item : a set-up and how many replicas of it are tried, as a row of the sweep

    Returns
    -------
    Strains, joules and USD a request; or what is wrong, under "wrong".
    """
    setup = setup_of(item)
    tried = int(item["sampled"])
    part = _part(question.traffic, setup.replicas, tried)
    try:
        service = question.serve(setup.of(tried), part)
    except WattlineError as error:
        return {"wrong": str(error)}
    return result_of(question, setup.of(tried), service)


def is_sound(result: Mapping[str, Any]) -> bool:
    """Whether a result that was kept in a file has all that the search reads, as numbers."""
    if "wrong" in result:
        return isinstance(result["wrong"], str)
    if not all(_is_number(result.get(name)) for name in NUMBERS) or not all(name in result for name in UNKNOWN):
        return False
    tables = [result.get("parts_j") or None, *(result.get(name, {}) for name in TIMES)]
    if not isinstance(tables[0], dict) or not all(each is None or isinstance(each, dict) for each in tables):
        return False
    values = [value for each in tables if each for value in each.values()] + [result[name] for name in UNKNOWN]
    return all(value is None or _is_number(value) for value in values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


# what a result holds: numbers, latencies over the requests, and numbers that may not be known
NUMBERS = ("good_share", "energy_j", "electricity_usd", "output_tokens", "busy_share", "mean_batch", "preempted",
           "left_out", PEAK)  # fmt: skip
TIMES = ("ttft_s", "tpot_s", "e2e_s")
UNKNOWN = ("strain", "strain_ttft", "capital_usd")


def result_of(question: Question, setup: Candidate, service: Service) -> dict[str, Any]:
    """A simulated service as the search sees it.

    Parameters
    ----------
    question : traffic, model and target
    setup : that was simulated
    service : what came of it

    Returns
    -------
    Strains, joules and USD a request, by name.
    """
    served, answer = service.served, service.answer
    count = len(served.arrival_s)
    strains = strain(service)
    parts = {name: float(answer.bill.parts[name]) / count for name in CHIP_PARTS if name in answer.bill.parts}
    energy = float(answer.energy_j) / count
    capital = capital_usd_per_s(setup.chip, question.central())
    electricity = float(answer.bill.follows["cost_usd"]) / count
    bought = None if capital is None else capital * setup.chips * served.horizon_s / count
    return {
        "strain": _quantile(strains, question.share, service.offered),
        "strain_ttft": _quantile(_strain_ttft(service), question.share, service.offered),
        "good_share": float((strains <= 1.0).sum()) / service.offered,
        "energy_j": energy,
        "parts_j": parts | {"overhead": energy - sum(parts.values())},
        "electricity_usd": electricity,
        "capital_usd": bought,
        "output_tokens": float(served.tokens.sum()) / count,
        "ttft_s": over_requests(served.ttft_s),
        "tpot_s": over_requests(served.tpot_s),
        "e2e_s": over_requests(served.e2e_s),
        "busy_share": served.busy_s / (served.busy_s + served.idle_s),
        "mean_batch": float(served.totals["running_s"].sum()) / max(served.busy_s, 1e-300),
        "preempted": int(served.totals["preempted"].sum()),
        "left_out": service.offered - count,
        PEAK: peak_running(served),
    }


def peak_running(served: ServiceOutcome) -> int:
    """Requests that one replica ran at once, at most; one that gave way and came back counts in between too."""
    if served.decoder is None or served.resumed_s is None:
        return _peak(served.replica, served.begun_s, served.end_s)
    return max(
        _peak(served.replica, served.begun_s, served.first_s), _peak(served.decoder, served.resumed_s, served.end_s)
    )


def _peak(replica: Array, begun_s: Array, end_s: Array) -> int:
    there = np.isfinite(begun_s) & np.isfinite(end_s)
    who, times = np.tile(replica[there], 2), np.concatenate([end_s[there], begun_s[there]])
    change = np.repeat((-1, 1), int(there.sum()))
    order = np.lexsort((change, times, who))  # at one time, leaving counts first
    return int(np.cumsum(change[order]).max(initial=0))


def strain(service: Service) -> Array:
    """Of each request served, the larger of its latencies over their targets: 1 or less keeps them all."""
    served, target, worst = service.served, service.target, _strain_ttft(service)
    if target.tpot_s is not None:
        worst = np.maximum(
            worst, np.nan_to_num(served.tpot_s / target.tpot_s, nan=0.0)
        )  # one token has no time between
    return np.asarray(worst)


def _strain_ttft(service: Service) -> Array:
    """The same by the first token alone."""
    worst = np.where(np.isfinite(service.served.end_s), 0.0, np.inf)
    if service.target.ttft_s is not None:
        worst = np.maximum(worst, service.served.ttft_s / service.target.ttft_s)
    return np.asarray(worst)


def _quantile(strains: Array, share: float, offered: int) -> float | None:
    """The strain that this share of the requests offered keeps within; None where too few were served."""
    needed = int(np.ceil(share * offered - 1e-9))
    if needed > len(strains):
        return None
    value = float(np.partition(strains, needed - 1)[needed - 1]) if needed else 0.0
    return value if np.isfinite(value) else None


def _part(traffic: Traffic, replicas: int, tried: int) -> Traffic:
    """The requests that come to the first ``tried`` of replicas that take turns, through the same window."""
    if tried >= replicas:
        return traffic
    index = np.flatnonzero(np.arange(len(traffic)) % replicas < tried)
    return traffic.take(index, traffic.arrival_s[index], traffic.duration_s)


def capital_usd_per_s(chip: str, central: Draws) -> float | None:
    """A chip with its share of server and network, paid off evenly over its life; None where no price is known.

    Parameters
    ----------
    chip : by its catalog name
    central : middle values of the catalog's facts

    Returns
    -------
    USD a second and chip.
    """
    fact = load_chip(chip, central).record.facts.get("server_price_usd")
    if fact is None:
        return None
    return float(central(fact)) / (float(central("constant.accelerator-life")) * YEAR_S)
