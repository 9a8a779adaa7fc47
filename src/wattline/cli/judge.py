"""``wattline check``, ``validate`` and ``calibrate``: answers held against what others said and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
validate_app = typer.Typer(help="Predictions held against what was measured and published.")
calibrate_app = typer.Typer(help="Fitted coefficients, made again from measurements.")


def check(
    claims: Annotated[str, typer.Argument(help='Claims file (TOML), or "article" for the built-in one.')],
    draws: Annotated[int, typer.Option(help="Draws from the facts' ranges.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Work every claim through: its arithmetic and its verdict."""
    from wattline.claim import check_file
    from wattline.claim.show import render
    from wattline.cli.out import print_json, print_rich

    report = check_file(claims, draws, seed)
    if as_json:
        print_json(report.json())
    else:
        print_rich(render(report))


@validate_app.callback()
def _validate() -> None:
    """Predictions held against what was measured and published."""


@validate_app.command("training")
def validate_training(
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV of published runs [default: the catalog's that no fit has seen]."),
    ] = None,
    draws: Annotated[int, typer.Option(help="Draws from the facts' ranges.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Chip-hours and energy of published training runs beside the predicted ones."""
    from wattline.cli.out import print_json, print_rich
    from wattline.report.validation import render
    from wattline.validate.rows import catalog_runs, read_runs
    from wattline.validate.training import validate

    result = validate(read_runs(file) if file else catalog_runs(), draws, seed)
    if as_json:
        print_json(result.json())
    else:
        print_rich(render(result))


@calibrate_app.callback()
def _calibrate() -> None:
    """Fitted coefficients, made again from measurements."""


@calibrate_app.command("training")
def calibrate_training(
    file: Annotated[Path, typer.Argument(help="CSV of published training runs.")],
    out: Annotated[Path | None, typer.Option(help="Write the coefficients here [default: print them].")] = None,
) -> None:
    """MFU and training power, fitted to published runs; prints catalog/fit/training.toml."""
    from wattline.cli.out import emit
    from wattline.files import write_text
    from wattline.validate.calibrate import calibrate_training as fit
    from wattline.validate.rows import read_runs

    text = fit(read_runs(file))
    if out is None:
        emit(text)
    else:
        write_text(out, text)
        emit(f"written: {out}\n")
