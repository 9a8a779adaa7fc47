"""Files of readings put into a fleet's partitions, each whole or not at all, and once however often it is given."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.files import write_text
from wattline.core.temporary import temporary_folder
from wattline.meter.device import Device
from wattline.meter.energy.series import placed_recording
from wattline.meter.fleet.layout import (
    MICRO,
    FleetFolder,
    SeriesKey,
    bucket_of,
    device_numbers,
    frame_of,
    paths_sql,
    write_series,
)
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read
from wattline.meter.readers.specs import of_source
from wattline.meter.readings.order import true_time
from wattline.meter.recording import Series

HEAD_BYTES = 1 << 20
NEEDED = ("device", "time")
VALUES = ("power_w", "energy_j")
OPTIONAL = ("host", "kind", "name", "source")
KNOWN = {*NEEDED, *VALUES, *OPTIONAL}


@dataclass(frozen=True)
class StagedFile:
    """A file that lies in the partitions: its mark, its readings, and whether it lay there before."""

    mark: str
    readings: int
    known: bool


def mark_of(path: Path) -> str:
    """A name for what a file holds: of its size, its first and last mebibyte and some of what lies between."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for at in sorted({0, size // 4, size // 2, 3 * size // 4, max(0, size - HEAD_BYTES)}):
            file.seek(at)
            digest.update(file.read(HEAD_BYTES))
    return digest.hexdigest()[:24]


def stage(link: Any, folder: FleetFolder, path: Path, numbers: dict[SeriesKey, int], choices: Choices) -> StagedFile:
    """Put a file's readings into their partitions.

    Parameters
    ----------
    link : a DuckDB
    folder : the fleet's
    path : a recording of any known format, or a table of a fleet: columns device, time and power_w or energy_j
    numbers : the series that are known, with their numbers; those of the file are put to them
    choices : what the user says of the file's columns

    Returns
    -------
    What lies there now. Raises WattlineError for a file that cannot be read.
    """
    if path.is_dir():
        mark = hashlib.sha256(" ".join(mark_of(p) for p in sorted(path.rglob("*")) if p.is_file()).encode())
        name = mark.hexdigest()[:24]
    elif path.exists():
        name = mark_of(path)
    else:
        raise WattlineError(f"{shorten(str(path), 200)} does not exist")
    done = folder.sources / f"{name}.json"
    if done.exists():
        return StagedFile(name, int(json.loads(done.read_text("utf-8"))["readings"]), True)
    with temporary_folder() as near:
        columns = _columns(link, path)
        if columns is not None:
            query = _table_query(link, folder, path, columns, numbers)
        else:
            query = _recording_query(folder, path, numbers, choices, Path(near))
        count = _move(link, folder, query, name)
    write_text(done, json.dumps({"file": path.name, "readings": count}) + "\n")
    return StagedFile(name, count, False)


def _columns(link: Any, path: Path) -> dict[str, str] | None:
    """The columns of a fleet's table with their types; None for what is none, which a reader knows by its content."""
    if path.is_dir() or path.suffix not in (".parquet", ".pq"):
        return None
    try:
        rows = link.execute(f"DESCRIBE SELECT * FROM read_parquet({paths_sql([path])})").fetchall()
    except Exception as error:
        raise WattlineError(f"{shorten(str(path), 200)} is not whole Parquet: {shorten(str(error), 120)}") from None
    columns = {str(row[0]): str(row[1]) for row in rows}
    own = set(NEEDED) <= set(columns) and set(VALUES) & set(columns) and set(columns) <= KNOWN
    return columns if own else None


def _table_query(
    link: Any, folder: FleetFolder, path: Path, columns: Mapping[str, str], numbers: dict[SeriesKey, int]
) -> str:
    """Rows of a fleet's table as rows of the partitions; its devices are numbered."""
    there = [name for name in OPTIONAL if name in columns]
    source = f"read_parquet({paths_sql([path])})"
    parts = [f"coalesce(CAST({name} AS VARCHAR), '') AS {name}" for name in (*there, "device")]
    devices = link.execute(f"SELECT DISTINCT {', '.join(parts)} FROM {source} ORDER BY ALL").fetchall()
    keys = []
    for row in devices:
        texts = dict(zip((*there, "device"), row, strict=True))
        host, _, uuid = texts["device"].rpartition("/") if "host" not in texts else (texts["host"], "", texts["device"])
        if not uuid:
            raise WattlineError(f"{shorten(str(path), 200)}: a row names no device")
        kind = texts.get("kind") or "gpu"
        spec = of_source(texts.get("source") or "dcgm", False)
        keys.append((Device(host, uuid, kind, texts.get("name", "")), spec))
    series = [numbers.setdefault(key, len(numbers)) for key in keys]
    write_series(folder, numbers)
    table: dict[str, Any] = {name: [row[i] for row in devices] for i, name in enumerate((*there, "device"))}
    table |= {"series": np.array(series, np.int32), "bucket": _buckets(numbers, keys)}
    link.register("fleet_devices", frame_of(table).to_arrow())
    match = " AND ".join(f"coalesce(CAST(t.{name} AS VARCHAR), '') = d.{name}" for name in (*there, "device"))
    values = ", ".join(f"CAST({name if name in columns else 'NULL'} AS DOUBLE) AS {name}" for name in VALUES)
    micro = _micro(columns["time"], path)
    return f"SELECT d.series, d.bucket, {micro} AS time_us, {values} FROM {source} t JOIN fleet_devices d ON {match}"


def _micro(kind: str, path: Path) -> str:
    """Microseconds since the epoch of the column of times."""
    if kind.startswith("TIMESTAMP"):
        return "epoch_us(t.time)"
    if kind in ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "UBIGINT", "UINTEGER") or kind.startswith("DECIMAL"):
        return "CAST(round(t.time * 1000000) AS BIGINT)"
    raise WattlineError(f"{shorten(str(path), 200)}: time is {kind}; write timestamps, or seconds since the epoch")


def _recording_query(
    folder: FleetFolder, path: Path, numbers: dict[SeriesKey, int], choices: Choices, near: Path
) -> str:
    """The series of a recording on one clock, in order of time, as rows of the partitions."""
    recording = placed_recording(read(path, choices))
    parts = [((s.device, s.spec), rows) for s in recording.series if (rows := _rows(s)) is not None]
    if not parts:
        raise WattlineError(f"{shorten(str(path), 200)} holds no reading with a time")
    keys = [key for key, _ in parts]
    series = [numbers.setdefault(key, len(numbers)) for key in keys]
    write_series(folder, numbers)
    lengths = [len(rows["time_us"]) for _, rows in parts]
    columns = {name: np.concatenate([rows[name] for _, rows in parts]) for name in parts[0][1]}
    columns |= {"series": np.repeat(series, lengths), "bucket": np.repeat(_buckets(numbers, keys), lengths)}
    file = near / "recording.parquet"
    frame_of(columns).write_parquet(file)
    values = ", ".join(f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}" for name in VALUES)
    return f"SELECT CAST(series AS INTEGER) AS series, bucket, time_us, {values} FROM read_parquet({paths_sql([file])})"


def _rows(series: Series) -> dict[str, Any] | None:
    """A series' readings by a clock that only runs forward."""
    key = series.energy_j if series.energy_j is not None else series.power_w
    if key is None:
        return None
    time, rows, _ = true_time(np.asarray(series.time_s, float), series.monotonic_s, np.asarray(key, float))
    values = {
        name: np.full(len(rows), np.nan) if column is None else np.asarray(column, float)[rows]
        for name, column in (("power_w", series.power_w), ("energy_j", series.energy_j))
    }
    return {"time_us": np.round(time * MICRO).astype(np.int64)} | values if len(time) else None


def _buckets(numbers: Mapping[SeriesKey, int], keys: Sequence[SeriesKey]) -> Any:
    """The bucket of each series, which is that of its device."""
    devices = device_numbers(numbers)
    return np.array([bucket_of(devices[device.key]) for device, _ in keys], np.int32)


def _move(link: Any, folder: FleetFolder, query: str, name: str) -> int:
    """Write the rows beside the partitions, then move them in; returns how many there are."""
    beside = folder.path / f".{name}"
    shutil.rmtree(beside, ignore_errors=True)
    rows = f"SELECT *, CAST(make_timestamp(time_us) AS DATE) AS date FROM ({query})"
    try:
        count = link.execute(
            f"COPY ({rows}) TO '{str(beside).replace(chr(39), chr(39) * 2)}' (FORMAT PARQUET, PARTITION_BY (date, "
            "bucket), COMPRESSION ZSTD, PARQUET_VERSION V2, OVERWRITE_OR_IGNORE)"
        ).fetchone()[0]
    except Exception as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise WattlineError(f"fleet: the readings cannot be written: {shorten(str(error), 160)}") from None
    for number, file in enumerate(sorted(beside.rglob("*.parquet"))):
        target = folder.readings / file.parent.relative_to(beside)
        target.mkdir(parents=True, exist_ok=True)
        os.replace(file, target / f"{name}-{number}.parquet")
    shutil.rmtree(beside, ignore_errors=True)
    return int(count)


def sizes(paths: Sequence[Path]) -> list[tuple[str, int]]:
    """Names and sizes of files, by which what was made from them is known to be up to date."""
    return [(path.name, path.stat().st_size) for path in paths]
