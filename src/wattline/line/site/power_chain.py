"""The power chain from the servers' plug to the utility meter: rack supplies, distribution, UPS, transformers.

Power is per unit of design IT power. A site's load falls by racks and rooms: circuits that carry load carry their
design current, so that losses in them follow the load; UPS modules and transformers serve all and keep their standing
losses. ``redundancy`` sets how loaded each unit runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.catalog import Record
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array

# units installed over those needed, and paths that share the current; a block of N+1 has four modules and one more
REDUNDANCY = {"N": (1.0, 1), "N+1": (1.25, 1), "N+2": (1.5, 1), "2N": (2.0, 2), "2N+1": (2.25, 2)}
HALF = 0.5


@dataclass(frozen=True, eq=False)
class Ups:
    """Loss of a UPS module over its load: ``standing + linear × load + quadratic × load²``, per rated power."""

    standing: Array
    linear: Array
    quadratic: Array

    def loss(self, load: Array) -> Array:
        """Loss per rated power at a load, a share of rated power."""
        return np.asarray(self.standing + self.linear * load + self.quadratic * load * load)

    def scaled(self, efficiency: Array) -> Ups:
        """The same curve with this efficiency at half load."""
        factor = HALF * (1.0 / efficiency - 1.0) / self.loss(np.asarray(HALF))
        return Ups(self.standing * factor, self.linear * factor, self.quadratic * factor)


@dataclass(frozen=True, eq=False)
class Chain:
    """What the power chain takes before the transformers, and the heat that this and the servers leave in the hall."""

    parts: Mapping[str, Array]
    hall_heat: Array


def check_redundancy(name: str) -> str:
    """A scheme of redundancy by name, as ``REDUNDANCY`` has it. Raises WattlineError for one that is not known."""
    scheme = {key.lower(): key for key in REDUNDANCY}.get(str(name).strip().lower().replace(" ", ""))
    if scheme is None:
        raise WattlineError(f"redundancy {name!r} is none of {', '.join(REDUNDANCY)}")
    return scheme


def load_ups(name: str | None, hall: Mapping[str, Array], draws: Draws) -> Ups:
    """The UPS by name from the catalog; the hall's own when none is named: double conversion of its efficiency.

    Parameters
    ----------
    name : of the UPS; None for the hall's own
    hall : facts of the hall, drawn
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    Its losses as a curve of its load, drawn.
    """
    record: Record = draws.catalog.find("ups", name or "double-conversion")
    if name is not None:
        return Ups(*(column(draws(record[key])) for key in ("standing", "linear", "quadratic")))
    curve = Ups(*(np.asarray(record[key].value) for key in ("standing", "linear", "quadratic")))
    return curve.scaled(hall["ups_efficiency"])


def column(values: Array) -> Array:
    """Draws as a column, to stand beside hours.

    Parameters
    ----------
    values : numbers or draws ``(n_draws,)``

    Returns
    -------
    Shape ``(n_draws, 1)``, or ``(1, 1)`` of a number.
    """
    return values[:, None] if values.ndim else values.reshape(1, 1)


def chain(it: Array, ups: Ups, redundancy: str, hall: Mapping[str, Array]) -> Chain:
    """Losses between the transformers and the servers that take ``it``, lighting, and the heat left in the hall.

    Parameters
    ----------
    it : power of the servers, per design IT power, shape ``(draws, hours)``
    ups : losses of the UPS
    redundancy : a key of ``REDUNDANCY``
    hall : parameters by name (``hall.parameters``), each ``(draws, 1)``

    Returns losses by part, and the power that the transformers give.
    """
    installed, paths = REDUNDANCY[redundancy]
    racks = it * hall["rack_supply_loss"]
    wires = (it + racks) * hall["distribution_loss"] * (1.0 - hall["transformer_share"]) / paths
    capacity = hall["oversize"] * installed
    lost = capacity * ups.loss((it + racks + wires) / capacity)
    lighting = hall["lighting"] + np.zeros_like(it)
    parts = {
        "rack_supply": racks,
        "ups": lost,
        "distribution": wires,
        "lighting": lighting,
        "generators": hall["generator_heat"] * installed + np.zeros_like(it),
    }
    return Chain(parts, np.asarray(it + racks + wires + lost + lighting))


def transformer_loss(power: Array, hall: Mapping[str, Array]) -> Array:
    """Loss of the transformers that carry ``power``, all of the site's, per design IT power.

    Parameters
    ----------
    power : that they carry, per design IT power
    hall : parameters by name

    Returns the loss, of the shape that both broadcast to.
    """
    rating = hall["transformer_rating"]
    at_rating = hall["distribution_loss"] * hall["transformer_share"] * rating
    share = power / rating
    return np.asarray(at_rating * (hall["transformer_standing"] + (1.0 - hall["transformer_standing"]) * share * share))
