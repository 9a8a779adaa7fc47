"""``wattline validate``: predictions compared with measurements and published figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.contents import Contents
from wattline.cli.validate_steps import validate_steps
from wattline.core.errors import WattlineError

HELP = "Compare predictions with what was measured and published."
validate_app = typer.Typer(cls=Contents, help=HELP, no_args_is_help=True)


ServingFile = Annotated[
    Path, typer.Argument(help="CSV with the columns of the ML.ENERGY leaderboard, or with silicon_ttft_ms.")
]
ROWS = "Largest number of rows (of each system), evenly spread [default: all of TTFT and TPOT, else 60]."
ServingRows = Annotated[int | None, typer.Option(help=ROWS)]
LEFT_OUT = "Predict TTFT and TPOT by fits that leave out each model, family or row."
ServingLeaveOut = Annotated[str | None, typer.Option("--leave-out", help=LEFT_OUT)]


@validate_app.callback()
def _validate() -> None:
    """Compare predictions with what was measured and published."""


@validate_app.command("training")
def validate_training(
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV of published training runs [default: those of the catalog that no fit has seen]."),
    ] = None,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    as_json: options.AsJson = False,
) -> None:
    """Chip-hours and energy of published training runs beside the predicted ones."""
    from wattline.cli.printing import print_result
    from wattline.validate.evidence.training_runs import catalog_runs, read_runs
    from wattline.validate.training import validate

    runs, source = (read_runs(file), str(file)) if file else (catalog_runs(), "catalog")
    result = validate(runs, draws, seed, source)
    print_result(result, as_json)


@validate_app.command("carbon")
def validate_carbon(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Series by the hour, of any form that --carbon or --price takes."),
    ],
    signal: Annotated[
        str, typer.Option(help="What is forecast: lifecycle, direct, marginal, price or clean.")
    ] = "lifecycle",
    leave_out: Annotated[
        str | None,
        typer.Option("--leave-out", help="region or year: the regression is not fitted on the grid, or year, scored."),
    ] = None,
    delay: Annotated[str, typer.Option(help="Time from the end of a step to its publication.")] = "1 h",
    weather: Annotated[
        list[Path] | None,
        typer.Option(
            "--hourly-weather",
            metavar="FILE",
            help="Weather of each series' time and place in turn (Open-Meteo's JSON, or a table): as measured or, in "
            "columns …_previous_dayN, as it was forecast N days before.",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Forecasts of carbon or price, from what was published before alone, beside what came, by hours ahead."""
    from wattline.cli.printing import print_result, working
    from wattline.core.quantity import parse
    from wattline.validate.carbon import validate

    with working("forecasting") as update:
        hours = parse(delay, "h", "--delay", zero=True)
        show = lambda name: update(f"forecasting {name}")  # noqa: E731
        result = validate(files, signal, leave_out, hours, show, weather or ())
    print_result(result, as_json)


@validate_app.command("inference")
def validate_inference(
    file: Annotated[Path, typer.Argument(help="CSV with the columns of the ML.ENERGY leaderboard.")],
    by: Annotated[str, typer.Option(help="Also show scores by group: model, family, gpu, gpus, task, precision.")] = "",
    leave_out: Annotated[
        str, typer.Option(help="Predict each model, family, gpu or tenth of the rows by a fit that leaves it out.")
    ] = "",
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every row with its prediction to this CSV.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a parity plot to this HTML file.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """J/token, watts, inter-token latency and tokens/s of measured LLM serving beside the predicted ones."""
    from wattline.cli.printing import print_result, working, write_page
    from wattline.validate.evidence.groups import BY, LEAVE_OUT
    from wattline.validate.evidence.hosted import is_hosted, read_hosted
    from wattline.validate.evidence.serving import read_rows
    from wattline.validate.fit.step_file import fit_from_catalog
    from wattline.validate.inference import validate

    for option, value, known in (("--by", by, BY), ("--leave-out", leave_out, LEAVE_OUT)):
        if value and value not in known:
            raise WattlineError(f"{option}: {value!r} is none of {', '.join(known)}")
    rows, unusable = read_hosted(file) if is_hosted(file) else read_rows(file)
    with working("predicting") as update:
        fit = fit_from_catalog()
        result = validate(
            rows, unusable, fit, leave_out, progress=lambda name: update(f"without {name}"), by=by,
            source=str(file),
        )  # fmt: skip
    if save is not None:
        result.write_csv(save)
    if plot is not None:
        write_page(result.json(), plot)
    print_result(result, as_json)


@validate_app.command("mlperf")
def validate_mlperf(
    file: Annotated[Path, typer.Argument(help="CSV of results of MLPerf Inference, or of Training as `steps` takes.")],
    by: Annotated[str, typer.Option(help="Show scores by chip, model, round, scenario or engine.")] = "chip",
    leave_out: Annotated[
        str | None,
        typer.Option(
            "--leave-out", help="Predict each chip, model, generation or tenth of the rows by a fit that leaves it out."
        ),
    ] = None,
    each: Annotated[bool, typer.Option("--each", help="Show every result beside its prediction.")] = False,
    draws: options.Draws = 1000,
    as_json: options.AsJson = False,
) -> None:
    """Rates and wall watts of MLPerf Inference beside the predicted ones; of LLMs the best layout is searched."""
    from wattline.catalog import default
    from wattline.cli.printing import print_result, working
    from wattline.validate.evidence.mlperf_inference import is_of_training, read_mlperf
    from wattline.validate.fit.mlperf_left_out import BY, LEAVE_OUT
    from wattline.validate.mlperf import validate, with_works

    if is_of_training(file):
        return validate_steps(file, by, leave_out or "", as_json)
    for option, value, known in (("--by", by, BY), ("--leave-out", leave_out or "", LEAVE_OUT)):
        if value and value not in known:
            raise WattlineError(f"{option}: {value!r} is none of {', '.join(known)}")
    results, unused = read_mlperf(file, default())
    with working("predicting") as update:
        result = validate(
            results, unused, default(), leave_out or "", draws, by, str(file), lambda name: update(f"fitting {name}")
        )
        if not leave_out:
            result = with_works(result, file, default(), draws)
    print_result(result, as_json, explain=each)


@validate_app.command("kernels")
def validate_kernels(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Directory of Parquet files of measured kernels, or their parent.")
    ],
    as_json: options.AsJson = False,
) -> None:
    """Time and watts of measured kernels (GEMM, attention, MoE, all-reduce) beside the predicted ones."""
    from wattline.cli.printing import print_result
    from wattline.validate.kernels import validate

    result = validate(folder)
    print_result(result, as_json)


@validate_app.command("sensors")
def validate_sensors(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of recordings: gpudata.csv, with PMD_data.bin where metered.")
    ],
    gpu: Annotated[str, typer.Option(help="Name of the GPU [default: as the log or the folder says].")] = "",
    leave_out: Annotated[
        str | None, typer.Option(help="card or generation: predict each with what other cards, or generations, tell.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Energy by a GPU's own sensor, as read and as corrected, beside a hardware meter; stuck sensors are named."""
    from wattline.cli.printing import print_result
    from wattline.validate.sensors import validate

    result = validate(folder, gpu, leave_out)
    print_result(result, as_json)


@validate_app.command("serving")
def validate_serving(
    file: ServingFile, rows: ServingRows = None, leave_out: ServingLeaveOut = None, as_json: options.AsJson = False
) -> None:
    """Inter-token latency and J/token, or TTFT and TPOT, of measured services beside the simulator's."""
    from wattline.cli.printing import print_result, working
    from wattline.validate import serving_sim
    from wattline.validate.evidence.latencies import is_timed, read_timed
    from wattline.validate.fit.software import leave_out_software
    from wattline.validate.serving_timed import hold_timed, some

    if rows is not None and rows < 1:
        raise WattlineError(f"--rows: {rows} must be one or more")
    with working("simulating") as update:
        left: dict[str, list[int]] = {}
        if not is_timed(file):
            if leave_out is not None:
                raise WattlineError(f"--leave-out: {file} has no TTFT and TPOT; `validate inference` leaves models out")
            comparisons = serving_sim.hold_steady(file, 60 if rows is None else rows, update)
        elif leave_out is None:
            comparisons, left = hold_timed(file, rows, update)
        else:
            usable, left = read_timed(file)
            comparisons, unfit = leave_out_software(some(usable, rows), leave_out, update)
            left |= unfit
    print_result(serving_sim.ServingValidation(comparisons, left, str(file), leave_out), as_json)


@validate_app.command("site")
def validate_site(
    file: Annotated[Path, typer.Argument(help="CSV: operator, site, year, pue, wue_l_per_kwh, kind.")],
    draws: Annotated[int, typer.Option("--draws", help="Draws from the facts' ranges.")] = 200,
    seed: options.Seed = 0,
    leave_out: Annotated[
        str, typer.Option(help="site, operator or year: fit the range of each to the figures of all others.")
    ] = "",
    as_json: options.AsJson = False,
) -> None:
    """Published PUE and WUE of data centres beside those predicted from place, operator's kind of hall and load."""
    from wattline.cli.printing import print_result, working
    from wattline.validate.evidence.sites import read_rows
    from wattline.validate.site import validate

    rows = read_rows(file)
    with working("predicting") as update:
        result = validate(rows, draws, seed, lambda name: update(f"predicting {name}"), str(file), leave_out)
    print_result(result, as_json)


@validate_app.command("world")
def validate_world(
    leave_out: Annotated[
        str | None,
        typer.Option(
            help="country, company, source, edition or year: predict each by a fit to the rest, in some minutes."
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Outlooks of earlier years beside what was published later; published sums, cases and forecasts beside ours."""
    from wattline.cli.printing import print_result, working
    from wattline.line.world.backtest import LEAVE_OUT
    from wattline.validate.world import validate_world as validate

    if leave_out is not None and leave_out not in LEAVE_OUT:
        raise WattlineError(f"--leave-out: {leave_out!r} is none of {', '.join(LEAVE_OUT)}")
    with working("forecasting") as update:
        result = validate(leave_out, update)
    print_result(result, as_json)
