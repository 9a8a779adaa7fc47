"""Small recordings made here, for tests of what is done with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wattline.meter.device import Device
from wattline.meter.recording import Recording, Series, Window
from wattline.meter.sensor import Spec

START = 1_700_000_000.0
H100 = "NVIDIA H100 80GB HBM3"


def lively(watts: float, count: int) -> np.ndarray:
    """Readings that swing by 1% about ``watts``, as a real meter's do: from one to any other the energy is exact."""
    return watts * (1 + 0.01 * (-1.0) ** np.arange(count))


def series(
    kind: str,
    power_w: Sequence[float] | np.ndarray,
    *,
    uuid: str = "",
    host: str = "n1",
    name: str = "",
    inside: str = "",
    step_s: float = 1.0,
    counter: bool = False,
    spec: Spec | None = None,
) -> Series:
    """Readings every ``step_s`` seconds; with ``counter`` joules of the same power beside the watts."""
    power = np.asarray(power_w, float)
    time = START + np.arange(len(power)) * step_s
    energy = np.concatenate([[0.0], np.cumsum((power[1:] + power[:-1]) / 2 * step_s)]) if counter else None
    device = Device(host, uuid or f"{kind}-0", kind, name, inside)
    return Series(device, spec or Spec("nvml" if kind == "gpu" else "ipmi"), time, power, energy)


def node_with_gpus(gpus: int = 8, gpu_w: float = 650.0, node_w: float = 6849.0, seconds: int = 101) -> Recording:
    """One machine under its own meter, and its GPUs inside it; a run of 80 s in the middle."""
    inside = "n1/bmc"
    each = [
        series("gpu", lively(gpu_w, seconds), uuid=f"GPU-{i}", name=H100, inside=inside, counter=True)
        for i in range(gpus)
    ]
    node = series("node", lively(node_w, seconds), uuid="bmc")
    windows = (Window("run", START + 10, START + 90), Window("epoch", START + 10, START + 50))
    return Recording((*each, node), windows, {"tokens": 80_000.0}, source="made-up.wl")


def chips_only(gpus: int = 8, gpu_w: float = 650.0, seconds: int = 101, name: str = H100) -> Recording:
    """GPUs alone, as NVML tells them."""
    each = [series("gpu", lively(gpu_w, seconds), uuid=f"GPU-{i}", name=name) for i in range(gpus)]
    return Recording(each, (Window("run", START + 10, START + 90),), source="chips.csv")
