"""Words that terminal and pages share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]  # an answer, or a part of one


def counted(role: str, count: int) -> str:
    """``1 machine``, ``8 chips``; ``role`` is the plural."""
    one = {"switches": "switch"}.get(role, role.removesuffix("s"))
    return f"{count:,} {one if count == 1 else role}"
