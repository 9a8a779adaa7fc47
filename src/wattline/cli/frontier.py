"""``wattline frontier``: the search for the set-up of least energy, with its progress on the screen."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wattline.cli import options, traffic_input
from wattline.cli.groups import OptionGroup, expand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wattline.search.frontier import Progress as Progressing
    from wattline.search.result import Frontier

Opt = typer.Option
# a list to search -> its help text
SEARCHED = {
    "chip": 'Types of chip to search, such as "h100-sxm,b200" [default: those that were measured].',
    "instance": 'Instance types of clouds to search, such as "p5.48xlarge,p5en.48xlarge" [default: none].',
    "gpus": 'Chips in a replica to search, such as "1,2,4" [default: from the fewest that hold the model].',
    "precision": 'Number formats to search, such as "bf16,fp8" [default: the model\'s own, and fp8].',
    "power_cap": 'Power limits of a chip to search, such as "400W,none" [default: none, 40% to 85% of TDP].',
    "max_num_seqs": 'Largest numbers of requests at once to search, such as "64,256" [default: 64 to 512].',
    "max_num_batched_tokens": 'Largest numbers of tokens in a step, such as "512,8192" [default: 512 to 8192].',
}
LISTS = OptionGroup(
    {name: (Annotated[str, Opt(help=words, show_default=False)], "") for name, words in SEARCHED.items()}
)
Lists = Annotated[dict[str, str], LISTS]
Pools = Annotated[
    str, Opt(help="Replicas to search: together (prefill and decode in each), split (in two pools) or both.")
]
Against = Annotated[
    str,
    Opt(
        "--baseline",
        "--against",
        help='Your own set-up, to compare the best with, such as "h100-sxm, gpus=4" [default: h100-sxm, or of '
        "--chip, with the chips a replica that take least energy]; with the fewest replicas that keep the latencies.",
    ),
]
Workers = Annotated[int | None, Opt(help="Number of simulations at once [default: one a core].")]
Resume = Annotated[Path | None, Opt(metavar="FILE", help="Save each simulation to this file, and continue from it.")]


@expand
def frontier(
    model: options.Model = None,
    *,
    lists: Lists,
    pools: Pools = "both",
    against: Against = "",
    traffic: traffic_input.TrafficOptions,
    setup: options.EngineOptions,
    slo_ttft: options.SloTtft = None,
    slo_tpot: options.SloTpot = None,
    slo_share: options.SloShare = 0.99,
    on: options.On = None,
    workers: Workers = None,
    resume: Resume = None,
    config: options.Config = None,
    where: options.WhereOptions,
    out: options.Out = None,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Search for the set-up that meets the latencies with the least energy, and explain why it takes less."""
    from wattline.cli.printing import check_out, print_result

    check_out(out)
    named = options.model_of(model, config)
    target = {"slo_ttft": slo_ttft, "slo_tpot": slo_tpot, "slo_share": slo_share}
    runs = {"on": on, "workers": workers, "resume": resume, "draws": draws, "seed": seed, "setup": against or None}
    result = _search(named, (lists, pools), (traffic, seed, facts), resume, {**target, **runs, **setup, **where})
    print_result(result, as_json, explain, out)


def _search(
    model: str | Path,
    listed: tuple[dict[str, str], str],
    traffic: tuple[dict[str, Any], int, list[Path] | None],
    resume: Path | None,
    given: dict[str, Any],
) -> Frontier:
    """Read the space and the traffic, and search."""
    from wattline.catalog import open_catalog
    from wattline.cli.printing import compiling, working
    from wattline.search.frontier import frontier as work
    from wattline.search.setup import read_space

    options_of_traffic, seed, facts = traffic
    catalog = open_catalog(facts)
    space = read_space(*listed, catalog)
    with working("reading traffic"):
        requests = traffic_input.read_or_make(options_of_traffic, seed, catalog)
    with _progress(resume) as progress:
        progress(f"{compiling()}screening", 0)
        return work(model, requests, space=space, facts=catalog, progress=progress, **given)


@contextmanager
def _progress(resume: Path | None) -> Iterator[Progressing]:
    """A bar with the stage, the set-ups that are decided and the simulations made; how to go on where it is stopped."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from wattline.cli.printing import console, tell_progress

    columns = (
        TextColumn("{task.description}"), BarColumn(24), MofNCompleteColumn(), TextColumn("set-ups"),
        TextColumn("{task.fields[made]:,} simulations"), TimeElapsedColumn(),
    )  # fmt: skip
    screen = console()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("screening", total=None, made=0)

        def progress(words: str, made: int, done: int = 0, total: int = 0) -> None:
            change: dict[str, Any] = {"made": made}
            if words:
                change["description"] = words
            if total:
                change |= {"completed": done, "total": total}
            bar.update(task, **change)
            counted = f": {done:,} of {total:,} set-ups, {made:,} simulations" if total else ""
            tell_progress(f"{words or 'searching'}{counted}")

        try:
            yield progress
        except KeyboardInterrupt:
            if resume is not None and resume.exists():
                print(f"wattline: stopped; the same command goes on from what is in {resume}", file=sys.stderr)
            raise
