"""``prompt``: joules and watt-hours of one request, split into prefill, decode, idle, host and facility."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline import catalog
from wattline.chip.device import Chip, load_chip
from wattline.draws import Draws
from wattline.engine import serving
from wattline.errors import WattlineError
from wattline.fact import Array
from wattline.quantity import number, parse
from wattline.scenario.answer import Answer, Working
from wattline.scenario.line import Phase, deliver, parse_pue, place
from wattline.scenario.train import check_precision, read_model
from wattline.work.model import Model

MOST_TOKENS = 1e8
LEAST_ACTIVE = 0.001


@dataclass(frozen=True, eq=False)
class Asked:
    """A request and the replica that answers it, read and checked."""

    model: Model
    chip: Chip
    chips: int
    batch: Array
    input_tokens: float
    output_tokens: float
    precision: str


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
) -> Answer:
    """Energy of one request with ``input_tokens`` in and ``output_tokens`` out, with range.

    ``gpus`` chips make a replica (the fewest that hold the model when not given), which answers ``batch`` requests
    together; ``active`` is the share of time that provisioned chips work. Raises WattlineError on bad input.
    """
    draw = draws if isinstance(draws, Draws) else Draws(draws, seed)
    working = Working()
    asked = read_request(model, chip, input_tokens, output_tokens, gpus, batch, precision, draw)
    share = active_share(active, draw)
    request = request_time(asked, draw, working)
    where = place(site, region, pue, draw, working)
    power = serving.power_by_part(request, asked.chip, share)
    working.note("chip", "power of a chip in prefill", _POWER, request.prefill.power_w, "W")
    working.note("chip", "power of a chip in decode", _POWER, request.decode.power_w, "W")
    working.note("chip", "share of time at work", "given" if active else "catalog", share, "")
    phases = [Phase(power["prefill"], request.prefill_s), Phase(power["decode"], request.decode_s)]
    bill, load, peak = deliver(phases, where, draw, working)
    return Answer(
        command="prompt",
        title=(
            f"A prompt of {number(asked.input_tokens)} tokens in, {number(asked.output_tokens)} out, "
            f"{asked.model.name} on {asked.chips} × {asked.chip.record.title}"
        ),
        inputs={
            "model": asked.model.key,
            "chip": asked.chip.record.name,
            "gpus": asked.chips,
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
        duration_s=request.busy_s,
        quantities=_quantities(asked, request, bill.energy_j, where.pue),
        reasons=tuple(working.reasons),
        draws=draw,
    )


_POWER = "idle + (TDP - idle) × (clocks + arithmetic × its share of the step + memory × its share)"


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


def read_request(
    model: str | Path | Model,
    chip: str,
    input_tokens: int | str,
    output_tokens: int | str,
    gpus: int | str | None,
    batch: float | str | None,
    precision: str | None,
    draws: Draws,
) -> Asked:
    """Check the request against the model and the chips' memory, and settle what was left open."""
    architecture = read_model(model)
    if not architecture.architecture_known:
        raise WattlineError(
            f"{architecture.key}: its architecture was never published, so its prompts cannot be worked out; "
            "take a model of its size whose architecture is known"
        )
    read, written = (_tokens(value, what) for value, what in ((input_tokens, "input"), (output_tokens, "output")))
    form = check_precision(architecture.native_format if precision is None else precision)
    device = load_chip(chip, draws)
    length = read + written
    wanted = None if batch is None else _batch(batch)
    central = wanted or catalog.fact("fit.serving-batch").value
    count = _gpus(gpus) if gpus is not None else serving.chips_needed(architecture, device, central, length, form)
    most = serving.largest_batch(architecture, device, count, length, form)
    if most < (wanted or 1.0):
        holds = serving.chips_needed(architecture, device, wanted or 1.0, length, form)
        raise WattlineError(
            f"{architecture.key} in {form} with {wanted or 1:g} sequences of {length:,.0f} tokens does not fit "
            f"{count} × {device.record.name}; {holds:,} chips would hold it"
        )
    size = np.asarray(wanted) if wanted else np.clip(draws.own("fit.serving-batch"), 1.0, most)
    return Asked(architecture, device, count, size, read, written, form)


def request_time(asked: Asked, draws: Draws, working: Working) -> serving.Request:
    """The request's time on its replica, each step written down."""
    request = serving.serve_request(
        asked.model,
        asked.chip,
        asked.chips,
        asked.batch,
        asked.input_tokens,
        asked.output_tokens,
        asked.precision,
        draws,
    )
    notes: list[tuple[str, str, Array, str]] = [
        ("requests answered together", "given or catalog", request.batch, "request"),
        ("prefill compute", "2 × active parameters × tokens + attention", request.prefill.flops, "FLOP"),
        (
            "prefill time",
            f"max(compute, memory) + links + overhead; bound by {request.prefill.bound}",
            request.prefill_s,
            "s",
        ),
        ("bytes read in a decode step", "weights touched + KV cache", request.decode.bytes_read, "B"),
        (
            "decode step",
            f"max(compute, memory) + links + overhead; bound by {request.decode.bound}",
            request.decode.time_s,
            "s",
        ),
        (
            "replica's time for this request",
            "prefill + (output tokens - 1) × decode step / batch",
            request.busy_s,
            "s",
        ),
    ]
    for name, formula, value, unit in notes:
        working.note("chip", name, formula, value, unit)
    return request


def active_share(active: float | str | None, draws: Draws) -> Array:
    """The share of time that provisioned chips are at work: given, or the catalog's."""
    if active is None:
        return draws.own("fit.serving-active-share")
    share = parse(active, "", "active")
    if not LEAST_ACTIVE <= share <= 1:
        raise WattlineError(f"active: {share:g} is not a share from {LEAST_ACTIVE:g} to 1; give one such as 0.6")
    return np.asarray(share)


def _tokens(value: Any, what: str) -> float:
    tokens = parse(value, "token", what)
    if tokens > MOST_TOKENS or tokens != int(tokens):
        raise WattlineError(f"{what}: {value} is not a whole number of tokens up to 100 million")
    return tokens


def _batch(value: float | str) -> float:
    batch = parse(value, "request", "batch")
    if batch < 1 or batch > 1e6:
        raise WattlineError(f"batch: {batch:g} is out of range; take 1 to 1,000,000 requests")
    return batch


def _gpus(value: int | str) -> int:
    count = parse(value, "chip", "gpus")
    if count != int(count) or count > 4096:
        raise WattlineError(f"gpus: {value} is not a whole number of chips from 1 to 4,096")
    return int(count)
