"""A trace in a file -> ``Traffic``: the format told by the content, each row that is left out counted by its reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.traffic.columns import (
    ROLES,
    SEEN,
    UNITS,
    TraceColumns,
    choose_columns,
    seen_columns,
    times_s,
    tokens,
)
from wattline.line.work.traffic.prefix_blocks import as_made
from wattline.line.work.traffic.seen import SeenRequests, usual_size
from wattline.line.work.traffic.table import TraceTable, open_table
from wattline.line.work.traffic.trace import Traffic

if TYPE_CHECKING:
    import polars as pl

MAX_TOKENS = 10_000_000
_MAX_TIME_S = 1e11
_UNREADABLE = 0.5  # a file with more rows than this that cannot be read is taken for another kind of file


def read_traffic(
    path: Path | str,
    *,
    time: str | None = None,
    input: str | None = None,
    output: str | None = None,
    time_unit: str | None = None,
    where: Mapping[str, str] | None = None,
    block_tokens: int | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Traffic:
    """The requests of a trace, in the order of their arrival, the first at 0 s.

    Known by their columns: the Azure LLM traces of 2023 and 2024, BurstGPT, Mooncake's JSON lines (``hash_ids``), any
    CSV or JSON lines with an arrival and two numbers of tokens, and Wattline's own Parquet; gzip is unpacked.

    Parameters
    ----------
    path : of the trace
    time : name of the column of arrivals, where it is not plain
    input, output : names of the columns of prompt and answer tokens, where they are not plain
    time_unit : unit of the trace's times: s, ms, us or ns
    where : column and text: only rows that have it are taken
    block_tokens : tokens of a block of prefixes; None for what the file shows: 512 in Mooncake's traces, 16 in those of
        Alibaba's Qwen, whose times are in seconds
    max_tokens : requests of more are left out

    Returns the requests. Raises WattlineError for a file that is no trace.
    """
    file = Path(path)
    if time_unit is not None and time_unit not in UNITS:
        raise WattlineError(f"traffic: time unit {shorten(time_unit)!r} is none of {', '.join(UNITS)}")
    if max_tokens < 2 or (block_tokens is not None and block_tokens < 1):
        raise WattlineError("traffic: max_tokens must be 2 or more, block_tokens 1 or more")
    named = dict(zip(ROLES, (time, input, output), strict=True))
    table = open_table(file, {*(where or {}), *filter(None, named.values())})
    if table.own:
        from wattline.line.work.traffic.files import read_parquet

        return read_parquet(file)
    table, block = as_made(table, block_tokens)
    rows, filtered = _where(table, where or {})
    columns = choose_columns(table.names, named, table.where)
    numbers, unit = _numbers(rows, columns, time_unit, table)
    data, rejected = _sound(numbers, columns, max_tokens, table)
    if filtered:
        rejected["not asked for"] = filtered
    note = f"{table.where}: {table.kind}, columns {columns.named()}, times in {unit}"
    return _traffic(data, note, rejected, block)


def _where(table: TraceTable, where: Mapping[str, str]) -> tuple[pl.DataFrame, int]:
    """The rows that hold what is asked for, and how many do not."""
    import polars as pl

    rows = table.rows
    for name, text in where.items():
        if name not in rows.columns:
            raise WattlineError(f"{table.where}: no column {shorten(name)!r}; it has {', '.join(rows.columns)[:200]}")
        rows = rows.filter(pl.col(name).cast(pl.String) == text)
    if where and not len(rows):
        wanted = ", ".join(f"{name}={text}" for name, text in where.items())
        raise WattlineError(f"{table.where}: no row has {shorten(wanted, 100)}")
    return rows, len(table.rows) - len(rows)


def _numbers(
    rows: pl.DataFrame, columns: TraceColumns, unit: str | None, table: TraceTable
) -> tuple[pl.DataFrame, str]:
    """Arrival in seconds and tokens as floats, NaN where unreadable, with the rows' own hashes; and the times' unit."""
    import polars as pl

    at, time_unit_name = times_s(rows[columns.time], columns.time, unit or table.time_unit)
    out = {
        "arrival_s": at,
        "input": tokens(rows[columns.input]),
        "output": tokens(rows[columns.output]),
    }
    for what, name in seen_columns(rows.columns).items():
        if rows[name].dtype.is_numeric() or rows[name].dtype == pl.String:  # not lists of the pictures themselves
            out[what] = np.nan_to_num(np.maximum(tokens(rows[name]), 0.0))
    frame = pl.DataFrame(out)
    if "hash_ids" in rows.columns and table.json:
        frame = frame.with_columns(rows["hash_ids"])
    return frame, time_unit_name


def _sound(
    data: pl.DataFrame, columns: TraceColumns, most: int, table: TraceTable
) -> tuple[pl.DataFrame, dict[str, int]]:
    """The rows that are requests, and the others counted by the first reason that holds."""
    import polars as pl

    at, given, made = (data[name].to_numpy() for name in ("arrival_s", "input", "output"))
    whole = (given == np.floor(given)) & (made == np.floor(made))
    reasons = {
        "time not readable": ~np.isfinite(at),
        "time beyond 3,000 years": np.abs(at) > _MAX_TIME_S,
        "tokens not readable": ~(np.isfinite(given) & np.isfinite(made)),
        "negative tokens": (given < 0) | (made < 0),
        "tokens not whole": ~whole,
        "no output tokens (failed)": made == 0,
        "no input tokens": given == 0,
        f"longer than {most:,} tokens": given + made > most,
    }
    left = np.ones(len(data), bool)
    counted: dict[str, int] = {}
    for reason, mask in reasons.items():
        if hit := int(np.count_nonzero(mask & left)):
            counted[reason] = hit
        left &= ~mask
    unreadable = sum(counted.get(f"{what} not readable", 0) for what in ("time", "tokens"))
    if unreadable > _UNREADABLE * len(data) or not left.any():
        why = ", ".join(f"{count:,} rows: {reason}" for reason, count in counted.items())
        raise WattlineError(f"{table.where}: no traffic in columns {columns.named()} ({why}); {columns.mend()}")
    return data.filter(pl.Series(left)), counted


def _traffic(data: pl.DataFrame, note: str, rejected: dict[str, int], block_tokens: int) -> Traffic:
    """Rows in order of time, from 0 s on."""
    import polars as pl

    from wattline.line.work.traffic.files import list_hashes

    notes = [note]
    at = data["arrival_s"].to_numpy()
    late = int(np.count_nonzero(np.diff(at) < 0))
    if late:
        data = data.sort("arrival_s", maintain_order=True)
        notes.append(f"out of order in {late:,} places: sorted by time")
    given = data["input"].to_numpy().astype(np.int64)
    hashes = None
    if "hash_ids" in data.columns:
        most = -(-given // block_tokens)
        over = int((data["hash_ids"].list.len().fill_null(0).to_numpy() > most).sum())
        if over:
            notes.append(f"{over:,} requests have more prefix blocks than their prompts fill: cut")
            data = data.with_columns(pl.Series("most", most)).with_columns(pl.col("hash_ids").list.head(pl.col("most")))
        hashes = list_hashes(data["hash_ids"], block_tokens)
    at = data["arrival_s"].to_numpy()
    made = data["output"].to_numpy().astype(np.int64)
    seen = _seen(data)
    if seen is not None:
        notes.append(f"{int(seen.pictures.sum()):,} pictures and {seen.audio_s.sum():,.0f} s of sound beside the text")
    return Traffic(at - at[0], given, made, hashes, rejected, tuple(notes), seen=seen)


def _seen(data: pl.DataFrame) -> SeenRequests | None:
    """Pictures and sound of each request; None where the trace tells none."""
    none = np.zeros(len(data))
    given, audio, width, height = (data[name].to_numpy() if name in data.columns else none for name in SEEN)
    if not (given.any() or audio.any()):
        return None
    pictures = np.rint(given).astype(np.int64)
    return SeenRequests(pictures, audio, *usual_size(width, height, pictures))
