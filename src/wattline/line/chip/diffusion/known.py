"""Models whose making of images or video was measured: how their time and power differ from what the model says.

Kernels suit some shapes and not others, and splits of some models cost more. ``measured_diffusion.csv`` beside the fit
gives measured over predicted by model, chip and split over chips, at some batches; it is made by ``wattline calibrate
diffusion``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog.draws import Draws
from wattline.core.fact import Array, normal_quantile, normal_share

TABLE = "measured_diffusion.csv"
BATCHES = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
MEASURES = ("time", "power")


def known_key(model: str, chip: str, split: tuple[int, int] | None = None) -> str:
    """What a configuration is known under: model and chip, and with them its split (Ulysses, ring) where given.

    Parameters
    ----------
    model, chip : names of the catalog
    split : of a request over chips: Ulysses' and ring attention's

    Returns the key.
    """
    return f"{model}/{chip}" if split is None else f"{model}/{chip}/{split[0]}x{split[1]}"


@dataclass(frozen=True, eq=False)
class KnownModels:
    """Logarithms of measured over predicted, by measure and key, at ``BATCHES``."""

    curves: dict[str, dict[str, Array]]

    def how(self, model: str, chip: str, split: tuple[int, int]) -> str:
        """``measured`` where this split of the model was measured on this chip, ``known`` where the model was on it,
        else nothing.

        Parameters
        ----------
        model, chip : names of the catalog
        split : of a request over chips: Ulysses' and ring attention's

        Returns the word, or an empty text.
        """
        curves = self.curves["time"]
        if known_key(model, chip, split) in curves:
            return "measured"
        return "known" if known_key(model, chip) in curves else ""

    def factor(self, measure: str, model: str, chip: str, split: tuple[int, int], batch: ArrayLike) -> Array:
        """Measured over predicted ``time`` or ``power`` of the nearest configuration that was measured; 1 without.

        Parameters
        ----------
        measure : ``time`` or ``power``
        model, chip : names of the catalog
        split : of a request over chips: Ulysses' and ring attention's
        batch : requests together, numeric of any shape

        Returns the factor, of the batch's shape.
        """
        curves = self.curves[measure]
        own = curves.get(known_key(model, chip, split))
        own = curves.get(known_key(model, chip)) if own is None else own
        if own is None:
            return np.asarray(1.0)
        return np.asarray(np.exp(np.interp(np.log(np.asarray(batch, float)), np.log(BATCHES), own)))


def known_spread(kind: str, makes: str, draws: Draws) -> tuple[Array, Array]:
    """Draws of measured over predicted time and power, which err against each other: what is slower than worked out
    waits more, and takes less power.

    Parameters
    ----------
    kind : what is known of the configuration: ``measured``, ``known``, ``chip`` or nothing
    makes : image or video
    draws : of the facts' ranges

    Returns the draws of time and of power, scalar or ``(n_draws,)``.
    """
    part = f"{kind}-" if kind else ""
    time, power = (f"fit.diffusion-spread-{part}{what}-{makes}" for what in MEASURES)
    slower, stronger = draws(time), draws(power)
    fact = draws.catalog.fact(power)
    if not draws.n or fact.exact:
        return slower, stronger
    together = float(draws(f"fit.diffusion-spread-{part}together-{makes}"))
    own, other = (normal_quantile(draws.percentiles(key)) for key in (power, time))
    mixed = together * other + np.sqrt(1.0 - together**2) * own
    return slower, fact.quantile(normal_share(mixed))


@lru_cache(maxsize=2)
def known_models(path: Path) -> KnownModels:
    """The table at ``path``; empty where there is none."""
    curves: dict[str, dict[str, Array]] = {measure: {} for measure in MEASURES}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines()[2:]:
            measure, key, *values = line.split(",")
            curves[measure][key] = np.log([float(value) for value in values])
    return KnownModels(curves)
