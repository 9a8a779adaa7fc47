"""``wattline serve-average``: a service by the mean rate of its requests."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.groups import expand
from wattline.core.errors import WattlineError


@expand
def serve_average(
    model: options.Model = None,
    rate: Annotated[str, typer.Option(help='Mean rate of requests, such as "200M/day".')] = "",
    days: Annotated[str, typer.Option(help="Number of days that the service runs.")] = "365",
    *,
    setup: options.ReplicaOptions,
    input_tokens: options.InputTokens = "500",
    output_tokens: options.OutputTokens = "300",
    batch: options.Batch = None,
    active: options.Active = None,
    config: options.Config = None,
    where: options.WhereOptions,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Accelerators, power and energy of a service, from the mean rate of its requests alone."""
    from wattline.cli.printing import print_result
    from wattline.predict.average_service import serve_average as work

    if not rate:
        raise WattlineError('missing --rate; give the rate of requests, such as --rate "200M/day"')
    answer = work(
        options.model_of(model, config), rate, days=days, input_tokens=input_tokens, output_tokens=output_tokens,
        batch=batch, active=active, draws=draws, seed=seed, facts=facts, **setup, **where,
    )  # fmt: skip
    print_result(answer, as_json, explain)
