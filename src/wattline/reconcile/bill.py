"""From measured device energy to the bill: what meters saw, what no meter saw estimated beside it, then site and grid.

Chips alone were metered: their hosts and network come from the catalog's server. Whole machines were: their energy
stands, and is split into chips and hosts where their GPUs were metered too (measured) or the chip is known (estimated).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Unpack

import numpy as np

from wattline.catalog import Catalog, CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.plurals import count_words
from wattline.core.units import J_PER_WH
from wattline.line.chip.device import Chip, load_chip
from wattline.meter.recording import Recording
from wattline.predict.answer import Answer, Working
from wattline.predict.cite import cite_given
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import Facility, at_time, find_facility
from wattline.predict.making import with_making
from wattline.predict.prices import notes_of
from wattline.predict.terms import read_terms
from wattline.predict.where import Where, WhereFields
from wattline.reconcile.metered import MeteredWindow, drawn_j, metered_window
from wattline.reconcile.parts import PartPower, by_part, chips_of


def bill(
    recorded: Recording | MeteredWindow,
    *,
    window: str | None = None,
    chip: str | None = None,
    server: str | None = None,
    where: str | Where | None = None,
    draws: int | Draws = 2000,
    seed: int = 0,
    facts: CatalogLike = None,
    **fields: Unpack[WhereFields],
) -> Answer:
    """The bill of what was measured in a window: energy from the grid, cost, CO2e and water, with range.

    What was measured keeps its meter's error; ``Answer.basis`` says of each part whether it was measured or estimated.

    Parameters
    ----------
    recorded : a recording, as readers and journals give it
    window : run, all, a window's name, or ``FROM..TO``
    chip, server : what was metered, by catalog name, where the recording does not say
    where : a region's name, or a Where
    draws, seed : how many draws of the facts' ranges (0: central values), and their seed
    facts : a catalog, or your own file or files of facts
    fields : single fields of ``Where`` (region, site, pue, place, ...)

    Returns the answer. Raises WattlineError on bad input.
    """
    terms = read_terms(None, where, fields, (), draws, seed, facts)
    draw, working = terms.draws, Working()
    facility = find_facility(terms.where, draw, working)
    kind = known_chip(chip or None, server or None, draw.catalog)
    seen = recorded if isinstance(recorded, MeteredWindow) else metered_window(recorded, window, draw.catalog)
    device = _device(kind or (seen.chip, None), draw)
    split = by_part(seen, device, draw, working)
    return _answer(seen, device, split, facility, draw, working)


def known_chip(chip: str | None, server: str | None, catalog: Catalog) -> tuple[str | None, str | None] | None:
    """Names of chip and server as the catalog has them; None where neither is given. A server tells its usual chip.
    Raises NotFound for a name that is not known, WattlineError where the catalog does not say which chip a server
    holds.

    Parameters
    ----------
    chip : a name; None where it is not given
    server : a name; None where it is not given
    catalog : where both are looked up

    Returns
    -------
    Names of chip and server.
    """
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
    record = draws.catalog.find("server", server)
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


def _answer(
    seen: MeteredWindow, device: Chip | None, split: PartPower, facility: Facility, draws: Draws, working: Working
) -> Answer:
    seconds = np.diff(seen.edges_s)
    phases = [
        Phase({part: np.asarray(watts[..., i]) for part, watts in split.power_w.items()}, np.asarray(s))
        for i, s in enumerate(seconds)
    ]
    _cite_work(seen, draws)
    start = datetime.fromtimestamp(float(seen.edges_s[0]), UTC)
    whole, load, peak = deliver(phases, at_time(facility, start), draws, working)
    count = chips_of(seen, device)
    if device is not None and count is not None:
        occupied_s = np.asarray(float(count) * seen.duration_s)
        whole = with_making(whole, device, occupied_s, facility.where, draws, working)
    overhead = "estimated" if facility.where.pue is None else "given"
    inputs = {"recording": seen.source, "window": seen.span.name}
    inputs |= {} if device is None else {"chip": device.record.name, "server": device.server.name}
    return Answer(
        command="meter bill",
        title=_title(seen),
        inputs=inputs | facility.inputs(),
        bill=whole,
        load=replace(load, start=start),
        peak_w=peak * seen.peak_ratio,
        duration_s=np.asarray(seen.duration_s),
        quantities=_quantities(seen, device, draws) | {"pue": facility.pue},
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=(*seen.notes, *split.notes),
        notes=notes_of(facility.where, whole.follows["cost_usd"], facility.hours),
        basis={part: split.basis.get(part, overhead) for part in whole.parts},
    )


def _title(seen: MeteredWindow) -> str:
    what = ", ".join(count_words(role, part.devices) for role, part in seen.parts.items())
    return f"Measured: {seen.source or 'a recording'}, window {seen.span.name}, {what}"


def _cite_work(seen: MeteredWindow, draws: Draws) -> None:
    if seen.done is not None:
        what, count = seen.done
        cite_given(draws, what, count, "token" if what == "tokens" else "request", "as the recording says")


def _quantities(seen: MeteredWindow, device: Chip | None, draws: Draws) -> dict[str, Array]:
    """Energy at the meters with their error, and per token or query where the recording tells how many."""
    energy = measured_j(seen, draws)
    figures: dict[str, Any] = {"measured_wh": energy / J_PER_WH}
    if (count := chips_of(seen, device)) is not None:
        figures["accelerators"] = float(count)
    if seen.done is not None:
        what, count_done = seen.done
        figures["joules_per_token" if what == "tokens" else "joules_per_query"] = energy / count_done
    return {name: np.asarray(value) for name, value in figures.items()}


def measured_j(seen: MeteredWindow, draws: Draws) -> Array:
    """Everything that meters saw, each device once, within their errors.

    Parameters
    ----------
    seen : what meters saw, by role
    draws : of the meters' errors

    Returns
    -------
    Joules, shape (draws,).
    """
    roles = [role for role in seen.parts if not (role == "chips" and seen.inside is not None)]
    total = sum(drawn_j(seen.parts[role], role, seen.source, draws) for role in roles)
    if seen.inside is not None and (chips := seen.parts["chips"]).devices > seen.inside.devices:
        scale = drawn_j(chips, "chips", seen.source, draws) / chips.energy.energy_j
        total = total + scale * (chips.energy.energy_j - seen.inside.energy.energy_j)
    return np.asarray(total)
