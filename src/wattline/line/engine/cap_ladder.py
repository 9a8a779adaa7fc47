"""What a service takes at lower power limits and smaller batches: watts against latency, from the chip model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.device import Chip
from wattline.line.engine.average_serving import Request


@dataclass(frozen=True, eq=False)
class Rung:
    """A replica at one power limit and batch.

    Attributes
    ----------
    cap_w
        Power limit of a chip [W].
    batch
        Requests that a replica answers together.
    request
        One request on it.
    """

    cap_w: float
    batch: float
    request: Request

    @property
    def chip_w(self) -> Array:
        """Power of a chip at work [W], scalar or ``(n_draws,)``."""
        made = self.request
        joules = made.reading_s * made.prefill.power_w + made.decoding_s * made.decode.power_w
        return np.asarray(joules / made.busy_s)

    def active(self, share: Array, full: Rung) -> Array:
        """The share of time at work that answers the same requests as the full rung does at its share.

        Parameters
        ----------
        share
            Share of time at work on the full rung, 0 to 1.
        full
            The rung without a limit, at the whole batch.

        Returns
        -------
        Array
            Above 1 where this rung cannot answer them.
        """
        return np.asarray(share * self.request.busy_s / full.request.busy_s)

    def plug_w(self, active: Array, chip: Chip) -> Array:
        """Power of a chip with its share of host and network, over time at work and idle [W].

        Parameters
        ----------
        active
            Share of time at work, 0 to 1.
        chip
            The chip with its server.

        Returns
        -------
        Watts, of the shape of ``active``.
        """
        own = active * self.chip_w + (1 - active) * chip.idle_w
        return np.asarray(own + active * chip.host_w + (1 - active) * chip.host_idle_w + chip.network_w)
