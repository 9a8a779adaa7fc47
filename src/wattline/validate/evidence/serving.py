"""Rows of measured LLM serving in steady state (the columns of ML.ENERGY's leaderboard), read and checked."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.reading import read_text
from wattline.line.chip.device import Chip, load_chip
from wattline.line.chip.formats import computes_narrow, dense_bytes
from wattline.line.chip.products import Rates, Work
from wattline.line.chip.shape import Shape
from wattline.line.chip.software import own_padding
from wattline.line.chip.step import Watts
from wattline.line.work.flops import BYTES, weight_bytes
from wattline.line.work.model import Model, load_model
from wattline.validate.evidence.window import RunWindow, windows

LIMIT_BYTES = 50_000_000
COLUMNS = ("model_id", "gpu_model", "num_gpus", "avg_batch_size", "avg_output_len", "weight_precision", "task")
MEASURED = ("energy_per_token_joules", "avg_power_watts", "median_itl_ms", "output_throughput_tokens_per_sec")
FORMATS = {"bfloat16": "bf16", "float16": "fp16", "mxfp4": "mxfp4", "fp8": "fp8", "nvfp4": "nvfp4", "int8": "int8"}
# share of what a driver reports that the fits let weights and cache fill; servers took some 90 to 95% of it
SERVING_MEMORY = 1.0


@dataclass(frozen=True, eq=False)
class ServingRow:
    """One measured configuration."""

    data: dict[str, str]
    model: Model
    chip: Chip
    chips: int
    precision: str
    batch: float
    output: float
    task: str
    expert_parallel: bool
    energy_per_token_j: float
    power_w: float
    itl_s: float
    throughput: float
    most: float  # sequences that the server runs at once; as many as ran where it is not told
    ranks: int = 1  # groups of chips among which attention splits the requests
    engine: str = ""  # one whose host the chips waited for; else vLLM 0.11


@dataclass(frozen=True)
class UnusableRow:
    """A row that cannot be predicted, and why."""

    line: int
    name: str
    why: str


def read_rows(path: Path | str) -> tuple[list[ServingRow], list[UnusableRow]]:
    """The rows of a CSV that can be predicted, and those that cannot. Raises WattlineError where it is no CSV or
    columns are missing."""
    text = read_text(path, LIMIT_BYTES, "file of measurements")
    try:
        reader = csv.DictReader(io.StringIO(text), strict=True)
        missing = [name for name in (*COLUMNS, *MEASURED) if name not in (reader.fieldnames or [])]
        if missing:
            raise WattlineError(f"{path}: column {', '.join(missing)} missing")
        raw = list(reader)
    except csv.Error as error:
        raise WattlineError(f"{path}: not a CSV file ({error})") from None
    rows, out = [], []
    chips: dict[str, Chip] = {}
    for line, entry in enumerate(raw, start=2):
        try:
            rows.append(_row(entry, chips))
        except WattlineError as error:
            out.append(UnusableRow(line, entry.get("model_id") or "(no model)", str(error)))
    return rows, out


def _row(entry: dict[str, str], chips: dict[str, Chip]) -> ServingRow:
    name = entry["gpu_model"].strip()
    if name not in chips:
        chips[name] = load_chip(name, Draws(0))
    precision = FORMATS.get(entry["weight_precision"].strip().lower(), entry["weight_precision"].strip().lower())
    if precision not in BYTES:
        raise WattlineError(f"unknown number format {precision!r}")
    model = load_model(entry["model_id"].strip(), catalog.default())
    if not model.architecture_known:
        raise WattlineError(f"the architecture of {model.key} was never published")
    numbers = {name: positive(entry, name) for name in (*MEASURED, "num_gpus", "avg_batch_size", "avg_output_len")}
    return ServingRow(
        data=entry,
        model=model,
        chip=chips[name],
        chips=int(numbers["num_gpus"]),
        precision=precision,
        batch=numbers["avg_batch_size"],
        output=max(numbers["avg_output_len"], 1.0),
        task=entry["task"].strip(),
        expert_parallel=float(entry.get("expert_parallel") or 1) > 1,
        ranks=int(positive(entry, "data_parallel")) if entry.get("data_parallel") else 1,
        energy_per_token_j=numbers["energy_per_token_joules"],
        power_w=numbers["avg_power_watts"],
        itl_s=numbers["median_itl_ms"] / 1e3,
        throughput=numbers["output_throughput_tokens_per_sec"],
        most=positive(entry, "max_num_seqs") if entry.get("max_num_seqs") else numbers["avg_batch_size"],
    )


def positive(entry: Mapping[str, str], name: str) -> float:
    """A cell's number. Raises WattlineError where it is none above zero.

    Parameters
    ----------
    entry : a row's cells by column
    name : the column

    Returns
    -------
    That number.
    """
    try:
        value = float(entry[name])
    except (TypeError, ValueError):
        raise WattlineError(f"{name} is not a number") from None
    if not (np.isfinite(value) and value > 0):
        raise WattlineError(f"{name} must be greater than zero")
    return value


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of one chip as arrays, ready for the chip model."""

    rows: Sequence[ServingRow]
    shape: Shape
    rates: Rates
    watts: Watts
    chips: Array
    weight_bytes: Array
    dense_bytes: Array
    cache_room_bytes: Array  # of a replica, beside the weights
    narrow: Array
    expert_parallel: Array
    ranks: Array
    batch: Array
    output: Array
    task: tuple[str, ...]
    window: RunWindow

    @classmethod
    def of(cls, rows: Sequence[ServingRow]) -> Table:
        def column(values: list[float]) -> Array:
            return np.array(values, dtype=float)

        tdp = column([float(r.chip.tdp_w) for r in rows])
        return cls(
            rows=rows,
            shape=Shape.stack([r.model for r in rows]),
            rates=Rates(
                column([r.chip.peak_flops("bf16") for r in rows]),
                column([r.chip.peak_flops(r.precision) for r in rows]),
                column([float(r.chip.bandwidth_bytes_per_s) for r in rows]),
                column([float(r.chip.link_among(r.chips)) for r in rows]),
            ),
            watts=Watts(tdp, column([float(r.chip.idle_w) for r in rows]), tdp),
            chips=column([float(r.chips) for r in rows]),
            weight_bytes=column([BYTES[r.precision] for r in rows]),
            dense_bytes=column([dense_bytes(r.precision) for r in rows]),
            cache_room_bytes=column([_room(r) for r in rows]),
            narrow=column([float(computes_narrow(r.chip, r.precision)) for r in rows]),
            expert_parallel=column([float(r.expert_parallel) for r in rows]),
            ranks=column([float(r.ranks) for r in rows]),
            batch=column([r.batch for r in rows]),
            output=column([r.output for r in rows]),
            task=tuple(r.task for r in rows),
            window=windows([r.task for r in rows], [r.most for r in rows]),
        )

    def work(self, sequences: Array, tokens: Array, context: Array, prompt_tokens: Array) -> Work:
        """A step with ``sequences`` in decode at ``context`` tokens, and ``tokens`` in all.

        Parameters
        ----------
        sequences : in decode, numeric of any shape
        tokens : of the step in all
        context : tokens before the new one
        prompt_tokens : of a prompt that is read

        Returns the step's work, of the rows' shape.
        """
        return Work(
            tokens=tokens,
            sequences=sequences,
            context=context,
            prompt_tokens=prompt_tokens,
            chips=self.chips,
            weight_bytes=self.weight_bytes,
            dense_bytes=self.dense_bytes,
            narrow=self.narrow,
            expert_parallel=self.expert_parallel,
            ranks=self.ranks,
            padding=own_padding(Draws(0)),
        )


def _room(row: ServingRow) -> float:
    """Memory that a replica has left for the cache."""
    weights = weight_bytes(row.model, BYTES[row.precision])
    experts = row.model.expert_params_total * BYTES[row.precision]
    weights += (row.ranks - 1) * (weights - experts)  # each rank holds all but the experts
    return max(row.chips * row.chip.memory_bytes * SERVING_MEMORY - weights, 0.0)


def known_tasks() -> list[str]:
    """Tasks whose input length the catalog assumes."""
    head = "input-tokens-"
    return [name.removeprefix(head) for name in catalog.default().records("fit") if name.startswith(head)]
