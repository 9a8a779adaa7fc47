"""The simulator beside measured services, on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.core.plurals import count_words
from wattline.report.terminal.tables import percents, plain_table
from wattline.report.words import Json

MEASURES = {
    "itl_p50_s": "Between tokens, median",
    "itl_p90_s": "Between tokens, p90",
    "j_per_output_token": "J a token",
    "mean_ttft_s": "Time to first token",
    "mean_tpot_s": "Time per output token",
}


def serving_validation_text(data: Json) -> RenderableType:
    """Errors by measure and system, and what was left out."""
    results = data["results"]
    table = plain_table("", "", "rows", "median error", "mean error", "p90", "bias", left=("",))
    groups = results["groups"]
    every = {"all": results["scores"]} | groups if len(groups) > 1 else groups
    for name, scores in every.items():
        for i, (measure, score) in enumerate(scores.items()):
            errors = percents(score, "median_error", "mean_error", "p90_error", "median_bias")
            table.add_row(name if i == 0 else "", MEASURES[measure], f"{score['n']:,}", *errors)
    notes = [
        Text(f"skipped: {count_words('rows', left['count'])}, {why}", style="dim")
        for why, left in results["skipped"].items()
    ]
    return Group(table, *notes)
