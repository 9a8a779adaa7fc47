"""What drives the world's stock, drawn from facts: shipments, lives, watts, use and overhead; and its electricity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wattline.core.errors import WattlineError
from wattline.core.fact import Array, Fact
from wattline.line.world.chip_sources import EPOCH, LAST_SHIPPED, SOURCES, chips_shipped
from wattline.line.world.power import TWH_PER_GW, chips_of, mean_watts
from wattline.line.world.stock import YEARS, grouped_by_life, presence
from wattline.line.world.tables import FactSeries, series

# what may be moved: name -> words
DRIVERS = {
    "shipments": "shipments of all servers and chips from 2026 on",
    "server_shipments": "shipments of servers without AI chips",
    "server_life": "mean life of servers without AI chips",
    "server_watts": "power at work of servers without AI chips",
    "server_use": "share of the time that servers without AI chips are at work",
    "chips": "what chips of AI shipped up to 2025 are counted by: epoch, revenue or wafers",
    "chip_shipments": "chips of AI shipped up to 2025",
    "chip_growth": "growth of the shipments of AI chips from 2026 on",
    "ai_life": "mean life of accelerators",
    "ai_work": "power of an AI server at work over its chips' TDP",
    "ai_idle": "power of an AI server when idle, as a share of its rated power",
    "ai_use": "share of the time that AI chips are at work",
    "training_share": "share of AI's electricity that trains, where chips work as usual",
    "ai_training_use": "share of the time that AI chips of training are at work",
    "ai_inference_use": "share of the time that AI chips of inference are at work",
    "pue": "overhead of sites without AI",
    "ai_pue": "overhead of AI sites",
    "storage": "storage beside servers",
    "network": "network beside servers",
    "connections": "GW of sites of AI that the world's grids can connect in a year, from 2026 on",
    "turbines": "GW of sites of AI a year for which power plants can be had",
    "transformers": "GW of sites of AI a year for which transformers and switchgear can be had",
}
LIMITS = ("connections", "turbines", "transformers")  # of what can be switched on in a year
AT_WORK = frozenset({"ai_work", "ai_idle", "ai_training_use", "ai_inference_use"})  # what AI chips take
OF_PATHS = ("load_factor", "rebound")  # what is set of the outlook, and not of the stock
SET_ALONE = ("shipments", "ai_use", "chips")  # follow from others unless they are set
NORMAL = tuple(name for name in DRIVERS if name not in SET_ALONE)
SHARES = (
    "ai_idle",
    "ai_use",
    "ai_training_use",
    "ai_inference_use",
    "training_share",
    "server_use",
    "load_factor",
    "rebound",
)


@dataclass(frozen=True)
class WhatIf:
    """A driver set to a value, moved by a share (``-0.15`` for 15% less), or counted from another source."""

    driver: str
    value: float | None = None
    change: float = 0.0
    source: str = ""

    def apply(self, values: Array) -> Array:
        return np.full_like(values, self.value) if self.value is not None else values * (1 + self.change)


def read_what_if(text: str) -> WhatIf:
    """A what-if from ``ai_idle=30%``, ``ai_life=4``, ``shipments=-15%`` (a sign: a change) or ``chips=revenue``.

    Parameters
    ----------
    text : NAME=VALUE

    Returns
    -------
    The driver and its value or change.

    Raises WattlineError for a driver that is not known or a value that is no number.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or name not in {*DRIVERS, *OF_PATHS}:
        known = ", ".join([*DRIVERS, *OF_PATHS])
        raise WattlineError(f"--what-if {text!r}: give NAME=VALUE with NAME one of {known}")
    if name == "chips":
        if value not in SOURCES:
            raise WattlineError(f"--what-if {text!r}: chips are counted by one of {', '.join(SOURCES)}")
        return WhatIf(name, source=value)
    percent = value.endswith("%")
    try:
        number = float(value.removesuffix("%").removesuffix("y")) / (100 if percent else 1)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise WattlineError(f"--what-if {text!r}: {value!r} is no number; write 30%, 4 or -15%")
    if value[:1] in "+-":
        if number <= -1:
            raise WattlineError(f"--what-if {text!r}: takes away all there is; give more than -100%")
        return WhatIf(name, change=number)
    if name in ("shipments", "server_shipments", "chip_shipments", "server_watts", "storage", "network"):
        raise WattlineError(f"--what-if {text!r}: {name} is moved by a share; write {name}=-15% or {name}=+10%")
    if number <= 0 or (name in SHARES and number > 1):
        raise WattlineError(f"--what-if {text!r}: {value} is out of range")
    return WhatIf(name, value=number)


@dataclass(frozen=True)
class WorldParts:
    """Electricity of the world's data centres by part, TWh, shape ``(n_draws, n_years)``, from stock and watts alone.

    ``ai`` and ``servers`` are IT; so are ``storage`` and ``network``; ``overhead`` is the sites' cooling and power, of
    which ``ai_overhead`` belongs to AI.
    """

    ai: NDArray[Any]
    servers: NDArray[Any]
    storage: NDArray[Any]
    network: NDArray[Any]
    overhead: NDArray[Any]
    ai_overhead: NDArray[Any]
    chips_gw: NDArray[Any] = field(repr=False)

    @property
    def total(self) -> NDArray[Any]:
        return np.asarray(self.it + self.overhead)

    @property
    def it(self) -> NDArray[Any]:
        return np.asarray(self.ai + self.servers + self.storage + self.network)


@dataclass(frozen=True)
class OwnStock:
    """Shipments of a company or country by year of ``stock.YEARS``: million servers without AI chips, GW of chips."""

    name: str
    servers_million: Array
    chips_gw: Array


class Drivers:
    """Draws of every driver, and the stock's electricity under them.

    Parameters
    ----------
    deviates : standard normal deviates by name of driver, each ``(n_draws,)``; a driver that has none stands at its
        central value
    what_if : drivers that are set or moved
    ai_ratio : AI per server without it over the world's, for a region; by year of ``stock.YEARS``, or for all
    own : shipments in place of the world's
    """

    def __init__(
        self, deviates: Mapping[str, Array], what_if: tuple[WhatIf, ...] = (), ai_ratio: Array | float = 1.0,
        own: OwnStock | None = None,
    ) -> None:  # fmt: skip
        self.count = max((len(values) for values in deviates.values()), default=1)
        self.deviates, self.ai_ratio, self.own = deviates, ai_ratio, own
        self.changes = {change.driver: change for change in what_if}

    def _z(self, name: str) -> Array:
        return np.asarray(self.deviates.get(name, np.zeros(self.count)), float)

    def _usual(self, name: str, facts: FactSeries) -> Array:
        return facts.at(YEARS, self._z(name))

    def _path(self, name: str, facts: FactSeries) -> Array:
        values = self._usual(name, facts)
        return self.changes[name].apply(values) if name in self.changes else values

    def _life(self, name: str, facts: FactSeries) -> tuple[Array, Array]:
        """Mean life in its newest year by draw, and how it stands in other years to that, by year of shipment."""
        path = self._path(name, facts)
        central = facts.at(YEARS)
        return path[:, -1], np.asarray(central / central[-1])

    def _later(self, shipped: Array) -> Array:
        """Shipments with the change of all shipments after the last known year."""
        change = self.changes.get("shipments")
        return shipped if change is None else np.where(YEARS > LAST_SHIPPED, change.apply(shipped), shipped)

    def chips(self) -> Array:
        """GW of TDP of AI chips shipped by year, shape ``(n_draws, n_years)``."""
        if self.own is not None:
            return self._later(np.tile(self.own.chips_gw, (self.count, 1)))
        source = self.changes["chips"].source if "chips" in self.changes else EPOCH
        shipped = chips_shipped(self._z("chip_shipments"), source)
        if "chip_shipments" in self.changes:
            shipped = self.changes["chip_shipments"].apply(shipped)
        growth = self._path("chip_growth", series("chips-growth"))
        last = int(np.flatnonzero(YEARS == LAST_SHIPPED)[0])
        for i in range(last + 1, len(YEARS)):
            shipped[:, i] = shipped[:, i - 1] * np.maximum(1 + growth[:, i], 0.05)
        return self._connected(self._later(shipped))

    def _connected(self, shipped: Array) -> Array:
        """Chips switched on by year: no more than the tightest limit on new sites, and those that replace worn ones;
        what cannot be, waits for the next year."""
        per_site = series("chip-to-facility", "ai").facts[0].value
        limit = np.minimum.reduce([self._path(name, series("site-limit", name)) for name in LIMITS]) / per_site
        life = round(series("life", "accelerators").facts[0].value)
        waiting = np.zeros(len(shipped))
        for i in np.flatnonzero(YEARS > LAST_SHIPPED):
            wanted = shipped[:, i] + waiting
            shipped[:, i] = np.minimum(wanted, limit[:, i] + shipped[:, i - life])
            waiting = wanted - shipped[:, i]
        return shipped

    def parts(self) -> WorldParts:
        """Electricity by part."""
        (chips_gw,) = self._standing((self.chips(),), *self._life("ai_life", series("life", "accelerators")))
        ai = chips_gw * self._ai_watts() * TWH_PER_GW * self.ai_ratio
        servers = self._server_gw() * TWH_PER_GW
        storage = servers * self._path("storage", series("storage-over-servers"))
        network = (servers + ai) * self._path("network", series("network-over-servers"))
        ai_overhead = ai * (self._path("ai_pue", series("pue", "ai")) - 1)
        rest = servers + storage + network
        overhead = rest * (self._rest_pue() - 1) + ai_overhead
        return WorldParts(ai, servers, storage, network, overhead, ai_overhead, chips_gw)

    def _ai_watts(self) -> Array:
        """Mean power of AI chips with their servers over the chips' TDP.

        Training's share is of AI's electricity, as it is published. Its chips work more than those of inference, so
        that they are fewer; and they stay as many where a what-if moves what either takes.
        """
        work, idle, train, infer = self._ai_work(self._path)
        share = np.clip(self._path("training_share", series("training-share", "ai")), 0.0, 1.0)
        usual = self._ai_work(self._usual) if AT_WORK & self.changes.keys() else (work, idle, train, infer)
        training = chips_of(share, *usual)
        use = np.minimum(training * train + (1 - training) * infer, 1.0)
        if "ai_use" in self.changes:
            use = self.changes["ai_use"].apply(use)
        return np.asarray(mean_watts(work, idle, use))

    def _ai_work(self, path: Callable[[str, FactSeries], Array]) -> tuple[Array, Array, Array, Array]:
        """Power at work over TDP, idle power over that, and the use of chips of training and of inference."""
        work, rated = path("ai_work", series("chip-work-over-tdp", "ai")), series("chip-rated-over-tdp", "ai").at(YEARS)
        idle = np.minimum(path("ai_idle", series("chip-idle-share", "ai")) * rated / work, 1.0)
        train, infer = (path(f"ai_{kind}_use", series("chip-use", kind)) for kind in ("training", "inference"))
        return work, idle, train, infer

    def _rest_pue(self) -> Array:
        """Overhead of what is not AI: that of all sites is lower, the more of them are AI's."""
        pue = self._path("pue", series("pue"))
        return np.asarray(pue + (pue - 1) * series("pue-excess", "rest").at(YEARS))

    def _server_gw(self) -> Array:
        world = self._path("server_shipments", series("servers-shipped", "volume"))
        shipped = self._later(world if self.own is None else np.tile(self.own.servers_million, (self.count, 1)))
        rated = self._path("server_watts", series("server-rated-watts", "volume"))
        idle = series("server-idle-share", "volume").at(YEARS)
        life = self._life("server_life", series("life", "servers"))
        use = self._path("server_use", series("server-use", "volume"))
        watts = shipped * rated
        resting, working = self._standing((watts * idle, watts * (1 - idle)), *life)
        return (resting + working * use) / 1e3  # million servers x W = MW

    def _standing(self, shipped: tuple[Array, ...], life: Array, shape: Array) -> list[Array]:
        """What stands of several kinds of shipments that live as long."""
        if self.count == 1:
            return [np.asarray(each @ presence(life[0] * shape)) for each in shipped]
        made = [np.empty_like(each) for each in shipped]
        for mean, draws in grouped_by_life(life):
            present = presence(mean * shape)
            for each, stands in zip(shipped, made, strict=True):
                stands[draws] = each[draws] @ present
        return made


def stock_sources() -> tuple[Fact, ...]:
    """The facts that the stock rests on."""
    names = (
        ("servers-shipped", "volume"), ("life", "servers"), ("life", "accelerators"), ("server-rated-watts", "volume"),
        ("server-use", "volume"), ("chips-growth", "all"), ("chip-work-over-tdp", "ai"), ("chip-idle-share", "ai"),
        ("chip-use", "training"), ("chip-use", "inference"), ("training-share", "ai"),
        ("pue", "all"), ("pue", "ai"), ("site-overhead", "hyperscale"), ("site-overhead", "colocation"),
        ("site-overhead", "enterprise"), ("site-overhead", "ai"), ("life", "sites"), ("load-factor", "all"),
        ("site-limit", "connections"), ("site-limit", "turbines"), ("site-limit", "transformers"),
        ("site-limit", "place"),
    )  # fmt: skip
    return tuple(fact for name in names for fact in series(*name).facts)
