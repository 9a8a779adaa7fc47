"""``transcribe``: joules and watt-hours of turning speech into text."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number, parse
from wattline.core.units import HOUR_S
from wattline.line.work.encoding.model import SPEECH, EncoderModel
from wattline.line.work.encoding.speech import WINDOW_S
from wattline.predict.answer import Answer
from wattline.predict.cite import cite_given
from wattline.predict.encoding.answer import encoding_answer
from wattline.predict.encoding.work import EncodingQuestion, read_model_of, read_work
from wattline.predict.media.engine import TENSORRT
from wattline.predict.media.fields import MEDIA
from wattline.predict.media.image import ImageFields
from wattline.predict.setup import Setup
from wattline.predict.terms import read_terms
from wattline.predict.where import Where

MAX_HOURS = 1e12


def transcribe(
    model: str | Path | EncoderModel,
    setup: str | Setup | None = None,
    *,
    where: str | Where | None = None,
    hours: float | str = 100,
    text_tokens: float | str | None = None,
    batch: int | str | None = None,
    active: float | str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[ImageFields],
) -> Answer:
    """Energy of transcribing so many hours of speech, with range.

    Parameters
    ----------
    model : a catalog name, the path of a ``config.json``, or an EncoderModel that reads speech
    setup : a chip's name, or a Setup; ``gpus`` share the work
    where : a region's name, or a Where
    hours : of speech, or such as ``"90 min"``
    text_tokens : tokens of the text of 30 s of speech; the usual range where not given
    batch : pieces of 30 s that a chip takes at once
    active : share of the time that provisioned chips are at work, 0 to 1; 1 where not given, as in a job
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Setup`` (chip, gpus, precision, engine) and of ``Where`` (region, site, pue, place, ...)

    Returns the answer; its bill is of all hours. Raises WattlineError on bad input.

    Example
    -------
    >>> wl.transcribe("whisper-large-v3-turbo", "l4", hours=100, region="us").range("energy_wh")
    """
    terms = read_terms(setup, where, fields, MEDIA, draws, seed, facts)
    known = read_model_of(model, terms.draws)
    if known.reads != SPEECH:
        raise WattlineError(f"{known.key} reads {known.reads}: take `wattline embed {known.key}`")
    spoken = parse(hours, "h", "hours")
    if not 0 < spoken <= MAX_HOURS:
        raise WattlineError(f"hours: {number(spoken)} makes no sense; take up to {MAX_HOURS:g}")
    windows = np.asarray(np.ceil(spoken * HOUR_S / WINDOW_S - 1e-9))
    each, amounts = _tokens(known, text_tokens, terms.draws)
    question = EncodingQuestion(batch, active, usual_engine=TENSORRT)
    work = read_work(known, (windows, each), {"hours": spoken} | amounts, terms.setup, question, terms.draws)
    title = f"{number(spoken)} hours of speech by {known.name} on {work.chips} × {work.chip.record.title}"
    per: dict[str, Array] = {"joules_per_hour_of_speech": np.asarray(spoken)}
    answer = encoding_answer(work, "transcribe", title, per, terms.where, terms.draws)
    further = {
        "speech_hours_per_h": np.asarray(spoken * HOUR_S / answer.duration_s),
        "output_tokens_per_s": np.asarray(windows * each / answer.duration_s),
    }
    return Answer(**{**vars(answer), "quantities": {**answer.quantities, **further}})


def _tokens(known: EncoderModel, given: float | str | None, draws: Draws) -> tuple[Array, dict[str, float]]:
    """Tokens of the text of 30 s, and what was given of them."""
    if given is None:
        usual = known.record["document_tokens"] if known.record is not None else None
        return (np.asarray(known.tokens) if usual is None else draws(usual)), {}
    count = parse(given, "token", "text-tokens")
    if not 1 <= count <= known.most_tokens:
        raise WattlineError(f"text-tokens: {count:g} is not from 1 to the {known.most_tokens:,.0f} that it writes")
    cite_given(draws, "text_tokens", count, "token", "tokens of the text of 30 s of speech")
    return np.asarray(count), {"text_tokens": count}
