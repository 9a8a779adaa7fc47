"""Requests at a rate that encoders answer in batches: replicas, the wait of a batch, the latency that is promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import parse
from wattline.core.units import DAY_S, HOUR_S, MINUTE_S
from wattline.predict.media.traffic import read_demand

MAX_WAIT_S, MAX_LATENCY_S = MINUTE_S, DAY_S


@dataclass(frozen=True)
class EncodingQuestion:
    """What a user asked for, in plain values, beside how much is read."""

    batch: int | str | None = None
    active: float | str | None = None
    rate: float | str | None = None
    replicas: int | str | None = None
    batch_wait: float | str | None = None
    max_batch_tokens: float | str | None = None
    slo_latency: float | str | None = None
    pieces: int = 1
    usual_batch: int = 64
    usual_engine: str = "eager"


@dataclass(frozen=True)
class EncodingDemand:
    """Requests a second, of so many ``pieces`` each; replicas of a chip each, None for as few as keep up; the longest
    wait for a batch to fill; the 95th percentile of wait and work that is promised."""

    rate_per_s: float
    replicas: int | None
    batch_wait_s: float
    slo_latency_s: float | None
    pieces: int

    def inputs(self) -> dict[str, Any]:
        """What was taken, as an answer shows it."""
        promised = {} if self.slo_latency_s is None else {"slo_latency_s": self.slo_latency_s}
        wait = {"batch_wait_s": self.batch_wait_s} if self.batch_wait_s else {}
        return {"rate_per_s": self.rate_per_s, "replicas": self.replicas, **wait, **promised}


def read_encoding_demand(question: EncodingQuestion, gpus: int | None) -> EncodingDemand | None:
    """The traffic of a question; None where no rate is given.

    Parameters
    ----------
    question : as the user wrote it
    gpus : chips of the set-up, where given, which are replicas under traffic

    Returns the demand. Raises WattlineError for what is no rate or time, or belongs to a rate that is missing.
    """
    own = {"batch-wait": question.batch_wait, "slo-latency": question.slo_latency}
    if question.rate is None:
        for name, value in own.items():
            if value is not None:
                raise WattlineError(f"{name}: give --rate with it, such as '50/s'")
    if gpus is not None and question.rate is not None:
        raise WattlineError("gpus: under traffic each replica is one chip; give --replicas instead of --gpus")
    demand = read_demand(question.rate, question.replicas, question.active)
    if demand is None:
        return None
    wait = 0.0 if question.batch_wait is None else _seconds(question.batch_wait, "batch-wait", MAX_WAIT_S, zero=True)
    slo = None if question.slo_latency is None else _seconds(question.slo_latency, "slo-latency", MAX_LATENCY_S)
    return EncodingDemand(demand.rate_per_s, demand.replicas, wait, slo, question.pieces)


def items_of_an_hour(rate: float | str) -> float:
    """Requests of an hour.

    Parameters
    ----------
    rate : such as ``"50/s"`` [1/s]

    Returns how many. Raises WattlineError for what is no rate.
    """
    demand = read_demand(rate, None, None)
    return HOUR_S * (0.0 if demand is None else demand.rate_per_s)


def _seconds(value: float | str, name: str, most: float, zero: bool = False) -> float:
    seconds = parse(value, "s", name)
    if not (seconds >= 0 if zero else seconds > 0) or seconds > most:
        raise WattlineError(f"{name}: {shorten(str(value))} is out of range; take up to {most:g} s")
    return float(seconds)
