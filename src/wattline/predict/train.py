"""``train``: what a training run takes, from model, tokens and chips; the measured replaces the predicted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws, read_draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number
from wattline.core.units import HOUR_S, YEAR_S
from wattline.line.chip.device import load_chip
from wattline.line.chip.training.production import (
    at_mfu,
    power_is_measured,
    production_power_w,
    training_power_w,
    tuned_power_w,
)
from wattline.line.chip.training.step import TrainingStep, tuned_mfu
from wattline.line.engine import training
from wattline.line.work.flops import training_flops
from wattline.line.work.inputs import read_model
from wattline.line.work.model import COUNTS, Model, load_model
from wattline.predict.answer import Answer, Working
from wattline.predict.delivery import Outdoors, Phase, cite_given, deliver, place
from wattline.predict.training_run import (
    LIMITS,
    Job,
    limited,
    read_mfu,
    read_precision,
    read_sequence,
    read_watts,
)


def train(
    model: str | Path | Model,
    tokens: str | float,
    chip: str,
    chips: int | str,
    *,
    mfu: float | str | None = None,
    hours: float | str | None = None,
    watts: float | str | None = None,
    pue: float | str | None = None,
    site: str | None = None,
    region: str | None = None,
    outdoors: Outdoors = Outdoors(),
    precision: str | None = None,
    sequence: int | str | None = None,
    batch_tokens: float | str | None = None,
    tuned: bool = False,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
) -> Answer:
    """Hours, energy, cost and CO2e of a training run, with range.

    ``model``: a catalog name, the path of a Hugging Face ``config.json``, or a Model. ``tokens``: ``"15T"`` or a
    number. ``mfu`` (0 to 1), ``hours`` of wall time (or ``"14.8 days"``), ``watts`` per chip at the server's plug (its
    share of host and network in) and ``pue`` replace what would be predicted. ``batch_tokens``: tokens of a step. The
    time follows from the operations of a step on the best layout, slowed as published runs are; ``tuned`` takes the run
    as a benchmark's, without that. ``facts``: a catalog, or the user's own file or files of facts.
    Raises WattlineError on bad input.
    """
    draw = read_draws(draws, seed, facts)
    if hours is not None and mfu is not None:
        raise WattlineError("give hours or MFU, not both: each follows from the other")
    if tuned and (hours is not None or mfu is not None):
        raise WattlineError("give tuned, hours or MFU, one of them: each settles the time by itself")
    architecture, device = read_model(model, draw.catalog), load_chip(chip, draw)
    job = Job(
        model=architecture,
        tokens=limited(tokens, "token", "tokens"),
        device=device,
        chips=int(limited(chips, "chip", "chips")),
        precision=read_precision(precision, device),
        sequence=read_sequence(sequence, architecture),
        mfu=None if mfu is None else read_mfu(mfu),
        hours=None if hours is None else limited(hours, "h", "hours"),
        watts=None if watts is None else read_watts(watts, device),
        tuned=tuned,
        batch=None if batch_tokens is None else limited(batch_tokens, "token", "batch-tokens"),
    )
    if job.batch is not None and job.batch < job.sequence:
        raise WattlineError(f"batch-tokens: {number(job.batch)} are less than one sequence of {job.sequence}")
    return _answer(job, site, region, pue, draw, outdoors)


def _answer(
    job: Job, site: str | None, region: str | None, pue: float | str | None, draws: Draws, outdoors: Outdoors
) -> Answer:
    working = Working()
    _fits(job)
    _cite(job, draws)
    compute = training_flops(job.model, job.tokens, job.sequence)
    flops = working.note("work", "training compute", "3 × forward FLOPs per token × tokens", compute, "FLOP")
    wall, used = _time(job, flops, draws, working)
    power = _power(job, used, draws, working)
    where = place(site, region, pue, draws, working, outdoors)
    bill, load, peak = deliver([Phase(power, wall)], where, draws, working)
    return Answer(
        command="train",
        title=f"{job.model.name}, {number(job.tokens)} tokens on {job.chips:,} × {job.device.record.title}",
        inputs=job.inputs(where),
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=wall,
        quantities={"flops": flops, "mfu": used, "chip_hours": wall / 3600 * job.chips, "pue": where.pue},
        reasons=tuple(working.reasons),
        draws=draws,
    )


def _cite(job: Job, draws: Draws) -> None:
    """Put what the run rests on without drawing it among the answer's facts: what was given, and the architecture."""
    if job.mfu is not None:
        cite_given(draws, "mfu", job.mfu, "", "share of peak FLOP/s that does model work")
    if job.hours is not None:
        cite_given(draws, "hours", job.hours, "h", "wall time")
    if job.watts is not None:
        cite_given(draws, "watts", job.watts, "W", "power per chip at the server's plug")
    record = draws.catalog.records("model").get(job.model.key)
    if (
        record is not None and load_model(job.model.key, draws.catalog) == job.model
    ):  # a config.json may bear a catalog's name
        names = (*COUNTS, "total_params", "active_params")
        draws.cite(*(record.facts[name] for name in names if name in record.facts))


def _fits(job: Job) -> None:
    needed = training.chips_to_hold(job.model.total_params, job.device.memory_bytes, job.device.catalog)
    if job.chips < needed:
        raise WattlineError(
            f"{job.model.key} does not fit {job.chips} × {job.device.record.name} in training "
            f"({training.adam_bytes(job.device.catalog):.0f} bytes a parameter); {needed:,} chips or more would hold it"
        )


def _time(job: Job, flops: Array, draws: Draws, working: Working) -> tuple[Array, Array]:
    """Wall seconds and MFU: from hours where given, else from the given or predicted MFU."""
    if job.hours is not None:
        return _time_given(job, job.hours, flops, working)
    used = _used(job, draws, working)
    wall = training.duration_s(flops, job.chips, job.peak_flops, used)
    longest = float(np.max(wall)) / 3600
    if longest > LIMITS["hours"][1]:
        raise WattlineError(
            f"the run would take up to {number(longest * HOUR_S / YEAR_S)} years on "
            f"{job.chips:,} × {job.device.record.name}; check tokens, chips and MFU"
        )
    return working.note("chip", "wall time", "FLOPs / (chips × peak × MFU)", wall, "s"), used


def _time_given(job: Job, hours: float, flops: Array, working: Working) -> tuple[Array, Array]:
    wall = working.note("chip", "wall time", "given", hours * 3600, "s")
    used = training.implied_mfu(flops, job.chips, job.peak_flops, wall)
    if np.max(used) > 1:
        raise WattlineError(
            f"hours: {hours:g} would take {float(np.max(used)):.2g} times the chips' peak FLOP/s; "
            "check hours, tokens and chips"
        )
    return wall, working.note("chip", "MFU", "FLOPs / (chips × peak × wall time)", used, "")


def _used(job: Job, draws: Draws, working: Working) -> Array:
    """The MFU given, or what to expect."""
    if job.mfu is not None:
        return working.note("chip", "MFU", "given", job.mfu, "")
    if job.tuned:
        plan = job.tuned_step.plan
        _tell_step(job.tuned_step, working)
        used = tuned_mfu(job.model, job.device, plan, job.precision, draws)
        formula = "FLOPs of a step / (chips × peak × its time × evaluation and logging)"
        return working.note("chip", "MFU", formula, used, "")
    run = job.produced
    _tell_step(run.step, working)
    working.note("chip", "slowness of production beside the tuned step", "factors fitted to runs", run.slowness, "")
    formula = "FLOPs of a step / (chips × peak × its time × slowness × spread of runs)"
    return working.note("chip", "MFU", formula, run.mfu, "")


def _tell_step(step: TrainingStep, working: Working) -> None:
    """The layout, the step's time, and where it goes."""
    working.note("chip", "tuned training step", str(step.plan), step.time_s, "s")
    for name, part in step.parts_s.items():
        working.note("chip", f"step: {name}", "from its operations", part, "s")


def _power(job: Job, used: Array, draws: Draws, working: Working) -> dict[str, Array]:
    device = job.device
    goodput = np.asarray(1.0) if job.tuned else draws.own("fit.training-goodput")
    active, how = _active_power(job, used, draws)
    predicted = training.power_by_part(job.chips, active, device.idle_w, device.host_w, device.network_w, goodput)
    if job.watts is not None:
        working.note("server", "power per chip at the server's plug", "given", job.watts, "W")
        return training.split_measured(np.asarray(job.watts * job.chips), predicted)
    working.note("chip", "power of a chip at work", how, active, "W")
    working.note("server", "host's power per chip", "host watts / chips a node", device.host_w, "W")
    working.note("server", "network's power per chip", "share of switches and optics", device.network_w, "W")
    return predicted


def _active_power(job: Job, used: Array, draws: Draws) -> tuple[Array, str]:
    """Watts of a chip at work at this MFU, and how they follow."""
    if job.tuned:
        return tuned_power_w(job.device, job.tuned_step, draws), "joules of a step's operations / its time"
    if not power_is_measured(job.device):
        return training_power_w(job.device, draws), "TDP × measured fraction of TDP in training"
    run = at_mfu(job.shape, job.device, job.central, job.precision, used)
    how = "static power + what a step's joules add, less as the run is slower"
    return production_power_w(job.device, run, draws), how
