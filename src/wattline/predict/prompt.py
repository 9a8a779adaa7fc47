"""``prompt``: joules and watt-hours of one request, split into prefill, decode, idle, host and facility."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Unpack

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.closed import find_closed
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number
from wattline.core.range import Range
from wattline.line.engine import average_serving as serving
from wattline.line.work.model import Model
from wattline.line.work.reading import model_reading
from wattline.predict.answer import Answer, Working
from wattline.predict.closed import ClosedQuestion, closed_answer
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import Facility, find_facility
from wattline.predict.making import with_making
from wattline.predict.prices import notes_of
from wattline.predict.rented import rental, rental_notes
from wattline.predict.request import ReplicaRequest, read_request, request_time, warnings
from wattline.predict.senses import Senses, encode_phase
from wattline.predict.setup import REPLICA, ReplicaFields, Setup
from wattline.predict.terms import read_terms
from wattline.predict.where import Where, WhereFields


class PromptFields(WhereFields, ReplicaFields, total=False):
    """Fields of ``Where`` and ``Setup`` that ``prompt`` and ``serve_average`` take as keywords."""


def prompt(
    model: str | Path | Model,
    setup: str | Setup | None = None,
    *,
    where: str | Where | None = None,
    input_tokens: int | str = 500,
    output_tokens: int | str = 300,
    batch: float | str | None = None,
    active: float | str | None = None,
    pictures: int | str | None = None,
    picture_size: str | int | None = None,
    audio: float | str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[PromptFields],
) -> Answer:
    """Energy of one request, with range.

    Parameters
    ----------
    model : a catalog name, the path of a Hugging Face ``config.json``, or a Model; a model that was never published by
        its name, such as ``"gpt-4o"``, for a range that public estimates of its size give
    setup : a chip's name, or a Setup
    where : a region's name, or a Where
    input_tokens, output_tokens : tokens of the prompt and of the answer
    batch : requests that a replica answers together
    active : share of the time that provisioned chips are at work, 0 to 1
    pictures : number of them in the prompt, of a model that reads them; their tokens come beside ``input_tokens``
    picture_size : their pixels, such as ``"1280x720"``, width first; 1024 x 1024 where not given
    audio : sound in the prompt, such as ``"30 s"``, of a model that hears
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Setup`` (chip, gpus, precision) and of ``Where`` (region, site, pue, place, ...)

    Returns the answer with its bill, load and reasons. Raises WattlineError on bad input.

    Example
    -------
    >>> wl.prompt("llama-3.1-70b", "h100-sxm", gpus=4, region="us", input_tokens=500).range("energy_wh")
    """
    terms = read_terms(setup, where, fields, REPLICA, draws, seed, facts)
    lengths = (input_tokens, output_tokens)
    closed = find_closed(model, terms.draws.catalog) if isinstance(model, str) else None
    senses = Senses(pictures, picture_size, audio)
    if closed is not None:
        if senses.any:
            raise WattlineError(f"pictures: how {closed.name} reads pictures and sound was never published")
        question = ClosedQuestion(closed, terms.setup, lengths, batch, active)
        return closed_answer(question, terms.where, terms.draws)
    request = read_request(model, terms.setup, lengths, batch=batch, active=active, draws=terms.draws, senses=senses)
    return prompt_answer(request, terms.where, terms.draws)


def prompt_answer(request: ReplicaRequest, where: Where, draws: Draws) -> Answer:
    """The answer of a request that is read already.

    Parameters
    ----------
    request : as it was read
    where : where it runs
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the answer.
    """
    working = Working()
    times = request_time(request, draws, working)
    facility = find_facility(where, draws, working)
    power = serving.power_by_part(times, request.chip, request.active)
    phases = [Phase(power["reading"], times.reading_s), Phase(power["decode"], times.decoding_s)]
    encode_s = np.asarray(0.0)
    if request.read.sights:
        encode = encode_phase(request.read, request.chip, request.chips, request.active, draws, working)
        phases, encode_s = [encode, *phases], encode.duration_s
    bill, load, peak = deliver(phases, facility, draws, working, any_time=True)
    busy_s = times.busy_s + encode_s
    occupied_s = busy_s * request.chips / request.active
    bill = with_making(bill, request.chip, occupied_s, where, draws, working)
    return Answer(
        command="prompt",
        title=(
            f"A prompt of {number(request.text_tokens)} tokens in{request.read.words}, {number(request.output_tokens)} "
            f"out, {request.model.name} on {request.chips} × {request.chip.record.title}"
        ),
        inputs=request.inputs() | facility.inputs(),
        more={"model": model_reading(request.model, request.precision)},
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=busy_s,
        quantities=_quantities(request, times, encode_s, bill.energy_j, facility)
        | rental(request.chip, occupied_s, draws),
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=warnings(request),
        notes=(
            *((f"{request.model.name}: {request.model.left_out}",) if request.model.left_out else ()),
            *rental_notes(request.chip),
            *request.read.notes,
            *notes_of(where, bill.follows["cost_usd"], facility.hours, "any"),
            *_beside_usual(request, bill.energy_j, facility, draws),
        ),
    )


def _beside_usual(request: ReplicaRequest, energy_j: Array, facility: Facility, draws: Draws) -> tuple[str, ...]:
    """What the engine alone changes: the same request, in the same draws, under the usual engine with its defaults."""
    soft, tuned = request.how.software, request.how.tuned
    if soft is None and tuned is None:
        return ()
    usual = replace(request, how=replace(request.how, software=None, tuned=None))
    times = request_time(usual, draws, Working())
    power = serving.power_by_part(times, usual.chip, usual.active)
    phases = [Phase(power["reading"], times.reading_s), Phase(power["decode"], times.decoding_s)]
    bill, _, _ = deliver(phases, facility, draws, Working(), any_time=True)
    ratio = np.broadcast_to(energy_j / bill.energy_j, np.shape(energy_j))
    taken, less, more = (Range.of(values) for values in (ratio, 1.0 - ratio, 1.0 - 1.0 / ratio))
    name = f"{request.engine or 'an engine'}, tuned," if tuned is not None else request.engine
    head = f"{name} takes {taken.p50:.2g} times ({taken.p5:.2g} to {taken.p95:.2g}) the energy of vLLM 0.11 as it comes"
    saved, what = (more, "the upgrade from it") if taken.p50 > 1 else (less, "the engine")
    return (f"{head}; {what} alone saves {saved.p50:.0%} ({saved.p5:.0%} to {saved.p95:.0%})",)


def _quantities(
    request: ReplicaRequest, times: serving.Request, encode_s: Array, energy_j: Array, facility: Facility
) -> dict[str, Array]:
    further = {} if times.tpot_s is None else {"tpot_s": times.tpot_s}
    rest_s = 0.0 if times.tpot_s is None else (request.output_tokens - 1) * times.tpot_s
    seen = {"encode_s": encode_s} if request.read.sights else {}
    return {
        "energy_j": energy_j,
        "joules_per_output_token": np.asarray(energy_j / request.output_tokens),
        "replica_s": np.asarray(times.busy_s + encode_s),
        **seen,
        "ttft_s": np.asarray(times.ttft_s + encode_s),
        **further,
        "latency_s": np.asarray(times.ttft_s + encode_s + rest_s),
        "batch": np.asarray(request.batch, float),
        "pue": facility.pue,
    }
