"""Which pod had which GPU when: labels that the DCGM exporter puts on its metrics, as Prometheus answers a range."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.reading import parse_json
from wattline.meter.sharing.split import Workload

POD, NAMESPACE, CONTAINER = (
    ("pod", "exported_pod"),
    ("namespace", "exported_namespace"),
    ("container", "exported_container"),
)
UUID, INDEX = ("UUID", "uuid", "gpu_uuid"), ("gpu", "device_index")
HOST = ("Hostname", "hostname", "node", "kubernetes_node", "instance")
BROKEN = 2.5  # times the usual step: a longer silence ends a pod's claim


def read_pods(text: str, where: str, default: tzinfo = UTC) -> list[Workload]:
    """Claims from the answer of ``/api/v1/query_range`` for a DCGM metric: a pod holds a GPU while its series has
    samples. Names are ``namespace/pod/container``; series without a pod claim nothing.

    Parameters
    ----------
    text : of the file
    where : the file, for the error
    default : zone of times that state none

    Returns the pods, as jobs. Raises WattlineError where it is no such answer, or times run backwards.
    """
    del default  # Prometheus speaks in seconds since the epoch
    try:
        answer = parse_json(text)
        series = answer["data"]["result"] if isinstance(answer, dict) else answer
        rows = [(dict(s["metric"]), s["values"]) for s in series]
        read = [(labels, np.array([float(t) for t, _ in values])) for labels, values in rows]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise WattlineError(
            f"{where}: not a Prometheus range answer (data.result of metric and values): {error}"
        ) from None
    times_of: dict[tuple[str, str, str], list[Array]] = {}
    steps = [np.diff(times) for _, times in read if len(times) > 1]
    step = float(np.median(np.concatenate(steps))) if steps else 0.0
    claims: list[Workload] = []
    for labels, times in read:
        pod = _first(labels, POD)
        if not pod or not len(times):
            continue
        if not np.isfinite(times).all() or (np.diff(times) < 0).any():
            raise WattlineError(f"{where}: times of pod {pod} run backwards")
        name = "/".join(filter(None, (_first(labels, NAMESPACE), pod, _first(labels, CONTAINER))))
        gpu = _first(labels, UUID) or _first(labels, INDEX)
        times_of.setdefault((name, gpu, _first(labels, HOST)), []).append(times)
    for (name, gpu, host), several in times_of.items():  # a pod may stand in several metrics of one GPU: it has it once
        times = np.unique(np.concatenate(several))
        for run in np.split(times, np.flatnonzero(np.diff(times) > BROKEN * step) + 1):
            begin, end = float(run[0]) - step / 2, float(run[-1]) + step / 2
            claims.append(Workload(name, max(begin, 0.0), end, (gpu,) if gpu else (), (host,) if host else ()))
    return claims


def _first(labels: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((str(labels[n]) for n in names if labels.get(n)), "")
