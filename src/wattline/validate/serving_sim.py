"""Measured services held against the simulator: ML.ENERGY's steady states, and measured TTFT and TPOT.

Both kinds of measurement keep a fixed number of requests under way: a new one is sent when one ends. In the simulator
all wait from the start and ``max_num_seqs`` admits as many; a request counts as sent when it could have been.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.chip.device import load_chip
from wattline.draws import Draws
from wattline.engine.kernel_state import BIN_ENERGY, BIN_TOKENS
from wattline.engine.served import Served
from wattline.engine.simulate import cache_limits, simulate
from wattline.engine.steps import Tables, setting, tables
from wattline.errors import WattlineError
from wattline.fact import Array
from wattline.files import read_text
from wattline.validate.serving_rows import LIMIT_BYTES, SERVING_MEMORY, Row, Table, read_rows
from wattline.validate.steady import Assumed, stalled
from wattline.validate.step_file import fit_from_catalog
from wattline.work.model import Model, load_model

ROUNDS = 10  # requests for each that is under way
STEADY = (0.15, 0.7)  # of the run: after the first prompts, before the last requests
SPREAD = 0.32  # standard deviation over mean of output lengths in the ML.ENERGY runs (mean position 0.55)
STEP_TOKENS = 8192
TASKS = ("lm-arena-chat", "gpqa", "sourcegraph-fim")  # text alone: images and video are prepared outside of steps
SYSTEMS = {"h100_sxm": "h100-sxm", "h200_sxm": "h200-sxm", "b200_sxm": "b200"}
FORMATS = {"fp8": "fp8", "fp8_block": "fp8", "bfloat16": "bf16", "bf16": "bf16", "float16": "bf16", "int4": "int4"}
TIMED = ("model_path", "system", "precision", "mode", "isl", "osl", "batch_size", "tp_size", "silicon_ttft_ms",
         "silicon_tpot_ms")  # fmt: skip


@dataclass(frozen=True)
class Held:
    """One row: what was measured and what the simulator found, by measure."""

    name: str
    group: str
    measured: dict[str, float]
    predicted: dict[str, float]

    def error(self, measure: str) -> float:
        """Relative, signed."""
        return self.predicted[measure] / self.measured[measure] - 1.0


def pick(rows: Sequence[Any], most: int) -> list[Any]:
    """An even spread of rows, in their order; all where there are no more."""
    if len(rows) <= most:
        return list(rows)
    return [rows[i] for i in np.linspace(0, len(rows) - 1, most).round().astype(int)]


def closed_loop(
    model: Model, chip: str, chips: int, precision: str, size: int, inputs: Array, outputs: Array,
    expert_parallel: bool, memory_share: float, cached: Array | int = 0, stall_s: float = 0.0,
) -> Served:  # fmt: skip
    """``size`` requests under way till all are done; latencies count in the steady middle."""
    device = load_chip(chip, Draws(0))
    budget = max(STEP_TOKENS, size)
    limits = cache_limits(model, device.memory_bytes, chips, precision, size, budget, memory_share)
    same = setting(model, device, chips, precision, expert_parallel=expert_parallel)
    table = tables(same, size, budget, float((inputs + outputs).max()))
    table = _stalled(table, stall_s)
    start = np.zeros(len(inputs))
    whole = simulate(table, limits, start, inputs, outputs, cached_tokens=cached)
    if not len(whole.arrival_s):
        raise WattlineError("no request fits the cache")
    window = (STEADY[0] * whole.horizon_s, STEADY[1] * whole.horizon_s)
    return simulate(table, limits, start, inputs, outputs, cached_tokens=cached, window_s=window)


def _stalled(table: Tables, stall_s: float) -> Tables:
    """Every step waits so long for its host, the chips at static power."""
    more_j = stall_s * table.static_w
    return table._replace(
        time_s=table.time_s + stall_s,
        energy_j=table.energy_j + more_j * table.chips,
        raw_time_s=table.raw_time_s + stall_s,
        raw_energy_j=table.raw_energy_j + more_j,
    )


def sent_s(served: Served, size: int) -> Array:
    """When each request was sent: the first at 0, then one at each end."""
    ends = np.sort(served.end_s)
    return np.concatenate([np.zeros(min(size, len(ends))), ends[: max(len(ends) - size, 0)]])


def hold_steady(path: Path, most: int = 60, progress: Callable[[str], None] = lambda name: None) -> list[Held]:
    """Rows of ML.ENERGY's columns: inter-token latency, median and p90, and joules a token."""
    rows, _ = read_rows(path)
    usable = [row for row in rows if row.task in TASKS and "max_num_seqs" in row.data and row.data.get("p90_itl_ms")]
    if not usable:
        raise WattlineError(f"{path}: no row of {', '.join(TASKS)} with max_num_seqs and p90_itl_ms")
    fit = fit_from_catalog()
    found = []
    for i, row in enumerate(pick(usable, most)):
        progress(f"{i + 1} {row.model.name}")
        found.append(_steady(row, fit.assumed, i))
    return found


def _steady(row: Row, assumed: Assumed, seed: int) -> Held:
    rng = np.random.default_rng(seed)
    size = int(float(row.data["max_num_seqs"]))
    n = max(ROUNDS * size, 40)
    shape = 1 / SPREAD**2
    outputs = np.maximum(rng.gamma(shape, row.output / shape, n), 1.0)
    outputs[:size] *= rng.random(min(size, n))  # under way since before
    inputs = np.maximum(rng.exponential(assumed.input_tokens[row.task], n), 1.0)
    distinct = np.inf if row.model.mamba_layers else assumed.distinct.get(row.task, np.inf)
    again = rng.random(n) > 1.0 / np.sqrt(1.0 + (size / distinct) ** 2)  # prompts met before: the data set is small
    served = closed_loop(
        row.model, row.chip.record.name, row.chips, row.precision, size, inputs.astype(int),
        np.maximum(outputs, 1).astype(int), row.expert_parallel, SERVING_MEMORY,
        np.where(again, inputs.astype(int), 0), assumed.stall_s * float(stalled(Table.of([row]))[0]),
    )  # fmt: skip
    bins = served.bins[0]
    inside = slice(int(STEADY[0] * len(bins)), max(int(STEADY[1] * len(bins)), 1))
    joules = bins[inside, BIN_ENERGY].sum() / bins[inside, BIN_TOKENS].sum()
    return Held(
        f"{row.model.key} on {row.chips} × {row.chip.record.name}, {row.task}, {size}",
        row.chip.record.name,
        {"itl_p50_ms": row.itl_s * 1e3, "itl_p90_ms": float(row.data["p90_itl_ms"]), "j_token": row.energy_per_token_j},
        {"itl_p50_ms": served.itl_s(50) * 1e3, "itl_p90_ms": served.itl_s(90) * 1e3, "j_token": float(joules)},
    )


def hold_timed(
    path: Path, most: int = 60, progress: Callable[[str], None] = lambda name: None
) -> tuple[list[Held], dict[str, int]]:
    """Rows with measured TTFT and TPOT, ``most`` of each system; and how many others cannot be held, by reason."""
    entries = list(csv.DictReader(io.StringIO(read_text(path, LIMIT_BYTES, "file of measurements"))))
    left: dict[str, int] = {}
    by_system: dict[str, list[tuple[dict[str, str], Model]]] = {}
    for entry in entries:
        model = _usable(entry, left)
        if model is not None:
            by_system.setdefault(entry["system"], []).append((entry, model))
    found = []
    for system, rows in sorted(by_system.items()):
        for entry, model in pick(rows, most):
            progress(f"{system} {model.name}")
            try:
                found.append(_timed(entry, model))
            except WattlineError:
                left["does not fit or is no number"] = left.get("does not fit or is no number", 0) + 1
    if not found:
        raise WattlineError(f"{path}: no row that can be held: " + "; ".join(f"{n} {why}" for why, n in left.items()))
    return found, left


def _usable(entry: dict[str, str], left: dict[str, int]) -> Model | None:
    why = ""
    if entry["mode"] != "agg":
        why = "not one pool for prefill and decode"
    elif entry["system"] not in SYSTEMS:
        why = "another system"
    elif any(float(entry.get(name) or 1) > 1 for name in ("pp_size", "attention_dp_size")):
        why = "pipeline or attention-parallel layout"
    elif not all(entry.get(name) for name in TIMED):
        why = "a figure is missing"
    else:
        try:
            model = load_model(entry["model_path"])
            if model.architecture_known:
                return model
        except WattlineError:
            pass
        why = "model not in the catalog"
    left[why] = left.get(why, 0) + 1
    return None


def _timed(entry: dict[str, str], model: Model) -> Held:
    try:
        size, given, made, chips = (int(float(entry[name])) for name in ("batch_size", "isl", "osl", "tp_size"))
        measured = {f"{name}_ms": float(entry[f"silicon_{name}_ms"]) for name in ("ttft", "tpot")}
    except ValueError:
        raise WattlineError("a figure is not a number") from None
    if min(size, given, made, chips, *measured.values()) <= 0:
        raise WattlineError("a figure is not greater than zero")
    form = entry["precision"].lower()
    form = ("mxfp4" if model.family == "gpt-oss" else "nvfp4") if form == "fp4" else FORMATS.get(form, form)
    n = max(ROUNDS * size, 20)
    inputs, outputs = (np.full(n, x) for x in (given, made))
    parallel = float(entry.get("moe_ep_size") or 1) > 1
    served = closed_loop(model, SYSTEMS[entry["system"]], chips, form, size, inputs, outputs, parallel, 0.9)
    ttft = served.first_s - sent_s(served, size)
    where = f"{chips} × {SYSTEMS[entry['system']]}, {entry.get('backend', '')}"
    return Held(
        f"{model.key} {form} on {where}: {given} in, {made} out, {size}",
        entry["system"],
        measured,
        {"ttft_ms": float(np.mean(ttft)) * 1e3, "tpot_ms": float(np.nanmedian(served.tpot_s)) * 1e3},
    )


def score(held: Sequence[Held]) -> dict[str, dict[str, float]]:
    """Of each measure: median and mean of the absolute relative errors, and the median signed one (bias)."""
    found = {}
    for measure in held[0].measured:
        errors = np.array([one.error(measure) for one in held])
        found[measure] = {
            "rows": float(len(errors)),
            "median_error": float(np.median(np.abs(errors))),
            "mean_error": float(np.mean(np.abs(errors))),
            "bias": float(np.median(errors)),
        }
    return found


def json(held: Sequence[Held], left: dict[str, int] | None = None) -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "command": "validate serving",
        "all": score(held),
        "groups": {name: score(rows) for name, rows in groups(held).items()},
        "rows": [{"row": one.name, "measured": one.measured, "predicted": one.predicted} for one in held],
        "left_out": left or {},
    }


def is_timed(path: Path) -> bool:
    """Whether the file has measured TTFT and TPOT; else it is taken for ML.ENERGY's columns."""
    head = read_text(path, LIMIT_BYTES, "file of measurements").partition("\n")[0]
    names = [name.strip() for name in head.split(",")]
    missing = [name for name in TIMED if name not in names]
    if "silicon_ttft_ms" in names and missing:
        raise WattlineError(f"{path}: column {', '.join(missing)} missing")
    return "silicon_ttft_ms" in names


def groups(held: Sequence[Held]) -> dict[str, list[Held]]:
    names = sorted({one.group for one in held})
    return {name: [one for one in held if one.group == name] for name in names}
