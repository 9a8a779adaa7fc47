"""Demand from the line itself: how many requests a day an electricity serves, and what so many requests take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.core.result import Json
from wattline.core.units import DAY_S, J_PER_TWH, J_PER_WH, YEAR_S, Z95
from wattline.line.world.ai_part import ai_share, training_share
from wattline.line.world.observe import Posterior
from wattline.line.world.outlook import Outlook
from wattline.line.world.power import queries_per_day
from wattline.predict.outlook.jobs import YearlyJob, job_shares

REQUEST = "prompt.chatgpt-altman.energy_wh"
HUNDRED_TWH = 100.0
DRAWS = 4000


@dataclass(frozen=True)
class RequestRate:
    """So many requests a day, each of this energy at the grid: p5, p50, p95 [Wh]."""

    per_day: float
    wh: tuple[float, float, float]

    @property
    def yearly(self) -> YearlyJob:
        low, middle, high = (self.per_day * YEAR_S / DAY_S * wh * J_PER_WH / J_PER_TWH for wh in self.wh)
        return YearlyJob("requests", None, (low, middle, high))


def usual_wh() -> tuple[float, float, float]:
    """What a request of a chat takes at the grid [Wh]: p5, p50, p95 of the newest figure of the largest service."""
    fact = default().fact(REQUEST)
    return fact.low, fact.value, fact.high


def read_rate(rate: float | str, wh: float | str | None = None) -> RequestRate:
    """A rate of requests and what each takes.

    Parameters
    ----------
    rate : such as "2.5B/day"
    wh : energy of a request at the grid, such as "0.3 Wh"; by default that of a chat, with its range

    Returns
    -------
    Requests and their energy, with its range.

    Raises WattlineError for what is no rate or no energy.
    """
    per_day = parse(rate, "request/s", "rate") * DAY_S
    if wh is None:
        return RequestRate(per_day, usual_wh())
    energy = parse(wh, "Wh", "request-energy")
    if energy <= 0 or per_day <= 0:
        raise WattlineError("rate and energy of a request must be above 0")
    return RequestRate(per_day, (energy, energy, energy))


def demand_json(made: Outlook, posterior: Posterior, rate: RequestRate | None) -> Json | None:
    """What electricity is in requests, for the first place in the last year; None for a company.

    Parameters
    ----------
    made : the outlook
    posterior : what published figures tell
    rate : a rate of requests to set beside it; None without

    Returns
    -------
    Requests that the electricity would serve, and the rate beside it, as plain data.
    """
    place, year = made.question.places[0], made.question.years[-1]
    if place.company:
        return None
    wh = usual_wh() if rate is None else rate.wh
    inference = _inference_twh(made, year)
    rng = np.random.default_rng(made.question.years[0])
    z = rng.standard_normal(len(inference))
    down, up = float(np.log(wh[1] / wh[0])), float(np.log(wh[2] / wh[1]))
    each = wh[1] * np.exp(z * np.where(z < 0, down, up) / Z95)
    stated = None
    if rate is not None:
        share = job_shares([rate.yearly], posterior, place, year)[0]
        stated = {"requests_per_day": rate.per_day, "energy_twh": share["energy_twh"],
                  "share_of_place": share["share_of_place"]}  # fmt: skip
    served = queries_per_day(1.0, J_PER_WH) * np.divide(inference, each)
    hundred = np.array([queries_per_day(HUNDRED_TWH, w * J_PER_WH) for w in wh[::-1]])
    return {
        "year": year,
        "energy_wh_per_request": dict(zip(("p5", "p50", "p95"), map(float, wh), strict=True)),
        "requests_per_day_of_100_twh": _ends(hundred),
        "inference_twh": _ends(np.percentile(inference, (5, 50, 95))),
        "requests_per_day": _ends(np.percentile(served, (5, 50, 95))),
        "stated": stated,
    }  # fmt: skip


def _inference_twh(made: Outlook, year: int) -> Array:
    """Electricity of inference in the first place's last year, of some of the draws."""
    years = np.array([year])
    share = ai_share(made.shares["ai"][0, -1:, :DRAWS], years)[0]
    training = training_share(years, len(share))[0]
    return np.asarray(made.twh[0, -1, : len(share)] * share * (1 - training), float)


def _ends(values: Array) -> Json:
    return dict(zip(("p5", "p50", "p95"), map(float, values), strict=True))
