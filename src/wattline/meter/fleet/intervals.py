"""Joules by device and interval of one partition: ``Track`` over its readings, with those of the days beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np

from wattline.core.fact import Array
from wattline.core.files import write_text, write_whole
from wattline.meter.energy.meter import tracks_of
from wattline.meter.energy.track import Track, within
from wattline.meter.fleet.layout import (
    DAY_S,
    HOUR_S,
    MICRO,
    FleetFolder,
    SeriesKey,
    around,
    begin_of,
    device_numbers,
    frame_of,
    partition,
    read_series,
)
from wattline.meter.fleet.stage import sizes
from wattline.meter.recording import Series, filled_column

CONTEXT_S = HOUR_S  # readings so far beside a day are read too: what lies between two is judged by both
SLOW = DAY_S // 50  # fewer readings a day than this are so far apart that the whole days beside are read
NAME = "energy.parquet"


def is_made(folder: FleetFolder, day: date, bucket: int) -> bool:
    """Whether a partition's joules are those of the readings that lie there now.

    Parameters
    ----------
    folder : of the fleet's readings
    day : of the partition, UTC
    bucket : of the partition's devices

    Returns whether they are.
    """
    try:
        return bool(json.loads(_mark(folder, day, bucket).read_text("utf-8"))["of"] == _of(folder, day, bucket))
    except (OSError, ValueError, KeyError):
        return False


def make(folder: FleetFolder, day: date, bucket: int) -> int:
    """Write a partition's joules by device and interval.

    Parameters
    ----------
    folder : of the fleet's readings
    day : of the partition, UTC
    bucket : of the partition's devices

    Returns the number of readings that they rest on.
    """
    of = _of(folder, day, bucket)
    series, count = _series(folder, day, bucket)
    tracks = tracks_of(series).tracks
    known = device_numbers(read_series(folder))
    begin = begin_of(day)
    edges = np.arange(begin, begin + DAY_S + 1, folder.interval_s, dtype=float)
    parts = [_rows(track, known[key], edges) for key, track in tracks.items()]
    names = ("device", "begin_s", "energy_j", "below_j", "above_j", "seen_s", "peak_w")
    empty = np.empty(0)
    columns = {name: np.concatenate([p[i] for p in parts]) if parts else empty for i, name in enumerate(names)}
    _write(folder, day, bucket, columns)
    write_text(_mark(folder, day, bucket), json.dumps({"of": of, "readings": count}) + "\n")
    return count


def _mark(folder: FleetFolder, day: date, bucket: int) -> Any:
    return partition(folder.energy, day, bucket) / "made.json"


def _of(folder: FleetFolder, day: date, bucket: int) -> str:
    """A digest of the readings that the joules of a partition rest on."""
    files = [sizes(folder.files(folder.readings, each, bucket)) for each in around(day)]
    return hashlib.sha256(json.dumps([folder.interval_s, files]).encode()).hexdigest()[:32]


def _series(folder: FleetFolder, day: date, bucket: int) -> tuple[list[Series], int]:
    """The series of a partition, each with what was read near it on the days beside; and its own readings' number."""
    number, time_us, values = _readings(folder, day, bucket)
    keys: Mapping[int, SeriesKey] = {n: key for key, n in read_series(folder).items()}
    if not len(number):
        return [], 0
    low = int(number.min())
    close = int(number.max()) - low < 1 << 16
    order = np.argsort((number - low).astype(np.uint16) if close else number, kind="stable")  # 16 bits sort in no time
    number = number[order]
    series = []
    for first, last in pairwise([0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(number)]):
        rows = order[first:last]
        at = time_us[rows]
        if (np.diff(at) < 0).any():
            rows = rows[np.argsort(at, kind="stable")]
        device, spec = keys[int(number[first])]
        power, energy = (filled_column(column[rows]) for column in values)
        series.append(Series(device, spec, time_us[rows] / MICRO, power, energy))
    begin_us = begin_of(day) * MICRO
    return series, int(((time_us >= begin_us) & (time_us < begin_us + DAY_S * MICRO)).sum())


def _readings(folder: FleetFolder, day: date, bucket: int) -> tuple[Array, Array, tuple[Array, Array]]:
    """Series, instants (µs), watts and joules of a partition and of what was read near it."""
    import polars as pl

    before, _, after = around(day)
    begin_us, end_us = begin_of(day) * MICRO, (begin_of(day) + DAY_S) * MICRO
    own = pl.read_parquet(folder.files(folder.readings, day, bucket), hive_partitioning=False)
    frames = [own]
    beside = folder.files(folder.readings, before, bucket) + folder.files(folder.readings, after, bucket)
    if beside:
        counts = own["series"].value_counts()
        slow = counts.filter(pl.col("count") < SLOW)["series"].to_list()
        near = pl.col("time_us").is_between(begin_us - CONTEXT_S * MICRO, end_us + CONTEXT_S * MICRO)
        there = pl.scan_parquet(beside, hive_partitioning=False)
        frames.append(there.filter(near | pl.col("series").is_in(slow)).collect())
    frame = pl.concat(frames)
    power, energy = (frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("power_w", "energy_j"))
    return frame["series"].to_numpy(), frame["time_us"].to_numpy(), (power, energy)


def _rows(track: Track, device: int, edges: Array) -> tuple[Array, ...]:
    """A device's joules in each interval between the edges (s) in which it was seen."""
    spans = within(track.seen(), edges[0], edges[-1])
    energy, seen = np.zeros((3, len(edges) - 1)), np.zeros(len(edges) - 1)
    for begin, end in spans:
        at = np.clip(edges, begin, end)
        energy += np.diff(track.running(at))
        seen += np.diff(at)
    there = np.flatnonzero(seen > 0)
    first, last = edges[there], edges[there + 1]
    energy = np.maximum(energy[:, there], 0.0)  # rounding alone can make it less
    number = np.full(len(there), device)
    return number, first, *energy, seen[there], _peaks(track, first, last)


def _peaks(track: Track, begin_s: Array, end_s: Array) -> Array:
    """The highest reading in each interval; that of the line at its begin where none falls in it."""
    at, watts = track.levels()
    order = np.argsort(at, kind="stable")
    at, watts = at[order], watts[order]
    first, last = np.searchsorted(at, begin_s), np.searchsorted(at, end_s)
    highest = track.at_w(begin_s)
    filled = last > first
    if filled.any():
        pairs = np.stack([first[filled], last[filled]], axis=1).ravel()
        padded = np.append(watts, -np.inf)
        highest[filled] = np.maximum.reduceat(padded, pairs)[::2]
    return highest


def _write(folder: FleetFolder, day: date, bucket: int, columns: dict[str, Any]) -> None:
    """The table of a partition, whole or not at all."""
    import polars as pl

    begin = np.round(columns.pop("begin_s") * MICRO).astype(np.int64)
    frame = frame_of({"device": columns.pop("device").astype(np.int32), "begin": begin} | columns)
    frame = frame.with_columns(
        pl.col("begin").cast(pl.Datetime("us", "UTC")),
        *(pl.col(name).cast(pl.Float32) for name in ("below_j", "above_j", "seen_s", "peak_w")),
    )
    path = partition(folder.energy, day, bucket) / NAME
    write_whole(path, lambda name: frame.write_parquet(name, compression="zstd"))
