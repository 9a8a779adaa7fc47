"""A tuned run's JSON on the screen: the verdict, predicted beside measured, and what was tried."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.core.plurals import count_words
from wattline.core.quantity import number, show
from wattline.report.terminal.answer import remarks
from wattline.report.terminal.tables import FittedTable
from wattline.report.words import Json


def tune_text(data: Json) -> RenderableType:
    """The outcome of a search, to print with Rich."""
    results = data["results"]
    verdict = results["verdict"]
    tried: list[RenderableType] = [_savings(results), "", _settings(results)] if results["settings"] else []
    about = (Text(f"Tuned: {verdict}", style="bold"), Text(_about(data), style="dim"))
    return Group(*about, *tried, *remarks(data))


def _about(data: Json) -> str:
    results, inputs = data["results"], data["inputs"]
    windows = f"{count_words('windows', results['look_windows'])} to look, {results['prove_windows']} to prove"
    lost = f"looking took {show(results['lost_wh'], 'Wh')} more than the best setting would have"
    restored = {True: "the old limit is restored", False: "not all is set back: `wattline tune --restore`", None: ""}
    parts = [", ".join(inputs["devices"]), windows, lost, restored[results["restored"]]]
    return "; ".join(part for part in parts if part)


def _savings(results: Json) -> FittedTable:
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, left in (("", True), ("predicted", False), ("measured", False)):
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    saving = results["saving"]
    measured = None if saving is None else saving["saving_share"]
    table.add_row("Energy saved", _share(results["predicted_share"]), _share(measured))
    table.add_row("Slower by", _share(results["predicted_slowdown_share"]), _share(results["slowdown_share"]))
    return table


def _share(value: Json | None) -> str:
    if value is None:
        return "not measured"
    return f"{100 * value['value']:.1f}%  ({100 * value['low']:.1f}% to {100 * value['high']:.1f}%)"


def _settings(results: Json) -> FittedTable:
    table = FittedTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in (results["knob"], "windows", "energy of a unit", "units per second", "saving expected"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in results["settings"]:
        expected = f"{100 * row['saving_share']['value']:.1f}%"
        cells = (row["name"], str(row["count"]), show(row["joules_per_work"], "J"), number(row["work_per_s"]))
        table.add_row(*cells, expected, style="bold" if row["setting"] == results["setting_best"] else "")
    return table
