"""The rates that a chip's nameplate stands for, where it has fewer watts for its arithmetic than those that were
measured, or is of a generation that never was."""

from __future__ import annotations

import numpy as np

from wattline.line.chip.device import Chip
from wattline.line.chip.diffusion.coefficients import DiffusionFit, was_measured
from wattline.line.chip.diffusion.run import USUAL_FLOPS, USUAL_MEMORY, ChipRates

WATTS = "diffusion-watts-per-tflop"
PORTABLE = "diffusion-portable-share"
SMALLEST = "a100-sxm-40gb"  # of the chips that were measured


def limited_share(chip: Chip, exponent: float) -> float:
    """Share of its rate that a chip keeps whose watts for each FLOP/s are fewer than the measured chips' of its
    generation, such as one on a PCIe card.

    Parameters
    ----------
    chip : with its TDP
    exponent : by which the rate falls with the power of its watts

    Returns a share of 1.
    """
    catalog = chip.draws.catalog
    key = f"{WATTS}-{chip.generation}"
    known = catalog.fact(f"fit.{key if key in catalog.records('fit') else WATTS}").value
    own = float(chip.tdp_w) / (chip.peak_flops("bf16") / 1e12)
    return float(min(1.0, own / known) ** exponent)


def portable_share(chip: Chip) -> float:
    """Share of the 16-bit peak that matrix instructions of earlier generations reach: eager mode's attention is written
    in them, while products and convolutions come from libraries that are written anew for each generation.

    Parameters
    ----------
    chip : whose own share, its generation's or any chip's is taken

    Returns a share of 1.
    """
    catalog = chip.draws.catalog
    known = catalog.records("fit")
    names = (f"{PORTABLE}-{chip.record.name}", f"{PORTABLE}-{chip.generation}", PORTABLE)
    return float(catalog.fact(f"fit.{next(name for name in names if name in known)}").value)


def chip_rates(chip: Chip, fit: DiffusionFit, exponent: float) -> ChipRates:
    """The nameplate that ``run_stage`` takes.

    Parameters
    ----------
    chip : whose rates they are
    fit : whose exponents say how less of a faster nameplate is reached
    exponent : by which rates fall with the power of the chip's watts

    Returns its rates. Chips below the smallest that was measured reach its share of their nameplate, and those of a
    generation that never was no more of a small nameplate than of the usual one.
    """
    record = chip.record
    flops = chip.peak_flops("bf16") * limited_share(chip, exponent)
    portable = flops * portable_share(chip)
    memory = record["memory_bandwidth_bytes_per_s"].value * limited_share(chip, exponent / 2)
    least, narrowest = USUAL_FLOPS, USUAL_MEMORY
    if was_measured(chip.generation, chip.draws):
        known = chip.draws.catalog.find("chip", SMALLEST)
        least, narrowest = known["fp16_flops"].value, known["memory_bandwidth_bytes_per_s"].value
    flops = _no_better(flops, least, USUAL_FLOPS, float(fit.rate_exponent))
    memory = _no_better(memory, narrowest, USUAL_MEMORY, float(fit.memory_exponent))
    link = record.facts.get("link_bandwidth_bytes_per_s") or chip.draws.catalog.fact("fit.pcie-bandwidth")
    return ChipRates(np.asarray(flops), np.asarray(portable), np.asarray(memory), np.asarray(link.value), chip.tdp_w)


def _no_better(rate: float, smallest: float, usual: float, exponent: float) -> float:
    """The rate from which the fit's fall of efficiency gives a chip below the smallest the share that this has."""
    if rate >= smallest:
        return rate
    share = (smallest / usual) ** -exponent
    return float(usual * (rate / usual * share) ** (1.0 / (1.0 - exponent)))
