"""Measurements beside the checkout, and what commands say of them, for the tables of docs/accuracy."""

from __future__ import annotations

import functools
import json
import subprocess
from typing import Any

from blocks import ROOT, environment
from made import SHARED

FIGURES = SHARED / "independent/published_rows.csv"
RUNS = SHARED / "training/published_training_runs.csv"
SERVING = SHARED / "mlenergy/llm.csv"
TIMED = SHARED / "kernels/silicon_sample.csv"
RESULTS = SHARED / "mlperf_inference/results_v4.1_v5.1.csv"
SITES = SHARED / "facility/site_pue_wue.csv"
SENSORS = SHARED / "gpu_sensor"
MLPERF = SHARED / "mlperf_power/training"


@functools.cache
def results(*arguments: str) -> dict[str, Any]:
    """The results of a command, as ``--json`` has them."""
    command = ["wattline", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment(ROOT), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    data = json.loads(done.stdout)
    return dict(data.get("results") or data)
