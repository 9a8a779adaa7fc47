"""A run that trains a model of images or video: read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattline.catalog.draws import Draws
from wattline.core.errors import NotFound, WattlineError
from wattline.core.quantity import parse
from wattline.line.chip.device import Chip
from wattline.line.engine.training import adam_bytes, chips_to_hold
from wattline.line.work.diffusion.folder import INDEX, read_folder
from wattline.line.work.diffusion.model import DiffusionModel, Passes, load_diffusion
from wattline.line.work.model import Model
from wattline.line.work.tuning import STORED_BYTES
from wattline.predict.media.request import MAX_FRAMES, WORDS, read_pixels
from wattline.predict.rented import instance_inputs, load_chips, read_price
from wattline.predict.setup import Setup
from wattline.predict.training_run import read_mfu, read_watts
from wattline.predict.training_work import sensible_number

FORMATS = ("bf16", "fp16", "fp8")
# what is of language models alone
OF_TEXT = (
    *("sequence", "batch_tokens", "teacher", "padding", "document_tokens"),
    *("rollout_tokens", "rollout_chips", "rollouts"),
)
OF_MEDIA = ("samples", "size", "frames", "batch_samples")


@dataclass(frozen=True, eq=False)
class MediaRun:
    """A training run of images or video, read and checked; what the user did not give is None."""

    model: DiffusionModel
    samples: float
    chip: Chip
    chips: int
    precision: str
    height: float
    width: float
    frames: float
    batch: float
    method: str
    tuned: bool
    mfu: float | None
    hours: float | None
    watts: float | None
    price: float | None
    passes: Passes

    def inputs(self) -> dict[str, Any]:
        """What was taken, as an answer shows it."""
        given = {"mfu": self.mfu, "hours": self.hours, "watts": self.watts}
        return {
            "model": self.model.key,
            "samples": self.samples,
            "chip": self.chip.record.name,
            **instance_inputs(self.chip),
            "chips": self.chips,
            "precision": self.precision,
            "height": int(self.height),
            "width": int(self.width),
            **({"frames": int(self.frames)} if self.model.makes == "video" else {}),
            "batch_samples": self.batch,
            **({"tuned": True} if self.tuned else {}),
            **({"method": self.method} if self.method != "full" else {}),
            **{name: value for name, value in given.items() if value is not None},
        }


def find_media(model: str | Path | Model, given: Mapping[str, Any], draws: Draws) -> DiffusionModel | None:
    """The model of images or video that is to be trained; None for a language model.

    Parameters
    ----------
    model : a name, the path of a configuration or of a diffusers folder, or a Model
    given : what else was given, by name
    draws : whose catalog is searched

    Returns
    -------
    The model, or None.

    Raises WattlineError where samples are to be trained on and the model makes text.
    """
    sampled = given.get("samples") is not None
    if isinstance(model, Path):
        if sampled or model.name == INDEX or (model / INDEX).is_file():
            return read_folder(model)
    elif isinstance(model, str):
        try:
            return load_diffusion(model, draws.catalog)
        except NotFound:
            pass
    strange = next((name for name in OF_MEDIA if given.get(name) is not None), None)
    if strange is not None:
        flag = strange.replace("_", "-")
        known = "`wattline list diffusion` lists them"
        raise WattlineError(f"{flag}: goes with models that make images or video, which {model} does not; {known}")
    return None


def read_media_run(
    model: DiffusionModel, setup: Setup, chips: int | str | None, given: Mapping[str, Any], draws: Draws
) -> MediaRun:
    """Check a training run of images or video.

    Parameters
    ----------
    model : as it was read
    setup : type of chip and number format
    chips : of the whole run; None for those of one instance
    given : ``samples``, ``size``, ``frames``, ``batch_samples``, ``method``, ``tuned``, ``mfu``, ``hours``, ``watts``
        and ``chip_price``; None for what is not given
    draws : of the facts; what rests on them has shape ``(n_draws,)``

    Returns the run. Raises WattlineError for a value out of range, and for values that exclude each other.
    """
    word = WORDS[model.makes][1]
    _together(model, given, word)
    chip = load_chips(setup, draws)
    count = chip.instance_chips if chips is None else int(sensible_number(chips, "chip", "chips"))
    if not count:
        raise WattlineError("chips: give how many there are, such as 64")
    precision = setup.precision or "bf16"
    if precision not in FORMATS:
        raise WattlineError(f"precision: {word} are trained in {', '.join(FORMATS)}, not {precision}")
    height, width = read_pixels(given.get("size"), model)
    frames = _frames(given.get("frames"), model)
    mfu, hours, watts, batch = (given.get(name) for name in ("mfu", "hours", "watts", "batch_samples"))
    run = MediaRun(
        model=model,
        samples=sensible_number(given["samples"], "", "samples"),
        chip=chip,
        chips=count,
        precision=precision,
        height=height,
        width=width,
        frames=frames,
        batch=float(count) if batch is None else sensible_number(batch, "", "batch-samples"),
        method=_method("full" if given.get("method") is None else given["method"], word),
        tuned=bool(given.get("tuned")),
        mfu=None if mfu is None else read_mfu(mfu),
        hours=None if hours is None else sensible_number(hours, "h", "hours"),
        watts=None if watts is None else read_watts(watts, chip),
        price=read_price(given.get("chip_price")),
        passes=model.passes(model.sizes(height, width, frames)),
    )
    _check_memory(run)
    return run


def _together(model: DiffusionModel, given: Mapping[str, Any], word: str) -> None:
    """Raise WattlineError for what is missing, or does not go together."""
    if given.get("samples") is None:
        raise WattlineError(f"samples: {model.key} makes {word}; give --samples, the number of {word} trained on")
    for name in OF_TEXT:
        if given.get(name) is not None:
            raise WattlineError(f"{name.replace('_', '-')}: goes with language models; {model.key} makes {word}")
    if sum(1 for name in ("tuned", "mfu", "hours") if given.get(name)) > 1:
        raise WattlineError("give tuned, hours or MFU, one of them: each settles the time by itself")


def _method(method: str, word: str) -> str:
    if method not in STORED_BYTES:
        raise WattlineError(f"method: models of {word} are trained by {', '.join(STORED_BYTES)}; {method} is not known")
    return method


def _frames(given: Any, model: DiffusionModel) -> float:
    if given is None:
        return model.usual.frames if model.makes == "video" else 1.0
    if model.makes != "video":
        raise WattlineError(f"frames: {model.key} makes images, which have none")
    frames = parse(given, "", "frames")
    if frames != int(frames) or not 1 <= frames <= MAX_FRAMES:
        raise WattlineError(f"frames: {given} is not a whole number from 1 to {MAX_FRAMES:,}")
    return frames


def _check_memory(run: MediaRun) -> None:
    """Weights, gradients and states over all chips. Raises WattlineError."""
    adam = adam_bytes(run.chip.catalog)
    share = run.chip.catalog.fact("fit.diffusion-training-adapter-share").value
    each = adam if run.method == "full" else STORED_BYTES[run.method] + share * adam
    params = run.passes.denoiser.parameters
    needed = chips_to_hold(params, run.chip.memory_bytes, run.chip.catalog, each)
    if run.chips < needed:
        lighter = "; --method lora or qlora needs fewer" if run.method == "full" else ""
        raise WattlineError(
            f"{run.model.key} does not fit {run.chips} × {run.chip.record.name} in training ({each:.2g} bytes a "
            f"parameter); {needed:,} chips or more would hold it{lighter}"
        )
