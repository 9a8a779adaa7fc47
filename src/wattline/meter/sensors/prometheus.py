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

import numpy as np

from wattline import catalog
from wattline.core.address import without_secrets
from wattline.core.errors import shorten
from wattline.core.units import DAY_S, HOUR_S
from wattline.meter.device import KINDS, Device
from wattline.meter.exporters import HOSTS, Labels, host_of, identify
from wattline.meter.readers.metrics import MetricSeries, channels_of
from wattline.meter.readings.plausible import max_w
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.counter import Counter
from wattline.meter.sensors.local import LOCAL, hostname
from wattline.meter.sensors.polled import Answer, PolledDevice, Poller
from wattline.meter.sensors.web import Web, WebError

SOURCE = "prometheus"
PREFIX = "WATTLINE_PROMETHEUS_"
PERIOD_S = 1.0  # how often the server is asked, where it scrapes no slower
SCRAPE_S = 15.0  # taken where the server does not tell its interval
UNMEASURED_W = 1e6  # exporters' blanks (2^63 - 14 of DCGM) are far above: no reading


@dataclass(frozen=True)
class Preset:
    """One exporter: the metrics that are asked for; what they are and whose, ``meter/exporters.py`` knows."""

    name: str
    queries: tuple[str, ...]


@dataclass
class ScrapedDevice:
    """One device of a query, and its reading so far."""

    device: Device
    exporter: str
    job: tuple[str, str]
    error: str
    modelled: bool = False
    power_w: float | None = None
    energy_j: float | None = None


PRESETS = (
    Preset("DCGM exporter", ("DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION")),
    Preset("nvidia_gpu_exporter", ("nvidia_smi_power_draw_watts",)),
    Preset("Kepler", ('kepler_node_cpu_joules_total{zone=~"package.*"}', 'kepler_node_cpu_joules_total{zone="dram"}')),
    Preset(
        "Kepler before 0.10",
        ("kepler_node_package_joules_total", "kepler_node_dram_joules_total", "kepler_node_platform_joules_total"),
    ),
    Preset("node_exporter", ("node_rapl_package_joules_total", "node_rapl_dram_joules_total")),
    Preset("Scaphandre", ("scaph_host_power_microwatts",)),
    Preset("ipmi_exporter", ("ipmi_dcmi_power_consumption_watts",)),
)
ERRORS = {"gpu": "fit.sensor-nvml-error", "cpu": "fit.sensor-rapl-error-intel", "dram": "fit.sensor-rapl-error-dram",
          "node": "fit.sensor-bmc-error"}  # fmt: skip
OWN = "query"  # the preset of a query of the user's own


@dataclass
class Server:
    """A Prometheus server with what is asked of it."""

    web: Web
    presets: Sequence[Preset]
    own: str  # the name of the machine that "localhost" means in its labels
    kind: str = "other"  # of the devices of the user's own query
    counters: dict[str, Counter] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def narrow(self) -> None:
        """Ask from now on only for what gave a series."""
        kept = [replace(p, queries=tuple(q for q in p.queries if q in self.answered)) for p in self.presets]
        self.presets = [preset for preset in kept if preset.queries]

    def devices(self) -> dict[str, ScrapedDevice]:
        """Every device of every query, once: an exporter tells a GPU again for each pod or MIG instance on it."""
        metered: dict[str, ScrapedDevice] = {}
        for preset in self.presets:
            for query in preset.queries:
                series = self.query(query)
                self.answered |= {query} if series else set()
                if preset.name == OWN:
                    self._add_own(metered, series)
                else:
                    self._add(metered, preset, query, series)
        return metered

    def _add(
        self, metered: dict[str, ScrapedDevice], preset: Preset, query: str, series: Sequence[tuple[Labels, float]]
    ) -> None:
        """The devices of a known metric, joined and summed as those of a file are."""
        name = query.partition("{")[0]
        samples = []
        jobs: dict[str, tuple[str, str]] = {}
        for labels, value in series:
            tags = {key: text for key, text in labels.items() if key != "__name__"}
            if (identity := identify(name, tags)) is None:
                continue
            device = identity.device
            host = self.own if not device.host or device.host in LOCAL else device.host
            identity = replace(identity, device=replace(device, host=host))
            samples.append(MetricSeries(identity, name, tags, np.zeros(1), np.array([value * identity.scale])))
            jobs.setdefault(identity.device.key, (tags.get("job", ""), tags.get("instance", "")))
        modelled = {sample.identity.device.key: sample.identity.modelled for sample in samples}
        for channel in channels_of(samples)[0]:
            device, value = channel.device, float(channel.values[0])
            named = replace(device, name=device.name or f"{preset.name} {device.kind}")
            error = ERRORS.get(device.kind, "fit.sensor-hwmon-error")
            new = ScrapedDevice(
                named, preset.name, jobs.get(device.key, ("", "")), error, modelled.get(device.key, False)
            )
            entry = metered.setdefault(device.key, new)
            attribute = "power_w" if channel.quantity == "power" else "energy_j"
            if getattr(entry, attribute) is None and math.isfinite(value):
                setattr(entry, attribute, value)

    def _add_own(self, metered: dict[str, ScrapedDevice], series: Sequence[tuple[Labels, float]]) -> None:
        """The devices of a query of the user's own: every label but the usual ones tells its series apart."""
        for labels, value in series:
            host = host_of(labels)
            kept = sorted((k, v) for k, v in labels.items() if k not in HOSTS and k not in ("job", "__name__"))
            uuid = ":".join([OWN, *(f"{k}={v}" for k, v in kept)])
            device = Device(self.own if not host or host in LOCAL else host, uuid, self.kind, f"query {self.kind}")
            job = (labels.get("job", ""), labels.get("instance", ""))
            entry = metered.setdefault(device.key, ScrapedDevice(device, OWN, job, "fit.sensor-hwmon-error"))
            if entry.power_w is None and math.isfinite(value):
                entry.power_w = value

    def ask(self) -> Answer:
        """A reading, or why there is none, of every device now."""
        now_s = time.monotonic()
        return {key: self.reading(key, entry, now_s) for key, entry in self.devices().items()}

    def reading(self, key: str, entry: ScrapedDevice, now_s: float) -> Reading | str:
        """What a device gives now, held against what it can draw; else why there is nothing.

        Parameters
        ----------
        key : of the device
        entry : what the exporter says of it
        now_s : on a clock that never jumps [s]

        Returns the reading, or why there is none.
        """
        power_w, energy_j = entry.power_w, entry.energy_j
        limit_w = max_w(entry.device)
        if entry.exporter == OWN:  # it may stand for many devices
            limit_w = max(limit_w, UNMEASURED_W)
        if power_w is not None and not 0 <= power_w < limit_w:
            power_w = None
        if energy_j is not None:
            try:
                counter = self.counters.setdefault(key, Counter(most_w=limit_w))
                energy_j = counter.take(energy_j, now_s)
            except SensorGone as gone:
                return str(gone)
        if power_w is None and energy_j is None:
            return "the exporter gives no number now"
        return Reading(power_w, energy_j)

    def query(self, promql: str) -> list[tuple[Labels, float]]:
        """The instant vector: labels and value of each series. Raises WebError where the server does not answer, or
        with no instant vector."""
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
        metered = {}
        for target in targets:
            labels = target.get("labels") or {}
            metered[labels.get("job", ""), labels.get("instance", "")] = _seconds(str(target.get("scrapeInterval", "")))
        return metered


def find(
    environ: Mapping[str, str] | None = None, host: str = "", presets: Sequence[Preset] = PRESETS
) -> tuple[list[Sensor], list[Finding]]:
    """Every device that the server has watts or joules of.

    Parameters
    ----------
    environ : variables, with the server's address; those of this process where None
    host : name of this machine; asked of the system where empty
    presets : queries that are tried

    Returns sensors, and why any other cannot be read.
    """
    environ = os.environ if environ is None else environ
    url = environ.get(PREFIX + "URL", "").strip()
    if not url:
        mend = f"set {PREFIX}URL=http://HOST:9090, and {PREFIX}QUERY for a query of watts of your own"
        return [], [Finding(SOURCE, "server", False, "no address given", mend)]
    shown = without_secrets(url)
    own = environ.get(PREFIX + "QUERY", "").strip()
    if own:
        presets = (Preset(OWN, (own,)),)
    try:
        web = _web(url, environ)
        kind = environ.get(PREFIX + "KIND", "")
        here = (host or hostname()) if web.host in LOCAL else web.host
        server = Server(web, presets, here, kind if kind in KINDS else "other")
        metered = server.devices()
        if not metered:
            what = (
                f"the query {shorten(own, 60)!r}"
                if own
                else "power by DCGM, Kepler, Scaphandre, node_exporter or ipmi_exporter"
            )
            web.close()
            why = f"it answers, but has no series of {what}"
            return [], [Finding(SOURCE, shown, False, why, f"name your metric: {PREFIX}QUERY=…")]
        return _sensors(server, metered, shown), []
    except WebError as error:
        return [], [Finding(SOURCE, shown, False, str(error), error.mend)]
    except Exception as error:
        # what the server answers may have any shape: looking never raises
        why = f"not understood: {type(error).__name__}: {shorten(str(error), 120)}"
        return [], [Finding(SOURCE, shown, False, why, "check the address")]


def _web(url: str, environ: Mapping[str, str]) -> Web:
    """The server at an address, with what the environment says of how to log in."""
    return Web(
        url if "://" in url else f"http://{url}",
        user=environ.get(PREFIX + "USER", ""),
        password=environ.get(PREFIX + "PASSWORD", ""),
        token=environ.get(PREFIX + "TOKEN", ""),
        ca=environ.get(PREFIX + "CA", ""),
        insecure=environ.get(PREFIX + "INSECURE", "") not in ("", "0"),
        names=PREFIX,
    )


def _sensors(server: Server, metered: Mapping[str, ScrapedDevice], shown: str) -> list[Sensor]:
    server.narrow()
    scrape_s = server.scrape_s()
    slowest_s = max((scrape_s.get(entry.job, SCRAPE_S) for entry in metered.values()), default=SCRAPE_S)
    now_s = time.monotonic()
    first = {key: server.reading(key, entry, now_s) for key, entry in metered.items()}
    poller = Poller(server.ask, min(max(PERIOD_S, slowest_s / 5), 5.0), first, server.web.close)
    return [
        PolledDevice(
            entry.device,
            Spec(
                SOURCE,
                period_s=scrape_s.get(entry.job, SCRAPE_S),
                error=catalog.fact(entry.error).value,
                modelled=entry.modelled,
                note=f"{entry.exporter} by {shown}",
            ),
            poller,
            frozenset({"node"} if entry.device.kind == "node" and entry.exporter != OWN else ()),
        )
        for entry in metered.values()
    ]


def _seconds(text: str) -> float:
    """Prometheus' own way to write a duration: 1m30s, 15s, 500ms."""

    units = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": HOUR_S, "d": DAY_S}
    parts = re.findall(r"(\d+)(ms|s|m|h|d)", text)
    return sum(int(n) * units[u] for n, u in parts) or SCRAPE_S
