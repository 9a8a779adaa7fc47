"""A service under traffic, request by request: latencies, power over time, and the bill from chip to grid.

Times are those of the facts' central values; the bill's ranges are of powers, steps' energy, site and grid.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws, read_draws
from wattline.core.errors import WattlineError
from wattline.core.quantity import parse
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.shape import Shape
from wattline.line.chip.software import Software, load_software
from wattline.line.engine.simulator.front_end import with_front_end
from wattline.line.engine.simulator.kernel_state import Limits
from wattline.line.engine.simulator.outcome import Served
from wattline.line.engine.simulator.pools import Side, simulate_pools
from wattline.line.engine.simulator.power import Standing
from wattline.line.engine.simulator.scaling import Scaling
from wattline.line.engine.simulator.simulate import Way, cache_limits, simulate
from wattline.line.engine.simulator.step_tables import Tables, setting, tables
from wattline.line.work.model import Model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.delivery import Outdoors, cite_given
from wattline.predict.service.bill import answer_of, rejected_of, warnings_of
from wattline.predict.service.fleet import cache_bytes, check_pools, scaling_inputs, scaling_of, send_rate, transfers
from wattline.predict.service.inputs import Asked, by_prefixes, read_asked, whole_chips
from wattline.predict.service.result import Service, Target

MOST_CELLS = 1_000_000
USUAL_ENGINE = "vllm"  # whose steps the chip model was fitted to


def serve(
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
    prefill_replicas: int = 0,
    prefill_gpus: int | str | None = None,
    transfer_bandwidth: float | str | None = None,
    scaling: Scaling | None = None,
    power_cap: float | str | None = None,
    engine: str | None = None,
    slo_ttft: float | str | None = None,
    slo_tpot: float | str | None = None,
    precision: str | None = None,
    cells: float = 1.0,
    pue: float | str | None = None,
    site: str | None = None,
    region: str | None = None,
    outdoors: Outdoors = Outdoors(),
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
) -> Service:
    """Serve every request of ``traffic`` on ``replicas`` replicas of ``gpus`` chips, till the last has its answer.

    ``power_cap``: watts a chip. ``prefix_cache``: share of the cache set aside for prefixes, found by the traffic's
    hashes; ``router="prefix"`` sends requests that begin alike to the same replica. ``prefill_replicas``: so many more,
    of ``prefill_gpus`` chips, read the prompts, and the ``replicas`` only decode; caches go over the network, at
    ``transfer_bandwidth`` bytes/s a chip (the catalog's where not given). ``scaling``: replicas (those that decode) are
    started and stopped with the load, ``replicas`` being the most. ``cells``: the service is so many times what is
    simulated, in cells alike; the answer and its bill are of all, latencies and loads of one. ``outdoors``: a place or
    weather, whose hours the site's overhead then follows. ``engine``: the serving software, as ``vllm-0.19`` or
    ``trtllm``; not given, steps are those of vLLM 0.11, and requests wait as vLLM lets them. Raises WattlineError on
    bad input.
    """
    draw = read_draws(draws, seed, facts)
    if not 1 <= cells <= MOST_CELLS:
        raise WattlineError(f"cells: {cells:g} is not from 1 to {MOST_CELLS:,}")
    asked = read_asked(model, traffic, chip, gpus, precision, power_cap, draw)
    target = Target(*(None if x is None else parse(x, "s", n) for x, n in ((slo_ttft, "ttft"), (slo_tpot, "tpot"))))
    check_pools(prefill_replicas, prefill_gpus, transfer_bandwidth)
    scaling = scaling_of(scaling, asked, replicas, traffic, draw)
    soft = load_software(
        engine or USUAL_ENGINE, asked.chip.generation, draw, family=asked.model.family, chip=asked.chip.record.name
    )
    most = (max_num_seqs, max_num_batched_tokens)
    way = _Way(traffic, replicas, router, prefix_cache, scaling, most, soft if engine else None)
    inputs = asked.inputs(traffic) | {"replicas": replicas, "router": router}
    if prefill_replicas:
        readers = whole_chips(prefill_gpus, "prefill-gpus") or asked.chips
        rate = send_rate(asked, readers, transfer_bandwidth, draw)
        served = _pools(asked, way, prefill_replicas, readers, rate)
        inputs |= {"prefill_replicas": prefill_replicas, "prefill_gpus": readers, "transfer_bytes_per_s": rate}
    else:
        served = _together(asked, way)
    served = with_front_end(served, soft, float(Shape.of(asked.model).layers), max_num_batched_tokens)
    limits = served.limits
    if not len(served.arrival_s):
        room = limits.blocks * limits.block_tokens
        raise WattlineError(f"traffic: no request fits the {room:,} tokens of a replica's cache; give more --gpus")
    for name, count, unit in (("gpus", asked.chips, "chip"), ("replicas", replicas, "")):
        cite_given(draw, name, float(count), unit, name)
    inputs |= {"max_num_seqs": max_num_seqs} | ({"engine": engine} if engine else {})
    if prefix_cache:
        inputs["prefix_cache"] = prefix_cache
    inputs |= {"max_num_batched_tokens": max_num_batched_tokens, "cache_tokens": limits.blocks * limits.block_tokens}
    inputs |= {f"slo_{k}": v for k, v in (("ttft_s", target.ttft_s), ("tpot_s", target.tpot_s)) if v is not None}
    inputs |= scaling_inputs(scaling)
    if cells != 1:
        inputs["cells"] = cells
    answer = answer_of(asked, served, inputs, (site, region, pue), outdoors, draw, warnings_of(traffic, served), cells)
    standing = _standing(asked.chip)
    network = transfers(served, cache_bytes(asked, traffic), inputs.get("transfer_bytes_per_s"))
    return Service(answer, served, standing, target, asked.chips, len(traffic), rejected_of(traffic, served), network)


class _Way(NamedTuple):
    """The traffic, and how it is scheduled."""

    traffic: Traffic
    replicas: int
    router: str
    prefix_cache: float
    scaling: Scaling | None
    most: tuple[int, int]  # sequences and tokens of a step
    software: Software | None  # whose kernels differ from those of the chip model


def _together(asked: Asked, way: _Way) -> Served:
    """Every replica reads prompts and decodes."""
    limits, table = _replica(asked, asked.chips, way)
    limits, given = by_prefixes(way.traffic, limits, way.replicas, way.router, way.prefix_cache)
    return simulate(
        table, limits, way.traffic.arrival_s, way.traffic.input_tokens, way.traffic.output_tokens,
        replicas=way.replicas, horizon_s=way.traffic.duration_s, scaling=way.scaling, **given,
    )  # fmt: skip


def _pools(asked: Asked, way: _Way, prefill_replicas: int, readers: int, rate: float) -> Served:
    """Replicas of ``readers`` chips read prompts, and send caches at ``rate`` bytes/s to those that decode."""
    traffic = way.traffic
    limits, table = _replica(asked, asked.chips, way)
    read_limits, read_table = limits, table
    if readers != asked.chips:
        read_limits, read_table = _replica(asked, readers, way)
    read_limits, given = by_prefixes(traffic, read_limits, prefill_replicas, way.router, way.prefix_cache)
    cached = given.pop("cached_tokens", 0)
    decode = Way(way.replicas, "least-loaded" if way.router == "prefix" else way.router, scaling=way.scaling)
    return simulate_pools(
        Side(read_table, read_limits, Way(prefill_replicas, **given)), Side(table, limits, decode),
        traffic.arrival_s, traffic.input_tokens, traffic.output_tokens, cache_bytes(asked, traffic) / rate,
        cached_tokens=cached, horizon_s=traffic.duration_s,
    )  # fmt: skip


def _replica(asked: Asked, chips: int, way: _Way) -> tuple[Limits, Tables]:
    """A replica of so many chips: the scheduler's limits, and times and joules of its steps."""
    limits = cache_limits(
        asked.model, asked.chip.memory_bytes, chips, asked.precision, *way.most, memory_share=asked.chip.usable_memory
    )
    # links beyond a node have ranges; the simulation takes none
    central = load_chip(asked.chip.record.name, asked.chip.draws.central())
    same = setting(asked.model, central, chips, asked.precision, limit_w=asked.limit_w, software=way.software)
    longest = float((way.traffic.input_tokens + way.traffic.output_tokens).max())
    return limits, tables(same, *way.most, longest)


def _standing(chip: Chip) -> Standing:
    """Central values."""
    central = load_chip(chip.record.name, chip.draws.central())
    return Standing(*(float(w) for w in (central.idle_w, central.host_w, central.host_idle_w, central.network_w)))
