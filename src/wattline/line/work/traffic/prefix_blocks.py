"""Tokens of a block of prefix hashes, and the unit of times, by the rows of a trace: Mooncake's or Alibaba's Qwen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.work.traffic.columns import tokens
from wattline.line.work.traffic.table import MOONCAKE_BLOCK, TraceTable

QWEN_BLOCK = 16  # tokens a block of Alibaba's Qwen traces (Bailian), whose times are in seconds
SIZES = (MOONCAKE_BLOCK, 256, 128, 64, 32, QWEN_BLOCK)
ALIKE = 0.9  # share of the rows whose blocks must fill their prompts


def as_made(table: TraceTable, given: int | None) -> tuple[TraceTable, int]:
    """The table with its kind and the unit of its times, and the tokens of a block of its prefixes.

    Parameters
    ----------
    table : a trace's file, opened
    given : tokens of a block, where the user says so

    Returns the table, and the tokens of a block. Raises WattlineError where a size is given for a trace without blocks.
    """
    rows = table.rows
    if not {"hash_ids", "input_length"} <= set(rows.columns) or not table.json:
        if given is not None and not ("hash_ids" in rows.columns and table.json):
            raise WattlineError(f"{table.where}: it has no prefix hashes (hash_ids), so no size of their blocks")
        return table, given or MOONCAKE_BLOCK
    blocks = rows["hash_ids"].list.len().fill_null(0).to_numpy().astype(float)
    prompts = tokens(rows["input_length"])
    block = given or _size(blocks, prompts)
    if "chat_id" in rows.columns and _fractions(table) and given is None:
        block = QWEN_BLOCK
    if block != QWEN_BLOCK:
        return table, block
    return replace(table, kind="Qwen trace of Alibaba (Bailian)", time_unit="s"), block


def _size(blocks: Array, prompts: Array) -> int:
    """The largest size of a block of which the prompts' lengths make as many as the rows have."""
    there = (blocks > 0) & np.isfinite(prompts)
    if not there.any():
        return MOONCAKE_BLOCK
    for size in SIZES:
        if float(np.mean(blocks[there] == np.ceil(prompts[there] / size))) >= ALIKE:
            return size
    return MOONCAKE_BLOCK


def _fractions(table: TraceTable) -> bool:
    """Whether times are no whole numbers."""
    times = tokens(table.rows["timestamp"]) if "timestamp" in table.rows.columns else np.zeros(1)
    known = times[np.isfinite(times)]
    return bool(np.any(known != np.floor(known)))
