"""Results of MLPerf Inference that are no language model's: BERT, Whisper and Stable Diffusion XL."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.reading import read_text
from wattline.line.chip.device import Chip, load_chip
from wattline.validate.evidence.mlperf_inference import (
    LIMIT_BYTES,
    UnusedRow,
    cell_number,
    precision_of,
    refuse_other_rules,
    task_name,
)
from wattline.validate.evidence.reported_chips import reported_chip

# the benchmark's name -> the catalog's
WORKS = {"bert": "bert-large", "whisper": "whisper-large-v3", "stable-diffusion-xl": "stable-diffusion-xl"}


@dataclass(frozen=True, eq=False)
class WorkResult:
    """One result: what the whole system does a second (samples of BERT, tokens of Whisper, images), and its wall watts
    where they were measured."""

    line: int
    round: str
    task: str
    scenario: str
    chip: Chip
    chips: int
    node_chips: int
    precision: str
    per_s: float
    wall_w: float | None


def read_works(path: Path, catalog: Catalog) -> tuple[list[WorkResult], dict[int, str]]:
    """The results of a file with the columns of ``read_mlperf``.

    Parameters
    ----------
    path : of the CSV
    catalog : where chips stand

    Returns the results, and of each row of these tasks that is not compared its line and why.
    """
    reader = csv.DictReader(io.StringIO(read_text(path, LIMIT_BYTES, "file of MLPerf results"), newline=""))
    draws, rows, unused = Draws(0, catalog=catalog), [], {}
    for row in reader:
        if task_name(row["model"]) in WORKS:
            try:
                rows.append(_row(reader.line_num, row, draws))
            except WattlineError as error:
                unused[reader.line_num] = str(error)
    return rows, unused


def _row(line: int, row: Mapping[str, str], draws: Draws) -> WorkResult:
    refuse_other_rules(row)
    task, scenario = task_name(row["model"]), row["scenario"].strip().capitalize()
    if scenario not in ("Offline", "Server"):
        raise UnusedRow(f"scenario {row['scenario']} is not compared: Offline and Server are")
    if "virtual" in row["chip"].lower():
        raise UnusedRow("a virtual machine's chips")
    record = reported_chip(row["chip"], draws.catalog)
    if record is None:
        raise UnusedRow(f"chip {row['chip']!r} is not in the catalog")
    if row["weights"].strip().lower() == "fp32":
        raise UnusedRow("reference software in 32 bits")
    chip = load_chip(record.name, draws)
    node = int(cell_number(row, "chips_per_node"))
    return WorkResult(
        line=line,
        round=row["round"].strip(),
        task=task,
        scenario=scenario,
        chip=chip,
        chips=node * int(cell_number(row, "nodes")),
        node_chips=node,
        precision=_format(task, row, chip),
        per_s=cell_number(row, "performance"),
        wall_w=cell_number(row, "wall_w", 0.0) or None,
    )


def _format(task: str, row: Mapping[str, str], chip: Chip) -> str:
    """What runs: BERT at its tighter accuracy states the 16 bits that were downloaded, and runs in FP8 where it can;
    of pipelines the denoiser's format counts."""
    stated = row["weights"].strip().lower()
    narrow = next((form for form in ("int8", "fp8") if form in stated), "")
    if task == "stable-diffusion-xl":
        return "fp8" if "fp8" in stated else "bf16"
    if task == "whisper":
        return narrow or "bf16"
    return narrow or (precision_of(row, chip) if "fp8_flops" in chip.record.facts else "bf16")
