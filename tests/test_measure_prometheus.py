"""``wattline measure --prometheus``: what is sampled, served meanwhile."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest


def free_port() -> int:
    with socket.socket() as result:
        result.bind(("127.0.0.1", 0))
        return int(result.getsockname()[1])


def test_joules_are_served_while_a_command_runs(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    address = f"127.0.0.1:{free_port()}"
    env = {**os.environ, "WATTLINE_SIMULATED": "2:300"}
    command = ["measure", "--interval", "50ms", "--prometheus", address, "--journal", str(tmp_path / "j.wattline")]
    program = [sys.executable, "-c", "from wattline.cli.main import main; main()", *command]
    with subprocess.Popen([*program, "--for", "30s"], env=env, stderr=subprocess.PIPE, text=True) as process:
        text = ""
        until = time.monotonic() + 25
        # a scrape may come between the first readings of the two devices
        while text.count("wattline_energy_joules_total{") < 2 and time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://{address}/metrics", timeout=2) as answer:
                    text = answer.read().decode()
            except OSError:
                time.sleep(0.1)
        process.terminate()
        message = process.communicate()[1]
    lines = [line for line in text.splitlines() if line.startswith("wattline_energy_joules_total{")]
    assert len(lines) == 2, message
    assert all(float(line.split()[-1]) > 0 and 'modelled="true"' in line for line in lines)
    assert "Traceback" not in message
