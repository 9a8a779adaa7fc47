"""A replica of a simulated service, read and checked, and how requests find one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.device import Chip
from wattline.line.chip.serving import Serving
from wattline.line.engine import average_serving as serving
from wattline.line.engine.simulator import prefixes
from wattline.line.engine.simulator.kernel_state import Limits
from wattline.line.work.inputs import check_precision, read_model
from wattline.line.work.model import Model
from wattline.line.work.outside import stand_ins
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.cite import cite_given, cite_model
from wattline.predict.how_served import read_serving
from wattline.predict.rented import instance_inputs, load_chips, whole_instances
from wattline.predict.setup import Setup, check_ranks

USUAL_BATCH = 32.0  # for which a replica is sized when its chips are not given
MAX_REQUESTS = 50_000_000


@dataclass(frozen=True, eq=False)
class Replica:
    """A copy of the model on its chips, read and checked; ``limit_w`` is the power limit of a chip, if any."""

    model: Model
    chip: Chip
    chips: int
    precision: str
    limit_w: float | None
    how: Serving = field(default_factory=Serving)
    cache: str = ""

    @property
    def ranks(self) -> int:
        """Groups of the chips that split the requests' attention."""
        return self.how.ranks

    def inputs(self, traffic: Traffic) -> dict[str, Any]:
        """What was taken, as an answer shows it."""
        shown: dict[str, Any] = {"model": self.model.key, "chip": self.chip.record.name, **instance_inputs(self.chip)}
        shown |= {"gpus": self.chips}
        shown |= {"data_parallel": self.ranks} if self.ranks > 1 else {}
        shown |= {"precision": self.precision} | ({"cache": self.cache} if self.cache else {})
        shown |= {"tuned": True} if self.how.tuned is not None else {}
        shown |= {"draft_tokens": self.how.draft.tokens} if self.how.draft is not None else {}
        shown |= {"requests": len(traffic)}
        shown |= {"rate_per_s": len(traffic) / max(traffic.duration_s, 1e-9)}
        return shown if self.limit_w is None else shown | {"power_cap_w": self.limit_w}


def read_replica(model: str | Path | Model, traffic: Traffic, setup: Setup, draws: Draws) -> Replica:
    """Check a replica against its model and traffic.

    Parameters
    ----------
    model : a catalog name, the path of a ``config.json``, or a Model
    traffic : whose mean lengths say how many chips are needed, where the set-up does not
    setup : chip, chips, format and power limit
    draws : from which facts are drawn

    Returns
    -------
    Model, chip, chips, format and power limit.

    Raises WattlineError where the architecture is not known, there is no traffic or too much, or the limit is none that
    the chip can be held to.
    """
    architecture = known_architecture(read_model(model, draws.catalog), draws.catalog)
    if not 0 < len(traffic) <= MAX_REQUESTS:
        raise WattlineError(f"traffic: {len(traffic):,} requests; the simulator takes 1 to {MAX_REQUESTS:,}")
    form = check_precision(architecture.native_format if setup.precision is None else setup.precision)
    device = load_chips(setup, draws)
    mean = float((traffic.input_tokens + traffic.output_tokens).mean())
    ranks = setup.data_parallel
    check_ranks(ranks, setup.gpus, architecture)
    how = _central_serving(architecture, device, setup, draws)
    needed = serving.chips_needed(architecture, device, USUAL_BATCH, mean, form, how)
    count = setup.gpus or whole_instances(device, needed)
    check_ranks(ranks, count, architecture)  # whole instances may hold more
    limit_w = None if setup.power_cap is None else _limit(setup.power_cap, device, draws)
    cite_model(architecture, draws)
    return Replica(architecture, device, count, form, limit_w, how, setup.cache or "")


def _central_serving(model: Model, chip: Chip, setup: Setup, draws: Draws) -> Serving:
    """How its steps are run, at the facts' central values, which the answer names."""
    central = draws.central()
    how = read_serving(model, chip, setup, central)
    draws.cite(*central.used.values())
    return how


def known_architecture(model: Model, catalog: Catalog) -> Model:
    """The model, whose architecture must have been published. Raises WattlineError, which names others of its size.

    Parameters
    ----------
    model : as it was read
    catalog : where models of its size stand

    Returns
    -------
    The same model.
    """
    if not model.architecture_known:
        raise WattlineError(
            f"{model.key}: its architecture was never published or is not in the catalog, so it cannot be "
            f"simulated; {stand_ins(model.key, catalog)}"
        )
    return model


def _limit(watts: float, chip: Chip, draws: Draws) -> float:
    tdp, idle = float(np.mean(chip.tdp_w)), float(np.mean(chip.idle_w))
    if not idle < watts <= tdp:
        raise WattlineError(f"power-cap: {watts:g} W is not between the chip's idle {idle:.0f} W and TDP {tdp:.0f} W")
    cite_given(draws, "power_cap", watts, "W", "power cap of a chip")
    return watts


def by_prefixes(
    traffic: Traffic, limits: Limits, replicas: int, router: str, share: float, ranks: int = 1
) -> tuple[Limits, dict[str, Any]]:
    """What of the cache is left for running sequences, and how requests are routed and what they find.

    Groups of a replica's chips that split the requests keep their own beginnings, each in its part of the store.

    Parameters
    ----------
    traffic : the requests, with hashes of their beginnings
    limits : of the engine
    replicas : number of them
    router : how requests are routed
    share : of the cache that is kept for beginnings, 0 to below 1
    ranks : groups of a replica's chips that split the requests' attention

    Returns the limits that are left, and how requests are routed. Raises WattlineError where the traffic has no hashes,
    or the router does not go with it.
    """
    if router != "prefix" and share == 0:
        return limits, {"router": router}
    if traffic.hashes is None:
        raise WattlineError("prefix-cache: the traffic has no prefix hashes (Mooncake traces have them); leave it out")
    if router == "least-loaded":
        raise WattlineError("prefix-cache: goes with --router round-robin or prefix, not with least-loaded")
    hashes = traffic.hashes
    # group g is on replica g modulo their number
    group: Any = np.arange(len(traffic)) % (replicas * ranks)
    if router == "prefix":
        group = prefixes.by_prefix(hashes.block, hashes.offset, replicas * ranks)
    where = group % replicas
    kept = int(limits.blocks * share)
    cached = prefixes.cached_prompt_tokens(
        hashes.block, hashes.offset, hashes.block_tokens, traffic.input_tokens, group,
        kept * limits.block_tokens / ranks,
    )  # fmt: skip
    left = limits._replace(blocks=limits.blocks - kept)
    return left, {"router": "assigned", "assign": where, "cached_tokens": cached}
