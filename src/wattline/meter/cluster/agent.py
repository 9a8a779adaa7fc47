"""The program of a node: samples its sensors, shares their joules among pods, and serves both to Prometheus."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from wattline.meter.cluster.pod_energy import PodEnergy
from wattline.meter.export.prometheus import collector, serve_collectors
from wattline.meter.export.snapshot import Source

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

ENERGY = ("wattline_pod_energy_joules", "Energy of the pod's share of the node's devices; without a pod: nobody's.")
KUBELET = ("wattline_kubelet_up", "1 where the kubelet answered the last query.")


def pod_collector(pods: PodEnergy) -> Collector:
    """What Prometheus' client collects of pods at each scrape.

    Parameters
    ----------
    pods : the joules by pod

    Returns
    -------
    A collector.
    """
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
    from prometheus_client.registry import Collector

    class PodCollector(Collector):
        def collect(self) -> Iterator[Metric]:
            energy = CounterMetricFamily(*ENERGY, labels=("namespace", "pod", "kind"), unit="joules")
            for key, joules in sorted(pods.joules().items()):
                energy.add_metric(list(key), joules)
            kubelet = GaugeMetricFamily(*KUBELET)
            kubelet.add_metric([], 0.0 if pods.kubelet_error else 1.0)
            yield from (energy, kubelet)

    return PodCollector()


def run_agent(source: Source, pods: PodEnergy, address: str, every_s: float) -> Callable[[], None]:
    """Begin to share and serve.

    Parameters
    ----------
    source : every device's joules up to now
    pods : shares them
    address : where Prometheus scrapes, ``:9400`` or HOST:PORT
    every_s : seconds between two looks

    Returns
    -------
    What stops it; its ``port`` is the one that it listens on.
    """
    stop_serving: Any = serve_collectors([collector(source), pod_collector(pods)], address)
    ended = threading.Event()

    def share() -> None:
        while not ended.wait(every_s):
            pods.look()

    pods.look()
    thread = threading.Thread(target=share, name="wattline-pods", daemon=True)
    thread.start()

    def stop() -> None:
        ended.set()
        thread.join(timeout=10)
        stop_serving()

    stop.port = stop_serving.port  # type: ignore[attr-defined]
    return stop
