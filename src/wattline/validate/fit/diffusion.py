"""The coefficients of making images and video, fitted to measured rows; generations lie around one value for all.

Least squares on the logarithms of time and of power, with a loss that grows slower for outliers; each model, chip and
number of chips weighs alike however many rows it has. ``DIFFUSION_PRIORS`` says how far generations differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.diffusion.coefficients import DIFFUSION_PRIORS, DiffusionFit
from wattline.line.chip.diffusion.known import BATCHES, MEASURES, KnownModels, known_key
from wattline.line.chip.diffusion.run import run_stages, total
from wattline.validate.evidence.diffusion import DiffusionRow, DiffusionRows

STEP = 1e-6  # of a coefficient's log, for slopes
SCATTER = 0.05  # of the logarithms that a row is thought to have
POWER_WEIGHT = 1.6  # power is known better than time
SPLIT_WEIGHT = 0.3  # models whose splits over chips cost what no coefficient says
ODD_SPLITS = ("SanaTransformer2DModel",)
PARENT, OWN = (1.5, 1.0), (1.0, 0.4)  # width in doublings of the batch, and rows' worth of doubt


@dataclass(frozen=True, eq=False)
class DiffusionCalibration:
    """Fitted coefficients: logarithms for all generations and each generation's distance from them."""

    shared: Mapping[str, float]
    apart: Mapping[tuple[str, str], float]
    generations: tuple[str, ...]

    def value(self, name: str, generation: str = "") -> float:
        """A coefficient of a generation, or of one that was never measured.

        Parameters
        ----------
        name : of the coefficient
        generation : of the chip; "" for one that was never measured

        Returns
        -------
        The coefficient, in its own unit.
        """
        return float(np.exp(self.shared[name] + self.apart.get((name, generation), 0.0)))

    def fit_of(self, rows: Sequence[DiffusionRow]) -> DiffusionFit:
        """The coefficients of each row's generation, shape ``(n_rows,)``."""
        kinds, places = np.unique([row.chip.generation for row in rows], return_inverse=True)
        return DiffusionFit(
            **{n: np.array([self.value(n, str(kind)) for kind in kinds])[places] for n in DIFFUSION_PRIORS}
        )

    def predict(self, rows: DiffusionRows) -> tuple[Array, Array]:
        """Seconds of a batch, and mean watts of all chips."""
        return predict_rows(rows, self.fit_of(rows.rows))


def predict_rows(rows: DiffusionRows, fit: DiffusionFit) -> tuple[Array, Array]:
    """Seconds of each row's batch, and mean watts of all its chips.

    Parameters
    ----------
    rows : n configurations as arrays
    fit : the coefficients

    Returns
    -------
    Seconds and watts, shape (n,) each.
    """
    time, energy = total(run_stages(rows.stages, rows.rates, fit, rows.engine))
    return time, np.asarray(energy / time)


def fit_diffusion(data: DiffusionRows) -> DiffusionCalibration:
    """Coefficients by least squares around what they are thought to be.

    Parameters
    ----------
    data : measured configurations

    Returns the coefficients.
    """
    from scipy.optimize import least_squares

    generations = tuple(sorted({row.chip.generation for row in data.rows}))
    apart = [(name, g) for name, prior in DIFFUSION_PRIORS.items() if prior.apart for g in generations]
    middle = np.array([*(np.log(prior.value) for prior in DIFFUSION_PRIORS.values()), *(0.0 for _ in apart)])
    widths = np.array([*(p.width for p in DIFFUSION_PRIORS.values()), *(DIFFUSION_PRIORS[n].apart for n, _ in apart)])
    time, power, weights = np.log(data.measured("time_s")), np.log(data.measured("power_w")), _weights(data.rows)

    def unpacked(x: Array) -> DiffusionCalibration:
        count = len(DIFFUSION_PRIORS)
        shared = dict(zip(DIFFUSION_PRIORS, map(float, x[:count]), strict=True))
        return DiffusionCalibration(shared, dict(zip(apart, map(float, x[count:]), strict=True)), generations)

    def residuals(x: Array) -> Array:
        seconds, watts = unpacked(x).predict(data)
        off = np.concatenate([(np.log(seconds) - time) * weights, (np.log(watts) - power) * weights * POWER_WEIGHT])
        scaled = off / SCATTER
        soft = np.sign(scaled) * np.sqrt(2 * (np.sqrt(1 + scaled**2) - 1))
        return np.concatenate([soft, (x - middle) / widths])

    def slopes(x: Array) -> Array:
        count, at = len(DIFFUSION_PRIORS), residuals(x)
        moved = np.array([residuals(x + STEP * (np.arange(len(x)) == place)) for place in range(count)])
        shared = (moved - at)[:, : 2 * len(data.rows)] / STEP
        return np.concatenate([_with_own(shared, data.rows, apart).T, np.diag(1.0 / widths)])

    return unpacked(least_squares(residuals, middle, jac=slopes, max_nfev=60).x)


def _with_own(shared: Array, rows: Sequence[DiffusionRow], apart: Sequence[tuple[str, str]]) -> Array:
    """Slopes by the values for all, and by each generation's distance, which moves its own rows as those do."""
    names = list(DIFFUSION_PRIORS)
    own = np.array([[row.chip.generation == generation for row in rows] for _, generation in apart], float)
    return np.concatenate([shared, shared[[names.index(name) for name, _ in apart]] * np.tile(own, 2)])


def _weights(rows: Sequence[DiffusionRow]) -> Array:
    keys = [(row.model.key, row.chip.record.name, min(row.chips, 3)) for row in rows]
    counts = Counter(keys)
    odd = [row.chips > 1 and row.model.class_name in ODD_SPLITS for row in rows]
    alone = np.array([1 / np.sqrt(counts[key]) for key in keys])
    return np.asarray(alone * np.where(odd, SPLIT_WEIGHT, 1.0))


def split_of(row: DiffusionRow) -> tuple[int, int]:
    """Ulysses and ring degree of a row."""
    return int(row.layout.ulysses), int(row.layout.ring)


def learn_known(data: DiffusionRows, predicted: tuple[Array, Array]) -> KnownModels:
    """What each measured model reached beside a fit's prediction, by chip and split, smoothed over the batch.

    Parameters
    ----------
    data : the measured configurations, n of them
    predicted : seconds and watts by a fit, shape (n,) each

    Returns
    -------
    Log factors at ``BATCHES``, by model and chip.
    """
    rows, (seconds, watts) = data.rows, predicted
    logs = {
        "time": np.log([row.time_s for row in rows]) - np.log(seconds),
        "power": np.log([row.power_w for row in rows]) - np.log(watts),
    }
    doublings, knots = np.log2([row.batch for row in rows]), np.log2(BATCHES)
    parents: dict[str, list[int]] = {}
    owns: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        parents.setdefault(known_key(row.model.key, row.chip.record.name), []).append(i)
        owns.setdefault(known_key(row.model.key, row.chip.record.name, split_of(row)), []).append(i)
    curves: dict[str, dict[str, Array]] = {measure: {} for measure in MEASURES}
    for measure in MEASURES:
        off = logs[measure]
        for key, at in parents.items():
            curves[measure][key] = _smooth(knots, doublings[at], off[at], *PARENT)
        for key, at in owns.items():
            parent = curves[measure][key.rsplit("/", 1)[0]]
            rest = off[at] - np.interp(doublings[at], knots, parent)
            curves[measure][key] = parent + _smooth(knots, doublings[at], rest, *OWN)
    return KnownModels(curves)


def _smooth(at: Array, where: Array, values: Array, width: float, doubt: float) -> Array:
    """Means weighed by nearness, drawn towards nothing by so many rows' worth of doubt."""
    weights = np.exp(-np.abs(at[:, None] - where[None, :]) / width)
    return np.asarray((weights @ values) / (weights.sum(axis=1) + doubt))


def with_known(rows: Sequence[DiffusionRow], predicted: tuple[Array, Array], known: KnownModels) -> tuple[Array, Array]:
    """The prediction with what is known of each row's model.

    Parameters
    ----------
    rows : the measured rows
    predicted : time and power, shape ``(n_rows,)`` each
    known : what was measured of each model

    Returns time and power.
    """
    factors = [
        [float(known.factor(measure, row.model.key, row.chip.record.name, split_of(row), row.batch)) for row in rows]
        for measure in MEASURES
    ]
    return np.asarray(predicted[0] * factors[0]), np.asarray(predicted[1] * factors[1])


LEAVE_OUT = ("model", "family", "chip", "split", "rows")


def group_name(row: DiffusionRow, by: str, place: int) -> str:
    """The group that a row is left out with.

    Parameters
    ----------
    row : a measured configuration
    by : model, family, chip, split or rows
    place : of the row among all

    Returns
    -------
    The group's name.
    """
    named = {
        "model": row.model.key,
        "family": row.model.family,
        "chip": row.chip.generation,
        "split": known_key(row.model.key, row.chip.record.name, split_of(row)),
        "rows": f"tenth {place % 10}",
    }
    return named[by]


def predict_left_out_diffusion(
    data: DiffusionRows, fit: DiffusionCalibration, by: str, progress: Callable[[str], None]
) -> tuple[Array, Array]:
    """Seconds and watts of each row by a fit that leaves out its group, with what its other rows say of the model.

    Parameters
    ----------
    data : all rows that the fits may take
    fit : to all rows, where leaving a group out moves no coefficient, only what is known of a model
    by : model, family, chip, split (of a known model) or rows (every tenth)
    progress : told each group's name

    Returns seconds and watts of each row, shape ``(n_rows,)``.
    """
    names = [group_name(row, by, i) for i, row in enumerate(data.rows)]
    seconds, watts = np.zeros(len(names)), np.zeros(len(names))
    whole = fit.predict(data) if by in ("split", "rows") else None
    for name in sorted(set(names)):
        progress(name)
        inside = [i for i, other in enumerate(names) if other == name]
        outside = [i for i, other in enumerate(names) if other != name]
        # begun at what was thought before any row: a fit that began at the one to all rows could keep what it saw
        every = fit_diffusion(data.pick(outside)).predict(data) if whole is None else whole
        known = learn_known(data.pick(outside), (every[0][outside], every[1][outside]))
        own = [data.rows[i] for i in inside]
        seconds[inside], watts[inside] = with_known(own, (every[0][inside], every[1][inside]), known)
    return seconds, watts
