"""``wattline embed``: text or images that an encoder reads."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.groups import expand
from wattline.cli.media import show_answer, traffic_options

Opt = typer.Option
TOKENS = Annotated[str | None, Opt("--max-batch-tokens", help="Most tokens of a batch, such as 16384.")]
TRAFFIC = traffic_options("documents, pairs or images", {"max_batch_tokens": (TOKENS, None)})


@expand
def embed(
    model: options.Model = None,
    *,
    setup: options.MediaOptions,
    tokens: Annotated[
        str | None, Opt(help='Number of tokens of text in all, such as "1B" [default: 1B, where text is read].')
    ] = None,
    images: Annotated[
        str | None, Opt(help="Number of images, of models that read images [default: 1M, where images are read].")
    ] = None,
    document_tokens: Annotated[
        str | None, Opt(help="Number of tokens of a document, or of a pair [default: the model's usual range].")
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
    """Joules and watt-hours of embedding or ranking text, and of images that a vision transformer reads."""
    from wattline.predict.encoding.embed import embed as work

    answer = work(
        options.model_of(model, config), tokens=tokens, images=images, document_tokens=document_tokens, batch=batch,
        active=active, draws=draws, seed=seed, facts=facts, **traffic, **setup, **where,
    )  # fmt: skip
    show_answer(answer, out, as_json, explain)
