"""The two clocks of a journal, the wall's and one that never jumps, both in whole microseconds; an instant as text."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def wall_us() -> int:
    """Microseconds since the epoch, UTC; may jump."""
    return time.time_ns() // 1000


def mono_us() -> int:
    """Microseconds since some instant of this boot of the machine, the same in all its processes; never jumps."""
    return time.monotonic_ns() // 1000


def iso(at_s: float) -> str:
    """An instant as text, UTC, to the millisecond."""
    try:
        return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{at_s:g} s"
