"""How a set-up's replica runs its steps: its groups of chips, its software, its cache's format, tuning, guesses."""

from __future__ import annotations

import numpy as np

from wattline.catalog.draws import Draws
from wattline.line.chip.device import Chip
from wattline.line.chip.serving import Draft, Serving
from wattline.line.chip.software import load_software
from wattline.line.chip.tuned import load_tuned
from wattline.line.work.flops import BYTES
from wattline.line.work.model import Model
from wattline.predict.setup import Setup


def read_serving(model: Model, chip: Chip, setup: Setup, draws: Draws) -> Serving:
    """What a set-up says of how its steps are run.

    Parameters
    ----------
    model : that is served
    chip : its facts drawn
    setup : groups of chips, engine, format of the cache, tuning and tokens guessed ahead
    draws : from which facts are drawn

    Returns
    -------
    The same as the chip model takes it. Raises WattlineError for an engine that the catalog does not know.
    """
    kept, name = BYTES[setup.cache or "bf16"], chip.record.name
    draft = None
    if setup.draft_tokens:
        given = setup.acceptance
        accepted = draws.own("fit.draft-acceptance") if given is None else np.asarray(given)
        draft = Draft(setup.draft_tokens, accepted)
    soft = None  # of a tuned engine: as it comes, which it is never slower than
    if setup.engine is not None:
        soft = load_software(setup.engine, chip.generation, draws, family=model.family, chip=name)
    tuned = load_tuned(chip, draws, setup.engine or "") if setup.tuned else None
    return Serving(setup.data_parallel, soft, kept, tuned, draft)


def kept_by(setup: Setup) -> Serving:
    """What a replica's memory rests on: its groups of chips, each with its own weights, and the format of its cache.

    Parameters
    ----------
    setup : whose groups and whose cache's format are taken; 16 bits where it names none

    Returns
    -------
    How its steps are run, without software.
    """
    return Serving(setup.data_parallel, cache_bytes=BYTES[setup.cache or "bf16"])
