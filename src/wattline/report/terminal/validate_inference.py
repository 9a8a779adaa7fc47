"""A validation of inference on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.report.terminal.scores import groups_table, left_out_lines, scores_table
from wattline.report.words import Json, fit_words

MEASURES = {"energy_per_token": "J/token", "power": "power", "itl": "median ITL", "throughput": "tokens/s"}


def inference_validation_text(data: Json) -> RenderableType:
    """Scores by measure, by group where asked, and the rows that cannot be predicted."""
    results, by = data["results"], data["inputs"]["by"]
    head = f"{len(results['rows'])} measured configurations, {fit_words(data['inputs'])}"
    blocks: list[RenderableType] = [Text(head, style="bold")]
    if results["rows"]:
        blocks.append(scores_table(results["scores"], MEASURES))
        if by:
            blocks += [
                "",
                Text(f"Mean absolute error by {by}", style="bold"),
                groups_table(results["groups"], by, MEASURES),
            ]
    return Group(*blocks, *left_out_lines(results["unusable"]))
