"""A small service whose set-ups tests search: its requests, and what is asked of them."""

from __future__ import annotations

import numpy as np

from wattline import catalog
from wattline.line.work.model import load_model
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.result import Target
from wattline.search.evaluate import Question


def few_requests() -> Traffic:
    """500 requests in 20 s."""
    rng = np.random.default_rng(3)
    arrival = np.sort(rng.uniform(0, 20, 500))
    return Traffic(arrival, rng.integers(20, 1500, 500), rng.integers(1, 150, 500), duration_s=20.0)


def small_question(traffic: Traffic) -> Question:
    """The requests to a small model, within a target that not every set-up keeps."""
    return Question(load_model("llama-3.1-8b", catalog.default()), traffic, Target(0.3, 0.02), 0.95)
