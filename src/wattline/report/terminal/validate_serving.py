"""The simulator beside measured services, on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.validate.serving_sim import Held, groups, score

MEASURES = {
    "itl_p50_ms": "Between tokens, median",
    "itl_p90_ms": "Between tokens, p90",
    "j_token": "J a token",
    "ttft_ms": "Time to first token",
    "tpot_ms": "Time per output token",
}


def render(held: Sequence[Held], left: Mapping[str, Sequence[int]]) -> RenderableType:
    """Errors by measure and system, and what was left out."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("", "", "rows", "median error", "mean error", "p90", "bias"):
        table.add_column(name, justify="right" if name else "left")
    parts = groups(held)
    every = {"all": list(held)} | parts if len(parts) > 1 else parts
    for name, rows in every.items():
        for i, (measure, found) in enumerate(score(rows).items()):
            errors = (f"{found['median_error']:.1%}", f"{found['mean_error']:.1%}", f"{found['p90_error']:.1%}")
            table.add_row(
                name if i == 0 else "", MEASURES[measure], f"{found['rows']:,.0f}", *errors, f"{found['bias']:+.1%}"
            )
    notes = [Text(f"skipped: {len(lines):,} rows, {why}", style="dim") for why, lines in left.items()]
    return Group(table, *notes)
