"""Number formats on a chip: what a weight takes, and at which rate its products run."""

from __future__ import annotations

from wattline.line.chip.device import COMPUTE, Chip
from wattline.line.work.flops import BYTES

NARROW = ("fp8", "int8", "fp4")


def dense_bytes(precision: str) -> float:
    """Bytes of a weight outside of experts: MXFP4 as published (gpt-oss) covers experts alone.

    Parameters
    ----------
    precision : number format, a key of ``BYTES``

    Returns
    -------
    Bytes of one weight, scales among them.
    """
    return BYTES["bf16"] if precision == "mxfp4" else BYTES[precision]


def computes_narrow(chip: Chip, precision: str) -> bool:
    """Whether products in this format run at the chip's 8- or 4-bit rate.

    Parameters
    ----------
    chip : type of chip with its server, its facts drawn
    precision : number format, a key of ``BYTES``

    Returns
    -------
    True where the chip has such a rate.
    """
    return COMPUTE[precision] in NARROW and chip.peak_flops(precision) > chip.peak_flops("bf16")
