"""A validation of inference on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.report.terminal.tables import percents, plain_table
from wattline.report.words import Json, fit_words

MEASURES = {"energy_per_token": "J/token", "power": "power", "itl": "median ITL", "throughput": "tokens/s"}


def inference_validation_text(data: Json) -> RenderableType:
    """Scores by measure, by group where asked, and the rows that cannot be predicted."""
    results, by = data["results"], data["inputs"]["by"]
    head = f"{len(results['rows'])} measured configurations, {fit_words(data['inputs'])}"
    blocks: list[RenderableType] = [Text(head, style="bold")]
    if results["rows"]:
        blocks.append(_scores(results["scores"]))
        if by:
            blocks += ["", Text(f"Mean absolute error by {by}", style="bold"), _groups(results["groups"], by)]
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


def _groups(groups: Json, by: str) -> Table:
    table = plain_table(by, "rows", *MEASURES.values())
    for name, scores in groups.items():
        errors = [percents(scores[measure], "mean_error")[0] for measure in MEASURES]
        table.add_row(name, str(scores["power"]["n"]), *errors)
    return table
