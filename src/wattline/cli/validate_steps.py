"""``wattline validate steps``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options
from wattline.core.errors import WattlineError


def validate_steps(
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV of results of MLPerf Training [default: the catalog's steps, each with its layout]."),
    ] = None,
    by: Annotated[str, typer.Option(help="Show scores of results by chip, model, round or submitter.")] = "chip",
    leave_out: Annotated[
        str, typer.Option("--leave-out", help="chip, generation or model: predict each by a fit that leaves it out.")
    ] = "",
    as_json: options.AsJson = False,
) -> None:
    """Time of published training steps beside the predicted one; of results of MLPerf in the best layout."""
    from wattline.cli.printing import print_result, working
    from wattline.validate import mlperf_training, steps
    from wattline.validate.evidence.mlperf_training import read_results
    from wattline.validate.fit.training_experts import validate_left_out

    if file is None and leave_out in ("", "model"):
        with working("fitting") as update:
            print_result(validate_left_out(update) if leave_out else steps.validate(), as_json)
        return
    if file is None:
        raise WattlineError("--leave-out: without a file, model alone; chip and generation want a file of results")
    for option, value, known in (
        ("--by", by, mlperf_training.BY),
        ("--leave-out", leave_out, mlperf_training.LEAVE_OUT),
    ):
        if value and value not in known:
            raise WattlineError(f"{option}: {value!r} is none of {', '.join(known)}")
    results, left = read_results(file)
    with working("predicting") as update:
        result = mlperf_training.validate(
            results, left, by=by, leave_out=leave_out, source=str(file), progress=lambda name: update(name)
        )
        if not leave_out:
            result = mlperf_training.with_images(result, file)
    print_result(result, as_json)
