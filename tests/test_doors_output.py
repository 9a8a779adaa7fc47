"""What Wattline gives out: names of others in terminals, sheets, journals and scrapes do no harm and tell no secret."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import sqlite3
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.core.printable import cell, sayable
from wattline.meter.device import Device
from wattline.meter.export import scrape_server, tables
from wattline.meter.export.emissions import emissions_csv
from wattline.meter.export.prometheus import parse_address
from wattline.meter.export.window import find_spans
from wattline.meter.readers.detect import read
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec

FORMULAS = ['=HYPERLINK("http://evil")', "+cmd|'/c calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]


def recording(name: str) -> Recording:
    times = np.arange(1.7e9, 1.7e9 + 5)
    series = Series(Device("host", "gpu-0", "gpu", name), Spec("nvml"), times, np.full(5, 100.0))
    return Recording([series], source="x")


@pytest.mark.parametrize("name", FORMULAS)
def test_no_cell_of_a_csv_is_a_formula(name: str, tmp_path: Path) -> None:
    taken = recording(name)
    texts = [tables.csv_text(tables.export_table(taken, kind, None)) for kind in ("energy", "readings")]
    texts.append(emissions_csv(taken, find_spans(taken, None), None, name))
    for text in texts:
        cells = [value for row in csv.reader(io.StringIO(text, newline="")) for value in row]
        assert f"'{name}" in cells or not any(name in value for value in cells)
        assert not any(value.startswith(("=", "@", "\t", "\r")) for value in cells)
    (tmp_path / "x.csv").write_text(texts[1])
    assert len(read(tmp_path / "x.csv").series) == 1


@given(st.one_of(st.floats(allow_nan=False), st.integers(), st.text(max_size=5)))
def test_numbers_stay_numbers_in_cells(value: float | int | str) -> None:
    shown = cell(value)
    if isinstance(value, str) and value[:1] in tuple("=@"):
        assert shown == "'" + value
    elif not isinstance(value, str):
        assert shown == value
    assert cell("-5.5") == "-5.5"


@given(st.text(st.characters(), max_size=20))
def test_any_name_can_be_kept(name: str) -> None:
    assert isinstance(sayable(name).encode(), bytes)


SECRET = "sk-hunter2"


def wattline(*args: str | bytes, folder: Path, mask: int = 0o022, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from wattline.cli.main import main; main()", *args]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=120, umask=mask,
        env={**os.environ, **env},
    )  # fmt: skip


def test_a_command_line_is_kept_without_its_arguments_by_its_owner_alone(tmp_path: Path) -> None:
    words = ["sh", "-c", f"true --token {SECRET} http://user:{SECRET}@host TOKEN={SECRET}"]
    done = wattline("measure", "--journal", "x.wattline", "--json", "--", *words, folder=tmp_path, mask=0)
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert json.loads(done.stdout)["inputs"]["attributes"]["command"] == ["sh", "(2 arguments)"]
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in tmp_path.iterdir()} == {0}


def test_a_name_of_bytes_that_are_no_text_is_measured_all_the_same(tmp_path: Path) -> None:
    done = wattline(
        "measure", "--name", b"x\xff\x1b[31m", "--journal", "x.wattline", "--interval", "20ms", "--", "sleep", "0.3",
        folder=tmp_path, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    with sqlite3.connect(tmp_path / "x.wattline") as db:
        (count,) = db.execute("SELECT (SELECT count(*) FROM tick) + (SELECT count(*) FROM block)").fetchone()
    db.close()
    assert count > 0


SCENARIO = """
title = "[red]x[/red] [/nope] \\u202e\\u001b]0;owned\\u0007 <script>alert(1)</script>"
draws = 20
[[job]]
name = "[/nope] [bold]\\u001b[31m </title><script>alert(2)</script>"
kind = "train"
model = "llama-3.1-8b"
chip = "h100-sxm"
tokens = "1B"
chips = 8
"""


def test_names_in_a_scenario_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(SCENARIO)
    done = wattline("run", "x.toml", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not set(done.stdout + done.stderr) & set("\x1b\x07\u202e")
    assert "[/nope]" in done.stdout
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<script>alert" not in page
    assert not set((tmp_path / "out" / "run.json").read_text()) & set("\x1b\x07\u202e")


@pytest.mark.parametrize(
    ("address", "host"),
    [(":9400", "127.0.0.1"), ("9400", "127.0.0.1"), ("0.0.0.0:9400", "0.0.0.0"), ("[::]:9400", "::")],
)
def test_a_bare_port_is_of_this_machine_alone(address: str, host: str) -> None:
    assert parse_address(address) == (host, 9400)


def test_silent_scrapes_end_and_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrape_server, "MAX_SCRAPES", 3)
    monkeypatch.setattr(scrape_server.ScrapeHandler, "timeout", 0.3)

    def app(environ: object, start: object) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])  # type: ignore[operator]
        return [b"fine"]

    server, thread = scrape_server.start(app, "127.0.0.1", 0)
    try:
        silent = [socket.create_connection(("127.0.0.1", server.server_port), 5) for _ in range(10)]
        silent[0].sendall(b"GET / HTTP/1.1\r\nX")
        for each in silent:
            each.settimeout(10)
            while each.recv(1000):
                pass
            each.close()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=10) as answer:
            assert answer.read() == b"fine"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
