"""``train`` of a model of images or video: steps of its denoiser, slower as usual runs are, and their bill."""

from __future__ import annotations

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number
from wattline.core.units import HOUR_S
from wattline.line.chip.coefficients import fact_name
from wattline.line.chip.diffusion.coefficients import was_measured
from wattline.line.chip.diffusion.training import diffusion_training_step
from wattline.line.chip.training.production import power_is_measured
from wattline.line.engine import training
from wattline.predict.answer import Answer, Working
from wattline.predict.cite import cite_given
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import find_facility
from wattline.predict.making import with_making
from wattline.predict.media.answer import reading
from wattline.predict.media.request import WORDS
from wattline.predict.media.training_run import MediaRun
from wattline.predict.prices import notes_of
from wattline.predict.rented import chip_price_notes, rental_notes
from wattline.predict.training_quantities import training_quantities
from wattline.predict.where import Where


def media_training_answer(run: MediaRun, where: Where, draws: Draws) -> Answer:
    """The answer of a training run of images or video that is read already.

    Parameters
    ----------
    run : as it was read
    where : where it runs
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the answer. Raises WattlineError where the hours given are fewer than the chips' peak takes.
    """
    working = Working()
    flops = _flops(run, working)
    wall, active_w = _time_and_watts(run, flops, draws, working)
    peak_flops = run.chip.peak_flops(run.precision)
    used = working.note(
        "chip", "MFU", "FLOPs / (chips × peak × time)", training.implied_mfu(flops, run.chips, peak_flops, wall), ""
    )
    if float(np.max(used)) > 1:
        raise WattlineError("hours: fewer than the chips' peak FLOP/s takes; check hours, samples and chips")
    facility = find_facility(where, draws, working)
    phase = Phase(_power(run, active_w, draws, working), wall)
    bill, load, peak = deliver([phase], facility, draws, working)
    chip_s = np.asarray(wall * run.chips)
    bill = with_making(bill, run.chip, chip_s, where, draws, working)
    word = WORDS[run.model.makes][1]
    made = f"{run.width:.0f} × {run.height:.0f}"
    quantities = training_quantities(flops, used, run.chip, chip_s, run.price, draws)
    return Answer(
        command="train",
        title=f"{run.model.name}, {number(run.samples)} {word} of {made} on {run.chips:,} × {run.chip.record.title}",
        inputs=run.inputs() | facility.inputs(),
        more={"model": reading(run.model, run.passes)},
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=wall,
        quantities=quantities | {"pue": facility.pue},
        reasons=tuple(working.reasons),
        draws=draws,
        notes=(
            *rental_notes(run.chip),
            *chip_price_notes(run.price, "chip_hours_usd" in quantities),
            f"text and {word} stand encoded, as is usual; encoding them, evaluation and data on the way are left out",
            *notes_of(where, bill.follows["cost_usd"], facility.hours),
        ),
        warnings=_warnings(run, draws),
    )


def _flops(run: MediaRun, working: Working) -> Array:
    """A forward pass for each sample, and the passes in reverse: twice as much, or once beside frozen weights."""
    frozen = run.method != "full"
    formula = f"{2 if frozen else 3} × forward FLOPs of the denoiser × samples"
    each = run.passes.denoiser.total_flops
    return working.note("work", "training compute", formula, each * (2 if frozen else 3) * run.samples, "FLOP")


def _time_and_watts(run: MediaRun, flops: Array, draws: Draws, working: Working) -> tuple[Array, Array]:
    """Seconds of the run, and watts of a chip at work in it."""
    step = diffusion_training_step(
        run.passes.denoiser, run.chip, run.chips, run.batch, draws, precision=run.precision, frozen=run.method != "full"
    )
    working.note("chip", "step of a tuned run: compute", "its passes", step.compute_s, "s")
    working.note("chip", "step of a tuned run: exchange", "bytes a parameter / links", step.exchange_s, "s")
    tuned = np.asarray(step.time_s * draws("fit.diffusion-training-spread") * run.samples / run.batch)
    if run.hours is not None:
        cite_given(draws, "hours", run.hours, "h", "wall time")
        wall = working.note("chip", "wall time", "given", run.hours * HOUR_S, "s")
    elif run.mfu is not None:
        cite_given(draws, "mfu", run.mfu, "", "share of peak FLOP/s that does model work")
        wall = training.duration_s(flops, run.chips, run.chip.peak_flops(run.precision), run.mfu)
        wall = working.note("chip", "wall time", "FLOPs / (chips × peak × MFU)", wall, "s")
    else:
        slower = np.asarray(1.0) if run.tuned else draws("fit.diffusion-training-production")
        working.note("chip", "slowness of usual runs beside the tuned step", "estimated", slower, "")
        wall = working.note("chip", "wall time", "steps × step × slowness", tuned * slower, "s")
    slowness = np.asarray(wall / tuned)
    static = run.chip.idle_w
    if power_is_measured(run.chip):
        static = run.chip.tdp_w * draws(f"fit.{fact_name('static_power', run.chip.generation)}")
    above = np.maximum(step.power_w - static, 0.0) * np.maximum(slowness, 1.0) ** -draws("fit.training-slow-power")
    watts = np.clip(static + above, np.minimum(run.chip.idle_w, run.chip.tdp_w), run.chip.tdp_w)
    return wall, working.note("chip", "power of a chip at work", "joules of a step, less as it is slower", watts, "W")


def _power(run: MediaRun, active_w: Array, draws: Draws, working: Working) -> dict[str, Array]:
    """Mean power of the run by part."""
    chip, goodput = run.chip, np.asarray(1.0) if run.tuned else draws.own("fit.training-goodput")
    predicted = training.power_by_part(run.chips, active_w, chip.idle_w, chip.host_w, chip.network_w, goodput)
    if run.watts is None:
        return predicted
    cite_given(draws, "watts", run.watts, "W", "power per chip at the server's plug")
    working.note("server", "power per chip at the server's plug", "given", run.watts, "W")
    return training.split_measured(np.asarray(run.watts * run.chips), predicted)


def _warnings(run: MediaRun, draws: Draws) -> tuple[str, ...]:
    notes = []
    if not was_measured(run.chip.generation, draws):
        notes.append(f"no images or video were measured on chips such as {run.chip.record.name}: a wide range")
    if run.method != "full":
        notes.append("no run of adapters of a model of images is among those that this prediction was held against")
    return tuple(notes)
