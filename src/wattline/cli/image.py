"""``wattline image``: one image by a model."""

from __future__ import annotations

from typing import Annotated

from wattline.cli import media, options
from wattline.cli.groups import expand

MADE = media.media_options("image")


@expand
def image(
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
    """Joules and watt-hours of one image: text encoders, denoising, decoder, idle, host, facility."""
    from wattline.predict.media.image import image as work

    answer = work(options.model_of(model, config), **made, **drawn, **setup, **where)
    media.show_answer(answer, **shown)
