"""Results of MLPerf Inference beside the predicted ones, on the screen."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import show
from wattline.report.terminal.tables import percents, plain_table
from wattline.report.words import Json, fit_words

ERRORS = ("median_error", "mean_error", "p90_error", "median_bias", "coverage")


def mlperf_validation_text(data: Json, explain: bool = False) -> RenderableType:
    """Scores by group, every result with ``explain``, and how many are not compared, by reason.

    Parameters
    ----------
    data : the envelope of ``validate mlperf`` or ``validate encoding``
    explain : whether each result is listed

    Returns
    -------
    What Rich prints.
    """
    if data["command"] == "validate encoding":
        return _encoding_text(data, explain)
    results, inputs = data["results"], data["inputs"]
    head = f"{len(results['rows'])} results of MLPerf Inference, best layout searched, {fit_words(inputs)}"
    blocks: list[RenderableType] = [Text(head, style="bold"), _scores(results, inputs["by"])]
    if explain:
        blocks += ["", _rows(results["rows"])]
    works = results["works"]
    if works["rows"]:
        blocks += ["", _works(works["scores"])]
    if works["rows"] and explain:
        blocks += ["", _work_rows(works["rows"])]
    return Group(*blocks, *_reasons(results["unusable"]))


def _encoding_text(data: Json, explain: bool) -> RenderableType:
    """Scores by model, and by model and chip, every result with ``explain``, and how many are not compared."""
    results = data["results"]
    head = f"{len(results['rows'])} results of MLPerf Inference, {fit_words(data['inputs'])}"
    blocks: list[RenderableType] = [Text(head, style="bold"), _works(results["scores"] | results["groups"])]
    if explain:
        blocks += ["", _work_rows(results["rows"])]
    return Group(*blocks, *_reasons(results["unusable"]))


def _reasons(unusable: list[Json]) -> list[RenderableType]:
    """How many rows are not compared, by reason."""
    reasons = Counter(row["why"] for row in unusable)
    if not reasons:
        return []
    head = Text(f"not compared ({sum(reasons.values())}):", style="dim")
    return [head, *(Text(f"  {count} × {why}", style="dim") for why, count in reasons.most_common())]


def _scores(results: Json, by: str) -> Table:
    table = plain_table(by, "rows", "median error of tokens/s", "mean", "p90", "bias", "in p5 to p95", "wall watts")
    for name, score in [*results["groups"].items(), ("all", results["scores"])]:
        rate, wall = score["throughput"], score["wall_power"]
        table.add_row(name, str(rate["n"]), *percents(rate, *ERRORS), percents(wall, "median_error")[0])
    return table


def _works(scores: Json) -> Table:
    table = plain_table(
        "no language model", "rows", "median error a second", "mean", "p90", "bias", "in p5 to p95", "wall watts"
    )
    for name, score in scores.items():
        rate, wall = score["throughput"], score["wall_power"]
        table.add_row(name, str(rate["n"]), *percents(rate, *ERRORS), percents(wall, "median_error")[0])
    return table


def _work_rows(rows: list[Json]) -> Table:
    table = plain_table("result", "a second", "predicted", "error", "wall", "predicted", left=("result",))
    for row in rows:
        what = f"{row['round']} {row['model']} {row['scenario']}, {row['chips']} × {row['chip']}, {row['precision']}"
        wall = row["measured_wall_w"]
        table.add_row(
            what, f"{row['measured_per_s']:,.4g}", f"{row['predicted_per_s']['p50']:,.4g}",
            f"{row['error_percent']:+.0f}%", show(wall, "W") if wall else "",
            show(row["predicted_wall_w"]["p50"], "W") if wall else "",
        )  # fmt: skip
    return table


def _rows(rows: list[Json]) -> Table:
    table = plain_table(
        "result", "layout", "tokens/s", "predicted", "error", "wall", "predicted", left=("result", "layout")
    )
    for row in rows:
        what = f"{row['round']} {row['model']} {row['scenario']}, {row['chips']} × {row['chip']}, {row['precision']}"
        guess, wall = row["predicted_output_tokens_per_s"], row["measured_wall_w"]
        table.add_row(
            what, row["layout"] or "fits none", f"{row['measured_output_tokens_per_s']:,.0f}",
            f"{guess['p50']:,.0f}" if guess else "", f"{row['error_percent']:+.0f}%" if guess else "",
            show(wall, "W") if wall else "", show(row["predicted_wall_w"]["p50"], "W") if wall and guess else "",
        )  # fmt: skip
    return table
