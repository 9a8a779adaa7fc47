"""Watts of each part of a bill over time, from what meters saw: measured, derived from it, or estimated beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.quantity import show
from wattline.core.units import J_PER_WH
from wattline.line.chip.device import Chip
from wattline.meter.energy.series import binned_w
from wattline.predict.answer import Working
from wattline.reconcile.metered import MACHINES, MeteredPart, MeteredWindow, drawn_j

WEAKER = ("estimated", "modelled", "derived")


@dataclass(frozen=True, eq=False)
class PartPower:
    """Mean watts by part of the bill, shape ``(bins,)`` or ``(draws, bins)``, and what each rests on."""

    power_w: Mapping[str, Array]
    basis: Mapping[str, str]
    notes: tuple[str, ...] = ()


def by_part(seen: MeteredWindow, device: Chip | None, draws: Draws, working: Working) -> PartPower:
    """Watts of each part in each bin: measured where a meter saw it, estimated where the catalog can tell.

    Parameters
    ----------
    seen : what meters saw
    device : type of chip; None where it is not known
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``
    working : in which each step is written down

    Returns watts by part, ``(n_draws, n_bins)``, and how each is known.
    """
    scale = {role: _scale(part, role, seen, draws, working) for role, part in seen.parts.items()}
    power = {role: _times(scale[role], part.power_w) for role, part in seen.parts.items()}
    splits = [_machines(seen, device, power, scale, working)] if MACHINES in power else []
    roles = ("cpus",) if seen.inside is not None else ("chips", "cpus")
    bare = {role: watts for role, watts in power.items() if role in roles}
    if bare:
        splits.append(_bare(seen, device, bare, working))
    split = _joined(splits)
    parts, basis, notes = dict(split.power_w), dict(split.basis), list(split.notes)
    if "switches" in power:
        parts["network"], basis["network"] = power["switches"], _basis(seen.parts["switches"])
    elif device is not None:
        parts["network"], basis["network"] = _network(seen, device, working), "estimated"
    else:
        notes.append("network: not metered, and not estimated, for the chip is not known; it is not in the bill")
    return PartPower(parts, basis, tuple(notes))


def _joined(splits: list[PartPower]) -> PartPower:
    """Machines under their own meters and chips of other hosts, part by part; of two bases the weaker one."""
    power: dict[str, Array] = {}
    basis: dict[str, str] = {}
    for split in splits:
        for part, watts in split.power_w.items():
            power[part] = power[part] + watts if part in power else watts
            bases = {basis.get(part, split.basis[part]), split.basis[part]}
            basis[part] = bases.pop() if len(bases) == 1 else next((b for b in WEAKER if b in bases), "derived")
    return PartPower(power, basis, tuple(note for split in splits for note in split.notes))


def _scale(part: MeteredPart, role: str, seen: MeteredWindow, draws: Draws, working: Working) -> Array:
    """What to multiply readings by: one, within the meter's error."""
    energy = drawn_j(part, role, seen.source, draws)
    formula = f"Σ over {part.devices} devices, window {seen.span.name!r}"
    working.note("chip" if role == "chips" else "server", f"energy of the {role}", formula, energy / J_PER_WH, "Wh")
    return np.asarray(energy / part.energy.energy_j if part.energy.energy_j > 0 else 1.0)


def _times(scale: Array, power_w: Array) -> Array:
    """Watts by draw and bin; ``(bins,)`` where nothing is drawn."""
    return np.asarray(np.multiply.outer(scale, power_w))


def _outer(value: Array, bins: Array) -> Array:
    return np.asarray(np.multiply.outer(np.asarray(value), bins))


def _basis(part: MeteredPart) -> str:
    return "modelled" if part.modelled else "measured"


def _bare(seen: MeteredWindow, device: Chip | None, power: Mapping[str, Array], working: Working) -> PartPower:
    """Chips or CPUs under meters of their own: what is around them is estimated, or said to be missing."""
    cpus = power.get("cpus")
    if "chips" not in power:
        note = "CPUs and memory alone were metered: fans, disks, power supplies and the rest of the machine are not in"
        return PartPower({"host": np.asarray(cpus)}, {"host": _basis(seen.parts["cpus"])}, (note,))
    chips, basis = seen.parts["chips"], _basis(seen.parts["chips"])
    if device is None:
        named = sorted({series.device.name for series in chips.series if series.device.name})
        what = ", ".join(named) or "the chip"
        note = f"hosts: not metered, and the catalog does not know {what}; give --chip or --server"
        parts = {"chip": power["chips"]} | ({} if cpus is None else {"host": cpus})
        bases = {"chip": basis} | ({} if cpus is None else {"host": _basis(seen.parts["cpus"])})
        return PartPower(parts, bases, (note,))
    active, idle, at_work = _by_work(chips, power["chips"], device, seen, working)
    host = _outer(device.host_w, at_work) + _outer(device.host_idle_w, chips.devices - at_work)
    working.note("server", "hosts' power", f"{device.server.title}, per chip at work or idle", host.mean(axis=-1), "W")
    if cpus is not None:
        host = np.maximum(host, cpus)
    return PartPower(
        {"chip_active": active, "chip_idle": idle, "host": host},
        {"chip_active": basis, "chip_idle": basis, "host": "estimated"},
    )


def _by_work(
    chips: MeteredPart, power_w: Array, device: Chip, seen: MeteredWindow, working: Working
) -> tuple[Array, Array, Array]:
    """Chips' watts at work and idle, and how many are at work, by bin: idle is no more than the chip takes idle."""
    most = device.record["idle_w"].high
    each = np.stack([binned_w(series, seen.edges_s) for series in chips.series])
    idle_w = np.where(each <= most, each, 0.0).sum(axis=0)
    share = np.divide(idle_w, chips.power_w, out=np.zeros_like(idle_w), where=chips.power_w > 0)
    at_work = (each > most).sum(axis=0).astype(float)
    formula = f"chips idle where they take up to {show(most, 'W')}, {device.record.title}"
    working.note("chip", "share of chips at work", formula, at_work.mean() / chips.devices, "")
    return power_w * (1 - share), power_w * share, at_work


def _machines(
    seen: MeteredWindow, device: Chip | None, power: Mapping[str, Array], scale: Mapping[str, Array], working: Working
) -> PartPower:
    """Machines under their own meters: split by their GPUs' meters, else by the catalog, else left whole."""
    whole, basis = power[MACHINES], _basis(seen.parts[MACHINES])
    if seen.inside is not None:
        return _separated(seen, device, power, scale, working)
    if device is None:
        note = (
            "chips and hosts: metered together and not separated, since the chip is not known; give --chip or --server"
        )
        return PartPower({"server": whole}, {"server": basis}, (note,))
    count = seen.parts[MACHINES].devices * device.node_chips
    host = np.minimum(_outer(device.host_w * count, np.ones_like(seen.parts[MACHINES].power_w)), whole)
    formula = f"{device.server.title}: host watts of {seen.parts[MACHINES].devices} machines, at most what was measured"
    working.note("server", "hosts' power, within the measured", formula, host.mean(axis=-1), "W")
    return PartPower({"chip_active": whole - host, "host": host}, {"chip_active": "derived", "host": "estimated"})


def _separated(
    seen: MeteredWindow, device: Chip | None, power: Mapping[str, Array], scale: Mapping[str, Array], working: Working
) -> PartPower:
    """Hosts are what machines took beyond their GPUs; GPUs of machines without a meter come on top."""
    chips, inside = seen.parts["chips"], seen.inside
    assert inside is not None
    basis, within = _basis(chips), _times(scale["chips"], inside.power_w)
    notes = []
    rest = power[MACHINES] - within
    if float(np.mean(rest < 0)) > 0.01:
        notes.append("in places the GPUs' meters read more than their machines' own; hosts are taken as nothing there")
        within = np.minimum(within, power[MACHINES])
        rest = power[MACHINES] - within
    rest = np.maximum(rest, 0.0)
    outside = chips.devices - inside.devices
    total = within + np.maximum(power["chips"] - _times(scale["chips"], inside.power_w), 0.0)
    host_basis = "measured"
    if outside and device is not None:
        rest, host_basis = rest + _outer(device.host_w * outside, np.ones(rest.shape[-1])), "estimated"
    elif outside:
        notes.append(f"hosts of {outside} chips: not metered, and not estimated, for the chip is not known")
    if device is None:
        return PartPower({"chip": total, "host": rest}, {"chip": basis, "host": host_basis}, tuple(notes))
    active, idle, _ = _by_work(chips, total, device, seen, working)
    parts = {"chip_active": active, "chip_idle": idle, "host": rest}
    return PartPower(parts, {"chip_active": basis, "chip_idle": basis, "host": host_basis}, tuple(notes))


def _network(seen: MeteredWindow, device: Chip, working: Working) -> Array:
    bins = np.ones(len(seen.edges_s) - 1)
    watts = device.network_w * float(chips_of(seen, device) or 0)
    working.note("server", "network's power", f"share of switches and optics, {device.server.title}", watts, "W")
    return _outer(watts, bins)


def chips_of(seen: MeteredWindow, device: Chip | None) -> int | None:
    """How many chips were metered: by themselves, or as many as the machines hold.

    Parameters
    ----------
    seen : what meters saw, by role
    device : the chip; None where it is not known

    Returns
    -------
    The number; None where it cannot be told.
    """
    chips = seen.parts["chips"].devices if "chips" in seen.parts else 0
    if MACHINES not in seen.parts or seen.inside is not None:
        return chips or None
    return None if device is None else chips + seen.parts[MACHINES].devices * device.node_chips
