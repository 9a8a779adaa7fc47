"""Time and power of the stages on one kind of chip.

A pass takes the longer of the host's launches and the chip's work (smoothly joined), for an eager host runs ahead of
the chip; the chip's work is the sum of its kernels. Power is that of each kind of kernel by its time, at most TDP; a
chip that waits for a part of the time takes less than in proportion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.diffusion.coefficients import DiffusionFit
from wattline.line.chip.diffusion.stage import Stage

USUAL_FLOPS, USUAL_MEMORY = 1e15, 3.35e12  # nameplates at which efficiencies are told
USUAL_PORTABLE = 0.62  # of the usual nameplate, which matrix instructions of earlier generations reach
JOIN = 3.0  # how sharply the longer of host and chip prevails
BEND = 0.05  # how smoothly a ring's exchange comes out from behind its cover, as a share of it
LIMIT = 12.0  # how sharply power bends at TDP


@dataclass(frozen=True, eq=False)
class ChipRates:
    """A chip's nameplate: 16-bit FLOP/s, those of matrix instructions of earlier generations, bytes/s of memory and of
    links, watts."""

    flops: Array
    portable: Array
    memory: Array
    link: Array
    tdp_w: Array


@dataclass(frozen=True, eq=False)
class Engine:
    """What software makes of the eager work: kernels launched and elementwise traffic as a share of eager's, speed of
    products and convolutions beside 16-bit eager ones, whether its host is that of 2024, and whether it is ``tuned``: a
    chip faster than the usual one reaches the usual share of its nameplate, of which eager kernels lose a part."""

    launches: Array | float = 1.0
    traffic: Array | float = 1.0
    product_speed: Array | float = 1.0
    convolution_speed: Array | float = 1.0
    attention_speed: Array | float = 1.0
    old: Array | float = 0.0
    tuned: Array | float = 0.0


@dataclass(frozen=True, eq=False)
class StageRun:
    """What a stage took: seconds in all, mean watts of all chips, and seconds of each chip by what it did."""

    time_s: Array
    power_w: Array
    by_kind_s: Mapping[str, Array]

    @property
    def energy_j(self) -> Array:
        """Joules of all chips."""
        return np.asarray(self.time_s * self.power_w)


def run_stage(stage: Stage, rates: ChipRates, fit: DiffusionFit, engine: Engine) -> StageRun:
    """Time and power of a stage.

    Parameters
    ----------
    stage : what each pass does on each chip, and how often
    rates : the chip's nameplate
    fit : coefficients of its generation
    engine : what software makes of it

    Returns numeric values that broadcast over all of them.
    """
    kinds = busy_times(stage, rates, fit, engine)
    busy = np.asarray(sum(kinds.values()))
    launch = np.where(np.asarray(engine.old) > 0, fit.old_launch_s, fit.launch_s)
    host = np.asarray(launch * _launches(stage, fit) * engine.launches)
    longest = np.maximum(np.maximum(busy, host), 1e-12)
    time = np.maximum(longest * ((busy / longest) ** JOIN + (host / longest) ** JOIN) ** (1 / JOIN), 1e-12)
    power_of = {
        "product": fit.product_power,
        "attention": fit.attention_power,
        "convolution": fit.convolution_power,
        "traffic": fit.traffic_power,
        "links": fit.link_power,
    }
    time = np.asarray(time + stage.pixels * fit.picture_s)
    wait = np.maximum(time - busy, 0.0)
    working = np.asarray(sum(kinds[name] * power_of[name] for name in kinds)) / np.maximum(busy, 1e-12)
    duty = np.minimum(busy / time, 1.0) ** fit.duty_exponent
    share = fit.host_power + (working - fit.host_power) * duty
    share = share / (1 + share**LIMIT) ** (1 / LIMIT)
    idle = np.maximum(stage.all_chips - stage.chips, 0.0)
    power = rates.tdp_w * (share * stage.chips + fit.wait_power * idle)
    by_kind = {name: np.asarray(value * stage.runs) for name, value in {**kinds, "host": wait}.items()}
    return StageRun(np.asarray(time * stage.runs), np.asarray(power), by_kind)


def _launches(stage: Stage, fit: DiffusionFit) -> Array:
    """Kernels that the host launches for a pass, those of its split and of the step around it among them."""
    split = (stage.ulysses * stage.ring > 1) * fit.split_launches
    ulysses = (stage.ulysses > 1) * fit.ulysses_launches
    ring = fit.ring_launches * (stage.ring - 1)
    layers = stage.layers * (split + ulysses + ring)
    return np.asarray(stage.launches + stage.further_launches * fit.step_launches + layers)


def busy_times(stage: Stage, rates: ChipRates, fit: DiffusionFit, engine: Engine) -> dict[str, Array]:
    """Seconds of a pass by kind of kernel, on one chip.

    Parameters
    ----------
    stage : what the pass does, by kind of kernel
    rates : nameplate of the chip [FLOP/s, B/s]
    fit : coefficients, scalars or ``(n_draws,)``
    engine : how it runs kernels, beside eager mode

    Returns seconds by kind of kernel, of the shape that ``stage`` and ``fit`` broadcast to.
    """
    # a faster chip reaches less of its nameplate: its kernels wait more for what is not arithmetic
    flops = rates.flops * _reached(rates.flops / USUAL_FLOPS, fit.rate_exponent, engine)
    memory = rates.memory * _reached(rates.memory / USUAL_MEMORY, fit.memory_exponent, engine) * fit.traffic_efficiency
    attention = stage.wide_attention / fit.attention_efficiency + stage.small_attention / fit.small_attention_efficiency
    traffic = stage.traffic * engine.traffic + stage.weights + stage.merged * fit.merge_bytes
    attending = np.asarray(attention / (_attention_flops(rates, engine) * engine.attention_speed))
    return {
        "product": np.asarray(stage.product / (flops * fit.product_efficiency * engine.product_speed)),
        "attention": attending,
        "convolution": np.asarray(
            (stage.convolution / fit.convolution_efficiency + stage.decoding / fit.decoder_efficiency)
            / (flops * engine.convolution_speed)
        ),
        "traffic": np.asarray(traffic / memory),
        "links": np.asarray(
            stage.exchanged / fit.exchange_efficiency / rates.link + _ring(stage, attending, rates, fit)
        ),
    }


def _ring(stage: Stage, attending: Array, rates: ChipRates, fit: DiffusionFit) -> Array:
    """Seconds of a ring's exchange that show. Each piece is sent on while attention works on the one before: the longer
    the tokens of a chip, the more of it hides; a part of it shows always."""
    sent = np.asarray(stage.ringed / fit.ring_efficiency / rates.link)
    cover = fit.ring_cover * attending * (stage.ring - 1) / np.maximum(stage.ring, 1.0)
    rest = (1.0 - fit.ring_shown) * sent - cover
    bare = (rest + np.sqrt(rest**2 + (BEND * sent) ** 2)) / 2  # what is longer than its cover, smoothly
    return np.asarray(fit.ring_shown * sent + bare)


def _attention_flops(rates: ChipRates, engine: Engine) -> Array:
    """Eager attention is written in matrix instructions that chips of earlier generations have too, which later ones
    run at a smaller share of their peak; tuned kernels reach the usual chip's share of any."""
    lost = np.maximum(rates.flops * USUAL_PORTABLE / rates.portable, 1.0)
    return np.asarray(rates.portable * lost**engine.tuned)


def _reached(beside_usual: Array, exponent: Array, engine: Engine) -> Array:
    """Share of a nameplate that is reached, beside that of the usual one."""
    regained = np.maximum(beside_usual, 1.0) ** (exponent * engine.tuned)
    return np.asarray(beside_usual**-exponent * regained)


def run_stages(stages: Mapping[str, Stage], rates: ChipRates, fit: DiffusionFit, engine: Engine) -> dict[str, StageRun]:
    """Each stage's time and power, by name.

    Parameters
    ----------
    stages : what each does, by name
    rates : the chip's nameplate
    fit : coefficients of its generation
    engine : what software makes of it

    Returns time and power of each stage, by name.
    """
    return {name: run_stage(stage, rates, fit, engine) for name, stage in stages.items()}


def total(runs: Mapping[str, StageRun]) -> tuple[Array, Array]:
    """Seconds of all stages one after the other, and joules of all chips.

    Parameters
    ----------
    runs : each stage's time and power, by name

    Returns seconds [s] and joules [J], numeric.
    """
    return (
        np.asarray(sum(run.time_s for run in runs.values())),
        np.asarray(sum(run.energy_j for run in runs.values())),
    )
