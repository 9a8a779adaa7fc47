"""Measured kernels in Parquet files (the columns of aiconfigurator's performance database), read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from wattline import catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.parquet import check_parquet, damage
from wattline.line.work.model import load_model


@dataclass(frozen=True)
class Kind:
    """What a file of one kind of kernel must hold: sizes as numbers, ``form`` the format of its numbers, and the
    columns (``splits``) that tell rows of different sorts apart; ``only`` what alone can be predicted."""

    sizes: tuple[str, ...]
    form: str
    formats: Mapping[str, str]
    splits: tuple[str, ...] = ()
    only: Mapping[str, float] | None = None


WIDE = {"bfloat16": "bf16", "float16": "fp16"}
FORMATS = WIDE | {"fp8": "fp8", "fp8_block": "fp8", "nvfp4": "nvfp4", "int4_wo": "int4", "w4a16_mxfp4": "mxfp4"}
ATTENTION = ("batch_size", "num_heads", "num_key_value_heads", "head_dim", "window_size", "beam_width")
MLA = ("batch_size", "num_heads", "tp_size")
MLA_SPLITS = ("mla_dtype", "kv_cache_dtype", "model")
EXPERTS = ("num_tokens", "hidden_size", "inter_size", "topk", "num_experts", "moe_tp_size", "moe_ep_size")
KINDS = {
    "gemm": Kind(("m", "n", "k"), "gemm_dtype", FORMATS),
    "context_attention": Kind(
        (*ATTENTION, "isl", "step"), "attn_dtype", WIDE, ("kv_cache_dtype",), {"beam_width": 1, "step": 0}
    ),
    "generation_attention": Kind(
        (*ATTENTION, "isl", "step"), "attn_dtype", WIDE, ("kv_cache_dtype",), {"beam_width": 1, "isl": 1}
    ),
    "moe": Kind(EXPERTS, "moe_dtype", FORMATS, ("distribution",)),
    "mla_context_module": Kind((*MLA, "isl", "step"), "gemm_type", FORMATS, MLA_SPLITS, {"tp_size": 1, "step": 0}),
    "mla_generation_module": Kind((*MLA, "isl", "step"), "gemm_type", FORMATS, MLA_SPLITS, {"tp_size": 1, "isl": 1}),
    "custom_allreduce": Kind(("num_gpus", "message_size"), "allreduce_dtype", WIDE, ("backend",)),
}
MAY_BE_ZERO = ("window_size", "step")
MIN, MAX = {"latency": 1e-9, "num_gpus": 2.0}, 1e12
SPOKEN_OF = {"framework", "version", "device", "op_name", "kernel_source", "architecture", "latency"}
OPTIONAL = ("power", "power_limit")


@dataclass(frozen=True)
class UnusableFile:
    """A file, or some of its rows or columns, that were not used, and why."""

    file: str
    why: str


@dataclass(frozen=True, eq=False)
class Rows:
    """Measured kernels of one kind, chip and number format: columns as arrays, time in seconds, power in watts (NaN
    where there was no reading)."""

    kind: str
    chip: str
    form: str  # as the file says it
    precision: str  # as Wattline says it
    split: Mapping[str, str]
    sizes: Mapping[str, Array]
    time_s: Array
    power_w: Array
    limit_w: Array

    @property
    def name(self) -> str:
        """The kernel with what sets its speed apart: formats, and whether a graph replays it."""
        extra = [self.form]
        if self.split.get("kv_cache_dtype", "bfloat16") not in WIDE:
            extra.append(f"{self.split['kv_cache_dtype']} cache")
        if self.split.get("mla_dtype", "bfloat16") not in WIDE:
            extra.append(f"{self.split['mla_dtype']} attention")
        if "backend" in self.split:
            extra.append(self.split["backend"].rpartition("_")[2])
        return f"{self.kind} {', '.join(extra)}"


def read_kernels(folder: Path | str) -> tuple[list[Rows], list[UnusableFile]]:
    """All measured kernels in a folder, or in the folders within it."""
    root = Path(folder)
    rows: list[Rows] = []
    out: list[UnusableFile] = []
    for path in _files(root):
        name = str(path.relative_to(root))
        if path.suffix != ".parquet":
            out.append(UnusableFile(name, "not a Parquet file"))
            continue
        try:
            parts, remarks = _read(path)
        except WattlineError as error:
            out.append(UnusableFile(name, str(error)))
            continue
        rows += parts
        out += [UnusableFile(name, why) for why in remarks]
    return rows, out


def _files(root: Path) -> list[Path]:
    shown = shorten(str(root), 200)
    try:
        if not root.exists():
            raise WattlineError(f"directory of measured kernels {shown} does not exist")
        if not root.is_dir():
            raise WattlineError(f"{shown} is a file; give the directory of measured kernels that holds it")
        inside = [path for path in (*root.glob("*"), *root.glob("*/*")) if path.is_file()]
    except (OSError, ValueError) as error:
        raise WattlineError(f"directory of measured kernels {shown} cannot be read: {error}") from None
    files = sorted(path for path in inside if not path.name.startswith("."))
    if not any(path.suffix == ".parquet" for path in files):
        raise WattlineError(f"no Parquet file of measured kernels in {shown} or in the directories within it")
    return files


def _kind(path: Path) -> str:
    for name in sorted(KINDS, key=len, reverse=True):
        if path.name.startswith(f"{name}_perf"):
            return name
    known = ", ".join(f"{name}_perf" for name in KINDS)
    raise WattlineError(f"not a kind of kernel that is known; names begin with {known}")


def _table(path: Path) -> pl.DataFrame:
    try:
        check_parquet(path)
        return pl.read_parquet(path, glob=False, hive_partitioning=False)
    except damage() as error:
        first = (str(error).splitlines() or ["unknown reason"])[0]
        raise WattlineError(f"cannot be read as Parquet: {shorten(first, 120)}") from None


def _read(path: Path) -> tuple[list[Rows], list[str]]:
    """The rows of one file by chip and format, and what of it was not used."""
    name = _kind(path)
    kind = KINDS[name]
    table = _table(path)
    texts = ("device", kind.form, *kind.splits)
    missing = [column for column in (*texts, *kind.sizes, "latency") if column not in table.columns]
    if missing:
        raise WattlineError(f"column {', '.join(missing)} missing")
    unknown = [c for c in table.columns if c not in {*texts, *kind.sizes, *SPOKEN_OF, *OPTIONAL}]
    remarks = [f"column {', '.join(unknown)} not known and not used"] if unknown else []
    if "power" in table.columns and "power_limit" not in table.columns:
        remarks.append("column power_limit missing; chips taken as limited to their TDP")
    table, left = _checked(table, kind, texts)
    parts, refused = _grouped(table, name, kind, texts)
    return parts, remarks + left + refused


def _checked(table: pl.DataFrame, kind: Kind, texts: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """Rows whose numbers are numbers, in range and within what can be predicted; and how many were not, and why."""
    remarks = []
    have = [column for column in OPTIONAL if column in table.columns]
    numbers = [pl.col(c).cast(pl.Float64, strict=False) for c in (*kind.sizes, "latency", *have)]
    try:
        table = table.select(*[pl.col(c).cast(pl.String, strict=False).fill_null("") for c in texts], *numbers)
    except pl.exceptions.PolarsError as error:
        raise WattlineError(f"columns are not plain text and numbers: {shorten(str(error), 120)}") from None
    for column in (*kind.sizes, "latency"):
        value = pl.col(column)
        least = 0.0 if column in MAY_BE_ZERO else MIN.get(column, 1.0)
        table, lost = _keep(table, value.is_between(least, MAX))
        if lost:
            remarks.append(f"{_rows(lost)}: {column} is not a number from {least:g} to {MAX:g}")
    for column, wanted in (kind.only or {}).items():
        table, lost = _keep(table, pl.col(column) == wanted)
        if lost:
            remarks.append(f"{_rows(lost)}: {column} other than {wanted:g} cannot be predicted")
    return table, remarks


def _keep(table: pl.DataFrame, good: pl.Expr) -> tuple[pl.DataFrame, int]:
    kept = table.filter(good.fill_null(False))
    return kept, table.height - kept.height


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _grouped(table: pl.DataFrame, name: str, kind: Kind, texts: Sequence[str]) -> tuple[list[Rows], list[str]]:
    """Rows by chip, format and what else sets them apart; and those of unknown chips, formats and models."""
    parts: list[Rows] = []
    refused: dict[str, int] = {}
    by = [*texts, *(["num_gpus"] if "num_gpus" in kind.sizes else [])]
    for key, part in table.partition_by(by, as_dict=True, maintain_order=True).items():
        text = dict(zip(texts, (str(value) for value in key), strict=False))
        try:
            parts.append(_group(part, name, kind, text))
        except WattlineError as error:
            refused[str(error)] = refused.get(str(error), 0) + part.height
    return parts, [f"{_rows(count)}: {why}" for why, count in refused.items()]


def _group(part: pl.DataFrame, name: str, kind: Kind, text: dict[str, str]) -> Rows:
    form = text[kind.form]
    if form not in kind.formats:
        raise WattlineError(f"number format {shorten(form)!r} of {kind.form} is not known")
    if "model" in text and not load_model(text["model"], catalog.default()).kv_lora_rank:
        raise WattlineError(f"{shorten(text['model'])} has no latent attention")

    def optional(column: str) -> Array:
        values = _array(part, column) if column in part.columns else np.full(part.height, np.nan)
        return np.where(np.isfinite(values) & (values > 0), values, np.nan)

    return Rows(
        kind=name,
        chip=catalog.default().find("chip", text["device"]).name,
        form=form,
        precision=kind.formats[form],
        split={column: text[column] for column in kind.splits},
        sizes={column: _array(part, column) for column in kind.sizes},
        time_s=_array(part, "latency") / 1e3,
        power_w=optional("power"),
        limit_w=optional("power_limit"),
    )


def _array(part: pl.DataFrame, column: str) -> Array:
    return part[column].to_numpy().astype(float)
