"""``wattline serve-average``: a service by the mean rate of its requests."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import options
from wattline.core.errors import WattlineError


def serve_average(
    model: options.Model = None,
    requests: Annotated[str, typer.Option(help='Number of requests over time, such as "200M/day".')] = "",
    days: Annotated[str, typer.Option(help="Number of days that the service runs.")] = "365",
    chip: options.Chip = "h100-sxm",
    gpus: options.Gpus = None,
    input_tokens: options.InputTokens = "500",
    output_tokens: options.OutputTokens = "300",
    batch: options.Batch = None,
    active: options.Active = None,
    config: options.Config = None,
    pue: options.Pue = None,
    site: options.Site = None,
    region: options.Region = None,
    place: options.Place = None,
    weather: options.Weather = None,
    cooling: options.Cooling = None,
    precision: options.Precision = None,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Accelerators, power and energy of a service, from the mean rate of its requests alone."""
    from wattline.cli.printing import print_result
    from wattline.predict.average_service import serve_average as work
    from wattline.predict.delivery import Outdoors

    if not requests:
        raise WattlineError('missing --requests; give the rate of requests, such as --requests "200M/day"')
    answer = work(
        options.model_of(model, config),
        requests,
        chip,
        days=days,
        gpus=gpus,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        batch=batch,
        active=active,
        pue=pue,
        site=site,
        region=region,
        outdoors=Outdoors(place, weather, cooling),
        precision=precision,
        draws=draws,
        seed=seed,
        facts=facts,
    )
    print_result(answer, as_json, explain)
