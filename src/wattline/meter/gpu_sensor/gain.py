"""How far a card's power reading lies from the truth under steady load: what measured cards say of one not measured.

A reading is (1 + gain) * power + offset. Each card has its own pair (sense resistors differ); cards of one model have
something in common. Two levels, fitted by moments to the cards of catalog kind ``sensor_unit``: the model of card
varies about all cards, a card about its model. The one model with several cards tells the second spread. Offsets are
in units of the board's class (``fan``, ``data-centre``), whose spread differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from wattline import catalog
from wattline.core.fact import Array
from wattline.core.quantiles import student
from wattline.core.units import Z975
from wattline.meter.gpu_sensor.model import NOTHING_APART, generation_of, match

MIN_ERROR = (
    0.06  # NVML API reference: within 5% of the reading; the same card differs by a percent or two from day to day
)
DATA_CENTRE = {"ampere-ga100", "hopper", "volta"}  # generations sold as data-centre boards alone


@dataclass(frozen=True, eq=False)
class Gain:
    """Gain and offset to expect of a card, with their covariance, shape ``(2, 2)``: gain, then offset in watts."""

    gain: float
    offset_w: float
    covariance: Array
    cards: int  # measured cards of the same model

    def power_w(self, reading_w: ArrayLike) -> Array:
        """True power expected behind readings, same shape."""
        return (np.asarray(reading_w, float) - self.offset_w) / (1.0 + self.gain)

    def error(self, power_w: float) -> float:
        """Relative half-width at this mean power (W) that holds the truth 19 times in 20."""
        v = np.array([1.0, 1.0 / max(power_w, 1e-3)])
        return max(MIN_ERROR, Z975 * float(np.sqrt(v @ self.covariance @ v)))


@lru_cache(maxsize=64)
def _cards(apart: frozenset[str] = NOTHING_APART) -> tuple[list[str], list[str], Array]:
    """Model and board of every measured card but those ``apart``, and its gain and offset, shape ``(cards, 2)``."""
    every = catalog.default().records("sensor_unit").values()
    units = [u for u in every if not {str(u.meta["type"]), generation_of(str(u.meta["words"][0]))} & apart]
    pairs = np.array([[u["gain"].value, u["offset_w"].value] for u in units])
    return [str(u.meta["type"]) for u in units], [str(u.meta["board"]) for u in units], pairs


@lru_cache(maxsize=1)
def _words() -> list[tuple[str, str]]:
    return [
        (w, str(u.meta["type"])) for u in catalog.default().records("sensor_unit").values() for w in u.meta["words"]
    ]


@lru_cache(maxsize=64)
def board_scale(apart: frozenset[str] = NOTHING_APART) -> dict[str, float]:
    """Root mean square offset of each class of board, W."""
    _, boards, pairs = _cards(apart)
    return {b: float(np.sqrt(np.mean([p[1] ** 2 for p, c in zip(pairs, boards, strict=True) if c == b])))
            for b in sorted(set(boards))}  # fmt: skip


@lru_cache(maxsize=64)
def spreads(apart: frozenset[str] = NOTHING_APART) -> tuple[Array, Array, Array]:
    """Mean over models, shape ``(2,)``, covariance between models and within one, ``(2, 2)``; offsets by class."""
    types, boards, pairs = _cards(apart)
    scaled = _scaled(pairs, boards, apart)
    groups = {t: scaled[[i for i, x in enumerate(types) if x == t]] for t in dict.fromkeys(types)}
    several = [g for g in groups.values() if len(g) > 1]
    within = sum(np.cov(g.T) * (len(g) - 1) for g in several) / sum(len(g) - 1 for g in several)
    means = np.array([g.mean(axis=0) for g in groups.values()])
    size, axes = np.linalg.eigh(np.cov(means.T) - within)
    between = (axes * np.clip(size, 0.0, None)) @ axes.T
    return means.mean(axis=0), between, np.asarray(within)


def _few(models: int) -> float:
    """By how much the variance of one more model grows because so few tell it: Student's in place of the normal's."""
    return float((student(models - 1, 0.95) / Z975) ** 2 * (1 + 1 / models))


def _scaled(pairs: Array, boards: list[str], apart: frozenset[str]) -> Array:
    scale = board_scale(apart)
    return np.asarray(pairs / np.array([[1.0, scale[b]] for b in boards]))


def gain_for(name: str, apart: frozenset[str] = NOTHING_APART) -> Gain:
    """What to expect of the card with this name.

    Where none of its model was measured its readings stand, and may be as far off as those of all measured cards.

    Parameters
    ----------
    name : of the card, as its driver gives it
    apart : models or generations whose measured cards are left out

    Returns
    -------
    True watts a read watt, with its range.
    """
    return _gain(name, generation_of(name), apart)


@lru_cache(maxsize=256)
def _gain(name: str, generation: str, apart: frozenset[str]) -> Gain:
    types, boards, pairs = _cards(apart)
    own = match(name, _words())
    rows = [i for i, t in enumerate(types) if t == own]
    board = boards[rows[0]] if rows else "data-centre" if generation in DATA_CENTRE else "fan"
    scaled = _scaled(pairs, boards, apart)
    mean, covariance = np.zeros(2), scaled.T @ scaled / len(scaled) * _few(len(set(types)))
    if rows:
        mean, between, within = spreads(apart)
        share = between @ np.linalg.inv(between + within / len(rows))
        seen = scaled[rows].mean(axis=0)
        covariance = between - share @ between + within
        mean = mean + share @ (seen - mean)
    unit = np.array([1.0, board_scale(apart)[board]])
    covariance = covariance * np.outer(unit, unit)
    return Gain(float(mean[0]), float(mean[1] * unit[1]), (covariance + covariance.T) / 2, len(rows))
