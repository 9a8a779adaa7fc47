"""``validate world`` on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wattline.core.quantity import number
from wattline.report.words import Json


def world_validation_text(data: Json) -> RenderableType:
    """Scores by origin or by what was left out, the scorecard, identities and sensitivities."""
    results, left_out = data["results"], data["inputs"]["leave_out"]
    shown: list[RenderableType] = []
    if left_out is None:
        shown += _origins(results)
        shown += _scorecard(results["scorecard"])
        shown += _sums(results)
    else:
        shown += _left(results, left_out)
    return Group(*shown, *(Text(f"note: {note}") for note in data["notes"]))


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i else "left", no_wrap=True)
    return table


HEADS = ("figures", "in p5-p95", "CRPS", "of these", "naive", "point", "bias", "error")


def _cells(score: Json) -> list[str]:
    def percent(value: float | None, form: str = ".0f") -> str:
        return "" if value is None else f"{value:{form}}%"

    def plain(value: float | None) -> str:
        return "" if value is None else f"{value:.3f}"

    return [
        str(score["n"]),
        percent(score["coverage_percent"]),
        plain(score["crps"]),
        plain(score.get("crps_with_naive")),
        plain(score["naive_crps"]),
        plain(score["naive_error"]),
        percent(score["bias_percent"], "+.0f"),
        percent(score["median_error_percent"]),
    ]


def _origins(results: Json) -> list[RenderableType]:
    table = _table("outlook of", *HEADS)
    for row in results["origins"]:
        table.add_row(str(row["origin"]), *_cells(row["score"]))
    table.add_row("all", *_cells(results["score"]))
    table.add_row("2 years on", *_cells(results["ahead"]))
    known = [
        Text(f"{row['origin']}: {row['figures']} figures known, of {', '.join(row['series'])}; {_right(row)}")
        for row in results["origins"]
    ]
    return [Text("Outlooks of earlier years beside what was published later", style="bold"), table, *known]


def _right(row: Json) -> str:
    """What right ranges would hold of the figures of an origin, which err together."""
    low, high = row["right_percent"]["p5"], row["right_percent"]["p95"]
    alone = f"{row['score']['n']} later ones err together, as {row['independent_figures']:.1f} would alone"
    return f"its {alone}: right ranges hold {low:.0f}% to {high:.0f}% of them"


def _left(results: Json, left_out: str) -> list[RenderableType]:
    table = _table(f"without the {left_out}", *HEADS)
    for row in results["left"]:
        table.add_row(Text(row["name"][:28]), *_cells(row))
    table.add_row("all", *_cells(results["score"]))
    given = left_out in ("country", "company")
    if given:
        table.add_row("2 years on", *_cells(results["ahead"]))
        table.add_row("no figure", *_cells(results["unseen"]))
    words = "given its figures of earlier years, and all others'" if given else "from all other figures"
    shown: list[RenderableType] = [Text(f"Each {left_out} predicted {words}", style="bold"), table]
    return [*shown, *_unseen(results["unseen_series"])] if given else shown


def _unseen(rows: list[Json]) -> list[RenderableType]:
    """Places and companies of which no figure is given, each beside its newest published figure."""
    table = _table("no figure given", "figures", "in p5-p95", "CRPS", "bias", "newest", "TWh", "predicted", "p5 to p95")
    for row in rows:
        scores, predicted = _cells(row), row["range"]
        band = f"{number(predicted['p5'], 3)} to {number(predicted['p95'], 3)}"
        figure = number(row["twh"], 3), number(predicted["p50"], 3), band
        table.add_row(Text(row["name"][:28]), *scores[:3], scores[6], str(row["year"]), *figure)
    return [Text("Each of which no figure of its own is given, beside its published ones", style="bold"), table]


def _scorecard(card: Json) -> list[RenderableType]:
    head = (
        f"{card['n']} published forecasts of years that have passed were off by ×{card['median_factor']:.2f} in the "
        f"middle, {card['above_share']:.0%} of them too high; ours of the same years by "
        f"×{card['our_median_factor']:.2f}"
    )
    return [Text(head, style="bold")]


def _sums(results: Json) -> list[RenderableType]:
    rows = results["identities"]
    broken = [row for row in rows if not row["holds"]]
    worst = max(rows, key=lambda row: abs(row["off_percent"]) / row["tolerance_percent"])
    shown: list[RenderableType] = [
        Text(f"{len(rows) - len(broken)} of {len(rows)} identities hold; the widest: {worst['name']}, "
             f"{worst['off_percent']:+.1f}% of {worst['tolerance_percent']:g}%")
    ]  # fmt: skip
    shown += [Text(f"broken: {row['name']}, {row['off_percent']:+.1f}%", style="yellow") for row in broken]
    table = _table("United States in 2030", "ours", "published")
    for row in results["sensitivities"]:
        table.add_row(Text(row["name"]), f"{row['change_percent']:+.1f}%", f"{row['published_percent']:+.1f}%")
    return [*shown, _identities(rows), table, *_chips(results["chips"])]


def _identities(rows: list[Json]) -> Table:
    """Published sums beside ours: each by itself, of those of many regions and years the one that is furthest off."""
    kinds: dict[str, list[Json]] = {}
    for row in rows:
        kinds.setdefault(str(row["name"]).partition(":")[0], []).append(row)
    table = _table("published sums, the furthest off of each kind", "ours", "published", "off", "at most")
    for alike in kinds.values():
        row = max(alike, key=lambda each: abs(each["off_percent"]))
        table.add_row(
            Text(row["name"]), f"{number(row['value'])} {row['unit']}", f"{number(row['published'])} {row['unit']}",
            f"{row['off_percent']:+.2f}%", f"{row['tolerance_percent']:g}%",
        )  # fmt: skip
    return table


def _chips(rows: list[Json]) -> list[RenderableType]:
    """AI chips of each year by Epoch's quarters, by makers' revenue and by wafers, side by side."""
    sources = list(dict.fromkeys(row["source"] for row in rows))
    table = _table("AI chips by source", *sources)
    for kind, year in dict.fromkeys((row["quantity"], row["year"]) for row in rows):
        ranges = [row["range"] for row in rows if (row["quantity"], row["year"]) == (kind, year)]
        name = f"shipped in {year}, GW of TDP" if kind == "chips_gw" else f"electricity in {year}, TWh"
        cells = [f"{number(each['p50'], 3)} ({number(each['p5'], 3)} to {number(each['p95'], 3)})" for each in ranges]
        table.add_row(name, *cells)
    return [table]
