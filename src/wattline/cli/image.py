"""``wattline image``: one image by a model."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.groups import expanded


@expanded
def image(
    model: options.Model = None,
    *,
    setup: options.MediaOptions,
    size: options.MediaSize = None,
    steps: options.MediaSteps = None,
    guidance: options.Guidance = None,
    batch: Annotated[str, typer.Option(help="Number of images that are made at once.")] = "1",
    split: options.MediaSplit = None,
    active: options.Active = None,
    config: options.MediaFolder = None,
    where: options.WhereOptions,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Joules and watt-hours of one image: text encoders, denoising, decoder, idle, host, facility."""
    from wattline.cli.printing import print_result
    from wattline.predict.media.image import image as work

    answer = work(
        options.model_of(model, config), size=size, steps=steps, guidance=guidance, batch=batch, split=split,
        active=active, draws=draws, seed=seed, facts=facts, **setup, **where,
    )  # fmt: skip
    if out is not None:
        answer.write(out)
    print_result(answer, as_json, explain)
