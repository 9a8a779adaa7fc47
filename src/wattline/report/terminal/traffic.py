"""A traffic's summary as a table on the screen."""

from __future__ import annotations

from typing import Any

from wattline.core.quantity import number, show


def render(data: dict[str, Any]) -> Any:
    """The summary's rows: rate, bursts, lengths, prefixes, what was left out and what was done."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    rate = data["rate_per_s"]
    table.add_row("requests", f"{data['requests']:,} in {show(data['duration_s'], 's')}")
    table.add_row("rate", "unknown" if rate is None else f"{number(rate)}/s, {number(rate * 86400)} a day")
    peaks = [f"{number(value)}/s in {step}" for step, value in data["peak_rate_per_s"].items() if value is not None]
    table.add_row("peak rate", ", ".join(peaks) or "unknown: the window is shorter than a second")
    table.add_row("burstiness", _bursts(data["burstiness"]))
    for name in ("input_tokens", "output_tokens"):
        table.add_row(name.replace("_", " "), _lengths(data[name]))
    if data["repeated_prefix_share"] is not None:
        table.add_row("repeated prefixes", f"{data['repeated_prefix_share']:.1%} of input tokens")
    for reason, count in data["rejected"].items():
        table.add_row("left out", Text(f"{count:,}: {reason}", style="yellow"))
    for note in data["notes"]:
        table.add_row("note", Text(note))
    return Group(table)


def _bursts(burst: dict[str, float | None]) -> str:
    said = {
        "gap_cv": "gaps' deviation over mean {}",
        "dispersion_1s": "counts' variance over mean {} (1 s)",
        "dispersion_60s": "{} (60 s)",
    }
    told = [text.format(number(value)) for key, text in said.items() if (value := burst[key]) is not None]
    return ", ".join(told) + "; Poisson is 1" if told else "unknown"


def _lengths(length: dict[str, Any]) -> str:
    if "mean" not in length:
        return "none"
    shown = ", ".join(f"{p} {length[p]:,.0f}" for p in ("p5", "p50", "p95", "p99"))
    return f"{number(length['total'])} in all; mean {length['mean']:,.0f}, {shown}, most {length['most']:,}"
