"""``serve``: so many requests over so many days: accelerators, power and energy, on average over the traffic."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.draws import Draws
from wattline.engine import serving
from wattline.errors import WattlineError
from wattline.quantity import number, parse
from wattline.scenario.answer import Answer, Working
from wattline.scenario.line import Phase, deliver, parse_pue, place
from wattline.scenario.prompt import active_share, read_request, request_time
from wattline.work.model import Model

MOST_REQUESTS_PER_S = 1e9
MOST_DAYS = 36525.0
DAY_S = 86400.0


def serve(
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
    precision: str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
) -> Answer:
    """Energy of a service that answers ``requests`` (``"200M/day"``, or a number per second) for ``days``.

    The other arguments are those of ``prompt``. Raises WattlineError on bad input.
    """
    draw = draws if isinstance(draws, Draws) else Draws(draws, seed)
    working = Working()
    rate = parse(requests, "request/s", "requests")
    span_s = parse(days, "day", "days") * DAY_S
    if rate > MOST_REQUESTS_PER_S or span_s > MOST_DAYS * DAY_S:
        raise WattlineError("requests or days: more than a billion requests a second or a hundred years; check them")
    if rate * span_s < 1:
        raise WattlineError("requests and days: they come to less than one request; check them")
    asked = read_request(model, chip, input_tokens, output_tokens, gpus, batch, precision, draw)
    share = active_share(active, draw)
    request = request_time(asked, draw, working)
    where = place(site, region, pue, draw, working)
    by_phase = serving.power_by_part(request, asked.chip, share)
    seconds = {"prefill": request.prefill_s, "decode": request.decode_s}
    # a second of traffic asks for `rate` prefills and decodes at once, on as many replicas
    power: dict[str, np.ndarray] = {}
    for phase, parts in by_phase.items():
        for part, watts in parts.items():
            power[part] = power.get(part, np.asarray(0.0)) + watts * seconds[phase] * rate
    chips = working.note(
        "chip",
        "accelerators",
        "requests per second × replica's time per request × chips a replica / share of time at work",
        rate * request.busy_s * asked.chips / share,
        "chip",
    )
    bill, load, peak = deliver([Phase(power, np.asarray(span_s))], where, draw, working)
    total = rate * span_s
    return Answer(
        command="serve",
        title=(
            f"{number(rate * DAY_S)} requests a day for {number(span_s / DAY_S)} days, {asked.model.name} on "
            f"{asked.chip.record.title}"
        ),
        inputs={
            "model": asked.model.key,
            "chip": asked.chip.record.name,
            "gpus": asked.chips,
            "requests_per_s": rate,
            "days": span_s / DAY_S,
            "input_tokens": asked.input_tokens,
            "output_tokens": asked.output_tokens,
            "precision": asked.precision,
            "site": where.site.name,
            "region": where.region.name,
            **({} if batch is None else {"batch": float(asked.batch)}),
            **({} if active is None else {"active": float(share)}),
            **({} if pue is None else {"pue": parse_pue(pue)}),
        },
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=np.asarray(span_s),
        quantities={
            "requests": np.asarray(total),
            "accelerators": chips,
            "energy_wh_per_request": np.asarray(bill.energy_j / 3600 / total),
            "ttft_s": request.ttft_s,
            "tpot_s": request.tpot_s,
            "batch": np.asarray(request.batch),
            "pue": where.pue,
        },
        reasons=tuple(working.reasons),
        draws=draw,
    )
