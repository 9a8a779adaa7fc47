"""Any recording by its path: a file or a folder, its format told by what is in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from wattline.core.errors import WattlineError, shorten
from wattline.meter.interpretation import Choices
from wattline.meter.readers import (
    codecarbon,
    exposition,
    mlperf_inference,
    mlperf_training,
    nvidia_smi,
    plain,
    prometheus,
    zeus,
)
from wattline.meter.readers.frame import decode
from wattline.meter.readers.ranks import one_machine
from wattline.meter.recording import Recording

HEAD_BYTES = 65_536
AS_READ = Choices()
FILES = "files"  # as --device: each file is of a machine of its own
OPTIONS = "--columns, --unit, --device and --inside"
TEXTS = (".txt", ".log", ".prom", ".json", ".csv")


class Format(NamedTuple):
    """One kind of file: how it is told by path and beginning, and what reads it."""

    name: str
    told: Callable[[Path, str, bytes], bool]
    read: Callable[[Path], Recording]
    choose: Callable[[Path, Choices], Recording] | None = plain.read  # where the user says what its columns are


def _journal(path: Path) -> Recording:
    from importlib import import_module

    with import_module("wattline.meter.journal.journal").Journal.open(path) as journal:
        recording = journal.recording()
    assert isinstance(recording, Recording)
    return recording


def _mlperf(path: Path) -> Recording:
    """One node's file alone, with the run's log beside it."""
    if not mlperf_training.is_power(path):
        raise WattlineError(f"{path} is the log of a run: give the folder with its node_*.txt")
    return mlperf_training.read([path], _run_log(path.parent), None, str(path))


# the first that fits reads; add a format here
FORMATS = (
    Format("Wattline journal", lambda path, text, data: data.startswith(b"SQLite format 3\0"), _journal, None),
    Format("Parquet", lambda path, text, data: data.startswith(b"PAR1"), plain.read),
    Format("MLPerf Inference power", lambda path, text, data: mlperf_inference.is_spl(path),
           mlperf_inference.read, None),
    Format("MLPerf Training power", lambda path, text, data: ":::MLLOG" in text, _mlperf, None),
    Format("nvidia-smi", lambda path, text, data: nvidia_smi.is_smi(text), nvidia_smi.read),
    Format("CodeCarbon", lambda path, text, data: codecarbon.is_emissions(text), codecarbon.read),
    Format("Zeus windows", lambda path, text, data: zeus.is_windows(text), zeus.read_windows),
    Format("Zeus power", lambda path, text, data: zeus.is_power(text), zeus.read_power),
    Format("Prometheus JSON", lambda path, text, data: prometheus.is_answer(text), prometheus.read, prometheus.read),
    Format("Prometheus text", lambda path, text, data: exposition.is_text(text),
           exposition.read_one, exposition.read_one),
    Format("table", lambda path, text, data: any(sign in text for sign in ",;\t"), plain.read),
)  # fmt: skip


def read(path: Path | str, choices: Choices = AS_READ) -> Recording:
    """The recording at a path; raises WattlineError where there is none or its format is not known.

    ``choices``: what the user says of its columns or series, in place of what their names say.
    """
    path = Path(path)
    try:
        if path.is_dir():
            return _folder(path)
        with path.open("rb") as file:
            data = file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise WattlineError(f"{shorten(str(path), 200)} does not exist") from None
    except (OSError, ValueError) as error:
        raise WattlineError(
            f"{shorten(str(path), 200)} cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from None
    if not data.strip(b"\0 \r\n\t"):
        raise WattlineError(f"{shorten(str(path), 200)} is empty")
    text = decode(data)
    for form in FORMATS:
        if form.told(path, text, data):
            if not choices:
                return form.read(path)
            if form.choose is None:
                raise WattlineError(f"{path}: {form.name} says itself what its readings are: leave out {OPTIONS}")
            return form.choose(path, choices)
    names = ", ".join(form.name for form in FORMATS)
    raise WattlineError(f"{shorten(str(path), 200)} is none of the formats that are read: {names}")


def read_all(paths: Sequence[Path | str], choices: Choices = AS_READ) -> Recording:
    """Several recordings as one; ``choices`` hold for each of them."""
    if not paths:
        raise WattlineError("give at least one recording: a file or a folder")
    apart = choices.device == (FILES,)
    choices = replace(choices, device=()) if apart else choices
    recordings = [read(path, choices) for path in paths]
    if apart or len(recordings) == 1:
        return join(recordings)
    recordings, notes = one_machine(recordings)
    joined = join(recordings)
    return replace(joined, notes=(*notes, *joined.notes))


def join(recordings: Sequence[Recording]) -> Recording:
    """One recording of many; a run's window and counts are kept only where one of them tells."""
    if len(recordings) == 1:
        return recordings[0]
    runs = [r for r in recordings if any(w.name == "run" for w in r.windows)]
    several = len(runs) > 1
    notes = ["several recordings tell of a run: no one window of it, and no count"] if several else []
    return Recording(
        series=tuple(s for r in recordings for s in r.series),
        windows=tuple(w for r in recordings for w in r.windows if not (several and w.name == "run")),
        counts={} if several else {name: value for r in recordings for name, value in r.counts.items()},
        faults=tuple(f for r in recordings for f in r.faults),
        notes=(*notes, *(n for r in recordings for n in r.notes)),
        source=", ".join(r.source for r in recordings),
        interpretation=tuple(row for r in recordings for row in r.interpretation),
    )


def _folder(folder: Path) -> Recording:
    """A folder that is one recording: MLPerf's, one of scrapes, or one that holds a single readable folder or file."""
    files = sorted((p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")), key=_natural)
    if (folder / "spl.txt").is_file():
        return mlperf_inference.read(folder / "spl.txt")
    power = [path for path in files if path.suffix in TEXTS and mlperf_training.is_power(path)]
    if power:
        total = next((p for p in files if p.stem in ("total_power", "total_energy")), None)
        return mlperf_training.read(power, _run_log(folder, power), total, str(folder))
    scrapes = [
        path for path in files if path.suffix in (".txt", ".prom", ".metrics") and exposition.is_text(_beginning(path))
    ]
    if len(scrapes) > 1 and not any(path.suffix in (".csv", ".parquet", ".json") for path in files):
        return exposition.read(scrapes, str(folder))
    return _only(folder, files)


def _only(folder: Path, files: list[Path]) -> Recording:
    """The one recording in a folder that is itself none."""
    inside = [p for p in sorted(folder.iterdir()) if p.is_dir() and p.name != "ranging" and not p.name.startswith(".")]
    held = [p for p in inside if any(q.name == "spl.txt" or mlperf_training.is_power(q) for q in p.glob("*.txt"))]
    if len(held) == 1:
        return _folder(held[0])
    tables = [
        p
        for p in files
        if p.suffix in (".csv", ".parquet", ".json", ".wattline", ".db", ".sqlite", ".prom", ".metrics")
    ]
    if not held and len(tables) > 1:  # a table that no known tool wrote is beside the one that one did
        tables = [p for p in tables if _is_written_by_a_tool(p)] or tables
    if not held and len(tables) == 1:
        return read(tables[0])
    names = [p.name for p in (*held, *tables)]
    if names:
        raise WattlineError(
            f"{folder} holds several recordings: {shorten(', '.join(names), 150)}; name one, or several"
        )
    raise WattlineError(
        f"{folder} holds no recording that is known (node_*.txt, spl.txt, a CSV, Parquet, JSON or journal)"
    )


def _is_written_by_a_tool(path: Path) -> bool:
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
    text = decode(data)
    return any(form.told(path, text, data) for form in FORMATS if form.name != "table")


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        return decode(file.read(HEAD_BYTES))


def _natural(path: Path) -> tuple[str, int, str]:
    """node_2 before node_10."""
    stem = path.stem.rstrip("0123456789")
    digits = path.stem[len(stem) :]
    return stem, int(digits) if digits else -1, path.name


def _run_log(folder: Path, power: Sequence[Path] = ()) -> Path | None:
    """The run's log: mllog.txt, else the text file beside (or two above, by the folder's name) that has run_start."""
    first = [folder / "mllog.txt", folder / "mllog.log"]
    beside = [p for p in sorted(folder.glob("*.txt")) + sorted(folder.glob("*.log")) if p not in power]
    above = [folder.parent.parent / f"{folder.name}.txt", folder.parent.parent / f"{folder.name}.log"]
    return next((path for path in (*first, *beside, *above) if path.is_file() and mlperf_training.is_run(path)), None)
