"""Attacks on the web app, each refused: pages of other sites, names that lead here, paths, markup."""

from __future__ import annotations

import asyncio
import gzip
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

import httpx
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from wattline.cli.main import app as command_line
from wattline.core.errors import WattlineError
from wattline.web.app.forms import commands_in, fields_of
from wattline.web.app.guard import Guard
from wattline.web.app.pages import PAGES, page_of
from wattline.web.app.question import read_question
from wattline.web.app.server import WebSetup
from wattline.web.app.uploads import MAX_FILE, Uploads, safe_name
from web_place import FAKE, get, served, spoken, status

FORMS = {name: fields_of(command) for name, command in commands_in(get_command(command_line))}


QUICK = "model=llama-3.1-8b"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served(worker=(sys.executable, "-c", FAKE)) as address:
        yield address


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    with served() as address:
        yield address


def test_a_name_that_was_made_to_lead_here_is_refused(base: str) -> None:
    port = base.rpartition(":")[2]
    assert status(base, "/", Host=f"evil.example:{port}") == 421
    assert status(base, "/", Host="127.0.0.1.evil.example") == 421
    assert status(base, "/", Host="") in (400, 421)
    assert status(base, "/", Host=f"LOCALHOST:{port}") == 200
    raw = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n\r\n".encode()
    assert b" 421 " in spoken(base, raw) or b" 400 " in spoken(base, raw)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:1, evil.example", "127.0.0.1:1@evil.example", "127.0.0.1.:1", "localhost.", "[::ffff:127.0.0.1]:1",
     "0.0.0.0", "127.1", "2130706433", "evil.example#localhost", "localhost:x", "[::1].evil.example"],
)  # fmt: skip
def test_what_only_looks_like_this_machine_is_refused(base: str, host: str) -> None:
    assert status(base, "/", Host=host) == 421
    assert status(base, "/", Host="[::1]:8200") == 200


def test_a_socket_or_a_stream_for_another_site_is_refused(base: str) -> None:
    head = "GET /jobs/x/events HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\n"
    socketed = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    assert b" 403 " in spoken(base, f"{head}{socketed}Sec-WebSocket-Version: 13\r\n\r\n".encode())
    assert b" 403 " in spoken(base, f"{head}Accept: text/event-stream\r\n\r\n".encode())


@pytest.mark.parametrize(
    "lines",
    ["Content-Length: 5\r\nContent-Length: 7", "Transfer-Encoding: xchunked", "Content-Length: -1", "X: a\0b",
     "Content-Length: 1e3", "X: " + "a" * 200_000],
)  # fmt: skip
def test_headers_that_two_readers_may_read_apart_are_refused(base: str, lines: str) -> None:
    raw = f"POST /api/v1/prompt HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n\r\nhello".encode()
    assert b" 400 " in spoken(base, raw)


@pytest.mark.parametrize(
    ("kind", "code"),
    [("application/json", 200), ("Application/JSON; charset=utf-8", 200), ("application/jsonp", 422),
     ("text/plain; application/json", 422), ("application/x-www-form-urlencoded", 422)],
)  # fmt: skip
def test_inputs_are_json_that_says_so(base: str, kind: str, code: int) -> None:
    body = b'{"model": "llama-3.1-8b", "seed": "5"}'
    assert httpx.post(f"{base}/api/v1/prompt", content=body, headers={"Content-Type": kind}).status_code == code


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"model":' + b'{"a":' * 5000 + b"1" + b"}" * 5001,
        b'{"seed":' + b"9" * 5000 + b"}",
        b"\xff\xfe{}",
    ],
)
def test_json_that_is_nested_or_endless_is_refused(base: str, body: bytes) -> None:
    reply = httpx.post(f"{base}/api/v1/prompt", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 422


def test_a_bomb_or_a_nest_that_is_sent_ends_in_one_line(real: str) -> None:
    nests = {"claims.toml": b"a=" + b"[" * 100_000, "keys.toml": b"[a" + b".a" * 50_000 + b"]\nx=1"}
    for name, data in nests.items():
        key = httpx.post(f"{real}/api/v1/uploads?name={name}", content=data).json()["upload"]
        assert "nested too deeply" in get(real, "/api/v1/check", params={"claims": key}).json()["error"]
    sent = [b"time,power_w\n" + b"".join(b"%d,100\n" % second for second in range(3601)), bytes(257_000_000)]
    good, bomb = (reported(real, gzip.compress(data)) for data in sent)
    assert good["results"]["energy_wh"]["value"] == pytest.approx(100.0)
    assert "over 256,000,000 bytes unpacked" in bomb["error"]


def reported(base: str, packed: bytes) -> Any:
    """The report of a packed recording that was sent."""
    key = httpx.post(f"{base}/api/v1/uploads?name=watts.csv.gz", content=packed).json()["upload"]
    return httpx.post(f"{base}/api/v1/meter/report", json={"paths": [key]}, timeout=60).json()


def test_headers_that_come_at_once_are_bounded_too(base: str) -> None:
    host = base.removeprefix("http://")
    for lines in (f"X: {'a' * 100_000}\r\n", "".join(f"X{i}: a\r\n" for i in range(6000))):
        reply = spoken(base, f"GET / HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode())
        assert reply.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))
    assert get(base, "/").status_code == 200


def test_a_table_of_endless_columns_is_refused_at_once(real: str) -> None:
    sent = httpx.post(f"{real}/api/v1/uploads?name=a.csv", content=b"a," * 3_900_000, timeout=60)
    reply = get(real, f"/api/v1/meter/report?paths={sent.json()['upload']}", timeout=60)
    assert reply.status_code == 422
    assert "has more than 4,096 columns" in reply.text


def test_an_error_names_a_file_as_it_was_sent(real: str) -> None:
    key = httpx.post(f"{real}/api/v1/uploads?name=a.csv", content=b"time,power_w\n\0\0\0\0").json()["upload"]
    error = httpx.post(f"{real}/api/v1/meter/report", json={"paths": [key]}, timeout=60).json()["error"]
    assert error.startswith("a.csv ")


@pytest.mark.parametrize("path", ["/jobs/x/cancel", "/prompt", "/api/v1/prompt", "/api/v1/uploads"])
def test_a_form_or_script_of_another_site_is_refused(base: str, path: str) -> None:
    assert status(base, path, "POST", Origin="http://evil.example") == 403
    assert status(base, path, "POST", Origin="null") == 403
    assert status(base, path, "POST", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate") == 403


def test_an_image_or_script_of_another_site_starts_no_work_but_a_link_leads_here(base: str) -> None:
    address = f"/prompt?{QUICK}"
    assert status(base, address, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors") == 403
    assert (
        status(base, address, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="cors", Origin="http://evil.example") == 403
    )
    assert status(base, address, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate") == 200
    assert status(base, "/api/v1/prompt", "OPTIONS", Origin="http://evil.example") in (403, 405)


def test_every_page_forbids_script_and_style_within_it(real: str) -> None:
    for path in ("/", f"/prompt?{QUICK}&draws=20", "/measure", "/catalog?q=h100", "/nowhere", "/prompt?x=1"):
        reply = get(real, path)
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", reply.text), path


PATHS = (
    "/etc/passwd", "../../etc/passwd", "~/.ssh/id_rsa", "a/../../b", "file:///etc/passwd", "http://127.0.0.1:1/x",
    "x,/etc/passwd", "wind=/etc/passwd", "\\\\host\\share", "C:\\x", "upload:../../x", "a\x00b", "//host/x",
    "x@/etc/passwd", "x;/etc/passwd",
)  # fmt: skip


@pytest.mark.parametrize("value", PATHS)
def test_no_value_names_a_file_or_an_address(value: str) -> None:
    for command, fields in FORMS.items():
        page = page_of(command, "", fields)
        for field in fields.values():
            if field.kind != "flag":
                with pytest.raises(WattlineError):
                    read_question(page, fields, [(field.name, value)])


@pytest.mark.parametrize(
    "value",
    ["meta-llama/Llama-3.1-8B", "20/s", "50 g/kWh", "0.12 USD/kWh", "Ashburn, Virginia", "a:1s:700W", "53.3, -6.2"],
)
def test_plain_values_pass(value: str) -> None:
    question = read_question(PAGES["prompt"], FORMS["prompt"], [("region", value)])
    assert question.values == {"region": value}


@given(st.text(max_size=60))
def test_a_value_never_becomes_an_option(value: str) -> None:
    try:
        question = read_question(PAGES["prompt"], FORMS["prompt"], [("model", value), ("region", value)])
    except WattlineError:
        return
    args = question.arguments({})
    if value.strip():
        assert args[-2:] == ["--", value.strip()]
        assert args[1:-2] == [f"--region={value.strip()}"]
    else:
        assert args == ["prompt"]


def test_the_process_that_answers_opens_no_file_that_a_value_or_a_sent_file_names(real: str) -> None:
    facts = "/api/v1/uploads?name=claims.toml"
    claims = '[[claim]]\nid = "a"\nsays = "x"\nstated = "1 Wh"\nderived = "[prompt.x]"\nfacts = "/etc/passwd"\n'
    key = httpx.post(real + facts, content=claims).json()["upload"]
    text = get(real, "/api/v1/check", params={"claims": key}).text
    assert "root:" not in text
    for name in ("carbon", "weather", "price", "config"):
        reply = get(real, "/api/v1/prompt", params={"model": "llama-3.1-8b", name: "/etc/passwd"})
        assert reply.status_code == 422
        assert "root:" not in reply.text


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2fapp.py", "/answers/../x.css"]
)
def test_static_files_are_those_that_are_listed(base: str, path: str) -> None:
    raw = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    assert b" 404 " in spoken(base, raw)


def test_measure_reads_the_files_of_its_folder_alone(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "watts.csv").write_text("time_s,gpu0_power_w\n" + "".join(f"{t},{100 + t % 7}\n" for t in range(60)))
    (tmp_path / "secret.csv").write_text("secret")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    with served(WebSetup(workers=2, journals=folder)) as address:
        assert "watts.csv" in get(address, "/measure").text
        reply = get(address, "/measure/recording", params={"name": "watts.csv", "window": "10..50"})
        assert reply.status_code == 200
        assert "Energy" in reply.text
        for name in ("../secret.csv", "link.csv", str(tmp_path / "secret.csv"), "", "."):
            assert get(address, "/measure/recording", params={"name": name}).status_code == 404
        assert "wattline" in get(address, "/measure/recording", params={"name": "watts.csv", "as": "json"}).text


def test_markup_in_names_is_text(base: str) -> None:
    for path in (f"/prompt?{QUICK}&draws=88", "/prompt?model=%3Cscript%3Ealert(1)%3C/script%3E&gpus=%22%3E%3Cu%3E"):
        text = get(base, path).text
        assert "<script>alert" not in text
        assert '"><u>' not in text
    for path in (
        "/catalog?q=%3Cscript%3E",
        "/catalog/chip?r=%3Cscript%3E",
        "/side-by-side?q=%3Cscript%3E",
        "/%3Cscript%3E",
    ):
        assert "<script>" not in get(base, path).text


def test_the_language_leads_back_to_this_app_alone(base: str) -> None:
    for back in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/x\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
    ):
        assert get(base, "/language", params={"to": "zh", "back": back}).headers["location"] == "/"
    assert get(base, "/language", params={"to": "zh", "back": "/prompt?a=1"}).headers["location"] == "/prompt?a=1"


def test_another_machine_needs_the_token() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    guard = Guard(app, ("box",), "secret")

    async def call(path: str = "/", query: str = "", **headers: str) -> tuple[int, dict[str, str]]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        pairs = [(k.encode(), v.encode()) for k, v in {"host": "box:8200", **headers}.items()]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": pairs}
        await guard(scope, app, send)  # type: ignore[arg-type]
        return sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}

    async def all_calls() -> None:
        assert (await call())[0] == 401
        assert (await call(query="token=wrong"))[0] == 401
        code, headers = await call("/prompt", "token=secret&model=x")
        assert (code, headers["location"]) == (303, "/prompt?model=x")
        assert "HttpOnly; SameSite=Strict" in headers["set-cookie"]
        assert (await call(cookie="a=b; wattline_token=secret"))[0] == 200
        assert (await call(authorization="Bearer secret"))[0] == 200
        assert (await call(cookie="wattline_token=wrong"))[0] == 401
        assert (await call("//evil.example", "token=secret"))[1]["location"].startswith("/evil")

    asyncio.run(all_calls())


@given(st.text(max_size=100))
def test_a_sent_file_s_name_is_one_plain_part(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", safe_name(name))


def test_sent_files_stay_within_their_room() -> None:
    uploads = Uploads()
    keys = [uploads.add("a.csv", bytes([i]) * MAX_FILE) for i in range(10)]
    assert uploads.get(keys[-1]) is not None
    assert uploads.get(keys[0]) is None
    with pytest.raises(WattlineError):
        uploads.add("a.csv", b"x" * (MAX_FILE + 1))
    with pytest.raises(WattlineError):
        uploads.add("a.csv", b"")
