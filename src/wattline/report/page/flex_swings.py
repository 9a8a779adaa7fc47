"""The pages of swings: power as it passes, its spectrum against a utility's band, and what each measure takes."""

from __future__ import annotations

from wattline.core.plurals import count_words
from wattline.core.quantity import show
from wattline.core.units import J_PER_WH
from wattline.report.page import frame
from wattline.report.page.flex_parts import FlexParts, plain_table, words_card
from wattline.report.page.flex_plot import Axes, PlotLine, lines, marks_of, stems
from wattline.report.page.plot import round_places
from wattline.report.page.words import esc
from wattline.report.terminal.flex_swings import LIMITS, start_stop_words
from wattline.report.words import Json, share_words

LOWEST_HZ = 1e-3
MAX_DRAWN = 5  # measures whose power and spectra are drawn


def swings_parts(data: Json) -> FlexParts:
    """Of synchronous training."""
    inputs = data["inputs"]
    title = (
        f"Swings of {count_words('chips', inputs['chips'])} in step, {show(data['results']['period_s'], 's')} a step"
    )
    return _parts(data, title)


def recorded_swings_parts(data: Json) -> FlexParts:
    """Of a recorded load."""
    return _parts(data, f"Swings of {str(data['inputs']['recording']).rstrip('/').rpartition('/')[2] or 'a recording'}")


def _parts(data: Json, title: str) -> FlexParts:
    results = frame.results_of(data)
    rows, first = results["measures"], results["measures"][0]
    limits = data["inputs"]["limits"]
    sections = [
        ("power", "Power as it passes", _shapes(rows)),
        ("spectrum", "The spectrum, and a utility's band", _spectra(rows, limits)),
        ("measures", "What holds it still, and what that takes", _measures(rows) + _start_stop(results)),
        ("limits", "A utility's limits", _limits(rows, limits)),
        ("modes", "Where grids swing themselves", _modes(first)),
        ("facts", "Facts and sources", frame.facts(data)),
    ]
    cards = (
        words_card("Mean power", show(first["mean_w"], "W"))
        + words_card("Range", show(first["highest_w"] - first["lowest_w"], "W"))
        + words_card("Largest line", show(first["amplitude_w"], "W"), f"at {first['frequency_hz']:.3g} Hz")
        + words_card("A store to level it", show(first["storage_j"] / J_PER_WH, "Wh"))
    )
    return FlexParts(title, frame.remarks(data), f'<dl class="cards">{cards}</dl>', sections)


def _shapes(rows: list[Json]) -> str:
    """The load as it is and after each measure, over the time that all show."""
    shown = rows[:MAX_DRAWN]
    step_s = shown[0]["shape"]["step_s"]
    count = min(round(len(row["shape"]["power_w"]) * row["shape"]["step_s"] / step_s) for row in shown)
    if count < 2:
        return ""
    curves = [PlotLine(row["measure"], _sampled(row["shape"], step_s, count + 1), steps=True) for row in shown]
    top, low = (pick(value for curve in curves for value in curve.y) for pick in (max, min))
    x = [i * step_s for i in range(count + 1)]
    axes = Axes(
        "Power as it passes",
        "time",
        [(place, show(place, "s") if place else "0") for place in round_places(0.0, count * step_s)],
        marks_of(top, lambda value: show(value, "W"), low if low > 0.7 * top else 0.0),
    )
    return lines(axes, x, curves)


def _sampled(shape: Json, step_s: float, count: int) -> list[float]:
    power, own = shape["power_w"], shape["step_s"]
    return [power[min(int((i + 0.5) * step_s / own), len(power) - 1)] for i in range(count)]


def _spectra(rows: list[Json], limits: Json) -> str:
    shown = [row for row in rows[:MAX_DRAWN] if row["lines"]["frequency_hz"]]
    if not shown:
        return "<p>Power never moves.</p>"
    every = [hz for row in shown for hz in row["lines"]["frequency_hz"]]
    low, high = max(min(*every, 0.05), LOWEST_HZ), max(*every, limits["band_hz"][1])
    pairs = [
        (
            row["measure"],
            [
                value
                for pair in zip(row["lines"]["frequency_hz"], row["lines"]["amplitude_w"], strict=True)
                for value in pair
            ],
        )
        for row in shown
    ]
    top = max(value for row in shown for value in row["lines"]["amplitude_w"])
    ticks = [(10.0**power, f"{10.0**power:g} Hz") for power in range(-3, 4) if low <= 10.0**power <= high]
    axes = Axes("Spectrum", "frequency, logarithmic", ticks, marks_of(top, lambda value: show(value, "W")))
    band = limits["band_hz"]
    allowed = (
        "" if limits["band_share"] is None else f", {share_words(limits['band_share'])} of the swings' energy allowed"
    )
    note = f"The shaded band is {band[0]:g} to {band[1]:g} Hz{allowed}; the highest lines of each spectrum are drawn."
    return stems(axes, (low, high), pairs, [(band[0], band[1], "the utility's band")], note)


def _measures(rows: list[Json]) -> str:
    made = [
        [
            row["measure"],
            show(row["mean_w"], "W"),
            show(row["lowest_w"], "W"),
            show(row["highest_w"], "W"),
            f"{show(row['ramp_up_w_per_s'], 'W')}/s",
            f"{show(row['ramp_down_w_per_s'], 'W')}/s",
            f"{row['band_share']:.0%}",
            show(row["store_j"] / J_PER_WH, "Wh") if row["store_j"] else "–",
            share_words(row["extra_share"]),
        ]
        for row in rows
    ]
    heads = ["Measure", "Mean", "Lowest", "Highest", "Largest rise", "Largest fall", "In the band", "Store", "Takes"]
    return plain_table(heads, made, "Measures")


def _start_stop(results: Json) -> str:
    row = results["start_stop"]
    return f"<p>{esc(start_stop_words(row))}</p>" if row else ""


def _limits(rows: list[Json], limits: Json) -> str:
    if all(limits[name] is None for name in LIMITS):
        return ""
    made = [
        [
            row["measure"],
            *("–" if limits[name] is None else "broken" if name in row["broken"] else "kept" for name in LIMITS),
        ]
        for row in rows
    ]
    heads = ["Measure", "Share of the band", "Rises", "Falls", "Range"]
    bounds = [
        "Limit",
        "–" if limits["band_share"] is None else share_words(limits["band_share"]),
        *(
            "–" if limits[name] is None else f"{show(limits[name], 'W')}/s"
            for name in ("ramp_up_w_per_s", "ramp_down_w_per_s")
        ),
        "–" if limits["range_w"] is None else show(limits["range_w"], "W"),
    ]
    return plain_table(heads, [bounds, *made], "Limits")


def _modes(row: Json) -> str:
    made = [
        [
            mode["name"],
            f"{mode['low_hz']:g} to {mode['high_hz']:g} Hz",
            "not shown" if mode["share"] is None else share_words(mode["share"]),
            f"{mode['shown_share']:.0%}",
        ]
        for mode in row["modes"]
    ]
    return plain_table(["What swings", "Band", "Share of the load's swings", "Of the band shown"], made, "Modes")
