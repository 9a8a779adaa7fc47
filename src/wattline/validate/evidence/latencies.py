"""Rows of measured TTFT and TPOT (the columns of aiconfigurator's sample of measured services), read and checked.

Two kinds of measurement are in the sample. Most rows are InferenceMAX's: lengths fall evenly between 0.8 and 1 times
the nominal ones, and ten times as many requests as run together. The others keep their lengths, some 10% up and down
(kept exactly, all requests would end together for ever, which their latencies do not show); SGLang 0.5.1's were sent
as one batch. The sample's layout columns multiply chips twice where experts are placed over chips and split as well,
where attention is data-parallel inside a tensor group, or where vLLM places experts over a tensor group; ``_layout``
takes that back.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.reading import read_text
from wattline.line.chip.device import Chip, load_chip
from wattline.line.work.flops import BYTES, expert_share, kv_bytes
from wattline.line.work.model import Model, load_model
from wattline.validate.evidence.serving import LIMIT_BYTES

SYSTEMS = {
    "h100_sxm": "h100-sxm", "h200_sxm": "h200-sxm", "b200_sxm": "b200", "b300_sxm": "b300",
    "gb200": "gb200", "gb300": "gb300",
}  # fmt: skip
FORMATS = {"fp8": "fp8", "fp8_block": "fp8", "bfloat16": "bf16", "bf16": "bf16", "float16": "bf16", "int4": "int4"}
COLUMNS = ("model_path", "system", "precision", "mode", "isl", "osl", "batch_size", "tp_size", "silicon_ttft_ms",
           "silicon_tpot_ms")  # fmt: skip
SIZES = ("tp_size", "pp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size")
UNEVEN = (0.8, 1.0)  # InferenceMAX: shortest and longest beside the nominal
ABOUT = (0.9, 1.1)
SINGLE_BATCH = ("sglang", "0.5.1.post1")
ROUNDS = 10  # requests for each that is under way
MAX_TENSOR = 16  # chips of one tensor-parallel group
SEVERAL = "which are those of several services"
MAX_REQUESTS = 4096  # under way at once


@dataclass(frozen=True)
class PoolLayout:
    """Workers of a pool, the chips of each, and how they split the model (as in ``TimedRow``)."""

    workers: int
    chips: int
    expert_parallel: bool
    ranks: int


@dataclass(frozen=True, eq=False)
class TimedRow:
    """One measured service in a closed loop: ``size`` requests under way, a new one sent when one ends."""

    line: int
    system: str
    model: Model
    chip: Chip
    chips: int
    expert_parallel: bool
    ranks: int  # groups of the chips that split the requests' attention
    precision: str
    size: int
    input_tokens: int
    output_tokens: int
    spread: tuple[float, float]  # lengths fall evenly between so much and so much of the stated ones
    rounds: int  # requests sent for each that is under way
    engine: str
    ttft_s: float
    tpot_s: float
    workers: int = 1  # that decode, where a pool of its own reads prompts
    prefill: PoolLayout | None = None

    @property
    def own_layout(self) -> PoolLayout:
        """The pool that decodes."""
        return PoolLayout(self.workers, self.chips, self.expert_parallel, self.ranks)

    @property
    def group(self) -> str:
        """What its errors are counted with: rows of one system, those with attention split by requests apart, and
        those with pools of their own for prefill and decode."""
        if self.prefill is not None:
            return f"{self.system}, pools"
        return f"{self.system}, data-parallel" if self.ranks > 1 else self.system

    @property
    def name(self) -> str:
        groups = f" in {self.ranks} groups" if self.ranks > 1 else ""
        pools = ""
        if self.prefill is not None:
            pools = f" ({self.workers} workers, {self.prefill.workers} × {self.prefill.chips} that read)"
        where = f"{self.chips} × {self.chip.record.name}{groups}{pools}, {self.engine}"
        lengths = f"{self.input_tokens} in, {self.output_tokens} out"
        return f"{self.model.key} {self.precision} on {where}: {lengths}, {self.size}"


def is_timed(path: Path | str) -> bool:
    """Whether the file has measured TTFT and TPOT; else it is taken for ML.ENERGY's columns. Raises WattlineError where
    it has some of their columns alone."""
    head = read_text(path, LIMIT_BYTES, "file of measurements").partition("\n")[0]
    names = [name.strip() for name in head.split(",")]
    missing = [name for name in COLUMNS if name not in names]
    if "silicon_ttft_ms" in names and missing:
        raise WattlineError(f"{path}: column {', '.join(missing)} missing")
    return "silicon_ttft_ms" in names


def read_timed(path: Path | str) -> tuple[list[TimedRow], dict[str, list[int]]]:
    """The rows that can be held, and the lines of those that cannot, by reason. Raises WattlineError where columns are
    missing, and where no row can be held."""
    if not is_timed(path):
        raise WattlineError(f"{path}: no measured TTFT and TPOT in it; its first line must name {', '.join(COLUMNS)}")
    entries = csv.DictReader(io.StringIO(read_text(path, LIMIT_BYTES, "file of measurements")))
    rows: list[TimedRow] = []
    left: dict[str, list[int]] = {}
    chips: dict[str, Chip] = {}
    for line, entry in enumerate(entries, start=2):
        try:
            rows.append(_row(line, entry, chips))
        except WattlineError as error:
            left.setdefault(str(error), []).append(line)
    if not rows:
        why = "; ".join(f"{len(lines)} {reason}" for reason, lines in left.items()) or "the file is empty"
        raise WattlineError(f"{path}: no row that can be held: {why}")
    return rows, left


def _row(line: int, entry: Mapping[str, str], chips: dict[str, Chip]) -> TimedRow:
    parted = entry["mode"] != "agg"
    system = entry["system"]
    if system not in SYSTEMS:
        raise WattlineError(f"system {system or '(none)'} not known here")
    model = _model(entry["model_path"])
    own = _pool(entry, "decode_") if parted else PoolLayout(1, *_layout(entry))
    chip = chips.setdefault(system, load_chip(SYSTEMS[system], Draws(0)))
    ttft_s, tpot_s = (_number(entry, f"silicon_{name}_ms") / 1e3 for name in ("ttft", "tpot"))
    source = entry.get("silicon_data_source") or ""
    stated = re.search(r"silicon_concurrency=(\d+)", source)
    version = (entry.get("backend"), entry.get("backend_version"))
    ours = not source or "aic-auto-gap-analysis" in source
    batch = "batch_size" if not parted else "decode_batch_size"
    size = int(stated.group(1)) if stated else int(_number(entry, batch)) * own.workers
    if size > MAX_REQUESTS:
        raise WattlineError(f"more than {MAX_REQUESTS:,} requests under way")
    if stated and not parted and (entry.get(batch) or "").strip():
        own = _by_requests(own, size / _number(entry, batch), (entry.get("attention_dp_size") or "").strip())
    if own.ranks > 1 and not model.moe_layers:
        raise WattlineError("attention split by requests in a model without experts")
    if model.heads % max(own.chips // own.ranks, 1):
        raise WattlineError(f"heads that do not split evenly over the chips of a group, {SEVERAL}")
    row = TimedRow(
        line, system, model, chip, own.chips, own.expert_parallel, own.ranks, _precision(entry, model), size,
        int(_number(entry, "isl")), int(_number(entry, "osl")),
        ABOUT if ours else UNEVEN, 1 if ours and version == SINGLE_BATCH else ROUNDS, _engine(entry), ttft_s, tpot_s,
        own.workers, _pool(entry, "prefill_") if parted else None,
    )  # fmt: skip
    if share_of_peak(row) > 1.0:
        raise WattlineError(f"more arithmetic than the peak of its chips, {SEVERAL}")
    if share_of_bandwidth(row) > 1.0:
        raise WattlineError("tokens quicker than memory gives their weights and caches: the load is not the stated one")
    return row


def _by_requests(own: PoolLayout, groups: float, attention: str) -> PoolLayout:
    """The layout with attention split over as many groups as the requests under way are batches, where the row's own
    count of them (``attention``, as it stands there) is empty. Raises WattlineError where that count is less."""
    if groups <= max(own.ranks, float(attention or 1)) or not groups.is_integer():
        return own
    if attention or own.chips % groups:
        raise WattlineError(f"more batches under way than groups that split the requests, {SEVERAL}")
    return replace(own, ranks=int(groups))


def share_of_peak(row: TimedRow) -> float:
    """The arithmetic that a row's requests, latencies and lengths ask of its chips, beside their nameplate: each of its
    requests passes two FLOPs through every active weight a token, read or written, in the time that it takes.

    Parameters
    ----------
    row : a measured service

    Returns the share; no service reaches 1.
    """
    length = sum(row.spread) / 2
    seconds = row.ttft_s + row.output_tokens * length * row.tpot_s
    tokens = row.size * (row.input_tokens + row.output_tokens) * length / seconds
    readers = 0 if row.prefill is None else row.prefill.workers * row.prefill.chips
    peak = (row.workers * row.chips + readers) * row.chip.peak_flops(row.precision)
    return float(2.0 * row.model.active_params * tokens / peak)


def share_of_bandwidth(row: TimedRow) -> float:
    """The bytes that a token of a row waits for at least, beside what its chips' memory gives in the time between two:
    weights that the sequences under way touch, and their caches in 8 bits at half of their answers.

    Parameters
    ----------
    row : a measured service

    Returns the share; no service reaches 1 that writes one token a step.
    """
    length, model = sum(row.spread) / 2, row.model
    decoding = length * row.output_tokens * row.tpot_s
    sequences = row.size * decoding / (row.ttft_s + decoding) / row.workers
    routed = model.expert_params_total
    active = routed * model.active_experts / max(model.experts, 1)
    weights = model.active_params - active + routed * float(expert_share(model, sequences))
    caches = sequences * float(kv_bytes(model, length * (row.input_tokens + row.output_tokens / 2), 1.0))
    given = row.tpot_s * row.chips * row.chip.bandwidth_bytes_per_s
    return float((weights * BYTES[row.precision] + caches) / given)


def _pool(entry: Mapping[str, str], name: str) -> PoolLayout:
    """A pool's layout. Raises WattlineError where its number of workers is not given."""
    if not (entry.get(f"{name}num_workers") or "").strip():
        raise WattlineError("prefill and decode in pools of which the number of workers is not given")
    return PoolLayout(int(_number(entry, f"{name}num_workers")), *_layout(entry, name))


def _model(path: str) -> Model:
    try:
        model = load_model(path, default())
    except WattlineError:
        raise WattlineError(f"model {path or '(none)'} not in the catalog") from None
    if not model.architecture_known:
        raise WattlineError(f"the architecture of {model.key} was never published")
    return model


def _number(entry: Mapping[str, str], name: str) -> float:
    try:
        value = float(entry[name])
    except (TypeError, ValueError):
        raise WattlineError(f"{name} is missing or no number") from None
    if not 0 < value < 1e9:
        raise WattlineError(f"{name} is not greater than zero")
    return value


def _precision(entry: Mapping[str, str], model: Model) -> str:
    """The weights' format; where the row does not say, that of its products, and BF16 where nothing does. Of a model
    that was published in 4 bits alone, 8 and more are its products'."""
    form = (entry["precision"] or entry.get("gemm_quant_mode") or "bf16").lower()
    if form == "fp4":
        return "mxfp4" if model.family == "gpt-oss" else "nvfp4"
    form = FORMATS.get(form, form)
    if form not in BYTES:
        raise WattlineError(f"number format {form} not known")
    own = model.native_format
    return own if own and BYTES[own] < 1.0 <= BYTES[form] else form


def _engine(entry: Mapping[str, str]) -> str:
    """The engine and its version, or the name of its build (``sglang-nightly-dev``)."""
    version = re.match(r"\d+\.\d+|[a-z][a-z0-9]*(-[a-z]+)*", entry.get("backend_version") or "")
    return "-".join(part for part in (entry.get("backend") or "", version.group(0) if version else "") if part)


def _layout(entry: Mapping[str, str], pool: str = "") -> tuple[int, bool, int]:
    """Chips, whether experts are placed whole on them, and over how many groups attention splits the requests."""
    sizes = []
    for name in (pool + size for size in SIZES):
        try:
            sizes.append(int(float(entry.get(name) or 1)))
        except ValueError:
            raise WattlineError(f"{name} is no number") from None
        if sizes[-1] < 1 and "moe" not in name:
            raise WattlineError(f"{name} is {sizes[-1]}, which is no layout")
        sizes[-1] = max(sizes[-1], 1)
    tensor, pipeline, attention, split, placed = sizes
    if pipeline > 1:
        raise WattlineError("layers split over chips (pipeline)")
    chips, ranks = _chips(tensor, attention, split, placed, bool(entry.get(f"{pool}attention_dp_size")))
    if chips // ranks > MAX_TENSOR:
        raise WattlineError(f"more than {MAX_TENSOR} chips, of which the layout does not tell how they split the model")
    return chips, placed > 1, ranks


def _chips(tensor: int, attention: int, split: int, placed: int, stated: bool) -> tuple[int, int]:
    """Chips, and groups of them; where attention's layout is ``stated``, the other sizes may hold the chips twice."""
    if stated and split > 1 and placed == split and tensor * attention == split * placed:
        return split, split if attention > 1 else 1
    if stated and tensor > 1 and tensor == attention:
        # experts over the square of the chips are vLLM's, whose attention splits over them: the sample has the same
        # measurements, to the digit, as tensor and expert parallel over so many chips
        return tensor, 1 if placed == tensor * attention else attention
    return max(tensor * attention, split * placed), attention
