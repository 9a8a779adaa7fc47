"""A validation of images or video on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.report.terminal.tables import percents, plain_table
from wattline.report.words import Json, fit_words

MEASURES = {"energy": "joules", "time": "time of a batch", "power": "watts"}


def media_validation_text(data: Json) -> RenderableType:
    """Scores by measure and by model, and the rows that cannot be predicted."""
    results = data["results"]
    head = f"{len(results['rows'])} measured configurations, {fit_words(data['inputs'])}"
    blocks: list[RenderableType] = [Text(head, style="bold")]
    if results["rows"]:
        blocks += [_scores(results["scores"]), "", Text("Mean absolute error by model", style="bold")]
        blocks.append(_models(results["groups"]))
    if results["unusable"]:
        blocks.append(Text(f"not predicted ({len(results['unusable'])}):", style="dim"))
        blocks += [Text(f"  line {u['line']}: {u['row']}: {u['why']}", style="dim") for u in results["unusable"]]
    return Group(*blocks)


def _scores(scores: Json) -> Table:
    table = plain_table("", "mean error", "median", "p90", "bias", "in p5 to p95")
    for measure, title in MEASURES.items():
        errors = percents(scores[measure], "mean_error", "median_error", "p90_error", "bias", "coverage")
        table.add_row(title, *errors)
    return table


def _models(groups: Json) -> Table:
    table = plain_table("model", "rows", *MEASURES.values())
    for name, scores in groups.items():
        errors = [percents(scores[measure], "mean_error")[0] for measure in MEASURES]
        table.add_row(name, str(scores["power"]["n"]), *errors)
    return table
