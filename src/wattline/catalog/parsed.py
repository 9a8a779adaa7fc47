"""The catalog's files as plain tables, parsed once a machine: TOML takes ten times as long to read as JSON does.

What was parsed is kept in the user's cache folder (``~/.cache/wattline`` on Linux) with the size and date of every file
that it was made from, so that a change of any of them makes it anew; where nothing can be written there, each process
parses for itself.
"""

from __future__ import annotations

import contextlib
import json
import tomllib
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.core.files import write_text
from wattline.core.folders import user_folder
from wattline.core.version import __version__

Tables = dict[str, dict[str, Any]]
Stamp = list[list[str | int]]


def read_tables(name: str, files: list[Path], beside: list[Path], finish: Callable[[Tables], Tables] = dict) -> Tables:
    """The tables of each file, by the file's name, in the order of ``files``.

    Parameters
    ----------
    name : of what is kept, one for each set of files
    files : TOML files
    beside : other files that the tables depend on: programs and data that ``finish`` reads
    finish : what is done to the tables once they are read, before they are kept

    Returns
    -------
    A file's name -> its tables by name.
    """
    stamp = _stamp([*files, *beside])
    kept = _folder() / f"{name}.json"
    try:
        stored = json.loads(kept.read_bytes())
        if stored["stamp"] == stamp:
            tables: Tables = stored["tables"]
            return tables
    except (OSError, ValueError, KeyError, TypeError):
        pass
    tables = finish({path.name: tomllib.loads(path.read_text(encoding="utf-8")) for path in files})
    with contextlib.suppress(WattlineError, TypeError):  # no place to write, or a table holds what JSON has no word for
        write_text(kept, json.dumps({"stamp": stamp, "tables": tables}))
    return tables


def _stamp(files: list[Path]) -> Stamp:
    """What changes when a file does, or the program."""
    stamp: Stamp = [[__version__]]
    for path in files:
        status = path.stat()
        stamp.append([path.name, status.st_mtime_ns, status.st_size])
    return stamp


@cache
def _folder() -> Path:
    """Where the user's caches lie, a folder for each place that a catalog was read from."""
    return user_folder("cache") / f"catalog-{zlib.crc32(__file__.encode()):08x}"
