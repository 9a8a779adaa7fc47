"""A stream of lines of JSON, as Ollama answers: passed as it comes, its pieces and tokens counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wattline.core.reading import parse_json
from wattline.web.proxy.tracked_request import TrackedRequest
from wattline.web.proxy.usage import read_tokens

HOLD_BYTES = 1 << 20  # a line longer than this is not waited for
TEXTS = ("content", "thinking", "tool_calls")


class LineStream:
    """``feed`` takes bytes as they come; ``piece`` is called with the count of new pieces of text."""

    def __init__(self, tracked: TrackedRequest, piece: Callable[[int], None]) -> None:
        self.tracked, self.piece = tracked, piece
        self._tail = b""
        self._lost = False

    def feed(self, data: bytes) -> None:
        """Read what came."""
        if self._lost:
            return
        lines = (self._tail + data).split(b"\n")
        self._tail = lines.pop()
        for line in lines:
            self._line(line)
        if len(self._tail) > HOLD_BYTES:
            self._lost, self._tail = True, b""

    def finish(self) -> None:
        """Read a last line that no line feed ends."""
        self._line(self._tail)

    def _line(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            data = parse_json(line)
        except ValueError:
            return
        if isinstance(data, dict):
            self._object(data)

    def _object(self, data: dict[str, Any]) -> None:
        tracked = self.tracked
        if isinstance(data.get("model"), str):
            tracked.model = data["model"][:200]
        message = data.get("message")
        texts = [message.get(name) for name in TEXTS] if isinstance(message, dict) else []
        if any((*texts, data.get("response"), data.get("thinking"))):
            self.piece(1)
        read_tokens(data, tracked.tokens)
