"""``train``: what a training run takes, from model, tokens and chips; the measured replaces the predicted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline import catalog
from wattline.chip.device import Chip, load_chip
from wattline.chip.training_step import Plan, best_plan, training_step, tuned_mfu
from wattline.chip.utilisation import predicted_mfu, training_power_w
from wattline.draws import Draws
from wattline.engine import training
from wattline.errors import WattlineError
from wattline.fact import Array
from wattline.quantity import number, parse
from wattline.scenario.answer import Answer, Working
from wattline.scenario.line import Outdoors, Phase, Place, cite_given, deliver, place
from wattline.work.flops import BYTES, training_flops
from wattline.work.model import COUNTS, Model, load_model
from wattline.work.training import TRAINING_FORMATS, hidden_of_size, usual_sequence

LIMITS = {"tokens": (1.0, 1e18), "chips": (1.0, 1e8), "hours": (1e-6, 1e6)}
# what of a chip a training format needs; 16-bit floats of either kind count as one
NEEDS = {"bf16": "fp16", "fp16": "fp16", "fp8": "fp8", "nvfp4": "fp4", "tf32": "tf32", "fp32": "fp32"}


@dataclass(frozen=True, eq=False)
class Job:
    """A run as it was asked for, read and checked; what the user did not give is None."""

    model: Model
    tokens: float
    device: Chip
    chips: int
    precision: str
    sequence: int
    mfu: float | None
    hours: float | None
    watts: float | None
    tuned: bool = False

    @property
    def peak_flops(self) -> float:
        return self.device.peak_flops(self.precision)

    def inputs(self, where: Place) -> dict[str, Any]:
        """What was asked, as an answer tells it."""
        asked = {
            "model": self.model.key,
            "tokens": self.tokens,
            "chip": self.device.record.name,
            "chips": self.chips,
            "precision": self.precision,
            "sequence_tokens": self.sequence,
            **({"tuned": True} if self.tuned else {}),
        }
        given = {"mfu": self.mfu, "hours": self.hours, "watts": self.watts}
        return asked | {name: value for name, value in given.items() if value is not None} | where.inputs()


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
    tuned: bool = False,
    draws: int | Draws = 2000,
    seed: int = 0,
) -> Answer:
    """Hours, energy, cost and CO2e of a training run, with range.

    ``model``: a catalog name, the path of a Hugging Face ``config.json``, or a Model. ``tokens``: ``"15T"`` or a
    number. ``mfu`` (0 to 1), ``hours`` of wall time (or ``"14.8 days"``), ``watts`` per chip at the server's plug (its
    share of host and network in) and ``pue`` replace what would be predicted. ``tuned`` takes the
    run as a benchmark's: worked out from the operations of a step on the best even layout, without stalls. Raises
    WattlineError on bad input.
    """
    draw = draws if isinstance(draws, Draws) else Draws(draws, seed)
    if hours is not None and mfu is not None:
        raise WattlineError("give hours or MFU, not both: each follows from the other")
    if tuned and (hours is not None or mfu is not None):
        raise WattlineError("give tuned, hours or MFU, one of them: each settles the time by itself")
    architecture, device = read_model(model), load_chip(chip, draw)
    job = Job(
        model=architecture,
        tokens=limited(tokens, "token", "tokens"),
        device=device,
        chips=int(limited(chips, "chip", "chips")),
        precision=_precision(precision, device),
        sequence=_sequence(sequence, architecture),
        mfu=None if mfu is None else _mfu(mfu),
        hours=None if hours is None else limited(hours, "h", "hours"),
        watts=None if watts is None else _watts(watts, device),
        tuned=tuned,
    )
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
    power = _power(job, draws, working)
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
    record = catalog.records("model").get(job.model.key)
    if record is not None and load_model(job.model.key) == job.model:  # a config.json may bear a catalog's name
        names = (*COUNTS, "total_params", "active_params")
        draws.cite(*(record.facts[name] for name in names if name in record.facts))


def read_model(model: str | Path | Model) -> Model:
    """A catalog name, or the path of a ``config.json``."""
    if isinstance(model, Model):
        return model
    if isinstance(model, Path) or str(model).endswith(".json"):
        from wattline.work.config_json import model_from_config

        return model_from_config(Path(model))
    return load_model(model)


def limited(value: str | float, unit: str, what: str) -> float:
    """A positive number within what is sensible on this planet."""
    result = parse(value, unit, what)
    least, most = LIMITS[what]
    if not least <= result <= most:
        raise WattlineError(f"{what}: {number(result)} makes no sense; take {least:g} to {number(most)}")
    if what == "chips" and result != int(result):
        raise WattlineError(f"chips: {value} is not a whole number")
    return result


def check_precision(precision: str) -> str:
    """A number format by name."""
    if precision not in BYTES:
        raise WattlineError(f"unknown number format {precision!r}; take one of {', '.join(BYTES)}")
    return precision


def _precision(precision: str | None, device: Chip) -> str:
    """A format that this chip trains in; 16 bits where none is asked for."""
    if precision is None:
        return "bf16"
    form, name = check_precision(precision), device.record.name
    has = [each for each in TRAINING_FORMATS if f"{NEEDS[each]}_flops" in device.record.facts]
    if form in has:
        return form
    why = "is no format to train in" if form not in TRAINING_FORMATS else f"is not among what {name} computes in"
    raise WattlineError(f"{form} {why}; {name} trains in {', '.join(has)}")


def _mfu(mfu: float | str) -> float:
    given = parse(mfu, "", "MFU")
    if given > 1:
        raise WattlineError(f"MFU {given:g} is above 1; give a fraction such as 0.4")
    return given


def _sequence(sequence: int | str | None, model: Model) -> int:
    if sequence is None:
        return usual_sequence(model)
    length = parse(sequence, "token", "sequence")
    if length > 1e8 or length != int(length):
        raise WattlineError(f"sequence: {sequence} is not a whole number of tokens up to 100 million")
    return int(length)


def _fits(job: Job) -> None:
    needed = training.chips_to_hold(job.model.total_params, job.device.memory_bytes)
    if job.chips < needed:
        raise WattlineError(
            f"{job.model.key} does not fit {job.chips} × {job.device.record.name} in training "
            f"({training.ADAM_BYTES_PER_PARAM:.0f} bytes a parameter); {needed:,} chips or more would hold it"
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
            f"the run would take up to {number(longest / 8766)} years on {job.chips:,} × {job.device.record.name}; "
            "check tokens, chips and MFU"
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
        plan = _plan(job)
        used = tuned_mfu(job.model, job.device, plan, job.precision, draws)
        layout = f"tensor {plan.tensor} × pipeline {plan.pipeline} × data {plan.data}, {plan.sequences:,} sequences"
        return working.note("chip", "MFU", f"Σ operations of a step at {layout}", used, "")
    hidden = job.model.hidden or hidden_of_size(job.model.active_params)
    used = predicted_mfu(job.device, hidden, job.model.year, job.precision, draws)
    formula = "reachable / (1 + slowing × peak / bandwidth / hidden) × spread of runs"
    return working.note("chip", "MFU", formula, used, "")


def _plan(job: Job) -> Plan:
    if not job.model.architecture_known:
        raise WattlineError(f"{job.model.key}: its architecture was never published, so no step can be worked out")
    return best_plan(job.model, job.device, job.chips, job.sequence, job.precision)


def _watts(watts: float | str, device: Chip) -> float:
    """Watts per chip at the server's plug, between what it takes idle and three times its TDP."""
    given, name = parse(watts, "W", "watts"), device.record.name
    if given > 3 * float(np.max(device.tdp_w)):
        raise WattlineError(f"watts: {given:g} W per {name} is more than three times its TDP; give watts per chip")
    if given < device.record["idle_w"].low:
        raise WattlineError(f"watts: {given:g} W per {name} is less than it takes idle; give watts per chip at work")
    return given


def _power(job: Job, draws: Draws, working: Working) -> dict[str, Array]:
    device = job.device
    goodput = np.asarray(1.0) if job.tuned else draws.own("fit.training-goodput")
    active = training_power_w(device, draws)
    if job.tuned:
        active = training_step(job.model, device, _plan(job), job.precision, draws).power_w
    predicted = training.power_by_part(job.chips, active, device.idle_w, device.host_w, device.network_w, goodput)
    if job.watts is not None:
        working.note("server", "power per chip at the server's plug", "given", job.watts, "W")
        return training.split_measured(np.asarray(job.watts * job.chips), predicted)
    working.note("chip", "power of a chip at work", "TDP × measured fraction of TDP in training", active, "W")
    working.note("server", "host's power per chip", "host watts / chips a node", device.host_w, "W")
    working.note("server", "network's power per chip", "share of switches and optics", device.network_w, "W")
    return predicted
