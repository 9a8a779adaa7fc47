"""``wattline transcribe``: speech to text."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.groups import expand
from wattline.cli.media import show_answer

Opt = typer.Option


@expand
def transcribe(
    model: options.Model = None,
    *,
    setup: options.MediaOptions,
    hours: Annotated[str, Opt("--hours", help='Hours of speech, or such as "90 min".')] = "100",
    text_tokens: Annotated[
        str | None, Opt(help="Number of tokens of the text of 30 seconds of speech [default: 60 to 150].")
    ] = None,
    batch: options.EncoderBatch = None,
    active: options.EncoderActive = None,
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
        draws=draws, seed=seed, facts=facts, **setup, **where,
    )  # fmt: skip
    show_answer(answer, out, as_json, explain)
