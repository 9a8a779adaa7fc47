"""Whether a chip can hold what it makes: the denoiser's weights, and the least that one of its blocks holds."""

from __future__ import annotations

from wattline.core.errors import WattlineError
from wattline.line.chip.device import Chip
from wattline.line.chip.diffusion.stage import DiffusionJob, DiffusionLayout, blocks_and_width
from wattline.line.work.diffusion.model import DiffusionModel, Passes
from wattline.line.work.diffusion.tally import VALUE_BYTES
from wattline.line.work.flops import BYTES

BLOCK_VALUES = 6.0  # of each token's width that a block holds at the least: what comes in, its norm, the feed-forward's


def denoiser_bytes(passes: Passes, precision: str) -> float:
    """Bytes of the denoiser's weights, which a narrow number format narrows; other components keep theirs.

    Parameters
    ----------
    passes : one forward pass of each component
    precision : number format, a key of ``BYTES``

    Returns bytes.
    """
    return passes.denoiser.parameters * BYTES[precision]


def check_memory(
    model: DiffusionModel, passes: Passes, job: DiffusionJob, layout: DiffusionLayout, chip: Chip, precision: str
) -> None:
    """Raise WattlineError where what a chip must hold at the least does not fit it.

    Parameters
    ----------
    model : whose weights they are
    passes : one forward pass of each component
    job : how many are made at once
    layout : the split over chips
    chip : with its memory
    precision : number format of the denoiser's weights
    """
    stored = denoiser_bytes(passes, precision)
    if stored > chip.memory_bytes:
        narrower = " or --precision fp8" if BYTES[precision] >= VALUE_BYTES else ""
        raise WattlineError(
            f"{model.key}: the {stored / 1e9:.1f} GB of its denoiser's weights do not fit {chip.record.name} with "
            f"{chip.memory_bytes / 1e9:.0f} GB; take a chip with more memory{narrower}"
        )
    layers, _ = blocks_and_width(model)
    if not layers:
        return
    joined = float(job.passes) if model.joins_guidance else 1.0
    values = float(passes.denoiser.attended) / layers * float(job.batch) * joined / float(layout.tokens)
    weights = stored / float(layout.pipeline)
    need = weights + values * BLOCK_VALUES * VALUE_BYTES
    if need > chip.memory_bytes:
        raise WattlineError(
            f"{model.key}: {need / 1e9:,.0f} GB at the least, of {weights / 1e9:,.0f} GB of weights and the tokens of "
            f"{float(job.batch):,.0f} at once, do not fit {chip.record.name} with {chip.memory_bytes / 1e9:.0f} GB; "
            "take fewer at once, a smaller size or more chips"
        )
