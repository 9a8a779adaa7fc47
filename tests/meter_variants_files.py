"""Rows and times that tests of recordings in their own spelling write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

T0, N = 1767225600, 36  # 2026-01-01


def watts(i: int, base: float = 250.0) -> float:
    return base - 3 + i % 7


def at(i: int, step_s: float = 5, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return (datetime(2026, 1, 1) + timedelta(seconds=step_s * i)).strftime(form)


def rows(header: str, row: Callable[[int], str]) -> str:
    return "\n".join([header, *(row(i) for i in range(N))]) + "\n"


def columns(names: str, *values: Callable[[int], object]) -> str:
    return rows(f"time,{names}", lambda i: ",".join([str(T0 + 5 * i), *(str(value(i)) for value in values)]))


def constant(*values: float) -> list[Callable[[int], object]]:
    return [lambda i, value=value: value for value in values]  # type: ignore[misc]
