"""``wattline serve``: a service under traffic, simulated request by request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from wattline.cli import options, traffic_input
from wattline.cli.groups import expand
from wattline.cli.unused import refuse
from wattline.core.errors import WattlineError
from wattline.predict.setup_readers import FEWEST


@expand
def serve(
    context: typer.Context,
    model: options.Model = None,
    *,
    traffic: traffic_input.TrafficOptions,
    cells: traffic_input.Cells = 1.0,
    pictures: options.Pictures = None,
    picture_size: options.PictureSize = None,
    audio: options.Audio = None,
    picture_share: Annotated[
        str | None, typer.Option(help="Share of the requests that bring these pictures or sound [default: 1].")
    ] = None,
    setup: options.SetupOptions,
    slo_ttft: options.SloTtft = None,
    slo_tpot: options.SloTpot = None,
    slo_share: options.SloShare = 0.99,
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
    """Latencies, power over time and the energy bill of a service under traffic, simulated request by request."""
    from wattline.catalog import open_catalog
    from wattline.cli.printing import check_out, compiling, print_result, working
    from wattline.predict.service.simulate import serve as work

    check_out(out)
    if slo_ttft is None and slo_tpot is None:
        refuse(context, ("slo_share",), "--slo-ttft or --slo-tpot")
        if setup.get("replicas") in (None, "1") and not {"scale_from", "prefill_replicas"} & set(setup):
            _check_router(setup)
    named, known = options.model_of(model, config), open_catalog(facts)
    with working("reading traffic") as update:
        requests = traffic_input.read_or_make(traffic, seed, known, cells)
        if slo_ttft or slo_tpot:
            setup = {"replicas": FEWEST, **setup}
        update(f"{compiling()}serving {len(requests):,} requests")
        result = work(
            named, requests, slo_ttft=slo_ttft, slo_tpot=slo_tpot, slo_share=slo_share, cells=cells,
            pictures=pictures, picture_size=picture_size, audio=audio, picture_share=picture_share, draws=draws,
            seed=seed, facts=known, **setup, **where,
        )  # fmt: skip
    print_result(result, as_json, explain, out)


def _check_router(setup: Mapping[str, Any]) -> None:
    """Raise WattlineError for a choice among replicas where there is one."""
    if setup.get("router") == "least-loaded":
        raise WattlineError("router: there is one replica to choose; least-loaded goes with --replicas 2 or more")
