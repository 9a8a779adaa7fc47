"""How a replica's steps are run: its groups of chips, its software, the format of its cache, and tuning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.software import Software, own_padding
from wattline.line.chip.tuned import TuningGain
from wattline.line.work.flops import BYTES


@dataclass(frozen=True, eq=False)
class Draft:
    """Tokens guessed ahead by an extra layer of the model and checked by it in one step (multi-token prediction:
    DeepSeek-V3, arXiv:2412.19437, section 2.2; speculative decoding: Leviathan et al. 2023, arXiv:2211.17192).

    ``accepted``: share of them that the model takes, each given that those before it were taken.
    """

    tokens: int
    accepted: Array

    @property
    def made(self) -> Array:
        """Tokens that a step makes of each sequence on average: the guesses taken in a row, and the model's own."""
        return np.asarray((1.0 - self.accepted ** (self.tokens + 1)) / (1.0 - self.accepted))


@dataclass(frozen=True)
class Serving:
    """How a replica's steps are run: groups of its chips that split the requests' attention, and the software; None
    for the one that the chip model knows; ``cache_bytes``: of a value that is kept of a token; ``tuned``: what an
    engine tuned to its load does beside a default one; ``draft``: tokens guessed ahead; ``pace``: share of a default
    engine's longer step that a tuned one waits for more requests to run together, 0 to 1."""

    ranks: int = 1
    software: Software | None = None
    cache_bytes: float = BYTES["bf16"]
    tuned: TuningGain | None = None
    draft: Draft | None = None
    pace: float = 0.0

    @property
    def rare(self) -> str:
        """A layout or an engine of which a model's own measurements say less, as ``how_known`` names it: ``"stranger"``
        where ranks split the requests, ``"hosted"`` where the chips wait for the engine's host, ``"engine"`` under
        another engine than the one that the chip model was fitted to, else empty."""
        if self.ranks > 1:
            return "stranger"
        if self.software is None:
            return ""
        return "hosted" if self.software.host_s > 0 else "engine"

    def padding(self, draws: Draws) -> Array:
        """``rank_padding``, shape ``(n_draws,)`` or ``()``."""
        if self.tuned is not None:
            return np.asarray(1.0)
        if self.software is not None or self.ranks == 1:
            return np.asarray(0.0 if self.software is None else self.software.rank_padding)
        return own_padding(draws)

    @property
    def balance(self) -> Array:
        """``rank_balance``; a tuned engine's ranks read their prompts together."""
        if self.tuned is not None:
            return np.asarray(1.0)
        return np.asarray(0.0 if self.software is None else self.software.rank_balance)
