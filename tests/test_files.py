"""Files: written whole or not at all; bad ones are named in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from wattline.core.errors import NotFound, WattlineError, nearest_names, shorten
from wattline.core.files import write_text, write_whole
from wattline.core.reading import read_text


def test_text_there_and_back(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "x.txt", "é\n")
    assert read_text(tmp_path / "deep" / "x.txt", 100, "file") == "é\n"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["x.txt"]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbfmodel")
    assert read_text(tmp_path / "x.csv", 100, "file") == "model"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_text(tmp_path / "x.txt", "old")

    def fail(name: str) -> None:
        Path(name).write_text("half")
        raise OSError(28, "No space left on device")

    def stop(name: str) -> None:
        Path(name).write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(WattlineError, match="No space left"):
        write_whole(tmp_path / "x.txt", fail)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "x.txt", stop)
    assert (tmp_path / "x.txt").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["x.txt"]


def test_a_folder_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "y").write_text("a file")
    for path in (tmp_path / "x", tmp_path / "y" / "z", tmp_path / "nul\0", tmp_path / ("n" * 300)):
        with pytest.raises(WattlineError, match="cannot write"):
            write_text(path, "text")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "y"]


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"a" * 11)
    (tmp_path / "bad").write_bytes(b"\xff\xfe\x00")
    for name, message in {
        "none": "does not exist",
        "big": "too large",
        "bad": "not UTF-8",
        ".": "directory",
        "nul\0": "cannot be read",
        "n" * 300: "cannot be read",
    }.items():
        with pytest.raises(WattlineError, match=message) as caught:
            read_text(tmp_path / name, 10, "claims file")
        assert "\n" not in str(caught.value)
    (tmp_path / "ten").write_bytes(b"a" * 10)
    assert len(read_text(tmp_path / "ten", 10, "file")) == 10


def test_nearest_names() -> None:
    known = ["h100-sxm", "h200-sxm", "a100-sxm-80gb", "tpu-v4"]
    assert nearest_names("h100-smx", known)[0] == "h100-sxm"
    assert nearest_names("H100-SXM", known)[0] == "h100-sxm"
    assert nearest_names("", known) == []
    assert nearest_names("zzzz", known) == []
    assert len(nearest_names("x" * 100_000, known)) <= 4
    error = NotFound("chip", "h10", known)
    assert "h100-sxm" in str(error)
    assert NotFound("chip", None, known).near == []  # type: ignore[arg-type]


def test_shortened_text_is_one_printable_line() -> None:
    assert shorten("a\nb\x1b[31m" + "c" * 100, 10) == "a b?[31mc…"
    assert shorten("short") == "short"
