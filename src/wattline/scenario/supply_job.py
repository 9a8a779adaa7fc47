"""A scenario's job of kind ``supply``: what should power a site, whose answer stands beside the bills of other jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.predict.supply.answer import SupplyAnswer
from wattline.predict.supply.plan import CHARGES, DRAWS, OPTIONS, work
from wattline.predict.supply.question import SupplyOptions, read_question
from wattline.predict.supply.request import USUAL, USUAL_TARGET
from wattline.predict.where import Where
from wattline.scenario.job import Job, Number

Texts = str | list[str]
FILES = ("load", "capacity_factors", "grid")


class SupplyJob(Job):
    """A question of supply, with the options of the command of that name. Its answer stands beside the bills of the
    other jobs, and adds nothing to them. A draw is a plan of its own, so a job takes no more than ``plans`` of them."""

    kind: Literal["supply"]
    it: Number | None = Field(None, description='IT power of the site, such as "100 MW".')
    load: str | None = Field(None, description="File of the IT power over time, beside this file.")
    load_mw: Number | None = Field(None, description="Power that the whole site takes, instead of it.")
    target: Texts = Field(USUAL_TARGET, description="Target: cfe=95%, annual=100%, carbon=50g, cost.")
    technologies: Texts = Field(USUAL, description="Technologies that may be built; solar=200MW limits one.")
    years: int | str | None = Field(None, description="Years of the files to size on.")
    capacity_factors: str | None = Field(None, description="File of hourly capacity factors, beside this file.")
    grid: str | None = Field(None, description="File of the grid's hourly price and carbon, beside this file.")
    fill_gaps: Number | None = Field(None, description="Longest gap of a file that is filled in a straight line.")
    export: Number | None = Field(None, description="Share of the year's load that may be sold to the grid.")
    import_limit: Number | None = Field(None, description="Power of the grid connection.")
    within: Number | None = Field(None, description='Time from order to power, such as "4 years".')
    flexible: Number | None = Field(None, description="Share of the load that may move.")
    flexible_window: Number | None = Field(None, description="Hours within which it is made up.")
    network_tariff: Number | None = Field(None, description="Network charge for energy from the grid.")
    demand_charge: Number | None = Field(None, description="Charge for the highest import of a month.")
    investment_credit: Number | None = Field(None, description="Tax credit: share of the cost of clean plants.")
    production_credit: Number | None = Field(None, description="Tax credit for a MWh of wind and solar.")
    frontier: bool = Field(False, description="Show cost against the hourly carbon-free share.")
    plans: int = Field(DRAWS, ge=0, le=10_000, description="Most draws of costs, weather and overhead, each a plan.")


def supply_answer(job: SupplyJob, folder: Path, where: Where, draws: Draws) -> SupplyAnswer:
    """The answer of a job.

    Parameters
    ----------
    job : as it was read
    folder : where its files lie
    where : where it runs
    draws : of the scenario; as many as ``plans`` of them are taken

    Returns
    -------
    The answer, as of the command.

    Raises WattlineError for anything that cannot be.
    """
    if job.stated:
        raise WattlineError("stated: a question of supply has no bill to hold it against")
    given = job.given(("load", *OPTIONS))
    for name in FILES:
        if given[name] is not None:
            given[name] = folder / given[name]
    load = given.pop("load")
    options = SupplyOptions(job.target, job.technologies, **given, charges=job.given(CHARGES))
    own = Draws(min(draws.n, job.plans), draws.seed, draws.catalog)
    answer = work(read_question(job.it, load, job.load_mw, options, where, own), job.frontier)
    draws.cite(*own.used.values())
    return answer
