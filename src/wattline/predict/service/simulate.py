"""``serve``: a service under traffic, request by request: latencies, power over time, and the bill from chip to grid.

Times are those of the facts' central values; the bill's ranges are of powers, steps' energy, site and grid.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.work.model import Model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.cite import cite_given
from wattline.predict.fields import names_of
from wattline.predict.senses import Senses
from wattline.predict.service.bill import answer_of, rejected_of, warnings_of
from wattline.predict.service.fleet import cache_bytes, scaling_inputs, transfers
from wattline.predict.service.pace import pace_notes
from wattline.predict.service.replicas import with_replicas
from wattline.predict.service.result import Service, Target, read_target
from wattline.predict.service.seen import seen_inputs, with_senses
from wattline.predict.service.simulation import Simulation, simulate_service
from wattline.predict.service.traffic import check_traffic
from wattline.predict.setup import Setup, SetupFields
from wattline.predict.setup_readers import FEWEST
from wattline.predict.terms import read_terms
from wattline.predict.where import Where, WhereFields

MAX_CELLS = 1_000_000


class ServeFields(WhereFields, SetupFields, total=False):
    """Fields of ``Where`` and ``Setup`` that ``serve`` takes as keywords: all of them."""


def serve(
    model: str | Path | Model,
    traffic: Traffic,
    setup: str | Setup | None = None,
    *,
    where: str | Where | None = None,
    slo_ttft: float | str | None = None,
    slo_tpot: float | str | None = None,
    slo_share: float = 0.99,
    cells: float = 1.0,
    pictures: int | str | None = None,
    picture_size: str | int | None = None,
    audio: float | str | None = None,
    picture_share: float | str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[ServeFields],
) -> Service:
    """Serve every request of some traffic, simulated request by request.

    Parameters
    ----------
    model : a catalog name, the path of a Hugging Face ``config.json``, or a Model
    traffic : the requests, as ``read_traffic`` gives them
    setup : a chip's name, or a Setup
    where : a region's name, or a Where
    slo_ttft, slo_tpot, slo_share : longest time to the first token and mean time between tokens that count as good, s,
        and the share of the requests that must keep them where ``replicas="fewest"``
    cells : identical services that share the traffic's multiple: one is simulated, the bill is of all
    pictures, picture_size, audio : in the prompts, of a model that reads them, as of ``prompt``; their tokens come
        beside the traffic's
    picture_share : of the requests, which bring any; all where not given
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Setup`` (chip, gpus, replicas, ...) and of ``Where`` (region, site, ...)

    Returns latencies, loads and the answer with its bill. Raises WattlineError on bad input.

    Example
    -------
    >>> wl.serve("llama-3.1-8b", wl.read_traffic("trace.csv"), "h100-sxm", replicas=2, slo_ttft="1 s")
    """
    terms = read_terms(setup, where, fields, names_of(Setup), draws, seed, facts)
    if not 1 <= cells <= MAX_CELLS:
        raise WattlineError(f"cells: {cells:g} is not from 1 to {MAX_CELLS:,}")
    check_traffic(traffic)
    target = read_target(slo_ttft, slo_tpot)
    traffic = with_senses(traffic, Senses(pictures, picture_size, audio), picture_share, seed)
    counted = with_replicas(model, traffic, terms.setup, target, slo_share, terms.draws)
    service = serve_answer(model, traffic, counted, terms.where, target, terms.draws, cells)
    if terms.setup.replicas != FEWEST:
        return service
    note = f"replicas: {counted.replicas} are the fewest that keep the latencies for {slo_share:.4g} of the requests"
    return replace(service, answer=replace(service.answer, notes=(note, *service.answer.notes)))


def serve_answer(
    model: str | Path | Model,
    traffic: Traffic,
    setup: Setup,
    where: Where,
    target: Target,
    draws: Draws,
    cells: float = 1.0,
) -> Service:
    """The service of a set-up whose replicas are counted.

    Parameters
    ----------
    model : by name, or as it was read
    traffic : the requests
    setup : replicas, counted
    where : where it runs
    target : latencies by which requests are judged
    draws : of the facts; what rests on them has shape ``(n_draws,)``
    cells : identical services, of which one is simulated

    Returns the service, with its answer. Raises WattlineError where the model does not fit, or no request can be
    served.
    """
    done = simulate_service(model, traffic, setup, draws)
    for name, count, unit in (("gpus", done.replica.chips, "chip"), ("replicas", setup.replicas, "")):
        cite_given(draws, name, float(count), unit, name)
    traffic = done.traffic
    shown = inputs_of(done, traffic, setup, target) | ({"cells": cells} if cells != 1 else {})
    warned = warnings_of(traffic, done.served)
    answer = answer_of(done.replica, done.served, shown, where, draws, warned, cells, done.encoding)
    answer = replace(answer, notes=(*pace_notes(bool(setup.tuned), done.replica.how), *answer.notes))
    network = transfers(done.served, cache_bytes(done.replica, traffic), done.bytes_per_s)
    rejected = rejected_of(traffic, done.served)
    return Service(answer, done.served, done.standing, target, done.replica.chips, len(traffic), rejected, network)


def inputs_of(done: Simulation, traffic: Traffic, setup: Setup, target: Target) -> dict[str, Any]:
    """What was taken, as an answer shows it.

    Parameters
    ----------
    done : the simulation
    traffic : the requests
    setup : as it was run
    target : latencies that are asked for, s

    Returns
    -------
    Plain data by name.
    """
    limits = done.served.limits
    shown = (
        done.replica.inputs(traffic)
        | ({"tuned": True} if setup.tuned else {})
        | {"replicas": setup.replicas, "router": setup.router}
    )
    if done.readers:
        shown |= {"prefill_replicas": setup.prefill_replicas, "prefill_gpus": done.readers}
        shown["transfer_bytes_per_s"] = done.bytes_per_s
    shown |= {"max_num_seqs": setup.max_num_seqs} | ({"engine": setup.engine} if setup.engine else {})
    if setup.prefix_cache:
        shown["prefix_cache"] = setup.prefix_cache
    shown["max_num_batched_tokens"] = setup.max_num_batched_tokens
    shown["cache_tokens"] = limits.blocks * limits.block_tokens
    shown |= {f"slo_{k}": v for k, v in (("ttft_s", target.ttft_s), ("tpot_s", target.tpot_s)) if v is not None}
    return shown | scaling_inputs(done.scaling) | seen_inputs(traffic.seen)
