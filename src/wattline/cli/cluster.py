"""``wattline cluster``: the program of a node, which serves joules by pod and namespace to Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Opt = typer.Option


def cluster(
    address: Annotated[str, Opt(help="Address that Prometheus scrapes, such as 0.0.0.0:9400.")] = ":9400",
    kubelet: Annotated[
        Path, Opt(metavar="SOCKET", help="Socket of the kubelet, which knows which pod has which device.")
    ] = Path("/var/lib/kubelet/pod-resources/kubelet.sock"),
    cgroups: Annotated[Path, Opt(metavar="DIR", help="Folder where the node's cgroups are mounted.")] = Path(
        "/sys/fs/cgroup"
    ),
    pod_logs: Annotated[
        Path, Opt(metavar="DIR", help="Folder of the pods' logs, whose names identify the pods.")
    ] = Path("/var/log/pods"),
    look_every: Annotated[str, Opt(help="Time between two queries of the running pods.")] = "5 s",
    lasting: Annotated[str | None, Opt("--serve-for", help="How long to serve [default: until it is ended].")] = None,
) -> None:
    """Serve joules by pod and namespace of this node to Prometheus, while they run."""
    import tempfile
    from importlib.util import find_spec

    from wattline.core.errors import WattlineError
    from wattline.core.quantity import parse
    from wattline.meter.cluster.agent import run_agent
    from wattline.meter.cluster.pod_energy import PodEnergy
    from wattline.meter.export.snapshot import Totals
    from wattline.meter.live import active
    from wattline.meter.live.run_command import hold_signals, wait_for_end

    # before anything is measured
    if any(find_spec(name) is None for name in ("grpc", "prometheus_client")):
        raise WattlineError("cluster: gRPC or prometheus-client is not installed: pip install 'wattline[cluster]'")
    every_s = parse(look_every, "s", "look-every")
    duration_s = None if lasting is None else parse(lasting, "s", "serve-for")
    with hold_signals() as signals, tempfile.TemporaryDirectory(prefix="wattline-cluster-") as folder:
        active.metering(Path(folder) / "node.wattline", "1s")
        totals = Totals()
        session = active.active()
        if session.sampler is None:
            raise WattlineError("cluster: another process samples this node: end it, or scrape that one")
        session.sampler.heard = totals.hear
        pods = PodEnergy(totals.snapshot, kubelet, cgroups, pod_logs)
        stop = run_agent(totals.snapshot, pods, address, every_s)
        try:
            wait_for_end(duration_s, signals, lambda: None)
        finally:
            stop()
            active.finish()
