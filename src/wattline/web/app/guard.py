"""Who may come in: by the name that a request was sent to, by the page that it comes from, and by a token.

A page of a stranger can send requests to this machine (CSRF), also by a name that it made to lead here (DNS
rebinding). Neither is answered: the host must be one of ours, and what comes from another page is refused unless
somebody followed a link.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
COOKIE = "wattline_token"
MAX_HEADERS = 32_768  # bytes of all headers; the server's own bound holds for those that come in pieces
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class Guard:
    """Lets a request through to the app, or refuses it in a line.

    Parameters
    ----------
    app : what it guards
    hosts : names, with or without a port, that requests may be sent to, beside those of the loopback
    token : what those must bring who come from elsewhere; "" where the app listens on the loopback alone
    """

    def __init__(self, app: App, hosts: tuple[str, ...] = (), token: str = "") -> None:
        self._app = app
        self._hosts = {host.lower() for host in (*LOOPBACK, *hosts)}
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _answer(send, *refusal, *(((b"connection", b"close"),) if refusal[0] == 400 else ()))
            return
        if self._token and not self._has_token(headers):
            await self._admit(scope, send)
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers)

    def _refusal(self, scope: Scope, headers: dict[str, list[str]]) -> tuple[int, str] | None:
        hosts = headers.get("host", [])
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            return 421, "this address is not one that Wattline answers to; open it as it was printed at the start"
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADERS:
            return 431, f"headers of more than {MAX_HEADERS // 1024} KiB are not read"
        if "transfer-encoding" in headers and "content-length" in headers:
            return 400, "a request has one length"  # two readers may each take another
        origins = headers.get("origin", [])
        ours = all(self._is_own_page(origin, hosts[0]) for origin in origins)
        site = headers.get("sec-fetch-site", ["none"])[0]
        followed = headers.get("sec-fetch-mode", [""])[0] == "navigate" and scope["method"] == "GET"
        if (origins and not ours) or (site in ("cross-site", "same-site") and not followed):
            return 403, "requests of other pages are not answered"
        if scope["method"] not in ("GET", "HEAD", "POST", "DELETE"):
            return 405, "this takes GET and POST"
        return None

    def _is_ours(self, host: str) -> bool:
        host = host.strip().lower()
        name, _, port = host.rpartition(":") if ":" in host and not host.endswith("]") else (host, "", "")
        plain = not port or (port.isascii() and port.isdigit())  # a second name behind the first is no port
        return plain and (name in self._hosts or host in self._hosts)

    @staticmethod
    def _is_own_page(origin: str, host: str) -> bool:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.strip().lower()

    def _has_token(self, headers: dict[str, list[str]]) -> bool:
        given = [word.removeprefix("Bearer ") for word in headers.get("authorization", [])]
        for line in headers.get("cookie", []):
            for part in line.split(";"):
                name, _, value = part.strip().partition("=")
                if name == COOKIE:
                    given.append(value)
        return any(self._matches(value) for value in given)

    def _matches(self, value: str) -> bool:
        return hmac.compare_digest(value.encode(), self._token.encode())

    async def _admit(self, scope: Scope, send: Send) -> None:
        """Whoever brings the token in the address gets it as a cookie; others are refused."""
        pairs = parse_qsl(scope["query_string"].decode("latin-1"))
        if scope["method"] == "GET" and any(name == "token" and self._matches(value) for name, value in pairs):
            rest = urlencode([pair for pair in pairs if pair[0] != "token"])
            place = "/" + quote(scope["path"].lstrip("/\\")) + (f"?{rest}" if rest else "")
            cookie = f"{COOKIE}={self._token}; HttpOnly; SameSite=Strict; Path=/"
            await _answer(send, 303, "", (b"location", place.encode()), (b"set-cookie", cookie.encode()))
        else:
            await _answer(send, 401, "open the address with the token that was printed at the start")


def _headers(scope: Scope) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return headers


async def _answer(send: Send, status: int, words: str, *more: tuple[bytes, bytes]) -> None:
    body = (words + "\n").encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *HEADERS]})
    await send({"type": "http.response.body", "body": body})
