"""Jobs of embeddings and of speech, as a scenario file states them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from wattline.catalog.draws import Draws
from wattline.predict.answer import Answer
from wattline.predict.encoding.embed import embed
from wattline.predict.encoding.transcribe import transcribe
from wattline.predict.media.fields import MEDIA
from wattline.predict.setup import Setup
from wattline.predict.where import Where
from wattline.scenario.job import Count, ModelJob, Number

TRAFFIC = ("batch", "active", "rate", "replicas", "slo_latency", "batch_wait")
ACTIVE = "Share of the time that chips are at work; 1 where not given."


class EncodingJob(ModelJob):
    """What both kinds say."""

    config: str | None = Field(None, description="A config.json beside this file, or its folder, instead of model.")
    batch: Count | None = Field(None, description="Number of documents, images or pieces in one pass of a chip.")
    active: Number | None = Field(None, description=ACTIVE)
    rate: Number | None = Field(None, description="Rate at which documents, images or recordings come.")
    replicas: Count | None = Field(None, description="Number of replicas, of a chip each.")
    slo_latency: Number | None = Field(None, description="Longest wait and work of 95% of the requests.")
    batch_wait: Number | None = Field(None, description="Longest wait for a batch to fill.")


class EmbedJob(EncodingJob):
    """Text or images that an encoder reads."""

    kind: Literal["embed"]
    tokens: Number | None = Field(None, description="Number of tokens of text in all.")
    images: Number | None = Field(None, description="Number of images, of models that read images.")
    document_tokens: Count | None = Field(None, description="Number of tokens of a document, or of a pair.")
    max_batch_tokens: Number | None = Field(None, description="Most tokens of a batch.")


class TranscribeJob(EncodingJob):
    """Speech that becomes text."""

    kind: Literal["transcribe"]
    hours: Number | None = Field(None, description="Hours of speech; 100, or an hour's of the rate, where not given.")
    clip: Number | None = Field(None, description="Length of a recording that comes; 30 seconds where not given.")
    text_tokens: Number | None = Field(None, description="Number of tokens of the text of 30 seconds of speech.")


def encoding_answer_of(job: EncodingJob, model: str | Path, where: Where, draws: Draws) -> Answer:
    """The answer of a job of either kind.

    Parameters
    ----------
    job : as the file states it
    model : its name, or the path of its configuration
    where : where it runs
    draws : of the whole scenario

    Returns
    -------
    The answer.
    """
    setup = Setup.read(None, job.given(MEDIA))
    common = {"where": where, "draws": draws, **job.given(TRAFFIC)}
    if isinstance(job, EmbedJob):
        return embed(model, setup, **job.given(("tokens", "images", "document_tokens", "max_batch_tokens")), **common)
    return transcribe(model, setup, **job.given(("hours", "text_tokens", "clip")), **common)
