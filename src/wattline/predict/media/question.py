"""What a user asked for of an image or a video, in plain values, and how many come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MediaQuestion:
    """What a user asked for, in plain values; None takes the model's own."""

    size: str | int | None = None
    steps: int | str | None = None
    guidance: bool | None = None
    batch: int | str = 1
    seconds: float | str | None = None
    fps: float | str | None = None
    frames: int | str | None = None
    split: str | None = None
    active: float | str | None = None
    rate: float | str | None = None
    replicas: int | str | None = None


@dataclass(frozen=True)
class MediaDemand:
    """Requests a second that come, and the replicas that answer them; None for as few as keep up."""

    rate_per_s: float
    replicas: int | None
