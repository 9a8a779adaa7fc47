"""What a meter has seen up to now: joules and watts by device, joules by window, as endpoints hand it on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from threading import Lock

import numpy as np

from wattline.meter.device import Device
from wattline.meter.energy.series import counted_once, curve, outer, placed_recording, total, within
from wattline.meter.energy.stream import Stream
from wattline.meter.export.window import spans
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Reading, Sensor, Spec


@dataclass(frozen=True)
class DeviceTotal:
    """One sensor: joules since it was first read, its last watts (None: it gives none), and when that was.

    ``up``: it gave a reading when it was last asked.
    """

    device: Device
    spec: Spec
    energy_j: float | None
    power_w: float | None
    time_s: float
    up: bool = True


@dataclass(frozen=True)
class WindowTotal:
    """Joules of all windows of one name, each device counted once; None where no device was read within them."""

    name: str
    energy_j: float | None


@dataclass(frozen=True)
class Snapshot:
    devices: tuple[DeviceTotal, ...]
    windows: tuple[WindowTotal, ...] = field(default=())


Source = Callable[[], Snapshot]


def snapshot(recording: Recording) -> Snapshot:
    """A recording as it stood at its end."""
    recording = placed_recording(recording)
    devices = tuple(_last(series) for series in recording.series)
    joules: dict[str, float | None] = {}
    once = counted_once(recording.series)
    for span in spans(recording) if recording.windows else []:
        energy = total([within(series, span.begin_s, span.end_s) for series in once]).energy_j
        if np.isfinite(energy):
            joules[span.name] = (joules.get(span.name) or 0.0) + energy
        else:
            joules.setdefault(span.name, None)
    return Snapshot(devices, tuple(WindowTotal(name, energy) for name, energy in joules.items()))


def _last(series: Series) -> DeviceTotal:
    line = curve(series)
    energy = float(line.energy_j[-1]) if len(line.energy_j) > 1 else None
    watts = None
    if series.power_w is not None:
        good = np.flatnonzero(np.isfinite(series.power_w) & (series.power_w >= 0))
        watts = float(series.power_w[good[-1]]) if len(good) else None
    time = float(np.nanmax(series.time_s)) if len(series.time_s) else float("nan")
    return DeviceTotal(series.device, series.spec, energy, watts, time)


class Totals:
    """Running totals of a live meter: feed it every reading, ask for a snapshot from any thread.

    Each sensor's joules are those of a recording of the same readings. What cannot be read is told by ``gone`` and
    shows no watts until it is back.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._devices: dict[tuple[str, str], DeviceTotal] = {}
        self._streams: dict[tuple[str, str], Stream] = {}
        self._windows: dict[str, float | None] = {}

    def hear(self, sensor: Sensor, time_s: float, monotonic_s: float, reading: Reading | None) -> None:
        """A reading of a live sampler (``Sampler.heard``); None: the sensor gives none now.

        Parameters
        ----------
        sensor : that was read
        time_s : UTC [s]
        monotonic_s : on a clock that never jumps [s]
        reading : of it; None where it gives none
        """
        if reading is None:
            self.gone(sensor.device, sensor.spec, monotonic_s)
        else:
            self.take(sensor.device, sensor.spec, time_s, monotonic_s, reading)

    def take(self, device: Device, spec: Spec, time_s: float, monotonic_s: float, reading: Reading) -> None:
        """One reading more of a sensor.

        Parameters
        ----------
        device : the device
        spec : how its sensor measures
        time_s : UTC [s]
        monotonic_s : on a clock that never jumps [s]
        reading : of it
        """
        key = (device.key, spec.source)
        with self._lock:
            if (stream := self._streams.get(key)) is None:
                stream = self._streams[key] = Stream(device, spec)
            stream.feed(monotonic_s, reading)
            self._devices[key] = DeviceTotal(device, spec, None, reading.power_w, time_s)

    def gone(self, device: Device, spec: Spec, monotonic_s: float | None = None) -> None:
        """The sensor gives no reading now; its joules stand, its watts are not known.

        Parameters
        ----------
        device : the device
        spec : how its sensor measures
        monotonic_s : now, on a clock that never jumps; None where it is not known [s]
        """
        key = (device.key, spec.source)
        with self._lock:
            if (last := self._devices.get(key)) is not None:
                self._devices[key] = DeviceTotal(device, spec, None, None, last.time_s, up=False)
                if monotonic_s is not None:
                    self._streams[key].feed(monotonic_s, Reading(None))

    def add_window(self, name: str, energy_j: float | None) -> None:
        """A window ended with so many joules.

        Parameters
        ----------
        name : of the window
        energy_j : J; None where they are not known
        """
        with self._lock:
            known = self._windows.get(name)
            self._windows[name] = known if energy_j is None else (known or 0.0) + energy_j

    def snapshot(self) -> Snapshot:
        """Up to now; the sampler waits for one sensor's sum at most."""
        devices = []
        for key in list(self._devices):
            with self._lock:
                devices.append(replace(self._devices[key], energy_j=self._streams[key].settle()))
        with self._lock:
            windows = [WindowTotal(name, energy) for name, energy in self._windows.items()]
        return Snapshot(tuple(devices), tuple(windows))


def fixed_source(recording: Recording) -> Source:
    """A recording as a source that no longer changes."""
    seen = snapshot(recording)
    return lambda: seen


def labels(device: Device, spec: Spec) -> dict[str, str]:
    """What tells a series apart from the others, in Prometheus and in tables.

    Parameters
    ----------
    device : that was read
    spec : of the sensor that read it

    Returns
    -------
    Labels by name, all of them there and empty where unknown.
    """
    return {
        "host": device.host,
        "device": device.uuid,
        "kind": device.kind,
        "source": spec.source,
        "modelled": "true" if spec.modelled else "false",
        "inside": device.inside,
    }


def unique(devices: Iterable[DeviceTotal]) -> list[DeviceTotal]:
    """One entry a set of labels, the last one, each device saying which metered device holds it.

    An endpoint must not show a series twice.
    """
    every = list(devices)
    outermost = outer([each.device for each in every])
    placed = [replace(each, device=replace(each.device, inside=outermost[each.device.key])) for each in every]
    return list({tuple(labels(each.device, each.spec).items()): each for each in placed}.values())
