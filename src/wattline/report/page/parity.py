"""The page of a validation of inference: predicted against measured, a square for each measure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log10

from wattline.report.words import Json, fit_words

# measure -> its title, its name in the rows, its unit
MEASURES = {
    "energy_per_token": ("J/token", "j_per_output_token", "J/token"),
    "power": ("power", "power_w", "W"),
    "itl": ("median ITL", "itl_s", "s"),
    "throughput": ("tokens/s", "output_tokens_per_s", "tokens/s"),
}
COLOURS = {"hopper": "#0067a5", "blackwell": "#c4520b"}
OTHER_COLOUR = "#6b7280"
STYLE = """:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;
padding:0 1rem}main{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1.5rem}
svg{width:100%;height:auto}text{fill:currentColor;font-size:11px}line{stroke:currentColor}"""


def parity_page(data: Json) -> str:
    """One self-contained HTML page; both axes of a square are logarithmic."""
    rows, scores = data["results"]["rows"], data["results"]["scores"]
    squares = "".join(_square(rows, measure, scores[measure]) for measure in MEASURES) if rows else ""
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>Predicted against measured</title>
<style>{STYLE}</style></head><body>
<h1>Predicted against measured</h1><p>{len(rows)} configurations of LLM serving, {escape(fit_words(data["inputs"]))}.
The line is equality; the dashed ones a factor of two. Blue: H100 and its kin; orange: B200; grey: others.</p>
<main>{squares}</main></body></html>
"""


def _square(rows: Sequence[Json], measure: str, score: Json, size: int = 340, margin: int = 40) -> str:
    title, name, unit = MEASURES[measure]
    truth = [row[f"measured_{name}"] for row in rows]
    guess = [row[f"predicted_{name}"]["p50"] for row in rows]
    low, high = log10(min(*truth, *guess)) - 0.1, log10(max(*truth, *guess)) + 0.1
    scale = (size - 2 * margin) / (high - low)

    def at(value: float) -> float:
        return margin + (log10(value) - low) * scale

    def line(factor: float, dash: str) -> str:
        shift = log10(factor) * scale
        a, b = margin, size - margin
        return f'<line x1="{a}" y1="{size - a - shift}" x2="{b}" y2="{size - b - shift}" opacity=".5" {dash}/>'

    dots = "".join(
        _dot(row, at(x), size - at(y), f"measured {x:.3g}, predicted {y:.3g} {unit}")
        for row, x, y in zip(rows, truth, guess, strict=True)
    )
    dashed = 'stroke-dasharray="4 4"'
    ticks = "".join(
        f'<text x="{at(10.0**k):.1f}" y="{size - margin + 14}" text-anchor="middle">{10.0**k:g}</text>'
        f'<text x="{margin - 4}" y="{size - at(10.0**k) + 4:.1f}" text-anchor="end">{10.0**k:g}</text>'
        for k in range(int(low) - 1, int(high) + 2)
        if low <= k <= high
    )
    return (
        f"<figure style='margin:0'><figcaption><b>{title}</b> ({unit}): mean error "
        f"{score['mean_error_percent']:.1f}%, median {score['median_error_percent']:.1f}%</figcaption>"
        f'<svg viewBox="0 0 {size} {size}" role="img" aria-label="{title}, predicted against measured">'
        f"{line(1, '')}{line(2, dashed)}{line(0.5, dashed)}{ticks}{dots}"
        f'<text x="{size / 2}" y="{size - 8}" text-anchor="middle">measured</text>'
        f'<text x="12" y="{size / 2}" text-anchor="middle" transform="rotate(-90 12 {size / 2})">predicted</text>'
        "</svg></figure>"
    )


def _dot(row: Json, x: float, y: float, figures: str) -> str:
    colour = COLOURS.get(row["generation"], OTHER_COLOUR)
    title = f"{row['model']}, {row['gpus']} × {row['chip']}, {row['task']}, batch {row['batch']:.0f}: {figures}"
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}" fill-opacity=".6">'
        f"<title>{escape(title)}</title></circle>"
    )
