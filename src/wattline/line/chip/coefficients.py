"""The coefficients of a step, by chip generation: each a fact ``fit.step-NAME-GENERATION``, or ``fit.step-NAME``
for a generation that was never measured (between the measured ones, with a wider range)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.units import Z95


@dataclass(frozen=True)
class Prior:
    """What a coefficient is thought to be before any fit: its value and the width of that thought (of its log)."""

    value: float
    width: float
    unit: str
    about: str


PRIORS: dict[str, Prior] = {
    "memory_efficiency": Prior(0.85, 0.1, "", "share of memory bandwidth that products read weights at"),
    "wide_efficiency": Prior(0.7, 0.15, "", "share of the 16-bit peak that large products reach"),
    "narrow_efficiency": Prior(0.5, 0.15, "", "share of the narrow format's peak that large products reach"),
    "narrow_launches": Prior(2.0, 0.1, "", "launches of a product in a narrow format, its quantisation in"),
    "narrow_expert_launches": Prior(
        2.5, 0.4, "", "time of a layer's 8-bit experts beyond arithmetic and bytes beside 16-bit ones'"
    ),
    "expert_efficiency": Prior(0.6, 0.3, "", "arithmetic of grouped expert products beside a plain product"),
    "expert_memory_efficiency": Prior(0.7, 0.15, "", "share of memory bandwidth that expert weights are read at"),
    "narrow_expert_slowness": Prior(
        2.0, 0.4, "", "time of 8-bit expert products beside what their bytes and FLOPs ask"
    ),
    "tall_tile_slowness": Prior(1.2, 0.3, "", "time of expert products in tall tiles beside short ones"),
    "four_bit_slowness": Prior(1.5, 0.4, "", "time of 4-bit expert products beside what their bytes and FLOPs ask"),
    "cache_efficiency": Prior(0.75, 0.15, "", "share of memory bandwidth that the cache is read at"),
    "attention_efficiency": Prior(0.3, 0.3, "", "share of the 16-bit peak that decode attention reaches"),
    "prompt_attention_efficiency": Prior(0.45, 0.2, "", "share of the 16-bit peak that prompts' attention reaches"),
    "attention_launch_s": Prior(10e-6, 0.4, "s", "time of an attention kernel beyond its arithmetic and bytes"),
    "launch_s": Prior(3e-6, 0.3, "s", "time between kernels"),
    "all_reduce_s": Prior(10e-6, 0.3, "s", "time of the smallest sum over chips"),
    "link_efficiency": Prior(0.6, 0.3, "", "share of link bandwidth that a large sum over chips reaches"),
    "host_s": Prior(1e-3, 0.7, "s", "host's time per step"),
    "host_per_sequence_s": Prior(1e-5, 0.3, "s", "host's time per sequence and step"),
    "sampling_s_per_logit": Prior(3e-10, 0.4, "s", "time to sort one logit for top-k and top-p sampling"),
    "mixed_layer_s": Prior(3e-5, 0.7, "s", "extra time a sub-layer in steps that read prompts, which no graph replays"),
    "expert_launch_s": Prior(
        30e-6, 0.3, "s", "time of a layer's experts beyond arithmetic and bytes: routing, sorting"
    ),
    "foreign_expert_s": Prior(5e-7, 0.7, "s", "time that a tall tile of an expert on another chip takes to pass over"),
    "expert_unevenness": Prior(0.5, 0.8, "", "standard deviation over mean of how often experts are chosen"),
    "static_power": Prior(0.2, 0.2, "", "power at full clocks without work, as a fraction of TDP"),
    "flop_power": Prior(0.9, 0.3, "", "power of arithmetic at its peak rate, as a fraction of TDP"),
    "byte_power": Prior(0.6, 0.3, "", "power of memory at its peak rate, as a fraction of TDP"),
    "busy_power": Prior(0.15, 0.5, "", "power of kernels at work, whatever bounds them, as a fraction of TDP"),
    "narrow_power": Prior(1.2, 0.3, "", "power of kernels in a narrow format beside others at work"),
    "link_power": Prior(0.1, 0.7, "", "power while summing over chips, as a fraction of TDP"),
    "sampling_power": Prior(0.5, 0.3, "", "power while sampling, as a fraction of TDP"),
    "media_power": Prior(0.5, 0.4, "", "power while pictures are encoded, as a fraction of TDP"),
    "clock_exponent": Prior(
        0.8, 0.4, "", "energy of work falls with the clock to this power, where the limit lowers the clock"
    ),
    "limit_reach": Prior(0.97, 0.02, "", "share of the power limit that the clock's control lets through"),
}


def is_measured(name: str, generation: str, catalog: Catalog) -> bool:
    """Whether kernels of the generation were measured that say what the coefficient is.

    Parameters
    ----------
    name : of the coefficient
    generation : of the chip, as the catalog has it, such as ``hopper``
    catalog : whose facts are taken

    Returns
    -------
    True where the catalog has a fact of it for the generation.
    """
    return _kernel_fact(name, generation) in catalog.records("fit")


def _kernel_fact(name: str, generation: str) -> str:
    return f"kernel-{name.replace('_', '-')}-{generation}"


def prior_of(name: str, generation: str, catalog: Catalog) -> tuple[float, float]:
    """The value and width of a coefficient before any fit: what measured kernels say, where they say something.

    Parameters
    ----------
    name : a key of ``PRIORS``
    generation : of chips, such as ``hopper``
    catalog : where measured kernels stand

    Returns the value, and the standard deviation of its logarithm.
    """
    known = catalog.records("fit").get(_kernel_fact(name, generation))
    if known is None:
        return PRIORS[name].value, PRIORS[name].width
    fact = known["value"]
    return fact.value, float(np.log(fact.high / fact.low)) / (2 * Z95)


@dataclass(frozen=True)
class KernelFacts:
    """What no fit tells of kernels, at central values: each a fact ``fit.operation-NAME``."""

    least_rows: float
    tall_expert_rows: float
    join: float
    expert_activations: float
    mamba_launches: float
    elementwise_launches: float
    elementwise_efficiency: float
    elementwise_passes: float
    largest_static_share: float
    largest_rate: float
    rank_agreement_s: float
    rank_rows: float
    gathered_chips: float
    all_to_all_s: float
    network_sum_s: float


def kernel_facts(catalog: Catalog) -> KernelFacts:
    """The facts of kernels in a catalog."""
    return catalog.values(KernelFacts, "fit.operation")


@dataclass(frozen=True, eq=False)
class Coefficients:
    """One value, or an array of draws, for each name in ``PRIORS``; ``kernels``: what no fit tells."""

    memory_efficiency: Array
    wide_efficiency: Array
    narrow_efficiency: Array
    narrow_launches: Array
    narrow_expert_launches: Array
    expert_efficiency: Array
    expert_memory_efficiency: Array
    narrow_expert_slowness: Array
    tall_tile_slowness: Array
    four_bit_slowness: Array
    cache_efficiency: Array
    attention_efficiency: Array
    prompt_attention_efficiency: Array
    attention_launch_s: Array
    launch_s: Array
    all_reduce_s: Array
    link_efficiency: Array
    host_s: Array
    host_per_sequence_s: Array
    sampling_s_per_logit: Array
    mixed_layer_s: Array
    expert_launch_s: Array
    foreign_expert_s: Array
    expert_unevenness: Array
    static_power: Array
    flop_power: Array
    byte_power: Array
    busy_power: Array
    narrow_power: Array
    link_power: Array
    sampling_power: Array
    media_power: Array
    clock_exponent: Array
    limit_reach: Array
    kernels: KernelFacts
    # of software whose host the chips wait for, none where no engine is named
    parallel_layer_s: Array = field(default_factory=lambda: np.asarray(0.0))  # a sub-layer split over chips, s
    host_power: Array = field(default_factory=lambda: np.asarray(0.0))  # while waiting, beyond static, share of TDP
    narrow_attention: Array = field(default_factory=lambda: np.asarray(1.0))  # rate over an 8-bit cache beside 16 bits
    prompt_ramp_tokens: Array = field(default_factory=lambda: np.asarray(0.0))  # see ``attention``


def fact_name(name: str, generation: str = "") -> str:
    """``memory_efficiency`` of ``hopper`` is the fact ``step-memory-efficiency-hopper``.

    Parameters
    ----------
    name : of the coefficient
    generation : of the chip, as the catalog has it, such as ``hopper``

    Returns
    -------
    Name of a fact of kind ``fit``.
    """
    return "-".join(part for part in ("step", name.replace("_", "-"), generation) if part)


def coefficients(generation: str, draws: Draws) -> Coefficients:
    """The coefficients of a generation of chips, drawn.

    Parameters
    ----------
    generation : the chip's, such as ``hopper``; one that was never measured takes the facts for any
    draws : draws to take, shape ``(n_draws,)`` each, and the catalog

    Returns one array for each name in ``PRIORS``.
    """
    known = draws.catalog.records("fit")
    keys = {name: own if (own := fact_name(name, generation)) in known else fact_name(name) for name in PRIORS}
    drawn = {name: draws(f"fit.{key}", PRIORS[name].unit) for name, key in keys.items()}
    return Coefficients(**drawn, kernels=kernel_facts(draws.catalog))
