"""``transcribe``: joules and watt-hours of turning speech into text."""

from __future__ import annotations

from dataclasses import replace
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
from wattline.predict.encoding.demand import EncodingQuestion, items_of_an_hour
from wattline.predict.encoding.work import read_model_of, read_work
from wattline.predict.media.engine import TENSORRT
from wattline.predict.media.fields import MEDIA
from wattline.predict.media.image import ImageFields
from wattline.predict.setup import Setup
from wattline.predict.terms import read_terms
from wattline.predict.where import Where

MAX_HOURS, USUAL_HOURS, MAX_CLIP_S = 1e12, 100.0, 24 * HOUR_S


def transcribe(
    model: str | Path | EncoderModel,
    setup: str | Setup | None = None,
    *,
    where: str | Where | None = None,
    hours: float | str | None = None,
    text_tokens: float | str | None = None,
    batch: int | str | None = None,
    active: float | str | None = None,
    rate: float | str | None = None,
    clip: float | str | None = None,
    replicas: int | str | None = None,
    slo_latency: float | str | None = None,
    batch_wait: float | str | None = None,
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
    hours : of speech, or such as ``"90 min"``; 100, or an hour's of ``rate``, where not given
    text_tokens : tokens of the text of 30 s of speech; the usual range where not given
    batch : pieces of 30 s that a chip takes at once
    active : share of the time that provisioned chips are at work, 0 to 1; 1 where not given, as in a job
    rate : recordings that come at random, such as ``"50/s"``, and wait in one queue; decides ``active``
    replicas : of a chip each; the fewest that keep ``slo_latency``, or those that full batches keep 80% at work
    slo_latency : 95th percentile of wait and work that is promised, such as ``"100 ms"``
    batch_wait : longest wait for a batch to fill, such as ``"5 ms"``; a free chip takes all that wait where not given
    clip : length of a recording that comes, such as ``"5 min"``; 30 s where not given
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
    clip_s = _clip(clip, rate)
    spoken = _hours(hours, None if rate is None else items_of_an_hour(rate) * clip_s / HOUR_S)
    pieces = int(np.ceil(clip_s / WINDOW_S - 1e-9))
    windows = np.asarray(np.ceil(spoken * HOUR_S / (WINDOW_S if rate is None else clip_s / pieces) - 1e-9))
    each, amounts = _tokens(known, text_tokens, terms.draws)
    question = EncodingQuestion(
        batch, active, rate, replicas, batch_wait, None, slo_latency, pieces, usual_engine=TENSORRT
    )
    work = read_work(known, (windows, each), {"hours": spoken} | amounts, terms.setup, question, terms.draws)
    title = f"{number(spoken)} hours of speech"
    per: dict[str, Array] = {"joules_per_hour_of_speech": np.asarray(spoken)}
    answer = encoding_answer(work, "transcribe", title, per, terms.where, terms.draws)
    further = {
        "speech_hours_per_h": np.asarray(spoken * HOUR_S / answer.duration_s),
        "output_tokens_per_s": np.asarray(windows * each / answer.duration_s),
    }
    clips = {} if rate is None else {"clip_s": clip_s}
    return replace(answer, quantities={**answer.quantities, **further}, inputs={**answer.inputs, **clips})


def _hours(given: float | str | None, hourly: float | None) -> float:
    """Hours of speech: as given, or of an hour's traffic, or the usual."""
    spoken = (USUAL_HOURS if hourly is None else hourly) if given is None else parse(given, "h", "hours")
    if not 0 < spoken <= MAX_HOURS:
        raise WattlineError(f"hours: {number(spoken)} makes no sense; take up to {MAX_HOURS:g}")
    return spoken


def _clip(given: float | str | None, rate: float | str | None) -> float:
    """Length of a recording that comes [s]."""
    if given is not None and rate is None:
        raise WattlineError("clip: give --rate with it, such as '2/s'")
    length_s = WINDOW_S if given is None else parse(given, "s", "clip")
    if not 0 < length_s <= MAX_CLIP_S:
        raise WattlineError(f"clip: {number(length_s)} s is out of range; take up to {MAX_CLIP_S / HOUR_S:g} h")
    return length_s


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
