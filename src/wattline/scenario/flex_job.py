"""A scenario's job of kind ``flex``: a question of flexibility, whose answer stands beside the bills of other jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError, nearest_names
from wattline.line.grid.carbon.given import split_zone
from wattline.predict.flex.answer import FlexAnswer
from wattline.predict.flex.balance import flex_balance
from wattline.predict.flex.demand import DemandFile
from wattline.predict.flex.headroom import SHARES, flex_headroom
from wattline.predict.flex.measures import LimitTexts, Measures
from wattline.predict.flex.response import Promise, Reserves, ServedLoad, flex_response
from wattline.predict.flex.shift import DailyJob, flex_shift
from wattline.predict.flex.sites import SharedWork, flex_sites
from wattline.predict.flex.swings import flex_swings
from wattline.predict.flex.worth import Prices
from wattline.predict.setup import REPLICA, Setup
from wattline.predict.where import Where
from wattline.scenario.job import Job, Number

Ask = Literal["balance", "headroom", "response", "shift", "sites", "swings"]
Texts = str | list[str]


class FlexJob(Job):
    """A question of flexibility, ``ask``: balance, headroom, response, shift, sites or swings, each with the options of
    the command of that name. Its answer stands beside the bills of the other jobs, and adds nothing to them."""

    kind: Literal["flex"]
    ask: Ask = Field(description="What is asked: balance, headroom, response, shift, sites or swings.")
    it: Number | None = Field(None, description='IT power of the site, such as "100 MW".')
    utilisation: Number | None = Field(None, description="Mean IT power as a share of it.")
    demand: str | None = Field(None, description="File of the grid's demand by the hour, beside this file.")
    column: Texts | None = Field(None, description="Grids in that file.")
    unit: str | None = Field(None, description="Unit of that file's numbers.")
    fill_gaps: Number | None = Field(None, description="Longest gap of it that is filled in a straight line.")
    share: Number | list[Number] | None = Field(None, description="Shares of its energy that a new load gives up.")
    hours: float | None = Field(None, description="Hours of a year in which it yields, instead of share.")
    signal: str | None = Field(None, description="File of carbon intensity or price by the hour, beside this file.")
    signal_kind: str | None = Field(None, description="What the signal is: average, marginal or price.")
    destination: Texts | None = Field(None, description="Files of the signal at sites to which the job may go.")
    beside: Texts | None = Field(None, description="Files of another signal, by which the moves are counted too.")
    beside_kind: str | None = Field(None, description="What that signal is.")
    length: str | None = Field(None, description="How long the daily job runs.")
    before: str | None = Field(None, description="How much earlier it may begin.")
    after: str | None = Field(None, description="How much later it may end.")
    at: float | None = Field(None, description="Hour of the day, UTC, at which it was meant to begin.")
    pause: str | None = Field(None, description="Work that a pause and resume costs.")
    power: str | None = Field(None, description="Power of the job.")
    data: str | None = Field(None, description="Data that go with it to another site.")
    latency: str | None = Field(None, description="Longest acceptable round trip from its users.")
    round_trip: list[str] | None = Field(None, description="Round trip to each site to which it may go.")
    signals: list[str] | None = Field(None, description="File of the signal at each site, beside this file.")
    room: Texts | None = Field(None, description="Most power of each site; one for all, or one a site.")
    reach: str | None = Field(None, description="Longest round trip over which serving may go.")
    arrives: Texts | None = Field(None, description="Power of the work that arrives at each site, or a file of it.")
    between: list[str] | None = Field(None, description="Round trip between each two sites in turn.")
    serving: Number | None = Field(None, description="Share of the work that must run at once.")
    wait: str | None = Field(None, description="Longest wait of the other work.")
    waiting_data: str | None = Field(None, description="Data that go with work that waits to another site.")
    serving_data: str | None = Field(None, description="Data that go with serving to another site.")
    phase: Texts | None = Field(None, description="Phases of a training step, each NAME:SECONDS:WATTS.")
    chips: int | None = Field(None, description="Number of chips.")
    straggle: str | None = Field(None, description="Deviation of the chips' lag behind each other.")
    checkpoint: str | None = Field(None, description="Phase between training steps, NAME:SECONDS:WATTS.")
    every: int | None = Field(None, description="Training steps from checkpoint to checkpoint.")
    floor: str | None = Field(None, description="Power of a chip below which work is made.")
    ramp: str | None = Field(None, description="Limit of rises and falls that is kept by work.")
    store: str | None = Field(None, description="Time over which a store levels the power.")
    shelf: str | None = Field(None, description="Energy of a store at each chip.")
    idle: str | None = Field(None, description="Power of a chip without a job.")
    limits: str | None = Field(None, description="A utility's limits by their name in the catalog.")
    band_share: float | None = Field(None, description="Share of the swings' energy that is allowed in the band.")
    ramp_limit: str | None = Field(None, description="Rise and fall that are allowed.")
    range_limit: str | None = Field(None, description="Difference between highest and lowest power that is allowed.")
    model: str | None = Field(None, description="Model that the site serves.")
    config: str | None = Field(None, description="A Hugging Face config.json beside this file, instead of model.")
    input: int | str | None = Field(None, description="Number of tokens in the prompt.")
    output: int | str | None = Field(None, description="Number of tokens in the answer.")
    batch: Number | None = Field(None, description="Number of requests that a replica answers together.")
    active: Number | None = Field(None, description="Share of the time that chips are at work.")
    slo_ttft: str | None = Field(None, description="Longest time to the first token that is promised.")
    slo_tpot: str | None = Field(None, description="Longest mean time between tokens that is promised.")
    ups_time: str | None = Field(None, description="Time that the batteries of the UPS carry the site.")
    battery: str | None = Field(None, description="Energy of a battery beside the site.")
    battery_power: str | None = Field(None, description="Its power.")
    pausable: Number | None = Field(None, description="Share of the site's power in training that can stop.")
    capacity_price: str | None = Field(None, description="Price of power that yields in the highest hours.")
    reserve_price: str | None = Field(None, description="Price of power that is held ready.")
    energy_price: str | None = Field(None, description="File of the hourly price of energy, beside this file.")
    called: float | None = Field(None, description="Hours of a year in which it is called.")
    lasts: str | None = Field(None, description="How long a call lasts.")


DEMAND = ("demand", "column", "unit", "fill_gaps")
JOB = {each.name: "round_trip" if each.name == "round_trips" else each.name for each in fields(DailyJob)}  # -> its key
LIMITS = ("limits", "band_share", "ramp_limit", "range_limit")
SERVED = ("input", "output", "batch", "active")
PAID = ("capacity_price", "reserve_price", "energy_price", "called", "lasts")
SHARED = tuple(each.name for each in fields(SharedWork))
MEASURES = tuple(each.name for each in fields(Measures))
# what each question takes of a job's keys, and what it must be given
TAKES: dict[str, tuple[str, ...]] = {
    "balance": ("it", "utilisation", *DEMAND),
    "headroom": (*DEMAND, "share", "hours"),
    "response": (
        "it", "model", "config", *SERVED, "slo_ttft", "slo_tpot", "ups_time", "battery", "battery_power",
        "pausable", *PAID, *REPLICA,
    ),
    "shift": ("signal", "signal_kind", "destination", "beside", "beside_kind", *JOB.values()),
    "sites": ("signals", "signal_kind", "beside", "beside_kind", *SHARED),
    "swings": ("phase", "chips", "straggle", "checkpoint", "every", *MEASURES, *LIMITS),
}  # fmt: skip
NEEDS = {
    "balance": ("it",), "headroom": ("demand",), "response": ("it",), "shift": ("signal",),
    "sites": ("signals", "room", "arrives"), "swings": ("phase", "chips"),
}  # fmt: skip
ALWAYS = {"name", "kind", "ask", "stated"}


def flex_answer(job: FlexJob, folder: Path, where: Where, draws: Draws) -> FlexAnswer:
    """The answer of a job.

    Parameters
    ----------
    job : as it was read
    folder : where its files lie
    where : where it runs
    draws : shared with the other jobs

    Returns
    -------
    The answer, as of the command.

    Raises WattlineError for a key that its question does not take, and for one that is missing.
    """
    given = {name: value for name, value in job if value is not None and name not in ALWAYS}
    given.pop("stated", None)
    takes = TAKES[job.ask]
    for name in given:
        if name not in takes and name not in Where.__dataclass_fields__:
            near = nearest_names(name, takes)
            words = f"nearest: {', '.join(near)}" if near else f"it takes {', '.join(takes)}"
            raise WattlineError(f'ask = "{job.ask}" takes no {name}; {words}')
    missing = [name for name in NEEDS[job.ask] if name not in given]
    if missing:
        raise WattlineError(f'ask = "{job.ask}" needs {missing[0]}')
    if job.stated:
        raise WattlineError("stated: a question of flexibility has no bill to hold it against")
    ways: dict[str, Callable[[dict[str, Any], Path, Where, Draws], FlexAnswer]] = {
        "balance": _balance, "headroom": _headroom, "response": _response, "shift": _shift, "sites": _sites,
        "swings": _swings,
    }  # fmt: skip
    return ways[job.ask](given, folder, where, draws)


def _balance(given: dict[str, Any], folder: Path, where: Where, draws: Draws) -> FlexAnswer:
    column = given.get("column")
    if isinstance(column, list):
        raise WattlineError("column: a balance takes one grid")
    file = None
    if "demand" in given:
        file = DemandFile(folder / given["demand"], column, given.get("unit"), given.get("fill_gaps", 0.0))
    return flex_balance(given["it"], where, utilisation=given.get("utilisation", 1.0), demand=file, draws=draws)


def _headroom(given: dict[str, Any], folder: Path, where: Where, draws: Draws) -> FlexAnswer:
    from wattline.core.quantity import parse

    shares = [parse(value, "", "share", zero=True) for value in _list(given.get("share"))]
    return flex_headroom(
        folder / given["demand"], shares=shares or SHARES, hours=given.get("hours"), columns=_list(given.get("column")),
        unit=given.get("unit"), fill_gaps=given.get("fill_gaps", 0.0),
    )  # fmt: skip


def _response(given: dict[str, Any], folder: Path, where: Where, draws: Draws) -> FlexAnswer:
    if ("model" in given) == ("config" in given):
        raise WattlineError('ask = "response" needs either model or config')
    setup = Setup.read(None, {name: given.get(name) for name in REPLICA})
    model = folder / given["config"] if "config" in given else given["model"]
    served = {{"input": "input_tokens", "output": "output_tokens"}.get(n, n): given[n] for n in SERVED if n in given}
    paid: dict[str, Any] = {"capacity": given.get("capacity_price"), "reserve": given.get("reserve_price")}
    energy = given.get("energy_price")
    called = {name: given[key] for name, key in (("called_h", "called"), ("lasts", "lasts")) if key in given}
    return flex_response(
        given["it"], model, served=ServedLoad(**served),
        promise=Promise(given.get("slo_ttft"), given.get("slo_tpot")),
        reserves=Reserves(*(given.get(name) for name in ("ups_time", "battery", "battery_power", "pausable"))),
        prices=Prices(**(paid | called | {"energy": None if energy is None else _beside(energy, folder)})), where=where,
        draws=draws,
        **{name: getattr(setup, name) for name in REPLICA if getattr(setup, name) is not None},
    )  # fmt: skip


def _shift(given: dict[str, Any], folder: Path, where: Where, draws: Draws) -> FlexAnswer:
    job = DailyJob(**{name: given[key] for name, key in JOB.items() if key in given})
    return flex_shift(
        _beside(given["signal"], folder), job, kind=given.get("signal_kind", "average"),
        sites=[_beside(text, folder) for text in _list(given.get("destination"))],
        beside=[_beside(text, folder) for text in _list(given.get("beside"))],
        beside_kind=given.get("beside_kind", "marginal"), facts=draws.catalog,
    )  # fmt: skip


def _sites(given: dict[str, Any], folder: Path, where: Where, draws: Draws) -> FlexAnswer:
    texts: dict[str, Any] = {name: given[name] for name in SHARED if name in given}
    texts["room"] = _list(texts["room"])
    texts["arrives"] = [_beside(text, folder) for text in _list(texts["arrives"])]
    signals = [_beside(text, folder) for text in given["signals"]]
    return flex_sites(
        signals, SharedWork(**texts), kind=given.get("signal_kind", "average"),
        beside=[_beside(text, folder) for text in _list(given.get("beside"))],
        beside_kind=given.get("beside_kind", "marginal"), facts=draws.catalog,
    )  # fmt: skip


def _beside(text: str, folder: Path) -> str:
    """A file beside the scenario, where it is one; else the text as it is."""
    path, _ = split_zone(folder / text)
    return str(folder / text) if path.exists() else text


def _swings(given: dict[str, Any], folder: Path, where: Where, draws: Draws) -> FlexAnswer:
    measures = Measures(**{name: given[name] for name in MEASURES if name in given})
    more = {name: given[name] for name in ("straggle", "checkpoint", "every") if name in given}
    limits = LimitTexts(*(given.get(name) for name in LIMITS))
    return flex_swings(
        _list(given["phase"]), given["chips"], measures=measures, limits=limits, facts=draws.catalog, **more
    )


def _list(value: Any) -> list[Any]:
    """A list of what is one, several, or none."""
    return [] if value is None else list(value) if isinstance(value, list) else [value]
