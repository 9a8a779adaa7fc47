"""EcoLogits and NVIDIA's aiconfigurator held against measured serving, on the same rows as Wattline: three errors.

    .venv/bin/python benchmarks/aiconfigurator.py FILE.csv PREDICTIONS.csv [ROWS]

FILE has the columns of the ML.ENERGY Benchmark v3 leaderboard; PREDICTIONS is what
`wattline validate inference FILE.csv --leave-out model --save PREDICTIONS.csv` writes: each row by a fit that has not
seen its model. Rows of text tasks whose model has a configuration in aiconfigurator's package are taken, all or ROWS
of them, evenly spread. What came out is in aiconfigurator.md.

aiconfigurator is installed into an environment of its own, build/aiconfigurator-venv, and its own estimate of one
configuration is called there, with vLLM as the backend: this file, run by that interpreter with --inside, reads rows as
JSON and writes milliseconds and tokens/s. It takes lengths of prompts, which the leaderboard does not tell: those that
Wattline's fit assumes of the tasks are given to it.
"""

from __future__ import annotations

import importlib
import json
import logging
import statistics
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

VERSION = "0.12.0"
VENV = Path(__file__).resolve().parent.parent / "build" / "aiconfigurator-venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
INSIDE = "--inside"
TASKS = ("lm-arena-chat", "gpqa", "sourcegraph-fim")
SYSTEMS = {"H100": "h100_sxm", "B200": "b200_sxm"}
MODELS = {  # part of a model's name -> its configuration in the package, and whether it has experts
    "Llama-3.1-8B": ("meta-llama/Meta-Llama-3.1-8B", False),
    "Llama-3.1-70B": ("meta-llama/Meta-Llama-3.1-70B", False),
    "Llama-3.3-70B": ("meta-llama/Meta-Llama-3.1-70B", False),
    "Llama-3.1-405B": ("meta-llama/Meta-Llama-3.1-405B", False),
    "Qwen3-8B": ("Qwen/Qwen3-8B", False),
    "Qwen3-32B": ("Qwen/Qwen3-32B", False),
    "Qwen3-235B-A22B": ("Qwen/Qwen3-235B-A22B", True),
    "Qwen3-30B-A3B": ("Qwen/Qwen3-30B-A3B", True),
    "Qwen3-Coder-30B-A3B": ("Qwen/Qwen3-30B-A3B", True),
    "Llama-4-Scout": ("meta-llama/Llama-4-Scout-17B-16E-Instruct", True),
    "gpt-oss-20b": ("openai/gpt-oss-20b", True),
    "DeepSeek-V3.1": ("deepseek-ai/DeepSeek-V3", True),
}
# measure -> its column in the leaderboard, and Wattline's
MEASURES = {
    "J/token": ("energy_per_token_joules", "predicted_energy_per_token_joules"),
    "ITL": ("median_itl_ms", "predicted_median_itl_ms"),
    "tokens/s": ("output_throughput_tokens_per_sec", "predicted_output_throughput_tokens_per_sec"),
}

Row = dict[str, Any]


def configuration(model: str) -> tuple[str, bool] | None:
    """The package's configuration of a model by its name in the leaderboard; None where it has none."""
    return next((MODELS[part] for part in MODELS if f"/{part}" in model), None)


# Run by aiconfigurator's interpreter.


def estimate(api: Any, row: Row) -> dict[str, float | None]:
    """What the package says of one configuration; None where it has no kernels for it."""
    path, experts = configuration(row["model_id"]) or ("", False)
    chips, apart = int(float(row["num_gpus"])), float(row["expert_parallel"] or 1) > 1
    how: dict[str, Any] = {}
    if experts:
        how = {"moe_ep_size": chips if apart else 1, "moe_tp_size": 1 if apart else chips}
    if row["weight_precision"] == "fp8":
        how |= {"gemm_quant_mode": "fp8_block", **({"moe_quant_mode": "fp8_block"} if experts else {})}
    try:
        answer = api.cli_estimate(
            model_path=path, system_name=SYSTEMS[row["gpu_model"]], backend_name="vllm", isl=int(row["input_tokens"]),
            osl=max(round(float(row["avg_output_len"])), 2), batch_size=max(round(float(row["avg_batch_size"])), 1),
            tp_size=chips, **how,
        )  # fmt: skip
    except Exception as error:
        return {"ITL": None, "tokens/s": None, "J/token": None, "why": str(error)[:120]}  # type: ignore[dict-item]
    rate = float(answer.tokens_per_second)
    joules = None if answer.power_w is None else float(answer.power_w) * chips / rate
    return {"ITL": float(answer.tpot), "tokens/s": rate, "J/token": joules}


def inside() -> None:
    """Rows as JSON on stdin, what the package says as JSON on stdout."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    api = importlib.import_module("aiconfigurator.cli.api")
    rows: list[Row] = json.load(sys.stdin)
    answers = [estimate(api, row) for row in rows]
    print("\n" + json.dumps(answers))  # the package prints lines of its own before


# Run by the project's interpreter.


def install() -> None:
    """Make aiconfigurator's environment where it is not there yet."""
    if PYTHON.exists():
        return
    print(f"installing aiconfigurator {VERSION} into its own environment, {VENV.name}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    wanted = f"aiconfigurator=={VERSION}"
    subprocess.run([str(PYTHON), "-m", "pip", "install", "--quiet", wanted], check=True, stderr=subprocess.DEVNULL)


def read_rows(path: str, most: int | None) -> list[Row]:
    """Rows that aiconfigurator has a configuration for, with the lengths of prompts that the fit assumes."""
    import csv

    from wattline.catalog import default

    with open(path, encoding="utf-8-sig", newline="") as file:
        rows: list[Row] = [
            row for row in csv.DictReader(file) if row["task"] in TASKS and configuration(row["model_id"])
        ]
    if most is not None and len(rows) > most:
        rows = [rows[i * (len(rows) - 1) // (most - 1)] for i in range(most)]
    for row in rows:
        row["input_tokens"] = default().fact(f"fit.input-tokens-{row['task']}").value
    return rows


def estimates_of_ecologits(rows: Sequence[Row]) -> list[float]:
    """Joules per token by EcoLogits, given the true batch and number of GPUs."""
    import ecologits

    ecologits.install_ecologits()
    numbers = [row | {name: float(row[name]) for name in ecologits.NUMBERS} for row in rows]
    return list(ecologits.ask_ecologits(numbers)[ecologits.BATCH_GIVEN])


def estimates_of_aiconfigurator(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What aiconfigurator's own environment says of each row."""
    command = [str(PYTHON), "-I", str(Path(__file__).resolve()), INSIDE]
    done = subprocess.run(command, input=json.dumps(rows), capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout.splitlines()[-1]))


def print_table(rows: Sequence[Row], estimates: dict[str, dict[str, list[float | None]]]) -> None:
    """Mean and median absolute error by tool and measure, on the rows that the tool tells of."""
    for tool, values in estimates.items():
        for measure, predicted in values.items():
            column = MEASURES[measure][0]
            errors = [p / float(r[column]) - 1 for p, r in zip(predicted, rows, strict=True) if p is not None]
            if not errors:
                print(f"{tool:<28} {measure:<9} no estimate")
                continue
            size = [abs(error) for error in errors]
            scores = f"{statistics.fmean(size):>7.1%} {statistics.median(size):>7.1%} {statistics.fmean(errors):>+7.1%}"
            print(f"{tool:<28} {measure:<9} {len(errors):>4} {scores}")


def main(arguments: Sequence[str]) -> None:
    if len(arguments) not in (2, 3):
        raise SystemExit("usage: benchmarks/aiconfigurator.py FILE.csv PREDICTIONS.csv [ROWS]")
    rows = read_rows(arguments[1], int(arguments[2]) if len(arguments) == 3 else None)
    install()
    answers = estimates_of_aiconfigurator(rows)
    whole = [i for i, answer in enumerate(answers) if answer["ITL"] is not None]
    print(f"{len(whole)} of {len(rows)} rows have kernels in aiconfigurator {VERSION}; all are scored on these")
    rows, answers = [rows[i] for i in whole], [answers[i] for i in whole]
    print(f"{'':<28} {'':<9} {'rows':>4} {'mean':>7} {'median':>7} {'bias':>7}")
    print_table(
        rows,
        {
            "Wattline, model left out": {m: [float(row[own]) for row in rows] for m, (_, own) in MEASURES.items()},
            "aiconfigurator": {m: [answer[m] for answer in answers] for m in MEASURES},
            "EcoLogits, batch and GPUs": {"J/token": list(estimates_of_ecologits(rows))},
        },
    )


if __name__ == "__main__":
    if sys.argv[1:] == [INSIDE]:
        inside()
    else:
        main(sys.argv[1:])
