"""The answer of an image or a video: its bill on the line, its time and watts, and every step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.quantity import show
from wattline.line.chip.diffusion.run import StageRun
from wattline.line.work.diffusion.model import DiffusionModel, Passes
from wattline.predict.answer import Answer, Working
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import find_facility
from wattline.predict.making import with_making
from wattline.predict.media.request import WORDS, MediaRequest, factors, warnings
from wattline.predict.prices import notes_of
from wattline.predict.rented import rental, rental_notes
from wattline.predict.where import Where

# stage -> part of the bill
PARTS = {"text": "encode", "prior": "encode", "denoise": "denoise", "decode": "render"}
STAGES = {
    "text": "text encoders",
    "prior": "prior, text to a picture's embedding",
    "denoise": "denoiser, all steps",
    "decode": "decoder, latents to pixels",
}


@dataclass(frozen=True, eq=False)
class MediaStages:
    """A request's stages as measured ones scatter around the model: watts of all chips in each, seconds of a batch,
    joules of the chips for one image or video, and its stretches of the bill."""

    stages: dict[str, StageRun]
    power_w: dict[str, Array]
    slower: Array
    latency_s: Array
    chip_j: Array
    phases: list[Phase]


def run_media(request: MediaRequest, draws: Draws) -> MediaStages:
    """The stages of a request that is read already.

    Parameters
    ----------
    request : as it was read
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    Seconds, watts and joules of each draw.
    """
    runs = request.runs()
    slower, stronger = factors(request, draws)
    latency_s = np.asarray(sum(run.time_s for run in runs.values()) * slower)
    power = _power(request, runs, stronger)
    chip_j = np.asarray(sum(power[name] * run.time_s for name, run in runs.items()) * slower / request.batch)
    return MediaStages(runs, power, slower, latency_s, chip_j, _phases(request, runs, power, slower))


def media_answer(
    request: MediaRequest,
    where: Where,
    draws: Draws,
    queue: Mapping[str, Array] | None = None,
    notes: tuple[str, ...] = (),
) -> Answer:
    """The answer of a request that is read already: its bill is of one image or video.

    Parameters
    ----------
    request : as it was read, its chips at work as its traffic has it
    where : where it runs
    draws : of the facts; what rests on them has shape ``(n_draws,)``
    queue : what is said of the queue, by name; None without traffic
    notes : more notes

    Returns the answer.
    """
    working = Working()
    facility = find_facility(where, draws, working)
    run, batch = run_media(request, draws), request.batch
    latency_s = run.latency_s
    _explain(request, run.stages, run.power_w, run.slower, working)
    bill, load, peak = deliver(run.phases, facility, draws, working, any_time=True)
    occupied_s = np.asarray(latency_s / batch * request.chips / request.active)
    bill = with_making(bill, request.chip, occupied_s, where, draws, working)
    quantities = media_quantities(request, bill.energy_j, run.chip_j, latency_s, facility.pue) | dict(queue or {})
    if request.demand is not None:
        quantities["service_w"] = np.asarray(bill.energy_j * request.demand.rate_per_s)
    return Answer(
        command=request.model.makes,
        title=_title(request),
        inputs=request.inputs() | facility.inputs(),
        more={"model": reading(request.model, request.passes)},
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=np.asarray(latency_s / batch),
        quantities=quantities | rental(request.chip, occupied_s, draws),
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=warnings(request),
        notes=(
            *rental_notes(request.chip),
            *_notes(request),
            *notes,
            *notes_of(where, bill.follows["cost_usd"], facility.hours, "any"),
        ),
    )


def media_quantities(
    request: MediaRequest, energy_j: Array, chip_j: Array, latency_s: Array, pue: Array
) -> dict[str, Array]:  # fmt: skip
    """What an answer says of one image or video beside its bill.

    Parameters
    ----------
    request : as it was read
    energy_j, chip_j : of one from the grid, and of the chips alone [J]
    latency_s : of a batch [s]
    pue : of the site

    Returns
    -------
    Draws by name.
    """
    return {
        "energy_j": energy_j,
        "chip_j": chip_j,
        "chip_w": np.asarray(chip_j * request.batch / latency_s),
        "batch_latency_s": latency_s,
        f"{WORDS[request.model.makes][1]}_per_s": np.asarray(request.batch / latency_s),
        "pue": pue,
    }


def _power(request: MediaRequest, runs: dict[str, StageRun], stronger: Array) -> dict[str, Array]:
    """Watts of all chips in each stage, at most their limit."""
    limit_w = request.chip.tdp_w * request.chips
    return {name: np.minimum(run.power_w * stronger, limit_w) for name, run in runs.items()}


def _phases(request: MediaRequest, runs: dict[str, StageRun], power: dict[str, Array], slower: Array) -> list[Phase]:
    """Each stage's share of one image or video; chips kept ready are idle for their share of the time."""
    chip, chips = request.chip, request.chips
    waiting = (1.0 - request.active) / request.active
    common = {
        "chip_idle": chips * chip.idle_w * waiting,
        "host": chips * (chip.host_w + chip.host_idle_w * waiting),
        "network": chips * chip.network_w * (1.0 + waiting),
    }
    return [
        Phase(
            {PARTS[name]: power[name], **{part: np.asarray(watts) for part, watts in common.items()}},
            np.asarray(run.time_s * slower / request.batch),
        )
        for name, run in runs.items()
    ]


def _title(request: MediaRequest) -> str:
    size = f"{request.width:.0f} × {request.height:.0f}"
    if request.model.makes == "video":
        size += f", {request.frames:.0f} frames ({request.frames / max(request.fps, 1.0):.1f} s)"
    word, steps = WORDS[request.model.makes][0].title(), f"{float(request.job.steps):.0f} steps"
    return f"{word} of {size} by {request.model.name} in {steps} on {request.chips} × {request.chip.record.title}"


def _notes(request: MediaRequest) -> tuple[str, ...]:
    known = {
        "measured": "this model, chip and split were measured (ML.ENERGY); what is beside them is worked out",
        "known": "this model was measured on this chip in other splits (ML.ENERGY)",
        "": "worked out from the model's passes; this model was not measured on this chip",
        "chip": "worked out from the model's passes; no chip of this generation was measured",
    }
    return (known[request.how],)


def _explain(
    request: MediaRequest, runs: dict[str, StageRun], power: dict[str, Array], slower: Array, working: Working
) -> None:
    """Every stage in the working: arithmetic, kernels, time by what bounds it, power."""
    passes = request.passes
    forward = passes.denoiser
    shares = ", ".join(
        f"{kind} {float(forward.flops(kind) / forward.total_flops):.0%}"
        for kind in ("product", "attention", "convolution")
    )
    working.note("work", "forward pass of the denoiser", shares, forward.total_flops, "FLOP")
    working.note("work", "its elementwise traffic", "values read and written, unfused", forward.traffic_bytes, "B")
    working.note("work", "its kernels", "launches of the eager forward", forward.launches, "")
    working.note("work", "forward passes", "steps × passes a step", request.job.steps * request.job.passes, "")
    working.note("work", "decoder", "convolutions and the rest", passes.decoder.total_flops, "FLOP")
    for name, run in runs.items():
        parts = ", ".join(
            f"{kind} {show(float(np.mean(s)), 's')}" for kind, s in run.by_kind_s.items() if np.mean(s) > 0
        )
        working.note("chip", f"{STAGES[name]}: time of a batch", parts, run.time_s * slower, "s")
        working.note(
            "chip", f"{STAGES[name]}: power of all chips", "each kind by its time; at most TDP", power[name], "W"
        )
    working.note("chip", "measured beside worked out, time", "known of this model, and its range", slower, "")
    active = "given" if request.active_given else "by its traffic" if request.demand else "catalog"
    working.note("chip", "share of time at work", active, request.active, "")


def reading(model: DiffusionModel, passes: Passes) -> dict[str, object]:
    """What was read of a model.

    Parameters
    ----------
    model : as it was read
    passes : of its components

    Returns
    -------
    Its parameters and arithmetic by name.
    """
    return {
        "name": model.name,
        "family": model.family,
        "total_params": int(passes.parameters),
        "denoiser_params": int(passes.denoiser.parameters),
        "encoder_params": int(sum(part.parameters for part in (*passes.encoders, *passes.prior))),
        "decoder_params": int(passes.decoder.parameters),
        "denoiser_flops": float(passes.denoiser.total_flops),
    }
