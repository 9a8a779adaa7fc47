"""Power that a Prometheus server has scraped: DCGM exporter, Kepler, node_exporter, ipmi_exporter, or any PromQL query.

Where: ``WATTLINE_PROMETHEUS_URL``, with ``WATTLINE_PROMETHEUS_TOKEN`` or ``_USER`` and ``_PASSWORD`` where it asks for
them; ``WATTLINE_PROMETHEUS_QUERY`` for a query of watts of your own, ``WATTLINE_PROMETHEUS_KIND`` for the kind of
device that it measures. Readings are as old as the last scrape.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from wattline import catalog
from wattline.core.errors import shorten
from wattline.meter.device import KINDS, Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.counter import Counter
from wattline.meter.sensors.local import LOCAL, hostname
from wattline.meter.sensors.polled import Answer, Polled, Poller
from wattline.meter.sensors.web import Web, WebError, without_password

SOURCE = "prometheus"
PREFIX = "WATTLINE_PROMETHEUS_"
PERIOD_S = 1.0  # how often the server is asked, where it scrapes no slower
SCRAPE_S = 15.0  # taken where the server does not tell its interval
HOSTS = ("Hostname", "hostname", "node_name", "nodename", "node", "host", "exported_instance", "instance")
UNMEASURED_W = 1e6  # exporters' blanks (2^63 - 14 of DCGM) are far above: no reading
Labels = Mapping[str, str]


@dataclass(frozen=True)
class Preset:
    """Metrics of one exporter: PromQL of watts, or of joules as a counter, and which labels tell devices apart."""

    name: str
    kind: str
    power: str = ""
    energy: str = ""
    joules: float = 1.0  # joules in one of the counter's units
    uuid: tuple[str, ...] = ()
    prefix: str = ""
    error: str = "fit.sensor-hwmon-error"
    title: tuple[str, ...] = ()


@dataclass
class Found:
    """One device of a query, and its reading so far."""

    device: Device
    preset: Preset
    job: tuple[str, str]
    modelled: bool = False
    power_w: float | None = None
    energy_j: float | None = None


PRESETS = (
    Preset(
        "DCGM exporter",
        "gpu",
        "DCGM_FI_DEV_POWER_USAGE",
        "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
        1e-3,
        ("UUID",),
        error="fit.sensor-nvml-error",
        title=("modelName",),
    ),
    Preset(
        "Kepler",
        "cpu",
        energy='kepler_node_cpu_joules_total{zone=~"package.*"}',
        uuid=("zone", "path"),
        prefix="kepler:",
        error="fit.sensor-rapl-error-intel",
    ),
    Preset(
        "Kepler",
        "dram",
        energy='kepler_node_cpu_joules_total{zone="dram"}',
        uuid=("zone", "path"),
        prefix="kepler:",
        error="fit.sensor-rapl-error-dram",
    ),
    Preset(
        "Kepler before 0.10",
        "cpu",
        energy="sum without (mode) (kepler_node_package_joules_total)",
        uuid=("package",),
        prefix="rapl:package-",
        error="fit.sensor-rapl-error-intel",
    ),
    Preset(
        "Kepler before 0.10",
        "dram",
        energy="sum without (mode) (kepler_node_dram_joules_total)",
        uuid=("package",),
        prefix="rapl:dram-",
        error="fit.sensor-rapl-error-dram",
    ),
    Preset(
        "Kepler before 0.10",
        "node",
        energy="sum without (mode) (kepler_node_platform_joules_total)",
        prefix="kepler:platform",
        error="fit.sensor-bmc-error",
    ),
    Preset(
        "node_exporter",
        "cpu",
        energy="node_rapl_package_joules_total",
        uuid=("index",),
        prefix="rapl:package-",
        error="fit.sensor-rapl-error-intel",
    ),
    Preset(
        "node_exporter",
        "dram",
        energy="node_rapl_dram_joules_total",
        uuid=("index",),
        prefix="rapl:dram-",
        error="fit.sensor-rapl-error-dram",
    ),
    Preset(
        "ipmi_exporter", "node", "ipmi_dcmi_power_consumption_watts", prefix="ipmi:node", error="fit.sensor-bmc-error"
    ),
)


@dataclass
class Server:
    """A Prometheus server with what is asked of it."""

    web: Web
    presets: Sequence[Preset]
    own: str  # the name of the machine that "localhost" means in its labels
    counters: dict[str, Counter] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def narrow(self) -> None:
        """Ask from now on only for what gave a series."""
        self.presets = [
            replace(
                p,
                power=p.power if p.power in self.answered else "",
                energy=p.energy if p.energy in self.answered else "",
            )
            for p in self.presets
            if {p.power, p.energy} & self.answered
        ]

    def devices(self) -> dict[str, Found]:
        """Every device of every query, once: an exporter tells a GPU again for each pod or MIG instance on it."""
        found: dict[str, Found] = {}
        for preset in self.presets:
            for query, attribute, scale in ((preset.power, "power_w", 1.0), (preset.energy, "energy_j", preset.joules)):
                series = self.query(query) if query else []
                self.answered |= {query} if series else set()
                for labels, value in series:
                    device = _device(preset, labels, self.own)
                    job = (labels.get("job", ""), labels.get("instance", ""))
                    # Kepler names the source of each counter; without RAPL it is a model of its own
                    modelled = "model" in labels.get("source", "").lower()
                    entry = found.setdefault(device.key, Found(device, preset, job, modelled))
                    if getattr(entry, attribute) is None and math.isfinite(value):
                        setattr(entry, attribute, value * scale)
        return found

    def ask(self) -> Answer:
        """A reading, or why there is none, of every device now."""
        now_s = time.monotonic()
        return {key: self._reading(key, entry, now_s) for key, entry in self.devices().items()}

    def _reading(self, key: str, entry: Found, now_s: float) -> Reading | str:
        power_w, energy_j = entry.power_w, entry.energy_j
        if power_w is not None and not 0 <= power_w < UNMEASURED_W:
            power_w = None
        if energy_j is not None:
            try:
                energy_j = self.counters.setdefault(key, Counter()).take(energy_j, now_s)
            except SensorGone as gone:
                return str(gone)
        if power_w is None and energy_j is None:
            return "the exporter gives no number now"
        return Reading(power_w, energy_j)

    def query(self, promql: str) -> list[tuple[Labels, float]]:
        """The instant vector: labels and value of each series."""
        data = self.web.json("/api/v1/query", {"query": promql}).get("data") or {}
        result = data.get("result") or []
        if data.get("resultType") == "scalar":
            return [({}, float(result[1]))]
        if data.get("resultType") != "vector":
            raise WebError(f"{shorten(promql, 60)!r} gives a {data.get('resultType')}, no instant vector")
        return [(series.get("metric") or {}, float(series["value"][1])) for series in result if "value" in series]

    def scrape_s(self) -> dict[tuple[str, str], float]:
        """Seconds between scrapes, by job and instance, where the server tells."""
        try:
            targets = self.web.json("/api/v1/targets", {"state": "active"})["data"]["activeTargets"]
        except (WebError, KeyError, TypeError):
            return {}
        found = {}
        for target in targets:
            labels = target.get("labels") or {}
            found[labels.get("job", ""), labels.get("instance", "")] = _seconds(str(target.get("scrapeInterval", "")))
        return found


def find(
    environ: Mapping[str, str] | None = None, host: str = "", presets: Sequence[Preset] = PRESETS
) -> tuple[list[Sensor], list[Finding]]:
    """Every device that the server has watts or joules of."""
    environ = os.environ if environ is None else environ
    url = environ.get(PREFIX + "URL", "").strip()
    if not url:
        mend = f"set {PREFIX}URL=http://HOST:9090, and {PREFIX}QUERY for a query of watts of your own"
        return [], [Finding(SOURCE, "server", False, "no address given", mend)]
    shown = without_password(url)
    own = environ.get(PREFIX + "QUERY", "").strip()
    if own:
        kind = environ.get(PREFIX + "KIND", "")
        presets = (Preset("query", kind if kind in KINDS else "other", own, prefix="query"),)
    try:
        web = Web(
            url if "://" in url else f"http://{url}",
            user=environ.get(PREFIX + "USER", ""),
            password=environ.get(PREFIX + "PASSWORD", ""),
            token=environ.get(PREFIX + "TOKEN", ""),
            ca=environ.get(PREFIX + "CA", ""),
            insecure=environ.get(PREFIX + "INSECURE", "") not in ("", "0"),
            names=PREFIX,
        )
        server = Server(web, presets, (host or hostname()) if web.host in LOCAL else web.host)
        found = server.devices()
        if not found:
            what = f"the query {shorten(own, 60)!r}" if own else "DCGM, Kepler, node_exporter or ipmi_exporter power"
            web.close()
            why = f"it answers, but has no series of {what}"
            return [], [Finding(SOURCE, shown, False, why, f"name your metric: {PREFIX}QUERY=…")]
        return _sensors(server, found, shown), []
    except WebError as error:
        return [], [Finding(SOURCE, shown, False, str(error), error.mend)]
    except Exception as error:
        # what the server answers may have any shape: looking never raises
        why = f"not understood: {type(error).__name__}: {shorten(str(error), 120)}"
        return [], [Finding(SOURCE, shown, False, why, "check the address")]


def _sensors(server: Server, found: Mapping[str, Found], shown: str) -> list[Sensor]:
    server.narrow()
    scrape_s = server.scrape_s()
    slowest_s = max((scrape_s.get(entry.job, SCRAPE_S) for entry in found.values()), default=SCRAPE_S)
    now_s = time.monotonic()
    first = {key: server._reading(key, entry, now_s) for key, entry in found.items()}
    poller = Poller(server.ask, min(max(PERIOD_S, slowest_s / 5), 5.0), first, server.web.close)
    return [
        Polled(
            entry.device,
            Spec(
                SOURCE,
                period_s=scrape_s.get(entry.job, SCRAPE_S),
                error=catalog.fact(entry.preset.error).value,
                modelled=entry.modelled,
                note=f"{entry.preset.name} by {shown}",
            ),
            poller,
            frozenset({"node"} if entry.device.kind == "node" and entry.preset.name != "query" else ()),
        )
        for entry in found.values()
    ]


def _device(preset: Preset, labels: Labels, own: str) -> Device:
    """The device that a series is of: its host by the usual labels, its UUID by the preset's."""
    host = next((labels[name] for name in HOSTS if labels.get(name)), "")
    host = _without_port(host)
    if not host or host in LOCAL:
        host = own
    parts = [labels[name] for name in preset.uuid if labels.get(name)]
    if preset.prefix == "query":
        # a query of the user's own: every label but the usual ones tells its series apart
        kept = sorted((k, v) for k, v in labels.items() if k not in HOSTS and k not in ("job", "__name__"))
        parts = ["", *(f"{k}={v}" for k, v in kept)]
    uuid = _zone(preset.kind, labels.get("path", "")) or preset.prefix + ":".join(parts)
    if preset.name == "DCGM exporter" and not parts:
        uuid = f"gpu-{labels.get('gpu', '?')}"
    kind = preset.kind
    title = " ".join(labels[name] for name in preset.title if labels.get(name)) or f"{preset.name} {kind}"
    return Device(host, uuid or preset.name, kind, title)


def _zone(kind: str, path: str) -> str:
    """RAPL's own name of a powercap zone, so that exporters and this machine's tree tell one device."""
    match = re.search(r"rapl:(\d+)(:\d+)?/?$", path)
    return "" if match is None else f"rapl:package-{match[1]}" + ("/dram" if kind == "dram" else "")


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and ":" not in name else host


def _seconds(text: str) -> float:
    """Prometheus' own way to write a duration: 1m30s, 15s, 500ms."""

    units = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
    parts = re.findall(r"(\d+)(ms|s|m|h|d)", text)
    return sum(int(n) * units[u] for n, u in parts) or SCRAPE_S
