"""Any recording by its path: a file or a folder, its format told by what is in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from wattline.core.errors import WattlineError, reason_of, shorten
from wattline.core.parquet import damage
from wattline.core.reading import holes_bytes, packer_of, too_large
from wattline.meter.interpretation import Choices
from wattline.meter.readers import mlperf_training
from wattline.meter.readers.frame import decode
from wattline.meter.readers.packed import unpack
from wattline.meter.recording import Recording, Window

HEAD_BYTES = 65_536
LIMIT_BYTES = 8_000_000_000
MAX_HOLES_BYTES = 2**26
AS_READ = Choices()
FILES = "files"  # as --device: each file is of a machine of its own
TEXTS = (".txt", ".log", ".prom", ".json", ".csv")
EDGE_S = 1e-3  # between two clocks' readings of one instant


def read(path: Path | str, choices: Choices = AS_READ) -> Recording:
    """The recording at a path.

    Parameters
    ----------
    path : a file or a folder
    choices : what the user says of its columns or series, in place of what their names say

    Returns
    -------
    The recording.

    Raises WattlineError where there is none, it is damaged, or its format is not known.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _folder(path, choices)
        from wattline.meter.readers.formats import FORMATS, refusal  # every reader: none is needed for most folders

        data = _begin(path)
    except FileNotFoundError:
        raise WattlineError(f"{shorten(str(path), 200)} does not exist") from None
    except (OSError, ValueError) as error:
        raise WattlineError(
            f"{shorten(str(path), 200)} cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from None
    if not data.strip(b"\0 \r\n\t"):
        raise WattlineError(f"{shorten(str(path), 200)} is empty")
    if packer := packer_of(data):
        return _packed(path, packer, choices)
    form = None
    try:
        text = decode(data)
        for form in FORMATS:
            if form.matches(path, text, data):
                return form.choose(path, choices) if choices else form.read(path)
        raise refusal(path, text)
    except damage() as error:  # whatever a reader stumbles over in a file of others
        why = reason_of(error)
        kind = "a recording" if form is None else form.name
        raise WattlineError(f"{shorten(str(path), 200)} cannot be read as {kind}: {why}") from error


def _packed(path: Path, packer: str, choices: Choices) -> Recording:
    """The recording in a packed file, which goes by the packed file's name."""
    with unpack(path, packer) as inner:
        try:
            return replace(read(inner, choices), source=str(path))
        except WattlineError as error:
            raise WattlineError(str(error).replace(str(inner), str(path))) from None


def _begin(path: Path) -> bytes:
    """How a file begins, where it is one that can be read: no pipe, no device, none too large or never written."""
    if path.exists() and not path.is_file():
        raise WattlineError(f"{shorten(str(path), 200)} is a pipe or a device: write it into a file first")
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
        size = os.fstat(file.fileno()).st_size
    if size > LIMIT_BYTES:
        raise too_large(path, "recording", LIMIT_BYTES)
    if holes_bytes(path) > MAX_HOLES_BYTES:
        raise WattlineError(f"{shorten(str(path), 200)} was never written in large part, as if a disk had been full")
    return data


def read_all(paths: Sequence[Path | str], choices: Choices = AS_READ) -> Recording:
    """Several recordings as one.

    Parameters
    ----------
    paths : files or folders
    choices : what the user says of them, which holds for each

    Returns
    -------
    The recording.

    Raises WattlineError where none is given, and as ``read``.
    """
    if not paths:
        raise WattlineError("give at least one recording: a file or a folder")
    apart = choices.device == (FILES,)
    choices = replace(choices, device=()) if apart else choices
    recordings = [read(path, choices) for path in paths]
    if apart or len(recordings) == 1:
        return join(recordings)
    from wattline.meter.readers.ranks import same_machine

    recordings, notes = same_machine(recordings)
    joined = join(recordings)
    return replace(joined, notes=(*notes, *joined.notes))


def join(recordings: Sequence[Recording]) -> Recording:
    """One recording of many; a run's window and counts are kept only where one of them tells."""
    if len(recordings) == 1:
        return recordings[0]
    windows = _windows(recordings)
    telling = [runs for r in recordings if (runs := [w for w in r.windows if w.name == "run"])]
    halves = sum(map(len, telling)) - sum(w.name == "run" for w in windows)  # of runs that two files tell together
    several = len(telling) - halves > 1
    notes = ["several recordings tell of a run: no one window of it, and no count"] if several else []
    return Recording(
        series=tuple(s for r in recordings for s in r.series),
        windows=tuple(w for w in windows if not (several and w.name == "run")),
        counts={} if several else {name: value for r in recordings for name, value in r.counts.items()},
        faults=tuple(f for r in recordings for f in r.faults),
        notes=(*notes, *(n for r in recordings for n in r.notes)),
        source=", ".join(r.source for r in recordings),
        interpretation=tuple(row for r in recordings for row in r.interpretation),
    )


def _windows(recordings: Sequence[Recording]) -> list[Window]:
    """The windows of all; one that two files tell (a journal, and the rest of it) once, with the end that is known."""
    out: list[Window] = []
    for recording in recordings:
        before = list(out)
        for window in recording.windows:
            place = next((i for i, other in enumerate(before) if _halves(other, window)), None)
            if place is None:
                out.append(window)
            elif out[place].end_s is None:
                out[place] = window
    return out


def _halves(window: Window, other: Window) -> bool:
    """Whether two windows are one of which a file has no end; each file maps its clock to the wall's by itself."""
    alike = (window.name, window.parent, window.rank) == (other.name, other.parent, other.rank)
    return alike and None in (window.end_s, other.end_s) and abs(window.begin_s - other.begin_s) <= EDGE_S


def _folder(folder: Path, choices: Choices) -> Recording:
    """A folder that is one recording: MLPerf's, one of scrapes, or one that holds a single readable folder or file."""
    files = sorted((p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")), key=_natural)
    if (folder / "spl.txt").is_file():
        from wattline.meter.readers import mlperf_inference

        return mlperf_inference.read(folder / "spl.txt", choices)
    power = [path for path in files if path.suffix in TEXTS and mlperf_training.is_power(path)]
    if power:
        total = next((p for p in files if p.stem in ("total_power", "total_energy")), None)
        return mlperf_training.read(power, mlperf_training.log_beside(folder, power), total, str(folder), choices)
    from wattline.meter.readers import exposition

    scrapes = [
        path for path in files if path.suffix in (".txt", ".prom", ".metrics") and exposition.is_text(_beginning(path))
    ]
    if len(scrapes) > 1 and not any(path.suffix in (".csv", ".parquet", ".json") for path in files):
        return exposition.read(scrapes, str(folder), choices)
    return _only(folder, files, choices)


def _only(folder: Path, files: list[Path], choices: Choices) -> Recording:
    """The one recording in a folder that is itself none."""
    inside = [p for p in sorted(folder.iterdir()) if p.is_dir() and p.name != "ranging" and not p.name.startswith(".")]
    runs = [p for p in inside if any(q.name == "spl.txt" or mlperf_training.is_power(q) for q in p.glob("*.txt"))]
    if len(runs) == 1:
        return _folder(runs[0], choices)
    tables = [
        p
        for p in files
        if p.suffix in (".csv", ".parquet", ".json", ".wattline", ".db", ".sqlite", ".prom", ".metrics")
    ]
    if not runs and len(tables) > 1:  # a table that no known tool wrote is beside the one that one did
        tables = [p for p in tables if _is_written_by_a_tool(p)] or tables
    if not runs and len(tables) == 1:
        return read(tables[0], choices)
    names = [p.name for p in (*runs, *tables)]
    if names:
        raise WattlineError(
            f"{folder} holds several recordings: {shorten(', '.join(names), 150)}; name one, or several"
        )
    raise WattlineError(
        f"{folder} holds no recording that is known (node_*.txt, spl.txt, a CSV, Parquet, JSON or journal)"
    )


def _is_written_by_a_tool(path: Path) -> bool:
    from wattline.meter.readers.formats import FORMATS

    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
    text = decode(data)
    return any(form.matches(path, text, data) for form in FORMATS if form.name != "table")


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        return decode(file.read(HEAD_BYTES))


def _natural(path: Path) -> tuple[str, int, str]:
    """node_2 before node_10."""
    stem = path.stem.rstrip("0123456789")
    digits = path.stem[len(stem) :]
    return stem, int(digits) if digits else -1, path.name
