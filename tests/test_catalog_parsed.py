"""The catalog's files parsed once a machine: what is kept is what the files say, and only as long as they say so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wattline.catalog import parsed as rooms
from wattline.catalog.parsed import read_tables

TEXT = '[a]\nvalue = 0.1\nlist = [1, 2.5, "x"]\n[a.inner]\nyes = true\n[_sources.b]\ntitle = "wörter"\n'
TABLES = {"a": {"value": 0.1, "list": [1, 2.5, "x"], "inner": {"yes": True}}, "_sources": {"b": {"title": "wörter"}}}


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "caches"
    monkeypatch.setattr(rooms, "_folder", lambda: folder)
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "k.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def parse(file: Path) -> tuple[rooms.Tables, int]:
    """The tables, and how often the file had to be parsed for them."""
    times = []

    def count(tables: rooms.Tables) -> rooms.Tables:
        times.append(1)
        return tables

    return read_tables("k", [file], [], count), len(times)


def test_a_file_is_parsed_once_and_says_the_same_from_what_is_kept(caches: Path, file: Path) -> None:
    assert parse(file) == ({"k.toml": TABLES}, 1)
    assert parse(file) == ({"k.toml": TABLES}, 0)


def test_a_file_that_changed_is_parsed_anew(caches: Path, file: Path) -> None:
    parse(file)
    file.write_text(TEXT.replace("0.1", "0.2"), encoding="utf-8")
    os.utime(file, ns=(1, 1))
    tables, times = parse(file)
    assert (tables["k.toml"]["a"]["value"], times) == (0.2, 1)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"3", b'{"stamp": []}', b"\xff\xfe"])
def test_what_is_kept_damaged_is_made_anew(caches: Path, file: Path, damage: bytes) -> None:
    parse(file)
    (caches / "k.json").write_bytes(damage)
    assert parse(file) == ({"k.toml": TABLES}, 1)
    assert parse(file) == ({"k.toml": TABLES}, 0)


def test_where_nothing_can_be_kept_each_process_parses(caches: Path, file: Path) -> None:
    caches.write_text("a file, no folder")
    assert parse(file) == parse(file) == ({"k.toml": TABLES}, 1)


def test_tables_that_json_has_no_word_for_are_parsed_each_time(caches: Path, file: Path) -> None:
    file.write_text("[a]\nday = 2026-01-01\n", encoding="utf-8")
    assert parse(file)[1] == parse(file)[1] == 1


def test_facts_are_the_same_parsed_and_from_what_is_kept(tmp_path: Path) -> None:
    code = (
        "from wattline.catalog import KINDS, default; d = default()\n"
        "print([(r.key, r.facts, r.meta) for k in KINDS for r in d.records(k).values()])"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True).stdout
        for _ in range(2)
    )
    assert len(first) > 1_000_000
    assert first == second
