"""``wattline serve``: a service under traffic, simulated request by request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli import options, traffic_input
from wattline.core.errors import WattlineError

if TYPE_CHECKING:
    from wattline.line.engine.simulator.scaling import Scaling

Opt = typer.Option


def serve(
    model: options.Model = None,
    chip: options.Chip = "h100-sxm",
    gpus: options.Gpus = None,
    replicas: Annotated[int, Opt(help="Number of replicas (copies of the model).")] = 1,
    trace: traffic_input.Trace = None,
    rate: traffic_input.Rate = "",
    duration: traffic_input.Duration = "",
    shape: traffic_input.Shape = "flat",
    cells: traffic_input.Cells = 1.0,
    input_tokens: traffic_input.Input = "",
    output_tokens: traffic_input.Output = "",
    router: options.Router = "round-robin",
    max_num_seqs: Annotated[int, Opt(help="Largest number of requests that a replica runs at once.")] = 256,
    max_num_batched_tokens: Annotated[int, Opt(help="Largest number of tokens in one step.")] = 8192,
    prefix_cache: options.PrefixCache = 0.0,
    prefill_replicas: Annotated[
        int, Opt(help="Number of replicas that only read prompts; those of --replicas then only decode.")
    ] = 0,
    prefill_gpus: Annotated[
        str | None, Opt(help="Number of chips in a replica that reads prompts [default: as --gpus].")
    ] = None,
    transfer_bandwidth: Annotated[
        str | None,
        Opt(help='Network of a chip between the pools, such as "400 Gbit/s" [default: its ports].'),
    ] = None,
    scale_from: Annotated[
        int | None, Opt(help="Scale the replicas with the load, from this number (0 or more) to --replicas.")
    ] = None,
    scale_target: Annotated[
        str, Opt(help="Number of requests per replica that scaling aims at [default: half of --max-num-seqs].")
    ] = "",
    start_up: Annotated[
        str, Opt(help='Time that a replica takes to start, such as "2 min" [default: engine start and weights].')
    ] = "",
    scale_interval: Annotated[str, Opt(help="Time between two decisions of the scaling.")] = "30 s",
    scale_down_after: Annotated[str, Opt(help="Time without need after which a replica stops.")] = "5 min",
    scaled_down: Annotated[str, Opt(help="State of a stopped replica: off (takes no power) or idle.")] = "off",
    power_cap: Annotated[str | None, Opt(help='Power limit of a chip, such as "500 W" [default: its TDP].')] = None,
    engine: options.Engine = None,
    slo_ttft: options.SloTtft = None,
    slo_tpot: options.SloTpot = None,
    config: options.Config = None,
    pue: options.Pue = None,
    site: options.Site = None,
    region: options.Region = None,
    place: options.Place = None,
    weather: options.Weather = None,
    cooling: options.Cooling = None,
    precision: options.Precision = None,
    out: options.Out = None,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Latencies, power over time and the energy bill of a service under traffic, simulated request by request."""
    from rich.console import Console

    from wattline.catalog import open_catalog
    from wattline.cli.printing import check_out, print_result
    from wattline.predict.delivery import Outdoors
    from wattline.predict.service.simulate import serve as work

    check_out(out)
    named, known = options.model_of(model, config), open_catalog(facts)
    where: dict[str, Any] = {
        "pue": pue, "site": site, "region": region, "outdoors": Outdoors(place, weather, cooling), "facts": known,
    }  # fmt: skip
    scaling = _scaling(scale_from, scale_target, start_up, scale_interval, scale_down_after, scaled_down, max_num_seqs)
    with Console(stderr=True).status("reading traffic", spinner="dots") as status:
        requests = traffic_input.read_or_make(
            trace, rate, duration, input_tokens, output_tokens, seed, known, shape, cells
        )
        status.update(f"serving {len(requests):,} requests")
        result = work(
            named, requests, chip, gpus=gpus, replicas=replicas, router=router, max_num_seqs=max_num_seqs,
            max_num_batched_tokens=max_num_batched_tokens, prefix_cache=prefix_cache,
            prefill_replicas=prefill_replicas, prefill_gpus=prefill_gpus, transfer_bandwidth=transfer_bandwidth,
            scaling=scaling, power_cap=power_cap, engine=engine, slo_ttft=slo_ttft, slo_tpot=slo_tpot,
            precision=precision, cells=cells, draws=draws, seed=seed, **where,
        )  # fmt: skip
    print_result(result, as_json, explain, out)


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
