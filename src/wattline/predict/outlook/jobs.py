"""The line closed: what a training run, a service or a site takes in a year, as a share of its region's outlook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattline.core.errors import NotFound, WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.reading import parse_json, read_bytes
from wattline.core.result import Json
from wattline.core.units import J_PER_TWH, J_PER_WH, YEAR_S, Z95
from wattline.line.world.growth import FIRST
from wattline.line.world.observe import Posterior
from wattline.line.world.places import Place, place_of

ENDS = ("p5", "p50", "p95")
MAX_JOB_BYTES = 100_000_000


@dataclass(frozen=True)
class YearlyJob:
    """A job's electricity in a year: p5, p50, p95 [TWh], of all of it where it lasts no longer."""

    name: str
    region: str | None
    energy_twh: tuple[float, float, float]


def yearly_job(name: str, region: str | None, energy_j: Array, duration_s: Array) -> YearlyJob:
    """A job from its draws.

    Parameters
    ----------
    name : of the job
    region : where it runs; None where it is not known
    energy_j, duration_s : from the grid, scalar or ``(n_draws,)``

    Returns
    -------
    Its energy of a year, low, middle and high.
    """
    twh = np.asarray(energy_j) / J_PER_TWH * np.minimum(YEAR_S / np.asarray(duration_s), 1.0)
    low, middle, high = np.percentile(np.atleast_1d(twh), (5, 50, 95))
    return YearlyJob(name, region, (float(low), float(middle), float(high)))


def read_jobs(path: Path | str) -> list[YearlyJob]:
    """The jobs of an answer of this tool that was written as JSON, such as ``run.json`` or ``site.json``.

    Parameters
    ----------
    path : the file

    Returns
    -------
    Each with the energy of a year [J].

    Raises WattlineError where it is none or has no energy.
    """
    where = shorten(str(path))
    try:
        data = parse_json(read_bytes(path, MAX_JOB_BYTES, "answer"))
    except ValueError as error:
        raise WattlineError(f"{where}: cannot be read as JSON: {shorten(str(error))}") from None
    if not isinstance(data, dict) or not isinstance(data.get("results"), dict):
        raise WattlineError(f"{where}: is no answer of this tool; give the JSON that train, serve, site or run wrote")
    jobs = data["results"].get("jobs", [{"name": str(data.get("command")), **data}])
    made = [_of_json(job, where) for job in jobs if isinstance(job, dict)]
    if not made:
        raise WattlineError(f"{where}: has no job")
    return made


def _of_json(job: Mapping[str, Any], where: str) -> YearlyJob:
    results = job.get("results")
    try:
        assert isinstance(results, dict)
        energy = [float(results["energy_wh"][end]) for end in ENDS]
        lasts = YEAR_S if job.get("command") == "site" else float(results["duration_s"]["p50"])
    except (AssertionError, KeyError, TypeError, ValueError):
        raise WattlineError(f"{where}: has no energy_wh and duration_s; give an answer that has a bill") from None
    if not np.isfinite([*energy, lasts]).all() or energy[0] <= 0 or lasts <= 0:
        raise WattlineError(f"{where}: energy_wh and duration_s must be above 0")
    scale = J_PER_WH / J_PER_TWH * min(YEAR_S / lasts, 1.0)
    inputs = job.get("inputs")
    region = inputs.get("region") if isinstance(inputs, dict) else None
    low, middle, high = (value * scale for value in energy)
    return YearlyJob(str(job.get("name")), None if region is None else str(region), (low, middle, high))


def job_shares(jobs: Iterable[YearlyJob], posterior: Posterior, first: Place, year: int) -> list[Json]:
    """Each job beside its own region's outlook of a year; beside the first place's where its region is not known.

    Parameters
    ----------
    jobs : with their electricity in a year
    posterior : what published figures tell
    first : of the outlook's places
    year : of the outlook

    Returns for each the place, the year, both electricities [TWh] and the share, with p5, p50 and p95.
    """
    made = []
    for job in jobs:
        place = _place(job.region, first)
        mean, spread = posterior.predict([place], np.array([year - FIRST]))
        width = Z95 * float(np.sqrt(spread[0, 0]))
        place_twh = np.exp(float(mean[0]) + width * np.array([-1.0, 0.0, 1.0]))
        low, middle, high = job.energy_twh
        down = float(np.hypot(np.log(middle / low), width))
        up = float(np.hypot(np.log(high / middle), width))
        share = middle / place_twh[1] * np.exp([-down, 0.0, up])
        made.append({
            "name": job.name, "place": place.name, "year": year, "energy_twh": _ends(job.energy_twh),
            "place_twh": _ends(place_twh), "share_of_place": _ends(share),
        })  # fmt: skip
    return made


def _place(region: str | None, first: Place) -> Place:
    if region is None:
        return first
    try:
        return place_of(region)
    except (NotFound, WattlineError):
        return first


def _ends(values: Iterable[float]) -> Json:
    return dict(zip(ENDS, map(float, values), strict=True))
