"""The pages of ``flex``: headroom, shifts, balance and what a site can give, in the template of a run's page."""

from __future__ import annotations

from collections.abc import Callable

from wattline.core.quantity import number, show
from wattline.report.page import frame
from wattline.report.page.flex_parts import STYLES, FlexParts, plain_table, words_card
from wattline.report.page.flex_plot import Axes, PlotLine, bars, hour_map, lines, marks_of
from wattline.report.page.frame import Section
from wattline.report.page.words import esc, objects
from wattline.report.words import Json, saving_words, share_words, unit_words, yields_words

DAY = [(0.0, "0:00"), (6.0, "6:00"), (12.0, "12:00"), (18.0, "18:00"), (24.0, "24:00")]
SHARES = (
    ("demand_share", "of the grid's energy"),
    ("peak_share", "of its highest hour"),
    ("growth_share", "of its growth in a year"),
)


def flex_page(data: Json) -> str:
    """One self-contained HTML page of an answer of ``flex``."""
    parts = flex_parts(data)
    return frame.page(data, parts.title, parts.intro, parts.cards, parts.sections, STYLES)


def flex_parts(data: Json) -> FlexParts:
    """What a page shows of an answer of ``flex``, or of one of a run's jobs of that kind or of ``supply``."""
    from wattline.report.page.flex_response import response_parts
    from wattline.report.page.flex_sites import sites_parts
    from wattline.report.page.flex_swings import recorded_swings_parts, swings_parts
    from wattline.report.page.supply import supply_parts

    made: dict[str, Callable[[Json], FlexParts]] = {
        "flex headroom": headroom_parts,
        "flex shift": shift_parts,
        "flex sites": sites_parts,
        "flex balance": balance_parts,
        "flex response": response_parts,
        "flex swings": swings_parts,
        "meter swings": recorded_swings_parts,
        "supply": supply_parts,
        "world": _outlook_parts,
    }
    return made[data["command"]](data)


def _outlook_parts(data: Json) -> FlexParts:
    from wattline.report.page.world import world_parts

    intro, sections = world_parts(data)
    return FlexParts("The outlook of data centres' electricity", intro, "", sections)


def beside_sections(results: Json) -> list[Section]:
    """A section for each of a run's jobs without a bill: its cards, and its own sections below."""
    sections = []
    for i, job in enumerate(objects(results.get("beside"))):
        parts = flex_parts(job)
        body = "".join(f"<h3>{esc(name)}</h3>{html}" for _, name, html in parts.sections if html)
        title = f'<p class="story">{esc(parts.title)}</p>'
        sections.append((f"beside{i}", str(job["name"]), title + parts.intro + parts.cards + body))
    return sections


def study_page(data: Json) -> str:
    """The page of a scenario whose jobs have no bill."""
    results = frame.results_of(data)
    story = f'<p class="story">{esc(results["story"])}</p>' if results["story"] else ""
    sections = [*beside_sections(results), ("facts", "Facts and sources", frame.facts(data))]
    return frame.page(data, results["title"], story + frame.remarks(data), "", sections, STYLES)


def headroom_parts(data: Json) -> FlexParts:
    """Room on grids: the cases, the hours that are curtailed, and the events."""
    results = frame.results_of(data)
    cases = results["cases"]
    sections = []
    for i, case in enumerate(cases):
        allowed = _allowed(case)
        rows = [
            [
                grid["name"],
                show(grid["added_w"], "W"),
                share_words(grid["added_w"] / (grid["peak_w"] or 1)),
                f"{grid['curtailed_h_per_year']:.0f}",
                f"{grid['mean_event_h']:.1f} h",
                f"{grid['longest_event_h']:.0f} h",
                f"{grid['mean_depth']:.0%}",
            ]
            for grid in case["grids"]
        ]
        heads = ["Grid", "New load", "Of the peak", "Hours a year", "Mean event", "Longest", "Mean depth"]
        sections.append((f"case{i}", f"New load that yields {allowed}", plain_table(heads, rows, allowed)))
    pictures = [
        ("picture" + str(i), picture["name"], _picture(picture)) for i, picture in enumerate(results["pictures"])
    ]
    cards = "".join(words_card(f"Yields {_allowed(case)}", show(case["added_w"], "W")) for case in cases)
    title = f"Room for new load that yields, on {len(cases[0]['grids'])} grid" + "s" * (len(cases[0]["grids"]) != 1)
    return FlexParts(title, frame.remarks(data), f'<dl class="cards">{cards}</dl>', [*pictures, *sections])


def _allowed(case: Json) -> str:
    return f"{share_words(case['share'])} of its energy" if case["share"] is not None else f"{case['hours']:g} h a year"


def _picture(picture: Json) -> str:
    """The highest hours with and without the new load, when it yields, and for how long."""
    curve = picture["duration_curve"]
    top = max(curve["unyielding_w"])
    low = min(min(curve["demand_w"]), min(curve["with_load_w"]))
    axes = Axes(
        "Demand in its highest hours",
        "share of the hours, the highest first",
        [(share, share_words(share) if share else "0%") for share in (0.0, 0.025, 0.05, 0.075, 0.1)],
        marks_of(top, lambda value: show(value, "W"), low * 0.98),
    )
    shown = [
        PlotLine("demand", curve["demand_w"]),
        PlotLine("with the new load, which yields", curve["with_load_w"]),
        PlotLine("with the new load, if it did not", curve["unyielding_w"], dashed=True),
    ]
    words = (
        f"{picture['name']}: new load of {show(picture['added_w'], 'W')} that yields {share_words(picture['share'])}"
    )
    months = hour_map(
        picture["yields_h"], "Hours a year in which it yields, by month and hour of the day (UTC)", "h a year"
    )
    events = bars(
        "Events",
        [
            (f"{row['hours']:g} h" + " and more" * row["and_more"], row["per_year"], f"{row['per_year']:.1f} a year")
            for row in picture["events"]
        ],
        "How long a stretch lasts in which it yields.",
    )
    return lines(axes, curve["share"], shown, words) + months + events


def shift_parts(data: Json) -> FlexParts:
    """Savings as the window widens, the picture of the moved work, and both signals side by side."""
    inputs, results = data["inputs"], frame.results_of(data)
    windows = results["windows"]
    last = windows[-1]
    sections = [
        ("saving", "What it saves as its window widens", _savings(windows)),
        ("moved", "When the work is done", _moved(results["hours"], results["unit"], inputs["kind"])),
        ("ways", "By average and by marginal signal", _ways(results["ways"], results["unit"])),
        ("windows", "All windows", _windows(windows, results["unit"])),
        ("facts", "Facts and sources", frame.facts(data)),
    ]
    cards = words_card("Saved with foresight", saving_words(last["saving_foresight"])) + words_card(
        "Saved by what was known", saving_words(last["saving_known"])
    )
    title = f"A job of {inputs['length_h']:g} h each day that may wait, {', '.join(results['sites'])}"
    return FlexParts(title, frame.remarks(data), f'<dl class="cards">{cards}</dl>', sections)


def _savings(windows: list[Json]) -> str:
    """Both savings over the width of the window; "" for a job that may not move."""
    widths = [row["before_h"] + row["after_h"] for row in windows]
    if widths[-1] <= widths[0]:
        return ""
    names = (("with perfect foresight", "saving_foresight"), ("by what was known", "saving_known"))
    savings = [PlotLine(name, [100 * (row[key] or 0.0) for row in windows]) for name, key in names]
    values = [value for line in savings for value in line.y]
    axes = Axes(
        "Saving by the window",
        "hours by which it may move",
        [(w, f"{w:g} h") for w in widths[:: max(len(widths) // 4, 1)]],
        marks_of(max(*values, 1.0), lambda value: f"{value:g}%", min(*values, 0.0)),
    )
    return lines(axes, widths, savings)


def _windows(windows: list[Json], unit: str) -> str:
    rows = [
        [
            f"{row['before_h']:g} h, {row['after_h']:g} h",
            number(row["mean_as_meant"]),
            number(row["mean_known"]),
            saving_words(row["saving_known"]),
            number(row["mean_foresight"]),
            saving_words(row["saving_foresight"]),
        ]
        for row in windows
    ]
    heads = ["Earlier, later", f"As meant{unit_words(unit)}", "By what was known", "Saved", "With foresight", "Saved "]
    return plain_table(heads, rows, "Savings by window")


def _moved(hours: Json, unit: str, kind: str) -> str:
    """Work by the hour of the day, and the signal above it."""
    around = [value for value in hours["mean"] if value is not None]
    if len(around) < 24:
        return ""
    x = [float(hour) for hour in range(25)]
    signal = Axes(
        "The signal by the hour of the day",
        "hour of the day, UTC",
        DAY,
        marks_of(max(around), lambda value: number(value), min(around)),
    )
    drawn = lines(
        signal,
        x,
        [PlotLine(kind, [*around, around[-1]], steps=True)],
        f"Mean of the {kind} signal{unit_words(unit)}.",
    )
    work = [
        PlotLine(name, [100 * share for share in (*hours[key], hours[key][-1])], steps=True)
        for name, key in (
            ("as meant", "as_meant_share"),
            ("with perfect foresight", "foresight_share"),
            ("by what was known", "known_share"),
        )
    ]
    top = max(value for curve in work for value in curve.y)
    axes = Axes("Work by the hour of the day", "hour of the day, UTC", DAY, marks_of(top, lambda value: f"{value:g}%"))
    return drawn + lines(axes, x, work, "Share of the work in each hour, at the widest window.")


def _ways(ways: list[Json], unit: str) -> str:
    if not ways:
        return ""
    rows = [
        [
            f"{row['moved_by']}, counted by {row['counted_by']}",
            number(row["mean_as_meant"]),
            saving_words(row["saving_known"]),
            saving_words(row["saving_foresight"]),
        ]
        for row in ways
    ]
    note = "A saving by one signal says nothing of the other: what moves by one may cost more of the other."
    return plain_table(
        ["Moved by", f"As meant{unit_words(unit)}", "By what was known", "With foresight"], rows, "By either signal"
    ) + (f'<p class="note">{esc(note)}</p>')


def balance_parts(data: Json) -> FlexParts:
    """What a data centre takes of its grid."""
    results = frame.results_of(data)
    rows = [
        (name, results[key]["p50"], share_words(results[key]["p50"]))
        for key, name in SHARES
        if results[key] is not None
    ]
    fit = results.get("fit")
    grows = "" if results["growth_share"] else "<p>The demand there does not grow, or may not: no share of growth.</p>"
    sections = [
        ("shares", "What it takes of the grid", bars("Shares", rows) + grows),
        (
            "fit",
            "What it gives up to need no new plant",
            f"<p>{esc(yields_words(fit, data['inputs']['column']))}</p>" if fit else "",
        ),
        ("figures", "How sure it is", _balance_table(results)),
        ("facts", "Facts and sources", frame.facts(data)),
    ]
    columns = (("mean_w", "Mean power at the meter", "W"), ("energy_wh", "Energy of a year", "Wh"))
    head = frame.assumptions_note("flex balance", data["inputs"], results) + frame.remarks(data)
    return FlexParts(results["title"], head, frame.cards(results, columns), sections)


def _balance_table(results: Json) -> str:
    names = (
        ("grid_energy_wh", "Energy of the grid's users", "Wh"),
        ("grid_peak_w", "Highest demand of the grid", "W"),
    )
    rows = [[name, *(show(results[key][p], unit) for p in ("p50", "p5", "p95"))] for key, name, unit in names]
    rows += [
        [f"Share {name}", *(share_words(results[key][p]) for p in ("p50", "p5", "p95"))]
        for key, name in SHARES
        if results[key] is not None
    ]
    return plain_table(["Figure", "Median", "p5", "p95"], rows, "Figures")
