"""A scenario's job of kind ``train``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wattline.scenario.job import Count, ModelJob, Number


class TrainJob(ModelJob):
    """A training run; ``mfu``, ``hours`` and ``watts`` replace what would be predicted."""

    kind: Literal["train"]
    tokens: Number | None = Field(None, description='Number of tokens trained on, such as "15T".')
    chips: Count | None = Field(None, description="Number of chips in the whole run; of one instance by default.")
    mfu: Number | None = Field(None, description="Measured MFU (0 to 1) instead of the predicted one.")
    hours: Number | None = Field(None, description='Measured wall time: hours, or such as "14.8 days".')
    watts: Number | None = Field(None, description="Measured power of the servers divided by their chips, W.")
    sequence: Count | None = Field(None, description="Number of tokens in a training sequence.")
    batch_tokens: Number | None = Field(None, description="Number of tokens in a training step.")
    tuned: bool = Field(False, description="Predict the speed of a tuned benchmark, not of a usual run.")
    method: str = Field("full", description="What is trained, and towards what, as of --method.")
    teacher: str | None = Field(None, description="Model that the method distill learns from.")
    rollout_tokens: Number | None = Field(None, description="Number of tokens written for a question.")
    rollout_chips: Count | None = Field(None, description="Number of chips that rollouts have to themselves.")
    rollouts: str | None = Field(None, description="Rollouts and updates on two pools: in-turn or one-step-off.")
    padding: Number | None = Field(None, description="Share of a batch's positions that are padding.")
    document_tokens: Number | None = Field(None, description="Mean tokens of documents that fill a sequence.")
    samples: Number | None = Field(None, description="Number of images or videos trained on.")
    size: str | int | None = Field(None, description="Pixels of a side, or such as 1280x720, width first.")
    frames: Count | None = Field(None, description="Number of frames of a video.")
    batch_samples: Number | None = Field(None, description="Number of images or videos in a training step.")
    chip_price: Number | None = Field(None, description="Price of a chip's hour, USD.")
