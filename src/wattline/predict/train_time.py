"""How long a training run takes, and the power that it draws by part."""

from __future__ import annotations

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number
from wattline.core.units import HOUR_S, YEAR_S
from wattline.line.chip.training.production import (
    at_mfu,
    power_is_measured,
    production_power_w,
    training_power_w,
    tuned_power_w,
)
from wattline.line.chip.training.step import TrainingStep, tuned_mfu
from wattline.line.engine import training
from wattline.line.work.scaled import ASSUMED
from wattline.predict.answer import Working
from wattline.predict.training_run import TrainingRun
from wattline.predict.training_work import LIMITS

SPREAD = "fit.assumed-model-spread"


def run_time(run: TrainingRun, flops: Array, draws: Draws, working: Working) -> tuple[Array, Array]:
    """The run's duration, and the model FLOPs utilisation that it comes to: worked out, or from the hours that were
    given.

    Parameters
    ----------
    run : as it was read
    flops : of the whole run, shape ``(n_draws,)``
    draws : of the facts; what rests on them has shape ``(n_draws,)``
    working : in which each step is written down

    Returns duration [s] and utilisation, shape ``(n_draws,)``. Raises WattlineError where it would take longer than any
    run does, or the hours given are too few.
    """
    if run.hours is not None:
        return _time_given(run, run.hours, flops, working)
    used = _used(run, draws, working)
    if run.model.family == ASSUMED and run.mfu is None:
        used = working.note("chip", "MFU", "of models of this size, however they are built", used / draws(SPREAD), "")
    wall = training.duration_s(flops, run.chips, run.peak_flops, used)
    longest = float(np.max(wall)) / HOUR_S
    if longest > LIMITS["hours"][1]:
        raise WattlineError(
            f"the run would take up to {number(longest * HOUR_S / YEAR_S)} years on "
            f"{run.chips:,} × {run.device.record.name}; check tokens, chips and MFU"
        )
    return working.note("chip", "wall time", "FLOPs / (chips × peak × MFU)", wall, "s"), used


def _time_given(run: TrainingRun, hours: float, flops: Array, working: Working) -> tuple[Array, Array]:
    wall = working.note("chip", "wall time", "given", hours * HOUR_S, "s")
    used = training.implied_mfu(flops, run.chips, run.peak_flops, wall)
    if np.max(used) > 1:
        raise WattlineError(
            f"hours: {hours:g} would take {float(np.max(used)):.2g} times the chips' peak FLOP/s; "
            "check hours, tokens and chips"
        )
    return wall, working.note("chip", "MFU", "FLOPs / (chips × peak × wall time)", used, "")


def _used(run: TrainingRun, draws: Draws, working: Working) -> Array:
    """The MFU given, or what to expect."""
    if run.mfu is not None:
        return working.note("chip", "MFU", "given", run.mfu, "")
    if run.tuned:
        plan = run.tuned_step.plan
        _tell_step(run.tuned_step, working)
        used = tuned_mfu(run.model, run.device, plan, run.precision, draws)
        formula = "FLOPs of a step / (chips × peak × its time × evaluation and logging)"
        return working.note("chip", "MFU", formula, used, "")
    produced = run.produced
    _tell_step(produced.step, working)
    working.note(
        "chip", "slowness of production beside the tuned step", "factors fitted to runs", produced.slowness, ""
    )
    formula = "FLOPs of a step / (chips × peak × its time × slowness × spread of runs)"
    return working.note("chip", "MFU", formula, produced.mfu, "")


def _tell_step(step: TrainingStep, working: Working) -> None:
    """The layout, the step's time, and where it goes."""
    working.note("chip", "tuned training step", str(step.plan), step.time_s, "s")
    for name, part in step.parts_s.items():
        working.note("chip", f"step: {name}", "from its operations", part, "s")


def run_power(run: TrainingRun, used: Array, draws: Draws, working: Working) -> dict[str, Array]:
    """Mean power of the run by part, chips' from the utilisation or from the watts that were given.

    Parameters
    ----------
    run : as it was read
    used : model FLOPs utilisation, shape ``(n_draws,)``
    draws : of the facts; what rests on them has shape ``(n_draws,)``
    working : in which each step is written down

    Returns power by part, shape ``(n_draws,)`` [W].
    """
    device = run.device
    goodput = np.asarray(1.0) if run.tuned else draws.own("fit.training-goodput")
    active, how = _active_power(run, used, draws)
    predicted = training.power_by_part(run.chips, active, device.idle_w, device.host_w, device.network_w, goodput)
    if run.watts is not None:
        working.note("server", "power per chip at the server's plug", "given", run.watts, "W")
        return training.split_measured(np.asarray(run.watts * run.chips), predicted)
    working.note("chip", "power of a chip at work", how, active, "W")
    working.note("server", "host's power per chip", "host watts / chips a node", device.host_w, "W")
    working.note("server", "network's power per chip", "share of switches and optics", device.network_w, "W")
    return predicted


def _active_power(run: TrainingRun, used: Array, draws: Draws) -> tuple[Array, str]:
    """Watts of a chip at work at this MFU, and how they follow."""
    if run.tuned:
        return tuned_power_w(run.device, run.tuned_step, draws), "joules of a step's operations / its time"
    if not power_is_measured(run.device):
        return training_power_w(run.device, draws), "TDP × measured fraction of TDP in training"
    rate = at_mfu(run.shape, run.device, run.central, run.precision, used)
    how = "static power + what a step's joules add, less as the run is slower"
    return production_power_w(run.device, rate, draws), how
