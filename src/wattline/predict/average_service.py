"""``serve_average``: accelerators, power and energy of a service, from the mean rate of its requests."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number, parse
from wattline.core.units import DAY_S, J_PER_WH
from wattline.line.engine import average_serving as serving
from wattline.line.work.model import Model
from wattline.line.work.reading import model_reading
from wattline.predict.answer import Answer, Working
from wattline.predict.cite import cite_given
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import find_facility
from wattline.predict.making import with_making
from wattline.predict.prices import notes_of
from wattline.predict.prompt import PromptFields
from wattline.predict.rented import rental, rental_notes
from wattline.predict.request import ReplicaRequest, read_request, request_time, warnings
from wattline.predict.setup import REPLICA, Setup
from wattline.predict.terms import read_terms
from wattline.predict.where import Where

MAX_REQUESTS_PER_S = 1e9
MAX_DAYS = 36525.0


def serve_average(
    model: str | Path | Model,
    rate: float | str,
    setup: str | Setup | None = None,
    *,
    where: str | Where | None = None,
    days: float | str = 365,
    input_tokens: int | str = 500,
    output_tokens: int | str = 300,
    batch: float | str | None = None,
    active: float | str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[PromptFields],
) -> Answer:
    """Accelerators, power and energy of a service, from the mean rate of its requests.

    Parameters
    ----------
    model : a catalog name, the path of a Hugging Face ``config.json``, or a Model
    rate : of requests, ``"200M/day"``, or a number per second
    setup : a chip's name, or a Setup
    where : a region's name, or a Where
    days : days that it runs
    input_tokens, output_tokens : tokens of the prompt and of the answer
    batch : requests that a replica answers together
    active : share of the time that provisioned chips are at work, 0 to 1
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Setup`` (chip, gpus, precision) and of ``Where`` (region, site, pue, place, ...)

    Returns the answer with its bill, load and reasons. Raises WattlineError on bad input.
    """
    terms = read_terms(setup, where, fields, REPLICA, draws, seed, facts)
    lengths = (input_tokens, output_tokens)
    request = read_request(model, terms.setup, lengths, batch=batch, active=active, draws=terms.draws)
    return average_answer(request, rate, days, terms.where, terms.draws)


def average_answer(request: ReplicaRequest, rate: float | str, days: float | str, where: Where, draws: Draws) -> Answer:
    """The answer of a service whose request is read already: at a ``rate`` of requests for so many ``days``.

    Parameters
    ----------
    request : of the service, as it was read
    rate : of requests, such as ``200M/day``
    days : how long it runs
    where : where it runs
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the answer.
    """
    per_s, span_s = _traffic(rate, days)
    cite_given(draws, "rate", per_s, "request/s", "requests of the service")
    working = Working()
    times = request_time(request, draws, working)
    facility = find_facility(where, draws, working)
    chips = working.note("chip", "accelerators", _CHIPS, per_s * times.busy_s * request.chips / request.active, "chip")
    phase = Phase(_power(request, times, per_s), np.asarray(span_s))
    bill, load, peak = deliver([phase], facility, draws, working, any_time=True)
    bill = with_making(bill, request.chip, chips * span_s, where, draws, working)
    service, model = f"{number(per_s * DAY_S)} requests a day for {number(span_s / DAY_S)} days", request.model.name
    return Answer(
        command="serve-average",
        title=f"{service}, {model} on {request.chip.record.title}",
        inputs=request.inputs() | {"rate_per_s": per_s, "days": span_s / DAY_S} | facility.inputs(),
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=np.asarray(span_s),
        quantities={
            "requests": np.asarray(per_s * span_s),
            "accelerators": chips,
            "energy_wh_per_request": np.asarray(bill.energy_j / J_PER_WH / (per_s * span_s)),
            "ttft_s": times.ttft_s,
            **({} if times.tpot_s is None else {"tpot_s": times.tpot_s}),
            "batch": np.asarray(times.batch),
            "pue": facility.pue,
            **rental(request.chip, chips * span_s, draws),
        },
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=warnings(request),
        notes=(*rental_notes(request.chip), *notes_of(where, bill.follows["cost_usd"], facility.hours, "any")),
        more={"model": model_reading(request.model, request.precision)},
    )


def _traffic(rate: float | str, days: float | str) -> tuple[float, float]:
    """Requests a second, and seconds."""
    per_s = parse(rate, "request/s", "rate")
    span_s = parse(days, "day", "days") * DAY_S
    if per_s > MAX_REQUESTS_PER_S or span_s > MAX_DAYS * DAY_S:
        raise WattlineError("rate or days: more than a billion requests a second or a hundred years; check them")
    if per_s * span_s < 1:
        raise WattlineError("rate and days: they come to less than one request; check them")
    return per_s, span_s


_CHIPS = "requests per second × replica's time per request × chips a replica / share of time at work"


def _power(request: ReplicaRequest, times: serving.Request, rate: float) -> dict[str, Array]:
    """Watts by part: a second of traffic asks for ``rate`` prefills and decodes at once, on as many replicas."""
    seconds = {"reading": times.reading_s, "decode": times.decoding_s}
    power: dict[str, Array] = {}
    for phase, parts in serving.power_by_part(times, request.chip, request.active).items():
        for part, watts in parts.items():
            power[part] = power.get(part, np.asarray(0.0)) + watts * seconds[phase] * rate
    return power
