"""``wattline transcribe``: speech to text."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.groups import expand
from wattline.cli.media import show_answer, traffic_options

Opt = typer.Option
CLIP = Annotated[str | None, Opt("--clip", help='Length of a recording that comes, such as "5 min" [default: 30 s].')]
TRAFFIC = traffic_options("recordings", {"clip": (CLIP, None)})


@expand
def transcribe(
    model: options.Model = None,
    *,
    setup: options.MediaOptions,
    hours: Annotated[
        str | None,
        Opt("--hours", help='Hours of speech, or such as "90 min" [default: 100; under traffic those of an hour].'),
    ] = None,
    text_tokens: Annotated[
        str | None, Opt(help="Number of tokens of the text of 30 seconds of speech [default: 60 to 150].")
    ] = None,
    batch: options.EncoderBatch = None,
    active: options.EncoderActive = None,
    traffic: Annotated[options.Values, TRAFFIC],
    config: options.EncoderFolder = None,
    where: options.WhereOptions,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Joules and watt-hours of transcribing speech: encoder, decoder, idle, host, facility."""
    from wattline.predict.encoding.transcribe import transcribe as work

    answer = work(
        options.model_of(model, config), hours=hours, text_tokens=text_tokens, batch=batch, active=active,
        draws=draws, seed=seed, facts=facts, **traffic, **setup, **where,
    )  # fmt: skip
    show_answer(answer, out, as_json, explain)
