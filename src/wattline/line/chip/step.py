"""Time and power of one step of inference, from its operations; arrays in, arrays out.

Williams et al. 2009 (CACM 52:4) for the roofline; Pope et al. 2022 (arXiv:2211.05102) for partitioned inference. The
power limit binds on the mean over a step: where the operations' joules would take more watts, the step takes longer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.device import COMPUTE, Chip
from wattline.line.chip.operations import operations
from wattline.line.chip.products import Operation, Rates, Work
from wattline.line.chip.shape import Shape


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a replica: its operations on one of its chips, its time, and the power of that chip."""

    operations: dict[str, Operation]
    joules: dict[str, Array]
    time_s: Array
    power_w: Array

    @property
    def energy_j(self) -> Array:
        """Joules of one chip."""
        return np.asarray(self.time_s * self.power_w)

    @property
    def flops(self) -> Array:
        """FLOPs on one chip."""
        return np.asarray(sum(op.flops + op.narrow_flops for op in self.operations.values()))

    @property
    def bytes_read(self) -> Array:
        """Bytes to and from one chip's memory."""
        return np.asarray(sum(op.bytes for op in self.operations.values()))

    @property
    def bound(self) -> str:
        """The operation that takes most of the step's time, on the average over draws."""
        return max(self.operations, key=lambda name: float(np.mean(self.operations[name].time_s)))


@dataclass(frozen=True, eq=False)
class Watts:
    """A chip's power: TDP, idle, and the limit it is held to; ``silicon``: TDP of the board that the same silicon was
    measured on, where it is another: joules belong to the silicon, and a smaller board only lets fewer through."""

    tdp: Array
    idle: Array
    limit: Array
    silicon: Array | None = None

    @property
    def full(self) -> Array:
        """What shares of power are shares of."""
        return self.tdp if self.silicon is None else self.silicon


def step(shape: Shape, work: Work, rates: Rates, watts: Watts, fit: Coefficients) -> Step:
    """One step: operations, their joules, and the limit's stretch.

    Parameters
    ----------
    shape : the model's architecture, of one model or of many
    work : what the step does; arrays broadcast
    rates : the chip's nameplate
    watts : TDP, idle power and limit of the chip [W]
    fit : coefficients of the chip's generation

    Returns the operations on one chip, their joules before the limit, the step's time and the chip's mean power.
    """
    parts = operations(shape, work, rates, fit)
    joules = {name: watts.full * seconds_at_tdp(name, op, work, rates, fit) for name, op in parts.items()}
    time = np.asarray(sum(op.time_s for op in parts.values()))
    energy = np.maximum(sum(joules.values()), watts.idle * time)
    stretched, power = within_limit(time, energy, watts, fit)
    return Step(parts, joules, stretched, power)


def within_limit(time_s: Array, energy_j: Array, watts: Watts, fit: Coefficients) -> tuple[Array, Array]:
    """Seconds and watts of work that would take this long and this much at full clocks, at the clock that the limit
    allows: time goes with 1/clock, energy beyond static power with its power ``clock_exponent`` (voltage falls too).

    Parameters
    ----------
    time_s : time at full clocks, s, any shape
    energy_j : energy at full clocks, J, of the same shape
    watts : idle power, TDP and limit of a chip, W
    fit : coefficients of a step

    Returns
    -------
    Seconds and watts, slower and lower where the limit binds.
    """
    reach = np.minimum(watts.limit * fit.limit_reach, watts.limit)
    static = np.minimum(fit.static_power * watts.full, fit.kernels.largest_static_share * reach)
    moving = np.maximum(energy_j / time_s - static, 1e-9)
    clock = clock_under_limit(reach, static, moving, fit.clock_exponent)
    return np.asarray(time_s / clock), np.asarray(
        np.minimum(static + moving * clock ** (1.0 + fit.clock_exponent), reach)
    )


def clock_under_limit(reach_w: Array, static_w: Array, moving_w: Array, exponent: Array) -> Array:
    """The share of full clocks that a limit of power leaves.

    Parameters
    ----------
    reach_w : power that the limit lets through [W]
    static_w : power that does not fall with the clock [W]
    moving_w : power beyond that at full clocks [W], above 0
    exponent : energy of work falls with the clock to this power

    Returns
    -------
    Share of full clocks, at most 1, of the common shape.
    """
    return np.asarray(np.minimum((reach_w - static_w) / moving_w, 1.0) ** (1.0 / (1.0 + exponent)))


def seconds_at_tdp(name: str, op: Operation, work: Work, rates: Rates, fit: Coefficients) -> Array:
    """The time [s] in which a chip at its TDP would take the energy of an operation.

    Parameters
    ----------
    name : the operation's, as ``operations`` names it
    op : the operation on one chip
    work, rates : of the step
    fit : coefficients of the chip's generation

    Returns
    -------
    Its energy over the TDP [s], of the shape of the operation's time.
    """
    waits = {"all-reduce": fit.link_power, "sampling": fit.sampling_power, "host": fit.host_power}
    moving = waits.get(name, np.asarray(0.0))
    wide, narrow = rates.arithmetic * op.flops / rates.wide, rates.narrow_arithmetic * op.narrow_flops / rates.narrow
    arithmetic = fit.flop_power * (wide + narrow)
    memory = rates.traffic * fit.byte_power * op.bytes / rates.memory
    busy = fit.busy_power * op.busy_s * np.where(op.narrow_flops > 0, fit.narrow_power, 1.0)
    return np.asarray((fit.static_power + moving) * op.time_s + arithmetic + memory + busy)


def nameplate(chip: Chip, chips: int, precision: str) -> Rates:
    """The chip's peak rates, for a replica of so many.

    Parameters
    ----------
    chip, chips : type of chip with its server, its facts drawn; number of chips of a replica
    precision : number format, a key of ``BYTES``

    Returns
    -------
    FLOP/s, bytes/s and links of the replica.
    """
    # 32 bits are computed as such, attention too; all else that is not narrow in 16
    form = precision if COMPUTE[precision] in ("fp32", "tf32") else "bf16"
    wide, narrow = chip.peak_flops(form), chip.peak_flops(precision)
    moved, same = chip.bandwidth_bytes_per_s, chip.silicon
    return Rates(
        np.asarray(wide),
        np.asarray(narrow),
        moved,
        chip.link_among(chips),
        np.asarray(1.0 if same is None or form != "bf16" else wide / same["fp16_flops"].value),
        np.asarray(1.0 if same is None else narrow / same.get(chip.peak(precision), narrow)),
        np.asarray(1.0 if same is None else moved / same["memory_bandwidth_bytes_per_s"].value),
        across=np.asarray(float(chips > chip.link_domain_chips)),
    )


def watts_of(chip: Chip) -> Watts:
    """Power of a chip under the limit that is set on it.

    Parameters
    ----------
    chip : type of chip with its server, its facts drawn

    Returns
    -------
    Full, idle and limited power of a chip [W].
    """
    tdp = chip.tdp_w
    limit = tdp if chip.cap_watts is None else np.minimum(chip.cap_watts, tdp)
    silicon = None if chip.silicon is None else np.asarray(chip.silicon["tdp_w"].value)
    return Watts(tdp, np.minimum(chip.idle_w, limit), limit, silicon)


def bound_by(operation: Operation, rates: Rates) -> str:
    """What an operation's time mostly goes to, on the average over draws.

    Parameters
    ----------
    operation : the operation with its bytes and FLOPs
    rates : peak rates of the replica

    Returns
    -------
    ``"arithmetic"``, ``"memory"`` or ``"launches, links or the host"``.
    """
    time, busy = float(np.mean(operation.time_s)), float(np.mean(operation.busy_s))
    if busy < 0.5 * time:
        return "launches, links or the host"
    arithmetic = float(np.mean(operation.flops / rates.wide + operation.narrow_flops / rates.narrow))
    return "arithmetic" if arithmetic > float(np.mean(operation.bytes / rates.memory)) else "memory"
