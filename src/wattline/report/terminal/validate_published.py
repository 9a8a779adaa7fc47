"""Published figures beside the predicted ones, on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.terminal.tables import percents, plain_table
from wattline.report.words import Json

TITLE = "Figures that projects publish, predicted from their settings"
GROUPS = {
    "output_rate": "serving, tokens a second",
    "ttft": "serving, TTFT",
    "latency": "serving, latency of an answer",
    "energy_per_token": "serving, joules a token",
}


def published_validation_text(data: Json) -> RenderableType:
    """The rows, what could not be predicted and why, and the scores by kind of row."""
    results = data["results"]
    left = [Text(f"  line {each['line']}: {each['row']}: {each['why']}", style="dim") for each in results["unusable"]]
    head = [Text(f"not predicted ({len(left)}):", style="dim")] if left else []
    return Group(Text(TITLE, style="bold"), _rows(results), *head, *left, "", _scores(results))


def _rows(results: Json) -> Table:
    table = plain_table("row", "published", "predicted", "p5 to p95", "error", "in range", left=("row", "in range"))
    for row in results["rows"]:
        p5, p50, p95 = (show(row["predicted"][p], row["unit"]) for p in ("p5", "p50", "p95"))
        mark = Text("yes", "green") if row["covered"] else Text("no", "red")
        published, error = show(row["published"], row["unit"]), f"{row['error_percent']:+.0f}%"
        table.add_row(row["row"], published, p50, f"{p5} to {p95}", error, mark)
    return table


def _scores(results: Json) -> Table:
    table = plain_table("", "rows", "mean error", "median error", "bias", "published in p5 to p95")
    for name, score in {**results["groups"], "all": results["scores"]}.items():
        errors = percents(score, "mean_error", "median_error", "bias", "coverage")
        table.add_row(GROUPS.get(name, name), str(score["n"]), *errors)
    return table
