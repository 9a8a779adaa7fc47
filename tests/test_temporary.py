"""What a process that was killed had half written is removed by the next that writes there, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wattline.core import temporary
from wattline.core.files import new_folder, write_folder, write_text, write_whole
from wattline.core.temporary import place, remove_stale, temporary_folder, temporary_name
from wattline.meter.journal.journal import Journal

HALF = """
import sys, time
from pathlib import Path
from wattline.core.files import write_folder, write_whole

def slow(name):
    Path(name).write_bytes(b"half")
    print("begun", flush=True)
    time.sleep(60)

if sys.argv[1] == "file":
    write_whole(sys.argv[2] + "/out.json", slow)
else:
    write_folder(sys.argv[2], {"out.json": slow})
"""


@pytest.fixture(autouse=True)
def looks_again() -> None:
    """A process looks into a folder once: here it is to look each time."""
    temporary._look.cache_clear()


def killed(kind: str, folder: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HALF, kind, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_the_next_that_writes_removes_what_a_killed_one_left(kind: str, tmp_path: Path) -> None:
    killed(kind, tmp_path)
    assert any(name.startswith(".wattline-") for name in os.listdir(tmp_path))
    write_text(tmp_path / "other.json", "{}")
    assert os.listdir(tmp_path) == ["other.json"]


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.skipif(os.name != "posix", reason="asks for processes")
def test_only_what_dead_processes_of_this_machine_made_is_removed(tmp_path: Path) -> None:
    dead, mark = dead_pid(), place()
    stale = f".wattline-{mark}-{dead}-0123456789ab"
    kept = [
        f".wattline-{mark}-{os.getpid()}-0123456789ab",  # of a living one
        f".wattline-{mark}-1-0123456789ab",
        f".wattline-{'0' * 8 if mark != '0' * 8 else '1' * 8}-{dead}-0123456789ab",  # of another machine
        f".wattline-{mark}-{dead}-0123456789ab.json",  # of no such name
        f"{stale}-mine",
        ".wattline-0123456789ab",
        "wattline.toml",
    ]
    for name in (stale, f"{stale}-wal", *kept):
        (tmp_path / name).write_text("x")
    (tmp_path / f".wattline-{mark}-{dead}-ba9876543210").mkdir()
    (tmp_path / f".wattline-{mark}-{dead}-ba9876543210" / "part").write_text("x")
    remove_stale(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted(kept)


@pytest.mark.skipif(os.name != "posix", reason="makes links")
def test_a_link_that_bears_such_a_name_goes_alone(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "data").write_text("mine")
    os.symlink(tmp_path / "work", tmp_path / f".wattline-{place()}-{dead_pid()}-0123456789ab")
    remove_stale(tmp_path)
    assert os.listdir(tmp_path) == ["work"]
    assert (tmp_path / "work" / "data").read_text() == "mine"


def test_every_way_to_write_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", lambda name: Path(name).write_text("a"))
    write_folder(tmp_path, {"b": "b"})
    with new_folder(tmp_path / "c") as folder:
        (folder / "part").write_text("c")
    with temporary_folder(tmp_path) as folder:
        assert folder.name != temporary_name()
    Journal.create(tmp_path / "d.wattline").close()
    assert {name.partition("-")[0] for name in os.listdir(tmp_path)} == {"a", "b", "d.wattline"}


def test_a_folder_that_cannot_be_listed_is_no_error(tmp_path: Path) -> None:
    remove_stale(tmp_path / "none")
    (tmp_path / "file").write_text("x")
    remove_stale(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "x"
