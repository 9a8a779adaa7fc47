"""A day of 200 million requests, made: when they come and how long they are.

    python examples/day_of_200_million.py [SHARE]

Holds one part of about 260,000 requests at a time. SHARE (0 to 1, default 0.01) makes that share of the service: the
same day for a hundredth of its replicas.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from wattline.catalog import default
from wattline.core.units import DAY_S, HOUR_S
from wattline.line.work.traffic.arrivals import gamma_process, with_shape
from wattline.line.work.traffic.generator import stream
from wattline.line.work.traffic.known import known_lengths, known_shape
from wattline.line.work.traffic.trace import Traffic

REQUESTS_A_DAY = 200e6


def day(share: float = 0.01, seed: int = 0) -> Iterator[Traffic]:
    """The day in parts: arrivals a little burstier than Poisson, along a weekday, lengths of a conversation."""
    process = gamma_process(REQUESTS_A_DAY * share / DAY_S, cv=1.1)
    facts = default()
    shape = known_shape("day", facts)
    assert shape is not None
    return stream(with_shape(process, shape), known_lengths("chat", facts), seed, duration_s=DAY_S)


def main(share: float) -> None:
    requests, given, made = (np.zeros(24, np.int64) for _ in range(3))
    for part in day(share):
        hour = (part.arrival_s // HOUR_S).astype(int)
        requests += np.bincount(hour, minlength=24)
        given += np.bincount(hour, part.input_tokens, 24).astype(np.int64)
        made += np.bincount(hour, part.output_tokens, 24).astype(np.int64)
    print("hour  requests/s  input tokens/s  output tokens/s")
    for h in range(24):
        print(f"{h:4}  {requests[h] / 3600:10,.1f}  {given[h] / 3600:14,.0f}  {made[h] / 3600:15,.0f}")
    print(f"{requests.sum():,} requests, {given.sum():,} tokens in, {made.sum():,} out")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.01)
