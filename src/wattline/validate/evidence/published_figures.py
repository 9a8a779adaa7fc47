"""Figures that projects publish of their own training and serving, read from a CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.validate.evidence.table import csv_rows

COLUMNS = ("kind", "model", "chip", "chips", "setting", "metric", "published", "unit", "source")
# what a row's kind is of, by the words that stand in the column
KINDS = {
    "train": "training_rate",
    "train-hours": "chip_hours",
    "inference-output tokens/s": "output_rate",
    "inference-TTFT": "ttft",
    "inference-latency": "latency",
    "inference-energy": "energy_per_token",
}
FORMATS = ("fp32", "tf32", "bf16", "fp16", "fp8", "int8", "nvfp4", "mxfp4")
ENGINES = {"trtllm": r"tensorrt-llm|trt-?llm", "sglang": r"sglang"}


@dataclass(frozen=True)
class ProjectFigure:
    """One row: what was published, and of what; None where its setting does not say. ``engine`` is empty for vLLM."""

    line: int
    measure: str
    model: str
    chip: str
    chips: int
    published: float
    unit: str
    setting: str
    source: str
    precision: str | None
    sequence: int | None
    step_tokens: float | None
    tuned: bool
    tokens: float | None
    input_tokens: int | None
    output_tokens: int | None
    batch: float | None
    engine: str

    @property
    def name(self) -> str:
        """The row in words."""
        return f"{self.model} on {self.chips} × {self.chip}, {self.setting}"


def read_figures(path: Path | str) -> tuple[list[ProjectFigure], list[tuple[int, str, str]]]:
    """The figures in a CSV with the columns of ``COLUMNS``.

    Parameters
    ----------
    path : the file

    Returns the figures, and line, name and reason of each row that is none. Raises WattlineError where it is no CSV or
    columns are missing.
    """
    figures, left = [], []
    for line, row in csv_rows(path, COLUMNS, "file of published figures"):
        try:
            figures.append(_figure({name: (row[name] or "").strip() for name in COLUMNS}, line))
        except WattlineError as error:
            left.append((line, f"{row['model']}, {row['kind']}", str(error)))
    return figures, left


def _figure(row: dict[str, str], line: int) -> ProjectFigure:
    measure, setting = KINDS.get(row["kind"]), row["setting"]
    if measure is None:
        raise WattlineError(f"kind {row['kind']!r} is none of {', '.join(KINDS)}")
    words = f"{setting} {row['source']}".lower()
    tokens = re.fullmatch(r"([\d.]+(?:e\+?\d+)?) tokens", setting)
    return ProjectFigure(
        line=line,
        measure=measure,
        model=row["model"],
        chip=row["chip"],
        chips=int(_positive(row, "chips")),
        published=_positive(row, "published"),
        unit=row["unit"],
        setting=setting,
        source=row["source"],
        precision=next(_formats(setting), None),
        sequence=_count(setting, r"(\d+) tokens a sequence"),
        step_tokens=_number(setting, r"(\d+) tokens a step"),
        tuned="--tuned" in setting,
        tokens=float(tokens[1]) if tokens else None,
        input_tokens=_count(setting, r"(\d+) in\b"),
        output_tokens=_count(setting, r"(\d+) out\b"),
        batch=_number(setting, r"batch (\d+)"),
        engine=next((name for name, pattern in ENGINES.items() if re.search(pattern, words)), ""),
    )


def _formats(setting: str) -> Iterator[str]:
    """The number format that a setting begins with; none where it leaves more than one open."""
    first = setting.split(",")[0].strip()
    yield from (name for name in FORMATS if first == name)


def _number(setting: str, pattern: str) -> float | None:
    match = re.search(pattern, setting)
    return float(match[1]) if match else None


def _count(setting: str, pattern: str) -> int | None:
    match = re.search(pattern, setting)
    return int(match[1]) if match else None


def _positive(row: dict[str, str], name: str) -> float:
    try:
        value = float(row[name])
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise WattlineError(f"{name} {row[name]!r} is no positive number")
    return value
