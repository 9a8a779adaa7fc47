"""What a request asks for, and asking a stream for its token counts without the client noticing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

READ_BYTES = 32 << 20  # longer requests are passed on as they come, unread

# how a path ends -> what kind of work it asks for
KINDS = {
    "/chat/completions": "chat",
    "/completions": "completions",
    "/responses": "responses",
    "/embeddings": "embeddings",
    "/messages": "messages",
    "/rerank": "rerank",
    "/score": "score",
    "/pooling": "pooling",
    "/classify": "classify",
    "/completion": "completion",
    "/generate": "generate",
}
ASKABLE = ("chat", "completions")  # where stream_options.include_usage exists


@dataclass(frozen=True)
class RequestBody:
    """A request's body, and what was read of it. ``told``: whether its stream will tell its usage to the client."""

    raw: bytes
    model: str = ""
    stream: bool = False
    told: bool = False
    askable: bool = False


def kind_of(method: str, path: str) -> str:
    """The kind of work that a request asks for; empty where it asks a device for none."""
    if method != "POST":
        return ""
    bare = path.partition("?")[0].rstrip("/")
    return next((kind for end, kind in KINDS.items() if bare.endswith(end)), "")


def read_asked(raw: bytes, kind: str) -> RequestBody:
    """What a request asks for; what cannot be read is passed on all the same."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return RequestBody(raw)
    if not isinstance(data, dict):
        return RequestBody(raw)
    options = data.get("stream_options")
    stream = data.get("stream") is True
    told = isinstance(options, dict) and options.get("include_usage") is True
    free = options is None or (isinstance(options, dict) and "include_usage" not in options)
    model = data.get("model")
    return RequestBody(
        raw,
        model if isinstance(model, str) else "",
        stream,
        told,
        stream and free and kind in ASKABLE,
    )


_END = re.compile(rb"\}\s*$")


def with_usage(asked: RequestBody) -> bytes:
    """The request asking for usage as well, all else as it was."""
    data: dict[str, Any] = json.loads(asked.raw)
    if "stream_options" not in data and (end := _END.search(asked.raw)):
        return asked.raw[: end.start()] + b',"stream_options":{"include_usage":true}' + asked.raw[end.start() :]
    data["stream_options"] = {**(data.get("stream_options") or {}), "include_usage": True}
    return json.dumps(data).encode()
