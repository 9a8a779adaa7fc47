"""A service under traffic, request by request: latencies, power over time, and the bill from chip to grid.

Times are those of the facts' central values; the bill's ranges are of powers, steps' energy, site and grid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wattline.chip.device import Chip, load_chip
from wattline.chip.known import is_known
from wattline.chip.step import spread_fact
from wattline.draws import Draws
from wattline.engine import serving
from wattline.engine.service_power import Standing, chip_load, parts_by_bin, request_energy_j, server_load
from wattline.engine.simulate import Served, cache_limits, simulate
from wattline.engine.steps import setting, tables
from wattline.errors import WattlineError
from wattline.fact import Array
from wattline.load import Load
from wattline.quantity import number, parse
from wattline.scenario.answer import Answer, Working
from wattline.scenario.line import Phase, cite_given, cite_model, deliver, place
from wattline.scenario.training_job import check_precision, read_model
from wattline.work.model import Model
from wattline.work.traffic import Traffic

PHASES = 96  # stretches of constant power that the bill is made of
USUAL_BATCH = 32.0  # for which a replica is sized when its chips are not given
MOST_REQUESTS = 50_000_000
DRAINED = 1.02  # of the traffic's window: a service that ends later than this has fallen behind
PERCENTS = (50, 90, 95, 99)


@dataclass(frozen=True, eq=False)
class Target:
    """Latencies that a request must keep to count as good; None: no target."""

    ttft_s: float | None = None
    tpot_s: float | None = None

    def met(self, served: Served) -> Array:
        """Which requests kept it; one token has no time between tokens to miss."""
        good = np.isfinite(served.end_s)
        if self.ttft_s is not None:
            good &= served.ttft_s <= self.ttft_s
        if self.tpot_s is not None:
            good &= ~(served.tpot_s > self.tpot_s)
        return np.asarray(good)


@dataclass(frozen=True, eq=False)
class Service:
    """What came of a simulated service; ``answer`` holds the bill and the load at the grid."""

    answer: Answer
    served: Served
    standing: Standing
    target: Target
    chips: int  # a replica
    offered: int
    rejected: Mapping[str, int]

    @cached_property
    def chip_load(self) -> Load:
        return chip_load(self.served, self.standing)

    @cached_property
    def server_load(self) -> Load:
        return server_load(self.served, self.standing)

    def results(self) -> dict[str, Any]:
        """Latencies, goodput, throughput, batch and joules as plain data; docs: README."""
        s, good = self.served, self.target.met(self.served)
        per_request = request_energy_j(s, self.standing)
        tokens, horizon = float(s.tokens.sum()), s.horizon_s
        plug = float(self.server_load.energy_j.sum())
        return {
            "requests": len(s.arrival_s),
            "rejected": dict(self.rejected),
            "seconds": horizon,
            "ttft_s": percentiles(s.ttft_s),
            "tpot_s": percentiles(s.tpot_s),
            "itl_s": {f"p{p}": s.itl_s(p) for p in PERCENTS} if s.latency.any() else None,
            "e2e_s": percentiles(s.e2e_s),
            "goodput_per_s": float(good.sum()) / horizon,
            "good_share": float(good.sum()) / self.offered,
            "output_tokens_per_s": tokens / horizon,
            "input_tokens_per_s": float(s.input_tokens.sum()) / horizon,
            "mean_batch": float(s.totals["running_s"].sum()) / s.busy_s,
            "busy_share": s.busy_s / (s.busy_s + s.idle_s),
            "preemptions": int(s.totals["preempted"].sum()),
            "peak_cache_share": float(s.totals["peak_blocks"].max()) / s.limits.blocks,
            "chip_j_per_request": percentiles(s.energy_j),
            "server_j_per_request_active": percentiles(per_request),
            "server_j_per_request": plug / len(s.arrival_s),
            "server_j_per_output_token": plug / tokens,
            "server_mean_w": plug / horizon,
            "server_peak_w": float(self.server_load.power_w.sum(axis=0).max()),
        }

    def json(self) -> dict[str, Any]:
        return self.answer.json() | {"service": self.results()}

    def timeline(self) -> dict[str, Array]:
        """By bin of ``served.bin_s``: mean running requests of a replica, output tokens/s, watts at the plug."""
        found = parts_by_bin(self.served)
        ready = np.maximum(found["ready_s"], 1e-300)
        return {
            "running": found["running_s"] / ready,
            "tokens_per_s": found["tokens"] / self.served.bin_s,
            "server_w": self.server_load.power_w.sum(axis=0),
        }


def percentiles(values: Array) -> dict[str, float] | None:
    """Mean and percentiles of what is known; None where nothing is."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    return {"mean": float(known.mean())} | {
        f"p{p}": float(x) for p, x in zip(PERCENTS, np.percentile(known, PERCENTS), strict=True)
    }


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
    power_cap: float | str | None = None,
    slo_ttft: float | str | None = None,
    slo_tpot: float | str | None = None,
    precision: str | None = None,
    pue: float | str | None = None,
    site: str | None = None,
    region: str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
) -> Service:
    """Serve every request of ``traffic`` on ``replicas`` replicas of ``gpus`` chips, till the last has its answer.

    ``power_cap``: watts a chip. Raises WattlineError on bad input.
    """
    draw = draws if isinstance(draws, Draws) else Draws(draws, seed)
    architecture = read_model(model)
    if not architecture.architecture_known:
        raise WattlineError(f"{architecture.key}: its architecture was never published, so it cannot be simulated")
    if not 0 < len(traffic) <= MOST_REQUESTS:
        raise WattlineError(f"traffic: {len(traffic):,} requests; the simulator takes 1 to {MOST_REQUESTS:,}")
    form = check_precision(architecture.native_format if precision is None else precision)
    device = load_chip(chip, draw)
    longest = float((traffic.input_tokens + traffic.output_tokens).max())
    mean = float((traffic.input_tokens + traffic.output_tokens).mean())
    count = _gpus(gpus) or serving.chips_needed(architecture, device, USUAL_BATCH, mean, form)
    limit_w = None if power_cap is None else _cap(parse(power_cap, "W", "power-cap"), device, draw)
    target = Target(*(None if x is None else parse(x, "s", n) for x, n in ((slo_ttft, "ttft"), (slo_tpot, "tpot"))))
    limits = cache_limits(architecture, device.memory_bytes, count, form, max_num_seqs, max_num_batched_tokens)
    same = setting(architecture, device, count, form, limit_w=limit_w)
    served = simulate(
        tables(same, max_num_seqs, max_num_batched_tokens, longest), limits,
        traffic.arrival_s, traffic.input_tokens, traffic.output_tokens,
        replicas=replicas, router=router, horizon_s=traffic.duration_s,
    )  # fmt: skip
    if not len(served.arrival_s):
        room = limits.blocks * limits.block_tokens
        raise WattlineError(f"traffic: no request fits the {room:,} tokens that a replica's cache holds; give more --gpus")
    cite_model(architecture, draw)
    rejected = _rejected(traffic, served)
    asked = {
        "model": architecture.key, "chip": device.record.name, "gpus": count, "replicas": replicas, "router": router,
        "max_num_seqs": max_num_seqs, "max_num_batched_tokens": max_num_batched_tokens, "precision": form,
        "requests": len(traffic), "rate_per_s": len(traffic) / max(traffic.duration_s, 1e-9),
        "cache_tokens": limits.blocks * limits.block_tokens,
        **({} if limit_w is None else {"power_cap_w": limit_w}),
        **{f"slo_{k}": v for k, v in (("ttft_s", target.ttft_s), ("tpot_s", target.tpot_s)) if v is not None},
    }  # fmt: skip
    given = {"gpus": (count, "chip"), "replicas": (replicas, "replica")}
    for name, (value, unit) in given.items():
        cite_given(draw, name, float(value), "" if unit == "replica" else unit, name)
    answer = _answer(architecture, device, served, asked, place, (site, region, pue), draw, _warnings(traffic, served))
    return Service(answer, served, _standing(device, count), target, count, len(traffic), rejected)


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


def _standing(chip: Chip, chips: int) -> Standing:
    """Central values."""
    central = load_chip(chip.record.name, Draws(0))
    watts = (central.idle_w, central.host_w, central.host_idle_w, central.network_w)
    return Standing(*(chips * float(w) for w in watts))


def _answer(
    model: Model, chip: Chip, served: Served, asked: dict[str, Any], at: Any, where: tuple[Any, ...], draws: Draws,
    warned: tuple[str, ...],
) -> Answer:  # fmt: skip
    working = Working()
    spot = at(*where, draws, working)
    replicas, chips = len(served.bins), asked["gpus"]
    phases = _phases(served, chip, chips, _energy_spread(model, chip, draws))
    bill, load, peak = deliver(phases, spot, draws, working)
    done, tokens = len(served.arrival_s), float(served.tokens.sum())
    rate = number(done / served.horizon_s)
    title = f"{rate} requests/s for {number(served.horizon_s)} s, {model.name} on {replicas} × {chips} × "
    return Answer(
        command="serve",
        title=title + chip.record.title,
        inputs=asked | spot.inputs(),
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=np.asarray(served.horizon_s),
        quantities={
            "requests": np.asarray(float(done)),
            "accelerators": np.asarray(float(replicas * chips)),
            "energy_wh_per_request": np.asarray(bill.energy_j / 3600 / done),
            "joules_per_output_token": np.asarray(bill.energy_j / tokens),
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
