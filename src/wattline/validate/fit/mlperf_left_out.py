"""Results of MLPerf Inference by fits that have not seen their chip, model or generation of chips."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.engine.steady_load import Best, LoadFacts
from wattline.validate.evidence.mlperf_inference import MlperfRow
from wattline.validate.fit.mlperf import MlperfFit, fit_mlperf, predict

BY = ("chip", "model", "round", "scenario", "engine")
LEAVE_OUT = ("rows", "chip", "model", "generation")
TENTHS = 10
REFITS = 2  # rounds from the whole fit on, for a fit without a part


def group_of(row: MlperfRow, by: str) -> str:
    """The group of a row: of a chip, a model, a round, a scenario, an engine, a generation or a tenth of the rows.
    Raises WattlineError for another grouping.

    Parameters
    ----------
    row : a result
    by : chip, model, round, scenario, engine, generation or rows

    Returns
    -------
    The group's name.
    """
    match by:
        case "chip":
            return row.chip.record.name
        case "model":
            return row.model.key
        case "round":
            return row.round
        case "scenario":
            return row.scenario
        case "engine":
            return row.engine
        case "generation":
            return row.chip.generation
        case "rows":
            return f"tenth {row.line % TENTHS}"
    raise WattlineError(f"unknown grouping {by!r}; take one of {', '.join(BY)}")


def predict_left_out(
    rows: Sequence[MlperfRow],
    by: str,
    plain: LoadFacts,
    whole: MlperfFit | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> list[Best | None]:
    """Each row by a fit without its group.

    Parameters
    ----------
    rows : results
    by : rows (each tenth of them), chip, model or generation
    plain : facts of a load, of which the fitted ones are replaced
    whole : the fit to all, to begin with; made where not given
    progress : called with what is under way

    Returns
    -------
    One a row, in their order.

    Raises
    ------
    WattlineError where ``by`` is none of the groups.
    """
    if by not in LEAVE_OUT:
        raise WattlineError(f"leave out: {by!r} is none of {', '.join(LEAVE_OUT)}")
    start = fit_mlperf(rows, plain, progress=progress) if whole is None else whole
    names = [group_of(row, by) for row in rows]
    result: list[Best | None] = [None] * len(rows)
    for name in sorted(set(names)):
        progress(f"without {name}")
        rest = [row for row, other in zip(rows, names, strict=True) if other != name]
        fit = fit_mlperf(rest, plain, start, REFITS)
        for i, row in enumerate(rows):
            if names[i] == name:
                result[i] = predict(fit, row, plain)
    return result


def left_out_ratios(
    rows: Sequence[MlperfRow],
    by: str,
    plain: LoadFacts,
    whole: MlperfFit,
    progress: Callable[[str], None] = lambda name: None,
) -> tuple[list[str], Array]:
    """Measured over predicted tokens a second of each row, by a fit without its group.

    Parameters
    ----------
    rows, by, plain, whole, progress : as ``predict_left_out`` takes them

    Returns the chip of each row and the ratio, shape ``(n_rows,)``, without rows that fit no layout.
    """
    results = predict_left_out(rows, by, plain, whole, progress)
    pairs = [(row, best.tokens_per_s * row.chips) for row, best in zip(rows, results, strict=True) if best]
    return [row.chip.record.name for row, _ in pairs], np.array([row.tokens_per_s / rate for row, rate in pairs])
