"""Requests to the web app by hand."""

from __future__ import annotations


def request(line: str, *headers: str, host: str = "127.0.0.1", body: bytes = b"") -> bytes:
    head = "".join(f"{header}\r\n" for header in headers)
    return f"{line} HTTP/1.1\r\nHost: {host}\r\n{head}\r\n".encode("latin-1") + body
