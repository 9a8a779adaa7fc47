"""A service under traffic, request by request: latencies, power over time, and the bill from chip to grid.

Times are those of the facts' central values; the bill's ranges are of powers, steps' energy, site and grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.chip.device import Chip, load_chip
from wattline.chip.known import is_known
from wattline.chip.step import spread_fact
from wattline.draws import Draws
from wattline.engine import prefixes, serving
from wattline.engine.kernel_state import Limits
from wattline.engine.service_power import Standing, parts_by_bin
from wattline.engine.simulate import MOST_REPLICAS, ROUTERS, Served, cache_limits, simulate
from wattline.engine.steps import setting, tables
from wattline.errors import WattlineError
from wattline.fact import Array
from wattline.quantity import number, parse
from wattline.scenario.answer import Answer, Working
from wattline.scenario.line import Outdoors, Phase, cite_given, cite_model, deliver, place
from wattline.scenario.service_result import Service, Target
from wattline.scenario.training_job import check_precision, read_model
from wattline.work.model import Model
from wattline.work.traffic import Traffic

PHASES = 96  # stretches of constant power that the bill is made of
USUAL_BATCH = 32.0  # for which a replica is sized when its chips are not given
MOST_REQUESTS = 50_000_000
DRAINED = 1.02  # of the traffic's window: a service that ends later than this has fallen behind


def service(
    model: str | Path | Model,
    traffic: Traffic,
    chip: str = "h100-sxm",
    *,
    gpus: int | str | None = None,
    replicas: int = 1,
    router: str = "round-robin",
    max_num_seqs: int = 256,
    max_num_batched_tokens: int = 8192,
    prefix_cache: float = 0.0,
    power_cap: float | str | None = None,
    slo_ttft: float | str | None = None,
    slo_tpot: float | str | None = None,
    precision: str | None = None,
    pue: float | str | None = None,
    site: str | None = None,
    region: str | None = None,
    outdoors: Outdoors = Outdoors(),
    draws: int | Draws = 2000,
    seed: int = 0,
) -> Service:
    """Serve every request of ``traffic`` on ``replicas`` replicas of ``gpus`` chips, till the last has its answer.

    ``power_cap``: watts a chip. ``prefix_cache``: share of the cache set aside for prefixes, found by the traffic's
    hashes; ``router="prefix"`` sends requests that begin alike to the same replica. ``outdoors``: a place or weather,
    whose hours the site's overhead then follows. Raises WattlineError on bad input.
    """
    draw = draws if isinstance(draws, Draws) else Draws(draws, seed)
    asked = _asked(model, traffic, chip, gpus, precision, power_cap, draw)
    target = Target(*(None if x is None else parse(x, "s", n) for x, n in ((slo_ttft, "ttft"), (slo_tpot, "tpot"))))
    limits = cache_limits(
        asked.model, asked.chip.memory_bytes, asked.chips, asked.precision, max_num_seqs, max_num_batched_tokens
    )
    central = load_chip(asked.chip.record.name, Draws(0))  # links beyond a node have ranges; the simulation takes none
    same = setting(asked.model, central, asked.chips, asked.precision, limit_w=asked.limit_w)
    longest = float((traffic.input_tokens + traffic.output_tokens).max())
    limits, given = _prefixes(traffic, limits, replicas, router, prefix_cache)
    served = simulate(
        tables(same, max_num_seqs, max_num_batched_tokens, longest), limits,
        traffic.arrival_s, traffic.input_tokens, traffic.output_tokens,
        replicas=replicas, horizon_s=traffic.duration_s, **given,
    )  # fmt: skip
    if not len(served.arrival_s):
        room = limits.blocks * limits.block_tokens
        raise WattlineError(f"traffic: no request fits the {room:,} tokens of a replica's cache; give more --gpus")
    for name, count, unit in (("gpus", asked.chips, "chip"), ("replicas", replicas, "")):
        cite_given(draw, name, float(count), unit, name)
    inputs = asked.inputs(traffic) | {"replicas": replicas, "router": router, "max_num_seqs": max_num_seqs}
    if prefix_cache:
        inputs["prefix_cache"] = prefix_cache
    inputs |= {"max_num_batched_tokens": max_num_batched_tokens, "cache_tokens": limits.blocks * limits.block_tokens}
    inputs |= {f"slo_{k}": v for k, v in (("ttft_s", target.ttft_s), ("tpot_s", target.tpot_s)) if v is not None}
    answer = _answer(asked, served, inputs, (site, region, pue), outdoors, draw, _warnings(traffic, served))
    stands = standing(asked.chip, asked.chips)
    return Service(answer, served, stands, target, asked.chips, len(traffic), _rejected(traffic, served))


def _prefixes(
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


@dataclass(frozen=True, eq=False)
class _Asked:
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


def _asked(
    model: str | Path | Model, traffic: Traffic, chip: str, gpus: int | str | None, precision: str | None,
    power_cap: float | str | None, draws: Draws,
) -> _Asked:  # fmt: skip
    architecture = read_model(model)
    if not architecture.architecture_known:
        raise WattlineError(f"{architecture.key}: its architecture was never published, so it cannot be simulated")
    if not 0 < len(traffic) <= MOST_REQUESTS:
        raise WattlineError(f"traffic: {len(traffic):,} requests; the simulator takes 1 to {MOST_REQUESTS:,}")
    form = check_precision(architecture.native_format if precision is None else precision)
    device = load_chip(chip, draws)
    mean = float((traffic.input_tokens + traffic.output_tokens).mean())
    count = _gpus(gpus) or serving.chips_needed(architecture, device, USUAL_BATCH, mean, form)
    limit_w = None if power_cap is None else _cap(parse(power_cap, "W", "power-cap"), device, draws)
    cite_model(architecture, draws)
    return _Asked(architecture, device, count, form, limit_w)


def _gpus(value: int | str | None) -> int:
    if value is None:
        return 0
    count = parse(value, "chip", "gpus")
    if count != int(count) or count > 4096:
        raise WattlineError(f"gpus: {value} is not a whole number of chips from 1 to 4,096")
    return int(count)


def _cap(watts: float, chip: Chip, draws: Draws) -> float:
    tdp, idle = float(np.mean(chip.tdp_w)), float(np.mean(chip.idle_w))
    if not idle < watts <= tdp:
        raise WattlineError(f"power-cap: {watts:g} W is not between the chip's idle {idle:.0f} W and TDP {tdp:.0f} W")
    cite_given(draws, "power_cap", watts, "W", "power cap of a chip")
    return watts


def _rejected(traffic: Traffic, served: Served) -> dict[str, int]:
    found = dict(traffic.rejected)
    for why, count in served.rejected.items():
        found[why] = found.get(why, 0) + count
    return found


def _warnings(traffic: Traffic, served: Served) -> tuple[str, ...]:
    found = []
    end = float(np.nanmax(served.end_s))
    late = served.ttft_s[-max(1, len(served.ttft_s) // 20) :]
    if end > DRAINED * traffic.duration_s and np.median(late) > 10 * np.percentile(served.ttft_s, 5) + 1.0:
        found.append(
            f"the service falls behind: its last answer ends {end - traffic.duration_s:,.0f} s after the traffic's "
            f"{traffic.duration_s:,.0f} s, and late requests wait {np.median(late):,.1f} s; give more replicas"
        )
    if served.rejected:
        found += [f"{count:,} requests left out: {why}" for why, count in served.rejected.items()]
    return tuple(found)


def standing(chip: Chip, chips: int) -> Standing:
    """Central values."""
    central = load_chip(chip.record.name, Draws(0))
    watts = (central.idle_w, central.host_w, central.host_idle_w, central.network_w)
    return Standing(*(chips * float(w) for w in watts))


def _answer(
    asked: _Asked,
    served: Served,
    inputs: dict[str, Any],
    where: tuple[str | None, str | None, float | str | None],
    outdoors: Outdoors,
    draws: Draws,
    warned: tuple[str, ...],
) -> Answer:
    working = Working()
    spot = place(*where, draws, working, outdoors)
    replicas = len(served.bins)
    phases = _phases(served, asked.chip, asked.chips, _energy_spread(asked.model, asked.chip, draws))
    bill, load, peak = deliver(phases, spot, draws, working)
    done = len(served.arrival_s)
    traffic = f"{number(done / served.horizon_s)} requests/s for {number(served.horizon_s)} s"
    return Answer(
        command="serve",
        title=f"{traffic}, {asked.model.name} on {replicas} × {asked.chips} × {asked.chip.record.title}",
        inputs=inputs | spot.inputs(),
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=np.asarray(served.horizon_s),
        quantities={
            "requests": np.asarray(float(done)),
            "accelerators": np.asarray(float(replicas * asked.chips)),
            "energy_wh_per_request": np.asarray(bill.energy_j / 3600 / done),
            "joules_per_output_token": np.asarray(bill.energy_j / float(served.tokens.sum())),
            "pue": spot.pue,
        },
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=warned,
    )


def _energy_spread(model: Model, chip: Chip, draws: Draws) -> Array:
    """How far the energy of steps may lie from the central value that the simulation took."""
    fact = spread_fact("energy", chip.generation, is_known(model, chip.generation))
    return np.asarray(draws.own(fact) / float(Draws(0)(fact)))


def _phases(served: Served, chip: Chip, chips: int, spread: Array) -> list[Phase]:
    """The service in stretches of constant power, draws and all."""
    found = parts_by_bin(served)
    groups = np.array_split(np.arange(len(found["ready_s"])), min(PHASES, len(found["ready_s"])))
    replicas = len(served.bins)
    phases = []
    for group in groups:
        total = {name: float(values[group].sum()) for name, values in found.items()}
        length = total["ready_s"] / replicas
        if length <= 0:
            continue
        idle, busy = max(total["idle_s"], 0.0), total["busy_s"]
        power = {
            "prefill": spread * total["prefill"],
            "decode": spread * total["decode"],
            "chip_idle": chip.idle_w * chips * idle,
            "host": chips * (chip.host_w * busy + chip.host_idle_w * idle),
            "network": chip.network_w * chips * total["ready_s"],
        }
        phases.append(Phase({part: np.asarray(j / length) for part, j in power.items()}, np.asarray(length)))
    return phases
