"""``wattline proxy`` as a user starts it: one line when it listens or cannot, and nothing lost when it is killed."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from waiting import until
from wattline.cli.main import main

RUN = [sys.executable, "-c", "from wattline.cli.main import main; main()", "proxy"]
TESTS = Path(__file__).parent
# a model server and a proxy with a simulated sensor, in one process that can be killed
BOTH = """
import asyncio, sys
from pathlib import Path
from model_server import Machine, Simulated, model_server
from wattline.web.proxy.server import ProxySetup, running

async def main():
    machine = Machine()
    async with model_server(machine) as server:
        setup = ProxySetup(server.url, port=0, sensors=[Simulated(machine)], interval_s=0.03, journal=Path(sys.argv[1]))
        async with running(setup) as (url, _):
            print(url, flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""


def post(url: str, body: dict[str, object]) -> dict[str, object]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return dict(json.load(answer))


def test_it_says_where_it_listens_and_ends_when_told(tmp_path: Path) -> None:
    command = [*RUN, "--upstream", "http://127.0.0.1:9", "--port", "0", "--journal", str(tmp_path / "j.db")]
    for number in (signal.SIGTERM, signal.SIGINT):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as proxy:
            assert proxy.stdout is not None
            line = proxy.stdout.readline()
            url = line.split()[2]
            assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
            assert "-> http://127.0.0.1:9" in line
            assert "energy from" in line or "energy is unknown" in line
            with urllib.request.urlopen(f"{url}/wattline/healthz", timeout=20) as answer:
                health = json.load(answer)["results"]
            assert (health["device_j"] is None) == (health["energy_basis"] is None)
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"{url}/v1/models", timeout=20)
            assert caught.value.code == 502
            proxy.send_signal(number)
            rest, message = proxy.communicate(timeout=20)
            assert (proxy.returncode, rest) == (0, "")
            assert message.startswith("wattline: upstream http://127.0.0.1:9: it cannot be reached")
            assert message.count("\n") == 1
    with sqlite3.connect(tmp_path / "j.db") as db:
        assert db.execute("SELECT count(*) FROM run").fetchone() == (2,)


def written(journal: Path) -> list[str]:
    """The requests that are settled in the journal of a proxy that runs."""
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        return [row[0] for row in db.execute("SELECT response_id FROM request WHERE settled ORDER BY at")]


def test_a_journal_survives_a_kill(tmp_path: Path) -> None:
    journal = tmp_path / "proxy.db"
    ids = []
    for _ in range(3):
        both = subprocess.Popen(
            [sys.executable, "-c", BOTH, str(journal)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])},
        )  # fmt: skip
        assert both.stdout is not None
        url = both.stdout.readline().strip()
        for number in range(5):
            request = {"model": "m", "prompt": "x", "seed": number, "max_tokens": 20}
            ids.append(post(f"{url}/v1/chat/completions", request)["id"])
        until(lambda: written(journal) == ids)
        both.send_signal(signal.SIGKILL)
        both.wait(20)
        both.stdout.close()
    with sqlite3.connect(journal) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = db.execute("SELECT response_id, outcome, settled, energy_j, told_j FROM request ORDER BY at").fetchall()
    assert [row[0] for row in rows] == ids
    assert all(row[1:3] == ("ok", 1) and row[3] > 0 and row[4] > 0 for row in rows)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--upstream", "nonsense"], "is no address of a server"),
        (["--upstream", "ftp://x"], "is no address of a server"),
        (["--upstream", "http://"], "is no address of a server"),
        (["--upstream", "http://x:99999999"], "is no address of a server"),
        (["--upstream", "http://x", "--interval", "1us"], "--interval 1us is out of range"),
        (["--upstream", "http://x", "--interval", "soon"], "soon"),
        (["--upstream", "http://x", "--model", "llama-3.1-8b"], "--model and --chip go together"),
        (["--upstream", "http://x", "--model", "llama-3.1-8", "--chip", "h100-sxm"], "nearest: llama-3.1-8b"),
        (["--upstream", "http://x", "--gpus", "2"], "--precision and --gpus"),
        (["--upstream", "http://x", "--port", "70000"], "65535"),
        (["--upstream", "http://x", "--sensor", "no such device"], "no sensor is of --sensor"),
        (["--upstream", "http://x", "--journal", "/dev/null/x.db"], "cannot keep the journal"),
        (["--upstream", "http://x", "--journal", "", "--port", "0"], "journal"),
        (["--upstream", "http://x", "--listen", "256.1.1.1", "--journal", "none"], "cannot listen on 256.1.1.1"),
        (["--upstream", "http://x", "--host", "0.0.0.0"], "proxy --host is now --listen"),
        (["--upstream", "http://x", "--device", "gpu"], "proxy --device is now --sensor"),
        ([], "--upstream"),
    ],
)
def test_what_cannot_be_is_one_line(
    options: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(["proxy", *options])
    output = capsys.readouterr()
    assert caught.value.code == 2
    assert output.err.count("\n") == 1
    assert says in output.err
    assert output.out == ""


def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as caught:
            main(["proxy", "--upstream", "http://127.0.0.1:9", "--port", str(port), "--journal", "none"])
    output = capsys.readouterr()
    assert caught.value.code == 2
    assert output.err.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{port}" in output.err


def test_a_journal_that_is_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("these are not the rows you look for\n" * 100)
    with pytest.raises(SystemExit) as caught:
        main(["proxy", "--upstream", "http://127.0.0.1:9", "--port", "0", "--journal", str(tmp_path / "notes.txt")])
    assert caught.value.code == 2
    assert "is not a journal of wattline's proxy; name another with --journal" in capsys.readouterr().err
    assert (tmp_path / "notes.txt").read_text().startswith("these are not")
