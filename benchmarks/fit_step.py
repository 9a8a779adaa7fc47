"""Fit the few coefficients of chip/step.py to ML.ENERGY's measured configurations, and print how well they do.

    .venv/bin/python benchmarks/fit_step.py FILE.csv

FILE has the columns of the ML.ENERGY Benchmark v3 leaderboard (model_id, gpu_model, num_gpus, avg_batch_size, task,
avg_output_len, weight_precision, median_itl_ms, avg_power_watts, energy_per_token_joules). Input lengths are not in
it; those assumed are below. The values in catalog/fit/step.toml are these, rounded.
"""

from __future__ import annotations

import csv
import sys

import numpy as np
from scipy.optimize import least_squares

from wattline.chip.device import load_chip
from wattline.chip.step import decode_step, prefill_step
from wattline.draws import Draws
from wattline.fact import Array, Fact
from wattline.work.model import load_model

INPUT_TOKENS = {"gpqa": 250, "lm-arena-chat": 300, "sourcegraph-fim": 800}  # text tasks alone
CHIPS = {"H100": "h100-sxm", "B200": "b200"}
FORMATS = {"bfloat16": "bf16", "fp8": "fp8", "mxfp4": "mxfp4"}
START = {
    "fit.memory-efficiency": 0.7,
    "fit.step-overhead": 2e-3,
    "fit.layer-overhead": 40e-6,
    "fit.power-clocks": 0.25,
    "fit.power-compute": 0.75,
    "fit.power-memory": 0.45,
}


class Trial(Draws):
    """Central values, with some facts replaced."""

    def __init__(self, replaced: dict[str, float]) -> None:
        super().__init__(0)
        self.replaced = replaced

    def __call__(self, fact: Fact | str, unit: str | None = None) -> Array:
        key = fact if isinstance(fact, str) else fact.key
        return np.asarray(self.replaced[key]) if key in self.replaced else super().__call__(fact, unit)


def log_errors(rows: list[dict[str, str]], replaced: dict[str, float]) -> Array:
    """Log of predicted over measured ITL, power and joules per token; shape (rows, 3)."""
    draws = Trial(replaced)
    chips = {name: load_chip(key, draws) for name, key in CHIPS.items()}
    errors = []
    for row in rows:
        chip, gpus, batch = chips[row["gpu_model"]], int(row["num_gpus"]), float(row["avg_batch_size"])
        read, written, form = INPUT_TOKENS[row["task"]], float(row["avg_output_len"]), FORMATS[row["weight_precision"]]
        model = load_model(row["model_id"])
        decode = decode_step(model, chip, gpus, batch, read + written / 2, form, draws)
        prefill = prefill_step(model, chip, gpus, read, form, draws)
        seconds = np.array([prefill.time_s, decode.time_s * written / batch])
        energy = gpus * float(seconds @ np.array([prefill.power_w, decode.power_w]))
        errors.append(
            (
                np.log(float(decode.time_s) * 1e3 / float(row["median_itl_ms"])),
                np.log(energy / seconds.sum() / float(row["avg_power_watts"])),
                np.log(energy / written / float(row["energy_per_token_joules"])),
            )
        )
    return np.array(errors)


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["task"] in INPUT_TOKENS]
    start = np.log(list(START.values()))

    def residuals(x: Array) -> Array:
        errors = log_errors(rows, dict(zip(START, np.exp(x), strict=True)))
        # bounded, so that a few odd rows do not rule; a weak pull keeps what the data leave open near its start
        return np.concatenate([np.arctan(2 * errors[:, :2]).ravel(order="F"), 0.3 * (x - start)])

    fitted = dict(
        zip(START, np.exp(least_squares(residuals, start, diff_step=np.full(len(start), 1e-3)).x), strict=True)
    )
    for key, value in fitted.items():
        print(f"{key:<24} {value:.4g}")
    errors = np.abs(np.expm1(log_errors(rows, fitted)))
    print(f"{len(rows)} rows, fitted and measured on the same ones; absolute errors:")
    for name, column in zip(("ITL", "power", "joules per token"), errors.T, strict=True):
        print(f"{name:<18} mean {column.mean():.0%}  median {np.median(column):.0%}")


if __name__ == "__main__":
    main()
