"""Published steps of training beside the predicted ones, on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.plurals import count_words
from wattline.core.quantity import show
from wattline.report.terminal.tables import percents, plain_table
from wattline.report.words import Json

TITLE = "Published training steps, predicted from model, chips and their layout"


def steps_validation_text(data: Json) -> RenderableType:
    """The rows, then the scores by kind of software."""
    results, source = data["results"], data["inputs"].get("source")
    kept = data["inputs"].get("left_out")
    if source is None:
        title = f"{TITLE}; each by a fit without its {kept}" if kept else TITLE
        return Group(Text(title, style="bold"), _table(results), "", _scores(results))
    head = f"{len(results['rows'])} results of MLPerf Training beside the best layout's step"
    head += f"; each by a fit without its {kept}" if kept else ""
    groups = {**results["groups"], "all": results["scores"]}
    left = [
        Text(f"not usable: {count_words('rows', each['lines'])}, {each['why']}", style="dim")
        for each in results["not_usable"]
    ]
    return Group(Text(head, style="bold"), _results(results), "", _scores({"groups": groups}, inside=True), *left)


def _results(results: Json) -> Table:
    """The rows that lie furthest off first."""
    columns = ("result", "format", "measured", "predicted", "p5 to p95", "error", "W a chip")
    table = plain_table(*columns, left=("result", "format"))
    for row in sorted(results["rows"], key=lambda row: -abs(row["error_percent"])):
        low, high = (show(row["range_s"][name], "s") for name in ("p5", "p95"))
        times = (show(row["published_s"], "s"), show(row["predicted_s"], "s"), f"{low} to {high}")
        error, power = f"{row['error_percent']:+.0f}%", f"{row['predicted_chip_w']:.0f}"
        table.add_row(row["step"], row["precision"], *times, error, power)
    return table


def _table(results: Json) -> Table:
    columns = ("step", "chips", "format", "published", "predicted", "error", "W a chip")
    table = plain_table(*columns, left=("step", "format"))
    for row in results["rows"]:
        times = (show(row["published_s"], "s"), show(row["predicted_s"], "s"))
        error, power = f"{row['error_percent']:+.0f}%", f"{row['predicted_chip_w']:.0f}"
        table.add_row(row["step"], f"{row['chips']:,}", row["precision"], *times, error, power)
    return table


def _scores(results: Json, inside: bool = False) -> Table:
    more = ("coverage",) if inside else ()
    table = plain_table("", "steps", "mean error", "median error", "bias", *(("in p5 to p95",) if inside else ()))
    for name, score in results["groups"].items():
        table.add_row(name, str(score["n"]), *percents(score, "mean_error", "median_error", "bias", *more))
    return table
