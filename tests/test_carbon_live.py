"""A live source of carbon intensity, against a small real HTTP service: forms, bounds, refusals, no key shown."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import wattline as wl
from wattline.core.address import without_secrets
from wattline.core.errors import WattlineError
from wattline.line.grid.carbon import live
from wattline.line.grid.carbon.live import KEY, read_live
from wattline.line.grid.carbon.read import ReadOptions

SECRET = "s3cret-of-a-user"
HOURS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=i) for i in range(48)]
HISTORY = {
    "zone": "DE",
    "history": [
        {"zone": "DE", "carbonIntensity": 200 + i, "datetime": f"{t:%Y-%m-%dT%H:%M}:00.000Z", "isEstimated": False,
         "emissionFactorType": "lifecycle"} for i, t in enumerate(HOURS)
    ],
}  # fmt: skip
RATINGS = [
    {"location": "eastus", "time": t.isoformat(), "rating": 400 + i, "duration": "01:00:00"}
    for i, t in enumerate(HOURS)
]
FORECAST = [
    {"generatedAt": HOURS[0].isoformat(), "location": "eastus", "optimalDataPoints": [],
     "forecastData": [{"location": "eastus", "timestamp": t.isoformat(), "duration": 60, "value": 400.0 + i}
                      for i, t in enumerate(HOURS)]}
]  # fmt: skip
ANSWERS = {"/history": HISTORY, "/emissions/bylocation": RATINGS, "/emissions/forecasts/current": FORECAST}
seen: list[dict[str, str]] = []


class Service(BaseHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        seen.append(dict(self.headers))
        path = self.path.partition("?")[0]
        if path == "/private" and self.headers.get("auth-token") != SECRET:
            self.answer(401, b"{}")
        elif path == "/private":
            self.answer(200, json.dumps(HISTORY).encode())
        elif path in ANSWERS:
            self.answer(200, json.dumps(ANSWERS[path]).encode())
        elif path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/history")
            self.end_headers()
        elif path == "/slow":
            time.sleep(1.0)
        elif path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(200):
                    self.wfile.write(b" " * 65_536)
            except OSError:
                pass
        elif path == "/html":
            self.answer(200, b"<html>sign in</html>")
        else:
            self.answer(503, b"")

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_electricity_maps_form(service):
    made = read_live(f"{service}/history?zone=DE", ReadOptions()).average["lifecycle"]
    assert (made.zone, made.values[0], len(made.values)) == ("DE", 200.0, 48)


@pytest.mark.parametrize("path", ["/emissions/bylocation", "/emissions/forecasts/current"])
def test_carbon_aware_sdk_forms(service, path):
    made = read_live(service + path, ReadOptions(kind="marginal"))
    assert made.marginal is not None
    assert made.marginal.values[3] == 403.0
    with pytest.raises(WattlineError, match="--carbon-kind"):
        read_live(service + path, ReadOptions())


def test_a_bill_takes_it_and_says_so_without_the_key(service, monkeypatch):
    monkeypatch.setenv(KEY, SECRET)
    answer = wl.prompt(
        "llama-3.1-8b", "h100-sxm", gpus=1, draws=0, carbon_url=f"{service}/private?zone=DE&token={SECRET}"
    )
    kwh = float(answer.energy_j) / 3.6e6
    assert float(answer.bill.follows["co2e_kg"]) == pytest.approx(kwh * (200 + 47 / 2) / 1000)
    count = len(seen)
    url = f"{service}/private?zone=DE&token={SECRET}"
    wl.prompt("llama-3.1-8b", "h100-sxm", gpus=1, draws=0, carbon_url=url)
    assert len(seen) == count  # asked once for all jobs
    text = json.dumps(answer.json())
    assert "live, http://127.0.0.1" in answer.bill.signals["location"]
    assert SECRET not in text
    assert SECRET not in repr(answer)


def test_a_refused_key_is_said_and_not_shown(service, monkeypatch):
    monkeypatch.setenv(KEY, SECRET + "-old")
    with pytest.raises(WattlineError, match=f"refuses the key .401.; set {KEY}") as error:
        read_live(f"{service}/private?token={SECRET}", ReadOptions())
    assert SECRET not in str(error.value)


def test_no_key_goes_to_another_address(service, monkeypatch):
    monkeypatch.setenv(KEY, SECRET)
    with pytest.raises(WattlineError, match="sends on to another address"):
        read_live(f"{service}/elsewhere", ReadOptions())


def test_bounds_of_time_and_size(service, monkeypatch):
    with pytest.raises(WattlineError, match=r"no answer within 0.2 s"):
        read_live(f"{service}/slow", ReadOptions(), timeout_s=0.2)
    monkeypatch.setattr(live, "MAX_BYTES", 300_000)
    with pytest.raises(WattlineError, match="more than 300,000 bytes"):
        read_live(f"{service}/endless", ReadOptions())


def test_what_is_no_source_is_one_line(service):
    for url, words in (
        (f"{service}/nothing", "answers 503"),
        (f"{service}/html", "cannot|no CSV|fewer|no column"),
        ("http://127.0.0.1:9/x", "cannot be reached"),
        ("ftp://a/b", "is no address"),
        ("history", "is no address"),
    ):
        with pytest.raises(WattlineError, match=words) as error:
            read_live(url, ReadOptions(), timeout_s=2)
        assert "\n" not in str(error.value)


def test_an_address_is_shown_without_its_secrets():
    shown = without_secrets(f"https://me:{SECRET}@host/v3/history?zone=DE&auth-token={SECRET}")
    assert shown == "https://host/v3/history?zone=DE&auth-token=…"
