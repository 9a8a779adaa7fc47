"""What share of a machine's work other processes had while a command ran: a measurement counts the whole machine."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from wattline.meter.sensor import SensorGone

PROC = Path("/proc")
LOOK_S = 2.0  # how often GPUs are asked whose work they do
MIN_BUSY_S = 0.5  # of processor time: the kernel counts in hundredths of a second
GENERATIONS = 64  # of processes between the command and one that it began, at most


class OtherShares(NamedTuple):
    """Shares, 0 to 1, of the time that processors, and GPUs, worked for other processes; None where not known."""

    processors: float | None
    gpus: float | None

    def json(self) -> dict[str, float | None]:
        return {"processors_share": self.processors, "gpus_share": self.gpus}

    def __str__(self) -> str:
        known = [f"{share:.0%} of its {what} time" for share, what in ((self.processors, "processor"),
                 (self.gpus, "GPU")) if share is not None]  # fmt: skip
        others = "what other processes had of it is not known" if not known else f"others had {' and '.join(known)}"
        return f"the whole machine is counted; {others}"


class OtherWork:
    """``begin`` and ``end`` around a command, ``look`` now and then while it runs.

    ``sensors``: those of GPUs that tell whose work they do are asked, others are left.
    """

    def __init__(self, sensors: Sequence[Any] = (), proc: Path = PROC) -> None:
        self._gpus = [sensor for sensor in sensors if hasattr(sensor, "processes")]
        self._proc = proc
        self._busy_s = self._own_s = float("nan")
        self._since_us = [time.time_ns() // 1000] * len(self._gpus)
        self._looked_s = time.monotonic()
        self._ours: dict[int, bool] = {os.getpid(): True}
        self._own, self._others = 0.0, 0.0

    def begin(self) -> None:
        self._busy_s, self._own_s = _busy_s(self._proc), _own_s()

    def look(self, pid: int) -> None:
        """Ask the GPUs for whom they worked since the last look; ``pid``: the command's process."""
        if not self._gpus or time.monotonic() - self._looked_s < LOOK_S:
            return
        self._looked_s = time.monotonic()
        for i, gpu in enumerate(self._gpus):
            try:
                used = gpu.processes(self._since_us[i])
            except SensorGone:
                continue
            self._since_us[i] = max((each.time_us for each in used), default=self._since_us[i])
            for each in used:
                if self._is_ours(each.pid, pid):
                    self._own += each.compute
                else:
                    self._others += each.compute

    def end(self) -> OtherShares:
        """The shares since ``begin``; the command's process must have been waited for."""
        busy_s = _busy_s(self._proc) - self._busy_s
        own_s = _own_s() - self._own_s
        processors = max(0.0, 1.0 - own_s / busy_s) if busy_s >= MIN_BUSY_S else None
        work = self._own + self._others
        return OtherShares(processors, self._others / work if work > 0 else None)

    def _is_ours(self, pid: int, command: int) -> bool:
        """Whether the command began a process, itself or through others."""
        self._ours[command] = True
        line: list[int] = []
        at = pid
        while at > 1 and at not in self._ours and len(line) < GENERATIONS:
            line.append(at)
            at = _parent(self._proc, at)
        ours = self._ours.get(at, False)
        self._ours.update(dict.fromkeys(line, ours))
        return ours


def _busy_s(proc: Path) -> float:
    """Seconds that all processors together worked since the machine began; NaN where the system does not say."""
    try:
        cells = (proc / "stat").read_text(encoding="ascii").split("\n", 1)[0].split()
        # user nice system idle iowait irq softirq; time stolen by other guests is no work of this machine
        user, nice, system, _, _, irq, softirq = (int(cell) for cell in cells[1:8])
        return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return float("nan")


def _own_s() -> float:
    """Seconds of processor time of this process and of those that it waited for."""
    return sum(os.times()[:4])


def _parent(proc: Path, pid: int) -> int:
    """The process that began another; 0 where it is gone."""
    try:
        return int((proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0
