"""The formulas of the line, station by station, each with where it stands in the code and what it rests on."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

LINE: list[tuple[str, list[tuple[str, str]]]] = [
    (
        "work",
        [
            ("training FLOPs = 3 × forward FLOPs per token × tokens", "work/flops.py training_flops"),
            (
                "forward FLOPs per token = 2 × weights multiplied + attention pairs",
                "work/flops.py forward_flops_per_token",
            ),
            (
                "prefill FLOPs = forward × input tokens; decode FLOPs by context",
                "work/flops.py prefill_flops",
            ),
        ],
    ),
    (
        "chip",
        [
            (
                "training step = Σ operations forward and backward + messages that show + bubble, on the best layout",
                "chip/training_step.py",
            ),
            (
                "time in production = slowness × (all but elementwise work + elementwise work × its own slowness)",
                "chip/production.py step_time_s",
            ),
            (
                "step = Σ operations: FLOPs and bytes at reachable rates, joined; launches, links, host",
                "chip/step.py",
            ),
            ("experts touched by n tokens = 1 - (1 - active / experts)^n", "chip/operations.py _experts"),
            ("watts = joules of the operations / time; the limit stretches time when it binds", "chip/step.py step"),
        ],
    ),
    (
        "engine",
        [
            ("hours = FLOPs / (chips × peak × MFU)", "engine/training.py duration_s"),
            (
                "request's replica time = prefill + (output - 1) × decode step / batch",
                "engine/serving.py serve_request",
            ),
            (
                "idle carried per busy second = (1 - share at work) / share at work",
                "engine/serving.py power_by_part",
            ),
        ],
    ),
    (
        "site",
        [
            (
                "PUE = 1 + UPS + distribution + cooling + fans + lighting, each per IT energy",
                "site/annual.py pue",
            ),
            ("site water = IT energy × WUE", "site/annual.py water_l"),
        ],
    ),
    (
        "grid",
        [
            ("cost = energy delivered × price to industry", "grid/region.py cost_usd"),
            ("energy generated = energy delivered / (1 - grid loss)", "grid/region.py generated_j"),
            (
                "CO2e, life cycle = energy generated × intensity; direct = energy delivered × intensity",
                "grid/region.py co2e_kg",
            ),
            ("water at power stations = energy generated × litres per kWh", "grid/region.py water_l"),
        ],
    ),
    (
        "measured",
        [
            ("energy of a window = running energy at its end - at its beginning", "meter/out/energy.py within"),
            ("hosts = machines' meters - their GPUs' meters, where both were read", "scenario/metered_parts.py"),
            (
                "measured / predicted = work × time per work × chips × watts per chip, shared by logarithms",
                "scenario/causes.py",
            ),
            (
                "a fact moves by its share of the prediction's variance over all variance",
                "validate/calibrate_measured.py",
            ),
        ],
    ),
    ("bill", [("the parts add up to what the grid delivered, to 1e-9", "bill.py Bill")]),
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
