"""``wattline serve``: a service under traffic, simulated request by request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli.options import (
    AsJson,
    Config,
    Cooling,
    DrawsOpt,
    Explain,
    Facts,
    Model,
    Place,
    Precision,
    Pue,
    Region,
    Seed,
    Site,
    Weather,
)
from wattline.core.errors import WattlineError

if TYPE_CHECKING:
    from wattline.line.engine.simulator.scaling import Scaling

Opt = typer.Option


def serve(
    model: Model = None,
    chip: Annotated[str, Opt(help="Chip by name (wattline facts chip.).")] = "h100-sxm",
    gpus: Annotated[
        str | None, Opt(help="Chips a replica [default: the fewest that hold the model]; a list with --frontier.")
    ] = None,
    replicas: Annotated[int | None, Opt(help="Copies of the model [default: 1].", show_default=False)] = None,
    trace: Annotated[Path | None, Opt(help="Requests from a trace (Azure, BurstGPT, Mooncake, CSV, Parquet).")] = None,
    rate: Annotated[str, Opt(help='Requests a second, e.g. "20/s"; scales the rate of --trace.')] = "",
    duration: Annotated[
        str, Opt(help="How long requests come at --rate [default: 1 h], or of --trace are taken.")
    ] = "",
    shape: Annotated[str, Opt(help="How --rate, its mean, goes through the time: flat, day or week.")] = "flat",
    cells: Annotated[
        float, Opt(help="So many services alike share --rate: one is simulated, the answer is of all.")
    ] = 1.0,
    input_tokens: Annotated[str, Opt("--input", help="Tokens of every prompt [default: lengths of chats].")] = "",
    output_tokens: Annotated[str, Opt("--output", help="Tokens of every answer.")] = "",
    router: Annotated[str, Opt(help="round-robin, least-loaded or prefix (by beginnings).")] = "round-robin",
    max_num_seqs: Annotated[int, Opt(help="Most sequences that a replica runs at once.")] = 256,
    max_num_batched_tokens: Annotated[int, Opt(help="Most tokens of a step.")] = 8192,
    prefix_cache: Annotated[float, Opt(help="Share of the cache for prefixes, by a trace's hashes, 0 to 1.")] = 0.0,
    prefill_replicas: Annotated[
        int,
        Opt(help="Replicas that only read prompts; --replicas then only decode [default: each does both]."),
    ] = 0,
    prefill_gpus: Annotated[str | None, Opt(help="Chips of a replica that reads prompts [default: as --gpus].")] = None,
    transfer_bandwidth: Annotated[
        str | None, Opt(help='Network between the pools, a chip, e.g. "400 Gbit/s" [default: the server\'s ports].')
    ] = None,
    scale_from: Annotated[
        int | None, Opt(help="Start and stop replicas with the load, from so many (0: none) to --replicas.")
    ] = None,
    scale_target: Annotated[
        str, Opt(help="Requests that wait or run, a replica, that scaling aims at [default: half of --max-num-seqs].")
    ] = "",
    start_up: Annotated[
        str, Opt(help='Time a started replica takes, e.g. "2 min" [default: engine and weights, from facts].')
    ] = "",
    scale_interval: Annotated[str, Opt(help="Time from one look at the load to the next.")] = "30 s",
    scale_down_after: Annotated[str, Opt(help="Replicas stop when none of them was wanted for so long.")] = "5 min",
    scaled_down: Annotated[str, Opt(help="A stopped replica is off (draws nothing) or idle.")] = "off",
    power_cap: Annotated[str | None, Opt(help='Power limit of a chip, e.g. "500 W" [default: TDP].')] = None,
    engine: Annotated[
        str | None,
        Opt(help="Serving software: vllm, sglang or trtllm, or a version, as vllm-0.19 [default: vLLM 0.11]."),
    ] = None,
    slo_ttft: Annotated[str | None, Opt(help='Longest time to first token that counts as good, e.g. "1s".')] = None,
    slo_tpot: Annotated[str | None, Opt(help='Longest mean time between tokens, e.g. "50ms".')] = None,
    frontier: Annotated[
        bool, Opt("--frontier", help="Search for the set-up of least energy that keeps the latencies, and say why.")
    ] = False,
    slo_share: Annotated[float, Opt(help="Share of the requests that must keep them, with --frontier.")] = 0.99,
    chips: Annotated[str, Opt(help='Chips to search, e.g. "h100-sxm,b200" [default: those measured].')] = "",
    formats: Annotated[str, Opt(help='Formats to search, e.g. "bf16,fp8" [default: the model\'s, and fp8].')] = "",
    power_caps: Annotated[str, Opt(help='Caps to search, e.g. "400W,500W,none" [default: none, 40% to 85%].')] = "",
    batch: Annotated[str, Opt(help='max-num-seqs to search, e.g. "64,256" [default: 64 to 512].')] = "",
    batch_tokens: Annotated[str, Opt(help="max-num-batched-tokens to search [default: 512 to 8192].")] = "",
    pools: Annotated[str, Opt(help="Pools to search: together, split (prefill, decode) or both.")] = "both",
    on: Annotated[str | None, Opt(help="Where to search: ray://HOST:PORT, or ray [default: all cores here].")] = None,
    workers: Annotated[int | None, Opt(help="Simulations at once [default: one a core].")] = None,
    resume: Annotated[
        Path | None, Opt(help="Keep each finished simulation in this file; a stopped search goes on from it.")
    ] = None,
    config: Config = None,
    pue: Pue = None,
    site: Site = None,
    region: Region = None,
    place: Place = None,
    weather: Weather = None,
    cooling: Cooling = None,
    precision: Precision = None,
    load: Annotated[Path | None, Opt(help="Write power over time at the servers' plugs to this Parquet file.")] = None,
    report: Annotated[Path | None, Opt(help="Write a page with latencies, power and the bill (HTML).")] = None,
    draws: DrawsOpt = 2000,
    seed: Seed = 0,
    facts: Facts = None,
    as_json: AsJson = False,
    explain: Explain = False,
) -> None:
    """Latencies, power over time, joules and the bill of a service under traffic, simulated request by request."""
    from rich.console import Console

    from wattline.cli.options import _model
    from wattline.cli.printing import print_json, print_rich
    from wattline.cli.traffic_input import read_or_make
    from wattline.predict.delivery import Outdoors
    from wattline.predict.service.simulate import service
    from wattline.report.terminal.service import render

    named = _model(model, config)
    where: dict[str, Any] = {"pue": pue, "site": site, "region": region, "outdoors": Outdoors(place, weather, cooling)}
    if frontier:
        from wattline.cli.frontier import search

        if replicas is not None:
            raise WattlineError("replicas: --frontier finds how many are needed; leave --replicas out")
        if prefill_replicas or prefill_gpus or transfer_bandwidth or scale_from is not None:
            raise WattlineError("frontier: it searches pools by itself (--pools) and keeps replicas; leave theirs out")
        if cells != 1:
            raise WattlineError("frontier: it searches one service; give the --rate of one and leave --cells out")
        with Console(stderr=True).status("reading traffic", spinner="dots"):
            requests = read_or_make(trace, rate, duration, input_tokens, output_tokens, seed, shape, cells)
        search(
            named, requests, chip, (chips, formats, gpus or "", power_caps, batch, batch_tokens), pools,
            {"slo_ttft": slo_ttft, "slo_tpot": slo_tpot, "slo_share": slo_share, "precision": precision,
             "max_num_seqs": max_num_seqs, "max_num_batched_tokens": max_num_batched_tokens, "power_cap": power_cap,
             "router": router, "prefix_cache": prefix_cache, "engine": engine, "on": on, "workers": workers,
             "resume": resume, "draws": draws, "seed": seed} | where,
            load, report, as_json, explain,
        )  # fmt: skip
        return
    _searched_only(
        chips=chips, formats=formats, power_caps=power_caps, batch=batch, batch_tokens=batch_tokens, on=on,
        workers=workers, resume=resume,
    )  # fmt: skip
    scaling = _scaling(scale_from, scale_target, start_up, scale_interval, scale_down_after, scaled_down, max_num_seqs)
    with Console(stderr=True).status("reading traffic", spinner="dots") as status:
        requests = read_or_make(trace, rate, duration, input_tokens, output_tokens, seed, shape, cells)
        status.update(f"serving {len(requests):,} requests")
        found = service(
            named, requests, chip, gpus=gpus, replicas=1 if replicas is None else replicas, router=router,
            max_num_seqs=max_num_seqs,
            max_num_batched_tokens=max_num_batched_tokens, prefix_cache=prefix_cache,
            prefill_replicas=prefill_replicas, prefill_gpus=prefill_gpus, transfer_bandwidth=transfer_bandwidth,
            scaling=scaling, power_cap=power_cap, engine=engine, slo_ttft=slo_ttft, slo_tpot=slo_tpot,
            precision=precision, cells=cells, draws=draws, seed=seed, **where,
        )  # fmt: skip
    if load is not None:
        found.server_load.to_parquet(load)
    if report is not None:
        from wattline.report.page.service import write_page

        write_page(found, report)
    if as_json:
        print_json(found.json())
    else:
        print_rich(render(found.json(), explain))


def _searched_only(**given: object) -> None:
    named = [name.replace("_", "-") for name, value in given.items() if value]
    if named:
        raise WattlineError(f"{named[0]}: --{named[0]} goes with --frontier; add that, or leave it out")


def _scaling(
    least: int | None, target: str, start_up: str, interval: str, after: str, scaled_down: str, most_running: int
) -> Scaling | None:
    """The policy, where replicas are scaled."""
    from wattline.core.quantity import parse
    from wattline.line.engine.simulator.scaling import Scaling

    if scaled_down not in ("off", "idle"):
        raise WattlineError(f"scaled-down: {scaled_down!r} is neither off nor idle")
    if least is None:
        if target or start_up:
            raise WattlineError("serve: --scale-target and --start-up go with --scale-from, the fewest replicas")
        return None
    return Scaling(
        least,
        parse(target, "", "scale-target") if target else max(most_running / 2, 1.0),
        parse(start_up, "s", "start-up", zero=True) if start_up else None,
        parse(interval, "s", "scale-interval"),
        parse(after, "s", "scale-down-after", zero=True),
        scaled_down == "off",
    )
