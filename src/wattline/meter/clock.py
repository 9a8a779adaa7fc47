"""The two clocks of a journal: the wall's, and one that never jumps; both in whole microseconds."""

from __future__ import annotations

import time


def wall_us() -> int:
    """Microseconds since the epoch, UTC; may jump."""
    return time.time_ns() // 1000


def both_us() -> tuple[int, int]:
    """The wall's and the monotonic one at one moment."""
    return time.time_ns() // 1000, time.monotonic_ns() // 1000


def mono_us() -> int:
    """Microseconds since some instant of this boot of the machine, the same in all its processes; never jumps."""
    return time.monotonic_ns() // 1000
