"""A validation of supply on the screen: reference optima beside ours, and the arithmetic of published results."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json


def supply_validation_text(data: Json) -> RenderableType:
    """The optima with their errors, then the published results."""
    results = data["results"]
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
        words = f"Published results: cost × demand, share and price agree in {score['n']} figures, within {largest:.1e}"
        blocks += ["", Text(words)]
    return Group(*blocks)
