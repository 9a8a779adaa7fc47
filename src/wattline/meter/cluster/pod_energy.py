"""Joules by pod: an accelerator's go to the pods that hold it, a processor's by the processor time that pods take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from wattline.core.errors import WattlineError
from wattline.meter.cluster.cgroups import CGROUPS, LOGS, Pod, pod_names, processor_s
from wattline.meter.cluster.pod_resources import SOCKET, PodDevices, list_pods
from wattline.meter.export.snapshot import DeviceTotal, Snapshot

NOBODY: Pod = ("", "")
PROCESSOR = ("cpu", "dram")
Key = tuple[str, str, str]  # namespace, pod, kind of device


@dataclass
class PodEnergy:
    """Joules by pod and kind of device since it was made; what no pod took is nobody's, so that nothing is lost.

    ``devices``: gives every device's joules up to now. ``socket``, ``cgroups``, ``logs``: where the node tells of its
    pods.
    """

    devices: Callable[[], Snapshot]
    socket: Path = SOCKET
    cgroups: Path = CGROUPS
    logs: Path = LOGS
    kubelet_error: str = ""
    _joules: dict[Key, float] = field(default_factory=dict)
    _before: dict[str, float] = field(default_factory=dict)
    _used: tuple[dict[str, float], float] = field(default_factory=lambda: ({}, 0.0))
    _lock: Lock = field(default_factory=Lock)

    def look(self) -> None:
        """Share what went since the last look."""
        used, names = processor_s(self.cgroups), pod_names(self.logs)
        try:
            holders, self.kubelet_error = _holders(list_pods(self.socket)), ""
        except WattlineError as error:  # accelerators' joules are nobody's meanwhile
            holders, self.kubelet_error = {}, str(error)
        with self._lock:
            for each in self.devices().devices:
                more = self._more(each)
                if more <= 0:
                    continue
                kind = each.device.kind
                if kind in PROCESSOR:
                    shares = _by_processor(self._used, used, names)
                elif kind in ("gpu", "mig"):
                    shares = _alike(holders.get(each.device.uuid, ()))
                else:  # a whole machine: its parts are there already
                    continue
                for (namespace, pod), share in shares.items():
                    key = (namespace, pod, kind)
                    self._joules[key] = self._joules.get(key, 0.0) + more * share
            self._used = used

    def _more(self, total: DeviceTotal) -> float:
        """Joules of a device since the last look."""
        if total.energy_j is None:
            return 0.0
        before = self._before.get(total.device.key, 0.0)
        self._before[total.device.key] = max(total.energy_j, before)
        return total.energy_j - before

    def joules(self) -> dict[Key, float]:
        """Joules by namespace, pod and kind of device."""
        with self._lock:
            return dict(self._joules)


def _holders(pods: Sequence[PodDevices]) -> dict[str, set[Pod]]:
    """The pods that hold each device; a replica of one that is shared in time (``GPU-…::3``) is the device."""
    out: dict[str, set[Pod]] = {}
    for each in pods:
        for device in each.devices:
            out.setdefault(device.partition("::")[0], set()).add((each.namespace, each.pod))
    return out


def _alike(pods: Sequence[Pod] | set[Pod]) -> Mapping[Pod, float]:
    return dict.fromkeys(sorted(pods), 1 / len(pods)) if pods else {NOBODY: 1.0}


def _by_processor(
    before: tuple[dict[str, float], float], now: tuple[dict[str, float], float], names: Mapping[str, Pod]
) -> Mapping[Pod, float]:
    """Shares by processor time since the last look; the rest of what ran is the system's, which is nobody's."""
    spent = {uid: max(0.0, seconds - before[0].get(uid, seconds)) for uid, seconds in now[0].items()}
    whole = max(now[1] - before[1], sum(spent.values()))
    out: dict[Pod, float] = {}
    if whole > 0:
        for uid, seconds in spent.items():
            pod = names.get(uid, ("", uid))
            out[pod] = out.get(pod, 0.0) + seconds / whole
    out[NOBODY] = out.get(NOBODY, 0.0) + max(0.0, 1.0 - sum(out.values()))
    return out
