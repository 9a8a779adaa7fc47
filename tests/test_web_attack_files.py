"""Files and many readers against the app: markup in files, odd names and keys, memory, a hundred at once."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterator

import httpx
import pytest

from waiting import until
from wattline.web.app import bodies
from wattline.web.app.bodies import BodiesRoom, BodiesTooMany
from web_place import FAKE, get, served
from web_request import request


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served(worker=(sys.executable, "-c", FAKE)) as address:
        yield address


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    with served() as address:
        yield address


MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"
JOB = 'kind = "prompt"\nmodel = "llama-3.1-8b"\nchip = "h100-sxm"\n'
HEAD = f'title = "{MARKUP}"\nstory = "{MARKUP}"\ndraws = 20\n'
SCENARIO = f'{HEAD}[[job]]\nname = "{MARKUP}"\n{JOB}[[job]]\nname = "=1+1"\n{JOB}'


@pytest.mark.parametrize("kind", ["html", "svg", "csv", "page"])
def test_markup_and_formulas_of_a_file_are_text_in_every_download(real: str, kind: str) -> None:
    sent = httpx.post(f"{real}/api/v1/uploads?name=<b>run.toml", content=SCENARIO.encode())
    path = "/run" if kind == "page" else f"/run.{kind}"
    reply = get(real, path, params={"scenario": sent.json()["upload"]})
    assert reply.status_code == 200
    assert not re.search(r"<script>alert|<img src=x", reply.text)
    assert kind == "page" or reply.headers["content-disposition"].startswith("attachment")
    assert not [line for line in reply.text.splitlines() if kind == "csv" and re.match(r'"?[=+@\t-]', line)]


@pytest.mark.parametrize(
    "name",
    [
        "../../x.csv",
        "a\r\nX: y.csv",
        "\u202egpj.csv",
        "a" * 5000 + ".csv",
        "x.csv\0.exe",
        ".htaccess",
        "",
        "--out=x.csv",
        "=x.csv",
    ],
)
def test_a_file_s_name_does_nothing(real: str, name: str) -> None:
    rows = b"time_s,gpu0_power_w\n0,1\n1,2\n2,3\n"
    sent = httpx.post(f"{real}/api/v1/uploads", params={"name": name}, content=rows)
    answer = get(real, "/api/v1/meter/report", params={"paths": sent.json()["upload"]}).json()
    assert re.fullmatch(r"[A-Za-z0-9_][\w.-]{0,90}", answer["inputs"]["recording"])


@pytest.mark.parametrize(
    "key",
    [
        "upload:" + "0" * 32,
        "upload:" + "0" * 31,
        "upload:" + "g" * 32,
        "UPLOAD:" + "0" * 32,
        "upload:" + "0" * 32 + "@../x",
        "upload:../x",
    ],
)
def test_a_key_that_was_never_given_opens_nothing(real: str, key: str) -> None:
    assert get(real, "/api/v1/meter/report", params={"paths": key}).status_code == 422


def test_bodies_that_come_together_stay_within_the_memory_that_is_for_them(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies.ROOM, "limit", 300_000)
    port = int(base.rpartition(":")[2])
    head = request("POST /api/v1/uploads?name=a.csv", "Content-Length: 250000")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as single:
        single.sendall(head + b"x" * 200_000)
        until(lambda: bodies.ROOM.taken >= 200_000)
        reply = httpx.post(f"{base}/api/v1/uploads?name=b.csv", content=b"y" * 150_000)
        assert (reply.status_code, reply.headers["retry-after"]) == (429, "5")
        form = httpx.post(f"{base}/flex/headroom", files={"file-demand": ("a.csv", b"z" * 150_000)})
        assert form.status_code == 429
        single.sendall(b"x" * 50_000)
        assert b" 201 " in single.recv(65536)
    until(lambda: bodies.ROOM.taken == 0)
    assert httpx.post(f"{base}/api/v1/uploads?name=b.csv", content=b"y" * 150_000).status_code == 201


def test_room_for_bodies_is_given_back() -> None:
    room = BodiesRoom(10)
    room.take(6)
    with pytest.raises(BodiesTooMany):
        room.take(5)
    assert room.taken == 6


def test_a_page_is_kept_for_the_address_host_and_language_that_it_was_made_for(base: str) -> None:
    port = base.rpartition(":")[2]
    chinese = get(base, "/", headers={"Cookie": "wattline_lang=zh"})
    english = get(base, "/", headers={"X-Forwarded-Host": "evil.example", "X-Original-URL": "/nowhere"})
    assert 'lang="zh"' in chinese.text
    assert 'lang="en"' in english.text
    assert "evil.example" not in english.text
    part = get(base, "/prompt?model=llama-3.1-8b", headers={"HX-Request": "true"})
    whole = get(base, "/prompt?model=llama-3.1-8b")
    assert "<html" not in part.text
    assert "<html" in whole.text
    other = get(base, "/prompt?model=llama-3.1-8b", headers={"Host": f"localhost:{port}"})
    assert f"http://localhost:{port}/api" in other.text
    assert f"http://localhost:{port}/api" not in get(base, "/prompt?model=llama-3.1-8b").text


def test_watchers_of_a_job_who_leave_end_it_and_a_hundred_at_once_are_served(base: str) -> None:
    place = get(base, "/api/v1/frontier?model=llama-3.1-8b&draws=77&seed=4242").headers["location"]
    job = place.rpartition("/")[2]
    port = int(base.rpartition(":")[2])
    watchers = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(100)]
    for watcher in watchers:
        watcher.sendall(request(f"GET /jobs/{job}/events"))
    assert all(b" 200 " in watcher.recv(200) for watcher in watchers)
    assert get(base, "/prompt?model=llama-3.1-8b").status_code == 200
    for watcher in watchers:
        watcher.close()
    assert httpx.delete(base + place).json()["state"] == "cancelled"
