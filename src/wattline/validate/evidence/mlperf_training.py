"""Results of MLPerf Training, read from a CSV: what each system trained, on what, in which steps, and how long it took.

Benchmarks of language models alone: each is a known load (model, tokens of a sequence, what is trained). The rules fix
target and data, not the batch; a row's own batch is taken. Number formats follow ``mlperf_recipes.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from wattline.catalog import Catalog, Record, default
from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import parse
from wattline.validate.evidence.chip_names import find_chip
from wattline.validate.evidence.table import csv_rows

COLUMNS = ("round", "submitter", "chip", "chips", "benchmark", "duration_s_median", "global_batch_size")
STEPS = ("train_step_s_median", "throughput_median", "samples_at_end_median")


@dataclass(frozen=True)
class Benchmark:
    """What a benchmark trains: a catalog model, tokens of a sequence, method; ``counts_tokens``: its logs give tokens
    where others give sequences."""

    model: str
    tokens: int
    method: str = "full"
    counts_tokens: bool = False


# MLPerf Training v4.1 to v5.1 (github.com/mlcommons/training): sequences are packed to a full 2,048 or 8,192 tokens
BENCHMARKS = {
    "gpt3": Benchmark("gpt-3-175b", 2048, counts_tokens=True),
    "llama31_405b": Benchmark("llama-3.1-405b", 8192),
    "llama31_8b": Benchmark("llama-3.1-8b", 8192),
    "llama2_70b_lora": Benchmark("llama-2-70b", 8192, "lora"),
}
# of images: 512 pixels with CLIP's text, and 256 pixels with 256 tokens of text; what is encoded stands ready
IMAGE_BENCHMARKS = {
    "stable_diffusion": Benchmark("stable-diffusion-2.1", 77),
    "flux1": Benchmark("flux.1-schnell", 256),
}


@dataclass(frozen=True)
class TrainingResult:
    """One system's result. ``step_s``: seconds of a step as logged, None where the row has no step; ``steps``: how many
    the run took."""

    name: str
    round: str
    submitter: str
    chip: str
    chips: int
    benchmark: str
    load: Benchmark
    sequences: int
    duration_s: float
    step_s: float | None
    steps: float | None
    precision: str
    narrow_attention: bool = False

    @property
    def configuration(self) -> tuple[object, ...]:
        """What a prediction depends on."""
        return self.chip, self.chips, self.benchmark, self.sequences, self.precision, self.narrow_attention


def is_training(columns: list[str]) -> bool:
    """Whether the columns of a file are those of training results."""
    return {"benchmark", "global_batch_size"} <= set(columns)


def read_results(
    path: Path | str, known: Mapping[str, Benchmark] | None = None
) -> tuple[list[TrainingResult], dict[str, list[int]]]:
    """The results in a CSV with the columns of ``COLUMNS`` and of ``STEPS``, and the lines left out by their reason.

    Parameters
    ----------
    path : of the CSV file
    known : benchmarks that are read; those of language models where not given

    Returns
    -------
    The results, and a reason -> the lines that it left out.

    Raises WattlineError where columns are missing or no row is usable.
    """
    lines = csv_rows(path, (*COLUMNS, *STEPS), "file of training results")
    if known is None:
        known = BENCHMARKS
    results: list[TrainingResult] = []
    left: dict[str, list[int]] = {}
    for line, row in lines:
        try:
            results.append(read_result(row, default(), known))
        except WattlineError as error:
            left.setdefault(str(error), []).append(line)
    others = {(row["benchmark"] or "").strip() for _, row in lines} & {*BENCHMARKS, *IMAGE_BENCHMARKS}
    if not results and not others - set(known):
        raise WattlineError(f"{path}: no usable row: {'; '.join(left) or 'it is empty'}")
    return results, left


def read_result(row: dict[str, str], catalog: Catalog, known: Mapping[str, Benchmark] = BENCHMARKS) -> TrainingResult:
    """One row as a result; WattlineError with why it is not usable.

    Parameters
    ----------
    row : a line of the file by column
    catalog : where chips stand
    known : benchmarks that are read

    Returns
    -------
    The result with its chip and model.

    Raises
    ------
    WattlineError where the benchmark or the chip is not known, or the chips, the duration or the batch are missing.
    """
    benchmark = (row["benchmark"] or "").strip()
    load = known.get(benchmark)
    if load is None:
        raise WattlineError(f"benchmark {shorten(benchmark)!r} is none of {', '.join(known)}")
    chip = find_chip(row["chip"] or "", catalog)
    if chip is None:
        raise WattlineError(f"chip {shorten(row['chip'] or '')!r} is not in the catalog")
    numbers = {name: _number(row, name) for name in (*COLUMNS[3:4], *COLUMNS[5:], *STEPS)}
    missing = [name for name in ("chips", "duration_s_median", "global_batch_size") if not numbers[name]]
    if missing:
        raise WattlineError(f"no {', '.join(missing)}")
    sequences = int(numbers["global_batch_size"] or 0)
    unit = load.tokens if load.counts_tokens else 1
    step = numbers["train_step_s_median"]
    if step is None and numbers["throughput_median"]:
        step = sequences * unit / numbers["throughput_median"]
    recipe = recipe_of(row, chip)
    ended = numbers["samples_at_end_median"]
    return TrainingResult(
        name=f"{row['submitter']} {int(numbers['chips'] or 0)} × {chip.name} {benchmark} {row['round']}",
        round=row["round"],
        submitter=row["submitter"],
        chip=chip.name,
        chips=int(numbers["chips"] or 0),
        benchmark=benchmark,
        load=load,
        sequences=sequences,
        duration_s=float(numbers["duration_s_median"] or 0.0),
        step_s=step,
        steps=ended / unit / sequences if ended else None,
        precision=str(recipe.get("format", "bf16")),
        narrow_attention=bool(recipe.get("narrow_attention", False)),
    )


def _number(row: dict[str, str], name: str) -> float | None:
    text = (row.get(name) or "").strip()
    return parse(text, "", name) if text else None


def recipe_of(row: dict[str, str], chip: Record) -> dict[str, Any]:
    """The number formats that a submission of its round and vendor trains in; empty where none is known.

    Parameters
    ----------
    row : a line of the file by column
    chip : its chip's record

    Returns
    -------
    A field's name -> its value.
    """
    own = {name: str(chip.meta.get(name, "")) for name in ("vendor", "generation")}
    own |= {name: row.get(name) or "" for name in ("round", "benchmark", "submitter")}
    for recipe in _recipes():
        same = all(own[name] == recipe[name] for name in own if name in recipe)
        if same and str(recipe.get("framework", "")) in (row.get("framework") or ""):
            return recipe
    return {}


@cache
def _recipes() -> list[dict[str, Any]]:
    text = files("wattline.validate.evidence").joinpath("mlperf_recipes.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["recipe"])
