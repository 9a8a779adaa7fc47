"""Images and video of makers that never published their model: a range from open models of the kind.

Nothing is known of such a model but what it makes. Each draw takes one of several open models, from small to large, as
its kin, and a factor of how much more or less work the served one does; so the answer is a range, never a point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from wattline.catalog import plain_name
from wattline.catalog.draws import Draws
from wattline.core.errors import NotFound, WattlineError
from wattline.core.fact import Array
from wattline.line.work.outside import ServedMaker, maker_of
from wattline.predict.answer import Answer, Working
from wattline.predict.delivery import Phase, deliver
from wattline.predict.facility import find_facility
from wattline.predict.making import with_making
from wattline.predict.media.answer import MediaStages, media_quantities, reading, run_media
from wattline.predict.media.question import MediaQuestion
from wattline.predict.media.request import WORDS, MediaRequest, read_media
from wattline.predict.prices import notes_of
from wattline.predict.rented import rental, rental_notes
from wattline.predict.setup import Setup
from wattline.predict.where import Where

MIN_DRAWS = 100
WORK = "fit.served-maker-work"
SIZE = {"image": "1024", "video": "1280x720"}
SECONDS = 5  # of a video where its length is not given


def served_maker_of(model: object, makes: str, draws: Draws) -> ServedMaker | None:
    """What is known of a maker that never published its model, where a name is of one.

    Parameters
    ----------
    model : as the user wrote it
    makes : ``image`` or ``video``
    draws : in whose catalog open models stand

    Returns
    -------
    The maker; None for a model of the catalog and for any other name.
    """
    if not isinstance(model, str):
        return None
    try:
        draws.catalog.find("diffusion", model)
    except NotFound:
        return maker_of(model, makes)
    return None


def served_maker_answer(
    maker: ServedMaker, setup: Setup, question: MediaQuestion, where: Where, draws: Draws
) -> Answer:  # fmt: skip
    """The range of energy of one image or video of a maker that never published its model.

    Parameters
    ----------
    maker : its name and its open kin
    setup : chips, number format and engine
    question : size, steps, frames and how many are made together
    where : where it runs
    draws : from which kin, the work beside it and all other facts are drawn; 100 at least

    Returns the answer, in which each draw is of one open model. Raises WattlineError for fewer draws, and where none of
    the kin fits the chips.
    """
    if draws.n < MIN_DRAWS:
        raise WattlineError(
            f"draws: {maker.name} was never published, so that its answer is a range; take {MIN_DRAWS} or more"
        )
    working = Working()
    requests = _requests(maker, setup, question, draws)
    runs = [run_media(request, draws) for request in requests]
    order = np.argsort([float(np.median(run.chip_j)) for run in runs])
    requests, runs = [requests[at] for at in order], [runs[at] for at in order]
    chosen = np.minimum((draws.percentiles(f"{plain_name(maker.name)}.kin") * len(runs)).astype(int), len(runs) - 1)
    work = draws(WORK)

    def mix(of: Callable[[MediaRequest, MediaStages], Array]) -> Array:
        rows = [np.broadcast_to(of(*pair), np.shape(chosen)) for pair in zip(requests, runs, strict=True)]
        return np.asarray(np.stack(rows)[chosen, np.arange(len(chosen))] * work)

    facility, central = find_facility(where, draws, working), requests[len(requests) // 2]
    working.note("work", "work of the served model beside its open kin", ", ".join(maker.kin), work, "")
    bill, load, peak = deliver(_phases(runs, chosen, work), facility, draws, working, any_time=True)
    latency_s = mix(lambda request, run: run.latency_s)
    occupied_s = mix(lambda request, run: np.asarray(run.latency_s / request.batch * request.chips / request.active))
    bill = with_making(bill, central.chip, occupied_s, where, draws, working)
    chip_j = mix(lambda request, run: run.chip_j)
    return Answer(
        command=maker.makes,
        title=f"{WORDS[maker.makes][0].title()} by {maker.name}, which was never published: an estimate",
        inputs=_inputs(central, maker, question) | facility.inputs(),
        more={"model": reading(central.model, central.passes) | {"name": maker.name, "family": "closed"}},
        bill=bill,
        load=load,
        peak_w=peak,
        duration_s=np.asarray(latency_s / central.batch),
        quantities=media_quantities(central, bill.energy_j, chip_j, latency_s, facility.pue)
        | rental(central.chip, occupied_s, draws),
        reasons=tuple(working.reasons),
        draws=draws,
        warnings=(_warning(maker, requests, draws),),
        notes=(*rental_notes(central.chip), *notes_of(where, bill.follows["cost_usd"], facility.hours, "any")),
    )


def _inputs(central: MediaRequest, maker: ServedMaker, question: MediaQuestion) -> dict[str, Any]:
    """What was taken for all of the kin; steps and passes are each one's own where they are not given."""
    own = {name for name in ("steps", "guidance") if getattr(question, name) is None}
    left_out = {"steps": "steps", "guidance": "passes"}
    shown = {name: value for name, value in central.inputs().items() if name not in {left_out[each] for each in own}}
    return shown | {"model": maker.name}


def _warning(maker: ServedMaker, requests: list[MediaRequest], draws: Draws) -> str:
    work = draws.catalog.fact(WORK)
    return (
        f"{maker.name} is {maker.what}: each draw takes one of {', '.join(r.model.key for r in requests)}, and "
        f"{work.low:g} to {work.high:g} times its work; take the range, not its middle"
    )


def _requests(maker: ServedMaker, setup: Setup, question: MediaQuestion, draws: Draws) -> list[MediaRequest]:
    """The question put to each of the kin; those that the chips do not hold are left out. Raises WattlineError where
    none is left."""
    usual = replace(question, size=SIZE[maker.makes] if question.size is None else question.size)
    if maker.makes == "video" and question.seconds is None and question.frames is None:
        usual = replace(usual, seconds=SECONDS)
    requests, reason = [], WattlineError(f"{maker.name}: no open model of its kind is known")
    for name in maker.kin:
        try:
            requests.append(read_media(name, maker.makes, setup, usual, draws))
        except WattlineError as error:
            reason = error
    if not requests:
        raise reason
    return requests


def _phases(runs: list[MediaStages], chosen: Array, work: Array) -> list[Phase]:
    """The stretches of the bill, each draw's of its own kin: none of a stretch that it does not have."""
    longest, count = max(len(run.phases) for run in runs), np.arange(len(chosen))

    def pick(values: list[Array]) -> Array:
        return np.asarray(np.stack([np.broadcast_to(each, np.shape(chosen)) for each in values])[chosen, count])

    result = []
    for at in range(longest):
        phases = [run.phases[at] if at < len(run.phases) else Phase({}, np.asarray(0.0)) for run in runs]
        parts = dict.fromkeys(part for phase in phases for part in phase.power_w)
        watts = {part: pick([phase.power_w.get(part, np.asarray(0.0)) for phase in phases]) for part in parts}
        result.append(Phase(watts, pick([phase.duration_s for phase in phases]) * work))
    return result
