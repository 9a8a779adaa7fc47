"""What is asked of a simulated service, read and checked: a replica, its limits, and how requests find one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.quantity import parse
from wattline.line.chip.device import Chip, load_chip
from wattline.line.engine import average_serving as serving
from wattline.line.engine.simulator import prefixes
from wattline.line.engine.simulator.kernel_state import Limits
from wattline.line.engine.simulator.simulate import MOST_REPLICAS, ROUTERS
from wattline.line.work.inputs import check_precision, read_model
from wattline.line.work.model import Model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.delivery import cite_given, cite_model

USUAL_BATCH = 32.0  # for which a replica is sized when its chips are not given
MOST_REQUESTS = 50_000_000


@dataclass(frozen=True, eq=False)
class Asked:
    """A replica, read and checked."""

    model: Model
    chip: Chip
    chips: int
    precision: str
    limit_w: float | None

    def inputs(self, traffic: Traffic) -> dict[str, Any]:
        found: dict[str, Any] = {"model": self.model.key, "chip": self.chip.record.name, "gpus": self.chips}
        found |= {"precision": self.precision, "requests": len(traffic)}
        found |= {"rate_per_s": len(traffic) / max(traffic.duration_s, 1e-9)}
        return found if self.limit_w is None else found | {"power_cap_w": self.limit_w}


def read_asked(
    model: str | Path | Model, traffic: Traffic, chip: str, gpus: int | str | None, precision: str | None,
    power_cap: float | str | None, draws: Draws,
) -> Asked:  # fmt: skip
    architecture = read_model(model, draws.catalog)
    if not architecture.architecture_known:
        raise WattlineError(f"{architecture.key}: its architecture was never published, so it cannot be simulated")
    if not 0 < len(traffic) <= MOST_REQUESTS:
        raise WattlineError(f"traffic: {len(traffic):,} requests; the simulator takes 1 to {MOST_REQUESTS:,}")
    form = check_precision(architecture.native_format if precision is None else precision)
    device = load_chip(chip, draws)
    mean = float((traffic.input_tokens + traffic.output_tokens).mean())
    count = whole_chips(gpus) or serving.chips_needed(architecture, device, USUAL_BATCH, mean, form)
    limit_w = None if power_cap is None else _cap(parse(power_cap, "W", "power-cap"), device, draws)
    cite_model(architecture, draws)
    return Asked(architecture, device, count, form, limit_w)


def whole_chips(value: int | str | None, name: str = "gpus") -> int:
    """A count of chips; 0 where none is given."""
    if value is None:
        return 0
    count = parse(value, "chip", name)
    if count != int(count) or count > 4096:
        raise WattlineError(f"{name}: {value} is not a whole number of chips from 1 to 4,096")
    return int(count)


def _cap(watts: float, chip: Chip, draws: Draws) -> float:
    tdp, idle = float(np.mean(chip.tdp_w)), float(np.mean(chip.idle_w))
    if not idle < watts <= tdp:
        raise WattlineError(f"power-cap: {watts:g} W is not between the chip's idle {idle:.0f} W and TDP {tdp:.0f} W")
    cite_given(draws, "power_cap", watts, "W", "power cap of a chip")
    return watts


def by_prefixes(
    traffic: Traffic, limits: Limits, replicas: int, router: str, share: float
) -> tuple[Limits, dict[str, Any]]:
    """What of the cache is left for running sequences, and how requests are routed and what they find."""
    if not 0 <= share < 1:
        raise WattlineError(f"prefix-cache: {share:g} is not a share of the cache, 0 to less than 1")
    if router != "prefix" and share == 0:
        return limits, {"router": router}
    if traffic.hashes is None:
        raise WattlineError("prefix-cache: the traffic has no prefix hashes (Mooncake traces have them); leave it out")
    if router == "least-loaded":
        raise WattlineError("prefix-cache: goes with --router round-robin or prefix, not with least-loaded")
    if not 1 <= replicas <= MOST_REPLICAS:
        raise WattlineError(f"replicas: {replicas} is out of range; take 1 to {MOST_REPLICAS:,}")
    hashes = traffic.hashes
    where: Any = np.arange(len(traffic)) % replicas
    if router == "prefix":
        where = prefixes.by_prefix(hashes.block, hashes.offset, replicas)
    elif router not in ROUTERS:
        raise WattlineError(f"router: {router!r} is none of {', '.join(ROUTERS[:2])}, prefix")
    kept = int(limits.blocks * share)
    found = prefixes.found_tokens(
        hashes.block, hashes.offset, hashes.block_tokens, traffic.input_tokens, where, kept * limits.block_tokens
    )
    left = limits._replace(blocks=limits.blocks - kept)
    return left, {"router": "assigned", "assign": where, "cached_tokens": found}
