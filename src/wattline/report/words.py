"""Words that terminal and pages share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]  # an answer, or a part of one


def counted(role: str, count: int) -> str:
    """``1 machine``, ``8 chips``; ``role`` is the plural."""
    singular = {"switches": "switch"}.get(role, role.removesuffix("s"))
    return f"{count:,} {singular if count == 1 else role}"


def fit_words(inputs: Json) -> str:
    """What the fit that predicts measured rows had seen of them."""
    left_out = inputs["left_out"]
    return f"each {left_out} predicted by a fit without it" if left_out else "coefficients as shipped"
