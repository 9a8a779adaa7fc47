"""``wattline calibrate``: fitted coefficients made again from measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import meter_choices, options
from wattline.cli.contents import Contents
from wattline.cli.groups import expand
from wattline.cli.meter_export import WindowOpt
from wattline.cli.printing import write_or_print
from wattline.core.errors import WattlineError

Save = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the coefficients here [default: print them].")]
HELP = "Fit coefficients again to measurements."
calibrate_app = typer.Typer(cls=Contents, help=HELP, no_args_is_help=True)


@calibrate_app.callback()
def _calibrate() -> None:
    """Fit coefficients again to measurements."""


@calibrate_app.command("training")
def calibrate_training(
    file: Annotated[Path, typer.Argument(help="CSV of published training runs.")], save: Save = None
) -> None:
    """Factors of production training and its power, fitted to published runs; prints catalog/fit/training.toml."""
    from wattline.validate.evidence.training_runs import read_runs
    from wattline.validate.fit.training import calibrate_training as fit

    write_or_print(fit(read_runs(file)), save)


@calibrate_app.command("inference")
def calibrate_inference(
    file: Annotated[Path, typer.Argument(help="CSV with the columns of the ML.ENERGY leaderboard.")], save: Save = None
) -> None:
    """The coefficients of a step, fitted to measured serving; prints catalog/fit/step.toml.

    With --save also writes what measured configurations reached, measured_steps.csv, beside it.
    """
    from wattline.cli.printing import working
    from wattline.validate.fit.step_file import CURVES, calibrate

    with working("fitting") as update:
        text, curves = calibrate(file, lambda name: update(f"fitting without {name}"))
    write_or_print(text, save)
    if save is not None:
        write_or_print(curves, save.with_name(CURVES))


@calibrate_app.command("engine")
def calibrate_engine(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="CSV with the columns of the ML.ENERGY leaderboard of 2024.")
    ],
    save: Save = None,
) -> None:
    """What the host of an old engine takes of a step, fitted to measured serving; prints catalog/fit/hosted.toml."""
    from wattline.cli.printing import working
    from wattline.validate.evidence.hosted import read_hosted
    from wattline.validate.fit.hosted import fit_hosted, predict_hosted, spreads_left_out
    from wattline.validate.fit.hosted_file import hosted_file

    rows = [row for file in files for row in read_hosted(file)[0]]
    with working("fitting"):
        fit = fit_hosted(rows)
    with working("fitting") as update:
        spreads = spreads_left_out(rows, predict_hosted(rows, "model", lambda name: update(f"without {name}")))
    chips = " and ".join(sorted({row.chip.record.title for row in rows}))
    write_or_print(hosted_file(fit, f"{len(rows)} configurations on {chips}", spreads), save)


@calibrate_app.command("mlperf")
def calibrate_mlperf(
    file: Annotated[Path, typer.Argument(help="CSV of results of MLPerf Inference, one system and scenario a row.")],
    save: Save = None,
) -> None:
    """What tuned engines do, fitted to results of MLPerf Inference; prints catalog/fit/tuned.toml."""
    from wattline.cli.printing import working
    from wattline.validate.fit.mlperf_file import calibrate

    with working("fitting") as update:
        text = calibrate(file, lambda name: update(f"fitting {name}"))
    write_or_print(text, save)


@calibrate_app.command("serving")
def calibrate_serving(
    file: Annotated[Path, typer.Argument(help="CSV with silicon_ttft_ms and silicon_tpot_ms.")], save: Save = None
) -> None:
    """What engines add to steps, fitted to measured TTFT and TPOT; prints catalog/fit/software.toml."""
    from wattline.cli.printing import working
    from wattline.validate.fit.software_file import calibrate

    with working("fitting") as update:
        text = calibrate(file, update)
    write_or_print(text, save)


@calibrate_app.command("steps")
def calibrate_steps(
    file: Annotated[Path, typer.Argument(help="CSV of results of MLPerf Training.")], save: Save = None
) -> None:
    """What training reaches of chips, fitted to steps of MLPerf Training; prints catalog/fit/training_step.toml."""
    from wattline.catalog import fact
    from wattline.cli.printing import working
    from wattline.validate.fit.training_steps_file import calibrate

    with working("fitting") as update:
        text = calibrate(file, fact("fit.training-tuned-spread").value, lambda name: update(f"fitting {name}"))
    write_or_print(text, save)


@calibrate_app.command("experts")
def calibrate_experts(save: Save = None) -> None:
    """What layers of experts take in training, fitted to published steps; prints catalog/fit/training_experts.toml."""
    from wattline.cli.printing import working
    from wattline.validate.fit.training_experts import calibrate

    with working("fitting") as update:
        text = calibrate(lambda name: update(f"fitting without {name}"))
    write_or_print(text, save)


@calibrate_app.command("diffusion")
def calibrate_diffusion(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="CSVs of images and video of the ML.ENERGY leaderboards.")
    ],
    save: Save = None,
) -> None:
    """Coefficients of making images and video, fitted to measured ones; prints catalog/fit/diffusion.toml.

    With --save also writes what measured models reached, measured_diffusion.csv, beside it.
    """
    from wattline.cli.printing import working
    from wattline.line.chip.diffusion.known import TABLE
    from wattline.validate.evidence.diffusion import read_any
    from wattline.validate.fit.diffusion_file import calibrate_diffusion as fit

    rows = [row for file in files for row in read_any(file)[0]]
    if not rows:
        raise WattlineError("none of the files has a row that can be used")
    with working("fitting") as update:
        text, table = fit(rows, lambda name: update(f"fitting without {name}"))
    write_or_print(text, save)
    if save is not None:
        write_or_print(table, save.with_name(TABLE))


@calibrate_app.command("measured")
@expand
def calibrate_measured(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML), as `wattline run` takes.")],
    measured: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Recordings of one of its jobs.")],
    *,
    job: Annotated[
        str | None, typer.Option(help="Name of the job that was measured, where the scenario has several.")
    ] = None,
    window: WindowOpt = None,
    reading: meter_choices.ReadOptions,
    save: Save = None,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
) -> None:
    """Facts moved by your own measurements; prints a file for --facts."""
    from wattline.cli.meter_export import read_recording
    from wattline.cli.printing import working
    from wattline.scenario.run import run
    from wattline.validate.fit.measured import calibrate_measured as fit
    from wattline.validate.fit.measured import facts_file

    worked = run(scenario, draws, seed)
    with working("reading") as update:
        recordings = []
        for path in {path.resolve(): path for path in measured}.values():  # one given twice is one
            update(f"reading {path}")
            recordings.append(read_recording(path, reading))
        result = fit(worked, recordings, job, window)
    if not result.moved:
        raise WattlineError("the measurements change no fact: nothing to write")
    write_or_print(facts_file(result), save)


@calibrate_app.command("site")
def calibrate_site(save: Save = None) -> None:
    """The annual kinds of site that the hourly model gives, over all places; prints tables for catalog/site.toml."""
    from wattline.catalog import default
    from wattline.cli.printing import working
    from wattline.line.site.derive import toml

    with working("deriving") as update:
        text = toml(default(), lambda name: update(f"deriving {name}"))
    write_or_print(text, save)


@calibrate_app.command("wind-sun")
def calibrate_wind_sun(
    file: Annotated[
        Path, typer.Argument(help="Generation of regions by the hour (EIA-930): utc, region, wind, solar [MW].")
    ],
    save: Save = None,
) -> None:
    """How wind and sun behave in a region, fitted to its hours; prints catalog/wind_sun.toml."""
    from wattline.catalog import default
    from wattline.cli.printing import working
    from wattline.validate.fit.wind_sun_file import calibrate_wind_sun as fit

    with working("fitting"):
        text = fit(file, default())
    write_or_print(text, save)


@calibrate_app.command("world")
def calibrate_world(
    file: Annotated[
        Path | None, typer.Argument(help="CSV of published figures (series, year, twh, …) [default: the catalog's].")
    ] = None,
    save: Save = None,
) -> None:
    """The coefficients of the world's paths, fitted to published figures; prints catalog/world/coefficients.csv."""
    from wattline.cli.printing import working
    from wattline.line.world.published import published_figures, read_published
    from wattline.validate.fit.world import calibrate

    with working("fitting") as update:
        text = calibrate(read_published(file) if file else published_figures(), lambda name: update(f"fitting {name}"))
    write_or_print(text, save)
