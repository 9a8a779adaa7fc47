"""Results of MLPerf Inference as rows: language models, each with its chips, its load and its format."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.reading import read_text
from wattline.line.chip.device import Chip, load_chip
from wattline.line.engine.benchmark_run import BenchmarkRun
from wattline.line.engine.steady_load import SteadyLoad
from wattline.line.work.inputs import read_model
from wattline.line.work.model import Model
from wattline.validate.evidence.reported_chips import reported_chip

COLUMNS = (
    *("round", "division", "chip", "chips_per_node", "nodes", "model", "scenario", "weights", "software"),
    *("performance", "unit", "wall_w", "tokens_per_sample"),
)
LIMIT_BYTES = 50_000_000
# the benchmark's name -> the catalog's
MODELS = {
    "llama2-70b": "llama-2-70b",
    "mixtral-8x7b": "mixtral-8x7b",
    "llama3.1-405b": "llama-3.1-405b",
    "llama3.1-8b": "llama-3.1-8b",
    "deepseek-r1": "deepseek-r1",
    "gptj": "gpt-j-6b",
}
ENGINES = {"vllm": "vllm", "sglang": "sglang", "tensorrt": "trtllm", "cuda": "trtllm"}
PIPELINES_SINCE = 5.0  # the round from which submitters lay models out in pipelines
STATED_SINCE = 5.0  # the round from which systems state the format that runs, not the one that was downloaded
FORMATS = {"fp4": "nvfp4", "mxfp4": "nvfp4", "nvfp4": "nvfp4", "fp8": "fp8", "int8": "int8", "bf16": "bf16"}


@dataclass(frozen=True, eq=False)
class MlperfRow:
    """One result: tokens of answers a second of the whole system, and its wall watts where they were measured."""

    line: int
    round: str
    task: str  # the model's, as the lengths are known by
    scenario: str
    model: Model
    chip: Chip
    chips: int
    node_chips: int
    precision: str
    engine: str
    load: SteadyLoad
    tokens_per_s: float
    wall_w: float | None

    @property
    def label(self) -> str:
        """What the row is, in words."""
        chips = f"{self.chips} × {self.chip.record.name}"
        return f"{self.task} {self.scenario}, {chips}, {self.precision}, {self.engine}, {self.round}"

    @property
    def year(self) -> int:
        """Of the round's software."""
        return 2024 if _number(self.round) < PIPELINES_SINCE else 2025

    @property
    def pipelines(self) -> bool:
        """Whether submitters laid models out in pipelines by then."""
        return _number(self.round) >= PIPELINES_SINCE


class UnusedRow(WattlineError):
    """Why a row is not compared."""


def is_of_training(path: Path) -> bool:
    """Whether the file holds results of MLPerf Training.

    Parameters
    ----------
    path : of the CSV

    Returns
    -------
    True where its columns are of training.
    """
    return "global_batch_size" in read_text(path, LIMIT_BYTES, "file of MLPerf results").partition("\n")[0]


def refuse_other_columns(path: Path) -> None:
    """Raises WattlineError for a file without the columns of ``COLUMNS``, naming those that it lacks."""
    text = read_text(path, LIMIT_BYTES, "file of MLPerf results")
    names = csv.DictReader(io.StringIO(text, newline="")).fieldnames or []
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise WattlineError(f"{path}: column {', '.join(missing)} missing; take results with {', '.join(COLUMNS)}")


def read_mlperf(path: Path, catalog: Catalog) -> tuple[list[MlperfRow], list[tuple[int, str, str]]]:
    """The results of language models of a file with the columns of ``COLUMNS``.

    Parameters
    ----------
    path : of the CSV
    catalog : where chips, models and loads stand

    Returns the rows, and of each row that is not compared its line, what it is, and why not. Raises WattlineError for
    a file without these columns.
    """
    reader = csv.DictReader(io.StringIO(read_text(path, LIMIT_BYTES, "file of MLPerf results"), newline=""))
    refuse_other_columns(path)
    draws, rows, unused = Draws(0, catalog=catalog), [], []
    for row in reader:
        try:
            rows.append(_row(reader.line_num, row, draws))
        except WattlineError as error:
            what = f"{row['model']} {row['scenario']}, {row['chip']}, {row['round']}"
            unused.append((reader.line_num, what, str(error)))
    return rows, unused


def _row(line: int, row: Mapping[str, str], draws: Draws) -> MlperfRow:
    task, interactive = _task(row["model"], row["scenario"])
    refuse_other_rules(row)
    record = reported_chip(row["chip"], draws.catalog)
    if record is None:
        raise UnusedRow(f"chip {row['chip']!r} is not in the catalog")
    chip = load_chip(record.name, draws)
    scenario = row["scenario"].strip().capitalize()
    node, nodes = (int(cell_number(row, name)) for name in ("chips_per_node", "nodes"))
    load = load_of(task, scenario, interactive, draws, cell_number(row, "tokens_per_sample", 0.0))
    rate = cell_number(row, "performance") * (load.output_tokens if _of_samples(task, row["unit"]) else 1.0)
    return MlperfRow(
        line=line,
        round=row["round"].strip(),
        task=task,
        scenario="Interactive" if interactive else scenario,
        model=read_model(MODELS[task], draws.catalog),
        chip=chip,
        chips=node * nodes,
        node_chips=node,
        precision=precision_of(row, chip),
        engine=_engine(row["software"]),
        load=load,
        tokens_per_s=rate,
        wall_w=cell_number(row, "wall_w", 0.0) or None,
    )


def load_of(task: str, scenario: str, interactive: bool, draws: Draws, output_tokens: float = 0.0) -> SteadyLoad:
    """The load of a task in a scenario, as the facts ``fit.mlperf-…`` have it.

    Parameters
    ----------
    task : a key of ``MODELS``
    scenario : Offline, Server or Interactive
    interactive : whether the stricter latencies hold
    draws : where facts are taken from, at central values
    output_tokens : tokens of an answer as a result reports them; 0 for the reference's

    Returns
    -------
    Tokens of a request and the latencies to keep.
    """
    records = draws.catalog.records("fit")

    def known(name: str, unit: str) -> float | None:
        return float(draws(f"fit.mlperf-{name}", unit)) if f"mlperf-{name}" in records else None

    timed, key = scenario != "Offline", f"{task}-interactive" if interactive else task
    written = output_tokens or known(f"output-tokens-{task}", "token") or 0.0
    fitted = known(f"fitted-input-tokens-{task}", "token")
    return SteadyLoad(
        input_tokens=fitted or known(f"input-tokens-{task}", "token") or 0.0,
        output_tokens=written,
        output_spread=known(f"output-spread-{task}", "") or 0.0,
        beams=int(known(f"beams-{task}", "") or 1),
        ttft_s=known(f"ttft-s-{key}", "s") if timed else None,
        tpot_s=known(f"tpot-s-{key}", "s") if timed else None,
        latency_s=known(f"latency-s-{task}", "s") if timed else None,
        random=timed,
        run=_run_of(task, draws, written) if timed else None,
    )


def _run_of(task: str, draws: Draws, mean_tokens: float) -> BenchmarkRun | None:
    """The least of a run by the rules; None of a task whose set is not known."""
    records = draws.catalog.records("fit")
    if f"mlperf-samples-{task}" not in records:
        return None
    samples, least_s = draws(f"fit.mlperf-samples-{task}", ""), draws("fit.mlperf-run-s", "s")
    last = f"mlperf-last-tokens-{task}"
    tokens = float(draws(f"fit.{last}", "token")) if last in records else mean_tokens
    return BenchmarkRun(float(samples), float(least_s), tokens)


def _task(model: str, scenario: str) -> tuple[str, bool]:
    """The task without its accuracy level, and whether it is the interactive kind."""
    plain = task_name(model)
    if plain not in MODELS:
        raise UnusedRow("no language model whose load is known")
    if scenario.strip().lower() not in ("offline", "server", "interactive"):
        raise UnusedRow(f"scenario {scenario} is not compared: Offline, Server and Interactive are")
    return plain, "interactive" in model.lower() or scenario.strip().lower() == "interactive"


def task_name(model: str) -> str:
    """The task of a model's name, without its accuracy level.

    Parameters
    ----------
    model : as a result names it

    Returns
    -------
    Such as ``llama2-70b``.
    """
    return re.sub(r"-(99\.9|99|interactive)", "", model.strip().lower().replace("_", "."))


def refuse_other_rules(row: Mapping[str, str]) -> None:
    """Raises UnusedRow for rows of the open division, and for chips under limits that the file does not state."""
    if row["division"].strip().lower() not in ("closed", ""):
        raise UnusedRow("open division: the model may be another than the benchmark's")
    if "maxq" in f"{row.get('system', '')} {row.get('location', '')}".lower():
        raise UnusedRow("MaxQ: its chips ran under power limits that the file does not state")


def precision_of(row: Mapping[str, str], chip: Chip) -> str:
    """The format that runs: as stated; the narrowest that the chip computes in where it is not, and for engines that
    quantise what they load, in rounds that stated what was downloaded.

    Parameters
    ----------
    row : a result as it stands in the file
    chip : of the system

    Returns
    -------
    A key of the number formats, such as "fp8".
    """
    stated = row["weights"].strip().lower()
    quantises = _engine(row["software"]) == "trtllm" and _number(row["round"]) < STATED_SINCE
    if stated in FORMATS and not quantises:
        return FORMATS[stated]
    if stated in ("fp16", "fp32") and not quantises:
        return "bf16"
    for form, attribute in (("nvfp4", "fp4_flops"), ("fp8", "fp8_flops"), ("int8", "int8_flops")):
        if attribute in chip.record.facts:
            return form
    return "bf16"


def _engine(software: str) -> str:
    plain = software.lower()
    return next((name for word, name in ENGINES.items() if word in plain), "other")


def _of_samples(task: str, unit: str) -> bool:
    """Whether a figure counts requests. GPT-J's latencies are of requests; of all others tokens are counted, whatever a
    result's unit says."""
    return task == "gptj" and not unit.lower().startswith("token")


def _number(text: str) -> float:
    digits = re.search(r"\d+(\.\d+)?", text)
    return float(digits.group()) if digits else 0.0


def cell_number(row: Mapping[str, str], name: str, empty: float | None = None) -> float:
    """A number of a row above 0, or ``empty`` where there is none.

    Parameters
    ----------
    row : cells by column
    name : of the column
    empty : what stands for an empty cell

    Returns the number. Raises UnusedRow where it is none or out of range.
    """
    text = (row.get(name) or "").strip()
    if not text and empty is not None:
        return empty
    try:
        value = float(text)
    except ValueError:
        raise UnusedRow(f"{name}: {text!r} is not a number") from None
    if not 0 < value < 1e12:
        raise UnusedRow(f"{name}: {text} is out of range")
    return value
