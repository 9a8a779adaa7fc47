"""``wattline meter export``: recordings in the formats of other tools."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wattline.cli import meter_choices
from wattline.cli.groups import expand
from wattline.cli.unused import refuse
from wattline.core.errors import WattlineError, nearest_names

if TYPE_CHECKING:
    from wattline.meter.recording import Recording

Opt = typer.Option
Recorded = Annotated[Path, typer.Argument(metavar="PATH", help="Recording: a journal, a log, or a folder of them.")]
WindowOpt = Annotated[
    str | None,
    Opt("--window", help="Window: run, all, a window's name (NAME#2: its second), or FROM..TO [default: run or all]."),
]
AsJson = Annotated[bool, Opt("--json", help="Print one JSON object.")]
FORMATS = ("csv", "parquet", "emissions", "openmetrics", "otlp")
# option -> formats in which it has an effect
USED_BY = {
    "table": ("csv", "parquet"),
    "region": ("emissions",),
    "project": ("emissions",),
    "endpoint": ("otlp",),
    "window": ("csv", "parquet", "emissions"),
    "save": ("csv", "parquet", "emissions", "openmetrics"),
}


@expand
def export(
    context: typer.Context,
    path: Recorded,
    *,
    to: Annotated[
        str, Opt("--to", help="Format: csv, parquet, emissions (CodeCarbon's emissions.csv), openmetrics or otlp.")
    ],
    save: Annotated[
        Path | None, Opt(metavar="FILE", help="File to write [default: print; parquet must be written].")
    ] = None,
    table: Annotated[
        str, Opt(help="Table of csv and parquet: energy (a row a window and device) or readings.")
    ] = "energy",
    window: WindowOpt = None,
    region: Annotated[
        str | None, Opt(help="Country or grid of emissions, such as us (`wattline list regions`).")
    ] = None,
    project: Annotated[str, Opt(help="Value of project_name in emissions [default: the window's name].")] = "",
    endpoint: Annotated[
        str, Opt(help="Where otlp is sent: http://HOST:4318, grpc://HOST:4317 or console.")
    ] = "http://localhost:4318",
    reading: meter_choices.ReadOptions,
) -> None:
    """Export a recording for another tool."""
    if to not in FORMATS:
        near = nearest_names(to, FORMATS)
        raise WattlineError(f"--to: {to!r} is none of {', '.join(FORMATS)}" + (f"; nearest: {near[0]}" if near else ""))
    for option, formats in USED_BY.items():
        if to not in formats:
            refuse(context, (option,), f"--to {' or '.join(formats)}")
    if save is None and to == "parquet":
        raise WattlineError("parquet is no text to print; give --save FILE")
    if to == "emissions" and region is not None:
        from wattline.catalog import default
        from wattline.line.grid.region import load_region

        load_region(region, default())  # before the work rather than after it
    recording = read_recording(path, reading)
    if to == "otlp":
        _send(recording, endpoint)
        return
    if to in ("csv", "parquet"):
        _hand_over_table(recording, to, table, window, save)
        return
    if to == "openmetrics":
        from wattline.meter.export.prometheus import openmetrics

        lines: Iterable[str] = openmetrics(recording)
    else:
        from wattline.meter.export.emissions import emissions_csv
        from wattline.meter.export.window import find_spans

        lines = [emissions_csv(recording, find_spans(recording, window), region, project)]
    _hand_over(lines, save)


def read_recording(path: Path, reading: dict[str, list[str]]) -> Recording:
    """Whatever the path holds, read as the options say.

    Parameters
    ----------
    path : of a file or a folder
    reading : of each option of reading, the values given

    Returns
    -------
    The recording.
    """
    from wattline.meter.readers.detect import read

    return read(path, meter_choices.choices(reading))


def _hand_over_table(recording: Recording, to: str, table: str, window: str | None, path: Path | None) -> None:
    from wattline.meter.export import tables

    frame = tables.export_table(recording, table, window)
    if to == "csv":
        _hand_over([tables.csv_text(frame)], path)
        return
    assert path is not None
    tables.write_parquet(frame, path)
    _written(path)


def _send(recording: Recording, endpoint: str) -> None:
    from wattline.core.address import without_secrets
    from wattline.meter.export.otel import otlp_exporter, send

    exporter = otlp_exporter(endpoint)
    try:
        sent = send(recording, exporter)
    finally:
        exporter.shutdown()
    _note(f"sent {sent:,} points to {without_secrets(endpoint)}")


def _hand_over(lines: Iterable[str], path: Path | None) -> None:
    """Text to a file, whole or not at all, or to standard output as it comes."""
    from wattline.cli.printing import emit
    from wattline.core.files import write_whole

    if path is None:
        for line in lines:
            emit(line)
        return

    def write(name: str) -> None:
        with open(name, "w", encoding="utf-8", newline="") as file:
            file.writelines(lines)

    write_whole(path, write)
    _written(path)


def _written(path: Path) -> None:
    _note(f"written: {path}")


def _note(text: str) -> None:
    import sys

    print(text, file=sys.stderr)
