"""The web app under load: bodies too large or slow, floods of questions, processes that end, work that is given up."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

import httpx

from waiting import until
from wattline.web.app import bodies, server
from wattline.web.app.uploads import MAX_FILE
from web_place import FAKE, get, served, spoken, status

QUICK = "model=llama-3.1-8b"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served(worker=(sys.executable, "-c", FAKE)) as address:
        yield address


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    with served() as address:
        yield address


def test_a_body_that_is_too_large_is_not_taken(base: str) -> None:
    assert httpx.post(f"{base}/api/v1/uploads", content=b"x" * (MAX_FILE + 300_000)).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(12):
            yield b"x" * 1_000_000

    with contextlib.suppress(httpx.WriteError):  # the connection may be closed before all was sent
        assert httpx.post(f"{base}/api/v1/uploads", content=pieces()).status_code == 413
    big = httpx.post(
        f"{base}/api/v1/prompt", content=b'"' + b"x" * 300_000, headers={"Content-Type": "application/json"}
    )
    assert big.status_code == 413
    assert get(base, "/prompt?model=" + "x" * 600).status_code == 400
    half = httpx.post(
        f"{base}/api/v1/prompt", content=b'{"model":"\\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert half.status_code == 422  # half a sign is no text
    assert get(base, "/").status_code == 200


def test_a_body_that_comes_slowly_is_given_up(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies.read_body, "__defaults__", (bodies.MAX_BODY, 0.3))
    head = b"POST /api/v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx"
    assert b" 408 " in spoken(base, head)
    assert get(base, "/").status_code == 200


def test_a_header_that_comes_slowly_is_given_up(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_S", 0.2)
    with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert connection.recv(10) == b""


def test_of_a_hundred_long_questions_few_wait_and_the_others_are_told_when_to_come_again(base: str) -> None:
    places, refused = [], []
    for i in range(100):
        reply = get(base, f"/api/v1/frontier?{QUICK}&draws=77&seed={i + 1}")
        if reply.status_code == 202:
            places.append(reply.headers["location"])
        else:
            refused.append(reply)
    assert 0 < len(places) < 20
    assert {reply.status_code for reply in refused} == {429}
    assert all(int(reply.headers["retry-after"]) > 0 for reply in refused)
    page = get(base, f"/frontier?{QUICK}&draws=77&seed=999")
    assert (page.status_code, page.headers["retry-after"]) == (429, "15")
    assert get(base, f"/api/v1/prompt?{QUICK}&seed=3").status_code == 200  # the quick have a process of their own
    until(lambda: get(base, places[0]).json()["state"] == "running")
    assert get(base, places[0]).json()["progress"] == "counting"
    assert get(base, places[-1]).json()["state"] == "queued"
    for place in places:
        assert httpx.delete(base + place).json()["state"] == "cancelled"
    assert get(base, f"{places[0]}/answer").status_code == 409
    assert get(base, "/api/v1/jobs/nothing").status_code == 404


def test_a_process_that_ends_takes_its_own_question_alone(base: str) -> None:
    reply = get(base, f"/api/v1/prompt?{QUICK}&draws=66")
    assert reply.status_code == 422
    assert "ended" in reply.json()["error"]
    assert get(base, f"/api/v1/prompt?{QUICK}&seed=4").status_code == 200


def test_a_process_that_is_killed_is_replaced(real: str) -> None:
    assert get(real, f"/api/v1/prompt?{QUICK}&draws=20").status_code == 200
    for pid in children("wattline.cli.web_worker"):
        os.kill(pid, signal.SIGKILL)
    until(lambda: get(real, f"/api/v1/prompt?{QUICK}&draws=21").status_code == 200, 60)


def children(name: str) -> list[int]:
    """The processes that this one started whose command holds a name."""
    pids = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and name in (path / "cmdline").read_text():
                pids.append(int(path.name))
        except (OSError, ValueError):
            continue
    return pids


def test_a_long_question_is_cancelled_and_shows_its_progress(base: str) -> None:
    place = get(base, f"/api/v1/frontier?{QUICK}&draws=77&seed=7777").headers["location"]
    job = place.rpartition("/")[2]
    with httpx.stream("GET", f"{base}/jobs/{job}/events", timeout=20) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if "counting" in line)
        assert status(base, f"/jobs/{job}/cancel", "POST") == 303
        assert next(line for line in lines if line == "event: cancelled")
    assert get(base, place).json()["state"] == "cancelled"


def test_who_asks_again_after_a_cancel_has_a_job_of_their_own(base: str) -> None:
    question = f"/api/v1/frontier?{QUICK}&draws=77&seed=31"
    for _ in range(3):
        first, again = get(base, question).headers["location"], get(base, question).headers["location"]
        assert again == first  # one question, one job
        assert httpx.post(f"{base}/jobs/{first.rpartition('/')[2]}/cancel").headers["location"].endswith("&stopped=1")
        later = get(base, question).headers["location"]
        assert later != first
        assert get(base, later).json()["state"] in ("queued", "running")
        assert httpx.delete(base + later).json()["state"] == "cancelled"
    page = get(base, f"/frontier?{QUICK}&draws=77&seed=31&stopped=1").text  # filled in, and nothing is worked on
    assert f'href="/frontier?{QUICK.replace("&", "&amp;")}&amp;draws=77&amp;seed=31"' in page
    assert 'class="working"' not in page
    assert 'value="llama-3.1-8b"' in page


def test_quick_questions_of_great_work_leave_a_process_for_others() -> None:
    setup = server.WebSetup(workers=2, quick_s=0.2)
    slow = {"Prefer": "respond-async"}
    with served(setup, worker=(sys.executable, "-c", FAKE)) as base:
        places = [
            get(base, f"/api/v1/prompt?{QUICK}&draws=77&seed={seed}", headers=slow).headers["location"]
            for seed in range(1, 5)
        ]
        places.append(get(base, f"/api/v1/frontier?{QUICK}&draws=77").headers["location"])
        for seed in range(10, 14):
            reply = get(base, f"/api/v1/prompt?{QUICK}&draws=20&seed={seed}", timeout=20)
            assert reply.status_code == 200
        until(lambda: sorted(get(base, place).json()["state"] for place in places) == ["queued"] * 4 + ["running"])
        for place in places:
            assert httpx.delete(base + place).json()["state"] == "cancelled"
        assert get(base, f"/api/v1/prompt?{QUICK}&draws=20&seed=99").status_code == 200


def test_a_question_that_nobody_waits_for_is_given_up(base: str) -> None:
    browser = {"Accept": "text/html"}
    with httpx.stream("GET", f"{base}/frontier?{QUICK}&draws=77&seed=55", timeout=20, headers=browser) as stream:
        text = ""
        for part in stream.iter_text():
            text += part
            if (match := re.search(r'data-job="([^"]+)"', text)) is not None:
                break
    assert match
    assert "</form>" in text  # the form was there before the answer
    until(lambda: get(base, f"/api/v1/jobs/{match[1]}").json()["state"] == "cancelled")
