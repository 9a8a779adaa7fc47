"""What is asked for: a model that makes images or video, size, steps, batch, chips; read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog import HERE
from wattline.catalog.draws import Draws
from wattline.core.errors import NotFound, WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.line.chip.device import Chip
from wattline.line.chip.diffusion.coefficients import DiffusionFit, diffusion_fit, was_measured
from wattline.line.chip.diffusion.known import TABLE, known_models, known_spread
from wattline.line.chip.diffusion.rates import chip_rates
from wattline.line.chip.diffusion.run import StageRun, run_stages
from wattline.line.chip.diffusion.stage import DiffusionJob, DiffusionLayout, stages
from wattline.line.work.diffusion.folder import read_folder
from wattline.line.work.diffusion.model import KIND, DiffusionModel, Passes, load_diffusion
from wattline.line.work.diffusion.tally import VALUE_BYTES
from wattline.line.work.flops import BYTES
from wattline.line.work.outside import unknown_media
from wattline.predict.cite import cite_given
from wattline.predict.media.engine import MediaEngine, read_engine
from wattline.predict.media.memory import check_memory, denoiser_bytes
from wattline.predict.media.question import MediaDemand, MediaQuestion
from wattline.predict.media.split import read_split
from wattline.predict.rented import load_chips
from wattline.predict.setup import Setup

MAX_PIXELS, MIN_PIXELS, MAX_SECONDS, MAX_FRAMES = 16_384, 64, 600.0, 20_000
MAX_STEPS, MAX_BATCH = 1000, 1024
WORDS = {"image": ("image", "images"), "video": ("video", "videos")}


@dataclass(frozen=True, eq=False)
class MediaRequest:
    """The request, checked; ``spread`` holds the draws of measured time and power beside the model's."""

    model: DiffusionModel
    chip: Chip
    layout: DiffusionLayout
    degrees: Mapping[str, int]
    job: DiffusionJob
    height: float
    width: float
    frames: float
    fps: float
    precision: str
    engine: MediaEngine
    passes: Passes
    fit: DiffusionFit
    active: Array
    active_given: bool
    how: str
    demand: MediaDemand | None = None

    @property
    def chips(self) -> int:
        """Chips in all."""
        return int(self.layout.chips)

    @property
    def batch(self) -> float:
        """Images or videos made at once."""
        return float(self.job.batch)

    def runs(self) -> dict[str, StageRun]:
        """Each stage's time and power as the model has them."""
        exponent = self.chip.draws.catalog.fact("fit.diffusion-limit-exponent").value
        rates = chip_rates(self.chip, self.fit, exponent)
        own = stages(self.model, self.passes, self.job, self.layout, BYTES[self.precision])
        return run_stages(own, rates, self.fit, self.engine.engine)

    def inputs(self) -> dict[str, Any]:
        """What was taken, as an answer shows it."""
        video = {"frames": int(self.frames), "fps": self.fps} if self.model.makes == "video" else {}
        return {
            "model": self.model.key,
            "chip": self.chip.record.name,
            "gpus": self.chips,
            "height": int(self.height),
            "width": int(self.width),
            **video,
            "steps": int(self.job.steps),
            "passes": int(self.job.passes),
            "batch": int(self.batch),
            "precision": self.precision,
            "engine": self.engine.name,
            **({"split": dict(self.degrees)} if self.chips > 1 else {}),
            **({"active": float(self.active)} if self.active_given else {}),
            **({} if self.demand is None else asdict(self.demand)),
        }


def read_media(
    model: str | Path | DiffusionModel, makes: str, setup: Setup, question: MediaQuestion, draws: Draws
) -> MediaRequest:
    """Check a question against the model and the chip, and settle what was left open.

    Parameters
    ----------
    model : by name, or as it was read
    makes : ``image`` or ``video``
    setup : chips, number format and engine
    question : size, steps, frames and how many are made together
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the request. Raises WattlineError where the model makes something else, its weights do not fit a chip, or a
    value is out of range.
    """
    known = _model(model, makes, draws)
    height, width = read_pixels(question.size, known)
    fps = known.usual.fps if question.fps is None else read_whole(question.fps, "fps", 1, 240)
    frames = _frames(question, known, fps)
    job = _job(question, known)
    chip = load_chips(setup, draws)
    precision = "bf16" if setup.precision is None else setup.precision
    layout, degrees = read_split(question.split, setup.gpus, known, float(job.passes))
    passes = known.passes(known.sizes(height, width, frames))
    engine = read_engine(setup.engine, precision, known, chip, draws)
    check_memory(known, passes, job, layout, chip, precision)
    _cite(known, draws)
    active, given = _active(question.active, draws)
    how = _how(known, chip, layout, engine, draws)
    return MediaRequest(
        known, chip, layout, degrees, job, height, width, frames, fps, precision, engine, passes,
        diffusion_fit(chip.generation, draws.central()), active, given, how,
    )  # fmt: skip


def factors(request: MediaRequest, draws: Draws) -> tuple[Array, Array]:
    """Measured over predicted time and power: what is known of the model on the chip, and the draws of the rest.

    Parameters
    ----------
    request : an image or a video
    draws : from the ranges of the facts

    Returns
    -------
    Factors of time and of power, each ``(n_draws,)``.
    """
    split = (int(request.layout.ulysses), int(request.layout.ring))
    table = known_models(HERE / "fit" / TABLE)
    names = (request.model.key, request.chip.record.name, split, request.batch)
    known = [table.factor(measure, *names) for measure in ("time", "power")]
    slower, stronger = known_spread(request.how, request.model.makes, draws)
    if not request.engine.measured or float(request.layout.guidance * request.layout.pipeline) > 1:
        slower = slower * draws("fit.diffusion-engine-spread")
        known = [np.asarray(1.0), np.asarray(1.0)]
    return np.asarray(known[0] * slower), np.asarray(known[1] * stronger)


def _how(model: DiffusionModel, chip: Chip, layout: DiffusionLayout, engine: MediaEngine, draws: Draws) -> str:
    """How well the configuration is known: ``measured``, ``known``, nothing, or ``chip`` for a chip not measured."""
    if not was_measured(chip.generation, draws):
        return "chip"
    split = (int(layout.ulysses), int(layout.ring))
    table = known_models(HERE / "fit" / TABLE)
    return table.how(model.key, chip.record.name, split) if engine.measured else ""


def _model(model: str | Path | DiffusionModel, makes: str, draws: Draws) -> DiffusionModel:
    if isinstance(model, Path):
        known = read_folder(model)
    elif isinstance(model, DiffusionModel):
        known = model
    else:
        known = _named(model, makes, draws)
    if known.makes != makes:
        raise WattlineError(f"{known.key} makes {WORDS[known.makes][1]}: take `wattline {known.makes} {known.key}`")
    return known


def _named(name: str, makes: str, draws: Draws) -> DiffusionModel:
    """The catalog's model. Raises NotFound, with the command to take where it is a language model."""
    try:
        return load_diffusion(name, draws.catalog)
    except NotFound:
        try:
            record = draws.catalog.find("model", name)
        except NotFound:
            raise unknown_media(name, makes, KIND, draws.catalog) from None
        raise WattlineError(f"{record.name} makes text: take `wattline prompt {record.name}`") from None


def read_pixels(text: str | int | None, model: DiffusionModel) -> tuple[float, float]:
    """Height and width in pixels, from ``1024`` or ``1280x720`` (width first). Raises WattlineError.

    Parameters
    ----------
    text : as the user wrote it; None for the model's own
    model : with its usual size

    Returns
    -------
    Height and width.
    """
    if text is None:
        return model.usual.height, model.usual.width
    parts = [part.strip() for part in str(text).lower().replace("×", "x").split("x")]
    if len(parts) > 2 or not all(parts):
        raise WattlineError(f"size: {shorten(str(text))!r} is not such as 1024 or 1280x720")
    values = [read_whole(part, "size", MIN_PIXELS, MAX_PIXELS) for part in parts]
    return (values[0], values[0]) if len(values) == 1 else (values[1], values[0])


def _frames(question: MediaQuestion, model: DiffusionModel, fps: float) -> float:
    if model.makes == "image":
        return 1.0
    if question.frames is not None and question.seconds is not None:
        raise WattlineError("frames: give either --frames or --seconds")
    if question.frames is not None:
        return read_whole(question.frames, "frames", 1, MAX_FRAMES)
    if question.seconds is None:
        return model.usual.frames
    seconds = parse(question.seconds, "s", "seconds")
    if not 0 < seconds <= MAX_SECONDS:
        raise WattlineError(f"seconds: {seconds:g} is out of range; take up to {MAX_SECONDS:g}")
    return float(np.floor(seconds * fps) + 1)  # causal decoders make one frame and then whole groups


def _job(question: MediaQuestion, model: DiffusionModel) -> DiffusionJob:
    steps = None if question.steps is None else read_whole(question.steps, "steps", 1, MAX_STEPS)
    batch = read_whole(question.batch, "batch", 1, MAX_BATCH)
    passes = None if question.guidance is None else 2.0 if question.guidance else 1.0
    return DiffusionJob.of(model, batch, steps, passes)


def read_whole(value: Any, name: str, low: float, high: float) -> float:
    """A whole number within bounds. Raises WattlineError, which names it.

    Parameters
    ----------
    value : as the user wrote it
    name : of the input
    low, high : bounds

    Returns the number.
    """
    number = parse(value, "", name)
    if number != int(number) or not low <= number <= high:
        raise WattlineError(f"{name}: {shorten(str(value))} is not a whole number from {low:,} to {high:,}")
    return float(number)


def _active(value: float | str | None, draws: Draws) -> tuple[Array, bool]:
    if value is None:
        return draws.own("fit.serving-active-share"), False
    share = parse(value, "", "active")
    if not 0.001 <= share <= 1:
        raise WattlineError(f"active: {share:g} is not a share from 0.001 to 1; give one such as 0.6")
    cite_given(draws, "active", share, "", "share of time that provisioned chips are at work")
    return np.asarray(share), True


def warnings(request: MediaRequest) -> tuple[str, ...]:
    """What is out of the ordinary, in words."""
    notes = []
    others = request.passes.parameters - request.passes.denoiser.parameters
    need = others * VALUE_BYTES + denoiser_bytes(request.passes, request.precision)
    holds = request.chip.memory_bytes
    if need > holds:
        notes.append(
            f"all weights of {request.model.key} take {need / 1e9:.0f} GB, more than a {request.chip.record.name} "
            "holds: its parts are loaded in turn, whose time is not counted"
        )
    if request.how == "chip":
        notes.append(f"no images or video were measured on chips such as {request.chip.record.name}: a wide range")
    if not request.engine.measured:
        notes.append(f"engine {request.engine.name} in {request.precision} was not measured with its power")
    return tuple(notes)


def _cite(model: DiffusionModel, draws: Draws) -> None:
    if model.record is not None:
        draws.cite(*model.record.facts.values())
        for record in model.components.values():
            draws.cite(*record.facts.values())
