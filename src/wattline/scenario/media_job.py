"""Jobs of images and video, as a scenario file states them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wattline.scenario.job import Count, ModelJob, Number

ACTIVE = "Share of the time that chips are at work."


class ImageJob(ModelJob):
    """One image."""

    kind: Literal["image"]
    config: str | None = Field(None, description="A diffusers folder beside this file, instead of model.")
    size: Count | None = Field(None, description="Pixels of a side, or such as 1280x720, width first.")
    steps: Count | None = Field(None, description="Number of denoising steps.")
    guidance: bool | None = Field(None, description="Whether a step takes a second pass without the text.")
    batch: Count = Field(1, description="Number of images or videos that are made at once.")
    split: str | None = Field(None, description='Split over chips, such as "ulysses=4, ring=2".')
    active: Number | None = Field(None, description=ACTIVE)
    rate: Number | None = Field(None, description="Rate of requests for images or videos.")
    replicas: Count | None = Field(None, description="Number of replicas of the model.")


class VideoJob(ImageJob):
    """One video."""

    kind: Literal["video"]  # type: ignore[assignment]
    seconds: Number | None = Field(None, description="Length in seconds.")
    fps: Number | None = Field(None, description="Frames a second.")
    frames: Count | None = Field(None, description="Number of frames, instead of seconds.")
