"""Another tool's lines, each behind a time: ``dcgmi dmon … | ts``, ``ipmitool sdr | sed "s/^/$(date +%s) /"``.

A tool that prints no time is so recorded. The times become lines of their own, which the tool's reader understands.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.core.units import DAY_S
from wattline.meter.interpretation import Choices
from wattline.meter.readers import amd_smi, dcgmi, gpustat, ipmitool, logs, nvidia_smi, turbostat
from wattline.meter.recording import Recording

CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d+)?"
PREFIX = re.compile(
    rf"^\[?(\d{{4}}[-/]\d\d[-/]\d\d[T ]{CLOCK}(?:Z| UTC|[+-]\d\d:?\d\d)?|1\d{{9}}(?:\.\d+|\d{{3}})?|"
    rf"[A-Z][a-z]{{2}} +\d{{1,2}} {CLOCK}|{CLOCK})\]?\s*[|,;:]?(?:\s+(.*))?$"
)
TOOLS: tuple[tuple[Callable[[str], bool], Callable[[Path, Choices], Recording]], ...] = (
    (dcgmi.is_text, dcgmi.read),
    (nvidia_smi.is_dmon, nvidia_smi.read),
    (turbostat.is_text, turbostat.read),
    (ipmitool.is_text, ipmitool.read),
    (amd_smi.is_text, amd_smi.read),
    (gpustat.is_text, gpustat.read),
)
HEAD_LINES = 60


def is_text(text: str) -> bool:
    """Whether each line stands behind a time, and what is left is a tool's text that carries none."""
    lines = [line for line in text.lstrip("\ufeff").splitlines()[:HEAD_LINES] if line.strip()]
    matches = [PREFIX.match(line) for line in (lines[:-1] if len(lines) > 3 else lines)]  # the last may be cut
    if len(matches) < 2 or not all(matches):
        return False
    return _tool("\n".join((match[2] or "") if match else "" for match in matches)) is not None


def _tool(text: str) -> Callable[[Path, Choices], Recording] | None:
    return next((read for matches, read in TOOLS if matches(text)), None)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """The tool's recording.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError as its reader does.
    """
    lines, note = _parted(path)
    reader = _tool("\n".join(line for line in lines[: 4 * HEAD_LINES] if logs.stamp(line) is None))
    if reader is None:
        raise WattlineError(f"{path} is text behind times, and not of a tool that is known")
    with tempfile.TemporaryDirectory(prefix="wattline-") as folder:
        inner = Path(folder) / path.name
        inner.write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            recording = reader(inner, choices)
        except WattlineError as error:
            raise WattlineError(str(error).replace(str(inner), str(path))) from None
    return replace(recording, source=str(path), notes=(*((note,) if note else ()), *recording.notes))


def _parted(path: Path) -> tuple[list[str], str]:
    """The lines, with a line of time before those of one instant; and what was assumed of the times."""
    today = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    out: list[str] = []
    last, note, days = -1.0, "", 0.0
    for line in logs.lines(path):
        if (match := PREFIX.match(line)) is None:
            out.append(line)
            continue
        text = match[1].replace(",", ".")
        if re.fullmatch(CLOCK, text):
            text, note = f"{today:%Y-%m-%d} {text}", "times carry no date"
        elif text[0].isalpha():
            text = f"{today:%Y} {text}"
            form = "%Y %b %d %H:%M:%S.%f" if "." in text else "%Y %b %d %H:%M:%S"
            text, note = f"{datetime.strptime(text, form):%Y-%m-%d %H:%M:%S.%f}", "times carry no year"
        at = logs.epoch(text)
        if at is None:
            out.append(match[2] or "")
            continue
        if note == "times carry no date" and at + days < last - 0.5 * DAY_S:
            days += DAY_S
        if at + days != last:
            last = at + days
            out.append(f"{last:.6f}")
        out.append(match[2] or "")
    return out, note
