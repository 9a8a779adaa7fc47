"""``embed``: joules and watt-hours of embedding or ranking text, and of images that a vision transformer reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number, parse
from wattline.line.work.encoding.model import SPEECH, EncoderModel
from wattline.predict.answer import Answer
from wattline.predict.cite import cite_given
from wattline.predict.encoding.answer import encoding_answer
from wattline.predict.encoding.demand import EncodingQuestion, items_of_an_hour
from wattline.predict.encoding.work import read_model_of, read_work
from wattline.predict.media.fields import MEDIA
from wattline.predict.media.image import ImageFields
from wattline.predict.setup import Setup
from wattline.predict.terms import read_terms
from wattline.predict.where import Where

MAX_COUNT = 1e18
USUAL_TOKENS, USUAL_IMAGES = 1e9, 1e6
WORDS = {"text": "documents", "pairs": "pairs", "images": "images"}


def embed(
    model: str | Path | EncoderModel,
    setup: str | Setup | None = None,
    *,
    where: str | Where | None = None,
    tokens: float | str | None = None,
    images: float | str | None = None,
    document_tokens: int | str | None = None,
    batch: int | str | None = None,
    active: float | str | None = None,
    rate: float | str | None = None,
    replicas: int | str | None = None,
    slo_latency: float | str | None = None,
    batch_wait: float | str | None = None,
    max_batch_tokens: float | str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[ImageFields],
) -> Answer:
    """Energy of embedding so many tokens or images, with range.

    Parameters
    ----------
    model : a catalog name, the path of a ``config.json``, or an EncoderModel
    setup : a chip's name, or a Setup; ``gpus`` share the work
    where : a region's name, or a Where
    tokens : of text in all, such as ``"1B"``; of a reranker, of questions and documents together; an hour's of ``rate``
    images : number of images, of models that read images
    document_tokens : tokens of a document, or of a pair; the model's usual range where not given
    batch : documents, pairs or images in one pass of a chip
    active : share of the time that provisioned chips are at work, 0 to 1; 1 where not given, as in a job
    rate : documents, pairs or images that come at random, such as ``"50/s"``, and wait in one queue; decides ``active``
    replicas : of a chip each; the fewest that keep ``slo_latency``, or those that full batches keep 80% at work
    slo_latency : 95th percentile of wait and work that is promised, such as ``"100 ms"``
    batch_wait : longest wait for a batch to fill, such as ``"5 ms"``; a free chip takes all that wait where not given
    max_batch_tokens : most tokens of a batch, such as ``16384``
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Setup`` (chip, gpus, precision, engine) and of ``Where`` (region, site, pue, place, ...)

    Returns the answer; its bill is of all that is read. Raises WattlineError on bad input.

    Example
    -------
    >>> wl.embed("bge-m3", "l4", tokens="1B", region="de").range("joules_per_document")
    """
    terms = read_terms(setup, where, fields, MEDIA, draws, seed, facts)
    known = read_model_of(model, terms.draws)
    if known.reads == SPEECH:
        raise WattlineError(f"{known.key} reads speech: take `wattline transcribe {known.key}`")
    question = EncodingQuestion(batch, active, rate, replicas, batch_wait, max_batch_tokens, slo_latency)
    hourly = None if rate is None else items_of_an_hour(rate)
    each, items, amounts = _amount(known, (tokens, images, hourly), document_tokens, terms.draws)
    work = read_work(known, (items, each), amounts, terms.setup, question, terms.draws)
    word = WORDS[known.reads]
    per: dict[str, Array] = {f"joules_per_{word[:-1]}": items}
    if known.reads != "images":
        per["joules_per_million_tokens"] = np.asarray(items * each / 1e6)
    shown = f"{number(amounts['images'])} images" if known.reads == "images" else f"{number(amounts['tokens'])} tokens"
    return encoding_answer(work, "embed", shown, per, terms.where, terms.draws)


def _amount(
    known: EncoderModel,
    given_amounts: tuple[float | str | None, float | str | None, float | None],
    document_tokens: int | str | None,
    draws: Draws,
) -> tuple[Array, Array, dict[str, Any]]:
    """Tokens of each item, how many items, and what was given: tokens or images, or else an hour's of the traffic."""
    tokens, images, hourly = given_amounts
    if known.reads == "images":
        if tokens is not None or document_tokens is not None:
            raise WattlineError(f"tokens: {known.key} reads images; give --images")
        count = (hourly or USUAL_IMAGES) if images is None else _count(images, "images")
        return np.asarray(known.tokens), np.asarray(count), {"images": count}
    if images is not None:
        raise WattlineError(f"images: {known.key} reads text; give --tokens")
    amounts: dict[str, Any] = {}
    if document_tokens is not None:
        given = parse(document_tokens, "token", "document-tokens")
        if not 1 <= given <= known.most_tokens or given != int(given):
            raise WattlineError(
                f"document-tokens: {given:g} is not a whole number up to the {known.most_tokens:,.0f} that "
                f"{known.key} reads at once"
            )
        cite_given(draws, "document_tokens", given, "token", "tokens of a document or a pair")
        each, amounts["document_tokens"] = np.asarray(given), given
    elif known.record is not None:
        each = draws(known.record["document_tokens"])
    else:
        each = np.asarray(known.tokens)
    if tokens is None and hourly is not None:
        return each, np.asarray(hourly), {"tokens": float(hourly * np.median(each))} | amounts
    count = USUAL_TOKENS if tokens is None else _count(tokens, "tokens")
    each = np.minimum(each, count)
    return each, np.asarray(count / each), {"tokens": count} | amounts


def _count(value: float | str, name: str) -> float:
    count = parse(value, name.removesuffix("s"), name)
    if not 1 <= count <= MAX_COUNT:
        raise WattlineError(f"{name}: {number(count)} makes no sense; take 1 to {MAX_COUNT:g}")
    return count
