"""MLLOG lines: events of MLPerf's logs, found by their key in text of any other kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from wattline.core.reading import parse_json

BLOCK_BYTES = 1 << 25
LINE = re.compile(rb":::MLLOG\s*(\{.*\})")


class Event(NamedTuple):
    """One line: seconds since the epoch (as logged), key, value and metadata."""

    time_s: float
    key: str
    value: Any
    metadata: dict[str, Any]


def blocks(path: Path) -> Iterator[bytes]:
    """A file in blocks of whole lines."""
    with path.open("rb") as file:
        rest = b""
        while block := file.read(BLOCK_BYTES):
            cut = block.rfind(b"\n") + 1
            if cut == 0:
                rest += block
                continue
            yield rest + block[:cut]
            rest = block[cut:]
        if rest:
            yield rest


def event(text: bytes) -> Event | None:
    """The event of a JSON object, or None where it is cut or is none."""
    try:
        data = parse_json(text)
        time_s, metadata = float(data["time_ms"]) / 1e3, data.get("metadata")
        key, value = str(data["key"]), data.get("value")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return Event(time_s, key, value, metadata if isinstance(metadata, dict) else {}) if isfinite(time_s) else None


def events(path: Path, keys: Iterable[str]) -> list[Event]:
    """All events with one of these keys, in the order of the file.

    Parameters
    ----------
    path : of the log
    keys : of the events that are taken

    Returns
    -------
    Key, value and time of each.
    """
    wanted = re.compile(b"|".join(rb'"key":\s*"' + key.encode() + b'"' for key in keys))
    every = []
    for block in blocks(path):
        for match in wanted.finditer(block):
            begin = block.rfind(b"\n", 0, match.start()) + 1
            end = block.find(b"\n", match.end())
            line = LINE.search(block, begin, end if end >= 0 else len(block))
            if line and (parsed := event(line[1])):
                every.append(parsed)
    return every
