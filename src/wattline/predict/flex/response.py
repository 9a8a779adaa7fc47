"""What a service's site can give a grid: caps within the latencies promised, batteries, jobs that stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Unpack

import numpy as np

from wattline.catalog import CatalogLike
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import number, parse, show
from wattline.core.range import Range
from wattline.core.result import Json
from wattline.line.engine.average_serving import largest_batch, serve_request
from wattline.line.engine.cap_ladder import Rung
from wattline.predict.answer import Working
from wattline.predict.facility import Facility, find_facility
from wattline.predict.flex.answer import FlexAnswer
from wattline.predict.flex.carbon_cut import carbon_cuts, carbon_signals, facts_of, notes_of
from wattline.predict.flex.worth import Prices, Resource, products_json, resources_json
from wattline.predict.prompt import PromptFields
from wattline.predict.request import ReplicaRequest, read_request
from wattline.predict.setup import REPLICA
from wattline.predict.site_fields import SITE, check_fields
from wattline.predict.terms import read_terms
from wattline.predict.where import Where

CAPS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)  # of the chip's TDP
BATCHES = (1.0, 2.0, 0.5)  # of the batch
MIN_W, MAX_W = 1e3, 1e12
MIN_CUT = 1e-6  # of the site's power: less is rounding
MAX_ACTIVE = 0.98  # of the time at work: beyond, requests queue up


@dataclass(frozen=True)
class Promise:
    """What a service promises its users; quantities as texts, None is no promise.

    Attributes
    ----------
    ttft
        Longest time to the first token, such as "1 s".
    tpot
        Longest mean time between tokens, such as "50 ms".
    """

    ttft: str | None = None
    tpot: str | None = None

    def seconds(self) -> dict[str, float | None]:
        """Both in seconds, by the name of the result that they bound."""
        read = {"ttft_s": (self.ttft, "--slo-ttft"), "tpot_s": (self.tpot, "--slo-tpot")}
        return {name: None if text is None else parse(text, "s", what) for name, (text, what) in read.items()}


@dataclass(frozen=True)
class ServedLoad:
    """Requests that a site answers: tokens of a prompt and an answer, requests together, share of time at work."""

    input_tokens: int | str = 500
    output_tokens: int | str = 300
    batch: float | str = 32
    active: float | str = 0.6


@dataclass(frozen=True)
class Reserves:
    """What else at the site can answer; texts with their unit, None for the catalog's or for none.

    Attributes
    ----------
    ups
        Time for which batteries of the UPS carry the site, such as "5 min"; "0 s" for none.
    battery
        Energy of a battery beside the site, such as "40 MWh", and its power, such as "10 MW".
    battery_power
        Power of that battery.
    pausable
        Share of the site's power in training jobs that can stop, 0 to 1.
    """

    ups: str | None = None
    battery: str | None = None
    battery_power: str | None = None
    pausable: float | str | None = None


def flex_response(
    it: float | str,
    model: str | Path,
    *,
    served: ServedLoad | None = None,
    promise: Promise | None = None,
    reserves: Reserves | None = None,
    prices: Prices | None = None,
    where: str | Where | None = None,
    facts: CatalogLike = None,
    draws: int | Draws = 500,
    seed: int = 0,
    **fields: Unpack[PromptFields],
) -> FlexAnswer:
    """What a site that serves a model can give a grid that calls on it, how fast, for how long, and what that is worth.

    Parameters
    ----------
    it
        IT power of the site, W, or such as ``"20 MW"``.
    model
        Model by catalog name, or the path of a ``config.json``.
    served
        The requests.
    promise
        Latencies that must be kept.
    reserves
        Batteries, and jobs that can stop.
    prices
        Prices of what a grid pays for.
    where
        A region's name, or a Where.
    facts
        A catalog, or your own file or files of facts.
    draws, seed
        How many draws of the facts' ranges (0: central values), and their seed.
    fields
        Single fields of ``Where`` and of ``Setup`` (chip, gpus, precision).

    Returns
    -------
    FlexAnswer
        A ladder of caps with watts and latencies, what each reserve gives, and its worth by product.

    Raises
    ------
    WattlineError
        On bad input.

    Example
    -------
    >>> wl.flex_response("20 MW", "llama-3.1-70b", chip="h100-sxm", gpus=4)
    """
    check_fields(fields, (*SITE, "carbon", "carbon_kind"), "flex response", "leave it out")
    terms = read_terms(None, where, fields, REPLICA, draws, seed, facts)
    if fields.get("carbon") is not None and isinstance(terms.where.carbon, float):
        raise WattlineError("flex response: carbon is read by the hour here; give a file of it, or leave it out")
    it_w = parse(it, "W", "it")
    if not MIN_W <= it_w <= MAX_W:
        raise WattlineError(f"it: {it_w:g} W is out of range; give 1 kW to 1 TW")
    load, wanted = served or ServedLoad(), promise or Promise()
    tokens = (load.input_tokens, load.output_tokens)
    request = read_request(model, terms.setup, tokens, batch=load.batch, active=load.active, draws=terms.draws)
    facility = find_facility(terms.where, terms.draws, Working())
    rows, best = _ladder(request, wanted, it_w * facility.pue, terms.draws)
    site_w = np.asarray(it_w * facility.pue)
    gives = _resources(best, reserves or Reserves(), site_w, terms.draws)
    paid = prices or Prices()
    signals = carbon_signals(terms.where, facility.region, terms.draws.catalog)
    results = {
        "title": _title(it_w, request, facility), "site_w": Range.of(site_w).json(), "rungs": rows,
        "resources": resources_json(gives, paid), "products": products_json(gives, site_w, terms.draws.catalog),
        "carbon_cuts": carbon_cuts(best, signals, paid.called_h),
        "ride": _ride(terms.draws, reserves or Reserves()),
    }  # fmt: skip
    notes = (*(NOTES if paid.energy is None else (*NOTES, KNOWN_PRICES)), *notes_of(signals))
    inputs = {
        "it_w": it_w, **request.inputs(), **facility.inputs(),
        **{f"slo_{name}": value for name, value in wanted.seconds().items()}, **paid.json(),
        "carbon_of": signals[0].names[0] if signals else None,
    }  # fmt: skip
    warnings = () if best is not None else (NO_RUNG,)
    return FlexAnswer("flex response", inputs, results, notes, facts_of(signals), warnings, terms.draws)


KNOWN_PRICES = (
    "energy: in the dearest hours of the year with foresight; by what was known, in hours that are among the dearest "
    "of the days so far"
)
NO_RUNG = "no rung of the ladder keeps the latencies promised: the caps give nothing"
NOTES = (
    "each rung answers the same requests: slower chips are at work for more of the time; latencies leave out queues",
    "a rung keeps a promise where 95% of the draws do",
    "batteries that serve the grid are not there for a fault; worth leaves out what delayed work is worth",
)


def _ladder(request: ReplicaRequest, promise: Promise, site_w: Array, draws: Draws) -> tuple[list[Json], Array | None]:
    """The rungs as plain data, and the largest cut of power among those that keep the promise [W]."""
    tdp = float(np.mean(request.chip.tdp_w))
    batch = float(np.mean(request.batch))
    bounds = promise.seconds()
    most = largest_batch(request.model, request.chip, request.chips, request.length, request.precision, request.how)
    full = _rung(request, batch, tdp, draws)
    whole_w = full.plug_w(request.active, request.chip)
    rows, best = [], None
    for size in BATCHES:
        if not 1 <= batch * size <= most:
            continue
        for cap in CAPS:
            made = _rung(request, batch * size, tdp * cap, draws)
            active = made.active(request.active, full)
            cut = np.asarray(1.0 - made.plug_w(np.minimum(active, 1.0), request.chip) / whole_w)
            serves = bool(np.quantile(active, 0.95) <= MAX_ACTIVE) or (size == 1.0 and cap == 1.0)
            keeps = serves and _within(made, bounds)
            if keeps and (best is None or np.mean(cut) > np.mean(best)):
                best = cut
            rows.append(_row(made, active, cut, cut * site_w, serves, keeps))
    return rows, None if best is None else np.asarray(np.maximum(best, 0.0) * site_w)


def _within(made: Rung, bounds: dict[str, float | None]) -> bool:
    """Whether 95% of the draws keep each latency that is promised."""
    for name, latency in (("ttft_s", made.request.ttft_s), ("tpot_s", made.request.tpot_s)):
        bound = bounds[name]
        if bound is not None and latency is not None and float(np.quantile(latency, 0.95)) > bound:
            return False
    return True


def _row(made: Rung, active: Array, cut: Array, cut_w: Array, serves: bool, keeps: bool) -> Json:
    tpot = made.request.tpot_s
    return {
        "power_cap_w": made.cap_w,
        "batch": made.batch,
        "chip_w": Range.of(made.chip_w).json(),
        "active_share": Range.of(active).json(),
        "ttft_s": Range.of(made.request.ttft_s).json(),
        "tpot_s": None if tpot is None else Range.of(tpot).json(),
        "cut_share": Range.of(cut).json(),
        "cut_w": Range.of(cut_w).json(),
        "serves": serves,
        "keeps": keeps,
    }


def _rung(request: ReplicaRequest, batch: float, cap_w: float, draws: Draws) -> Rung:
    """The replica at a power limit and batch."""
    made = serve_request(
        request.model, replace(request.chip, cap_watts=cap_w), request.chips, batch,
        (request.input_tokens, request.output_tokens), request.precision, draws, request.how,
    )  # fmt: skip
    return Rung(cap_w, batch, made)


def _resources(cut_w: Array | None, reserves: Reserves, site_w: Array, draws: Draws) -> list[Resource]:
    gives = []
    if cut_w is not None and np.mean(cut_w) > MIN_CUT * np.mean(site_w):
        gives.append(Resource("caps and batches", cut_w, None, draws("constant.cap-response")))
    ups_s = _ups_s(reserves, draws)
    fast, trip = draws("constant.battery-response"), draws("constant.store-round-trip")
    if np.mean(ups_s) > 0:
        gives.append(Resource("UPS batteries", site_w, ups_s, fast, trip))
    if reserves.battery is None and reserves.battery_power is not None:
        raise WattlineError("--battery-power does nothing here; it goes with --battery, the energy of the battery")
    if reserves.battery is not None:
        energy_j = parse(reserves.battery, "J", "--battery")
        if reserves.battery_power is None:
            raise WattlineError(f"--battery {reserves.battery} needs its --battery-power")
        power_w = parse(reserves.battery_power, "W", "--battery-power")
        gives.append(Resource("battery", np.asarray(power_w), np.asarray(energy_j / power_w), fast, trip))
    if reserves.pausable is not None:
        share = parse(reserves.pausable, "", "--pausable", zero=True)
        if not 0 <= share <= 1:
            raise WattlineError(f"--pausable: {share:g} is not a share from 0 to 1")
        gives.append(Resource("training stops", share * site_w, None, draws("constant.pause-response")))
    return gives


def _ups_s(reserves: Reserves, draws: Draws) -> Array:
    if reserves.ups is None:
        return draws("constant.ups-runtime")
    return np.asarray(parse(reserves.ups, "s", "--ups-time", zero=True))


def _ride(draws: Draws, reserves: Reserves) -> Json:
    """How long the site goes on without its supply."""
    return {
        "servers_s": Range.of(draws("swing.iti-curve.ride_s")).json(),
        "ups_s": Range.of(_ups_s(reserves, draws)).json(),
    }


def _title(it_w: float, request: ReplicaRequest, facility: Facility) -> str:
    return (
        f"{show(it_w, 'W')} of IT that answers requests to {request.model.name} on {request.chip.record.title}, "
        f"{number(float(np.mean(request.active)) * 100)}% of the time at work, {facility.region.title}"
    )
