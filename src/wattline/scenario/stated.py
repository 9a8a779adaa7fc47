"""What was said of a job's results, and whether what was computed agrees with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wattline.core.errors import NotFound
from wattline.core.quantity import parse
from wattline.core.range import Range
from wattline.core.result import Json
from wattline.predict.answer import Answer

NEAR = 0.25  # figures that lie closer agree
LIKELY = 0.5  # share of the draws that must agree
# what the name of a result holds -> its unit; the longer ending counts
UNITS = {"_wh": "Wh", "_wh_per_request": "Wh", "_j": "J", "_w": "W", "_s": "s", "_kg": "kg", "_l": "L", "_usd": "USD"}


def unit_of(name: str) -> str:
    """The unit of a result by its name: ``energy_wh_per_request`` is in Wh."""
    endings = sorted((ending for ending in UNITS if name.endswith(ending)), key=len)
    return UNITS[endings[-1]] if endings else ""


def stated_rows(answer: Answer, stated: Mapping[str, Any]) -> list[Json]:
    """Each figure that was said of an answer, beside what was computed.

    Parameters
    ----------
    answer : of the job
    stated : name of a result -> the figure that was said, with its unit

    Returns plain data, one object a figure. Raises WattlineError for a name that the answer has not, and for a figure
    of another kind.
    """
    figures = answer.figures()
    rows = []
    for name, value in stated.items():
        if name not in figures:
            raise NotFound("result", name, figures, f"known: {', '.join(figures)}")
        rows.append(_row(answer.name, name, parse(value, unit_of(name), f"stated.{name}"), np.asarray(figures[name])))
    return rows


def _row(job: str, name: str, figure: float, draws: Any) -> Json:
    value = Range.of(draws)
    off = figure / value.p50 - 1.0 if value.p50 else float("inf")
    probability = float(np.mean(np.abs(draws / figure - 1.0) <= NEAR))
    outside = not value.p5 <= figure <= value.p95
    if abs(off) <= NEAR and probability >= LIKELY:
        verdict = "agrees"
    else:
        verdict = "disagrees" if outside and abs(off) > NEAR else "undecided"
    times = (
        f"{1 + off:.2g} times its median"
        if off >= 1
        else f"{abs(off):.0%} {'above' if off > 0 else 'below'} its median"
    )
    where = f"{'outside' if outside else 'within'} the computed range"
    words = {"agrees": "they agree", "disagrees": "they do not agree", "undecided": "the range is too wide to tell"}[
        verdict
    ]
    label = name.removesuffix("_wh").removesuffix("_s").replace("_wh_per_", " per ").replace("_", " ")
    return {
        "job": job, "result": name, "label": label, "stated": figure, "unit": unit_of(name), "computed": value.json(),
        "probability": probability, "verdict": verdict, "why": f"{words}; the claim lies {where}, {times}",
    }  # fmt: skip
