"""``wattline video``: one video by a model."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.groups import expanded


@expanded
def video(
    model: options.Model = None,
    *,
    setup: options.MediaOptions,
    size: options.MediaSize = None,
    seconds: Annotated[str | None, typer.Option(help="Length in seconds [default: the model's own].")] = None,
    fps: Annotated[str | None, typer.Option(help="Frames a second [default: the model's own].")] = None,
    frames: Annotated[str | None, typer.Option(help="Number of frames, instead of --seconds.")] = None,
    steps: options.MediaSteps = None,
    guidance: options.Guidance = None,
    batch: Annotated[str, typer.Option(help="Number of videos that are made at once.")] = "1",
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
    """Joules and watt-hours of one video: text encoders, denoising, decoder, idle, host, facility."""
    from wattline.cli.printing import print_result
    from wattline.predict.media.video import video as work

    answer = work(
        options.model_of(model, config), size=size, seconds=seconds, fps=fps, frames=frames, steps=steps,
        guidance=guidance, batch=batch, split=split, active=active, draws=draws, seed=seed, facts=facts, **setup,
        **where,
    )  # fmt: skip
    if out is not None:
        answer.write(out)
    print_result(answer, as_json, explain)
