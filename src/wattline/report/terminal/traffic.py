"""A traffic's summary as a table on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.core.plurals import count_words
from wattline.core.quantity import number, show
from wattline.core.units import DAY_S
from wattline.report.terminal.tables import FoldedTable
from wattline.report.words import Json


def traffic_text(data: Json) -> RenderableType:
    """The summary's rows: rate, bursts, lengths, prefixes, what was left out and what was done."""
    results = data["results"]
    if results["burstiness"] is None:
        return Text(f"{count_words('requests', results['requests'])} written to {results['written']}, part by part")
    table = FoldedTable(box=None, show_header=False, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    rate = results["rate_per_s"]
    table.add_row("requests", f"{results['requests']:,} in {show(results['duration_s'], 's')}")
    table.add_row("rate", "unknown" if rate is None else f"{number(rate)}/s, {number(rate * DAY_S)} a day")
    peaks = [f"{number(value)}/s in {step}" for step, value in results["peak_rate_per_s"].items() if value is not None]
    table.add_row("peak rate", ", ".join(peaks) or "unknown: the window is shorter than a second")
    table.add_row("burstiness", _bursts(results["burstiness"]))
    for name in ("input_tokens", "output_tokens"):
        table.add_row(name.replace("_", " "), _lengths(results[name]))
    if results["repeated_prefix_share"] is not None:
        table.add_row("repeated prefixes", f"{results['repeated_prefix_share']:.1%} of input tokens")
    for reason, count in results["rejected"].items():
        table.add_row("left out", Text(f"{count:,}: {reason}", style="yellow"))
    for note in data["notes"]:
        table.add_row("note", Text(note))
    return Group(table)


def _bursts(burst: Json) -> str:
    templates = {
        "gap_cv": "gaps' deviation over mean {}",
        "dispersion_1s": "counts' variance over mean {} (1 s)",
        "dispersion_60s": "{} (60 s)",
    }
    known = [text.format(number(value)) for key, text in templates.items() if (value := burst[key]) is not None]
    return ", ".join(known) + "; Poisson is 1" if known else "unknown"


def _lengths(length: Json) -> str:
    if "mean" not in length:
        return "none"
    shown = ", ".join(f"{p} {length[p]:,.0f}" for p in ("p5", "p50", "p95", "p99"))
    return f"{number(length['total'])} in all; mean {length['mean']:,.0f}, {shown}, most {length['most']:,}"
