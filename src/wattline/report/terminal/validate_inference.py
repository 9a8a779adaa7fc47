"""A validation of inference: scores on the screen, a CSV of predictions, a parity plot."""

from __future__ import annotations

import csv
import io
from html import escape
from math import log10
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.files import write_text
from wattline.validate.inference import MEASURES, Inference

TITLES = {"energy_per_token": "J/token", "power": "power", "itl": "median ITL", "throughput": "tokens/s"}
UNITS = {"energy_per_token": "J/token", "power": "W", "itl": "s", "throughput": "tokens/s"}
COLUMNS = {
    "energy_per_token": ("predicted_energy_per_token_joules", 1.0),
    "power": ("predicted_power_watts", 1.0),
    "itl": ("predicted_median_itl_ms", 1e3),
    "throughput": ("predicted_output_throughput_tokens_per_sec", 1.0),
}
COLOURS = {"hopper": "#0067a5", "blackwell": "#c4520b"}
OTHER_COLOUR = "#6b7280"


def render(result: Inference, by: str = "") -> RenderableType:
    """Scores by measure, by group where asked, and the rows that cannot be predicted."""
    seen = f"each {result.left_out} predicted by a fit without it" if result.left_out else "coefficients as shipped"
    blocks: list[RenderableType] = [Text(f"{len(result.rows)} measured configurations, {seen}", style="bold")]
    if result.rows:
        blocks.append(_scores(result))
        if by:
            blocks += ["", Text(f"Mean absolute error by {by}", style="bold"), _groups(result, by)]
    if result.unusable:
        blocks.append(Text(f"not predicted ({len(result.unusable)}):", style="dim"))
        blocks += [Text(f"  line {u.line}: {u.name}: {u.why}", style="dim") for u in result.unusable]
    return Group(*blocks)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for i, name in enumerate(columns):
        table.add_column(name, justify="left" if i == 0 else "right")
    return table


def _scores(result: Inference) -> Table:
    table = _table("", "mean error", "median", "p90", "bias", "in p5 to p95")
    for measure in MEASURES:
        s = result.score(measure)
        errors = [f"{s[name]:.1f}%" for name in ("mape", "median_ape", "p90_ape")]
        table.add_row(TITLES[measure], *errors, f"{s['bias']:+.1f}%", f"{s['coverage']:.0f}%")
    return table


def _groups(result: Inference, by: str) -> Table:
    table = _table(by, "rows", *TITLES.values())
    for name, index in result.groups(by).items():
        table.add_row(name, str(len(index)), *[f"{result.score(m, index)['mape']:.1f}%" for m in MEASURES])
    return table


def predictions_csv(result: Inference, path: Path) -> None:
    """The rows as they were read, each with its predictions."""
    text = io.StringIO()
    names = [*(result.rows[0].data if result.rows else []), *[name for name, _ in COLUMNS.values()]]
    writer = csv.DictWriter(text, names, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for i, row in enumerate(result.rows):
        predicted = {name: f"{result.predicted[m][i] * scale:.8g}" for m, (name, scale) in COLUMNS.items()}
        writer.writerow(row.data | predicted)
    write_text(path, text.getvalue())


def parity_page(result: Inference, path: Path) -> None:
    """One self-contained HTML file: predicted against measured, a square for each measure, both axes logarithmic."""
    squares = "".join(_square(result, measure) for measure in MEASURES) if result.rows else ""
    seen = f"each {result.left_out} predicted by a fit without it" if result.left_out else "coefficients as shipped"
    write_text(
        path,
        f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Predicted against measured</title>
<style>:root{{color-scheme:light dark}}body{{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;
padding:0 1rem}}main{{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1.5rem}}
svg{{width:100%;height:auto}}text{{fill:currentColor;font-size:11px}}line{{stroke:currentColor}}</style></head><body>
<h1>Predicted against measured</h1><p>{len(result.rows)} configurations of LLM serving, {escape(seen)}. The line is
equality; the dashed ones a factor of two. Blue: H100 and its kin; orange: B200; grey: others.</p>
<main>{squares}</main></body></html>
""",
    )


def _square(result: Inference, measure: str, size: int = 340, margin: int = 40) -> str:
    truth, guess = result.measured[measure], result.predicted[measure]
    low, high = log10(min(truth.min(), guess.min())) - 0.1, log10(max(truth.max(), guess.max())) + 0.1
    scale = (size - 2 * margin) / (high - low)

    def at(value: float) -> float:
        return margin + (log10(value) - low) * scale

    def line(factor: float, dash: str) -> str:
        shift = log10(factor) * scale
        a, b = margin, size - margin
        return f'<line x1="{a}" y1="{size - a - shift}" x2="{b}" y2="{size - b - shift}" opacity=".5" {dash}/>'

    dots = []
    for row, x, y in zip(result.rows, truth, guess, strict=True):
        colour = COLOURS.get(row.chip.generation, OTHER_COLOUR)
        title = f"{row.model.name}, {row.chips} × {row.chip.record.title}, {row.task}, batch {row.batch:.0f}"
        title += f": measured {x:.3g}, predicted {y:.3g} {UNITS[measure]}"
        dots.append(
            f'<circle cx="{at(x):.1f}" cy="{size - at(y):.1f}" r="2.6" fill="{colour}" fill-opacity=".6">'
            f"<title>{escape(title)}</title></circle>"
        )
    dashed = 'stroke-dasharray="4 4"'
    score = result.score(measure)
    ticks = "".join(
        f'<text x="{at(10.0**k):.1f}" y="{size - margin + 14}" text-anchor="middle">{10.0**k:g}</text>'
        f'<text x="{margin - 4}" y="{size - at(10.0**k) + 4:.1f}" text-anchor="end">{10.0**k:g}</text>'
        for k in range(int(low) - 1, int(high) + 2)
        if low <= k <= high
    )
    return (
        f"<figure style='margin:0'><figcaption><b>{TITLES[measure]}</b> ({UNITS[measure]}): mean error "
        f"{score['mape']:.1f}%, median {score['median_ape']:.1f}%</figcaption>"
        f'<svg viewBox="0 0 {size} {size}" role="img" aria-label="{TITLES[measure]}, predicted against measured">'
        f"{line(1, '')}{line(2, dashed)}{line(0.5, dashed)}{ticks}{''.join(dots)}"
        f'<text x="{size / 2}" y="{size - 8}" text-anchor="middle">measured</text>'
        f'<text x="12" y="{size / 2}" text-anchor="middle" transform="rotate(-90 12 {size / 2})">predicted</text>'
        "</svg></figure>"
    )
