"""``Load``: electrical power over time at one named point of the line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.parquet import check_parquet, damage

POINTS = ("chip", "server", "site", "grid")
_META = "wattline_load"


@dataclass(frozen=True, eq=False)
class Load:
    """Power over time, immutable.

    ``power_w`` has time last and any number of leading axes (draws, parts); each value is the mean power over one
    step of ``step_s`` seconds. ``labels`` names the entries of the first axis, where they have names; ``scale`` is the
    energy of each draw beside the mean of all, where the draws themselves are not in ``power_w``. All series share
    one window of time, ``duration_s``: one that ends before it is 0 W from there on, and ``mean_w`` is over the window.
    """

    point: str
    start: datetime
    step_s: float
    power_w: Array
    labels: tuple[str, ...] = field(default=())
    scale: tuple[float, ...] = field(default=())

    def __post_init__(self) -> None:
        power = self.power_w
        if (
            not (isinstance(power, np.ndarray) and power.dtype == float and power.flags.owndata)
            or power.flags.writeable
        ):
            power = np.array(power, dtype=float)  # what nobody can write to any more is taken as it is
        if self.point not in POINTS:
            raise WattlineError(f"load: point {self.point!r} is none of {', '.join(POINTS)}")
        if power.ndim == 0 or power.shape[-1] == 0:
            raise WattlineError("load: power needs at least one step in time")
        if not np.isfinite(power).all():
            raise WattlineError("load: power must be finite; NaN or infinity is no power (missing is never zero)")
        if not 0 < self.step_s < np.inf:
            raise WattlineError(f"load: step {self.step_s} s must be greater than zero, and finite")
        if self.labels and (power.ndim < 2 or len(self.labels) != power.shape[0]):
            raise WattlineError(f"load: {len(self.labels)} labels for {power.shape[:-1]} series")
        if self.scale and not (np.isfinite(self.scale).all() and min(self.scale) >= 0):
            raise WattlineError("load: the energy of a draw beside the mean must be finite, and not below 0")
        power.flags.writeable = False
        start = self.start if self.start.tzinfo else self.start.replace(tzinfo=UTC)
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "power_w", power)

    @property
    def duration_s(self) -> float:
        return self.step_s * int(self.power_w.shape[-1])

    @property
    def energy_j(self) -> Array:
        """Energy over all steps; shape: the leading axes."""
        return np.asarray(self.power_w.sum(axis=-1) * self.step_s)

    @property
    def mean_w(self) -> Array:
        return np.asarray(self.power_w.mean(axis=-1))

    @property
    def peak_w(self) -> Array:
        return np.asarray(self.power_w.max(axis=-1))

    def resample(self, step_s: float) -> Load:
        """The same load in other steps; energy is kept exactly, a last step that is not full is filled with 0 W. Raises
        WattlineError for a step that is not above zero and finite."""
        if not 0 < step_s < np.inf:
            raise WattlineError(f"load: step {step_s} s must be greater than zero, and finite")
        edges = np.arange(self.power_w.shape[-1] + 1) * self.step_s
        count = max(1, int(np.ceil(edges[-1] / step_s - 1e-9)))
        wanted = np.arange(count + 1) * step_s
        wanted[-1] = max(wanted[-1], edges[-1])
        flat = self.power_w.reshape(-1, self.power_w.shape[-1])
        total = np.concatenate([np.zeros((len(flat), 1)), np.cumsum(flat, axis=1) * self.step_s], axis=1)
        energy = np.stack([np.diff(np.interp(wanted, edges, row)) for row in total])
        power = (energy / step_s).reshape(*self.power_w.shape[:-1], count)
        return Load(self.point, self.start, step_s, power, self.labels)

    def with_draws(self, energy_j: Array) -> Load:
        """The same load with what its draws take beside their mean; as it is where there are none.

        Parameters
        ----------
        energy_j : energy of each draw, scalar or ``(n_draws,)`` [J]

        Returns the load with its ``scale``.
        """
        each = np.atleast_1d(energy_j)
        mean = float(each.mean())
        return self if len(each) < 2 or mean <= 0 else replace(self, scale=tuple(np.round(each / mean, 9).tolist()))

    def __add__(self, other: Load) -> Load:
        if not isinstance(other, Load):
            return NotImplemented
        _check_same_grid((self, other))
        labels = self.labels if self.labels == other.labels else ()
        return Load(self.point, self.start, self.step_s, self.power_w + other.power_w, labels)

    def total(self) -> Load:
        """The sum over the first axis (parts)."""
        return Load(self.point, self.start, self.step_s, self.power_w.sum(axis=0))

    def to_parquet(self, path: Path | str) -> None:
        """One row a step: ``time`` (UTC) and a column of watts for each series; the shape is in the metadata."""
        import polars as pl

        from wattline.core.files import write_whole

        flat = self.power_w.reshape(-1, self.power_w.shape[-1])
        names = self._columns(len(flat))
        offsets = np.round(np.arange(flat.shape[1]) * self.step_s * 1e6).astype("timedelta64[us]")
        times = np.datetime64(self.start.astimezone(UTC).replace(tzinfo=None), "us") + offsets
        frame = pl.DataFrame({"time": times, **dict(zip(names, flat, strict=True))})
        frame = frame.with_columns(pl.col("time").dt.replace_time_zone("UTC"))
        meta = {
            "point": self.point,
            "start": self.start.isoformat(),
            "step_s": self.step_s,
            "shape": list(self.power_w.shape),
            "labels": list(self.labels),
            "scale": list(self.scale),
        }
        write_whole(path, lambda file: frame.write_parquet(file, metadata={_META: json.dumps(meta)}))

    def _columns(self, count: int) -> list[str]:
        if len(set(self.labels)) == count:
            return [f"{label}_w" for label in self.labels]
        return ["power_w"] if count == 1 else [f"power_{i}_w" for i in range(count)]

    @classmethod
    def read_parquet(cls, path: Path | str) -> Load:
        """A load that ``to_parquet`` wrote. Raises WattlineError where the file is not there, is damaged, or is not one
        that Wattline wrote."""
        import polars as pl

        try:
            check_parquet(Path(path))
            meta = json.loads(pl.read_parquet_metadata(path)[_META])
            frame = pl.read_parquet(path).drop("time")
            power = np.stack([frame[name].to_numpy() for name in frame.columns]).reshape(meta["shape"])
            start = datetime.fromisoformat(meta["start"])
            own = tuple(meta["labels"]), tuple(meta.get("scale", ()))
            return cls(meta["point"], start, meta["step_s"], power, *own)
        except FileNotFoundError:
            raise WattlineError(f"load: {path} does not exist") from None
        except damage() as error:
            why = shorten(str(error), 100)
            raise WattlineError(f"load: {shorten(str(path), 200)} is not a load that Wattline wrote ({why})") from error

    @staticmethod
    def is_saved(path: Path | str) -> bool:
        """Whether a file is to be read by ``read_parquet``: it is Parquet, and no other table than a saved load.

        Parameters
        ----------
        path : of the file

        Returns
        -------
        True also for Parquet that is damaged or not there, which ``read_parquet`` names.
        """
        import polars as pl

        if Path(path).suffix.lower() not in (".parquet", ".pq"):
            return False
        try:
            check_parquet(Path(path))
            return _META in pl.read_parquet_metadata(path)
        except FileNotFoundError:
            return True
        except damage():
            return True

    def __repr__(self) -> str:
        from wattline.core.quantity import show

        mean, peak = float(np.mean(self.mean_w)), float(np.max(self.peak_w))
        return (
            f"Load at the {self.point}: {self.power_w.shape[-1]} steps of {show(self.step_s, 's')}, "
            f"mean {show(mean, 'W')}, peak {show(peak, 'W')}, {self.power_w.shape[:-1] or 'one'} series"
        )


def phases_load(
    point: str,
    power_w: Sequence[Array],
    duration_s: Sequence[Array],
    steps: int,
    start: datetime | None = None,
) -> Load:
    """A load of phases one after the other, each of constant power, every draw for its own durations.

    All draws share one window of ``steps`` steps, as long as the longest draw; a step that a phase fills in part holds
    the mean, so that each draw's energy is exactly the sum of ``power_w * duration_s``, while a shorter draw's
    ``mean_w`` is over the whole window, not over its own duration. Each entry: scalar or ``(draws,)``.

    Parameters
    ----------
    point : where the power is drawn: ``chip``, ``server``, ``site`` or ``grid``
    power_w : power of each phase, scalar or ``(draws,)`` [W]
    duration_s : length of each phase, scalar or ``(draws,)`` [s]
    steps : number of steps of the load
    start : when it begins; 1 January 2026 where None

    Returns the load, ``power_w`` of shape ``(steps,)`` or ``(draws, steps)``. Raises WattlineError where a duration is
    negative or not finite, or all are zero.
    """
    flat = np.broadcast_arrays(*[np.asarray(x, float) for x in (*power_w, *duration_s)])
    powers, lengths = flat[: len(power_w)], flat[len(power_w) :]
    total = np.asarray(sum(lengths))
    longest = float(total.max())
    if not 0 < longest < np.inf or any(np.any(length < 0) for length in lengths):
        raise WattlineError("load: the phases' durations must be zero or more, finite, and not all zero")
    step_s = longest / steps
    edges = np.asarray(np.arange(steps + 1) * step_s, dtype=float)
    edges[-1] = np.inf  # the last step takes what rounding would leave beyond it
    power_in = np.zeros((*total.shape, steps))
    rows = power_in.reshape(-1, steps)
    columns = [(power.reshape(-1), length.reshape(-1)) for power, length in zip(powers, lengths, strict=True)]
    for first in range(0, len(rows), ROWS):
        block = slice(first, first + ROWS)
        _add_phases(rows[block], [(power[block], length[block]) for power, length in columns], edges)
    power_in /= step_s
    power_in.flags.writeable = False
    return Load(point, start or datetime(2026, 1, 1, tzinfo=UTC), step_s, power_in)


ROWS = 100  # draws at a time, whose steps stay in the processor's cache


def _add_phases(energy: Array, phases: Sequence[tuple[Array, Array]], edges: Array) -> None:
    """Add the joules of phases one after the other to those of the steps, ``energy`` of shape ``(rows, steps)``."""
    begin = np.zeros(len(energy))
    for power, length in phases:
        # seconds since the phase began, so that the seconds in all steps add up to its own length exactly
        since = edges - begin[:, None]
        np.maximum(since, 0.0, out=since)
        np.minimum(since, length[:, None], out=since)
        inside = since[:, 1:] - since[:, :-1]
        inside *= power[:, None]
        energy += inside
        begin = begin + length


def _check_same_grid(loads: Sequence[Load]) -> None:
    if len({(load.point, load.start, load.step_s, load.power_w.shape[-1]) for load in loads}) != 1:
        raise WattlineError("load: only loads of the same point, start, step and length add or stack; resample first")


def stack(loads: Sequence[Load], labels: Sequence[str]) -> Load:
    """Loads of the same grid, one above the other, under a new first axis with these labels.

    Parameters
    ----------
    loads : of one point, start, step and length, power in W
    labels : a name for each

    Returns
    -------
    A load of shape ``(n_loads, ..., n_steps)``.
    """
    _check_same_grid(loads)
    first = loads[0]
    power = np.stack(np.broadcast_arrays(*[load.power_w for load in loads]))
    return Load(first.point, first.start, first.step_s, power, tuple(labels))
