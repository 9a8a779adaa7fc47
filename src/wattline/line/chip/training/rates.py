"""What training reaches of a chip: rates of large products and of attention, and what a step takes beside them.

Each is a fact ``fit.training-NAME-GENERATION``, or ``fit.training-NAME-VENDOR`` where no step of the generation was
measured, or ``fit.training-NAME`` where none of the vendor was: a generation's lie around its vendor's, and vendors'
around all (``wattline calibrate steps``). Kernels of training are others than those of serving: large, in the
recipes of training libraries, forward and backward.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients, Prior, coefficients
from wattline.line.chip.device import COMPUTE, Chip

# by what they are thought to be before any fit; the widths are of logarithms
RATES: dict[str, Prior] = {
    "wide_rate": Prior(0.75, 0.12, "", "share of the 16-bit peak that products of training reach"),
    "eight_bit_rate": Prior(0.6, 0.15, "", "share of the 8-bit peak that products of training reach"),
    "four_bit_rate": Prior(0.5, 0.2, "", "share of the 4-bit peak that products of training reach"),
    "attention_rate": Prior(0.5, 0.2, "", "share of the 16-bit peak that attention reaches in training"),
    "narrow_attention": Prior(1.4, 0.15, "", "rate of attention in 8 bits in training beside 16 bits"),
}
COSTS: dict[str, Prior] = {
    "overlap": Prior(0.6, 0.2, "", "share of messages in training that hide behind arithmetic"),
    "sublayer_s": Prior(30e-6, 0.7, "s", "time of a pass through a sub-layer beside arithmetic, bytes and messages"),
    "exchange_s": Prior(100e-6, 0.7, "s", "the same where chips share the sub-layer: latency, and the last of them"),
    "step_s": Prior(20e-3, 0.7, "s", "time of a training step beside its microbatches: logging, clipping, waiting"),
    "straggling": Prior(0.02, 0.5, "", "standard deviation of chips' speed under one limit, beside their mean"),
}


@dataclass(frozen=True, eq=False)
class TrainingRates:
    """Coefficients of a chip in training, and what a step takes beside its operations; drawn."""

    fit: Coefficients
    narrow_attention: Array
    overlap: Array
    sublayer_s: Array
    exchange_s: Array
    step_s: Array
    straggling: Array


def rate_fact(name: str, of: str = "") -> str:
    """``wide_rate`` of ``hopper`` is the fact ``training-wide-rate-hopper``.

    Parameters
    ----------
    name : of the coefficient, a key of ``RATES`` or ``COSTS``
    of : a generation or a vendor; empty for any chip

    Returns
    -------
    Name of a fact of kind ``fit``.
    """
    return "-".join(part for part in ("training", name.replace("_", "-"), of.lower().replace(" ", "-")) if part)


def nearest_fact(name: str, chip: Chip, catalog: Catalog) -> str:
    """The fact of the chip's generation, of its vendor, or of any chip: the first that was fitted.

    Parameters
    ----------
    name : of the coefficient, a key of ``RATES``
    chip : type of chip with its server
    catalog : whose facts are taken

    Returns
    -------
    Name of a fact of kind ``fit``.
    """
    known, vendor = catalog.records("fit"), str(chip.record.meta.get("vendor", ""))
    names = (rate_fact(name, chip.generation), rate_fact(name, vendor), rate_fact(name))
    return next(each for each in names if each in known)


def is_known(chip: Chip, catalog: Catalog) -> bool:
    """Whether steps of the chip's generation were measured.

    Parameters
    ----------
    chip : type of chip with its server
    catalog : whose facts are taken

    Returns
    -------
    True where they were.
    """
    return rate_fact("attention_rate", chip.generation) in catalog.records("fit")


def rarely_tuned(chip: Chip, precision: str) -> bool:
    """Whether a run trains in 16 bits or more on a chip that computes faster in 8.

    Parameters
    ----------
    chip : type of chip with its server, its facts drawn
    precision : number format, a key of ``BYTES``

    Returns
    -------
    True where it does.
    """
    narrow = "fp8_flops" in chip.record.facts
    return narrow and chip.peak_flops(precision) <= chip.peak_flops("bf16")


def training_rates(chip: Chip, precision: str, draws: Draws) -> TrainingRates:
    """What training in a number format reaches on a chip.

    Parameters
    ----------
    chip : type of chip with its server, its facts drawn
    precision : number format, a key of ``BYTES``
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    Rates and costs, of shape ``(n_draws,)``.
    """
    values = {name: draws(f"fit.{nearest_fact(name, chip, draws.catalog)}", "") for name in RATES}
    costs = {name: draws(f"fit.{rate_fact(name)}", prior.unit) for name, prior in COSTS.items()}
    return rates_of_parts(chip, precision, draws, values, costs)


def sustained_power_share(chip: Chip, form: str) -> float:
    """What a chip's power limit leaves of its nameplate in large products (``sustained_share``); the fact is cited.

    Parameters
    ----------
    chip : type of chip with its server
    form : what is computed in, a value of ``COMPUTE``

    Returns
    -------
    A share around 1.
    """
    measured = chip.record.facts.get(f"{form}_sustained_flops")
    if measured is not None:
        chip.draws.cite(measured)
    return sustained_share(chip.record, form, chip.catalog)


def sustained_share(record: Record, form: str, catalog: Catalog) -> float:
    """What a chip's power limit leaves of the nameplate's clock in large products, beside what it leaves a usual chip.

    A nameplate counts the highest clock, which some boards hold under no dense product: MI300X 1.2 of 2.1 GHz. Where
    large products were measured, their rate stands beside the nameplate; where none were, the chip is taken as usual.

    Parameters
    ----------
    record : of a chip
    form : what is computed in, a value of ``COMPUTE``
    catalog : whose facts are taken

    Returns
    -------
    A share around 1.
    """
    measured = record.facts.get(f"{form}_sustained_flops")
    if measured is None:
        return 1.0
    usual = catalog.fact(f"fit.training-sustained-share-{form}").value
    return measured.value / record[f"{form}_flops"].value / usual


def rates_of_parts(
    chip: Chip, precision: str, draws: Draws, rates: dict[str, Array], costs: dict[str, Array]
) -> TrainingRates:
    """What training reaches, from given coefficients.

    Parameters
    ----------
    chip, precision : what is trained on, and in which format
    draws : of all other coefficients
    rates, costs : by the names of ``RATES`` and of ``COSTS``

    Returns
    -------
    Rates and costs, of the shape of those given.
    """
    narrow = rates["four_bit_rate" if COMPUTE[precision] == "fp4" else "eight_bit_rate"]
    fit = coefficients(chip.generation, draws)
    most = fit.kernels.largest_rate
    fit = replace(
        fit,
        wide_efficiency=np.minimum(rates["wide_rate"] * sustained_power_share(chip, "fp16"), most),
        narrow_efficiency=np.minimum(narrow * sustained_power_share(chip, COMPUTE[precision]), most),
        prompt_attention_efficiency=rates["attention_rate"],
    )
    return TrainingRates(fit, rates["narrow_attention"], **costs)
