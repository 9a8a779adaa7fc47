"""Pictures and sound that requests bring beside their text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError
from wattline.core.fact import Array

USUAL_SIDE = 1024


@dataclass(frozen=True, eq=False)
class SeenRequests:
    """Of each request: how many ``pictures`` of ``width`` x ``height`` pixels, and seconds of sound ``audio_s``."""

    pictures: NDArray[np.int64]
    audio_s: Array
    width: int = USUAL_SIDE
    height: int = USUAL_SIDE

    def __post_init__(self) -> None:
        pictures, audio = np.asarray(self.pictures, np.int64), np.asarray(self.audio_s, float)
        if pictures.shape != audio.shape or np.any(pictures < 0) or not np.all(np.isfinite(audio) & (audio >= 0)):
            raise WattlineError("traffic: pictures and sound of a request must be zero or more")
        object.__setattr__(self, "pictures", pictures)
        object.__setattr__(self, "audio_s", audio)

    def __len__(self) -> int:
        return int(self.pictures.size)

    def sized(self, width: int, height: int) -> SeenRequests:
        """The same with pictures of so many pixels.

        Parameters
        ----------
        width, height : of a picture [pixels]

        Returns the requests.
        """
        return replace(self, width=width, height=height)

    def take(self, index: Any) -> SeenRequests:
        """Those of the requests ``index``, a slice or places, in its order."""
        return replace(self, pictures=self.pictures[index], audio_s=self.audio_s[index])


def usual_size(width: Array, height: Array, pictures: NDArray[np.int64]) -> tuple[int, int]:
    """The size of all pictures; where they differ, one with as many pixels as they have in the mean.

    Parameters
    ----------
    width, height : of a request's pictures, shape ``(n_rows,)``, zero where not told [px]
    pictures : how many each request brings, shape ``(n_rows,)``

    Returns width and height [px].
    """
    stated = (width > 0) & (height > 0) & (pictures > 0)
    if not stated.any():
        return USUAL_SIDE, USUAL_SIDE
    across, up, counts = width[stated], height[stated], pictures[stated]
    wide, high = (float(np.average(sides, weights=counts)) for sides in (across, up))
    scale = np.sqrt(np.average(across * up, weights=counts) / (wide * high))
    return max(round(wide * scale), 1), max(round(high * scale), 1)


def seen_of(rows: int, count: int, audio_s: float, share: float, seed: int) -> SeenRequests:
    """The same pictures and sound in a share of the requests, drawn.

    Parameters
    ----------
    rows : number of requests
    count : pictures of a request that brings any
    audio_s : sound of a request that brings any [s]
    share : of the requests that bring any, above 0 to 1
    seed : of the draw

    Returns what each brings.
    """
    chosen = np.random.default_rng([seed, 7]).random(rows) < share
    return SeenRequests(np.where(chosen, count, 0), np.where(chosen, audio_s, 0.0))
