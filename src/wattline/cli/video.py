"""``wattline video``: one video by a model."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import media, options
from wattline.cli.groups import expand

Opt = typer.Option
Seconds = Annotated[str | None, Opt(help="Length in seconds [default: the model's own].")]
Fps = Annotated[str | None, Opt(help="Frames a second [default: the model's own].")]
Frames = Annotated[str | None, Opt(help="Number of frames, instead of --seconds.")]
MADE = media.media_options("video", {"seconds": (Seconds, None), "fps": (Fps, None), "frames": (Frames, None)})


@expand
def video(
    model: options.Model = None,
    *,
    setup: options.MediaOptions,
    made: Annotated[options.Values, MADE],
    config: options.MediaFolder = None,
    where: options.WhereOptions,
    drawn: media.DrawOptions,
    catalog: options.CatalogDay = None,
    shown: media.ShowOptions,
) -> None:
    """Joules and watt-hours of one video: text encoders, denoising, decoder, idle, host, facility."""
    from wattline.predict.media.video import video as work

    answer = work(options.model_of(model, config), **made, **drawn, **setup, **where)
    media.show_answer(answer, **shown)
