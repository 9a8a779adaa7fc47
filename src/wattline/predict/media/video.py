"""``video``: joules and watt-hours of one video, by text encoders, denoiser, decoder, idle, host and facility."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.line.work.diffusion.model import DiffusionModel
from wattline.predict.answer import Answer
from wattline.predict.media.fields import MEDIA
from wattline.predict.media.image import ImageFields
from wattline.predict.media.question import MediaQuestion
from wattline.predict.media.traffic import answer_media
from wattline.predict.setup import Setup
from wattline.predict.terms import read_terms
from wattline.predict.where import Where


def video(
    model: str | Path | DiffusionModel,
    setup: str | Setup | None = None,
    *,
    where: str | Where | None = None,
    size: int | str | None = None,
    seconds: float | str | None = None,
    fps: float | str | None = None,
    frames: int | str | None = None,
    steps: int | str | None = None,
    guidance: bool | None = None,
    batch: int | str = 1,
    split: str | None = None,
    active: float | str | None = None,
    rate: float | str | None = None,
    replicas: int | str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[ImageFields],
) -> Answer:
    """Energy of one video, with range.

    Parameters
    ----------
    model : a catalog name, the path of a diffusers folder, or a DiffusionModel; a maker that never published its model
        by its name, for a range that open models of its kind give
    setup : a chip's name, or a Setup
    where : a region's name, or a Where
    size : ``"1280x720"``, width first, in pixels; the model's own where not given
    seconds, fps : length and frames a second; the model's own where not given
    frames : frames, instead of ``seconds``
    steps : denoising steps
    guidance : whether a step takes a second pass without the text; the model's own where not given
    batch : videos made at once
    split : how a video is spread over chips, such as ``"ulysses=4, ring=2"``
    active : share of the time that provisioned chips are at work, 0 to 1
    rate : videos that are asked for, such as ``"0.2/s"``, which wait in one queue; their traffic decides ``active``
    replicas : of the model; as few as are at work 80% of the time where not given
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Setup`` (chip, gpus, precision, engine) and of ``Where`` (region, site, pue, place, ...)

    Returns the answer; its bill is of one video, ``chip_j`` the joules of the chips at work. Raises WattlineError on
    bad input.

    Example
    -------
    >>> wl.video("wan-2.1-14b", "h100-sxm", size="832x480", seconds=5, gpus=8).range("energy_wh")
    """
    terms = read_terms(setup, where, fields, MEDIA, draws, seed, facts)
    question = MediaQuestion(size, steps, guidance, batch, seconds, fps, frames, split, active, rate, replicas)
    return answer_media(model, "video", question, terms)
