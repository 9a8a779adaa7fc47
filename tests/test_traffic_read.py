"""Traces as their makers write them, and bad ones: one clear line, or a counted and named rejection."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.summary import summary
from wattline.line.work.traffic.trace import Traffic

AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
BURST = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"


@pytest.fixture
def read(tmp_path: Path):  # type: ignore[no-untyped-def]
    def work(text: str | bytes, name: str = "trace.csv", **options: object) -> Traffic:
        data = text.encode() if isinstance(text, str) else text
        (tmp_path / name).write_bytes(data)
        return read_traffic(tmp_path / name, **options)

    return work


def test_azure_2023(read) -> None:  # type: ignore[no-untyped-def]
    traffic = read(AZURE + "2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8\n")
    assert traffic.arrival_s == pytest.approx([0, 0.052], abs=1e-9)
    assert traffic.input_tokens.tolist() == [4808, 3180]
    assert traffic.output_tokens.tolist() == [10, 8]
    assert "Azure" in traffic.notes[0]


@pytest.mark.parametrize(
    "times",
    [
        ("2024-05-10 00:00:00.009930+00:00", "2024-05-10 00:00:01.009930+00:00"),
        ("2024-05-10T00:00:00Z", "2024-05-10T00:00:01Z"),
        ("2024-05-10 23:59:59.5", "2024-05-11 00:00:00.5"),
        ("2024-05-10 02:00:00+02:00", "2024-05-10 00:00:01+00:00"),
        ("2024/05/10 00:00:00", "2024/05/10 00:00:01"),
        ("2024-05-10 00:00:00+00:00", "2024-05-10 00:00:01.000000+00:00"),
        ("1715299200", "1715299201"),
        ("1715299200000", "1715299201000"),
        ("1715299200000000000", "1715299201000000000"),
        ("0.25", "1.25"),
    ],
)
def test_times_of_many_kinds(read, times: tuple[str, str]) -> None:  # type: ignore[no-untyped-def]
    traffic = read(AZURE + "".join(f"{at},5,6\n" for at in times))
    assert traffic.arrival_s == pytest.approx([0, 1], abs=1e-6)


def test_burstgpt_counts_its_failures_and_picks_a_model(read) -> None:  # type: ignore[no-untyped-def]
    text = BURST + (
        "5,ChatGPT,472,18,490,Conversation log\n45,ChatGPT,1087,0,1087,API log\n118,GPT-4,417,276,693,API log\n"
    )
    traffic = read(text)
    assert traffic.arrival_s.tolist() == [0, 113]
    assert traffic.rejected == {"no output tokens (failed)": 1}
    assert "BurstGPT" in traffic.notes[0]
    only = read(text, where={"Model": "GPT-4"})
    assert len(only) == 1
    assert only.rejected == {"not asked for": 2}
    with pytest.raises(WattlineError, match="no row has Model=x"):
        read(text, where={"Model": "x"})
    with pytest.raises(WattlineError, match="no column 'Modell'"):
        read(text, where={"Modell": "x"})


MOONCAKE = [
    {"timestamp": 0, "input_length": 1000, "output_length": 5, "hash_ids": [0, 1]},
    {"timestamp": 3000, "input_length": 513, "output_length": 7, "hash_ids": [0, 2]},
    {"timestamp": 1500, "input_length": 10, "output_length": 9, "hash_ids": []},
]


@pytest.mark.parametrize("packed", [False, True])
def test_mooncake_with_prefix_blocks(read, packed: bool) -> None:  # type: ignore[no-untyped-def]
    data = "\n".join(json.dumps(row) for row in MOONCAKE).encode()
    traffic = read(gzip.compress(data) if packed else data, "trace.jsonl")
    assert traffic.arrival_s.tolist() == [0, 1.5, 3]
    assert traffic.hashes.block.tolist() == [0, 1, 0, 2]
    assert traffic.hashes.offset.tolist() == [0, 2, 2, 4]
    assert traffic.hashes.block_tokens == 512
    assert any("sorted" in note for note in traffic.notes)
    assert summary(traffic)["repeated_prefix_share"] == pytest.approx(512 / 1523)


@pytest.mark.parametrize("parted", [False, True])
def test_qwen_traces_have_seconds_and_blocks_of_sixteen_tokens(read, parted: bool) -> None:  # type: ignore[no-untyped-def]
    rows = [
        {
            "chat_id": i,
            "timestamp": 0.5 * i,
            "input_length": 64 + i,
            "output_length": 9,
            "hash_ids": [0, 1, 2, 3, *[9 + i] * (i > 0)],
        }
        for i in range(5)
    ]
    if parted:  # whole seconds, and no name of a field: the blocks alone tell
        rows = [{k: int(v) if k == "timestamp" else v for k, v in row.items() if k != "chat_id"} for row in rows]
    traffic = read("\n".join(json.dumps(row) for row in rows), "trace.jsonl")
    assert traffic.hashes.block_tokens == 16
    assert traffic.arrival_s[-1] == pytest.approx(2)
    assert any("Qwen" in note for note in traffic.notes)


def test_more_blocks_than_the_prompt_fills_are_cut(read) -> None:  # type: ignore[no-untyped-def]
    row = {"timestamp": 0, "input_length": 500, "output_length": 5, "hash_ids": [4, 5, 6]}
    traffic = read(json.dumps(row), "t.jsonl")
    assert traffic.hashes.block.tolist() == [4]
    assert any("cut" in note for note in traffic.notes)


def test_lines_that_are_no_json_are_counted(read) -> None:  # type: ignore[no-untyped-def]
    lines = [json.dumps(row) for row in MOONCAKE]
    traffic = read("\n".join([*lines, '{"timestamp": 1, "inp', "[1]"]), "t.jsonl")
    assert len(traffic) == 3
    assert sum(traffic.rejected.values()) == 2


def test_plain_tables_by_name_or_by_what_is_said(read) -> None:  # type: ignore[no-untyped-def]
    vidur = read("arrived_at,num_prefill_tokens,num_decode_tokens\n1.5,7,8\n2.5,9,10\n")
    assert vidur.arrival_s.tolist() == [0, 1]
    ms = read("arrival_time_ms;prompt_tokens;completion_tokens\n0;7;8\n250;9;10\n")
    assert ms.arrival_s == pytest.approx([0, 0.25])
    named = read("a,b,c\n0,7,8\n250,9,10\n", time="a", input="b", output="c", time_unit="ms")
    assert named.arrival_s == pytest.approx([0, 0.25])
    wide = read("﻿timestamp,context tokens ,GeneratedTokens\r\n0,7,8\r\n1,9,10\r\n".encode("utf-16"))
    assert wide.input_tokens.tolist() == [7, 9]


def test_bad_rows_are_counted_by_name_and_the_rest_is_kept(read) -> None:  # type: ignore[no-untyped-def]
    rows = ["0,5,6", "x,5,6", "1,NaN,6", "2,-5,6", "3,5,-6", "4,5.5,6", "5,0,6", "6,5,0", "7,9999999,9999999",
            "nan,5,6", "8,inf,6", "1e300,5,6", "9,5", "10,7,8", "10,7,8", "11,1,1", "12,1,1", "13,1,1"]  # fmt: skip
    traffic = read(AZURE + "\n".join(rows) + "\n")
    assert traffic.arrival_s.tolist() == [0, 10, 10, 11, 12, 13]
    assert traffic.rejected == {
        "time not readable": 2,
        "time beyond 3,000 years": 1,
        "tokens not readable": 3,
        "negative tokens": 2,
        "tokens not whole": 1,
        "no output tokens (failed)": 1,
        "no input tokens": 1,
        "longer than 10,000,000 tokens": 1,
    }
    assert len(traffic) + sum(traffic.rejected.values()) == len(rows)
    assert summary(traffic)["same_instant"] == 1


def test_out_of_order_is_sorted_and_told_with_its_requests(read) -> None:  # type: ignore[no-untyped-def]
    traffic = read(AZURE + "3,30,1\n1,10,1\n2,20,1\n1,11,1\n")
    assert traffic.arrival_s.tolist() == [0, 0, 1, 2]
    assert traffic.input_tokens.tolist() == [10, 11, 20, 30]
    assert traffic.notes[1] == "out of order in 2 places: sorted by time"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        (AZURE, "has no rows"),
        ("a,b,c\n1,2,3\n", "no column of the arrival among a, b, c"),
        ("time,a,b\n1,2,3\n", "no column of input tokens"),
        ("time,input_tokens,b\n1,2,3\n", "no column of output tokens"),
        ("time,input tokens,input_tokens,output\n1,2,3,4\n", "may both be input"),
        (AZURE + "yesterday,5,6\nnow,5,6\n", "time not readable"),
        (AZURE + "05/10/2024 00:00,5,6\n", "times are numbers or like"),
        (AZURE + "1,-5,6\n", "negative tokens"),
        ("[1, 2]", "JSON array"),
        ("{]", "line 1 is not a JSON object"),
        (b"\x00\x01\x02\x03\x00", "binary"),
        (b"PAR1rest", "Parquet"),
        (b"\x1f\x8bnot really", "cannot be read"),
        ("just words\nand more\n", "no column"),
        ('{"x": 1}\n', "no column of the arrival"),
    ],
)
def test_what_is_no_trace_is_one_line(read, text: str | bytes, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(WattlineError) as stopped:
        read(text)
    assert message in str(stopped.value)
    assert "\n" not in str(stopped.value)


PIECES = ["0", "1.5", "-3", "", "nan", "1e400", "x", '"', "\0", "é", "2024-05-10 00:00:00", "2024-02-30 00:00:00",
          "99999999999999999999", "#", ",", ";", "\t", "\n", "\r\n", "{", "}", "[", '{"timestamp": 1}',
          '{"timestamp": 0, "input_length": 5, "output_length": 6, "hash_ids": [1]}', "TIMESTAMP", "ContextTokens",
          "GeneratedTokens", "time,input,output\n", "0,5,6\n"]  # fmt: skip


def tried(path: Path) -> tuple[Traffic | None, str]:
    """The traffic, or what is wrong with it."""
    try:
        return read_traffic(path), ""
    except WattlineError as error:
        return None, str(error)


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.sampled_from(["", AZURE, BURST]))
def test_any_text_is_a_traffic_or_one_line(tmp_path: Path, text: str, head: str) -> None:
    path = tmp_path / "any"
    path.write_text(head + text, encoding="utf-8")
    traffic, message = tried(path)
    assert "\n" not in message
    assert traffic is None or summary(traffic)["requests"] == len(traffic) >= 1


@settings(max_examples=200)
@given(st.binary(max_size=60), st.sampled_from([b"", b"PAR1", b"\x1f\x8b\x08", b"\xff\xfe", b"{", AZURE.encode()]))
def test_any_bytes_are_a_traffic_or_one_line(tmp_path: Path, data: bytes, head: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(head + data)
    assert "\n" not in tried(path)[1]


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match="does not exist"):
        read_traffic(tmp_path / "none.csv")
    with pytest.raises(WattlineError, match="directory"):
        read_traffic(tmp_path)
    with pytest.raises(WattlineError, match="time unit 'h'"):
        read_traffic(tmp_path / "none.csv", time_unit="h")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "requests", "input_mean", "output_mean"),
    [
        ("AzureLLMInferenceTrace_conv.csv", 19366, 1154.70, 211.13),
        ("AzureLLMInferenceTrace_code.csv", 8819, 2047.85, 27.88),
        ("mooncake_conversation_trace.jsonl.gz", 12031, 12035.06, 342.62),
    ],
)
def test_real_traces(shared_data: Path, name: str, requests: int, input_mean: float, output_mean: float) -> None:
    traffic = read_traffic(shared_data / "traces" / name)
    assert len(traffic) == requests
    assert not traffic.rejected
    assert traffic.input_tokens.mean() == pytest.approx(input_mean, abs=0.01)
    assert traffic.output_tokens.mean() == pytest.approx(output_mean, abs=0.01)
    assert np.all(np.diff(traffic.arrival_s) >= 0)
    if traffic.hashes is not None:
        assert np.array_equal(np.diff(traffic.hashes.offset), -(-traffic.input_tokens // 512))
