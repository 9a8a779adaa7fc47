"""Headers as they pass: all of them, in their order and spelling, but for those that belong to one connection."""

from __future__ import annotations

from collections.abc import Iterable

from multidict import CIMultiDict

HOP = frozenset({
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip


def end_to_end_headers(raw: Iterable[tuple[bytes, bytes]], leave_out: Iterable[str] = ()) -> CIMultiDict[str]:
    """End-to-end headers; also left out: those that Connection names, and ``leave_out`` (lower case).

    Parameters
    ----------
    raw : names and values as they came
    leave_out : further names, in lower case

    Returns
    -------
    The headers that go on.
    """
    pairs = [(name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in raw]
    out = set(leave_out) | HOP
    for name, value in pairs:
        if name.lower() == "connection":
            out |= {each.strip().lower() for each in value.split(",")}
    return CIMultiDict((name, value) for name, value in pairs if name.lower() not in out)


def content_type(headers: CIMultiDict[str]) -> str:
    """The media type alone, in lower case."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def encoding(headers: CIMultiDict[str]) -> str:
    """How the body is compressed; empty where it is not."""
    value = headers.get("Content-Encoding", "").strip().lower()
    return "" if value == "identity" else value
