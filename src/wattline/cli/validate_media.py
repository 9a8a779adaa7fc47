"""``wattline validate images`` and ``video``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options
from wattline.core.errors import WattlineError

MediaFiles = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="CSVs of images and video of the ML.ENERGY leaderboards."),
]
MEDIA_LEFT_OUT = "Predict each model, family, chip, split or tenth of the rows by a fit to all other rows."
MediaBy = Annotated[str, typer.Option("--by", help="Show scores by model, family, chip, gpus, batch or steps.")]
MediaLeaveOut = Annotated[str, typer.Option("--leave-out", help=MEDIA_LEFT_OUT)]


def validate_images(
    files: MediaFiles, leave_out: MediaLeaveOut = "", by: MediaBy = "model", as_json: options.AsJson = False
) -> None:
    """Joules, seconds and watts of measured images beside the predicted ones."""
    _validate_media(files, "image", leave_out, by, as_json)


def validate_video(
    files: MediaFiles, leave_out: MediaLeaveOut = "", by: MediaBy = "model", as_json: options.AsJson = False
) -> None:
    """Joules, seconds and watts of measured video beside the predicted ones."""
    _validate_media(files, "video", leave_out, by, as_json)


def _validate_media(files: list[Path], makes: str, leave_out: str, by: str, as_json: bool) -> None:
    from wattline.cli.printing import print_result, working
    from wattline.validate.diffusion import BY, validate_diffusion
    from wattline.validate.evidence.diffusion import read_any
    from wattline.validate.fit.diffusion import LEAVE_OUT

    if leave_out and leave_out not in LEAVE_OUT:
        raise WattlineError(f"--leave-out: {leave_out!r} is none of {', '.join(LEAVE_OUT)}")
    if by not in BY:
        raise WattlineError(f"--by: {by!r} is none of {', '.join(BY)}")
    read = [read_any(file) for file in files]
    rows, unusable = [row for each, _ in read for row in each], [row for _, each in read for row in each]
    source = ", ".join(str(file) for file in files)
    with working("predicting") as update:
        result = validate_diffusion(
            rows, unusable, makes, leave_out, source, progress=lambda name: update(f"without {name}"), by=by
        )
    print_result(result, as_json)
