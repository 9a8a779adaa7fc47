"""EcoLogits held against measured GPU joules per output token, on the same rows as Wattline.

    .venv/bin/python benchmarks/ecologits.py FILE.csv [PREDICTIONS.csv]

FILE has the columns of the ML.ENERGY Benchmark v3 leaderboard. PREDICTIONS is what
`wattline validate inference FILE.csv --save PREDICTIONS.csv` writes: the rows' own columns and
predicted_energy_per_token_joules. With it, every predictor is scored on the rows that Wattline predicts; without it,
EcoLogits alone, on all rows. What came out is in ecologits.md.

EcoLogits is installed into an environment of its own, build/ecologits-venv, and its own functions are called there:
this file, run by that interpreter with --inside, reads rows as JSON and writes joules per token as JSON. GPU energy
alone, as measured: no server, no PUE. Only the standard library is imported, so that both interpreters can run it.
"""

from __future__ import annotations

import csv
import importlib
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

VERSION = "0.11.3"
VENV = Path(__file__).resolve().parent.parent / "build" / "ecologits-venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
INSIDE = "--inside"
JOULES_PER_KWH = 3.6e6

MEASURED, PREDICTED = "energy_per_token_joules", "predicted_energy_per_token_joules"
NAMES = ("model_id", "gpu_model", "task", "weight_precision")
NUMBERS = ("num_gpus", "avg_batch_size", "total_params_billions", "activated_params_billions", MEASURED)
AS_IT_COMES, BATCH_GIVEN, WATTLINE = "EcoLogits as it comes", "EcoLogits, batch and GPUs given", "Wattline"

Row = dict[str, Any]  # NAMES as text, NUMBERS as numbers
Joules = dict[str, list[float]]  # by predictor, one for each row


# Run by EcoLogits' interpreter.


def ecologits_joules(llm: Any, row: Row, batch_size: float, gpus: int) -> float:
    """GPU joules per output token, of all GPUs, by EcoLogits' own formulas."""
    gpu_kwh = llm.gpu_energy(
        model_active_parameter_count=row["activated_params_billions"],
        output_token_count=1.0,
        batch_size=batch_size,
        gpu_energy_alpha=llm.GPU_ENERGY_ALPHA,
        gpu_energy_beta=llm.GPU_ENERGY_BETA,
        gpu_energy_gamma=llm.GPU_ENERGY_GAMMA,
    )
    return JOULES_PER_KWH * float(llm.request_it_energy(server_energy=0.0, gpu_required_count=gpus, gpu_energy=gpu_kwh))


def required_gpus(llm: Any, row: Row) -> int:
    """How many GPUs EcoLogits gives the model: by its total parameters, at its own precision and GPU memory."""
    memory_gb = llm.model_required_memory(row["total_params_billions"], llm.MODEL_QUANTIZATION_BITS)
    return int(llm.gpu_required_count(memory_gb, llm.GPU_MEMORY))


def inside() -> None:
    """Rows as JSON on stdin, joules per token by predictor as JSON on stdout."""
    llm = importlib.import_module("ecologits.impacts.llm")
    rows: list[Row] = json.load(sys.stdin)
    json.dump(
        {
            AS_IT_COMES: [ecologits_joules(llm, row, llm.BATCH_SIZE, required_gpus(llm, row)) for row in rows],
            BATCH_GIVEN: [ecologits_joules(llm, row, row["avg_batch_size"], int(row["num_gpus"])) for row in rows],
        },
        sys.stdout,
    )


# Run by the project's interpreter.


def fail(problem: str) -> NoReturn:
    print(f"error: {problem}", file=sys.stderr)
    raise SystemExit(2)


def has_ecologits() -> bool:
    """Whether the environment is there, with the version that is compared."""
    if not PYTHON.exists():
        return False
    ask = "import importlib.metadata as m; print(m.version('ecologits'))"
    answer = subprocess.run([PYTHON, "-I", "-c", ask], capture_output=True, text=True)
    return answer.stdout.strip() == VERSION


def install_ecologits() -> None:
    """Make EcoLogits' environment where it is not there yet."""
    if has_ecologits():
        return
    print(f"installing ecologits {VERSION} into its own environment, {VENV.name}", file=sys.stderr)
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"ecologits=={VERSION}"],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
            fail(f"EcoLogits cannot be installed ({last}); is a package registry within reach?")


def ask_ecologits(rows: Sequence[Row]) -> Joules:
    """Joules per token from EcoLogits' own environment; -I, or this file would be imported in the package's place."""
    command = [str(PYTHON), "-I", str(Path(__file__).resolve()), INSIDE]
    answer = subprocess.run(command, input=json.dumps(rows), capture_output=True, text=True)
    if answer.returncode:
        fail(f"EcoLogits failed: {(answer.stderr.strip() or 'no message').splitlines()[-1]}")
    joules: Joules = json.loads(answer.stdout)
    return joules


def read_rows(path: str, *extra: str) -> list[Row]:
    """The rows of a CSV: names as text, numbers as positive numbers, the extra columns as they stand."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in (*NAMES, *NUMBERS, *extra) if name not in (reader.fieldnames or [])]
            if missing:
                fail(f"{path}: column {', '.join(missing)} missing")
            return [read_row(path, number, row, extra) for number, row in enumerate(reader, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        fail(f"{path}: cannot be read ({error})")


def read_row(path: str, number: int, row: dict[str, str], extra: Sequence[str]) -> Row:
    return {
        **{name: row[name] or "" for name in (*NAMES, *extra)},
        **{name: positive(row[name], f"{path}, row {number}: {name}") for name in NUMBERS},
    }


def positive(text: str | None, where: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        fail(f"{where} is {text!r}, not a number")
    if not 0 < value < float("inf"):
        fail(f"{where} is {text}; it must be above 0")
    return value


def same(row: Row) -> tuple[str, ...]:
    """What tells one row from another in both files, however their numbers are printed."""
    return (*(row[name] for name in NAMES), *(f"{row[name]:.6g}" for name in NUMBERS))


def read_wattline(path: str) -> dict[tuple[str, ...], float]:
    """Wattline's joules per token, by row; a row without a prediction is absent, never zero."""
    return {
        same(row): positive(row[PREDICTED], f"{path}: {PREDICTED}")
        for row in read_rows(path, PREDICTED)
        if row[PREDICTED]
    }


def score(errors: Sequence[float]) -> tuple[float, float, float]:
    """Mean and median of the absolute relative errors, and the mean relative error."""
    absolute = [abs(error) for error in errors]
    return statistics.fmean(absolute), statistics.median(absolute), statistics.fmean(errors)


def in_fitted_range(row: Row) -> bool:
    """EcoLogits' methodology: fitted to ML.ENERGY on H100, batches up to 512, models up to 200 billion parameters."""
    return bool(row["gpu_model"] == "H100" and row["avg_batch_size"] <= 512 and row["total_params_billions"] <= 200)


def groups(rows: Sequence[Row]) -> dict[str, list[int]]:
    """Row numbers of every group that has rows: all, by GPU, by task, by both, and EcoLogits' fitted range."""
    titles: tuple[Callable[[Row], str], ...] = (
        lambda row: "all rows",
        lambda row: str(row["gpu_model"]),
        lambda row: str(row["task"]),
        lambda row: f"{row['gpu_model']} {row['task']}",
        lambda row: "EcoLogits' fitted range" if in_fitted_range(row) else "",
    )
    numbers: dict[str, list[int]] = {}
    for title in titles:
        for name in sorted({title(row) for row in rows} - {""}):
            numbers[name] = [number for number, row in enumerate(rows) if title(row) == name]
    return numbers


def print_table(rows: Sequence[Row], predictions: Joules) -> None:
    print(f"{'':<24} {'predictor':<31} {'rows':>5} {'MAPE':>7} {'median APE':>11} {'bias':>7}")
    errors = {
        name: [joules / row[MEASURED] - 1 for joules, row in zip(predicted, rows, strict=True)]
        for name, predicted in predictions.items()
    }
    for group, numbers in groups(rows).items():
        for place, (name, rates) in enumerate(errors.items()):
            mean, median, bias = score([rates[number] for number in numbers])
            title = group if place == 0 else ""
            print(f"{title:<24} {name:<31} {len(numbers):>5} {mean:>7.1%} {median:>11.1%} {bias:>+7.1%}")


def main(arguments: Sequence[str]) -> None:
    if len(arguments) not in (1, 2):
        fail("usage: benchmarks/ecologits.py FILE.csv [PREDICTIONS.csv]")
    rows = read_rows(arguments[0])
    wattline: dict[tuple[str, ...], float] = {}
    if len(arguments) == 2:
        wattline, count = read_wattline(arguments[1]), len(rows)
        rows = [row for row in rows if same(row) in wattline]
        print(f"{len(rows)} of {count} rows have a prediction of Wattline's; every predictor is scored on these")
    if not rows:
        fail("no row to compare; is it the predictions of the same FILE.csv?" if len(arguments) == 2 else "no rows")
    install_ecologits()
    predictions = ask_ecologits(rows)
    if wattline:
        predictions[WATTLINE] = [wattline[same(row)] for row in rows]
    print(f"GPU joules per output token, predicted against measured; ecologits {VERSION}")
    print_table(rows, predictions)


if __name__ == "__main__":
    if sys.argv[1:] == [INSIDE]:
        inside()
    else:
        main(sys.argv[1:])
