"""Tidy tables of a recording: one row a reading, or one row a window and device; CSV and Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.files import write_whole
from wattline.core.printable import SIGN
from wattline.core.units import J_PER_WH
from wattline.meter.energy.series import SeriesEnergy, counted_once, placed_recording, total, with_holders, within
from wattline.meter.export.snapshot import labels
from wattline.meter.export.window import NamedSpan, find_spans, spans
from wattline.meter.recording import Recording, Series

if TYPE_CHECKING:
    import polars as pl

TABLES = ("energy", "readings")
WHOLE = "all devices"


def export_table(recording: Recording, which: str = "energy", window: str | None = None) -> pl.DataFrame:
    """The table by name, of one window or of all; what is not known is null, never zero.

    Parameters
    ----------
    recording : with its readings
    which : ``energy`` or ``readings``
    window : its name, or FROM..TO; all where None

    Returns the table. Raises WattlineError for another name of a table, and a window that is not there.
    """
    if which not in TABLES:
        raise WattlineError(f"table: {which!r} is none of {', '.join(TABLES)}")
    wanted = find_spans(recording, window) if window else None
    if which == "energy":
        return energy_table(recording, wanted)
    frame = readings_table(recording)
    if wanted is None:
        return frame
    seconds = frame["time"].dt.timestamp("us").to_numpy() / 1e6
    inside = np.any([(seconds >= span.begin_s) & (seconds <= span.end_s) for span in wanted], axis=0)
    return frame.filter(inside)


def energy_table(recording: Recording, windows: Sequence[NamedSpan] | None = None) -> pl.DataFrame:
    """One row a window and device, and one for all devices of the window, each counted once.

    Of the whole recording and every window of its own, where ``windows`` names none.
    ``energy_wh`` with ``energy_low_wh`` to ``energy_high_wh`` (holds the truth 19 times in 20), ``duration_s`` that
    readings cover, ``mean_w``.

    Parameters
    ----------
    recording : readings of a machine
    windows : stretches with their names

    Returns
    -------
    The rows, energy in Wh, time in s, power in W.
    """
    import polars as pl

    recording = placed_recording(recording)
    once = counted_once(recording.series)
    rows: list[dict[str, Any]] = []
    for span in windows or [*find_spans(recording, "all"), *spans(recording)]:
        energies = [within(series, span.begin_s, span.end_s, cut=True) for series in recording.series]
        for series, energy in zip(recording.series, energies, strict=True):
            own = labels(series.device, series.spec) | {"name": series.device.name}
            counted = any(series is each for each in once)
            rows.append(_row(span, energy) | own | {"modelled": series.spec.modelled, "counted": counted})
        whole = total([e for s, e in zip(recording.series, energies, strict=True) if any(s is o for o in once)])
        modelled = any(series.spec.modelled for series in once)
        rows.append(_row(span, whole) | {"device": WHOLE, "modelled": modelled, "counted": False})
    return pl.DataFrame(rows, schema=_energy_schema()).with_columns(pl.col("begin", "end").cast(_utc()))


def _row(span: NamedSpan, energy: SeriesEnergy) -> dict[str, Any]:
    """A window's energy; times in whole microseconds since the epoch."""
    known = bool(np.isfinite(energy.energy_j))
    wh = {name: j / J_PER_WH if known else None for name, j in zip(WH, energy[:3], strict=True)}
    mean_w = energy.energy_j / energy.covered_s if known and energy.covered_s > 0 else None
    ends = {"begin": round(span.begin_s * 1e6), "end": round(span.end_s * 1e6)}
    return {"window": span.name, **ends, **wh, "duration_s": energy.covered_s if known else None, "mean_w": mean_w}


WH = ("energy_wh", "energy_low_wh", "energy_high_wh")
TEXT = ("host", "device", "kind", "name", "source", "inside")


def _energy_schema() -> dict[str, Any]:
    import polars as pl

    head = {"window": pl.String, "begin": pl.Int64, "end": pl.Int64}
    numbers = dict.fromkeys((*WH, "duration_s", "mean_w"), pl.Float64)
    return head | dict.fromkeys(TEXT, pl.String) | {"modelled": pl.Boolean, "counted": pl.Boolean} | numbers


def _utc() -> Any:
    import polars as pl

    return pl.Datetime("us", "UTC")


def readings_table(recording: Recording) -> pl.DataFrame:
    """One row a reading, as it was read: nothing cleaned, missing readings null; each with how its sensor measures.

    What reads it back gets the same energy: ``series`` tells stretches of one device apart that must not be joined.
    Raises WattlineError where the recording holds no series.
    """
    import polars as pl

    frames = [_readings(series, i) for i, series in enumerate(with_holders(recording).series)]
    if not frames:
        raise WattlineError("the recording holds no series")
    return pl.concat(frames)


def _readings(series: Series, number: int) -> pl.DataFrame:
    import polars as pl

    count = len(series.time_s)
    columns = {name: getattr(series, name) for name in ("monotonic_s", "power_w", "energy_j")}
    numbers = [
        pl.Series(name, values if values is not None else [None] * count, dtype=pl.Float64).fill_nan(None)
        for name, values in columns.items()
    ]
    micro = pl.Series("time", np.round(np.asarray(series.time_s, float) * 1e6), dtype=pl.Float64)
    frame = pl.DataFrame([micro.fill_nan(None).cast(pl.Int64).cast(_utc()), *numbers])
    own = labels(series.device, series.spec) | {"name": series.device.name}
    texts = [pl.lit(own[name]).alias(name) for name in TEXT]
    spec = series.spec
    wrap_j = spec.wrap_j if np.isfinite(spec.wrap_j) else None
    how = {"window_s": spec.window_s, "period_s": spec.period_s, "wrap_j": wrap_j, "error": spec.error}
    kept = [pl.lit(value, dtype=pl.Float64).alias(name) for name, value in how.items()]
    kept += [pl.lit(spec.note).alias("note"), pl.lit(number).alias("series")]
    return frame.select("time", *texts, pl.lit(spec.modelled).alias("modelled"), *columns, *kept)


def write_parquet(frame: pl.DataFrame, path: Path | str) -> None:
    """Whole or not at all.

    Parameters
    ----------
    frame : the table
    path : of the file, which is replaced
    """
    write_whole(path, lambda name: frame.write_parquet(name))


def csv_text(frame: pl.DataFrame) -> str:
    """CSV with a header; times in ISO 8601, empty where a number is not known."""
    import polars as pl

    texts = pl.col(pl.String).str.replace_all(r"[\x00-\x08\x0b-\x1f\x7f]", SIGN)
    safe = texts.str.replace(r"^([=+\-@\t])", "'${1}")  # a sheet would run it as a formula
    return frame.with_columns(safe).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
