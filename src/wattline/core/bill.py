"""``Bill``: where the energy of a job went, by part, and what followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

from wattline.core.errors import Imbalance
from wattline.core.fact import Array
from wattline.core.quantity import show
from wattline.core.range import Range
from wattline.core.units import J_PER_WH

STATIONS = ("chip", "server", "site", "grid")
# part -> (station where it is taken, what a person calls it), in the order of the line; `chip` and `server` are wholes
# that a meter saw without telling their parts apart
PARTS: dict[str, tuple[str, str]] = {
    "chip": ("chip", "Chips, active and idle"),
    "chip_active": ("chip", "Chips, active"),
    "prefill": ("chip", "Chips, prefill"),
    "thinking": ("chip", "Chips, thinking"),
    "decode": ("chip", "Chips, decode"),
    "encode": ("chip", "Chips, encoders"),
    "denoise": ("chip", "Chips, denoising"),
    "render": ("chip", "Chips, decoder"),
    "chip_idle": ("chip", "Chips, idle"),
    "host": ("server", "Hosts"),
    "server": ("server", "Servers, chips and hosts"),
    "start_up": ("server", "Replicas, starting"),
    "network": ("server", "Network"),
    "servers": ("server", "Servers and network"),
    "rack_supply": ("site", "Rack power supplies"),
    "ups": ("site", "UPS"),
    "distribution": ("site", "Power distribution"),
    "transformer": ("site", "Transformers"),
    "cooling": ("site", "Cooling"),
    "compressors": ("site", "Compressors"),
    "pumps": ("site", "Pumps"),
    "heat_rejection": ("site", "Towers and dry coolers"),
    "fans": ("site", "Fans"),
    "generators": ("site", "Generators' heaters"),
    "lighting": ("site", "Lighting and offices"),
}
WHOLES = ("server", "servers")  # parts that hold chips, without telling how much of them
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Bill:
    """Energy of a job by part, and what followed.

    ``parts``: joules by part, each a scalar or ``(draws,)``. ``delivered_j``: what the grid delivered to the site's
    meter, worked out on its own path; construction raises Imbalance unless the parts add up to it within 1e-9.
    ``cost_usd``, ``co2e_kg`` (life cycle), ``co2e_direct_kg``, ``water_l`` follow from the delivery; ``signals`` says
    in words what each account of carbon and the price rest on.
    """

    parts: Mapping[str, Array]
    delivered_j: Array
    follows: Mapping[str, Array] = field(default_factory=dict)
    signals: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = {name: np.asarray(self.parts[name], float) for name in PARTS if name in self.parts}
        if unknown := set(self.parts) - set(parts):
            raise Imbalance(f"bill: unknown parts {sorted(unknown)}")
        if not parts:
            raise Imbalance("bill: no parts")
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "delivered_j", np.asarray(self.delivered_j, float))
        total = self.energy_j
        gap = np.max(np.abs(total - self.delivered_j) / np.maximum(np.abs(self.delivered_j), 1e-300))
        if not (np.all(np.isfinite(total)) and gap <= TOLERANCE):
            raise Imbalance(f"bill: parts differ from the grid's delivery by {gap:.3g} of it")
        if any(np.any(part < 0) for part in parts.values()):
            raise Imbalance("bill: a part is negative")

    @property
    def energy_j(self) -> Array:
        """All parts together: what the grid delivered."""
        return np.asarray(reduce(np.add, self.parts.values()))

    def at(self, station: str) -> Array:
        """Joules that passed this station: its own parts and all before it."""
        upto = STATIONS.index(station)
        inside = [j for name, j in self.parts.items() if STATIONS.index(PARTS[name][0]) <= upto]
        return np.asarray(reduce(np.add, inside, np.asarray(0.0)))

    def __add__(self, other: Bill) -> Bill:
        if not isinstance(other, Bill):
            return NotImplemented
        zero = np.asarray(0.0)
        names = [name for name in PARTS if name in self.parts or name in other.parts]
        parts = {name: self.parts.get(name, zero) + other.parts.get(name, zero) for name in names}
        both = [name for name in self.follows if name in other.follows]
        follows = {name: self.follows[name] + other.follows[name] for name in both}
        signals = {
            name: words if other.signals.get(name, words) == words else "differs from job to job"
            for name, words in {**other.signals, **self.signals}.items()
        }
        return Bill(parts, self.delivered_j + other.delivered_j, follows, signals)

    def __mul__(self, times: float | Array) -> Bill:
        """The bill of so many of the same."""
        parts = {name: j * times for name, j in self.parts.items()}
        return Bill(parts, self.delivered_j * times, {k: v * times for k, v in self.follows.items()}, self.signals)

    def json(self) -> dict[str, Any]:
        """Plain data: ranges by part and station in Wh, and the mean of each part, which add up exactly."""
        total = float(np.mean(self.energy_j))
        parts = {
            name: {
                "label": PARTS[name][1],
                "station": PARTS[name][0],
                "energy_wh": Range.of(j / J_PER_WH).json(),
                "energy_mean_wh": float(np.mean(j)) / J_PER_WH,
                "share": float(np.mean(j)) / total if total else 0.0,
            }
            for name, j in self.parts.items()
        }
        head = {"energy_wh": Range.of(self.energy_j / J_PER_WH).json(), "energy_mean_wh": total / J_PER_WH}
        signals = {"signals": dict(self.signals)} if self.signals else {}
        return head | {name: Range.of(x).json() for name, x in self.follows.items()} | signals | {"parts": parts}

    def _rows(self) -> list[tuple[str, str, str]]:
        total = float(np.mean(self.energy_j)) or 1.0
        rows = [(PARTS[k][1], show(float(np.mean(j)), "J"), float(np.mean(j)) / total) for k, j in self.parts.items()]
        rows.append(("Delivered by the grid, mean", show(float(np.mean(self.energy_j)), "J"), 1.0))
        return [(label, energy, f"{share:.1%}") for label, energy, share in rows]

    def __repr__(self) -> str:
        return "\n".join(f"{label:<27} {energy:>12} {share:>7}" for label, energy, share in self._rows())

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{a}</td><td>{b}</td><td>{c}</td></tr>" for a, b, c in self._rows())
        return f"<table><tr><th>Part</th><th>Energy, mean</th><th>Share</th></tr>{rows}</table>"
