"""``prompt``: joules and watt-hours of one request, split into prefill, decode, idle, host and facility."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws, read_draws
from wattline.core.fact import Array
from wattline.core.quantity import number
from wattline.line.engine import average_serving as serving
from wattline.line.work.model import Model
from wattline.predict.answer import Answer, Working
from wattline.predict.delivery import Phase, deliver, place
from wattline.predict.request import Asked, read_request, request_time, warnings


def prompt(
    model: str | Path | Model,
    chip: str = "h100-sxm",
    *,
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
    facts: CatalogLike = None,
) -> Answer:
    """Energy of one request with ``input_tokens`` in and ``output_tokens`` out, with range.

    ``gpus`` chips make a replica (the fewest that hold the model when not given), which answers ``batch`` requests
    together; ``active`` is the share of time that provisioned chips work.
    ``facts``: a catalog, or the user's own file or files of facts. Raises WattlineError on bad input.
    """
    draw = read_draws(draws, seed, facts)
    asked = read_request(
        model, chip, draw, input_tokens=input_tokens, output_tokens=output_tokens, gpus=gpus, batch=batch,
        active=active, precision=precision,
    )  # fmt: skip
    return _answer(asked, site, region, pue, draw)


def _answer(asked: Asked, site: str | None, region: str | None, pue: float | str | None, draws: Draws) -> Answer:
    working = Working()
    request = request_time(asked, draws, working)
    where = place(site, region, pue, draws, working)
    power = serving.power_by_part(request, asked.chip, asked.active)
    phases = [Phase(power["prefill"], request.prefill_s), Phase(power["decode"], request.decode_s)]
    bill, load, peak = deliver(phases, where, draws, working)
    return Answer(
        command="prompt",
        title=(
            f"A prompt of {number(asked.input_tokens)} tokens in, {number(asked.output_tokens)} out, "
            f"{asked.model.name} on {asked.chips} × {asked.chip.record.title}"
        ),
        inputs=asked.inputs() | where.inputs(),
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=request.busy_s,
        quantities=_quantities(asked, request, bill.energy_j, where.pue),
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=warnings(asked),
    )


def _quantities(asked: Asked, request: serving.Request, energy_j: Array, pue: Array) -> dict[str, Array]:
    return {
        "energy_j": energy_j,
        "joules_per_output_token": np.asarray(energy_j / asked.output_tokens),
        "replica_s": request.busy_s,
        "ttft_s": request.ttft_s,
        "tpot_s": request.tpot_s,
        "latency_s": np.asarray(request.ttft_s + (asked.output_tokens - 1) * request.tpot_s),
        "batch": np.asarray(asked.batch, float),
        "pue": pue,
    }
