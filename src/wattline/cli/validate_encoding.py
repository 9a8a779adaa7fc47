"""``wattline validate encoding`` and ``calibrate encoding``: encoders, speech and images of MLPerf Inference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options
from wattline.core.errors import WattlineError

Results = Annotated[Path, typer.Argument(help="CSV of results of MLPerf Inference, one system and scenario a row.")]
LEFT_OUT = "Predict each chip or generation of chips by a fit to all other rows."


def validate_encoding(
    file: Results,
    leave_out: Annotated[str, typer.Option("--leave-out", help=LEFT_OUT)] = "",
    each: Annotated[bool, typer.Option("--each", help="Show every result beside its prediction.")] = False,
    draws: options.Draws = 1000,
    as_json: options.AsJson = False,
) -> None:
    """Rates and wall watts of MLPerf's BERT, Whisper and Stable Diffusion XL beside the predicted ones."""
    from wattline.catalog import default
    from wattline.cli.printing import print_result, working
    from wattline.validate.fit.mlperf_works import LEAVE_OUT
    from wattline.validate.mlperf_works import validate_works

    if leave_out and leave_out not in LEAVE_OUT:
        raise WattlineError(f"--leave-out: {leave_out!r} is none of {', '.join(LEAVE_OUT)}")
    with working("predicting") as update:
        result = validate_works(file, default(), leave_out, draws, lambda name: update(f"fitting {name}"))
    print_result(result, as_json, explain=each)


def calibrate_encoding(
    file: Results,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the coefficients here [default: print them].")
    ] = None,
) -> None:
    """What engines make of encoders, speech and images, fitted to MLPerf Inference; prints catalog/fit/works.toml."""
    from wattline.catalog import default
    from wattline.cli.printing import working, write_or_print
    from wattline.validate.evidence.mlperf_inference import refuse_other_columns
    from wattline.validate.evidence.mlperf_works import read_works
    from wattline.validate.fit.mlperf_works import works_file

    refuse_other_columns(file)
    rows, _ = read_works(file, default())
    if not rows:
        raise WattlineError(f"{file}: no result of BERT, Whisper or Stable Diffusion XL")
    with working("fitting"):
        text = works_file(rows, default())
    write_or_print(text, save)
