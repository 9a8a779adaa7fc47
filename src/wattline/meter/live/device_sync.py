"""Waiting for accelerators at a window's edges, through whichever library the program has loaded already."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_failed: set[str] = set()
_without = 0  # so many modules were loaded when none of the libraries was


def synchronise() -> None:
    """Wait until all work that was given to accelerators is done; imports nothing, and takes nothing that is not
    there. A library that fails in it is told of once and left alone from then on."""
    global _without
    modules = sys.modules
    if len(modules) == _without:
        return
    if "torch" not in modules and "jax" not in modules and "cupy" not in modules:
        _without = len(modules)
        return
    for name, wait in _WAYS.items():
        if name in modules and name not in _failed:
            try:
                wait(modules[name])
            except Exception as error:
                _failed.add(name)
                from wattline.meter.journal.writer import say

                say(f"{name} could not be synchronised ({error!r}): windows may end before their work does")


def _torch(torch: Any) -> None:
    for kind in ("cuda", "xpu"):
        device = getattr(torch, kind, None)
        if device is None or not device.is_initialized():
            continue
        in_use = [i for i in range(device.device_count()) if device.memory_reserved(i) > 0]
        for i in in_use or [device.current_device()]:
            device.synchronize(i)


def _jax(jax: Any) -> None:
    bridge = sys.modules.get("jax._src.xla_bridge")
    begun = getattr(bridge, "backends_are_initialized", None)
    if begun is not None and not begun():
        return
    for device in jax.local_devices():
        # a device works in order: what is put there last is ready last
        (jax.device_put(0.0, device) + 0.0).block_until_ready()
    jax.effects_barrier()


def _cupy(cupy: Any) -> None:
    for i in range(cupy.cuda.runtime.getDeviceCount()):
        with cupy.cuda.Device(i):
            if cupy.get_default_memory_pool().total_bytes() > 0:
                cupy.cuda.runtime.deviceSynchronize()


_WAYS: dict[str, Callable[[Any], None]] = {"torch": _torch, "jax": _jax, "cupy": _cupy}
