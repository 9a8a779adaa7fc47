"""Swings of power on the screen: as they are, and after each measure with what it takes."""

from __future__ import annotations

from rich.console import RenderableType
from rich.text import Text

from wattline.core.plurals import count_words
from wattline.core.quantity import show
from wattline.core.units import J_PER_WH
from wattline.report.terminal.flex_table import flex_table
from wattline.report.words import Json, share_words

LIMITS = {
    "band_share": "the share of the band",
    "ramp_up_w_per_s": "the limit of rises",
    "ramp_down_w_per_s": "the limit of falls",
    "range_w": "the limit of the range",
}


def swings_lines(data: Json) -> list[RenderableType]:
    """Of synchronous training."""
    inputs, results = data["inputs"], data["results"]
    head = f"{count_words('chips', inputs['chips'])} in step, {show(results['period_s'], 's')} a step"
    if pause := inputs["checkpoint"]:
        head += f", {pause['name']} of {show(pause['duration_s'], 's')} every {pause['steps']:,} steps"
    return [Text(head, style="bold"), *_measures(results)]


def recorded_swings_lines(data: Json) -> list[RenderableType]:
    """Of a recorded load."""
    results = data["results"]
    window, sampling = results["window"], results["sampling"]
    devices = f"{results['devices']:,} device" + "s" * (results["devices"] != 1)
    head = f"{data['inputs']['recording'] or 'recording'}: {devices}, {window['begin']} to {window['end']}"
    mean = f", each a mean of {show(sampling['averaged_over_s'], 's')}" if sampling["averaged_over_s"] else ""
    how = (
        f"Readings {show(sampling['slowest_s'], 's')} apart{mean}: swings up to "
        f"{sampling['highest_shown_hz']:.3g} Hz are shown"
    )
    return [Text(head, style="bold"), Text(how, style="dim"), *_measures(results)]


def _measures(results: Json) -> list[RenderableType]:
    table = flex_table("measure", "mean", "lowest", "highest", "ramp/s", "largest line", "in band", "takes")
    for row in results["measures"]:
        line = f"{show(row['amplitude_w'], 'W')}, {row['frequency_hz']:.3g} Hz" if row["amplitude_w"] else "none"
        ramp = max(row["ramp_up_w_per_s"], row["ramp_down_w_per_s"])
        table.add_row(
            Text(row["measure"]), show(row["mean_w"], "W"), show(row["lowest_w"], "W"), show(row["highest_w"], "W"),
            show(ramp, "W"), line, f"{row['band_share']:.0%}", share_words(row["extra_share"]),
        )  # fmt: skip
    shown: list[RenderableType] = [table]
    level = results["measures"][0]["storage_j"]
    shown.append(Text(f"A store of {show(level / J_PER_WH, 'Wh')} would level it to its mean."))
    for row in results["measures"]:
        if row["store_j"]:
            words = f"{row['measure']}: holds {show(row['store_j'] / J_PER_WH, 'Wh')}, {show(row['store_w'], 'W')}"
            shown.append(Text(words))
        if row["broken"]:
            words = ", ".join(LIMITS[name] for name in row["broken"])
            shown.append(Text(f"{row['measure']}: breaks {words}", style="yellow"))
    shown.append(Text("Where grids swing themselves, as it is: " + _modes(results["measures"][0]), style="dim"))
    if row := results["start_stop"]:
        shown.append(Text(start_stop_words(row)))
    return shown


def _modes(row: Json) -> str:
    words = []
    for mode in row["modes"]:
        share = "not shown" if mode["share"] is None else share_words(mode["share"])
        part = "" if mode["shown_share"] in (0.0, 1.0) else f" ({mode['shown_share']:.0%} of the band shown)"
        words.append(f"{mode['name']} ({mode['low_hz']:g} to {mode['high_hz']:g} Hz) {share}{part}")
    return "; ".join(words)


def start_stop_words(row: Json) -> str:
    """What it takes to start and stop no faster than the limit."""
    return (
        f"Start and stop: {show(row['swing_w'], 'W')} in {show(row['ramp_s'], 's')} each, which takes "
        f"{show(row['extra_j'] / J_PER_WH, 'Wh')} beside the job."
    )
