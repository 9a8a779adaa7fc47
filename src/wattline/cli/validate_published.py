"""``wattline validate published``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options


def validate_published(
    file: Annotated[
        Path,
        typer.Argument(help="CSV: kind, model, chip, chips, setting, metric, published, unit, source."),
    ],
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    as_json: options.AsJson = False,
) -> None:
    """Figures that projects publish of their training and serving beside those that train and prompt predict."""
    from wattline.cli.printing import print_result, working
    from wattline.validate.evidence.published_figures import read_figures
    from wattline.validate.published import validate_published

    figures, unusable = read_figures(file)
    with working("predicting"):
        result = validate_published(figures, unusable, draws, seed, str(file))
    print_result(result, as_json)
