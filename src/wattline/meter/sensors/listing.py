"""What `wattline sensors` tells: each sensor with its power now, and what is missing, as plain data."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from wattline.core.result import Json, envelope
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone
from wattline.meter.sensors.local import hostname

PAUSE_S = 0.3  # between the two readings whose difference is a counter's power


class Watch:
    """Power now of sensors that may only count: each look compares with the one before."""

    def __init__(self, sensors: Sequence[Sensor]) -> None:
        self.sensors = sensors
        self._before = [(time.monotonic(), _read(sensor)) for sensor in sensors]

    def rows(self) -> list[Json]:
        """One row a sensor; ``power_w`` is None where it has none, and ``gone`` says why."""
        now = [(time.monotonic(), _read(sensor)) for sensor in self.sensors]
        rows = [_row(*both) for both in zip(self.sensors, self._before, now, strict=True)]
        self._before = now
        return rows


def tell(
    sensors: Sequence[Sensor], findings: Sequence[Finding], rows: Sequence[Json], sources: Sequence[str] = ()
) -> Json:
    """The whole answer of ``wattline sensors``.

    Parameters
    ----------
    sensors : that can be read
    findings : why others cannot
    rows : a row for each sensor
    sources : those that were looked at; all where there are none

    Returns the answer, as JSON.
    """
    parts = ("source", "what", "why", "mend")
    rows_of_findings = [
        {part: getattr(finding, part) for part in parts} | {"usable": finding.usable} for finding in findings
    ]
    results = {
        "host": hostname(),
        "time_s": time.time(),
        "measured": sum(not sensor.spec.modelled for sensor in sensors),
        "sensors": list(rows),
        "missing": [_without(entry, "usable") for entry in rows_of_findings if not entry["usable"]],
        "remarks": [_without(entry, "usable") for entry in rows_of_findings if entry["usable"]],
    }
    return envelope("sensors", {"sources": list(sources)}, results)


def _without(entry: Json, key: str) -> Json:
    return {k: v for k, v in entry.items() if k != key}


def _read(sensor: Sensor) -> Reading | str:
    try:
        return sensor.read()
    except SensorGone as gone:
        return str(gone) or "no reading"


def _row(sensor: Sensor, before: tuple[float, Reading | str], now: tuple[float, Reading | str]) -> Json:
    device, spec = sensor.device, sensor.spec
    reading = now[1]
    power_w, energy_j, gone = None, None, ""
    if isinstance(reading, str):
        gone = reading
    else:
        energy_j = reading.energy_j
        power_w = reading.power_w if reading.power_w is not None else _rate_w(before, now, spec.wrap_j)
        gone = "" if power_w is not None else "no power yet: its counter has not moved"
    return {
        "source": spec.source,
        "host": device.host,
        "uuid": device.uuid,
        "kind": device.kind,
        "name": device.name,
        "inside": device.inside,
        "power_w": power_w,
        "energy_j": energy_j,
        "has_counter": energy_j is not None,
        "window_s": spec.window_s,
        "period_s": spec.period_s,
        "wrap_j": spec.wrap_j if math.isfinite(spec.wrap_j) else None,
        "error": spec.error,
        "modelled": spec.modelled,
        "note": spec.note,
        "gone": gone,
    }


def _rate_w(before: tuple[float, Reading | str], now: tuple[float, Reading | str], wrap_j: float) -> float | None:
    """A counter's mean power between two readings; None where it cannot be told."""
    (then_s, old), (now_s, new) = before, now
    if isinstance(old, str) or isinstance(new, str) or old.energy_j is None or new.energy_j is None:
        return None
    rise_j = new.energy_j - old.energy_j
    if rise_j < 0:
        rise_j += wrap_j
    seconds = now_s - then_s
    return rise_j / seconds if seconds > 0 and 0 < rise_j < math.inf else None
