"""Published figures as arrays, with their places and how steady their publishers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from wattline.core.fact import Array
from wattline.line.world.counts import log_ratio
from wattline.line.world.growth import FIRST, Years
from wattline.line.world.path_model import PathModel
from wattline.line.world.places import Place
from wattline.line.world.published import PublishedFigure
from wattline.line.world.series_places import place_or_company
from wattline.line.world.steady import steadiness


@dataclass(frozen=True)
class Figures:
    """Figures as arrays, one entry each: the place, the index of its year, its kind and who published which edition."""

    rows: tuple[PublishedFigure, ...]
    places: tuple[Place, ...]
    steadiness: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[PublishedFigure], model: PathModel) -> Figures:
        """Figures with their places, and how steady their publishers are.

        Parameters
        ----------
        rows : as they were published
        model : of the paths and of the publishers' biases

        Returns the figures.
        """
        places = tuple(place_or_company(row.series, row.electricity_twh) for row in rows)
        return cls(tuple(rows), places, steadiness(rows, places, model))

    def edition_sd(self, model: PathModel) -> Array:
        """Standard deviation between editions of each figure's publisher, by its own run where that shows it."""
        pairs = zip(self.rows, self.places, strict=True)
        return np.array([
            self.steadiness.get((row.publisher, place.kin_name), model.edition(place)) for row, place in pairs
        ])  # fmt: skip

    @cached_property
    def year(self) -> Years:
        return np.array([row.year - FIRST for row in self.rows], np.int64)

    def counted_by(self, kinds: Sequence[str]) -> NDArray[np.float64]:
        """1 where a figure of a place is of one of the kinds, else 0."""
        pairs = zip(self.rows, self.places, strict=True)
        return np.array([float(row.kind in kinds and not place.company) for row, place in pairs])

    @cached_property
    def scopes(self) -> list[str]:
        return [row.scope for row in self.rows]

    @cached_property
    def over_all(self) -> Array:
        """Logarithm of what each counts over all data centres."""
        return np.array([log_ratio(row.scope) for row in self.rows])

    @cached_property
    def log_twh(self) -> Array:
        return np.log([row.twh for row in self.rows])
