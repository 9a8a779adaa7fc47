"""The answer of what is embedded or transcribed: its bill on the line, its time and watts, and every step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.quantity import number, show
from wattline.line.chip.diffusion.coefficients import was_measured
from wattline.predict.answer import Answer, Working
from wattline.predict.delivery import Phase, deliver
from wattline.predict.encoding.batches import MeanBatch, mean_batch
from wattline.predict.encoding.work import EncodingWork
from wattline.predict.facility import find_facility
from wattline.predict.making import with_making
from wattline.predict.prices import notes_of
from wattline.predict.rented import rental, rental_notes
from wattline.predict.where import Where

STAGES = {"encode": "encoder", "decode": "decoder, all tokens"}


def encoding_answer(
    work: EncodingWork, command: str, title: str, per: Mapping[str, Array], where: Where, draws: Draws
) -> Answer:
    """The answer of work that is read already.

    ``per``: name of a result -> how many of its unit were read, such as ``joules_per_document``.

    Parameters
    ----------
    work : as it was read
    command : name of the command
    title : what is read, in words
    per : name of a result -> how many of its unit were read, such as ``joules_per_document``
    where : where it runs
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the answer.
    """
    working = Working()
    facility = find_facility(where, draws, working)
    batch = mean_batch(work, draws)
    work = batch.work
    latency_s = batch.latency_s
    _explain(batch, working)
    bill, load, peak = deliver([_phase(batch, name) for name in batch.time_s], facility, draws, working)
    work_s = np.asarray(latency_s * batch.batches)
    chip_j = np.asarray(
        sum(batch.power_w[name] * batch.time_s[name] for name in batch.time_s) * batch.batches * work.chips
    )
    occupied_s = np.asarray(work_s * work.chips / batch.active)
    bill = with_making(bill, work.chip, occupied_s, where, draws, working)
    quantities = {
        "energy_j": bill.energy_j,
        **{name: np.asarray(bill.energy_j / count) for name, count in per.items()},
        "chip_j": chip_j,
        "chip_w": np.asarray(chip_j / work_s / work.chips),
        "batch_latency_s": latency_s,
        **_service(batch, bill.energy_j, facility.pue),
        "pue": facility.pue,
    }
    return Answer(
        command=command,
        title=_title(work, title),
        inputs=work.inputs() | facility.inputs(),
        more={"model": _reading(work)},
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=work_s if work.demand is None else np.asarray(work_s / batch.active),
        quantities=quantities | rental(work.chip, occupied_s, draws),
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=_warnings(work, draws),
        notes=(*rental_notes(work.chip), *batch.notes, *notes_of(where, bill.follows["cost_usd"], facility.hours)),
    )


def _title(work: EncodingWork, read: str) -> str:
    demand = work.demand
    come = "" if demand is None else f", {number(demand.rate_per_s)} requests/s,"
    return f"{read}{come} by {work.model.name} on {work.chips} × {work.chip.record.title}"


def _phase(batch: MeanBatch, name: str) -> Phase:
    """A stage of the whole job on all chips; chips kept ready are idle for their share of the time, which is a part
    of the stage's own under traffic."""
    chip, chips = batch.work.chip, batch.work.chips
    waiting = (1.0 - batch.active) / batch.active
    power = {
        name: np.asarray(batch.power_w[name] * chips),
        **({"chip_idle": np.asarray(chips * chip.idle_w * waiting)} if np.any(waiting) else {}),
        "host": np.asarray(chips * (chip.host_w + chip.host_idle_w * waiting)),
        "network": np.asarray(chips * chip.network_w * (1.0 + waiting)),
    }
    time_s = np.asarray(batch.time_s[name] * batch.batches)
    if batch.work.demand is None:
        return Phase(power, time_s)
    return Phase({part: np.asarray(w * batch.active) for part, w in power.items()}, np.asarray(time_s / batch.active))


def _service(batch: MeanBatch, energy_j: Array, pue: Array) -> dict[str, Array]:
    """What is said of a service: its queue, joules of a request, watts at its traffic and without any."""
    work, demand = batch.work, batch.work.demand
    if demand is None:
        return {}
    chip = work.chip
    request_j = np.asarray(energy_j / work.items * demand.pieces)
    return {
        "utilisation": batch.active,
        **batch.queue,
        "joules_per_request": request_j,
        "service_w": np.asarray(energy_j / (batch.latency_s * batch.batches / batch.active)),
        "service_idle_w": np.asarray(work.chips * (chip.idle_w + chip.host_idle_w + chip.network_w) * pue),
    }


def _explain(batch: MeanBatch, working: Working) -> None:
    work, runs, slower = batch.work, batch.runs, batch.slower
    model = work.model
    if model.reads == "speech":
        passes = model.speech()
        working.note("work", "encoder, 30 s of sound", "products and attention", passes.encoder.total_flops, "FLOP")
        working.note("work", "decoder, a token", "products and attention", passes.decoder.total_flops, "FLOP")
        working.note("work", "kept of 30 s", "keys and values in each layer of the decoder", passes.cross_bytes, "B")
        working.note("work", "tokens of 30 s", "given, or the usual", work.tokens, "")
    else:
        forward = model.forward(work.tokens)
        working.note("work", "tokens of each", "given, or the usual", work.tokens, "")
        working.note("work", "forward pass", "products and attention", forward.total_flops, "FLOP")
        working.note("work", "its kernels", "launches of the eager forward", forward.launches, "")
    working.note("work", "items", "what is read / its size", work.items, "")
    for name, run in runs.items():
        parts = ", ".join(
            f"{kind} {show(float(np.mean(s)), 's')}" for kind, s in run.by_kind_s.items() if np.mean(s) > 0
        )
        working.note("chip", f"{STAGES[name]}: time of a batch", parts, batch.time_s[name], "s")
        working.note(
            "chip", f"{STAGES[name]}: power of a chip", "each kind by its time; at most TDP", batch.power_w[name], "W"
        )
    working.note("chip", "measured beside worked out, time", "spread of what was measured", slower, "")
    working.note("chip", "batches of a chip", "items / batch / chips", batch.batches, "")
    if work.demand is not None:
        working.note("chip", "share of time at work", "by its traffic", batch.active, "")


def _warnings(work: EncodingWork, draws: Draws) -> tuple[str, ...]:
    notes = []
    if not was_measured(work.chip.generation, draws):
        notes.append(f"nothing of this kind was measured on chips such as {work.chip.record.name}: a wide range")
    most = work.model.most_tokens
    if float(np.min(work.tokens)) > most:
        notes.append(f"{work.model.key} reads {most:,.0f} tokens at most; longer input is cut, or split by who asks")
    return tuple(notes)


def _reading(work: EncodingWork) -> dict[str, object]:
    """What was read of the model."""
    model = work.model
    if model.reads == "speech":
        passes = model.speech()
        return {"name": model.name, "reads": model.reads, "total_params": int(passes.parameters)}
    return {"name": model.name, "reads": model.reads, "total_params": int(model.forward(1.0).parameters)}
