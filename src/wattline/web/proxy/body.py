"""What a request asks for, and asking a stream for its token counts without the client noticing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

READ_BYTES = 16 << 20  # longer requests are passed on as they come, unread
BODIES_BYTES = 128 << 20  # of all requests together; beyond, they are passed on as they come
MAX_MARKS = 200_000  # commas and brackets in what is parsed: each may be an object of its own in memory
EDGE_BYTES = 1 << 16  # looked through for what a long request asks for

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
    "/api/chat": "ollama",  # Ollama's own
    "/v2/chat": "chat",  # Cohere's
    "/v1/chat": "chat",
    "/embed": "embeddings",  # Ollama's, Cohere's and Text Embeddings Inference's
    "/embed_all": "embeddings",
    "/embed_sparse": "embeddings",
    "/encode": "embeddings",  # SGLang's
    "/similarity": "score",
    "/reranking": "rerank",  # llama.cpp's
    "/predict": "classify",
    "/moderations": "classify",
    "/generate_stream": "generate",
    "/infill": "completion",
    "/invocations": "invocations",
    "/audio/transcriptions": "audio",
    "/audio/translations": "audio",
    "/audio/speech": "speech",
    "/images/generations": "images",
    "/images/edits": "images",
    "/images/variations": "images",
    "/videos": "videos",
}
TEXT_FREE = ("audio", "images", "videos")  # the length of whose bodies says nothing of tokens
ASKABLE = ("chat", "completions")  # where stream_options.include_usage exists


@dataclass(frozen=True)
class RequestBody:
    """A request's body, and what was read of it. ``reports``: whether its stream will tell its usage to the client."""

    raw: bytes
    model: str = ""
    stream: bool = False
    reports: bool = False
    askable: bool = False


def kind_of(method: str, path: str) -> str:
    """The kind of work that a request asks for; empty where it asks a device for none.

    Parameters
    ----------
    method : of HTTP
    path : with its query

    Returns
    -------
    Such as "chat" or "embeddings".
    """
    if method != "POST":
        return ""
    bare = path.partition("?")[0].rstrip("/")
    return next((kind for end, kind in KINDS.items() if bare.endswith(end)), "")


def read_body(raw: bytes, kind: str) -> RequestBody:
    """What a request asks for; what cannot be read is passed on all the same.

    Parameters
    ----------
    raw : the body as it came
    kind : of work, as ``kind_of`` has it

    Returns
    -------
    Model, stream, and whether usage can be asked for.
    """
    if raw[:1] not in (b"{", b" ", b"\n", b"\r", b"\t") or _is_rich(raw):
        return _looked_through(raw)
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return RequestBody(raw)
    if not isinstance(data, dict):
        return RequestBody(raw)
    options = data.get("stream_options")
    stream = data.get("stream") is True
    reports = isinstance(options, dict) and options.get("include_usage") is True
    free = options is None or (isinstance(options, dict) and "include_usage" not in options)
    model = data.get("model")
    return RequestBody(
        raw,
        model if isinstance(model, str) else "",
        stream,
        reports,
        stream and free and kind in ASKABLE,
    )


def _is_rich(raw: bytes) -> bool:
    """Whether parsing would make far more objects in memory, and take longer, than any client has reason to ask."""
    return len(raw) > MAX_MARKS and sum(map(raw.count, (b",", b"{", b"["))) > MAX_MARKS


_MODEL = re.compile(rb'(?<!\\)"model"\s*:\s*"([^"\\]{1,200})"|name="model"\r\n\r\n([^\r\n]{1,200})\r\n')
_STREAM = re.compile(rb'(?<!\\)"stream"\s*:\s*true')


def _looked_through(raw: bytes) -> RequestBody:
    """What stands at the beginning or end of a request that is not parsed: JSON, or a form with files in it."""
    edges = raw if len(raw) <= 2 * EDGE_BYTES else raw[:EDGE_BYTES] + raw[-EDGE_BYTES:]
    match = _MODEL.search(edges)
    model = (match[1] or match[2]).decode("utf-8", "replace") if match else ""
    return RequestBody(raw, model, _STREAM.search(edges) is not None)


_END = re.compile(rb"\}\s*$")


def with_usage(body: RequestBody) -> bytes:
    """The request asking for usage as well, all else as it was."""
    data: dict[str, Any] = json.loads(body.raw)
    if "stream_options" not in data and (end := _END.search(body.raw)):
        return body.raw[: end.start()] + b',"stream_options":{"include_usage":true}' + body.raw[end.start() :]
    data["stream_options"] = {**(data.get("stream_options") or {}), "include_usage": True}
    return json.dumps(data).encode()
