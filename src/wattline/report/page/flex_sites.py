"""The page of work that moves between sites and in time."""

from __future__ import annotations

from wattline.core.quantity import number, show
from wattline.report.page import frame
from wattline.report.page.flex_parts import FlexParts, plain_table, words_card
from wattline.report.page.flex_plot import Axes, PlotLine, lines, marks_of
from wattline.report.words import Json, saving_words, unit_words

DAY = [(0.0, "0:00"), (6.0, "6:00"), (12.0, "12:00"), (18.0, "18:00"), (24.0, "24:00")]
MOVED_IN = {"place": "In place", "time": "In time", "both": "In place and time"}
MAX_PICTURES = 4
POLICIES = (("as it comes", "as_meant"), ("by what was known", "known"), ("with foresight", "foresight"))


def sites_parts(data: Json) -> FlexParts:
    """Savings by how work moves, the power of each site by the hour of the day, and what more room is worth."""
    results = frame.results_of(data)
    moves, sites = results["moves"], results["each_site"]
    sections = [
        ("moves", "What moving saves", _moves(moves, results["unit"])),
        ("ways", "By average and by marginal signal", _other(moves, data["inputs"]["beside_kind"], results["unit"])),
        ("sites", "Each site", _sites(sites, results["total_unit"])),
        ("hours", "Power by the hour of the day", "".join(_day(row) for row in sites[:MAX_PICTURES])),
        ("facts", "Facts and sources", frame.facts(data)),
    ]
    last = moves[-1]
    cards = words_card("Saved with foresight", saving_words(last["saving_foresight"])) + words_card(
        "Saved by what was known", saving_words(last["saving_known"])
    )
    title = f"Work that moves between {len(sites)} sites and in time, {', '.join(row['name'] for row in sites)}"
    return FlexParts(title, frame.remarks(data), f'<dl class="cards">{cards}</dl>', sections)


def _moves(moves: list[Json], unit: str) -> str:
    rows = [
        [
            MOVED_IN[row["moved_in"]],
            number(row["mean_as_meant"]),
            number(row["mean_known"]),
            saving_words(row["saving_known"]),
            number(row["mean_foresight"]),
            saving_words(row["saving_foresight"]),
            f"{row['away_foresight_share']:.0%}",
            f"{row['wait_foresight_h']:.1f} h",
        ]
        for row in moves
    ]
    heads = [
        "Work moves",
        f"As it comes{unit_words(unit)}",
        "By what was known",
        "Saved",
        "With foresight",
        "Saved ",
        "Away",
        "Mean wait",
    ]
    return plain_table(heads, rows, "Savings by how work moves")


def _other(moves: list[Json], kind: str | None, unit: str) -> str:
    """The same moves by the other intensity; "" without one."""
    if kind is None:
        return ""
    rows = [
        [
            MOVED_IN[row["moved_in"]],
            number(row["beside"]["mean_as_meant"]),
            saving_words(row["beside"]["saving_known"]),
            saving_words(row["beside"]["saving_foresight"]),
        ]
        for row in moves
    ]
    heads = ["Work moves", f"As it comes{unit_words(unit)}", "By what was known", "With foresight"]
    words = f"The same moves, counted by the {kind} intensity"
    return plain_table(heads, rows, words) + f'<p class="note">{words}.</p>'


def _sites(sites: list[Json], unit: str) -> str:
    rows = [
        [
            row["name"],
            show(row["room_w"], "W"),
            *(show(row[f"mean_{key}_w"], "W") for _, key in POLICIES),
            show(row["highest_foresight_w"], "W"),
            number(row["room_worth_per_mw_year"]),
        ]
        for row in sites
    ]
    heads = ["Site", "Room", "As it comes", "By what was known", "With foresight", "Highest"]
    return plain_table([*heads, f"Another MW saves a year{unit_words(unit)}"], rows, "Power of each site")


def _day(row: Json) -> str:
    """Mean power of a site by the hour of the day."""
    curves = [PlotLine(name, [*row[f"hours_{key}_w"], row[f"hours_{key}_w"][-1]], steps=True) for name, key in POLICIES]
    most = max(max(curve.y) for curve in curves)
    axes = Axes(row["name"], "hour of the day, UTC", DAY, marks_of(most or 1.0, lambda value: show(value, "W")))
    return lines(axes, [float(hour) for hour in range(25)], curves, f"Mean power of {row['name']}.")
