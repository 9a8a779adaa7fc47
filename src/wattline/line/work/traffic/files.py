"""Traffic in files of Wattline's own: Parquet, whole or part after part, and CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.files import new_folder, write_whole
from wattline.core.parquet import check_parquet, damage
from wattline.core.reading import parse_json
from wattline.line.work.traffic.seen import SeenRequests
from wattline.line.work.traffic.trace import Hashes, Traffic

if TYPE_CHECKING:
    import polars as pl

META = "wattline_traffic"


def frame(traffic: Traffic) -> pl.DataFrame:
    """One row a request; ``hash_ids`` where there are prefix hashes."""
    import polars as pl

    table = pl.DataFrame({name: getattr(traffic, name) for name in ("arrival_s", "input_tokens", "output_tokens")})
    if traffic.seen is not None:
        table = table.with_columns(
            pl.Series("pictures", traffic.seen.pictures), pl.Series("audio_s", traffic.seen.audio_s)
        )
        sides = (("picture_width", traffic.seen.width), ("picture_height", traffic.seen.height))
        table = table.with_columns(pl.lit(side, pl.Int64).alias(name) for name, side in sides)
    if traffic.hashes is None:
        return table
    row = np.repeat(np.arange(len(traffic)), np.diff(traffic.hashes.offset))
    lists = pl.DataFrame({"row": row, "hash_ids": traffic.hashes.block}).group_by("row", maintain_order=True).all()
    whole = pl.DataFrame({"row": np.arange(len(traffic))}).join(lists, on="row", how="left", maintain_order="left")
    return table.with_columns(whole["hash_ids"].fill_null([]))


def _meta(traffic: Traffic) -> dict[str, Any]:
    return {
        "duration_s": traffic.duration_s,
        "block_tokens": traffic.hashes.block_tokens if traffic.hashes else None,
        "rejected": dict(traffic.rejected),
        "notes": list(traffic.notes),
    }


def write_parquet(traffic: Traffic, path: Path | str) -> None:
    """The traffic as one Parquet file, whole or not at all.

    Parameters
    ----------
    traffic : the requests
    path : of the file
    """
    meta = {META: json.dumps(_meta(traffic))}
    write_whole(path, lambda name: frame(traffic).write_parquet(name, metadata=meta))


def write_csv(traffic: Traffic, path: Path | str) -> None:
    """Arrival and lengths as a CSV that ``read_traffic`` reads.

    Parameters
    ----------
    traffic : the requests
    path : of the file
    """
    write_whole(path, lambda name: frame(traffic).drop("hash_ids", strict=False).write_csv(name))


def write_stream(parts: Iterable[Traffic], path: Path | str) -> int:
    """Parts of one traffic, each written as it comes: memory for one part alone.

    Parameters
    ----------
    parts : in order, as ``stream`` gives them
    path : the Parquet file

    Returns the number of requests. Raises WattlineError where none came.
    """
    import polars as pl

    total = 0
    meta: dict[str, Any] = {"duration_s": 0.0}
    with new_folder(path) as folder:
        for number, part in enumerate(parts):
            total += len(part)
            meta = _meta(part) | {"duration_s": max(part.duration_s, meta["duration_s"])}
            frame(part).write_parquet(Path(folder) / f"{number:06d}.parquet")
        if not total:
            raise WattlineError("traffic: nothing to write: no request came in the window")
        extra = {META: json.dumps(meta)}
        whole = pl.scan_parquet(Path(folder) / "*.parquet")
        write_whole(path, lambda name: whole.sink_parquet(name, metadata=extra))
    return total


def read_parquet(path: Path | str) -> Traffic:
    """A traffic that Wattline wrote as Parquet; raises WattlineError if it is none."""
    return next(read_chunks(path, None))


def read_chunks(path: Path | str, size: int | None = 1_000_000) -> Iterator[Traffic]:
    """A Parquet file of Wattline's in parts of ``size`` requests, held one at a time; None: as one. Raises
    WattlineError where the file is not there, is damaged, or is not one that Wattline wrote.

    Parameters
    ----------
    path : of the file
    size : requests of a part

    Returns an iterator of the parts.
    """
    import polars as pl

    try:
        check_parquet(Path(path))
        meta = parse_json(pl.read_parquet_metadata(path)[META])
        lazy = pl.scan_parquet(path)
        rows = int(lazy.select(pl.len()).collect().item())
        for start in range(0, max(rows, 1), size or max(rows, 1)):
            yield _traffic(lazy.slice(start, size).collect(), meta, start == 0)
    except FileNotFoundError:
        raise WattlineError(f"traffic {shorten(str(path), 200)} does not exist") from None
    except damage() as error:
        why = shorten(str(error), 100)
        raise WattlineError(f"{shorten(str(path), 200)} is not a traffic that Wattline wrote ({why})") from None


def _traffic(table: pl.DataFrame, meta: dict[str, Any], first: bool) -> Traffic:
    return Traffic(
        table["arrival_s"].to_numpy(),
        table["input_tokens"].to_numpy(),
        table["output_tokens"].to_numpy(),
        list_hashes(table["hash_ids"], int(meta["block_tokens"])) if meta["block_tokens"] else None,
        meta["rejected"] if first else {},
        tuple(meta["notes"]) if first else (),
        float(meta["duration_s"]),
        _seen(table),
    )


def list_hashes(column: pl.Series, block_tokens: int) -> Hashes:
    """Prefix hashes out of a column of lists.

    Parameters
    ----------
    column : a list of hashes a request
    block_tokens : tokens that a hash stands for

    Returns the hashes of all requests.
    """
    length = column.list.len().fill_null(0).to_numpy().astype(np.int64)
    block = column.filter(column.list.len() > 0).explode().to_numpy().astype(np.int64)
    return Hashes(block, np.concatenate([[0], np.cumsum(length)]), block_tokens)


def _seen(table: pl.DataFrame) -> SeenRequests | None:
    """Pictures and sound, where they were written."""
    if "pictures" not in table.columns:
        return None
    seen = SeenRequests(table["pictures"].to_numpy(), table["audio_s"].to_numpy())
    if "picture_width" not in table.columns or not len(table):  # files of before their size was written
        return seen
    return seen.sized(int(table["picture_width"][0]), int(table["picture_height"][0]))
