"""Readings of this machine's sensors, taken once a second however many pages watch."""

from __future__ import annotations

import threading
import time
from typing import Any

from wattline.core.printable import printable_data

Rows = list[dict[str, Any]]


class Feed:
    """The latest readings; sensors are opened when somebody first asks."""

    STEP_S = 1.0
    MAX_READERS = 20

    def __init__(self) -> None:
        self.readers = 0
        self._lock = threading.Lock()
        self._watch: Any = None
        self._missing: Rows = []
        self._at = 0.0
        self._rows: Rows = []

    def now(self) -> tuple[Rows, Rows]:
        """Each sensor with its watts, and what is missing and why; at most a second old."""
        with self._lock:
            if self._watch is None:
                self._open()
            if time.monotonic() - self._at >= 0.9 * self.STEP_S:
                self._rows = [_row(row) for row in self._watch.rows()]
                self._at = time.monotonic()
            return self._rows, self._missing

    def _open(self) -> None:
        from wattline.meter.sensors.discover import look
        from wattline.meter.sensors.listing import PAUSE_S, Watch, tell

        sensors, findings = look(None)
        self._watch = Watch(sensors)
        if sensors:
            time.sleep(PAUSE_S)  # counters need a second reading
        self._missing = list(printable_data(tell(sensors, findings, [])["results"]["missing"]))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    shown = ("source", "kind", "name", "uuid", "power_w", "error", "modelled", "gone", "inside")
    data: dict[str, Any] = printable_data({name: row[name] for name in shown})
    return data
