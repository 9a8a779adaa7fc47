"""``tune serve``: tokens through the proxy are the work, latencies the bound, the old limit is restored."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from wattline.control.serve_tuned import MAX_MISSES, MISSED, Following, ServedWork
from wattline.meter.sensors.simulated_chip import ChipCurve, make_chip

RUN = [sys.executable, "-c", "from wattline.cli.main import main; main()", "tune", "serve"]
SERVER = """
import asyncio
from model_server import Machine, model_server

async def main():
    async with model_server(Machine()) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def request(first_s: float, further_s: float, tokens: int = 11) -> Any:
    """A request that has ended, by its latencies."""
    end = first_s + further_s * (tokens - 1)
    return SimpleNamespace(
        begin_s=0.0, first_s=first_s, end_s=end, deltas=tokens, tokens=SimpleNamespace(output=tokens), failed=False
    )


def test_latencies_of_a_window_decide_whether_a_setting_is_allowed() -> None:
    work = ServedWork(ttft_s=0.5, tpot_s=0.05)
    for _ in range(100):
        work.end(request(0.2, 0.02))
    assert work.judge()
    for i in range(100):
        work.end(request(0.2, 0.02 if i % 20 else 0.2))  # five of a hundred
    assert not work.judge()
    assert work.judge()  # looked at once


def test_a_handful_of_requests_decides_nothing() -> None:
    work = ServedWork(ttft_s=0.5)
    work.end(request(9.0, 0.02))
    assert work.judge()


def test_tokens_of_an_answer_in_one_piece_count_at_its_end() -> None:
    work = ServedWork()
    work.piece(3)
    whole = request(0.1, 0.1, 40)
    whole.first_s = None
    work.end(whole)
    assert work.tokens == 43


class Kept:
    """A tuner that has come to its end."""

    def __init__(self) -> None:
        self.search = SimpleNamespace(searching=False, best=3, reference=9)
        self.pace = SimpleNamespace(window_s=0.0)
        self.stopped = False
        self.why = ""

    def progress(self, done: float) -> None: ...

    def stop(self, why: str) -> None:
        self.stopped, self.why = True, why


def test_a_kept_limit_that_misses_the_latencies_is_set_back() -> None:
    work, tuner = ServedWork(ttft_s=0.1), Kept()
    work.misses = MAX_MISSES
    work.judge = lambda: False  # type: ignore[method-assign]
    following = Following(tuner, work)  # type: ignore[arg-type]
    following.start()
    while not tuner.stopped:
        pass
    following.end()
    assert tuner.why == MISSED


def test_a_server_is_tuned_under_its_traffic_and_set_back_at_ctrl_c(tmp_path: Path) -> None:
    chip = make_chip(tmp_path / "chips" / "chip-0", ChipCurve(), 650)
    environment = os.environ | {
        "WATTLINE_SIMULATED_CHIPS": str(tmp_path / "chips"),
        "WATTLINE_CONTROL_STATE": str(tmp_path / "state"),
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
    }
    with (
        subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True, env=environment) as server,
    ):
        assert server.stdout is not None
        upstream = server.stdout.readline().strip()
        command = [*RUN, "--upstream", upstream, "--port", "0", "--time", "50ms", "--slo-ttft", "10s"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path) as tune:
            assert tune.stderr is not None
            url = tune.stderr.readline().split()[2]
            for _ in range(4):
                threads = [threading.Thread(target=ask, args=(url,)) for _ in range(4)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            assert list((tmp_path / "state").glob("*.json"))
            tune.send_signal(signal.SIGINT)
            reported = tune.stderr.read()
        server.kill()
    assert "Tuned:" in reported
    assert "the old limit is restored" in reported
    assert chip.limit_w() == 650


def ask(url: str) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 40, "stream": True,
            "pause_s": 0.005}  # fmt: skip
    made = urllib.request.Request(
        f"{url}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(made, timeout=30) as answer:
        answer.read()
