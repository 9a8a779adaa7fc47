"""A trace's file opened: CSV, JSON lines or Parquet, packed or not, as a table and the name of its format."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.parquet import check_parquet, damage
from wattline.core.reading import MAX_DEVICE_BYTES, gunzip, holes_bytes, open_input, packer_of, parse_json, pieces
from wattline.line.work.traffic.columns import is_known_column, plain, seen_columns

if TYPE_CHECKING:
    import polars as pl

MAX_BYTES = 8 * 2**30
MIN_UNPACKED_BYTES, MAX_RATIO = 64 * 2**20, 40  # traces pack to a fifth or tenth
MAX_HOLES_BYTES = 2**20  # never written, in a file of text
MOONCAKE_BLOCK = 512  # tokens a block of Mooncake's hash_ids
_HEAD = 2**20


@dataclass(frozen=True)
class TraceTable:
    """Rows as they stand in the file; ``kind`` names the format, ``where`` the file; ``own`` is Wattline's Parquet."""

    rows: pl.DataFrame
    kind: str
    where: str
    json: bool = False
    own: bool = False
    time_unit: str | None = None
    header: tuple[str, ...] = ()

    @property
    def names(self) -> Sequence[str]:
        """The columns of the file, those that were not read too."""
        return self.header or self.rows.columns


def open_table(path: Path, keep: Collection[str] = ()) -> TraceTable:
    """The file's table: of a CSV the columns that are known or in ``keep``, all where there are none.

    Raises WattlineError for a file that is missing, empty or no table.

    Parameters
    ----------
    path : of the file
    keep : columns that are wanted beside the known ones

    Returns the table.
    """
    where = shorten(str(path), 200)
    data = _bytes(path, where)
    if data[:4] == b"PAR1":
        return _parquet(data, where)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    start = data[:_HEAD].lstrip()
    if not start:
        raise WattlineError(f"traffic {where} is empty")
    if b"\0" in start[:4096]:
        raise WattlineError(f"traffic {where} is binary; give CSV, JSON lines or Parquet (gzip is unpacked)")
    if start[:1] == b"[":
        raise WattlineError(f"traffic {where} is one JSON array; write one object a line (jq -c '.[]')")
    table = _lines(data, start, where) if start[:1] == b"{" else _csv(data, start, where, keep)
    if not len(table.rows):
        raise WattlineError(f"traffic {where} has no rows, only the names of columns")
    return table


def _bytes(path: Path, where: str) -> bytes:
    try:
        if path.is_dir():
            raise WattlineError(f"traffic {where} is a directory; give a file")
        with open_input(path) as file:
            begin = file.read(4096)
            packed = packer_of(begin)
            if packed not in ("", "gzip") or (b"\0" in begin and not _may_hold_zeros(begin)) or _is_hollow(path):
                raise WattlineError(f"traffic {where} is binary; give CSV, JSON lines or Parquet (gzip is unpacked)")
            most = MAX_DEVICE_BYTES if path.is_char_device() else MAX_BYTES
            size = os.fstat(file.fileno()).st_size if path.is_file() else most
            data = begin + b"".join(pieces(file, most, size))
        if packed:
            most = min(most, max(MIN_UNPACKED_BYTES, MAX_RATIO * len(data)))
            data = gunzip(data, most)
    except FileNotFoundError:
        raise WattlineError(f"traffic {where} does not exist") from None
    except (OSError, EOFError, ValueError, MemoryError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or "no memory for it"
        raise WattlineError(f"traffic {where} cannot be read: {reason}") from None
    if len(data) > most:
        more = ", unpacked: it is packed too well to be a trace" if packed else "; split it"
        raise WattlineError(f"traffic {where} is larger than {most:,} bytes{more}")
    return data


def _may_hold_zeros(begin: bytes) -> bool:
    """Whether a file that begins so may hold zeros: Parquet, gzip and UTF-16."""
    return begin.startswith((b"PAR1", b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff"))


def _is_hollow(path: Path) -> bool:
    return path.is_file() and holes_bytes(path) > MAX_HOLES_BYTES


def _csv(data: bytes, start: bytes, where: str, keep: Collection[str]) -> TraceTable:
    import polars as pl

    first = next((line for line in start.splitlines() if not line.startswith(b"#")), b"")
    sign = max(",;\t", key=first.decode("utf-8", "replace").count)
    how: dict[str, Any] = {
        "separator": sign, "infer_schema": False, "truncate_ragged_lines": True, "encoding": "utf8-lossy",
        "comment_prefix": "#",
    }  # fmt: skip
    try:
        header = pl.read_csv(io.BytesIO(data), n_rows=0, **how).columns
        named = {name: name.strip().strip("\"'") for name in header}
        read = [
            name for name, bare in named.items() if is_known_column(bare) or bare in keep or seen_columns([bare])
        ] or header
        rows = pl.read_csv(io.BytesIO(data), columns=read, **how).rename({name: named[name] for name in read})
    except damage() as error:
        raise WattlineError(f"traffic {where} is not a table: {shorten(str(error), 100)}") from None
    bare = tuple(named.values())
    return TraceTable(rows, _kind(bare), where, header=bare)


def _kind(names: Sequence[str]) -> str:
    present = {plain(name) for name in names}
    if {"timestamp", "contexttokens", "generatedtokens"} <= present:
        return "Azure LLM inference trace"
    if {"timestamp", "requesttokens", "responsetokens"} <= present:
        return "BurstGPT"
    return "CSV"


def _lines(data: bytes, start: bytes, where: str) -> TraceTable:
    """JSON lines by the fields of the first: lines that are no such object become rows without values."""
    import polars as pl

    first = start.split(b"\n", 1)[0]
    try:
        fields = parse_json(first)
    except ValueError as error:
        raise WattlineError(f"traffic {where}: line 1 is not a JSON object ({shorten(str(error), 80)})") from None
    mooncake = {"timestamp", "input_length", "output_length"} <= set(fields)
    schema = {name: kind for name, value in fields.items() if (kind := _type(name, value)) is not None}
    try:
        rows = pl.read_ndjson(io.BytesIO(data), schema=schema, ignore_errors=True)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError):
        rows = _slow_lines(data, schema)
    return TraceTable(
        rows, "Mooncake trace" if mooncake else "JSON lines", where, True, False, "ms" if mooncake else None
    )


def _type(name: str, value: Any) -> Any:
    import polars as pl

    if name == "hash_ids" and isinstance(value, list):
        return pl.List(pl.Int64)
    if isinstance(value, (bool, list, dict)):
        return None
    return pl.Float64 if isinstance(value, (int, float)) else pl.String


def _slow_lines(data: bytes, schema: dict[str, Any]) -> pl.DataFrame:
    """Line by line, for a file that has lines which are no JSON: those stay as rows without values."""
    import polars as pl

    columns: dict[str, list[Any]] = {name: [] for name in schema}
    for line in data.splitlines():
        if not line.strip():
            continue
        try:
            fields = parse_json(line)
        except ValueError:
            fields = {}
        for name, values in columns.items():
            values.append(fields.get(name) if isinstance(fields, dict) else None)
    return pl.DataFrame(
        {name: pl.Series(name, values, dtype=schema[name], strict=False) for name, values in columns.items()}
    )


def _parquet(data: bytes, where: str) -> TraceTable:
    import polars as pl

    from wattline.line.work.traffic.files import META

    try:
        check_parquet(data)
        own = META in pl.read_parquet_metadata(io.BytesIO(data))
        rows = pl.DataFrame() if own else pl.read_parquet(io.BytesIO(data))
    except damage() as error:
        raise WattlineError(f"traffic {where} cannot be read as Parquet: {shorten(str(error), 100)}") from None
    return TraceTable(rows, "Parquet", where, "hash_ids" in rows.columns, own)
