"""The fields of ``Setup`` that an image or a video takes."""

from __future__ import annotations

from wattline.predict.setup import ChipFields

MEDIA = ("chip", "instance", "gpus", "precision", "engine")


class MediaFields(ChipFields, total=False):
    """Fields of ``Setup`` that say what an image or a video is made on."""

    gpus: int | str | None
    engine: str | None
