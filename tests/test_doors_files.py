"""Files are written so that nothing else is harmed: devices, links, rights, several writers, interrupts."""

from __future__ import annotations

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

from wattline.core.errors import WattlineError
from wattline.core.files import write_folder, write_text, write_whole
from wattline.core.load import Load
from wattline.search.evaluate import NUMBERS, TIMES, UNKNOWN, is_sound
from wattline.sweep.store import Store

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    """The umask is put back."""
    old = os.umask(0o022)
    yield os.umask
    os.umask(old)


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


def test_an_ended_command_leaves_nothing_beside_its_files(tmp_path: Path) -> None:
    script = f"""
import os, signal, sys
sys.argv = ["wattline", "schema"]
import typer
from wattline.cli import program
from wattline.core.files import write_whole
ending = typer.Typer()
@ending.command(context_settings={{"allow_extra_args": True}})
def work():
    def write(name):
        open(name, "w").write("half")
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    write_whole({str(tmp_path / "x")!r}, write)
program.command_of = lambda args: ending
program.run_command()
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
