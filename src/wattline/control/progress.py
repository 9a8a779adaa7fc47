"""What a command tells of its progress: lines in the file that WATTLINE_PROGRESS names, the last of which counts."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from wattline.control.nvml import NvmlKnob
from wattline.control.settable import Settable

TAIL_BYTES = 200
LINE = re.compile(rb"^\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)\s*$")
MAX_PERCENT = 100.0


class ProgressFile:
    """How much a command has done in all: ``120 steps`` on the last whole line of its file, or the number alone."""

    def __init__(self, path: str) -> None:
        self.path, self.unit = path, "steps"
        self._size = -1

    def done(self) -> float | None:
        """The count where it has moved since the last look; None where it has not."""
        try:
            size = os.path.getsize(self.path)
            if size == self._size:
                return None
            with open(self.path, "rb") as file:
                file.seek(max(size - TAIL_BYTES, 0))
                lines = file.read().splitlines(keepends=True)
        except OSError:
            return None
        self._size = size
        for line in reversed(lines):
            match = LINE.match(line.rstrip(b"\n")) if line.endswith(b"\n") else None
            if match:
                self.unit = match[2].decode() or self.unit
                return float(match[1])
        return None


def utilisation_progress(settables: Sequence[Settable]) -> Callable[[], float] | None:
    """Clock times utilisation, added up, as a proxy of work done [GHz s]; None where no device tells it."""
    gpus = [each for each in settables if isinstance(each, NvmlKnob)]
    if not gpus:
        return None
    state: dict[str, Any] = {"sum": 0.0, "at": time.monotonic()}

    def done() -> float:
        now = time.monotonic()
        rate = sum(gpu.activity() for gpu in gpus)
        state["sum"] += rate * (now - state["at"])
        state["at"] = now
        return float(state["sum"])

    return done
