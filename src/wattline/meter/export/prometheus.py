"""Prometheus: an endpoint for a live meter, and OpenMetrics text with times of a recording.

Names follow Prometheus' and OpenMetrics' rules: base units in the name, counters end in ``_total``. A device inside
another one that is metered too (a MIG slice, a machine's GPUs under its wall meter) has ``inside`` set, so that
``sum(wattline_energy_joules_total{inside=""})`` counts nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.meter.energy.series import curve, placed_recording
from wattline.meter.export.scrape_server import start
from wattline.meter.export.snapshot import Source, labels, snapshot, unique
from wattline.meter.recording import Recording, Series

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

NAMES = ("host", "device", "kind", "source", "modelled", "inside")
ENERGY = ("wattline_energy_joules", "Energy of the device since it was first read.")
POWER = ("wattline_power_watts", "Power of the device at its last reading.")
ERROR = ("wattline_sensor_error_ratio", "Half-width of what holds the truth 19 times in 20, of a steady load.")
UP = ("wattline_sensor_up", "1 where the sensor gave a reading when it was last asked, 0 where it did not.")
WINDOW = ("wattline_window_energy_joules", "Energy of all windows of this name, each device counted once.")


def collector(source: Source) -> Collector:
    """What Prometheus' client collects at each scrape; a number that is not known has no sample."""
    _client()
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
    from prometheus_client.registry import Collector

    class LiveCollector(Collector):
        def collect(self) -> Iterator[Metric]:
            now = source()
            energy = CounterMetricFamily(*ENERGY, labels=NAMES, unit="joules")
            power = GaugeMetricFamily(*POWER, labels=NAMES, unit="watts")
            error = GaugeMetricFamily(*ERROR, labels=NAMES)
            up = GaugeMetricFamily(*UP, labels=NAMES)
            for each in unique(now.devices):
                values = list(labels(each.device, each.spec).values())
                if each.energy_j is not None:
                    energy.add_metric(values, each.energy_j)
                if each.power_w is not None:
                    power.add_metric(values, each.power_w)
                error.add_metric(values, each.spec.error)
                up.add_metric(values, float(each.up))
            window = CounterMetricFamily(*WINDOW, labels=("window",), unit="joules")
            for span in now.windows:
                if span.energy_j is not None:
                    window.add_metric([span.name], span.energy_j)
            yield from (energy, power, error, up, window)

    return LiveCollector()


def serve_metrics(source: Source, address: str) -> Any:
    """Start the endpoint ``/metrics`` in a thread.

    Parameters
    ----------
    source : a meter that is under way, or what reads one
    address : ``:9400`` or ``HOST:PORT``

    Returns
    -------
    A function that stops it.

    Raises WattlineError where the address cannot be listened at.
    """
    return serve_collectors([collector(source)], address)


def serve_collectors(collectors: Sequence[Collector], address: str) -> Any:
    """The same of several collectors.

    Parameters
    ----------
    collectors : what is asked at each scrape
    address : ``:9400`` or HOST:PORT

    Returns
    -------
    What stops it; its ``port`` is the one that it listens on. Raises WattlineError where it cannot listen there.
    """
    client = _client()
    host, port = parse_address(address)
    registry = client.CollectorRegistry(auto_describe=False)
    for each in collectors:
        registry.register(each)
    try:
        server, thread = start(client.make_wsgi_app(registry), host, port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WattlineError(f"prometheus: cannot listen at {shorten(address)}: {reason}; choose another port") from None

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

    stop.port = server.server_port  # type: ignore[attr-defined]
    return stop


def parse_address(address: str) -> tuple[str, int]:
    """``:9400``, ``9400`` or ``127.0.0.1:9400`` as host and port; a bare port listens on this machine alone. Raises
    WattlineError where it is none."""
    host, _, port = address.strip().rpartition(":")
    if not port.isdigit() or int(port) > 65_535:
        raise WattlineError(f"prometheus: {shorten(address)!r} is no address; write :9400 or 127.0.0.1:9400")
    return host.strip("[]") or "127.0.0.1", int(port)


def openmetrics(recording: Recording) -> Iterator[str]:
    """A recording as OpenMetrics text with the time of each reading, line by line.

    ``promtool tsdb create-blocks-from openmetrics FILE DIR`` loads it into Prometheus as history.
    """
    for name, about, kind, unit in ((*ENERGY, "counter", "joules"), (*POWER, "gauge", "watts")):
        yield from (f"# TYPE {name} {kind}\n", f"# UNIT {name} {unit}\n", f"# HELP {name} {about}\n")
        for series in _distinct(recording):
            tags = _tags(labels(series.device, series.spec))
            time, values = _energy(series) if kind == "counter" else _power(series)
            sample = f"{name}_total" if kind == "counter" else name
            for when, value in zip(time.tolist(), values.tolist(), strict=True):
                yield f"{sample}{tags} {value!r} {when:.3f}\n"
    windows = [each for each in snapshot(recording).windows if each.energy_j is not None]
    if windows:
        name, about = WINDOW
        yield from (f"# TYPE {name} counter\n", f"# UNIT {name} joules\n", f"# HELP {name} {about}\n")
        for each in windows:
            ends = [w.end_s for w in recording.windows if w.name == each.name and w.end_s is not None]
            when = f" {max(ends):.3f}" if ends else ""
            yield f"{name}_total{_tags({'window': each.name})} {each.energy_j!r}{when}\n"
    yield "# EOF\n"


def _distinct(recording: Recording) -> list[Series]:
    every = placed_recording(recording).series
    return list({tuple(labels(each.device, each.spec).items()): each for each in every}.values())


def _energy(series: Series) -> tuple[Array, Array]:
    line = curve(series)
    return _each_ms(line.time_s, line.energy_j)


def _power(series: Series) -> tuple[Array, Array]:
    if series.power_w is None:
        return np.empty(0), np.empty(0)
    good = np.isfinite(series.time_s) & np.isfinite(series.power_w) & (series.power_w >= 0)
    return _each_ms(series.time_s[good], series.power_w[good])


def _each_ms(time_s: Array, values: Array) -> tuple[Array, Array]:
    """One value a millisecond, the last, in rising order: Prometheus takes no two of one time."""
    time, last = np.unique(np.round(time_s[::-1], 3), return_index=True)
    return time, values[::-1][last]


def _tags(values: dict[str, str]) -> str:
    pairs = (f'{name}="{_escaped(value)}"' for name, value in values.items() if value)
    return "{" + ",".join(pairs) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _client() -> Any:
    try:
        import prometheus_client
    except ImportError:
        raise WattlineError(
            "prometheus: the prometheus-client package is not installed; pip install 'wattline[prometheus]'"
        ) from None
    return prometheus_client
