"""From measured device energy to the bill: what meters saw, what no meter saw estimated beside it, then site and grid.

Chips alone were metered: their hosts and network come from the catalog's server. Whole machines were: their energy
stands, and is split into chips and hosts where their GPUs were metered too (measured) or the chip is known (estimated).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from wattline import catalog
from wattline.chip.device import Chip, load_chip
from wattline.draws import Draws
from wattline.errors import WattlineError
from wattline.fact import Array
from wattline.meter.out.energy import binned_w
from wattline.meter.recording import Recording
from wattline.quantity import show
from wattline.scenario.answer import Answer, Working
from wattline.scenario.line import Phase, Place, cite_given, deliver, place
from wattline.scenario.measurement import MACHINES, Measurement, Part, drawn_j, measurement

SITE_PARTS = ("ups", "distribution", "cooling", "fans", "lighting")


@dataclass(frozen=True, eq=False)
class Split:
    """Mean watts by part of the bill, shape ``(bins,)`` or ``(draws, bins)``, and what each rests on."""

    power_w: Mapping[str, Array]
    basis: Mapping[str, str]
    notes: tuple[str, ...] = ()


def bill(
    recorded: Recording | Measurement,
    *,
    window: str | None = None,
    chip: str | None = None,
    server: str | None = None,
    pue: float | str | None = None,
    site: str | None = None,
    region: str | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
) -> Answer:
    """The bill of what was measured in a window: energy from the grid, cost, CO2e and water, with range.

    ``chip`` and ``server`` name what was metered where the recording does not tell. What was measured keeps its
    meter's error; ``Answer.basis`` tells which part is measured and which estimated. Raises WattlineError on bad input.
    """
    draw = draws if isinstance(draws, Draws) else Draws(draws, seed)
    working = Working()
    where = place(site, region, pue, draw, working)
    kind = known_chip(chip or None, server or None)
    seen = recorded if isinstance(recorded, Measurement) else measurement(recorded, window)
    device = _device(kind or (seen.chip, None), draw)
    split = by_part(seen, device, draw, working)
    return _answer(seen, device, split, where, draw, working)


def known_chip(chip: str | None, server: str | None) -> tuple[str | None, str | None] | None:
    """Names of chip and server as the catalog has them; None where neither is given. A server tells its usual chip."""
    if chip is None and server is None:
        return None
    machine = None if server is None else catalog.find("server", server)
    if chip is None and machine is not None:
        usual = machine.meta.get("chip") or ()
        if not usual:
            raise WattlineError(f"server {machine.name}: the catalog does not say which chip it holds; give --chip too")
        chip = str(usual[0])
    return catalog.find("chip", str(chip)).name, None if machine is None else machine.name


def _device(kind: tuple[str | None, str | None], draws: Draws) -> Chip | None:
    name, server = kind
    if name is None:
        return None
    device = load_chip(name, draws)
    if server is None or server == device.server.name:
        return device
    record = catalog.find("server", server)
    node = int(record["chips_per_node"].value)
    draws.cite(record["chips_per_node"])
    network = record.facts.get("network_w_per_chip")
    return replace(
        device,
        server=record,
        node_chips=node,
        host_w=draws(record["host_w"]) / node,
        network_w=draws("fit.no-network") if network is None else draws(network),
    )


def by_part(seen: Measurement, device: Chip | None, draws: Draws, working: Working) -> Split:
    """Watts of each part in each bin: measured where a meter saw it, estimated where the catalog can tell."""
    scale = {role: _scale(part, role, seen, draws, working) for role, part in seen.parts.items()}
    power = {role: _times(scale[role], part.power_w) for role, part in seen.parts.items()}
    split = (
        _machines(seen, device, power, scale, working)
        if MACHINES in seen.parts
        else _bare(seen, device, power, working)
    )
    parts, basis, notes = dict(split.power_w), dict(split.basis), list(split.notes)
    if "switches" in power:
        parts["network"], basis["network"] = power["switches"], _basis(seen.parts["switches"])
    elif device is not None:
        parts["network"], basis["network"] = _network(seen, device, working), "estimated"
    else:
        notes.append("network: not metered, and not estimated, for the chip is not known; it is not in the bill")
    return Split(parts, basis, tuple(notes))


def _scale(part: Part, role: str, seen: Measurement, draws: Draws, working: Working) -> Array:
    """What to multiply readings by: one, within the meter's error."""
    energy = drawn_j(part, role, seen.source, draws)
    formula = f"Σ over {part.devices} devices, window {seen.span.name!r}"
    working.note("chip" if role == "chips" else "server", f"energy of the {role}", formula, energy / 3600, "Wh")
    return np.asarray(energy / part.energy.energy_j if part.energy.energy_j > 0 else 1.0)


def _times(scale: Array, power_w: Array) -> Array:
    """Watts by draw and bin; ``(bins,)`` where nothing is drawn."""
    return np.asarray(np.multiply.outer(scale, power_w))


def _outer(value: Array, bins: Array) -> Array:
    return np.asarray(np.multiply.outer(np.asarray(value), bins))


def _basis(part: Part) -> str:
    return "modelled" if part.modelled else "measured"


def _bare(seen: Measurement, device: Chip | None, power: Mapping[str, Array], working: Working) -> Split:
    """Chips or CPUs under meters of their own: what is around them is estimated, or said to be missing."""
    cpus = power.get("cpus")
    if "chips" not in power:
        note = "CPUs and memory alone were metered: fans, disks, power supplies and the rest of the machine are not in"
        return Split({"host": np.asarray(cpus)}, {"host": _basis(seen.parts["cpus"])}, (note,))
    chips, basis = seen.parts["chips"], _basis(seen.parts["chips"])
    if device is None:
        named = sorted({series.device.name for series in chips.series if series.device.name})
        what = ", ".join(named) or "the chip"
        note = f"hosts: not metered, and the catalog does not know {what}; give --chip or --server"
        parts = {"chip": power["chips"]} | ({} if cpus is None else {"host": cpus})
        bases = {"chip": basis} | ({} if cpus is None else {"host": _basis(seen.parts["cpus"])})
        return Split(parts, bases, (note,))
    active, idle, at_work = _by_work(chips, power["chips"], device, seen, working)
    host = _outer(device.host_w, at_work) + _outer(device.host_idle_w, chips.devices - at_work)
    working.note("server", "hosts' power", f"{device.server.title}, per chip at work or idle", host.mean(axis=-1), "W")
    if cpus is not None:
        host = np.maximum(host, cpus)
    return Split(
        {"chip_active": active, "chip_idle": idle, "host": host},
        {"chip_active": basis, "chip_idle": basis, "host": "estimated"},
    )


def _by_work(
    chips: Part, power_w: Array, device: Chip, seen: Measurement, working: Working
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
    seen: Measurement, device: Chip | None, power: Mapping[str, Array], scale: Mapping[str, Array], working: Working
) -> Split:
    """Machines under their own meters: split by their GPUs' meters, else by the catalog, else left whole."""
    whole, basis = power[MACHINES], _basis(seen.parts[MACHINES])
    if seen.inside is not None:
        return _told_apart(seen, device, power, scale, working)
    if device is None:
        note = (
            "chips and hosts: metered together, and not told apart, for the chip is not known; give --chip or --server"
        )
        return Split({"server": whole}, {"server": basis}, (note,))
    count = seen.parts[MACHINES].devices * device.node_chips
    host = np.minimum(_outer(device.host_w * count, np.ones_like(seen.parts[MACHINES].power_w)), whole)
    formula = f"{device.server.title}: host watts of {seen.parts[MACHINES].devices} machines, at most what was measured"
    working.note("server", "hosts' power, within the measured", formula, host.mean(axis=-1), "W")
    return Split({"chip_active": whole - host, "host": host}, {"chip_active": "derived", "host": "estimated"})


def _told_apart(
    seen: Measurement, device: Chip | None, power: Mapping[str, Array], scale: Mapping[str, Array], working: Working
) -> Split:
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
        return Split({"chip": total, "host": rest}, {"chip": basis, "host": host_basis}, tuple(notes))
    active, idle, _ = _by_work(chips, total, device, seen, working)
    parts = {"chip_active": active, "chip_idle": idle, "host": rest}
    return Split(parts, {"chip_active": basis, "chip_idle": basis, "host": host_basis}, tuple(notes))


def chips_of(seen: Measurement, device: Chip | None) -> int | None:
    """How many chips were metered: by themselves, or as many as the machines hold."""
    if "chips" in seen.parts:
        return seen.parts["chips"].devices
    return None if device is None or MACHINES not in seen.parts else seen.parts[MACHINES].devices * device.node_chips


def _network(seen: Measurement, device: Chip, working: Working) -> Array:
    bins = np.ones(len(seen.edges_s) - 1)
    watts = device.network_w * float(chips_of(seen, device) or 0)
    working.note("server", "network's power", f"share of switches and optics, {device.server.title}", watts, "W")
    return _outer(watts, bins)


def _answer(
    seen: Measurement, device: Chip | None, split: Split, where: Place, draws: Draws, working: Working
) -> Answer:
    seconds = np.diff(seen.edges_s)
    phases = [
        Phase({part: np.asarray(watts[..., i]) for part, watts in split.power_w.items()}, np.asarray(s))
        for i, s in enumerate(seconds)
    ]
    _cite_work(seen, draws)
    whole, load, peak = deliver(phases, where, draws, working)
    start = datetime.fromtimestamp(float(seen.edges_s[0]), UTC)
    site = dict.fromkeys(SITE_PARTS, "estimated" if where.given_pue is None else "given")
    inputs = {"recording": seen.source, "window": seen.span.name}
    inputs |= {} if device is None else {"chip": device.record.name, "server": device.server.name}
    return Answer(
        command="meter bill",
        title=_title(seen),
        inputs=inputs | where.inputs(),
        bill=whole,
        load=replace(load, start=start),
        peak_w=peak * seen.peak_ratio,
        duration_s=np.asarray(seen.duration_s),
        quantities=_quantities(seen, device, draws) | {"pue": where.pue},
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=(*seen.notes, *split.notes),
        basis={part: basis for part, basis in (dict(split.basis) | site).items() if part in whole.parts},
    )


def _title(seen: Measurement) -> str:
    counted = ", ".join(f"{part.devices} {role}" for role, part in seen.parts.items())
    return f"Measured: {seen.source or 'a recording'}, window {seen.span.name}, {counted}"


def _cite_work(seen: Measurement, draws: Draws) -> None:
    if seen.done is not None:
        what, count = seen.done
        cite_given(draws, what, count, "token" if what == "tokens" else "request", "as the recording tells")


def _quantities(seen: Measurement, device: Chip | None, draws: Draws) -> dict[str, Array]:
    """Energy at the meters with their error, and per token or query where the recording tells how many."""
    energy = measured_j(seen, draws)
    found: dict[str, Any] = {"measured_wh": energy / 3600}
    if (count := chips_of(seen, device)) is not None:
        found["accelerators"] = float(count)
    if seen.done is not None:
        what, count_done = seen.done
        found["joules_per_token" if what == "tokens" else "joules_per_query"] = energy / count_done
    return {name: np.asarray(value) for name, value in found.items()}


def measured_j(seen: Measurement, draws: Draws) -> Array:
    """Everything that meters saw, each device once, within their errors."""
    roles = [role for role in seen.parts if not (role == "chips" and seen.inside is not None)]
    total = sum(drawn_j(seen.parts[role], role, seen.source, draws) for role in roles)
    if seen.inside is not None and (chips := seen.parts["chips"]).devices > seen.inside.devices:
        scale = drawn_j(chips, "chips", seen.source, draws) / chips.energy.energy_j
        total = total + scale * (chips.energy.energy_j - seen.inside.energy.energy_j)
    return np.asarray(total)
