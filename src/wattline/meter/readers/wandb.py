"""Weights & Biases' system metrics: ``run.history(stream="events")`` as CSV, events as JSON lines, or a chart's CSV.

``gpu.N.powerWatts`` is the card's; ``gpu.process.N.powerWatts`` is the same card again, while the run uses it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from wattline.core.errors import WattlineError
from wattline.core.reading import parse_json
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, plain
from wattline.meter.readers.frame import read_frame
from wattline.meter.recording import Recording

if TYPE_CHECKING:
    import polars as pl

POWER = re.compile(r"(?:^|[./ ])gpu\.(process\.)?(\d+)\.powerWatts(?:/l:([^ ]+))?$")
WHOLE = re.compile(r"(?:^|[./ ])(?:system\.)?(cpu|gpu|ane|system|soc)\.?(?:powerWatts|power_watts)$")
TIMES = ("_timestamp", "timestamp", "time", "_runtime", "relative time (process)", "relative time (wall)", "wall time")


def is_text(text: str) -> bool:
    """Whether a file begins as W&B's system metrics."""
    begin = text.lstrip("\ufeff \r\n")[:20_000]
    return ".powerWatts" in begin and ("gpu." in begin or "system." in begin)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each card of each process that logged.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    frame = _frame(path)
    times = next((name for want in TIMES for name in frame.columns if name.lower() == want), None)
    if times is None:
        raise WattlineError(
            f"{path} is W&B's, without _timestamp or _runtime (columns: {', '.join(frame.columns[:6])})"
        )
    named = {times: "elapsed_s" if times.lstrip("_")[:1].lower() == "r" else "time"}
    cards: dict[tuple[str, str], str] = {}
    for name in frame.columns:
        if match := POWER.search(name):
            key = (match[3] or name[: match.start()].rpartition(" - ")[0], match[2])
            if key not in cards or not match[1]:
                cards[key] = name
    several = len({label for label, _ in cards}) > 1
    for (label, number), name in cards.items():
        named[name] = (f"{re.sub('[^A-Za-z0-9]+', '-', label)}_" if several else "") + f"gpu{number}_power_w"
    for name in frame.columns:
        if name not in named and (match := WHOLE.search(name)):
            named[name] = f"{match[1]}_power_w"
    if len(named) == 1:
        raise WattlineError(f"{path} is W&B's, and holds no gpu.N.powerWatts")
    return plain.of_frame(frame.select(list(named)).rename(named), choices, str(path), path.stem)


def _frame(path: Path) -> pl.DataFrame:
    import polars as pl

    with path.open("rb") as file:
        begin = file.read(64).lstrip(b"\xef\xbb\xbf \r\n")[:1]
    if begin not in (b"{", b"["):
        return read_frame(path)
    if (whole := _whole(path)) is not None:
        return whole
    rows = []
    for line in logs.lines(path):
        try:
            row = parse_json(line)
        except ValueError:
            continue  # the last line may be cut
        if isinstance(row, dict):
            rows.append({name: value for name, value in row.items() if isinstance(value, int | float)})
    if not rows:
        raise WattlineError(f"{path} holds no whole event of W&B")
    return pl.DataFrame(rows, infer_schema_length=None)


def _whole(path: Path) -> pl.DataFrame | None:
    """A file that is one JSON value: events in a list, or pandas' columns by row; None for lines of events."""
    import polars as pl

    try:
        data = parse_json("\n".join(logs.lines(path)))
    except ValueError:
        return None
    if isinstance(data, dict):
        if not data or not all(isinstance(column, dict) for column in data.values()):
            return None
        keys = list(dict.fromkeys(key for column in data.values() for key in column))
        data = [{name: column.get(key) for name, column in data.items()} for key in keys]
    rows = [{name: value for name, value in row.items() if isinstance(value, int | float)}
            for row in data if isinstance(row, dict)]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None) if rows else None
