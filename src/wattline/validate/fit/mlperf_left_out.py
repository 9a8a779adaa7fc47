"""Results of MLPerf Inference by fits that have not seen their chip, model or generation of chips."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wattline.core.errors import WattlineError
from wattline.line.engine.steady_load import Best, LoadFacts
from wattline.validate.evidence.mlperf_inference import MlperfRow
from wattline.validate.fit.mlperf import fit_mlperf, predict
from wattline.validate.fit.mlperf_ranges import UnseenResult

BY = ("chip", "model", "round", "scenario", "engine")
LEAVE_OUT = ("rows", "chip", "model", "generation")
TENTHS = 10


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
    progress: Callable[[str], None] = lambda name: None,
) -> list[Best | None]:
    """Each row by a fit without its group, which begins at the priors: one that began at the fit to all rows, and was
    stopped early, would have seen them.

    Parameters
    ----------
    rows : results
    by : rows (each tenth of them), chip, model or generation
    plain : facts of a load, of which the fitted ones are replaced
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
    names = [group_of(row, by) for row in rows]
    result: list[Best | None] = [None] * len(rows)
    for name in sorted(set(names)):
        progress(f"without {name}")
        rest = [row for row, other in zip(rows, names, strict=True) if other != name]
        fit = fit_mlperf(rest, plain)
        for i, row in enumerate(rows):
            if names[i] == name:
                result[i] = predict(fit, row, plain)
    return result


def left_out_results(
    rows: Sequence[MlperfRow], by: str, plain: LoadFacts, progress: Callable[[str], None] = lambda name: None
) -> list[UnseenResult]:
    """Measured over predicted time of each row, by a fit without its group, without rows that fit no layout.

    Parameters
    ----------
    rows, by, plain, progress : as ``predict_left_out`` takes them

    Returns
    -------
    In the rows' order.
    """
    return compared_times(rows, predict_left_out(rows, by, plain, progress), by)


def compared_times(rows: Sequence[MlperfRow], results: Sequence[Best | None], by: str) -> list[UnseenResult]:
    """Measured over predicted time of each row, without those that fit no layout.

    Parameters
    ----------
    rows : results
    results : what is predicted of each by a fit without its group
    by : what was left out

    Returns
    -------
    In the rows' order.
    """
    return [
        UnseenResult(
            group_of(row, by), row.chip.record.name, float(np.log(best.tokens_per_s * row.chips / row.tokens_per_s))
        )
        for row, best in zip(rows, results, strict=True)
        if best
    ]
