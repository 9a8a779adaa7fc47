"""Scores of a validation on the screen, and the rows that could not be predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from wattline.report.terminal.tables import percents, plain_table
from wattline.report.words import Json

ERRORS = ("mean_error", "median_error", "p90_error", "bias", "coverage")


def scores_table(scores: Json, measures: Mapping[str, str]) -> Table:
    """Errors of each measure.

    Parameters
    ----------
    scores : by measure
    measures : name -> what it is called

    Returns the table.
    """
    table = plain_table("", "mean error", "median", "p90", "bias", "in p5 to p95")
    for measure, title in measures.items():
        table.add_row(title, *percents(scores[measure], *ERRORS))
    return table


def groups_table(groups: Json, by: str, measures: Mapping[str, str]) -> Table:
    """Mean errors of each measure in each group.

    Parameters
    ----------
    groups : scores by measure, by group
    by : what the rows are grouped by
    measures : name -> what it is called; ``power`` is one, whose rows are counted

    Returns the table.
    """
    table = plain_table(by, "rows", *measures.values())
    for name, scores in groups.items():
        errors = [percents(scores[measure], "mean_error")[0] for measure in measures]
        table.add_row(name, str(scores["power"]["n"]), *errors)
    return table


def left_out_lines(unusable: Sequence[Json]) -> list[Text]:
    """The rows that could not be predicted, each with its reason; nothing where there are none.

    Parameters
    ----------
    unusable : line, row and reason of each

    Returns a line each, below a heading.
    """
    if not unusable:
        return []
    rows = [Text(f"  line {row['line']}: {row['row']}: {row['why']}", style="dim") for row in unusable]
    return [Text(f"not predicted ({len(unusable)}):", style="dim"), *rows]
