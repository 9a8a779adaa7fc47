"""The JSON of ``traffic``."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, StrictJson, item, perhaps


class TrafficInputs(StrictJson):
    """A trace, or what was made, as asked; null where not given."""

    file: str | None = item("The trace.")
    rate: str | None = item("Rate of what is made.")
    states: str | None = item("Rates that it jumps between.")
    duration: str | None = item("Its window.")
    requests: str | None = item("Its number of requests.")
    shape: str | None = item("Its shape over the day.")
    lengths: str | None = item("Where its lengths are from.")


class LengthsJson(StrictJson):
    """Tokens of requests; no more than the total where there are no requests."""

    total: int = item("Of all requests.")
    mean: float | None = perhaps("Of a request.")
    least: int | None = perhaps("Of the shortest.")
    p5: float | None = perhaps("5th percentile.")
    p50: float | None = perhaps("50th percentile.")
    p90: float | None = perhaps("90th percentile.")
    p95: float | None = perhaps("95th percentile.")
    p99: float | None = perhaps("99th percentile.")
    most: int | None = perhaps("Of the longest.")


class BurstsJson(StrictJson):
    """How bursty the arrivals are; 1 for Poisson; null where it cannot be told."""

    gap_cv: float | None = item("Deviation over mean of the gaps.")
    dispersion_1s: float | None = item("Variance over mean of the counts in a second.")
    dispersion_60s: float | None = item("Variance over mean of the counts in a minute.")


class TrafficResults(StrictJson):
    """What the traffic is like; null where it was written part by part, and so not summed up."""

    requests: int = item("Requests.")
    duration_s: float | None = item("Seconds of its window.")
    rate_per_s: float | None = item("Requests a second; null where it cannot be told.")
    peak_rate_per_s: dict[Literal["1s", "60s", "3600s"], float | None] | None = item(
        "Most requests a second in steps of so long; null where the window is shorter."
    )
    burstiness: BurstsJson | None = item("How bursty it is.")
    input_tokens: LengthsJson | None = item("Tokens of prompts.")
    output_tokens: LengthsJson | None = item("Tokens of answers.")
    correlation: float | None = item("Of the logarithms of tokens of prompt and answer.")
    repeated_prefix_share: float | None = item("Share of the prompts' tokens in blocks that came before.")
    same_instant: int | None = item("Requests at the instant of the one before.")
    rejected: dict[str, int] | None = item("Rows left out, by reason.")
    written: str | None = item("The file written.")


class TrafficJson(EnvelopeJson[TrafficInputs, TrafficResults]):
    """What a trace of requests, or a traffic that is made, is like."""

    command: Literal["traffic"]
