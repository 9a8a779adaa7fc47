"""What a pass is asked to make, and the settings of a component as its ``config.json`` states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array

Config = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Sizes:
    """Height and width [px] and frames (1 for an image) of what is made, and the tokens of its text.

    Each is a scalar or an array; all broadcast. ``text_tokens``: tokens that the denoiser attends to.
    """

    height: Array
    width: Array
    frames: Array
    text_tokens: Array

    def latent(self, space: float, time: float = 1.0) -> tuple[Array, Array, Array]:
        """Frames, height and width after a decoder's compression of space and, causally, of time.

        Parameters
        ----------
        space, time : pixels of height or width, and frames, that one latent value stands for

        Returns the latent's frames, height and width, of the sizes' shape.
        """
        frames = np.floor((self.frames - 1) / time) + 1 if time > 1 else self.frames
        return np.asarray(frames), np.ceil(self.height / space), np.ceil(self.width / space)


def number_in(config: Config, name: str, default: float | None = None) -> float:
    """A number of a component's settings.

    Parameters
    ----------
    config : the settings
    name : of the number
    default : where it is not given; None where it must be

    Returns the number.

    Raises WattlineError where it is no number, or missing without a default.
    """
    value = config.get(name)
    if value is None:
        value = default
    if value is None:
        raise WattlineError(f"{config.get('_class_name', 'component')}: {name} is missing in its configuration")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise WattlineError(
            f"{config.get('_class_name', 'component')}: {name} is {value!r}, not a number that it takes"
        )
    return float(value)


def numbers_in(config: Config, name: str, default: tuple[float, ...]) -> tuple[float, ...]:
    """A list of numbers of a component's settings; one number stands for a list as long as ``default``.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    name : of the setting
    default : where it is not there

    Returns the numbers. Raises WattlineError where it is neither a number nor a list of numbers.
    """
    value = config.get(name)
    if value is None:
        return default
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (float(value),) * len(default)
    known = isinstance(value, list | tuple) and value
    if not known or not all(isinstance(part, int | float) and 0 <= part < 1e9 for part in value):
        raise WattlineError(f"{config.get('_class_name', 'component')}: {name} is {value!r}, not a list of numbers")
    return tuple(float(part) for part in value)
