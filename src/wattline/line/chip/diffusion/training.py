"""A step of training a model of images or video: forward and backward passes of its denoiser, gradients exchanged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.device import Chip
from wattline.line.chip.diffusion.coefficients import diffusion_fit
from wattline.line.chip.diffusion.rates import chip_rates
from wattline.line.chip.diffusion.run import Engine, run_stage
from wattline.line.chip.diffusion.stage import pass_stage
from wattline.line.work.diffusion.tally import Pass

WIDE = ("bf16", "fp16")


@dataclass(frozen=True, eq=False)
class DiffusionStep:
    """Seconds of a step, its compute and its exchange of gradients and weights, and watts of a chip."""

    time_s: Array
    compute_s: Array
    exchange_s: Array
    power_w: Array


def diffusion_training_step(
    forward: Pass, chip: Chip, chips: int, batch: float, draws: Draws, *, precision: str = "", frozen: bool = False
) -> DiffusionStep:
    """A step of a denoiser whose batch is spread evenly over chips, with its launches replayed as a graph.

    Parameters
    ----------
    forward : of the denoiser for one image or video; the passes in reverse take twice as much
    chip : type of chip
    chips : in all
    batch : images or videos of the step
    draws : of the facts' ranges
    precision : number format of products; empty for that of the chip's benchmarks, 8 bits on Blackwell
    frozen : whether the weights stand still beside adapters, whose gradients alone are exchanged

    Returns time and power, scalar or ``(n_draws,)``.
    """
    share = _of("diffusion-training-share", chip, draws)
    if float(forward.flops("convolution")) < float(forward.flops("product")):
        narrow = "diffusion-training-transformer-share"
        share = share * (draws(f"fit.{narrow}") if precision in WIDE else _of(narrow, chip, draws))
    fit = diffusion_fit(chip.generation, draws.central())
    rates = chip_rates(chip, fit, draws.catalog.fact("fit.diffusion-limit-exponent").value)
    graph = Engine(0.0, draws("fit.diffusion-tensorrt-traffic"))
    own_batch = batch / chips
    run = run_stage(pass_stage(forward, max(own_batch, 1.0)), rates, fit, graph)
    passes = 1.0 + draws("fit.diffusion-training-reverse") / (1.0 + frozen)  # no gradient of a weight that stands
    compute = np.asarray(passes * run.time_s * share * min(own_batch, 1.0))
    moved = forward.parameters * draws("fit.diffusion-training-exchange-bytes") * (chips > 1 and not frozen)
    exchange = np.asarray(moved / chip.link_bytes_per_s)
    time = np.asarray(compute + exchange + draws("fit.diffusion-training-step-s", "s"))
    watts = (run.power_w * compute + fit.link_power * chip.tdp_w * (time - compute)) / time
    return DiffusionStep(time, compute, exchange, np.asarray(np.minimum(watts, chip.tdp_w)))


def _of(name: str, chip: Chip, draws: Draws) -> Array:
    """A factor of the chip's generation, or of any."""
    own = f"{name}-{chip.generation}"
    return draws(f"fit.{own if own in draws.catalog.records('fit') else name}")
