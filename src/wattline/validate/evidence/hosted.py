"""Rows of measured LLM serving whose chips waited for the host (the columns of ML.ENERGY's leaderboard of 2024).

Energy of a request, mean time between tokens, tokens/s and mean batch of a server of vLLM 0.5, whose scheduler, in one
process with the server, took longer for a step than the chips did. The task is the file's, by its name.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.reading import read_text
from wattline.line.chip.device import Chip, load_chip
from wattline.line.work.flops import BYTES
from wattline.line.work.model import load_model
from wattline.validate.evidence.serving import LIMIT_BYTES, ServingRow, UnusableRow, positive

ENGINE = "vllm-0.5"
COLUMNS = ("model", "gpu", "tensor_parallel", "energy_per_request_j", "mean_tpot_s", "output_tokens_per_s",
           "mean_output_tokens", "mean_batch")  # fmt: skip
SIXTEEN_BITS = ("bf16", "fp16", "fp32")


def is_hosted(path: Path | str) -> bool:
    """Whether the file has these columns; else it is taken for those of 2026."""
    head = read_text(path, LIMIT_BYTES, "file of measurements").partition("\n")[0]
    return {"energy_per_request_j", "mean_tpot_s"} <= {name.strip() for name in head.split(",")}


def read_hosted(path: Path | str) -> tuple[list[ServingRow], list[UnusableRow]]:
    """The rows of a CSV that can be predicted, and those that cannot. Raises WattlineError where one is missing."""
    reader = csv.DictReader(io.StringIO(read_text(path, LIMIT_BYTES, "file of measurements")))
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or [])]:
        raise WattlineError(f"{path}: column {', '.join(missing)} missing")
    rows: list[ServingRow] = []
    out: list[UnusableRow] = []
    chips: dict[str, Chip] = {}
    for line, entry in enumerate(reader, start=2):
        try:
            rows.append(hosted_row(entry, task_of(Path(path).name), chips))
        except WattlineError as error:
            out.append(UnusableRow(line, entry.get("model") or "(no model)", str(error)))
    return rows, out


def task_of(name: str) -> str:
    """``code`` or ``chat``, by a file's name."""
    return "code" if "code" in name.lower() else "chat"


def hosted_row(entry: Mapping[str, str], task: str, chips: dict[str, Chip]) -> ServingRow:
    """One row. Raises WattlineError where it cannot be predicted.

    Parameters
    ----------
    entry : the row's cells by column
    task : of the file
    chips : those that were read already, by their name in the file

    Returns
    -------
    The measured configuration.
    """
    numbers = {name: positive(entry, name) for name in COLUMNS[2:]}
    if float(entry.get("pipeline_parallel") or 1) > 1:
        raise WattlineError("layers split over chips (pipeline)")
    name = entry["gpu"].strip()
    chip = chips.setdefault(name, load_chip(name, Draws(0)))
    model = load_model(entry["model"].strip(), catalog.default())
    if not model.architecture_known:
        raise WattlineError(f"the architecture of {model.key} was never published")
    output, rate = numbers["mean_output_tokens"], numbers["output_tokens_per_s"]
    each = numbers["energy_per_request_j"] / output
    native = model.native_format
    return ServingRow(
        data=dict(entry), model=model, chip=chip, chips=int(numbers["tensor_parallel"]),
        precision="bf16" if native in SIXTEEN_BITS or native not in BYTES else native,
        batch=numbers["mean_batch"], output=output, task=task, expert_parallel=False, energy_per_token_j=each,
        power_w=each * rate, itl_s=numbers["mean_tpot_s"], throughput=rate, ranks=1, most=numbers["mean_batch"],
        engine=ENGINE,
    )  # fmt: skip
