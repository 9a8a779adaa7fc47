"""Files of others are read within bounds, and files are written so that nothing else is harmed."""

from __future__ import annotations

import gzip
import io
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.core.files import write_folder, write_text, write_whole
from wattline.core.load import Load
from wattline.core.parquet import check_parquet
from wattline.core.printable import printable, printable_data, printable_json
from wattline.core.reading import gunzip, inflate, packer_of, parse_json, parse_toml, read_bytes, read_text
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.summary import counts, summary
from wattline.line.work.traffic.trace import Traffic, multiply, repeat
from wattline.search.evaluate import NUMBERS, TIMES, UNKNOWN, is_sound
from wattline.sweep.store import Store

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    """The umask is put back."""
    old = os.umask(0o022)
    yield os.umask
    os.umask(old)


def error_of(work: Callable[[], object]) -> str:
    """What a ValueError says; empty where there is none."""
    try:
        work()
    except ValueError as error:
        return str(error)
    return ""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.skipif(not ROOT, reason="only root makes devices")
def test_a_device_stays_a_device(tmp_path: Path) -> None:
    device = tmp_path / "null"
    os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    write_text(device, "text")
    write_folder(tmp_path, {"null": "text", "other": "text"})
    assert stat.S_ISCHR(device.stat().st_mode)
    assert names(tmp_path) == ["null", "other"]


def test_a_pipe_stays_a_pipe_and_takes_the_text(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "some text")
    reader.join()
    assert got == ["some text"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_pipe_that_nobody_reads_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wattline.core.files.READER_S", 0.1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WattlineError, match="nobody reads it"):
        write_text(tmp_path / "pipe", "text")


def test_a_link_stays_and_what_it_points_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "file")  # not there yet
    for text in ("first", "second"):
        write_text(tmp_path / "link", text)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "there" / "file").read_text() == text
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").symlink_to(tmp_path / "there" / "file")
    write_folder(tmp_path / "out", {"a": "third", "b": "x"})
    assert (tmp_path / "there" / "file").read_text() == "third"
    assert (tmp_path / "out" / "a").is_symlink()
    (tmp_path / "round").symlink_to(tmp_path / "round")
    with pytest.raises(WattlineError, match="symbolic links"):
        write_text(tmp_path / "round", "x")
    assert names(tmp_path) == ["link", "out", "round", "there"]
    assert names(tmp_path / "there") == ["file"]


@pytest.mark.parametrize("mask", [0o077, 0o022, 0o002])
def test_new_files_have_the_rights_of_the_umask(tmp_path: Path, umask: Callable[[int], int], mask: int) -> None:
    umask(mask)
    write_text(tmp_path / "deep" / "new", "x")
    write_folder(tmp_path / "out", {"a": "x", "b": "y"})
    Load("chip", np.datetime64(0, "s").astype("datetime64[s]").item(), 1.0, np.ones(3)).to_parquet(tmp_path / "load")
    for path in (tmp_path / "deep" / "new", tmp_path / "out" / "a", tmp_path / "out" / "b", tmp_path / "load"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o777 & ~mask
    (tmp_path / "out" / "a").chmod(0o600)
    write_folder(tmp_path / "out", {"a": "z", "b": "y"})
    assert stat.S_IMODE((tmp_path / "out" / "a").stat().st_mode) == 0o600


def test_text_that_utf8_cannot_say_is_written_as_an_escape(tmp_path: Path) -> None:
    write_text(tmp_path / "x", "a\udcffb")
    assert (tmp_path / "x").read_text() == "a\\udcffb"


def test_what_a_library_cannot_write_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    def fail(name: str) -> None:
        Path(name).write_text("half")
        raise pl.exceptions.ComputeError("No space left on device")

    with pytest.raises(WattlineError, match="No space left"):
        write_whole(tmp_path / "x", fail)
    assert names(tmp_path) == []


def test_several_who_write_into_one_folder_leave_the_files_of_one(tmp_path: Path) -> None:
    def work(who: str) -> None:
        for _ in range(20):
            write_folder(tmp_path, {"a": who, "b": who, "c": who})

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({(tmp_path / name).read_text() for name in "abc"}) == 1
    assert names(tmp_path) == ["a", "b", "c"]


def test_an_interrupt_among_the_moves_leaves_one_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wattline.core import files

    write_folder(tmp_path, {"a": "old", "b": "old"})
    move, count = files._move, []

    def stop(source: Path, target: Path) -> None:
        count.append(target)
        if len(count) == 2:
            raise KeyboardInterrupt
        move(source, target)

    monkeypatch.setattr(files, "_move", stop)
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path, {"a": "new", "b": "new"})
    assert {(tmp_path / name).read_text() for name in "ab"} == {"new"}


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
    with pytest.raises(ValueError, match="digits"):
        parse_json('{"a": ' + "9" * 10_000 + "}")
    with pytest.raises(ValueError, match="digits"):
        parse_toml("a = " + "9" * 10_000)


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


def test_an_ended_command_leaves_nothing_beside_its_files(tmp_path: Path) -> None:
    script = f"""
import os, signal, sys
sys.argv = ["wattline", "schema"]
from wattline.cli import main
from wattline.core.files import write_whole
def work(*_, **__):
    def write(name):
        open(name, "w").write("half")
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    write_whole({str(tmp_path / "x")!r}, write)
main.named = lambda args: work
main.main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 128 + 15, done.stderr
    assert names(tmp_path) == []
    assert "Traceback" not in done.stderr


SWEEP = {
    "deep": '{"context": "c", "item": {"a": 1}, "result": ' + "[" * 100_000,
    "a result that is not sound": '{"context": "c", "item": {"a": 1}, "result": {}}',
    "no number": '{"context": "c", "item": {"a": NaN}, "result": {"x": 1}}',
    "endless digits": '{"context": "c", "item": {"a": ' + "9" * 5000 + '}, "result": {"x": 1}}',
}


@pytest.mark.parametrize("line", SWEEP.values(), ids=SWEEP)
def test_a_damaged_line_of_a_sweep_is_left_out(tmp_path: Path, line: str) -> None:
    path = tmp_path / "x.jsonl"
    with Store.open(path, "c") as store:
        store.put({"a": 2}, {"x": 1})
    path.write_text(path.read_text() + line + "\n")
    with Store.open(path, "c", lambda result: "x" in result) as store:
        assert store.get({"a": 1}) is None
        assert store.get({"a": 2}) == {"x": 1}
        store.put({"a": 1}, {"x": 3})
    with Store.open(path, "c", lambda result: "x" in result) as store:
        assert store.get({"a": 1}) == {"x": 3}


def test_a_sweep_that_is_no_file_or_has_no_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 10**12)
    Store.open(tmp_path / "long", "c").__exit__(None, None, None)
    os.truncate(tmp_path / "long", 10**12)
    for name in ("pipe", "sparse", "long"):
        with pytest.raises(WattlineError, match=r"resume|sweep"):
            Store.open(tmp_path / name, "c")


def test_results_of_a_search_that_are_kept_are_looked_at() -> None:
    good: dict[str, object] = dict.fromkeys((*NUMBERS, *UNKNOWN), 1.0)
    good |= {"parts_j": {"prefill": 1.0}, **{key: {"p50": 1.0} for key in TIMES}}
    assert is_sound(good)
    assert is_sound(good | {"strain": None, "ttft_s": None})
    assert is_sound({"wrong": "why"})
    bad = [
        {},
        {"wrong": 1},
        *({k: v for k, v in good.items() if k != name} for name in (*NUMBERS, *UNKNOWN, "parts_j")),
    ]
    bad += [good | {name: value} for name in (*NUMBERS, "strain") for value in ("1", float("nan"), [], {}, True)]
    bad += [good | {"parts_j": value} for value in ({"a": "b"}, [], "x", {})]
    assert not any(is_sound(each) for each in bad)
