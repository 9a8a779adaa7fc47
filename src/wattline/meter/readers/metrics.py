"""Samples of named metrics with labels -> series of devices: which are watts, which joules, and whose."""

from __future__ import annotations

import re

import numpy as np

from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.readers import specs
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec

Labels = tuple[tuple[str, str], ...]
Samples = dict[tuple[str, Labels], tuple[list[float], list[float]]]

# metric -> (power or energy, times this gives W or J)
KNOWN = {
    "DCGM_FI_DEV_POWER_USAGE": ("power", 1.0),
    "DCGM_FI_DEV_POWER_USAGE_INSTANT": ("power", 1.0),
    "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION": ("energy", 1e-3),
    "nvidia_smi_power_draw_watts": ("power", 1.0),
    "nvidia_gpu_power_usage_milliwatts": ("power", 1e-3),
    "nvidia_gpu_duty_cycle": ("", 0.0),
}
NOT_DRAWN = re.compile(
    r"limit|cap|max|min|temp|state|threshold|capacity|violation|budget|default|enforced", re.IGNORECASE
)
HOSTS = ("Hostname", "hostname", "host", "node", "node_name", "nodename", "exported_instance", "instance")
IDS = ("UUID", "uuid", "gpu_uuid", "GPU_UUID")
PARTS = ("gpu", "device", "minor_number", "index", "package", "zone", "chip", "sensor", "rail", "id")


def quantity(name: str) -> tuple[str, float]:
    """What a metric counts ("power", "energy" or "") and what turns its unit into W or J."""
    if name in KNOWN:
        return KNOWN[name]
    lower = name.lower()
    if NOT_DRAWN.search(lower):
        return "", 0.0
    scale = 1e-3 if "milli" in lower else 1e-6 if "micro" in lower else 1e3 if "kilo" in lower else 1.0
    if "joule" in lower:
        return "energy", scale
    if "watt" in lower and "hour" in lower:
        return "energy", scale * 3600.0
    if "watt" in lower or re.search(r"power(_usage|_draw|_consumption|_average|_input)?$|_power_w$", lower):
        return "power", scale
    return "", 0.0


def recording(samples: Samples, source: str) -> Recording:
    """A series for each device's power, and one for its counter; WattlineError where no metric is power or energy."""
    series, skipped = [], []
    for (name, labels), (times, values) in samples.items():
        what, scale = quantity(name) if name else ("power", 1.0)
        if not what:
            skipped.append(name)
            continue
        array = np.array(values) * scale
        device, spec = _device(name, dict(labels)), _spec(name)
        power, energy = (array, None) if what == "power" else (None, array)
        series.append(Series(device, spec, np.array(times), power, energy))
    if not series:
        said = f" (it has {', '.join(sorted(set(skipped))[:4])})" if skipped else ""
        raise WattlineError(f"{source} holds no metric of watts or joules{said}")
    notes = [] if all(name for name, _ in samples) else ["a metric without a name was taken as watts"]
    return Recording(tuple(_one_quantity(series)), notes=tuple(notes), source=source)


def _one_quantity(series: list[Series]) -> list[Series]:
    """Of one device's metrics of one kind (average, instant power) the first alone; a counter stands beside watts."""
    seen: set[tuple[str, bool]] = set()
    kept = []
    for one in sorted(series, key=lambda s: ("INSTANT" in s.spec.note, s.energy_j is None)):
        key = (one.device.key, one.energy_j is not None)
        if key not in seen:
            seen.add(key)
            kept.append(one)
    return kept


def _device(name: str, labels: dict[str, str]) -> Device:
    """Whose reading it is: a GPU by its UUID, else what the labels tell apart on its host."""
    host = re.sub(
        r":\d+$", "", next((labels[key] for key in HOSTS if labels.get(key)), "")
    )  # without an exporter's port
    kind = _kind(name, labels)
    unique = next((labels[key] for key in IDS if labels.get(key)), "")
    slice_id = labels.get("GPU_I_ID", "")
    title = labels.get("modelName", labels.get("name", ""))
    if slice_id and unique:
        return Device(host, f"{unique}/mig{slice_id}", "mig", title, f"{host}/{unique}")
    if not unique:
        said = [f"{key}={labels[key]}" for key in PARTS if labels.get(key)]
        rest = [f"{key}={value}" for key, value in sorted(labels.items()) if key not in (*HOSTS, "job", "__name__")]
        unique = ",".join(said or rest) or name or "power"
        unique = f"{kind}:{unique}" if kind != "other" else unique
    return Device(host, unique, kind, title)


def _kind(name: str, labels: dict[str, str]) -> str:
    text = f"{name} {' '.join(labels)} {labels.get('zone', '')}".lower()
    if (
        "platform" in text
        or "psys" in text
        or "ipmi" in text
        or "chassis" in text
        or "redfish" in text
        or "node_power" in text
    ):
        return "node"
    if "dram" in text:
        return "dram"
    if "dcgm" in text or "gpu" in text or "nvidia" in text:
        return "gpu"
    if "package" in text or "rapl" in text or "cpu" in text or "core" in text:
        return "cpu"
    return "other"


def _spec(name: str) -> Spec:
    lower = name.lower()
    if "dcgm" in lower or "nvidia" in lower:
        return specs.nvml(name, source="dcgm")
    if "kepler" in lower and not re.search(r"kepler_node|platform|package|dram", lower):
        return specs.modelled("prometheus", name)
    return specs.unknown("prometheus", name)
