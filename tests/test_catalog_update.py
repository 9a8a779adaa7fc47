"""Updates of the catalog, differences between its states, and answers by an earlier day's facts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wattline.catalog import Catalog, dated, open_catalog
from wattline.catalog.catalog import default
from wattline.catalog.update import differences, plain_catalog, sha256, state, to_toml
from wattline.cli.main import main
from wattline.core import download

TEXT = """[_update]
title = "Carbon of 2027"
date = 2027-01-31

[region.fr.carbon_lifecycle_g_per_kwh]
value = 33
low = 30
high = 40
basis = "published"
source = { title = "Ember", year = 2027 }

[fit.lapse-temperature]
value = 6.4
low = 6
high = 7
basis = "estimated"
source = { title = "a test" }
"""
FRANCE = "region.fr.carbon_lifecycle_g_per_kwh"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A configuration folder of its own, and the facts of now again at the end."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    yield tmp_path
    dated.choose_day(None)


def run(*args: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(list(args))
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err


@pytest.fixture
def update(tmp_path: Path) -> Path:
    path = tmp_path / "update.toml"
    path.write_text(TEXT)
    return path


def france() -> float:
    return default().fact(FRANCE).value


def test_an_update_is_shown_first_and_applied_when_told(update: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = france()
    status, out, _ = run("catalog", "update", str(update), capsys=capsys)
    assert status == 0
    assert f"{FRANCE}: {before:g}" in out
    assert "33 [30 to 40] g/kWh (published; Ember, 2027)" in out
    assert "facts that change: 2" in out
    assert "not applied" in out
    assert france() == before
    status, out, _ = run("catalog", "update", str(update), "--yes", capsys=capsys)
    assert status == 0
    assert france() == 33
    assert "update of 2027-01-31: Carbon of 2027" in default().words
    (applied,) = (Path(line.split(": ")[1].split(";")[0]) for line in out.splitlines() if line.startswith("applied"))
    applied.unlink()
    assert france() == before


def test_own_facts_stand_before_an_update(update: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("catalog", "update", str(update), "--yes", capsys=capsys)
    own = home / "own.toml"
    own.write_text(f"[{FRANCE}]\nvalue = 50\n")
    assert open_catalog(own).fact(FRANCE).value == 50
    assert open_catalog(own).fact("fit.lapse-temperature").value == 6.4


def test_an_old_answer_can_be_made_again(update: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ("prompt", "llama-3.1-8b", "--region", "fr", "--draws", "0", "--json")
    _, first, _ = run(*line, capsys=capsys)
    run("catalog", "update", str(update), "--yes", capsys=capsys)
    _, updated, _ = run(*line, capsys=capsys)
    _, again, _ = run(*line, "--catalog", "2026-11", capsys=capsys)
    assert json.loads(updated)["results"]["co2e_kg"] != json.loads(first)["results"]["co2e_kg"]
    assert json.loads(again)["results"] == json.loads(first)["results"]
    assert "Carbon of 2027" in json.loads(updated)["catalog"]
    assert json.loads(again)["catalog"] == json.loads(first)["catalog"] == f"facts of {dated.BUILT_IN}"
    _, later, _ = run(*line, capsys=capsys)
    assert later == updated, "the day that one command took is not the next one's"


def test_an_earlier_state_of_the_catalog_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    dated.choose_day("2026-11-24")
    old = default()
    dated.choose_day(None)
    assert old.fact("chip.h100-sxm.memory_bytes").value == 80e9
    assert default().fact("chip.h100-sxm.memory_bytes").value > 85e9
    assert old.words == "facts as of 2026-11-24"
    status, out, _ = run("catalog", "diff", "2026-11-24", "now", "--json", capsys=capsys)
    rows = {row["key"]: row for row in json.loads(out)["results"]["differences"]}
    assert status == 0
    assert rows["chip.h100-sxm.memory_bytes"]["old"]["value"] == 80e9


def test_every_kept_state_can_be_read() -> None:
    for day in dated.past_days():
        dated.choose_day(str(day))
        assert all(fact.low <= fact.value <= fact.high for fact in default().all_facts())


def test_a_difference_as_an_update_leads_from_one_state_to_the_other(update: Path, home: Path) -> None:
    own = home / "own.toml"
    own.write_text(
        f'[{FRANCE}]\nvalue = 50\nlow = 40\nhigh = 60\n[model."x.1"]\n'
        'parameters = { value = 1e9, source = { title = "t" } }\n'
    )
    old, new = plain_catalog(Catalog()), state(str(own))
    rows = differences(old, new)
    text = to_toml(rows, 'a "title"', date(2027, 2, 1))
    led = home / "led.toml"
    led.write_text(text)
    assert not [
        row for row in differences(new, state(str(led))) if row.key == FRANCE and row.old["value"] != row.new["value"]
    ]
    assert state(str(led))[FRANCE]["value"] == 50
    assert differences(old, old) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = [", "not valid TOML"),
        (TEXT.split("\n\n", 1)[1], "no table [_update]"),
        (TEXT.replace("date = 2027-01-31", 'date = "soon"'), "needs title"),
        (TEXT.replace("2027-01-31", "2020-01-31"), "as new or newer"),
        (TEXT.replace('basis = "published"\n', "", 1), "it must say basis"),
        (TEXT.replace('basis = "published"', 'basis = "given"'), "is not known"),
        (TEXT.replace('source = { title = "Ember", year = 2027 }', 'source = "x"'), "source must be"),
        (TEXT.replace("low = 30", "low = 35"), "not within"),
        (TEXT.replace("region.fr", "regoin.fr"), "no kind"),
        ("\x00\ud800".encode("utf-16", "surrogatepass").decode("latin1"), "update"),
    ],
)
def test_a_bad_update_is_one_line(text: str, words: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "bad.toml"
    path.write_text(text, encoding="utf-8")
    status, out, err = run("catalog", "update", str(path), "--yes", capsys=capsys)
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert not dated.folder().exists()


def test_a_hash_holds_the_file(update: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right = sha256(update.read_bytes())
    for given, words in (("0" * 64, f"its sha256 is {right}"), ("abc", "64 hexadecimal")):
        status, _, err = run("catalog", "update", str(update), "--yes", "--sha256", given, capsys=capsys)
        assert status == 2
        assert words in err
    assert run("catalog", "update", str(update), "--yes", "--sha256", right.upper(), capsys=capsys)[0] == 0
    assert france() == 33


class Web(BaseHTTPRequestHandler):
    """A small server: the update, an endless file, a way off the web, an error, and an answer cut short."""

    def do_GET(self) -> None:
        if self.path == "/update.toml":
            self._send(TEXT.encode())
        elif self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/update.toml")
            self.end_headers()
        elif self.path == "/file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
        elif self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b"[_update]\n")
        elif self.path == "/large":
            self._send(b"#" * 200_000)
        else:
            self.send_error(404)

    def _send(self, data: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_update_from_the_web_needs_its_hash(web: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run("catalog", "update", f"{web}/moved", capsys=capsys)
    assert status == 0
    right = sha256(TEXT.encode())
    assert f"--sha256 {right}" in out
    status, _, err = run("catalog", "update", f"{web}/update.toml", "--yes", capsys=capsys)
    assert (status, "needs its hash" in err) == (2, True)
    assert run("catalog", "update", f"{web}/update.toml", "--yes", "--sha256", right, capsys=capsys)[0] == 0
    assert france() == 33


@pytest.mark.parametrize(
    ("path", "words"),
    [("/none", "the server answers 404"), ("/file", "is not allowed"), ("/short", "update")],
)
def test_what_the_web_does_not_give_is_one_line(
    web: str, path: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run("catalog", "update", f"{web}{path}", capsys=capsys)
    assert status == 2
    assert words in err
    assert err.count("\n") == 1


def test_a_download_is_bounded(web: str) -> None:
    with pytest.raises(download.WattlineError, match="at most 1,000 bytes"):
        download.download(f"{web}/large", 1000, "update")


@pytest.mark.parametrize("address", ["ftp://x/y.toml", "file:///etc/hostname", "http://127.0.0.1:1/x"])
def test_what_is_no_web_address_or_no_server_is_one_line(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run("catalog", "update", address, capsys=capsys)
    assert status == 2
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("day", "words"),
    [("2019-01", "begin with"), ("2999-01", "yet to come"), ("now", "no month or day"), ("2026-13", "no month")],
)
def test_a_day_without_facts_is_refused(day: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run("prompt", "llama-3.1-8b", "--catalog", day, capsys=capsys)
    assert status == 2
    assert words in err


def test_the_variable_takes_a_day_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(dated.VARIABLE, "2026-11-24")
    assert default().words == "facts as of 2026-11-24"
