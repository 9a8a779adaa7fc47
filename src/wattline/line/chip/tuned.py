"""A serving engine tuned to its load beside one with its defaults.

The coefficients of a step (``coefficients.py``) were fitted to vLLM as it comes. Whoever tunes an engine to one model
on one chip, as the submitters of MLPerf do, compiles or picks kernels for its shapes, hides the host's work behind the
chip's, samples greedily, and computes attention over an 8-bit cache in 8 bits. What that is worth is known by
generation of chips, by vendor where the generation was never measured, and by all of them where the vendor was not
either. The facts ``fit.tuned-NAME-…`` are made by ``wattline calibrate mlperf``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients, coefficients, fact_name
from wattline.line.chip.device import Chip
from wattline.line.chip.software import with_factors

NAMES = {
    "kernel-time": ("time of kernels and launches beside vLLM 0.11's", ""),
    "narrow-time": ("time of products in 8 and 4 bits, beyond that of other kernels", ""),
    "expert-time": ("time of routed experts beside vLLM 0.11's", ""),
    "power": ("joules of arithmetic and of kernels at work beside vLLM 0.11's", ""),
    "host-s": ("host's time of a step that the chips wait for", "s"),
    "host-sequence-s": ("host's time for each sequence of a step that the chips wait for", "s"),
    "narrow-attention": ("rate of attention over an 8-bit cache beside one of 16 bits", ""),
    "prompt-ramp-tokens": ("prompt whose attention takes as long as what does not grow with its length", "token"),
    "prompt-rate": ("rate of attention over prompts beyond that, beside the mean rate of a default engine", ""),
    "mixed-launches": ("time between kernels in steps that read prompts, beside vLLM 0.11's", ""),
    "expert-unevenness": ("standard deviation over mean of how often experts are chosen", ""),
}
SPREAD = "tuned-spread"
LEVELS = ("chip", "generation", "vendor", "any")  # what was measured that is nearest to a chip
NEARNESS = {"chip": 0, "generation": 0, "vendor": 1, "any": 2}  # a chip stands for its generation
KNOWN = "known"  # the chip itself, under the very load


@dataclass(frozen=True, eq=False)
class TuningGain:
    """What tuning is worth on one kind of chip; see ``NAMES``. Each a scalar or an array of draws."""

    kernel_time: Array
    narrow_time: Array
    expert_time: Array
    power: Array
    host_s: Array
    host_sequence_s: Array
    narrow_attention: Array
    prompt_ramp_tokens: Array
    prompt_rate: Array
    mixed_launches: Array
    expert_unevenness: Array
    nearest: str = "any"  # as ``spread_level`` has it


def load_tuned(chip: Chip, draws: Draws, engine: str = "", year: int = 0) -> TuningGain:
    """What tuning is worth on a chip: its generation's facts, else its vendor's, else those of any.

    Parameters
    ----------
    chip : type of chip
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``
    engine : the engine that is tuned, where it is another than most tuned ones on this vendor's chips
    year : whose software it is; 0 for the latest that was measured

    Returns
    -------
    Factors of shape ``(n_draws,)``.
    """
    records = draws.catalog.records("fit")
    values = {}
    for name, (_, unit) in NAMES.items():
        keys = (f"tuned-{name}-{chip.generation}", f"tuned-{name}-{chip.vendor}", f"tuned-{name}")
        key = next(key for key in keys if key in records)
        values[name.replace("-", "_")] = draws(f"fit.{key}", unit)
    for factor in (f"tuned-engine-time-{engine.partition('-')[0]}-{chip.vendor}", f"tuned-year-time-{year}"):
        if factor in records:
            slower = draws(f"fit.{factor}", "")
            values |= {name: values[name] * slower for name in ("kernel_time", "expert_time")}
    return TuningGain(**values, nearest=spread_level(nearest_tuned(chip, draws.catalog), chip, draws.catalog))


def nearest_tuned(chip: Chip, catalog: Catalog) -> str:
    """One of ``LEVELS``: whether the chip itself was measured under tuned engines, or only its kin.

    Parameters
    ----------
    chip : type of chip
    catalog : whose facts are taken

    Returns
    -------
    The level whose facts are taken.
    """
    records = catalog.records("fit")
    measured = records["tuned-kernel-time"].meta.get("measured", [])
    if chip.record.name in measured:
        return "chip"
    if f"tuned-kernel-time-{chip.generation}" in records:
        return "generation"
    return "vendor" if f"tuned-kernel-time-{chip.vendor}" in records else "any"


def usual_coefficients(chip: Chip, draws: Draws) -> Coefficients:
    """The coefficients of a step under an engine as it comes. Where only tuned engines were measured on chips of the
    generation, or of the vendor, it reaches no more of them than those do: what their kernels lack, its lack too.

    Parameters
    ----------
    chip : type of chip
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    One array for each coefficient.
    """
    fit, level = coefficients(chip.generation, draws), nearest_tuned(chip, draws.catalog)
    if NEARNESS[level] >= NEARNESS[nearest_usual(chip, draws.catalog)]:
        return fit
    tuned = load_tuned(chip, draws)
    slower = with_factors(fit, np.maximum(tuned.kernel_time, 1.0), np.maximum(tuned.expert_time, 1.0), True, False)
    power = np.maximum(tuned.power, 1.0)
    return replace(
        slower,
        narrow_efficiency=fit.narrow_efficiency / np.maximum(tuned.kernel_time * tuned.narrow_time, 1.0),
        flop_power=fit.flop_power * power,
        busy_power=fit.busy_power * power,
    )


def nearest_usual(chip: Chip, catalog: Catalog) -> str:
    """One of ``LEVELS``: whether an engine as it comes was measured on chips of the generation, or only on its kin.

    Parameters
    ----------
    chip : type of chip
    catalog : whose facts are taken

    Returns
    -------
    The level whose coefficients are taken.
    """
    records, vendors = catalog.records("fit"), vendors_by_generation(catalog)
    measured = {generation for generation in vendors if fact_name("memory_efficiency", generation) in records}
    if chip.generation in measured:
        return "generation"
    return "vendor" if chip.vendor in {vendors[generation] for generation in measured} else "any"


def vendors_by_generation(catalog: Catalog) -> dict[str, str]:
    """The vendor of each generation of chips, as facts are named by them.

    Parameters
    ----------
    catalog : whose chips are taken

    Returns
    -------
    Such as ``amd`` for ``cdna3``.
    """
    chips = [chip.meta for chip in catalog.records("chip").values()]
    named = [(str(meta.get("generation", "")), str(meta.get("vendor", ""))) for meta in chips]
    return {generation.lower().replace(" ", "-"): vendor.lower() for generation, vendor in named}


def spread_level(level: str, chip: Chip, catalog: Catalog) -> str:
    """What facts of how measured steps scatter around the model's end in: results of one model differ by submitter
    more on some kinds of boards than on others, and a chip that was measured has a range of its own.

    Parameters
    ----------
    level : one of ``LEVELS``, or ``KNOWN``
    chip : type of chip
    catalog : whose facts are taken

    Returns
    -------
    Such as ``chip-h100-pcie``, or the level where the chip has no range of its own.
    """
    own = f"{level}-{chip.record.name}"
    return own if f"{SPREAD}-time-{own}" in catalog.records("fit") else level


def with_tuned(fit: Coefficients, tuned: TuningGain) -> Coefficients:
    """The coefficients of a step under a tuned engine: bytes and FLOPs stay as they are.

    Parameters
    ----------
    fit : coefficients of the software that they were fitted to
    tuned : what tuning is worth on the chip

    Returns
    -------
    The same coefficients, those of kernels changed by the tuning.
    """
    faster = with_factors(fit, tuned.kernel_time, tuned.expert_time, True, True)
    narrow = np.minimum(fit.narrow_efficiency / (tuned.kernel_time * tuned.narrow_time), fit.kernels.largest_rate)
    return replace(
        faster,
        narrow_efficiency=narrow,
        flop_power=fit.flop_power * tuned.power,
        busy_power=fit.busy_power * tuned.power,
        host_s=tuned.host_s,
        host_per_sequence_s=tuned.host_sequence_s,
        narrow_attention=tuned.narrow_attention,
        prompt_ramp_tokens=tuned.prompt_ramp_tokens,
        prompt_attention_efficiency=faster.prompt_attention_efficiency * tuned.prompt_rate,
        mixed_layer_s=faster.mixed_layer_s * tuned.mixed_launches,
        expert_unevenness=tuned.expert_unevenness,
    )
