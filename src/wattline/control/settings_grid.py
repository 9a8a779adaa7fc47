"""The settings that a search may try, and what a user's own settings are set by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from wattline.control.hold import Hold
from wattline.control.settable import KNOBS, KnobLimits
from wattline.core.errors import WattlineError
from wattline.core.fact import Array

MAX_SETTINGS = 51


class Setter(Protocol):
    """What sets one of the settings of a grid."""

    @property
    def settings(self) -> Array:
        """Ascending or in the user's order, shape ``(n,)``."""
        ...

    @property
    def reference(self) -> int:
        """Place of what stood before."""
        ...

    @property
    def knob(self) -> str: ...

    @property
    def unit(self) -> str: ...

    @property
    def names(self) -> list[str]:
        """Of the devices, or of the user's setting."""
        ...

    def set(self, place: int) -> None: ...

    def shown(self, place: int) -> float | str:
        """The setting at a place, as an answer tells it."""
        ...

    def restore(self) -> list[str]:
        """Set back what stood; lines of what could not be."""
        ...


def grid(limits: Sequence[KnobLimits]) -> Array:
    """Settings that all devices of a group take, from their lowest limit to what stood, at most ``MAX_SETTINGS``.

    Parameters
    ----------
    limits : of each device

    Returns
    -------
    Ascending, the last the highest that stood [W or MHz].
    """
    low, high = max(each.low for each in limits), max(each.ceiling for each in limits)
    step = max(each.step for each in limits)
    if not high > low:
        return np.array([high])
    step *= np.ceil((high - low) / step / (MAX_SETTINGS - 1))
    return np.asarray(np.sort(high - step * np.arange(int((high - low) / step + 1e-9) + 1)))


class DeviceSetter:
    """Limits of a group of devices, all set to one value, each within its own."""

    reference = -1

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self.settings = grid(list(hold.limits.values()))
        self.knob = hold.settables[0].knob
        self.unit = KNOBS[self.knob]
        self.names = [each.device.name or each.device.uuid for each in hold.settables]
        self._now: int | None = None

    def set(self, place: int) -> None:
        """Between two windows at one setting only looks that it stands. Raises DeviceLost, SettingError or
        ForeignChange."""
        if place == self._now:
            for settable in self._hold.settables:
                self._hold.check_unchanged(settable.device.key)
            return
        self._hold.set_all(float(self.settings[place]))
        self._now = place

    def shown(self, place: int) -> float | str:
        return float(self.settings[place])

    def restore(self) -> list[str]:
        return self._hold.restore()


class OwnSetter:
    """A setting of the user's program, such as a batch size, set by a function of theirs."""

    unit = ""

    def __init__(self, settings: Mapping[str, Sequence[Any]], apply: Callable[[Any], object] | None) -> None:
        if not isinstance(settings, Mapping) or len(settings) != 1 or apply is None or not callable(apply):
            raise WattlineError(
                'tune: settings is one name with its values, such as {"batch": [16, 32]}, and apply the function that '
                "sets one of them"
            )
        ((self.knob, values),) = settings.items()
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise WattlineError(f"tune: the values of {self.knob} are no list, such as [16, 32]")
        self._values, self._apply = list(values), apply
        if len(self._values) < 2:
            raise WattlineError(f"tune: {self.knob} has {len(self._values)} value; give two or more, the present first")
        self.settings = np.arange(len(self._values), dtype=float)
        self.reference = 0
        self.names = [self.knob]
        self._now: int | None = 0

    def set(self, place: int) -> None:
        if place != self._now:
            self._apply(self._values[place])
            self._now = place

    def shown(self, place: int) -> float | str:
        value = self._values[place]
        return float(value) if isinstance(value, int | float) else str(value)

    def restore(self) -> list[str]:
        self.set(self.reference)
        return []
