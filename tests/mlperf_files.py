"""Results of MLPerf Inference as files of them are written, with made-up figures."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

ROW = {
    "round": "v5.1",
    "submitter": "someone",
    "division": "closed",
    "availability": "available",
    "system": "a server",
    "chip": "NVIDIA H200-SXM-141GB",
    "chips_per_node": "8",
    "nodes": "1",
    "model": "llama2-70b-99",
    "scenario": "Offline",
    "weights": "fp8",
    "software": "TensorRT 10.11, CUDA 12.9",
    "performance": "35000",
    "unit": "Tokens/s",
    "wall_w": "",
    "location": "closed/someone/results/server",
    "tokens_per_sample": "292",
}


def mlperf_row(**cells: Any) -> dict[str, str]:
    """A result with these cells instead of the usual ones."""
    return ROW | {name: str(value) for name, value in cells.items()}


def mlperf_file(path: Path, rows: list[dict[str, str]]) -> Path:
    """A file of these results."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(ROW), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path
