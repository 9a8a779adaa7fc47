"""Requests for the tests of the proxy's parts."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from wattline.web.proxy.tracked_request import TrackedRequest


def made(name: str, begin: float, **more: Any) -> TrackedRequest:
    return TrackedRequest(name, "/v1/chat/completions", "chat", "m", more.pop("stream", True), begin, 0.0, **more)
