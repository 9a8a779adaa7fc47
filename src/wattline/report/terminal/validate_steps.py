"""Published steps of training beside the predicted ones, on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.terminal.tables import percents, plain_table
from wattline.report.words import Json

TITLE = "Published training steps, predicted from model, chips and their layout; nothing was fitted to them"


def steps_validation_text(data: Json) -> RenderableType:
    """The rows, then the scores by kind of software."""
    return Group(Text(TITLE, style="bold"), _table(data["results"]), "", _scores(data["results"]))


def _table(results: Json) -> Table:
    columns = ("step", "chips", "format", "published", "predicted", "error", "W a chip")
    table = plain_table(*columns, left=("step", "format"))
    for row in results["rows"]:
        times = (show(row["published_s"], "s"), show(row["predicted_s"], "s"))
        error, power = f"{row['error_percent']:+.0f}%", f"{row['predicted_chip_w']:.0f}"
        table.add_row(row["step"], f"{row['chips']:,}", row["precision"], *times, error, power)
    return table


def _scores(results: Json) -> Table:
    table = plain_table("", "steps", "mean error", "median error", "bias")
    for name, score in results["groups"].items():
        table.add_row(name, str(score["n"]), *percents(score, "mean_error", "median_error", "bias"))
    return table
