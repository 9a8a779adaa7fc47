"""Software that runs a denoiser: eager as measured, compiled, TensorRT; and narrow number formats."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.line.chip.device import Chip
from wattline.line.chip.diffusion.run import Engine
from wattline.line.chip.formats import computes_narrow
from wattline.line.work.diffusion.model import DiffusionModel

EAGER, OLD_EAGER = "eager", "eager-2024"
TENSORRT = "tensorrt"
ENGINES = (EAGER, OLD_EAGER, "compiled", TENSORRT)
NARROW = ("fp8", "int8", "nvfp4")
WIDE = ("bf16", "fp16")


@dataclass(frozen=True, eq=False)
class MediaEngine:
    """The engine by name, what it makes of the eager work, and whether it was measured as it is."""

    name: str
    engine: Engine
    measured: bool


def read_engine(name: str | None, precision: str, model: DiffusionModel, chip: Chip, draws: Draws) -> MediaEngine:
    """An engine by name; without one the eager software that the model was measured with.

    Parameters
    ----------
    name : of ``ENGINES``; None for eager
    precision : number format of products: bf16 and fp16 as measured, fp8, int8 and nvfp4 with a wide range
    model : whose record says what software it was measured with
    chip : on which a narrow format without arithmetic of its own takes less memory and no less time
    draws : of the ranges of what an engine does

    Returns the engine.

    Raises WattlineError for an engine or a format that is not known.
    """
    usual = OLD_EAGER if model.record is not None and model.record.meta.get("software") == "2024" else EAGER
    chosen = usual if name is None else name.strip().lower()
    if chosen not in ENGINES:
        near = nearest_names(chosen, ENGINES)
        words = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(ENGINES)}"
        raise WattlineError(f"engine: unknown engine of images and video {shorten(chosen)!r}; {words}")
    if precision not in (*WIDE, *NARROW):
        raise WattlineError(f"precision: images and video are made in {', '.join((*WIDE, *NARROW))}, not {precision}")
    speed = draws("fit.diffusion-narrow-speed") if computes_narrow(chip, precision) else np.asarray(1.0)
    old = float(chosen == OLD_EAGER)
    if chosen in (EAGER, OLD_EAGER):
        return MediaEngine(chosen, Engine(product_speed=speed, old=old), precision in WIDE)
    launches, traffic, own = (draws(f"fit.diffusion-{chosen}-{part}") for part in ("launches", "traffic", "speed"))
    engine = Engine(launches, traffic, speed * own, own, own, tuned=float(chosen == TENSORRT))
    return MediaEngine(chosen, engine, measured=False)
