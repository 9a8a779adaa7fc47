"""Work that moves between sites and in time, on the screen."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from wattline.core.plurals import count_words
from wattline.core.quantity import number, show
from wattline.report.terminal.flex_table import flex_table
from wattline.report.words import Json, saving_words, unit_words

MOVED_IN = {"place": "in place", "time": "in time", "both": "in place and time"}


def sites_lines(data: Json) -> list[RenderableType]:
    """The answer of ``flex sites``."""
    inputs, results = data["inputs"], data["results"]
    names = ", ".join(row["name"] for row in results["each_site"])
    rest = f"{1 - inputs['serving_share']:.0%} of the work may wait for {inputs['wait_h']:g} h"
    sites = count_words("sites", len(results["each_site"]))
    head = f"{sites}, {names}; {rest}; {inputs['kind']} signal{unit_words(results['unit'])}"
    return [Text(head, style="bold"), _moves(results), *_other(results, inputs["beside_kind"]), "", _sites(results)]


def _other(results: Json, kind: str | None) -> list[RenderableType]:
    """The same moves by the other intensity."""
    if kind is None:
        return []
    table = flex_table("moves", "as it comes", "saved by what was known", "saved with foresight")
    for row in results["moves"]:
        other = row["beside"]
        table.add_row(
            MOVED_IN[row["moved_in"]], number(other["mean_as_meant"]), saving_words(other["saving_known"]),
            saving_words(other["saving_foresight"]),
        )  # fmt: skip
    return [Text(f"The same moves, counted by the {kind} intensity", style="bold"), table]


def _moves(results: Json) -> RenderableType:
    table = flex_table(
        "moves", "as it comes", "by what was known", "saved", "with foresight", "saved", "away", "mean wait"
    )
    for row in results["moves"]:
        table.add_row(
            MOVED_IN[row["moved_in"]], number(row["mean_as_meant"]), number(row["mean_known"]),
            saving_words(row["saving_known"]), number(row["mean_foresight"]), saving_words(row["saving_foresight"]),
            f"{row['away_foresight_share']:.0%}", f"{row['wait_foresight_h']:.1f} h",
        )  # fmt: skip
    return table


def _sites(results: Json) -> RenderableType:
    worth = f"another MW saves{' ' + results['total_unit'] if results['total_unit'] else ''}/year"
    table = flex_table("site", "room", "as it comes", "by what was known", "with foresight", "highest", worth)
    for row in results["each_site"]:
        table.add_row(
            Text(row["name"]), show(row["room_w"], "W"), show(row["mean_as_meant_w"], "W"),
            show(row["mean_known_w"], "W"), show(row["mean_foresight_w"], "W"), show(row["highest_foresight_w"], "W"),
            number(row["room_worth_per_mw_year"]),
        )  # fmt: skip
    return table
