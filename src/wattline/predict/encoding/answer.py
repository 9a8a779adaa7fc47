"""The answer of what is embedded or transcribed: its bill on the line, its time and watts, and every step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.quantity import show
from wattline.line.chip.diffusion.coefficients import was_measured
from wattline.line.chip.diffusion.run import StageRun
from wattline.predict.answer import Answer, Working
from wattline.predict.delivery import Phase, deliver
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
    title : of the answer
    per : name of a result -> how many of its unit were read, such as ``joules_per_document``
    where : where it runs
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the answer.
    """
    working = Working()
    facility = find_facility(where, draws, working)
    runs = work.runs(draws)
    slower, stronger = work.spread(draws)
    power = {name: np.minimum(run.power_w * stronger, work.chip.tdp_w) for name, run in runs.items()}
    latency_s = np.asarray(sum(run.time_s for run in runs.values()) * slower)
    _explain(work, runs, power, slower, working)
    phases = [_phase(work, name, power[name], run.time_s * slower) for name, run in runs.items()]
    bill, load, peak = deliver(phases, facility, draws, working)
    wall_s = np.asarray(latency_s * work.batches)
    chip_j = np.asarray(
        sum(power[name] * run.time_s for name, run in runs.items()) * slower * work.batches * work.chips
    )
    occupied_s = np.asarray(wall_s * work.chips / work.active)
    bill = with_making(bill, work.chip, occupied_s, where, draws, working)
    quantities = {
        "energy_j": bill.energy_j,
        **{name: np.asarray(bill.energy_j / count) for name, count in per.items()},
        "chip_j": chip_j,
        "chip_w": np.asarray(chip_j / wall_s / work.chips),
        "batch_latency_s": latency_s,
        "pue": facility.pue,
    }
    return Answer(
        command=command,
        title=title,
        inputs=work.inputs() | facility.inputs(),
        more={"model": _reading(work)},
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=wall_s,
        quantities=quantities | rental(work.chip, occupied_s, draws),
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=_warnings(work, draws),
        notes=(*rental_notes(work.chip), *notes_of(where, bill.follows["cost_usd"], facility.hours)),
    )


def _phase(work: EncodingWork, name: str, watts: Array, time_s: Array) -> Phase:
    """A stage of the whole job on all chips; chips kept ready beside it are idle for their share of the time."""
    chip, chips = work.chip, work.chips
    waiting = (1.0 - work.active) / work.active
    power = {
        name: np.asarray(watts * chips),
        **({"chip_idle": np.asarray(chips * chip.idle_w * waiting)} if waiting else {}),
        "host": np.asarray(chips * (chip.host_w + chip.host_idle_w * waiting)),
        "network": np.asarray(chips * chip.network_w * (1.0 + waiting)),
    }
    return Phase(power, np.asarray(time_s * work.batches))


def _explain(
    work: EncodingWork, runs: Mapping[str, StageRun], power: Mapping[str, Array], slower: Array, working: Working
) -> None:
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
        working.note("chip", f"{STAGES[name]}: time of a batch", parts, run.time_s * slower, "s")
        working.note("chip", f"{STAGES[name]}: power of a chip", "each kind by its time; at most TDP", power[name], "W")
    working.note("chip", "measured beside worked out, time", "spread of what was measured", slower, "")
    working.note("chip", "batches of a chip", "items / batch / chips", work.batches, "")


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
