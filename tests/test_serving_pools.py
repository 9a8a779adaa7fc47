"""Measured services with pools of their own for prefill and decode: rows read, and the closed loop through both."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.line.engine.transfer import bytes_per_s_by_token, passes_by_token
from wattline.line.work.flops import kv_bytes
from wattline.line.work.model import load_model
from wattline.validate.evidence.latencies import COLUMNS, PoolLayout, TimedRow, read_timed
from wattline.validate.serving_pools import pool_rows
from wattline.validate.serving_timed import software_of

SIZES = ("num_workers", "tp_size", "pp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size")
NAMES = (
    *(*COLUMNS, "silicon_data_source", "backend", "backend_version", "pp_size", "attention_dp_size", "moe_tp_size"),
    *("moe_ep_size", "decode_batch_size", *(f"{pool}_{size}" for pool in ("prefill", "decode") for size in SIZES)),
)


def rows_of(path: Path, **changed: object) -> tuple[list[TimedRow], dict[str, list[int]]]:
    entry: dict[str, object] = {
        "silicon_data_source": "silicon_concurrency=64;",
        "backend": "sglang",
        "backend_version": "0.5.8",
        "model_path": "deepseek-ai/DeepSeek-R1",
        "system": "gb200",
        "precision": "fp4",
        "mode": "disagg",
        "isl": 1024,
        "osl": 1024,
        "silicon_ttft_ms": 400,
        "silicon_tpot_ms": 9,
    }
    entry |= {f"{pool}_{size}": 1 for pool in ("prefill", "decode") for size in SIZES}
    entry |= {"prefill_num_workers": 2, "prefill_tp_size": 4, "decode_num_workers": 3, "decode_tp_size": 8} | changed
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, NAMES)
        writer.writeheader()
        writer.writerow(entry)
    return read_timed(path)


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> TimedRow:
    return rows_of(tmp_path_factory.mktemp("pools") / "timed.csv")[0][0]


def test_both_pools_of_a_row_are_read(row: TimedRow) -> None:
    assert row.prefill == PoolLayout(2, 4, False, 1)
    assert row.own_layout == PoolLayout(3, 8, False, 1)
    assert (row.size, row.group) == (64, "gb200, pools")


def test_where_no_load_is_stated_it_is_the_batch_of_all_workers(tmp_path: Path) -> None:
    rows, _ = rows_of(tmp_path / "timed.csv", silicon_data_source="", decode_batch_size=16)
    assert rows[0].size == 48


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"decode_num_workers": ""}, "number of workers is not given"),
        ({"prefill_num_workers": "many"}, "no number"),
        ({"decode_tp_size": 72}, "how they split the model"),
        ({"decode_attention_dp_size": 0}, "no layout"),
    ],
)
def test_pools_that_cannot_be_held_are_named(tmp_path: Path, changed: dict[str, object], message: str) -> None:
    from wattline.core.errors import WattlineError

    with pytest.raises(WattlineError, match=message):
        rows_of(tmp_path / "timed.csv", **changed)


@given(size=st.integers(1, 4000), readers=st.integers(1, 16), workers=st.integers(1, 16))
@settings(max_examples=25, deadline=None)
def test_the_loop_holds_as_many_requests_as_are_sent(row: TimedRow, size: int, readers: int, workers: int) -> None:
    """Little's law: rate times the time of a round is the number of requests; and none is decoded that is not there."""
    assert row.prefill is not None
    single = replace(row, size=size, workers=workers, prefill=replace(row.prefill, workers=readers), rounds=10**9)
    loop = pool_rows(single, software_of(single))
    answer = 0.9 * row.output_tokens
    rate = size / (loop.ttft_s + answer * loop.tpot_s)
    least = max(rate * answer * loop.tpot_s, float(workers))  # a worker's step has one request at least
    assert loop.decoding == pytest.approx(least, rel=0.02)
    assert loop.decoding <= max(size, workers) * (1 + 1e-9)


def test_more_workers_that_read_shorten_the_wait_and_fill_the_decoders(row: TimedRow) -> None:
    assert row.prefill is not None
    busy = replace(row, size=2000)
    loops = [
        pool_rows(replace(busy, prefill=replace(row.prefill, workers=count)), software_of(busy)) for count in (1, 4, 16)
    ]
    assert [loop.ttft_s for loop in loops] == sorted((loop.ttft_s for loop in loops), reverse=True)
    assert [loop.tpot_s for loop in loops] == sorted(loop.tpot_s for loop in loops)


def test_caches_whose_heads_are_split_otherwise_pass_token_by_token(tmp_path: Path) -> None:
    """SGLang's pull request 18158: the sending is what a service of such pools does all the time; a latent has no
    heads to split, and pools that split alike pass caches whole."""
    split, alike = (
        rows_of(tmp_path / f"{size}.csv", model_path="Qwen/Qwen3-32B", system="h100_sxm", precision="fp8",
                silicon_tpot_ms=100, prefill_tp_size=1, decode_tp_size=size,
                silicon_data_source="silicon_concurrency=640;")[0][0]
        for size in (4, 1)
    )  # fmt: skip
    draws = Draws(0)
    slow, quick = (pool_rows(each, software_of(each)) for each in (split, alike))
    cache = float(kv_bytes(split.model, 0.9 * 1024))
    rate = 640 / (slow.ttft_s + 0.9 * 1024 * slow.tpot_s)
    assert rate == pytest.approx(2 * bytes_per_s_by_token(draws) / cache, rel=0.02)
    assert slow.tpot_s > 2 * quick.tpot_s
    latent = load_model("deepseek-r1", default())
    assert not passes_by_token("sglang-0.5", latent, 4, 8)
    assert not passes_by_token("vllm-0.12", split.model, 1, 4)
    assert not passes_by_token("", split.model, 1, 4)
