"""A validation of supply on the screen: reference optima beside ours, and the arithmetic of published results."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json


def supply_validation_text(data: Json) -> RenderableType:
    """The optima with their errors, then the published results."""
    results = data["results"]
    if data["inputs"]["left_out"]:
        return _made_hours(results, data["inputs"]["left_out"], data["warnings"])
    table = plain_table("Reference problem, USD/MWh", "published", "ours", "error", "capacities", "gap")
    notes = []
    for row in results["optima"]:
        if row["cannot"]:
            notes.append(Text(f"{row['problem']}: {row['cannot']}", style="yellow"))
            continue
        worst = max((abs(error) for error in row["capacity_errors"].values()), default=0.0)
        table.add_row(
            row["problem"], f"{row['published_usd_per_mwh']:.4f}", f"{row['usd_per_mwh']:.4f}", f"{row['error']:+.4%}",
            f"within {worst:.2%}", f"{row['gap']:.0e}",
        )  # fmt: skip
    blocks: list[RenderableType] = [table, *notes]
    score = results["total_cost"]
    if score["n"]:
        largest = max(abs(row["error"]) for row in results["arithmetic"])
        what = "cost × demand, share, price and headroom"
        words = f"Published results: {what} agree in {score['n']} figures, within {largest:.1e}"
        blocks += ["", Text(words)]
    return Group(*blocks)


def _made_hours(results: Json, left_out: str, warnings: Sequence[str]) -> RenderableType:
    """Figures of made years beside true ones, and what plans sized on them cost."""
    table = plain_table(f"Made hours, {left_out} left out", "true", "made", "away", "range holds")
    for row in results["made_scores"]:
        name = row["figure"].replace("_", " ")
        away = f"{row['mean_absolute_difference']:.3g}"
        table.add_row(name, f"{row['true']:.3f}", f"{row['made_value']:.3f}", away, f"{row['coverage_percent']:.0f}%")
    costs = plain_table("USD/MWh of 100 MW, CFE 95%", "year", "true", "made p5", "p50", "p95", "CFE in the true year")
    for row in results["made_hours"]:
        cost, reached = (
            row["compared_figures"]["usd_per_mwh"],
            row["compared_figures"]["cfe_in_true_year"]["made_value"],
        )
        made = [f"{cost['made_value'][name]:.1f}" for name in ("p5", "p50", "p95")]
        costs.add_row(row["region"], str(row["year"]), f"{cost['true']:.1f}", *made, f"{reached['p50']:.1%}")
    few = [Text(warning, style="yellow") for warning in warnings]
    return Group(table, "", costs, *few)
