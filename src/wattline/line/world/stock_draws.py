"""The world's stock under draws of its drivers, and what each part of it has in a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np

from wattline.core.fact import Array
from wattline.line.world.ai_part import ai_ratio
from wattline.line.world.chip_sources import LAST_SHIPPED
from wattline.line.world.drivers import OF_PATHS, Drivers, WhatIf, WorldParts
from wattline.line.world.percentiles import Draws32
from wattline.line.world.places import Place
from wattline.line.world.site_overhead import overhead_ratio
from wattline.line.world.stock import FIRST as FIRST_STOCK
from wattline.line.world.stock import LAST as LAST_STOCK
from wattline.line.world.tables import series

PARTS = ("ai", "servers", "storage", "network", "overhead")


class StockDraws:
    """The world's stock under draws of its drivers, for the years of an outlook; with and without the what-if."""

    def __init__(self, deviates: Mapping[str, Array], what_if: tuple[WhatIf, ...], years: Array) -> None:
        self.years, self.what_if = years, what_if
        self.spots = np.clip(years, FIRST_STOCK, LAST_STOCK) - FIRST_STOCK
        self.usual = self._parts(Drivers(deviates))
        moved = tuple(change for change in what_if if change.driver not in OF_PATHS)
        self.moved = self._parts(Drivers(deviates, moved)) if moved else self.usual

    def _parts(self, drivers: Drivers) -> WorldParts:
        made = drivers.parts()
        return WorldParts(
            *(
                np.ascontiguousarray(getattr(made, part.name)[:, self.spots].T, np.float32)
                for part in fields(WorldParts)
            )
        )

    def total(self) -> Draws32:
        return np.asarray(self.moved.total, np.float32)

    def ai(self) -> Draws32:
        return np.asarray(self.moved.ai + self.moved.ai_overhead, np.float32)

    def factor(self, place: Place) -> Array:
        """Electricity of a place with the what-if over that without it, shape ``(n_years, n_draws)``."""
        if self.moved is self.usual:
            return np.ones(self.usual.ai.shape, np.float32)
        after, before = (sum(self._split(parts, place).values()) for parts in (self.moved, self.usual))
        return self._rebounding(np.asarray(after / before))

    def _rebounding(self, factor: Array) -> Array:
        """What is saved, less what comes back as more use because each use takes less."""
        change = next((change for change in self.what_if if change.driver == "rebound"), None)
        if change is None:
            return factor
        back = change.apply(np.full(1, series("rebound").facts[0].value))
        return np.asarray(np.where(factor < 1, 1 - (1 - factor) * (1 - back), factor))

    def parts_of(self, place: Place) -> dict[str, Array]:
        """The parts of a place that has its own measure of AI, TWh of the world's stock."""
        return self._split(self.moved, place)

    def _split(self, parts: WorldParts, place: Place) -> dict[str, Array]:
        ratio = ai_ratio(place)[self.spots].astype(np.float32)[:, None]
        ai = parts.ai * ratio
        network = parts.network * (parts.servers + ai) / (parts.servers + parts.ai)
        rest = parts.servers + parts.storage + parts.network
        pue = 1 + (parts.overhead - parts.ai_overhead) / rest
        overhead = (parts.servers + parts.storage + network) * (pue - 1) + parts.ai_overhead * ratio
        overhead = overhead * overhead_ratio(place)[self.spots].astype(np.float32)[:, None]
        return {"ai": ai, "servers": parts.servers, "storage": parts.storage, "network": network, "overhead": overhead}

    def loads(self, deviate: Array) -> tuple[Array, Array]:
        """Load factor of each draw and year, with the what-if and without: what is set, is from the next year on."""
        usual = np.clip(series("load-factor").at(self.years, deviate), 0.05, 0.98).T
        changes = [change for change in self.what_if if change.driver == "load_factor"]
        load = usual
        for change in changes:
            load = np.where(self.years[:, None] > LAST_SHIPPED, np.clip(change.apply(usual), 0.05, 1.0), load)
        return np.asarray(load, np.float32), np.asarray(usual, np.float32)
