"""More attacks on the web app: hosts, origins, methods, bodies, chunks, paths, names, formulas, markup, floods."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import sys
from collections.abc import Iterator

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

import httpx
from hypothesis import given
from hypothesis import strategies as st

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


def status(base: str, raw: bytes, wait_s: float = 5.0) -> int:
    """The status of what comes back for these bytes; 0 where the connection is closed without one."""
    with socket.create_connection(("127.0.0.1", int(base.rpartition(":")[2])), timeout=wait_s) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(raw)
        data = b""
        with contextlib.suppress(ConnectionError):
            while b"\r\n" not in data and (part := connection.recv(65536)):
                data += part
    return int(data.split(b" ")[1]) if data.startswith(b"HTTP/") else 0


@pytest.mark.parametrize(
    "host",
    [
        "u@127.0.0.1",
        "127.0.0.1%00",
        "[::1%25lo]:8200",
        "127.0.0.1/",
        "localhost\x0b",
        "â\x85¼ocalhost",
        "127.0.0.1?x",
        "[127.0.0.1]",
        "127.0.0.1:1:2",
        "127.0.0.1,localhost",
        "xn--localhost",
        "localhost\x00",
        "127.0.0.1\x7f",
    ],
)
def test_hosts_that_are_nearly_ours_are_refused(base: str, host: str) -> None:
    assert status(base, request("GET /", host=host)) in (400, 421)


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT 127.0.0.1:22",
        "OPTIONS *",
        "TRACE /",
        "PUT /prompt",
        "PATCH /api/v1/prompt",
        "get /",
        "PROPFIND /",
        "DELETE /prompt",
        "DELETE /api/v1/prompt",
        "FOO /",
    ],
)
def test_methods_that_nothing_takes_are_refused(base: str, line: str) -> None:
    assert status(base, request(line)) == 405


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\0\x01" + bytes(200),
        b"GET /\0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\rb\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
)
def test_what_is_no_request_of_a_browser_is_refused(base: str, raw: bytes) -> None:
    assert status(base, raw) in (400, 421)


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:1",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "",
        "file://",
        "null",
        "http://127.0.0.1 http://evil.example",
        "http://localhost",
        "chrome-extension://abc",
        "http:127.0.0.1",
    ],
)
def test_only_the_page_s_own_origin_may_post(base: str, origin: str) -> None:
    own = request("POST /api/v1/prompt", "Content-Type: application/json", f"Origin: {origin}", "Content-Length: 2")
    assert status(base, own + b"{}") == 403
    method = request("GET /api/v1/jobs/x", "X-HTTP-Method-Override: DELETE")
    assert status(base, method) == 404


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (("Transfer-Encoding: chunked", "Content-Length: 4"), b"0\r\n\r\nGET /x HTTP/1.1\r\nHost: evil\r\n\r\n"),
        (("Transfer-Encoding: identity, chunked",), b"0\r\n\r\n"),
        (("Transfer-Encoding: gzip",), b"x"),
        (("Transfer-Encoding: chunked",), b"-1\r\nx"),
        (("Transfer-Encoding: chunked",), b"2\r\n{}X\r\n0\r\n\r\n"),
        (("Transfer-Encoding: chunked",), b"zz\r\n"),
        (("Content-Length: +2",), b"{}"),
        (("Content-Length: 2, 3",), b"{}"),
    ],
)
def test_a_body_of_two_lengths_or_of_bad_chunks_is_refused(base: str, headers: tuple[str, ...], body: bytes) -> None:
    raw = request("POST /api/v1/prompt", "Content-Type: application/json", *headers, body=body)
    assert status(base, raw) == 400


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/.%2e/",
        "/static\\..\\x",
        "/prompt/../api/v1/",
        "/%c0%ae%c0%ae/",
        "/prompt%00",
        "/prompt;x=1",
        "/prompt.json%00",
        "/" + "a/" * 8000,
        "/static/" + "%2e%2e/" * 1000 + "etc/passwd",
        "/answers/../x.css",
    ],
)
def test_paths_lead_to_what_is_there_alone(base: str, path: str) -> None:
    assert status(base, request(f"GET {path}")) in (400, 404)


@pytest.mark.parametrize(
    "body",
    [
        b'{"draws":NaN}',
        b'{"draws":1e999}',
        b'{"__proto__":{"x":1}}',
        b'{"":"x"}',
        b'{"a\\nb":"x"}',
        b'{"model":[["x"]]}',
        b"null",
        b'"x"',
        b'{"model":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b"{}{}",
        b'{"model":"a\\u0000b"}',
        json.dumps({f"k{i}": "1" for i in range(5000)}).encode(),
        gzip.compress(b'{"model":"x"}', mtime=0),
        json.dumps({"model": "a" + "\u0301" * 400}).encode(),
        '{"model":"\u202ellama"}'.encode(),
    ],
)
def test_odd_json_is_refused_in_a_line(real: str, body: bytes) -> None:
    headers = {
        "Content-Type": "application/json",
        "Content-Encoding": "gzip" if body[:2] == b"\x1f\x8b" else "identity",
    }
    reply = httpx.post(f"{real}/api/v1/prompt", content=body, headers=headers, timeout=60)
    assert reply.status_code == 422
    assert "\n" not in reply.json()["error"]


@pytest.mark.parametrize(
    "query",
    [
        "model=%zz",
        "model=%ff%fe",
        "model=%00",
        "&&&&",
        "=",
        "%00=x",
        "model[]=x",
        "model=%252e%252e%252f",
        "draws=1e9",
        "draws=99999999999999999999",
        "gpus=1e400",
        "x" * 30_000,
        "&".join(f"a{i}=1" for i in range(3000)),
        "model=llama-3.1-8b&batch=nan",
        "model=llama-3.1-8b&input_tokens=1e300",
        "model=llama-3.1-8b&region=%0d%0aSet-Cookie:x",
    ],
)
def test_odd_queries_are_refused_in_a_line(real: str, query: str) -> None:
    reply = get(real, f"/api/v1/prompt?{query}")
    assert reply.status_code == 422
    assert "set-cookie" not in reply.headers


@given(st.sampled_from(["A1 ", "Ab Cd ", "as many ", "do to the ", "1,", "H100 ", "(", "vs ", "llama ", "when cheap "]))
def test_no_line_of_words_that_repeat_takes_long(words: str) -> None:
    import time

    from wattline.core.errors import WattlineError
    from wattline.web.app.line import read_line

    begun = time.process_time()
    with contextlib.suppress(WattlineError):
        read_line((words * 300)[:300].strip())
    assert time.process_time() - begun < 3.0


@pytest.mark.parametrize(
    "back", ["/\t/evil.example", "\\evil", "/\u2028x", "///evil", "/x\u0000", "http:/evil", "evil"]
)
def test_the_way_back_is_a_path_of_this_app(base: str, back: str) -> None:
    place = get(base, "/language", params={"to": "zh", "back": back}).headers["location"]
    assert place == "/"
