"""What a fleet wastes idle, and what power caps would save, by the curves of its chips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import NotFound, WattlineError
from wattline.core.fact import Array
from wattline.core.range import Range
from wattline.core.result import Json
from wattline.core.units import J_PER_WH
from wattline.line.chip.coefficients import coefficients
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.known import spread_fact
from wattline.line.chip.step import watts_of, within_limit
from wattline.meter.device import Device

NEAR_IDLE = 1.2  # times the idle power up to which a mean counts as idle
LOWEST, WELL_BELOW = 0.01, 0.5  # an unknown chip's idle: exceeded in all but this share, where so far below its work
CAPS = (0.9, 0.8, 0.7, 0.6, 0.5)  # shares of the TDP


class Levels(NamedTuple):
    """Joules and seconds of devices by whole watts; ``busy``: whether a job held the device. Each shape ``(n,)``."""

    device: Array
    busy: Array
    watts: Array
    joules: Array
    seconds: Array


def idle_waste(levels: Levels, devices: Sequence[tuple[Device, int]], draws: Draws, jobs: bool) -> Json:
    """What devices took without work.

    Parameters
    ----------
    levels : joules and seconds by device and watts
    devices : devices of the fleet with their numbers
    draws : where chips' idle power is looked up
    jobs : whether it is known which devices jobs held

    Returns
    -------
    Watt-hours and device-seconds: of devices that no job held, and of those at idle power while one did.
    """
    limit = dict.fromkeys((number for _, number in devices), np.nan)
    limit |= {number: _idle_limit_w(device, number, levels, draws) for device, number in devices}
    at_idle = levels.watts <= np.array([limit[int(number)] for number in levels.device])
    busy = levels.busy > 0
    free = ~busy if jobs else np.zeros(len(busy), bool)
    idle_at_work = at_idle & busy
    return {
        "unallocated_wh": float(levels.joules[free].sum()) / J_PER_WH if jobs else None,
        "unallocated_s": float(levels.seconds[free].sum()) if jobs else None,
        "at_idle_wh": float(levels.joules[idle_at_work].sum()) / J_PER_WH,
        "at_idle_s": float(levels.seconds[idle_at_work].sum()),
        "idle_share": float(levels.joules[free | idle_at_work].sum() / levels.joules.sum()),
        "devices_without_idle_power": sum(not np.isfinite(watts) for watts in limit.values()),
    }


def _idle_limit_w(device: Device, number: int, levels: Levels, draws: Draws) -> float:
    """The mean power up to which a device counts as idle; NaN where nothing tells."""
    chip = _chip(device, draws)
    if chip is not None:
        return NEAR_IDLE * float(chip.record["idle_w"].high)
    mine = levels.device == number
    if not mine.any():
        return np.nan
    order = np.argsort(levels.watts[mine])
    watts, share = levels.watts[mine][order], np.cumsum(levels.seconds[mine][order])
    low, high = (float(watts[np.searchsorted(share, q * share[-1])]) for q in (LOWEST, 1 - LOWEST))
    return NEAR_IDLE * low if low < WELL_BELOW * high else np.nan


def _chip(device: Device, draws: Draws) -> Chip | None:
    """The device's chip by its name; None where the catalog has none."""
    if device.kind != "gpu" or not device.name:
        return None
    try:
        return load_chip(device.name, draws)
    except (NotFound, WattlineError):
        return None


def cap_savings(levels: Levels, devices: Sequence[tuple[Device, int]], draws: Draws) -> list[Json]:
    """What power caps would save, a row a chip and cap.

    Parameters
    ----------
    levels : joules and seconds by device and watts
    devices : devices of the fleet with their numbers
    draws : of the chips' curves, shape ``(n_draws,)``

    Returns
    -------
    Rows with the chip, its cap [W], what would be saved of the same work [Wh and share] and how much longer that would
    take [share]: ranges over the draws, within the scatter of measured energy and time about predictions.
    """
    chips: dict[str, tuple[Chip, list[int]]] = {}
    for name in dict.fromkeys(device.name for device, _ in devices):
        same = [(device, number) for device, number in devices if device.name == name]
        chip = _chip(same[0][0], draws)
        if chip is not None:
            chips.setdefault(chip.record.name, (chip, []))[1].extend(number for _, number in same)
    return [_cap_row(chip, share, numbers, levels) for chip, numbers in chips.values() for share in CAPS]


def _cap_row(chip: Chip, share: float, numbers: Sequence[int], levels: Levels) -> Json:
    mine = np.isin(levels.device, numbers)
    joules, seconds = levels.joules[mine], levels.seconds[mine]
    cap_w = share * float(np.mean(chip.tdp_w))
    longer, more = cap_effect(chip, levels.watts[mine], cap_w)
    # energy and time without the cap are measured; what the curve changes of them scatters as a prediction does
    spread = {what: chip.draws(spread_fact(what, chip.generation, chip.draws.catalog)) for what in ("energy", "time")}
    saved_j = np.minimum((joules * (1 - more)).sum(axis=-1) * spread["energy"], joules.sum())
    extra_s = (seconds * (longer - 1)).sum(axis=-1) * spread["time"]
    return {
        "chip": chip.record.name,
        "devices": len(numbers),
        "cap_w": cap_w,
        "energy_wh": float(joules.sum()) / J_PER_WH,
        "saved_wh": Range.of(saved_j / J_PER_WH).json(),
        "saved_share": Range.of(saved_j / joules.sum()).json(),
        "longer_share": Range.of(extra_s / seconds.sum()).json(),
    }


def cap_effect(chip: Chip, watts: Array, cap_w: float) -> tuple[Array, Array]:
    """How much longer work takes under a cap, and how much of its energy it then takes.

    Parameters
    ----------
    chip : the chip, drawn
    watts : mean power of the work without the cap, W, shape ``(n,)``
    cap_w : power limit, W

    Returns
    -------
    Factors of time and of energy, each of shape ``(n_draws, n)``; 1 where the cap does not bind.
    """
    fit = coefficients(chip.generation, chip.draws)
    if fit.static_power.ndim:  # draws stand in rows, work in columns
        fit = replace(fit, **{n: getattr(fit, n)[:, None] for n in vars(fit) if getattr(getattr(fit, n), "ndim", 0)})
    second_s = np.ones(len(watts))
    work_j = np.maximum(np.asarray(watts, float), 1.0)
    at = [within_limit(second_s, work_j, watts_of(replace(chip, cap_watts=limit)), fit) for limit in (None, cap_w)]
    (free_s, free_w), (slow_s, slow_w) = at
    binds = slow_s > free_s
    energy = np.minimum(slow_s * slow_w / (free_s * free_w), 1.0)
    return np.where(binds, slow_s / free_s, 1.0), np.where(binds, energy, 1.0)
