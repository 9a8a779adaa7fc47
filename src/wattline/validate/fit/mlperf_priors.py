"""What is thought of tuned engines before any result of MLPerf Inference, and which results a coefficient moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wattline.core.units import Z95
from wattline.validate.evidence.mlperf_groups import Group
from wattline.validate.evidence.mlperf_inference import MlperfRow
from wattline.validate.fit.mlperf_known import known_beforehand

# what each generation has for itself -> prior mean of the logarithm over all chips, its width
BY_CHIP = {"kernel-time": (-0.05, 0.2), "narrow-time": (0.0, 0.2), "power": (-0.2, 0.2)}
KIN = 0.12  # width of what a vendor lies off the mean, and a generation off its vendor
# what all share -> prior of the logarithm, its width
SHARED = {
    "expert-time": (-0.2, 0.3),
    "host-s": (np.log(3e-4), 0.7),
    "host-sequence-s": (np.log(3e-6), 0.7),
    "mixed-launches": (np.log(0.4), 0.7),
    "deviations": (np.log(2.3), 0.2),
    "tail": (np.log(1.15), 0.1),
}
ENGINE_WIDTH, YEAR_WIDTH = 0.2, 0.1


def priors_of(groups: Sequence[Group]) -> dict[str, tuple[float, float]]:
    """Every coefficient that the groups can tell of: the mean and the width of its logarithm.

    Parameters
    ----------
    groups : results alike

    Returns
    -------
    By name.
    """
    priors, catalog = dict(SHARED), groups[0].row.chip.catalog
    known = known_beforehand(catalog)
    kin = {g.row.chip.vendor for g in groups} | {g.row.chip.generation for g in groups}
    for name, prior in BY_CHIP.items():
        priors[name] = prior
        priors |= {f"{name}-{of}": (known.get(f"{name}-{of}", 0.0), KIN) for of in sorted(kin)}
    for vendor in {g.row.chip.vendor for g in groups}:
        engines = [g.row.engine for g in groups if g.row.chip.vendor == vendor]
        usual = max(sorted(set(engines)), key=engines.count)
        priors |= {
            f"engine-{e}-{vendor}": (0.0, ENGINE_WIDTH) for e in sorted(set(engines)) if e not in (usual, "other")
        }
    if any(g.row.year == 2024 for g in groups):
        priors["year-2024"] = (0.05, YEAR_WIDTH)
    for task in sorted({g.row.task for g in groups}):
        fact = catalog.fact(f"fit.mlperf-input-tokens-{task}")
        priors[f"input-{task}"] = (float(np.log(fact.value)), float(np.log(fact.high / fact.low) / (2 * Z95)))
    return priors


def moves(name: str, row: MlperfRow) -> bool:
    """Whether a coefficient has a part in a row's prediction.

    Parameters
    ----------
    name : of the coefficient
    row : the result

    Returns
    -------
    False where it leaves the prediction as it is.
    """
    head, _, rest = name.partition("-")
    if head == "input":
        return rest == row.task
    if head == "engine":
        return rest == f"{row.engine}-{row.chip.vendor}"
    if head == "year":
        return rest == str(row.year)
    if name in ("tail", "deviations"):
        return row.load.random
    if name == "expert-time":
        return row.model.experts > 0
    own = next((each for each in BY_CHIP if name.startswith(f"{each}-")), None)
    return own is None or name.removeprefix(f"{own}-") in (row.chip.vendor, row.chip.generation)
