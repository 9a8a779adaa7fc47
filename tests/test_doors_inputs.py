"""Files of others as they come: silent pipes, bombs, deep or damaged data, escapes."""

from __future__ import annotations

import gzip
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.core.errors import WattlineError, reason_of
from wattline.core.parquet import check_parquet
from wattline.core.printable import printable, printable_data, printable_json
from wattline.core.reading import gunzip, inflate, packer_of, parse_json, parse_toml, read_bytes, read_text
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.summary import counts, summary
from wattline.line.work.traffic.trace import Traffic, multiply, repeat


def error_of(work: Callable[[], object]) -> str:
    """What a ValueError says; empty where there is none."""
    try:
        work()
    except ValueError as error:
        return str(error)
    return ""


def test_a_pipe_without_a_writer_and_one_that_is_silent_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wattline.core.reading.WRITER_S", 0.1)
    monkeypatch.setattr("wattline.core.reading.SILENT_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WattlineError, match="nobody writes"):
        read_text(tmp_path / "pipe", 100, "file")
    handle = os.open(tmp_path / "pipe", os.O_RDWR)
    with pytest.raises(WattlineError, match="nothing came"):
        read_text(tmp_path / "pipe", 100, "file")
    os.close(handle)


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_text("some text"))
    writer.start()
    assert read_text(tmp_path / "pipe", 100, "file") == "some text"
    writer.join()


def test_a_file_is_measured_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(WattlineError, match="too large"):
        read_bytes(tmp_path / "sparse", 10**9, "file")
    with pytest.raises(WattlineError, match="too large"):
        read_bytes("/dev/zero", 10**12, "file")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(WattlineError, match="symbolic links"):
        read_bytes(tmp_path / "loop", 100, "file")


@given(st.binary(max_size=300), st.integers(0, 400))
def test_what_gzip_packed_comes_out_whole_or_is_cut_at_the_bound(data: bytes, limit: int) -> None:
    packed = gzip.compress(data[:100]) + gzip.compress(data[100:])
    got = gunzip(packed, limit)
    assert got == data if len(data) <= limit else len(got) == limit + 1


def test_a_bomb_of_zlib_is_never_unpacked() -> None:
    import zlib

    with pytest.raises(ValueError, match="more than 1,000 bytes"):
        inflate(zlib.compress(bytes(10**7)), 1000)
    with pytest.raises(ValueError, match="cut short"):
        inflate(zlib.compress(bytes(100))[:-6], 1000)
    assert inflate(zlib.compress(b"abc"), 3) == b"abc"


@pytest.mark.parametrize("depth", [2_000, 100_000])
def test_deep_json_and_toml_are_a_plain_error(depth: int) -> None:
    for text in ("[" * depth, '{"a":' * depth, "[" * depth + "]" * depth):
        assert "\n" not in error_of(lambda text=text: parse_json(text))  # type: ignore[misc]
    for text in (
        "a = " + "[" * depth,
        "a." * depth + "b = 1",
        "[" + "a." * depth + "b]",
        "a = " + "{a=" * depth,
        '"\\"".' * depth + "a = 1",
        "'x' . " * depth + "a = 1",
        "x = {" + "a." * depth + "b = 1}",
    ):
        with pytest.raises(ValueError, match="nested too deeply"):
            parse_toml(text)


def test_a_sentence_with_many_dots_is_no_deep_key() -> None:
    text = 'story = "One. Two. Three. ' + "It went on. So it did. " * 40 + '"\nhost = "' + "a.b.c " * 30 + '"\n'
    assert len(parse_toml(text)) == 2


def test_endless_digits_are_a_plain_error() -> None:
    with pytest.raises(ValueError, match="thousands of digits"):
        parse_json('{"a": ' + "9" * 10_000 + "}")
    with pytest.raises(ValueError, match="thousands of digits"):
        parse_toml("a = " + "9" * 10_000)


def test_a_packed_table_is_unpacked_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    from wattline.line.grid import table

    text = "utc,x\n" + "2023-01-01T00:00:00Z,1\n" * 9
    packed = gzip.compress(text.encode())
    assert table.read_table(packed, "a").height == 9
    for data, words in ((packed[:-9], "is cut short"), (b"\x28\xb5\x2f\xfd0", "packed by zstd")):
        with pytest.raises(WattlineError, match=words):
            table.read_table(data, "a")
    monkeypatch.setattr(table, "MAX_BYTES", len(text))
    assert table.read_table(packed, "a").height == 9
    monkeypatch.setattr(table, "MAX_BYTES", len(text) - 1)
    with pytest.raises(WattlineError, match="is larger than"):
        table.read_table(packed, "a")


def test_why_a_file_cannot_be_read_is_said_in_words_for_its_owner() -> None:
    nothing: Any = []
    causes = [lambda: float({}), lambda: nothing.get, lambda: {}["x"], lambda: nothing[0], lambda: int("x")]  # type: ignore[arg-type]
    message = []
    for cause in causes:
        try:
            cause()
        except Exception as error:
            message.append(reason_of(error))
    assert message[0] == message[1] == "a value in it is of another kind than expected"
    assert message[2:4] == ["it has no 'x'", "a row or list in it is too short"]
    assert "invalid literal" in message[4]


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def test_parquet_that_would_unpack_to_much_more_is_refused() -> None:
    for frame in (
        pl.DataFrame({"a": np.zeros(60_000_000, np.int8)}),
        pl.DataFrame({"a": [pl.Series(np.zeros(60_000_000, np.int8))]}),
        pl.DataFrame({"a": ["x" * 400_000_000]}),
    ):
        with pytest.raises(ValueError, match="unpacks to"):
            check_parquet(parquet(frame))


@given(st.integers(0, 200), st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True, min_size=1))
def test_parquet_of_any_table_is_taken(rows: int, columns: list[str]) -> None:
    check_parquet(parquet(pl.DataFrame({name: [[1.5, 2.5]] * rows for name in columns})))


@given(st.data())
def test_damaged_parquet_is_an_error_of_its_value(data: st.DataObject) -> None:
    whole = bytearray(parquet(pl.DataFrame({"a": np.arange(5.0), "b": ["x"] * 5})))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    assert "\n" not in error_of(lambda: check_parquet(cut))


HEAD = b"time,input,output\n"


def test_a_trace_that_is_packed_too_well_or_is_hollow_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(HEAD + bytes(70 * 2**20).replace(b"\0", b"1,1,1\n"[:1])))
    with pytest.raises(WattlineError, match="packed too well"):
        read_traffic(tmp_path / "bomb.csv.gz")
    with (tmp_path / "sparse.csv").open("wb") as file:
        file.write(HEAD + b"1,1,1\n" * 1000)
        file.truncate(10**11)
    with pytest.raises(WattlineError, match="binary"):
        read_traffic(tmp_path / "sparse.csv")
    with pytest.raises(WattlineError, match="binary"):
        read_traffic("/dev/zero")


@pytest.mark.parametrize("mark", [b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zXZ\0", b"PK\x03\x04", b"x\x9c"])
def test_what_other_packers_made_is_named_and_never_unpacked(tmp_path: Path, mark: bytes) -> None:
    assert packer_of(mark + b"rest")
    (tmp_path / "x.csv").write_bytes(mark + b"aaaa" * 100)
    with pytest.raises(WattlineError, match="binary"):
        read_traffic(tmp_path / "x.csv")


def test_a_gzip_within_a_gzip_is_not_unpacked_twice(tmp_path: Path) -> None:
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(gzip.compress(HEAD + b"0,1,1\n1,1,1\n")))
    with pytest.raises(WattlineError):
        read_traffic(tmp_path / "x.csv.gz")


def test_a_small_trace_takes_little_memory(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    (tmp_path / "x.csv").write_bytes(HEAD + b"0,1,1\n1,1,1\n")
    read_traffic(tmp_path / "x.csv")  # the libraries are there
    old = resource.getrlimit(resource.RLIMIT_AS)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + 2_000_000_000, old[1]))
    try:
        assert len(read_traffic(tmp_path / "x.csv")) == 2
        assert len(read_bytes(tmp_path / "x.csv", 10**12, "file")) == 30
    finally:
        resource.setrlimit(resource.RLIMIT_AS, old)


def test_one_time_zero_among_epochs_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(HEAD + b"0,1,1\n1700000000,1,1\n1700000001,1,1\n1700000001,1,1\n")
    shown = summary(read_traffic(tmp_path / "x.csv"))
    assert shown["requests"] == 4
    assert shown["peak_rate_per_s"]["60s"] == pytest.approx(3 / 60)


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=50))
def test_counts_of_occupied_steps_are_those_of_all(times: list[float]) -> None:
    at = np.sort(np.array(times))
    traffic = Traffic(at - at[0], np.ones(len(at), int), np.ones(len(at), int))
    shown = [summary(traffic)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wattline.line.work.traffic.summary.MAX_STEPS", 1)
        shown.append(summary(traffic))
    for name in ("dispersion_1s", "dispersion_60s"):
        dense, sparse = (each["burstiness"][name] for each in shown)
        assert sparse == (dense if dense is None else pytest.approx(dense, rel=1e-6, abs=1e-9))
    for step_s, peak in ((1, "1s"), (60, "60s")):
        dense = counts(traffic, step_s, whole=True)
        assert shown[0]["peak_rate_per_s"][peak] == (float(dense.max() / step_s) if dense.size else None)


def test_traffic_is_not_repeated_beyond_what_memory_holds() -> None:
    traffic = Traffic(np.arange(10.0), np.ones(10, int), np.ones(10, int))
    with pytest.raises(WattlineError, match="at most 200,000,000"):
        repeat(traffic, 10**9)
    with pytest.raises(WattlineError, match="at most 200,000,000"):
        multiply(traffic, 1e12, 1)


ESCAPES = "a\x1b[31m\x07\x9b31m\u202e\u2066\u200b\ud800b\tc\n"


def test_text_of_others_is_shown_without_what_a_terminal_obeys() -> None:
    shown = printable(ESCAPES)
    assert not set(shown) & set("\x1b\x07\x9b\u202e\u2066\u200b\ud800")
    assert shown.startswith("a")
    assert shown.endswith("b\tc\n")
    assert printable_data({"x\x1b": [ESCAPES, (1, "y\x07")]}) == {"x\ufffd": [shown, (1, "y\ufffd")]}
    assert printable("µWh 5 · – é 漢") == "µWh 5 · – é 漢"


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=4))
def test_json_on_the_screen_says_the_same_and_has_no_escapes(data: dict[str, str]) -> None:
    import json

    text = printable_json(json.dumps(data, ensure_ascii=False))
    assert json.loads(text) == data
    assert printable(text) == text
