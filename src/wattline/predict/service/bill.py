"""The answer of a simulated service: its bill from chip to grid, in stretches of constant power, and its warnings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.quantity import number
from wattline.core.units import J_PER_WH
from wattline.line.chip.device import Chip
from wattline.line.chip.known import how_known, spread_fact
from wattline.line.chip.tuned import SPREAD
from wattline.line.engine.simulator.outcome import ServiceOutcome
from wattline.line.engine.simulator.power import parts_by_bin
from wattline.line.work.reading import model_reading
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.answer import Answer, Working
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import find_facility
from wattline.predict.making import with_making
from wattline.predict.prices import notes_of
from wattline.predict.rented import rental, rental_notes
from wattline.predict.service.inputs import Replica
from wattline.predict.service.seen import Encoding
from wattline.predict.where import Where

PHASES = 96  # stretches of constant power that the bill is made of
DRAINED = 1.02  # of the traffic's window: a service that ends later than this has fallen behind


def answer_of(
    replica: Replica,
    served: ServiceOutcome,
    inputs: dict[str, Any],
    where: Where,
    draws: Draws,
    warned: tuple[str, ...],
    cells: float = 1.0,
    encoding: Encoding | None = None,
) -> Answer:
    """The answer of a simulated service.

    Parameters
    ----------
    replica : as it was simulated
    served : what the simulation gave
    inputs : what was taken, by name
    where : where it runs
    draws : of the facts; what rests on them has shape ``(n_draws,)``
    warned : what is out of the ordinary, in words
    cells : identical services, of which one was simulated
    encoding : the work of encoders of pictures and sound, None where there are none

    Returns the answer.
    """
    working = Working()
    facility = find_facility(where, draws, working)
    phases = _phases(served, replica.chip, _energy_spread(replica, draws), cells, draws.n)
    if encoding is not None:
        phases = _with_encoders(phases, encoding, served, draws)
    bill, load, peak = deliver(phases, facility, draws, working)
    occupied_s = np.asarray(cells * parts_by_bin(served)["on"].sum())
    bill = with_making(bill, replica.chip, occupied_s, where, draws, working)
    done, fleet = len(served.arrival_s) * cells, _fleet(served, inputs.get("scale_from"))
    alike = f"{number(cells)} cells of " if cells != 1 else ""
    traffic = f"{number(done / served.horizon_s)} requests/s for {number(served.horizon_s)} s"
    return Answer(
        command="serve",
        title=f"{traffic}, {replica.model.name} on {alike}{fleet} × {replica.chip.record.title}",
        inputs=inputs | facility.inputs(),
        more={"model": model_reading(replica.model, replica.precision)},
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=np.asarray(served.horizon_s),
        quantities={
            "requests": np.asarray(float(done)),
            "accelerators": np.asarray(cells * sum(pool.replicas * pool.chips for pool in served.pools)),
            "energy_wh_per_request": np.asarray(bill.energy_j / J_PER_WH / done),
            "joules_per_output_token": np.asarray(bill.energy_j / (cells * float(served.tokens.sum()))),
            "pue": facility.pue,
            **rental(replica.chip, occupied_s, draws),
        },
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=warned,
        notes=(
            *_encoder_notes(encoding, served),
            *rental_notes(replica.chip),
            *notes_of(where, bill.follows["cost_usd"], facility.hours),
        ),
    )


def _encoder_notes(encoding: Encoding | None, served: ServiceOutcome) -> tuple[str, ...]:
    """How much of the replicas' time encoders take."""
    if encoding is None:
        return ()
    share = encoding.busy_s / max(float(parts_by_bin(served)["busy_s"].sum()), 1e-9)
    words = f"encoders of pictures and sound take {share:.1%} of the replicas' time at work, before the prompt's text"
    return (f"{words}; decoding of the files on the host is left out",)


def _fleet(served: ServiceOutcome, least: int | None) -> str:
    """``4 × 2``: replicas and chips of each; ``1 to 4 × 2`` where they are scaled; both pools where there are two."""
    counts = [str(pool.replicas) if pool.record is None else f"{least} to {pool.replicas}" for pool in served.pools]
    fleets = [f"{count} × {pool.chips}" for count, pool in zip(counts, served.pools, strict=True)]
    if len(fleets) == 1:
        return fleets[0]
    return f"({' + '.join(f'{fleet} {pool.name}' for fleet, pool in zip(fleets, served.pools, strict=True))})"


def _energy_spread(replica: Replica, draws: Draws) -> Array:
    """How far the energy of steps may lie from the central value that the simulation took."""
    generation = replica.chip.generation
    if (tuned := replica.how.tuned) is not None:
        facts = [f"fit.{SPREAD}-{what}-{tuned.nearest}" for what in ("time", "power")]
    else:
        known = how_known(replica.model, generation, draws.catalog, replica.how.rare)
        facts = [spread_fact("energy", generation, draws.catalog, known)]
    return np.asarray(np.prod([draws.own(fact) / float(draws.central()(fact)) for fact in facts], axis=0))


def _phases(served: ServiceOutcome, chip: Chip, spread: Array, cells: float, draws: int) -> list[Phase]:
    """The service in stretches of constant power, of so many draws."""
    parts = parts_by_bin(served)
    spans = np.diff(served.edges_s)
    scaled = any(pool.record is not None for pool in served.pools)
    begins = _edges(len(spans), min(PHASES, len(spans)))[:-1]
    length = np.add.reduceat(spans, begins)
    # one row a stretch, so that powers of shape (n_draws,) go across
    total = {
        name: np.maximum(np.add.reduceat(parts[name], begins), 0.0)[:, None]
        for name in ("prefill", "decode", "idle", "busy", "on", "starting")
    }
    energy = {
        "prefill": spread * total["prefill"],
        "decode": spread * total["decode"],
        "chip_idle": chip.idle_w * total["idle"],
        "host": chip.host_w * total["busy"] + chip.host_idle_w * total["idle"],
        "network": chip.network_w * total["on"],
    }
    if scaled:
        energy["start_up"] = (chip.idle_w + chip.host_w) * total["starting"]
    some = np.where(length > 0, length, 1.0)[:, None]
    power = {part: cells * joules / some for part, joules in energy.items()}
    if draws != 1:  # what has no range is one number
        power = {part: watts[:, 0] if watts.shape[1] == 1 else watts for part, watts in power.items()}
    return [
        Phase({part: np.asarray(watts[k]) for part, watts in power.items()}, np.asarray(length[k]))
        for k in np.flatnonzero(length > 0)
    ]


def _with_encoders(phases: list[Phase], encoding: Encoding, served: ServiceOutcome, draws: Draws) -> list[Phase]:
    """The same with the encoders' own joules, in place of those that the simulation took for them."""
    read_j = float(parts_by_bin(served)["prefill"].sum())
    part = min(encoding.stand_in_j / max(read_j, 1e-9), 1.0)
    spread = draws("fit.encoder-spread-time-chip") * draws("fit.encoder-spread-power")
    own = np.asarray(encoding.chip_j / max(read_j, 1e-9) * spread)

    def parts_of(power: Mapping[str, Array]) -> dict[str, Array]:
        read = power["prefill"]
        central = float(np.mean(read))
        return {**power, "prefill": np.asarray(read * (1.0 - part)), "encode": np.asarray(central * own)}

    return [Phase(parts_of(phase.power_w), phase.duration_s) for phase in phases]


def _edges(count: int, groups: int) -> list[int]:
    """Where so many groups of neighbours begin, as near to the same size as may be, and where the last ends."""
    size, more = divmod(count, groups) if groups else (0, 0)
    return [k * size + min(k, more) for k in range(groups + 1)]


def rejected_of(traffic: Traffic, served: ServiceOutcome) -> dict[str, int]:
    """How many requests were left out, by why.

    Parameters
    ----------
    traffic : the requests
    served : what became of each

    Returns
    -------
    Requests by why, without those of none.
    """
    rejected = dict(traffic.rejected)
    for why, count in served.rejected.items():
        rejected[why] = rejected.get(why, 0) + count
    return rejected


def _short_of(served: ServiceOutcome) -> str:
    """What the requests wait for longest."""
    waits = {name: float(np.nanmean(values)) for name, values in served.waits_s.items() if np.isfinite(values).any()}
    longest = max(waits, key=lambda name: waits[name])
    if served.resumed_s is None:
        return "replicas"
    return {"slot": "--replicas to decode", "transfer": "--transfer-bandwidth"}.get(longest, "--prefill-replicas")


def warnings_of(traffic: Traffic, served: ServiceOutcome) -> tuple[str, ...]:
    """What is out of the ordinary in a service, in words.

    Parameters
    ----------
    traffic : the requests
    served : what became of each

    Returns
    -------
    Sentences.
    """
    warnings = []
    end = float(np.nanmax(served.end_s))
    waits = served.ttft_s if served.resumed_s is None else np.fmax(served.ttft_s, served.resumed_s - served.arrival_s)
    late = waits[-max(1, len(waits) // 20) :]
    if end > DRAINED * traffic.duration_s and np.median(late) > 10 * np.percentile(waits, 5) + 1.0:
        warnings.append(
            f"the service falls behind: its last answer ends {end - traffic.duration_s:,.0f} s after the traffic's "
            f"{traffic.duration_s:,.0f} s, and late requests wait {np.median(late):,.1f} s; give more "
            f"{_short_of(served)}"
        )
    if served.rejected:
        warnings += [f"{count:,} requests left out: {why}" for why, count in served.rejected.items()]
    return tuple(warnings)
