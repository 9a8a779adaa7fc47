"""The JSON of ``embed`` and ``transcribe``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.answer import AnswerJson
from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item, perhaps
from wattline.schema.inputs import PlaceInputs


class EncodingInputs(PlaceInputs):
    """What both commands take, as it was read."""

    model: str = item("Model by its catalog name or its configuration.")
    chip: str = item("Type of chip.")
    instance: str | None = perhaps("Type of a cloud's instance.")
    gpus: int = item("Number of chips that share the work.")
    batch: int = item("Documents, images or pieces in one pass of a chip.")
    precision: str = item("Number format.")
    engine: str = item("Software.")
    active: float | None = perhaps("Share of the time that chips are at work, of a job.")
    rate_per_s: float | None = perhaps("Requests that come a second, under traffic.")
    replicas: int | None = perhaps("Replicas that answer them, of a chip each.")
    batch_wait_s: float | None = perhaps("Longest wait for a batch to fill.")
    slo_latency_s: float | None = perhaps("Longest wait and work of 95% of the requests, where promised.")


class EmbedInputs(EncodingInputs):
    """What is embedded, as it was read."""

    tokens: float | None = perhaps("Tokens of text in all.")
    document_tokens: float | None = perhaps("Tokens of a document or a pair, where given.")
    images: float | None = perhaps("Number of images.")


class TranscribeInputs(EncodingInputs):
    """What is transcribed, as it was read."""

    hours: float = item("Hours of speech.")
    text_tokens: float | None = perhaps("Tokens of the text of 30 seconds of speech, where given.")
    clip_s: float | None = perhaps("Length of a recording that comes, under traffic.")


class EncoderJson(StrictJson):
    """What was read of the model."""

    name: str = item("Its name.")
    reads: Literal["text", "pairs", "images", "speech"] = item("What it reads.")
    total_params: int = item("Its parameters.")


class EncodingResults(AnswerJson):
    """What both have in common; the bill is of all that is read."""

    energy_j: RangeJson = item("The same energy in joules.")
    chip_j: RangeJson = item("Energy of the chips at work for it, without hosts, idle time and facility.")
    chip_w: RangeJson = item("Mean power of a chip at work.")
    batch_latency_s: RangeJson = item("Time that a batch takes.")
    utilisation: RangeJson | None = perhaps("Share of the time that replicas are at work, under traffic.")
    queue_s: RangeJson | None = perhaps("Mean wait in the queue.")
    latency_p50_s: RangeJson | None = perhaps("Median of wait and work.")
    latency_p95_s: RangeJson | None = perhaps("95th percentile of wait and work.")
    mean_batch: RangeJson | None = perhaps("Mean number of documents, images or pieces of a batch.")
    joules_per_request: RangeJson | None = perhaps("Energy of a request.")
    service_w: RangeJson | None = perhaps("Mean power of the service from the grid.")
    service_idle_w: RangeJson | None = perhaps("Power of the service from the grid while nothing comes.")
    model: EncoderJson = item("What was read of the model.")


class EmbedResults(EncodingResults):
    """Text or images that are embedded."""

    joules_per_document: RangeJson | None = perhaps("Energy of a document.")
    joules_per_pair: RangeJson | None = perhaps("Energy of a pair of question and document.")
    joules_per_image: RangeJson | None = perhaps("Energy of an image.")
    joules_per_million_tokens: RangeJson | None = perhaps("Energy of a million tokens.")


class TranscribeResults(EncodingResults):
    """Speech that is transcribed."""

    joules_per_hour_of_speech: RangeJson = item("Energy of an hour of speech.")
    speech_hours_per_h: RangeJson = item("Hours of speech that the chips work through in an hour.")
    output_tokens_per_s: RangeJson = item("Tokens of text written a second, by all chips.")


class EmbedJson(EnvelopeJson[EmbedInputs, EmbedResults]):
    """Energy of embedding or ranking text, or of images that are read."""

    command: Literal["embed"]


class TranscribeJson(EnvelopeJson[TranscribeInputs, TranscribeResults]):
    """Energy of transcribing speech."""

    command: Literal["transcribe"]
