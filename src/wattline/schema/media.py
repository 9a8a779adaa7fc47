"""The JSON of ``image``, ``video``, ``validate images`` and ``validate video``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.answer import AnswerJson, MediaModelJson
from wattline.schema.base import EnvelopeJson, RangeJson, StrictJson, item, perhaps
from wattline.schema.inputs import PlaceInputs
from wattline.schema.validations import LeftOutInputs, ScoreJson, UnusableRowJson


class SplitJson(StrictJson):
    """How an image or a video is spread over chips."""

    ulysses: int | None = perhaps("Chips that exchange heads for tokens.")
    ring: int | None = perhaps("Chips whose keys and values go round.")
    guidance: int | None = perhaps("Halves of the chips that take a pass of a step each.")
    pipeline: int | None = perhaps("Chips that take a part of the layers each.")


class ImageInputs(PlaceInputs):
    """An image, as it was read."""

    model: str = item("Model by its catalog name or its folder.")
    chip: str = item("Type of chip.")
    gpus: int = item("Number of chips that make it together.")
    height: int = item("Height in pixels.")
    width: int = item("Width in pixels.")
    steps: int = item("Denoising steps.")
    passes: int = item("Forward passes a step: 2 where guidance takes one without the text.")
    batch: int = item("Images or videos made at once.")
    precision: str = item("Number format.")
    engine: str = item("Software.")
    split: SplitJson | None = perhaps("How it is spread over several chips.")
    active: float | None = perhaps("Share of the time that chips are at work, where given.")
    rate_per_s: float | None = perhaps("Requests that come a second, under traffic.")
    replicas: int | None = perhaps("Replicas that answer them.")


class VideoInputs(ImageInputs):
    """A video, as it was read."""

    frames: int = item("Number of frames.")
    fps: float = item("Frames a second.")


class MediaResults(AnswerJson):
    """What an image and a video have in common; the bill is of one of them."""

    energy_j: RangeJson = item("The same energy in joules.")
    chip_j: RangeJson = item("Energy of the chips at work for it, without hosts, idle time and facility.")
    chip_w: RangeJson = item("Mean power of all chips while they make a batch.")
    batch_latency_s: RangeJson = item("Time that a batch takes.")
    utilisation: RangeJson | None = perhaps("Share of the time that replicas are at work, under traffic.")
    queue_s: RangeJson | None = perhaps("Mean wait in the queue.")
    latency_p95_s: RangeJson | None = perhaps("95th percentile of wait and work.")
    service_w: RangeJson | None = perhaps("Mean power of the service from the grid.")
    model: MediaModelJson = item("What was read of the model.")


class ImageResults(MediaResults):
    """One image."""

    images_per_s: RangeJson = item("Images made a second.")


class VideoResults(MediaResults):
    """One video."""

    videos_per_s: RangeJson = item("Videos made a second.")


class ImageJson(EnvelopeJson[ImageInputs, ImageResults]):
    """Energy of one image."""

    command: Literal["image"]


class VideoJson(EnvelopeJson[VideoInputs, VideoResults]):
    """Energy of one video."""

    command: Literal["video"]


class MediaScoresJson(StrictJson):
    """Scores of the three measures."""

    energy: ScoreJson = item("Of joules of the chips for each image or video.")
    time: ScoreJson = item("Of the time of a batch.")
    power: ScoreJson = item("Of the watts of all chips.")


class MediaInputs(LeftOutInputs):
    """What was compared with, what fits had not seen, and by what scores are grouped."""

    by: str = item("By what scores are grouped.")


class MediaRowJson(StrictJson):
    """A measured configuration beside the predicted one."""

    model: str = item("The model.")
    family: str = item("Its family.")
    chip: str = item("Type of chip.")
    gpus: int = item("Number of chips.")
    batch: int = item("Images or videos at once.")
    steps: int = item("Denoising steps.")
    measured_j: float = item("Energy of an image or video, as measured.")
    predicted_j: RangeJson = item("The same, as predicted.")
    measured_s: float = item("Time of a batch, as measured.")
    predicted_s: RangeJson = item("The same, as predicted.")
    measured_w: float = item("Power of all chips, as measured.")
    predicted_w: RangeJson = item("The same, as predicted.")


class MediaValidationResults(StrictJson):
    """Measured images or video beside the predicted."""

    scores: MediaScoresJson | None = item("Of all rows; null where there are none.")
    groups: dict[str, MediaScoresJson] = item("By group.")
    rows: list[MediaRowJson] = item("The configurations.")
    unusable: list[UnusableRowJson] = item("Rows that cannot be predicted.")


class ValidateImagesJson(EnvelopeJson[MediaInputs, MediaValidationResults]):
    """Joules, seconds and watts of measured images beside the predicted ones."""

    command: Literal["validate images"]


class ValidateVideoJson(EnvelopeJson[MediaInputs, MediaValidationResults]):
    """Joules, seconds and watts of measured video beside the predicted ones."""

    command: Literal["validate video"]
