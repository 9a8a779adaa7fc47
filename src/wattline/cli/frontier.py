"""``wattline frontier``: the search for the set-up of least energy, with its progress on the screen."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli import options, traffic_input

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wattline.search.frontier import Tell

Opt = typer.Option


def frontier(
    model: options.Model = None,
    chip: Annotated[
        str, Opt(help='Types of chip to search, such as "h100-sxm,b200" [default: those that were measured].')
    ] = "",
    gpus: Annotated[str, Opt(help='Chips in a replica to search, such as "1,2,4" [default: from the fewest].')] = "",
    precision: Annotated[
        str, Opt(help='Number formats to search, such as "bf16,fp8" [default: the model\'s own, and fp8].')
    ] = "",
    power_cap: Annotated[
        str, Opt(help='Power limits of a chip to search, such as "400W,none" [default: none, 40% to 85% of TDP].')
    ] = "",
    max_num_seqs: Annotated[
        str, Opt(help='Largest numbers of requests at once to search, such as "64,256" [default: 64 to 512].')
    ] = "",
    max_num_batched_tokens: Annotated[
        str, Opt(help='Largest numbers of tokens in a step to search, such as "512,8192" [default: 512 to 8192].')
    ] = "",
    pools: Annotated[
        str, Opt(help="Replicas to search: together (prefill and decode in each), split (in two pools) or both.")
    ] = "both",
    against: Annotated[
        str, Opt(help='Set-up to compare the best with, such as "h100-sxm, gpus=4" [default: h100-sxm].')
    ] = "",
    trace: traffic_input.Trace = None,
    rate: traffic_input.Rate = "",
    duration: traffic_input.Duration = "",
    shape: traffic_input.Shape = "flat",
    input_tokens: traffic_input.Input = "",
    output_tokens: traffic_input.Output = "",
    router: options.Router = "round-robin",
    prefix_cache: options.PrefixCache = 0.0,
    engine: options.Engine = None,
    slo_ttft: options.SloTtft = None,
    slo_tpot: options.SloTpot = None,
    slo_share: Annotated[float, Opt(help="Share of the requests that must keep these latencies.")] = 0.99,
    on: Annotated[
        str | None, Opt(help="Where simulations run: ray://HOST:PORT, or ray [default: all cores here].")
    ] = None,
    workers: Annotated[int | None, Opt(help="Number of simulations at once [default: one a core].")] = None,
    resume: Annotated[
        Path | None, Opt(metavar="FILE", help="Keep each simulation in this file, and go on from what it holds.")
    ] = None,
    config: options.Config = None,
    pue: options.Pue = None,
    site: options.Site = None,
    region: options.Region = None,
    place: options.Place = None,
    weather: options.Weather = None,
    cooling: options.Cooling = None,
    out: options.Out = None,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Search for the set-up that meets the latencies with the least energy, and explain why it takes less."""
    from rich.console import Console

    from wattline.catalog import open_catalog
    from wattline.cli.printing import check_out, print_result
    from wattline.predict.delivery import Outdoors
    from wattline.search.frontier import frontier as work
    from wattline.search.setup import read_against, read_space

    check_out(out)
    named, known = options.model_of(model, config), open_catalog(facts)
    space = read_space(chip, precision, gpus, power_cap, max_num_seqs, max_num_batched_tokens, pools, catalog=known)
    where: dict[str, Any] = {
        "pue": pue, "site": site, "region": region, "outdoors": Outdoors(place, weather, cooling), "facts": known,
    }  # fmt: skip
    with Console(stderr=True).status("reading traffic", spinner="dots"):
        requests = traffic_input.read_or_make(trace, rate, duration, input_tokens, output_tokens, seed, known, shape)
    with _progress(resume) as tell:
        result = work(
            named, requests, space=space, slo_ttft=slo_ttft, slo_tpot=slo_tpot, slo_share=slo_share, router=router,
            prefix_cache=prefix_cache, engine=engine, on=on, workers=workers, resume=resume, draws=draws, seed=seed,
            tell=tell, **where, **read_against(against),
        )  # fmt: skip
    print_result(result, as_json, explain, out)


@contextmanager
def _progress(resume: Path | None) -> Iterator[Tell]:
    """A bar with the stage, the set-ups that are decided and the simulations made; how to go on where it is stopped."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), TextColumn("set-ups"),
        TextColumn("{task.fields[made]:,} simulations"), TimeElapsedColumn(),
    )  # fmt: skip
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("screening", total=None, made=0)

        def tell(words: str, made: int, done: int = 0, total: int = 0) -> None:
            change: dict[str, Any] = {"made": made}
            if words:
                change["description"] = words
            if total:
                change |= {"completed": done, "total": total}
            bar.update(task, **change)

        try:
            yield tell
        except KeyboardInterrupt:
            if resume is not None and resume.exists():
                print(f"wattline: stopped; the same command goes on from what is in {resume}", file=sys.stderr)
            raise
