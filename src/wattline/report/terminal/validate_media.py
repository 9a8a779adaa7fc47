"""A validation of images or video on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.report.terminal.scores import groups_table, left_out_lines, scores_table
from wattline.report.words import Json, fit_words

MEASURES = {"energy": "joules", "time": "time of a batch", "power": "watts"}


def media_validation_text(data: Json) -> RenderableType:
    """Scores by measure and by group, and the rows that cannot be predicted."""
    results, by = data["results"], data["inputs"]["by"]
    head = f"{len(results['rows'])} measured configurations, {fit_words(data['inputs'])}"
    blocks: list[RenderableType] = [Text(head, style="bold")]
    if results["rows"]:
        blocks += [scores_table(results["scores"], MEASURES), "", Text(f"Mean absolute error by {by}", style="bold")]
        blocks.append(groups_table(results["groups"], by, MEASURES))
    return Group(*blocks, *left_out_lines(results["unusable"]))
