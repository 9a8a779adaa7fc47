"""What training reaches of a chip: rates of large products and of attention, and what a step takes beside them.

Each is a fact ``fit.training-NAME-GENERATION``, or ``fit.training-NAME-VENDOR`` where no step of the generation was
measured, or ``fit.training-NAME`` where none of the vendor was: a generation's lie around its vendor's, and vendors'
around all (``wattline calibrate steps``). Kernels of training are others than those of serving: large, in the
recipes of training libraries, forward and backward.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wattline.catalog import Catalog
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
class Reached:
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


def reached(chip: Chip, precision: str, draws: Draws) -> Reached:
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
    return assembled(chip, precision, draws, values, costs)


def assembled(chip: Chip, precision: str, draws: Draws, rates: dict[str, Array], costs: dict[str, Array]) -> Reached:
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
    fit = replace(
        coefficients(chip.generation, draws),
        wide_efficiency=rates["wide_rate"],
        narrow_efficiency=narrow,
        prompt_attention_efficiency=rates["attention_rate"],
    )
    return Reached(fit, rates["narrow_attention"], **costs)
