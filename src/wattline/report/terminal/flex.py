"""Answers of ``flex`` as tables on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.core.quantity import number, show
from wattline.core.units import HOUR_S
from wattline.report.terminal.answer import facts, premises
from wattline.report.terminal.flex_response import response_lines
from wattline.report.terminal.flex_sites import sites_lines
from wattline.report.terminal.flex_swings import recorded_swings_lines, swings_lines
from wattline.report.terminal.flex_table import flex_table
from wattline.report.terminal.supply import supply_text
from wattline.report.words import Json, saving_words, share_words, unit_words, yields_words


def flex_text(data: Json, explain: bool = False) -> RenderableType:
    """The answer's table and its notes; ``explain`` adds how the figures follow, and the facts behind them.

    Parameters
    ----------
    data : the envelope of a command of ``flex``
    explain : whether formulas and facts are shown

    Returns
    -------
    What Rich prints.
    """
    made = SHOWN[data["command"]](data)
    notes = [Text(f"note: {note}") for note in data["notes"]]
    warnings = [Text(f"warning: {warning}", style="yellow") for warning in data["warnings"]]
    if not explain:
        return Group(*made, *notes, *warnings)
    from wattline.report.terminal.flex_formulas import formulas_of

    known = ["", *facts(data["facts"])] if data["facts"] else []
    return Group(*made, *notes, *warnings, "", *formulas_of(data["command"]), *known)


def _headroom(data: Json) -> list[RenderableType]:
    shown: list[RenderableType] = []
    for case in data["results"]["cases"]:
        allowed = f"{case['share']:.2%} of its energy" if case["share"] is not None else f"{case['hours']:g} h a year"
        shown.append(Text(f"New load that yields {allowed}: {show(case['added_w'], 'W')}", style="bold"))
        table = flex_table("grid", "new load", "of the peak", "hours a year", "mean event", "mean depth", "half stays")
        for grid in case["grids"]:
            table.add_row(
                Text(grid["name"]), show(grid["added_w"], "W"), f"{grid['added_w'] / (grid['peak_w'] or 1):.1%}",
                f"{grid['curtailed_h_per_year']:.0f}", f"{grid['mean_event_h']:.1f} h", f"{grid['mean_depth']:.0%}",
                f"{grid['half_stays_share']:.0%}",
            )  # fmt: skip
        shown.append(table)
    return shown


def _shift(data: Json) -> list[RenderableType]:
    inputs, results = data["inputs"], data["results"]
    pauses = (
        "which never pauses"
        if inputs["pause_h"] is None
        else f"a pause of which costs {show(inputs['pause_h'] * HOUR_S, 's')} of work"
    )
    job = f"A job of {inputs['length_h']:g} h each day at {inputs['at_h']:g} h UTC, {pauses}"
    away = len(results["sites"]) > 1
    table = flex_table(
        "earlier", "later", "as meant", "by what was known", "saved", "with foresight", "saved", *["away"] * away
    )
    for row in results["windows"]:
        table.add_row(
            f"{row['before_h']:g} h", f"{row['after_h']:g} h", number(row["mean_as_meant"]), number(row["mean_known"]),
            saving_words(row["saving_known"]), number(row["mean_foresight"]), saving_words(row["saving_foresight"]),
            *[f"{row['away_foresight_share']:.0%}"] * away,
        )  # fmt: skip
    head = f"{job}; {inputs['kind']} signal{unit_words(results['unit'])}, {', '.join(results['sites'])}"
    return [Text(head, style="bold"), table, *_ways(results["ways"])]


def _ways(ways: list[Json]) -> list[RenderableType]:
    """Moved by one signal, counted by either."""
    if not ways:
        return []
    table = flex_table("moved by", "counted by", "as meant", "saved by what was known", "saved with foresight")
    for row in ways:
        table.add_row(
            row["moved_by"], row["counted_by"], number(row["mean_as_meant"]), saving_words(row["saving_known"]),
            saving_words(row["saving_foresight"]),
        )  # fmt: skip
    return [Text("The widest window, by either signal", style="bold"), table]


def _balance(data: Json) -> list[RenderableType]:
    inputs, results = data["inputs"], data["results"]
    table = flex_table("", "median", "p5 to p95")
    for key, name, unit in (
        ("mean_w", "mean power at the meter", "W"), ("energy_wh", "energy of a year", "Wh"),
        ("grid_energy_wh", "energy of the grid's users", "Wh"), ("grid_peak_w", "highest demand of the grid", "W"),
    ):  # fmt: skip
        r = results[key]
        extent = "" if r["p5"] == r["p95"] else f"{show(r['p5'], unit)} to {show(r['p95'], unit)}"
        table.add_row(Text(name), show(r["p50"], unit), extent)
    for key, name in SHARES:
        r = results[key]
        if r is None:
            table.add_row(Text(name), "none", "the demand does not grow, or may not")
            continue
        extent = "" if r["p5"] == r["p95"] else f"{share_words(r['p5'])} to {share_words(r['p95'])}"
        table.add_row(Text(name, style="bold"), share_words(r["p50"]), extent)
    shown: list[RenderableType] = [Text(results["title"], style="bold"), *premises(data), table]
    if fit := results.get("fit"):
        shown.append(Text(yields_words(fit, inputs["column"])))
    return shown


def study_text(data: Json, explain: bool = False) -> RenderableType:
    """A scenario whose jobs have no bill.

    Parameters
    ----------
    data : the envelope of ``run``
    explain : whether formulas and facts are shown

    Returns
    -------
    What Rich prints.
    """
    results = data["results"]
    story = [Text(" ".join(results["story"].split()), style="italic")] if results["story"] else []
    return Group(Text(results["title"], style="bold"), *story, *beside_text(results, explain))


def beside_text(results: Json, explain: bool = False) -> list[RenderableType]:
    """A run's jobs without a bill; "explain" adds their formulas, whose facts are the run's.

    Parameters
    ----------
    results : of ``run``
    explain : whether formulas are shown

    Returns
    -------
    Blocks for Rich; none where each job has a bill.
    """
    blocks: list[RenderableType] = []
    for job in results.get("beside") or ():
        show_job = supply_text if job["command"] == "supply" else flex_text
        blocks += ["", Text(job["name"], style="bold cyan"), show_job({**job, "facts": []}, explain)]
    return blocks


SHARES = (
    ("demand_share", "share of the grid's energy"),
    ("peak_share", "share of its highest hour"),
    ("growth_share", "share of its growth in a year"),
)


def _outlook(data: Json) -> list[RenderableType]:
    from wattline.report.terminal.world import outlook_lines

    return outlook_lines(data)


SHOWN = {
    "world": _outlook,
    "flex headroom": _headroom,
    "flex shift": _shift,
    "flex sites": sites_lines,
    "flex swings": swings_lines,
    "meter swings": recorded_swings_lines,
    "flex balance": _balance,
    "flex response": response_lines,
}
