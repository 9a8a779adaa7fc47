"""The formulas of the line, station by station, each with where it stands in the code and what it rests on."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

LINE: list[tuple[str, list[tuple[str, str]]]] = [
    (
        "work",
        [
            ("training FLOPs = 3 × forward FLOPs per token × tokens", "line/work/flops.py training_flops"),
            (
                "forward FLOPs per token = 2 × weights multiplied + attention pairs",
                "line/work/flops.py forward_flops_per_token",
            ),
            (
                "prefill FLOPs = forward × input tokens; decode FLOPs by context",
                "line/work/flops.py prefill_flops",
            ),
        ],
    ),
    (
        "chip",
        [
            (
                "training step = Σ operations forward and backward + messages that show + bubble, on the best layout",
                "line/chip/training/step.py",
            ),
            (
                "time in production = slowness × (all but elementwise work + elementwise work × its own slowness)",
                "line/chip/training/production.py step_time_s",
            ),
            (
                "step = Σ operations: FLOPs and bytes at reachable rates, joined; launches, links, host",
                "line/chip/step.py",
            ),
            ("experts touched by n tokens = 1 - (1 - active / experts)^n", "line/chip/operations.py _experts"),
            (
                "watts = joules of the operations / time; the limit stretches time when it binds",
                "line/chip/step.py step",
            ),
        ],
    ),
    (
        "engine",
        [
            ("hours = FLOPs / (chips × peak × MFU)", "line/engine/training.py duration_s"),
            (
                "prompts read in a step = batch / output, from 1 to what a step holds; the others decode in it",
                "line/engine/average_serving.py together",
            ),
            (
                "request's replica time = step that reads prompts / its prompts + further tokens × decode step / batch",
                "line/engine/average_serving.py serve_request",
            ),
            (
                "idle carried per busy second = (1 - share at work) / share at work",
                "line/engine/average_serving.py power_by_part",
            ),
        ],
    ),
    (
        "site",
        [
            (
                "PUE = 1 + UPS + distribution + cooling + fans + lighting, each per IT energy",
                "line/site/annual.py pue",
            ),
            ("site water = IT energy × WUE", "line/site/annual.py water_l"),
        ],
    ),
    (
        "grid",
        [
            ("cost = energy delivered × price to industry", "line/grid/region.py cost_usd"),
            ("energy generated = energy delivered / (1 - grid loss)", "line/grid/region.py generated_j"),
            (
                "CO2e, life cycle = energy generated × intensity; direct = energy delivered × intensity",
                "line/grid/region.py co2e_kg",
            ),
            ("water at power stations = energy generated × litres per kWh", "line/grid/region.py water_l"),
        ],
    ),
    (
        "measured",
        [
            ("energy of a window = running energy at its end - at its beginning", "meter/energy/series.py within"),
            ("hosts = machines' meters - their GPUs' meters, where both were read", "reconcile/parts.py"),
            (
                "measured / predicted = work × time per work × chips × watts per chip, shared by logarithms",
                "reconcile/causes.py",
            ),
            (
                "a fact moves by its share of the prediction's variance over all variance",
                "validate/fit/measured.py",
            ),
        ],
    ),
    ("bill", [("the parts add up to what the grid delivered, to 1e-9", "core/bill.py Bill")]),
]


def formulas() -> RenderableType:
    """All formulas, to print with Rich."""
    lines: list[RenderableType] = [
        Text("The formulas of the line. `wattline explain train …` or `--explain` on any answer shows them at work."),
    ]
    for station, rows in LINE:
        lines.append(Text(station, style="bold cyan"))
        for formula, where in rows:
            lines.append(Text.assemble("  ", formula, (f"  ({where})", "dim")))
    return Group(*lines)
