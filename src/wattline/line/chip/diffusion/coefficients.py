"""The coefficients of making images and video, by chip generation: each a fact ``fit.diffusion-NAME-GENERATION``, or
``fit.diffusion-NAME`` for a generation that was never measured."""

from __future__ import annotations

from dataclasses import dataclass

from wattline.catalog.draws import Draws
from wattline.core.fact import Array


@dataclass(frozen=True)
class DiffusionPrior:
    """What a coefficient is thought to be before any fit: its value, the width of that thought (of its log), how far
    generations differ (0: one for all), its unit and meaning."""

    value: float
    width: float
    apart: float
    unit: str
    about: str


DIFFUSION_PRIORS: dict[str, DiffusionPrior] = {
    "product_efficiency": DiffusionPrior(0.6, 0.3, 0.25, "", "share of the 16-bit peak that products reach"),
    "attention_efficiency": DiffusionPrior(
        0.6, 0.3, 0.25, "", "share of its matrix instructions' rate that attention with heads of 128 reaches"
    ),
    "small_attention_efficiency": DiffusionPrior(
        0.5, 0.3, 0.25, "", "share of its matrix instructions' rate that attention with smaller heads reaches"
    ),
    "convolution_efficiency": DiffusionPrior(0.4, 0.4, 0.25, "", "share of the 16-bit peak that convolutions reach"),
    "decoder_efficiency": DiffusionPrior(
        0.3, 0.5, 0.25, "", "share of the 16-bit peak that a decoder's convolutions reach"
    ),
    "traffic_efficiency": DiffusionPrior(
        0.6, 0.3, 0.25, "", "share of memory bandwidth that elementwise kernels reach"
    ),
    "rate_exponent": DiffusionPrior(
        0.2, 0.5, 0.0, "", "by which efficiency falls with the power of the chip's 16-bit peak"
    ),
    "memory_exponent": DiffusionPrior(
        0.3, 0.5, 0.0, "", "by which efficiency falls with the power of the chip's memory bandwidth"
    ),
    "launch_s": DiffusionPrior(18e-6, 0.5, 0.25, "s", "host's time to launch a kernel in eager mode, software of 2025"),
    "old_launch_s": DiffusionPrior(
        30e-6, 0.5, 0.25, "s", "host's time to launch a kernel in eager mode, software of 2024"
    ),
    "split_launches": DiffusionPrior(13.0, 0.7, 0.0, "", "more launches a layer where its tokens are split over chips"),
    "ulysses_launches": DiffusionPrior(25.0, 0.7, 0.0, "", "more launches a layer to exchange heads for tokens"),
    "ring_launches": DiffusionPrior(15.0, 0.7, 0.0, "", "more launches a layer for each further piece of a ring"),
    "exchange_efficiency": DiffusionPrior(
        0.2, 0.7, 0.4, "", "share of link bandwidth that exchanges of heads for tokens reach"
    ),
    "ring_efficiency": DiffusionPrior(0.25, 0.7, 0.4, "", "share of link bandwidth that pieces of a ring reach"),
    "ring_shown": DiffusionPrior(
        0.3, 0.1, 0.0, "", "share of a ring's exchange that shows always: its kernels take part of the chip from others"
    ),
    "ring_cover": DiffusionPrior(
        5.0, 0.1, 0.0, "", "time of a ring's pieces that its exchange hides behind, as a multiple of their attention's"
    ),
    "merge_bytes": DiffusionPrior(30.0, 0.7, 0.0, "B", "traffic to merge a value of one piece of a ring's attention"),
    "step_launches": DiffusionPrior(60.0, 0.7, 0.0, "", "launches of a step beside the network: scheduler, guidance"),
    "picture_s": DiffusionPrior(10e-9, 0.7, 0.0, "s", "host's time to turn a pixel into a picture's"),
    "product_power": DiffusionPrior(1.0, 0.2, 0.25, "", "power while products run, as a fraction of TDP"),
    "attention_power": DiffusionPrior(0.95, 0.2, 0.25, "", "power while attention runs, as a fraction of TDP"),
    "convolution_power": DiffusionPrior(1.0, 0.3, 0.25, "", "power while convolutions run, as a fraction of TDP"),
    "traffic_power": DiffusionPrior(0.7, 0.2, 0.25, "", "power while elementwise kernels run, as a fraction of TDP"),
    "host_power": DiffusionPrior(0.22, 0.3, 0.25, "", "power while waiting for the host, as a fraction of TDP"),
    "wait_power": DiffusionPrior(
        0.24, 0.3, 0.25, "", "power while waiting for another chip to decode, as a fraction of TDP"
    ),
    "link_power": DiffusionPrior(0.5, 0.3, 0.25, "", "power while exchanging over links, as a fraction of TDP"),
    "duty_exponent": DiffusionPrior(
        1.0,
        0.3,
        0.0,
        "",
        "by which power above that of waiting rises with the share of the time that a chip is at work",
    ),
}


@dataclass(frozen=True, eq=False)
class DiffusionFit:
    """One value, or an array, for each name in ``DIFFUSION_PRIORS``."""

    product_efficiency: Array
    attention_efficiency: Array
    small_attention_efficiency: Array
    convolution_efficiency: Array
    decoder_efficiency: Array
    traffic_efficiency: Array
    rate_exponent: Array
    memory_exponent: Array
    launch_s: Array
    old_launch_s: Array
    split_launches: Array
    ulysses_launches: Array
    ring_launches: Array
    exchange_efficiency: Array
    ring_efficiency: Array
    ring_shown: Array
    ring_cover: Array
    merge_bytes: Array
    step_launches: Array
    picture_s: Array
    product_power: Array
    attention_power: Array
    convolution_power: Array
    traffic_power: Array
    host_power: Array
    wait_power: Array
    link_power: Array
    duty_exponent: Array


def diffusion_fact(name: str, generation: str = "") -> str:
    """``launch_s`` of ``hopper`` is the fact ``diffusion-launch-s-hopper``.

    Parameters
    ----------
    name : of the coefficient
    generation : of the chip, such as ``hopper``; none for any

    Returns the fact's name.
    """
    return "-".join(part for part in ("diffusion", name.replace("_", "-"), generation) if part)


def diffusion_fit(generation: str, draws: Draws) -> DiffusionFit:
    """The coefficients of a generation at their central values; one that was never measured takes those for any.

    Parameters
    ----------
    generation : the chip's, such as ``hopper``
    draws : whose catalog is taken, and which remember the facts as used

    Returns the coefficients.
    """
    known = draws.catalog.records("fit")
    values = {}
    for name, prior in DIFFUSION_PRIORS.items():
        own = diffusion_fact(name, generation)
        values[name] = draws(f"fit.{own if own in known else diffusion_fact(name)}", prior.unit)
    return DiffusionFit(**values)


def was_measured(generation: str, draws: Draws) -> bool:
    """Whether images or video were measured on chips of this generation.

    Parameters
    ----------
    generation : of the chip, such as ``hopper``
    draws : whose catalog is taken

    Returns whether.
    """
    return diffusion_fact("launch_s", generation) in draws.catalog.records("fit")
