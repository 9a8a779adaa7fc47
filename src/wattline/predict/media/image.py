"""``image``: joules and watt-hours of one image, by text encoders, denoiser, decoder, idle, host and facility."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.line.work.diffusion.model import DiffusionModel
from wattline.predict.answer import Answer
from wattline.predict.media.fields import MEDIA, MediaFields
from wattline.predict.media.question import MediaQuestion
from wattline.predict.media.traffic import answer_media
from wattline.predict.setup import Setup
from wattline.predict.terms import read_terms
from wattline.predict.where import Where, WhereFields


class ImageFields(WhereFields, MediaFields, total=False):
    """Fields of ``Where`` and ``Setup`` that ``image`` and ``video`` take as keywords."""


def image(
    model: str | Path | DiffusionModel,
    setup: str | Setup | None = None,
    *,
    where: str | Where | None = None,
    size: int | str | None = None,
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
    """Energy of one image, with range.

    Parameters
    ----------
    model : a catalog name, the path of a diffusers folder, or a DiffusionModel; a maker that never published its model
        by its name, for a range that open models of its kind give
    setup : a chip's name, or a Setup
    where : a region's name, or a Where
    size : pixels of a side, or ``"1280x720"``, width first; the model's own where not given
    steps : denoising steps
    guidance : whether a step takes a second pass without the text; the model's own where not given
    batch : images made at once
    split : how an image is spread over chips, such as ``"ulysses=4, ring=2"``
    active : share of the time that provisioned chips are at work, 0 to 1
    rate : images that are asked for, such as ``"0.2/s"``, which wait in one queue; their traffic decides ``active``
    replicas : of the model; as few as are at work 80% of the time where not given
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Setup`` (chip, gpus, precision, engine) and of ``Where`` (region, site, pue, place, ...)

    Returns the answer; its bill is of one image, ``chip_j`` the joules of the chips at work. Raises WattlineError on
    bad input.

    Example
    -------
    >>> wl.image("flux.1-dev", "h100-sxm", size=1024, steps=28).range("energy_wh")
    """
    terms = read_terms(setup, where, fields, MEDIA, draws, seed, facts)
    question = MediaQuestion(size, steps, guidance, batch, split=split, active=active, rate=rate, replicas=replicas)
    return answer_media(model, "image", question, terms)
