"""How an image or a video is spread over chips: from a number of chips, or from the user's own split."""

from __future__ import annotations

from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.quantity import parse
from wattline.line.chip.diffusion.stage import HEADS, DiffusionLayout, blocks_and_width
from wattline.line.work.diffusion.model import DiffusionModel
from wattline.line.work.diffusion.sizes import number_in

WAYS = ("ulysses", "ring", "guidance", "pipeline")
MAX_CHIPS = 256


def read_split(
    text: str | None, gpus: int | None, model: DiffusionModel, passes: float
) -> tuple[DiffusionLayout, dict[str, int]]:
    """The split over chips.

    Parameters
    ----------
    text : such as ``"ulysses=4, ring=2"``; None for Ulysses as far as the heads divide, and a ring for the rest
    gpus : chips in all; None for those of the split, or one
    model : whose heads Ulysses divides
    passes : forward passes a step, 2 of which ``guidance=2`` spreads over two halves of the chips

    Returns the layout and its degrees by name. Raises WattlineError where they do not go together.
    """
    layers, _ = blocks_and_width(model)
    named = next((name for name in HEADS if name in model.denoiser), "") if layers else ""
    heads = int(number_in(model.denoiser, named, 1)) if named else 1
    degrees = _usual(gpus or 1, heads) if text is None else _read(text)
    chips = 1
    for degree in degrees.values():
        chips *= degree
    if gpus is not None and chips != gpus:
        raise WattlineError(f"split: {text} is {chips} chips, not {gpus}")
    if chips > MAX_CHIPS:
        raise WattlineError(f"split: {chips} chips are more than {MAX_CHIPS} for one image or video")
    if chips > 1 and not layers and degrees != {"guidance": 2}:
        raise WattlineError(f"split: the network of {model.key} is not split over chips but by guidance=2")
    if heads % degrees.get("ulysses", 1):
        raise WattlineError(f"split: the {heads} heads of {model.key} do not divide by ulysses={degrees['ulysses']}")
    if degrees.get("guidance", 1) > passes:
        raise WattlineError(f"split: {model.key} makes one pass a step, which guidance=2 cannot spread")
    return DiffusionLayout.of(*(degrees.get(way, 1) for way in WAYS)), degrees


def _usual(gpus: int, heads: int) -> dict[str, int]:
    ulysses = max(d for d in range(1, gpus + 1) if gpus % d == 0 and heads % d == 0)
    return {"ulysses": ulysses, "ring": gpus // ulysses}


def _read(text: str) -> dict[str, int]:
    degrees: dict[str, int] = {}
    for part in text.split(","):
        name, sign, value = (each.strip() for each in part.partition("="))
        if name not in WAYS or not sign:
            near = nearest_names(name, WAYS)
            raise WattlineError(f"split: unknown part {shorten(part.strip())!r}; {', '.join(near or WAYS)} = a number")
        if name in degrees:
            raise WattlineError(f"split: {name} is given twice")
        degree = parse(value, "", f"split: {name}")
        if degree != int(degree) or not 1 <= degree <= (2 if name == "guidance" else MAX_CHIPS):
            raise WattlineError(f"split: {name}={value} is not a whole number that it takes")
        degrees[name] = int(degree)
    return degrees
