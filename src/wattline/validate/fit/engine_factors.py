"""What an engine's kernels take beside the chip model's, fitted to measured TPOT: of the engine on one generation, of
its experts in each number format, and of its versions.

TPOT comes from the steady state that the closed loop settles in: a step of decoding, and the prompts that are read
between two tokens. Experts in each format run in kernels of their own, so each format has a factor, drawn to the
engine's. A version's is drawn to the engine's by how few models it was measured with: what sets it apart cannot be told
from what sets its models apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import least_squares

from wattline.core.fact import Array
from wattline.line.chip.software import own_experts
from wattline.line.work.model import Model
from wattline.validate.evidence.latencies import TimedRow
from wattline.validate.fit.step_arrays import Steps

FACTOR_PRIOR = -0.2  # log of a factor before any row
FACTOR_WEIGHT = 0.1  # the prior's weight: of n rows, it counts as this squared, times n
FORMAT_ROWS = 30.0  # rows that a format's prior, the engine's own factor, counts as
VERSION_MODELS = 4.0  # variance between models of a version beside that between versions
SHARP = 0.15  # log error beyond which a row counts less than its square


@dataclass(frozen=True, eq=False)
class EngineFactors:
    """Of one engine on one generation of chips."""

    kernel: float = 1.0
    expert: float = 1.0
    formats: Mapping[str, float] = field(default_factory=dict)  # of experts, in place of ``expert``
    versions: Mapping[str, float] = field(default_factory=dict)  # of kernels, in place of ``kernel``

    def kernel_of(self, version: str) -> float:
        """The factor of kernels in this version, such as ``vllm-0.19``."""
        return self.versions.get(version, self.kernel)


def architecture(model: Model) -> str:
    """Models with one name here are one to a fit: DeepSeek's R1 and V3 differ in their weights alone."""
    return f"{model.family} {model.hidden} × {model.layers}"


def fit_factors(rows: Sequence[TimedRow]) -> EngineFactors:
    """Factors of one engine on one generation.

    Parameters
    ----------
    rows : measured services of that engine on chips of that generation

    Returns
    -------
    The engine's factors, those of its formats and versions among them.
    """
    table = Steps.of(rows)
    measured = np.array([row.tpot_s for row in rows])
    names = sorted({row.precision for row in rows if _own_format(row)})
    member = np.array([[_own_format(row) and row.precision == name for name in names] for row in rows], float)
    member = member.reshape(len(rows), len(names))

    def residuals(logs: Array) -> Array:
        errors = np.log(table.tpot_s(np.exp(logs[0]), np.exp(logs[1] + member @ logs[2:])) / measured)
        drawn = np.sqrt(len(rows)) * FACTOR_WEIGHT * (logs[:2] - FACTOR_PRIOR)
        return np.concatenate([errors, drawn, np.sqrt(FORMAT_ROWS) * logs[2:]])

    start = np.concatenate([np.full(2, FACTOR_PRIOR), np.zeros(len(names))])
    logs = np.asarray(least_squares(residuals, start, loss="soft_l1", f_scale=SHARP).x)
    experts = np.exp(logs[1] + member @ logs[2:])
    versions = _versions(rows, measured, float(np.exp(logs[0])), experts)
    formats = {name: float(np.exp(logs[1] + more)) for name, more in zip(names, logs[2:], strict=True)}
    return EngineFactors(float(np.exp(logs[0])), float(np.exp(logs[1])), formats, versions)


def _own_format(row: TimedRow) -> bool:
    return bool(row.model.moe_layers) and own_experts(row.chip, row.precision)


def _versions(rows: Sequence[TimedRow], measured: Array, kernel: float, experts: Array) -> dict[str, float]:
    """The kernels' factor of each version, drawn to the engine's."""
    factors = {}
    for name in sorted({row.engine for row in rows if "-" in row.engine}):
        inside = np.array([i for i, row in enumerate(rows) if row.engine == name])
        own = [rows[i] for i in inside]
        factors[name] = kernel * _version(own, measured[inside], kernel, experts[inside])
    return factors


def _version(rows: Sequence[TimedRow], measured: Array, kernel: float, experts: Array) -> float:
    """What kernels of one version take beside its engine's."""
    table, models = Steps.of(rows), len({architecture(row.model) for row in rows})
    weight = np.sqrt(VERSION_MODELS * len(rows) / models)

    def residuals(log: Array) -> Array:
        errors = np.log(table.tpot_s(kernel * np.exp(log[0]), experts) / measured)
        return np.append(errors, weight * log)

    return float(np.exp(least_squares(residuals, [0.0], loss="soft_l1", f_scale=SHARP).x[0]))
