"""A stream of server-sent events read as it passes: tokens counted, the energy put into its usage chunk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from wattline.web.proxy.tracked_request import TrackedRequest
from wattline.web.proxy.usage import insert, read_tokens, remove

END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
NULL = re.compile(rb'\s*,\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,\s*')
HOLD_BYTES = 4 << 20  # an event longer than this is not waited for
LAST = ("response.completed", "response.incomplete", "response.failed", "message_delta")
Fields = Callable[[], dict[str, float | bool]]


class EventStream:
    """One stream. ``feed`` takes bytes as they come and gives those to pass on.

    Whole events pass at once; the start of one waits for its end, because what is inside may have to be added to or
    left out. ``added``: the proxy asked for the usage chunk, so that the client must not see it; ``strip_null``: nor
    the ``"usage": null`` that this server puts into the other chunks when asked. ``fields``: gives what goes into the
    usage chunk, or None to touch nothing: then all bytes pass as they come. ``piece``: called with the count of new
    pieces of text.
    """

    def __init__(
        self,
        tracked: TrackedRequest,
        piece: Callable[[int], None],
        fields: Fields | None = None,
        added: bool = False,
        strip_null: bool = False,
    ) -> None:
        self.tracked, self.piece, self.fields, self.added, self.strip_null = tracked, piece, fields, added, strip_null
        self.null_seen: bool | None = None  # whether chunks of text say "usage": null
        self.reported = False  # whether a chunk told the usage
        self._tail = b""
        self._lost = False

    def feed(self, data: bytes) -> bytes:
        """Read what came; what is to be passed on now."""
        if self._lost:
            return data
        untouched = not self.added and self.fields is None
        whole = self._tail + data if self._tail else data
        out: list[bytes] = []
        at = 0
        for match in END.finditer(whole):
            event = whole[at : match.end()]
            at = match.end()
            seen = self._event(event)
            if not untouched:
                out.append(seen)
        self._tail = whole[at:]
        if len(self._tail) > HOLD_BYTES:
            self._lost = True
            out.append(self._tail)
            self._tail = b""
        return data if untouched else b"".join(out)

    def finish(self) -> bytes:
        """What was still waiting for its end when the stream ended."""
        tail, self._tail = self._tail, b""
        if not tail or self._lost:
            return b""
        seen = self._event(tail)
        return b"" if not self.added and self.fields is None else seen

    def _event(self, raw: bytes) -> bytes:
        """Read one event; what is to be passed on in its place."""
        lines = [line[5:].strip() for line in raw.splitlines() if line.startswith(b"data:")]
        payload = lines[0] if len(lines) == 1 else b"\n".join(lines)
        if not payload.startswith(b"{"):
            return raw
        try:
            data = json.loads(payload)
        except (ValueError, RecursionError):
            return raw
        return self._object(raw, data)

    def _object(self, raw: bytes, data: dict[str, Any]) -> bytes:
        tracked = self.tracked
        response = data.get("response")
        inner = response if isinstance(response, dict) else data
        message = data.get("message")
        if isinstance(message, dict):  # Anthropic's first event
            inner = message
        if not tracked.response_id and isinstance(inner.get("id"), str):
            tracked.response_id = inner["id"][:200]
        if isinstance(inner.get("model"), str):
            tracked.model = inner["model"][:200]
        count = sum(1 for _ in pieces(data))
        if count:
            self.piece(count)
        usage = inner.get("usage")
        if self.null_seen is None and count:
            self.null_seen = "usage" in data and usage is None
        reported = read_tokens(inner, tracked.tokens) and isinstance(usage, dict)
        self.reported = self.reported or reported
        if self.added:
            return self._hidden(raw, data, reported)
        if reported and self.fields is not None and last(data):
            return insert(raw, usage, self.fields())
        return raw

    def _hidden(self, raw: bytes, data: dict[str, Any], reported: bool) -> bytes:
        """What the client would have got, had the proxy not asked for usage."""
        if reported:
            return b"" if data.get("choices") == [] else remove(raw, data["usage"])
        return NULL.sub(b"", raw, count=1) if self.strip_null and "usage" in data and data["usage"] is None else raw


def last(data: dict[str, Any]) -> bool:
    """Whether a chunk with usage is the last to tell it: no choices any more, or a reason for the end."""
    choices = data.get("choices")
    if not isinstance(choices, list):
        return data.get("type", "message_delta") in LAST
    return not choices or any(isinstance(each, dict) and each.get("finish_reason") for each in choices)


def pieces(data: dict[str, Any]) -> Iterator[str]:
    """The pieces of generated text, reasoning or tool calls in an event, of whichever interface."""
    choices = data.get("choices")
    if isinstance(choices, list):
        for choice in choices:
            if isinstance(choice, dict):
                yield from _choice(choice)
        return
    kind = data.get("type")
    if isinstance(kind, str):
        if kind.endswith(".delta") or kind == "content_block_delta":
            yield kind
    elif isinstance(data.get("content"), str) and data["content"]:  # llama.cpp's own interface
        yield data["content"]


def _choice(choice: dict[str, Any]) -> Iterator[str]:
    text, delta = choice.get("text"), choice.get("delta")
    if isinstance(text, str) and text:
        yield text
    elif isinstance(delta, dict):
        for name in ("content", "reasoning_content", "reasoning", "tool_calls", "refusal"):
            if delta.get(name):
                yield name
                return
