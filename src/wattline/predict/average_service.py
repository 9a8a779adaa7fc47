"""``serve_average``: accelerators, power and energy of a service, from the mean rate of its requests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws, read_draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number, parse
from wattline.core.units import DAY_S
from wattline.line.engine import average_serving as serving
from wattline.line.work.model import Model
from wattline.predict.answer import Answer, Working
from wattline.predict.delivery import Outdoors, Phase, cite_given, deliver, place
from wattline.predict.request import Asked, read_request, request_time, warnings

MOST_REQUESTS_PER_S = 1e9
MOST_DAYS = 36525.0


def serve_average(
    model: str | Path | Model,
    requests: float | str,
    chip: str = "h100-sxm",
    *,
    days: float | str = 365,
    input_tokens: int | str = 500,
    output_tokens: int | str = 300,
    gpus: int | str | None = None,
    batch: float | str | None = None,
    active: float | str | None = None,
    pue: float | str | None = None,
    site: str | None = None,
    region: str | None = None,
    outdoors: Outdoors = Outdoors(),
    precision: str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
) -> Answer:
    """Energy of a service that answers ``requests`` (``"200M/day"``, or a number per second) for ``days``.

    The other arguments are those of ``prompt``. Raises WattlineError on bad input.
    """
    draw = read_draws(draws, seed, facts)
    rate, span_s = _traffic(requests, days)
    asked = read_request(
        model, chip, draw, input_tokens=input_tokens, output_tokens=output_tokens, gpus=gpus, batch=batch,
        active=active, precision=precision,
    )  # fmt: skip
    cite_given(draw, "requests", rate, "request/s", "requests of the service")
    return _answer(asked, rate, span_s, site, region, pue, draw, outdoors)


def _traffic(requests: float | str, days: float | str) -> tuple[float, float]:
    """Requests a second, and seconds."""
    rate = parse(requests, "request/s", "requests")
    span_s = parse(days, "day", "days") * DAY_S
    if rate > MOST_REQUESTS_PER_S or span_s > MOST_DAYS * DAY_S:
        raise WattlineError("requests or days: more than a billion requests a second or a hundred years; check them")
    if rate * span_s < 1:
        raise WattlineError("requests and days: they come to less than one request; check them")
    return rate, span_s


def _answer(
    asked: Asked,
    rate: float,
    span_s: float,
    site: str | None,
    region: str | None,
    pue: float | str | None,
    draws: Draws,
    outdoors: Outdoors,
) -> Answer:
    working = Working()
    request = request_time(asked, draws, working)
    where = place(site, region, pue, draws, working, outdoors)
    chips = working.note("chip", "accelerators", _CHIPS, rate * request.busy_s * asked.chips / asked.active, "chip")
    phase = Phase(_power(asked, request, rate), np.asarray(span_s))
    bill, load, peak = deliver([phase], where, draws, working)
    service, model = f"{number(rate * DAY_S)} requests a day for {number(span_s / DAY_S)} days", asked.model.name
    return Answer(
        command="serve-average",
        title=f"{service}, {model} on {asked.chip.record.title}",
        inputs=asked.inputs() | {"requests_per_s": rate, "days": span_s / DAY_S} | where.inputs(),
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=np.asarray(span_s),
        quantities={
            "requests": np.asarray(rate * span_s),
            "accelerators": chips,
            "energy_wh_per_request": np.asarray(bill.energy_j / 3600 / (rate * span_s)),
            "ttft_s": request.ttft_s,
            "tpot_s": request.tpot_s,
            "batch": np.asarray(request.batch),
            "pue": where.pue,
        },
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=warnings(asked),
    )


_CHIPS = "requests per second × replica's time per request × chips a replica / share of time at work"


def _power(asked: Asked, request: serving.Request, rate: float) -> dict[str, Array]:
    """Watts by part: a second of traffic asks for ``rate`` prefills and decodes at once, on as many replicas."""
    seconds = {"prefill": request.prefill_s, "decode": request.decode_s}
    power: dict[str, Array] = {}
    for phase, parts in serving.power_by_part(request, asked.chip, asked.active).items():
        for part, watts in parts.items():
            power[part] = power.get(part, np.asarray(0.0)) + watts * seconds[phase] * rate
    return power
