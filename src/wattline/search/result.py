"""What a search for the frontier gives back: the best set-up, the default, the way between them, the points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wattline.core.fact import Array
from wattline.core.load import Load
from wattline.core.range import Range
from wattline.core.result import Json, Result, envelope
from wattline.core.units import J_PER_WH
from wattline.line.work.flops import BYTES
from wattline.predict.service.result import Service
from wattline.search.evaluate import Question
from wattline.search.explain import Change
from wattline.search.setup import Candidate
from wattline.search.trial import Trial


@dataclass(frozen=True)
class Counts:
    """How the search went: set-ups (replicas aside), those that their bound left out, simulations that it took and of
    those the ones run now, results of other searches in the file, whether parts of the replicas
    were tried first."""

    setups: int
    left_out: int
    simulated: int
    run: int
    others: int
    sliced: bool
    split: bool  # pools for prefill and decode among them

    def guarantee(self) -> str:
        """What the search vouches for, in one sentence."""
        common = (
            "assuming that extra replicas never cut energy, and that neither they nor a higher power limit miss a "
            "target that is met without"
        )
        if self.split:
            common += ", and of separate pools the one for prefill counted first"
        if self.sliced:
            return (
                "set-ups were tried on part of their replicas first; those within 3% of the least, and the frontier, "
                f"were simulated on the whole traffic: {common}, the best is within about 3% of the least in the space"
            )
        return (
            f"every set-up was simulated on the whole traffic, or left out because a bound shows that it takes more: "
            f"{common}, the best is the least in the space"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Frontier(Result):
    """The answer of a search.

    ``best``: least energy within the target. ``default``: what ``wattline serve`` takes by itself (``usual``), with
    the fewest replicas that meet the target, or None. ``points``: the frontier of energy, strain and cost a request, in
    rising order of energy. ``steps``: the way from the default to the best. ``back``: the best with one change undone.
    ``served``, ``default_service``: best and default with their ranges, of the same draws.
    """

    question: Question
    best: Trial
    default: Trial | None
    usual: Candidate
    points: tuple[Trial, ...]
    steps: tuple[Change, ...]
    back: Mapping[str, Trial | None]
    counts: Counts
    served: Service
    default_service: Service | None

    @cached_property
    def saved(self) -> Range | None:
        """Share of the default's energy that the best saves, over draws of the facts."""
        if self.default_service is None:
            return None
        both = [np.asarray(s.answer.energy_j) / len(s.served.arrival_s) for s in (self.served, self.default_service)]
        return Range.of(1.0 - both[0] / both[1])

    @property
    def default_label(self) -> str:
        """The set-up that the best is compared with, in one line."""
        return (self.usual if self.default is None else self.default.setup).label()

    def figures(self) -> Mapping[str, Array]:
        """Of the best set-up, over draws of the facts."""
        return self.served.figures()

    def saved_load(self) -> Load:
        return self.served.saved_load()

    def inputs(self) -> Json:
        """What was asked, as plain data."""
        q = self.question
        return {
            "model": q.model.key,
            "requests": len(q.traffic),
            "rate_per_s": q.traffic.rate_per_s,
            "slo_ttft_s": q.target.ttft_s,
            "slo_tpot_s": q.target.tpot_s,
            "slo_share": q.share,
            "router": q.setup.router,
        }

    def results(self) -> Json:
        """The best set-up, the default beside it, the changes between them, and the points, as plain data."""
        c, default = self.counts, None
        if self.default is not None and self.default_service is not None:
            default = _point(self.default) | {"energy_wh_per_request": _range(self.default_service)}
        return {
            "best": _point(self.best) | {"energy_wh_per_request": _range(self.served)},
            "default": default,
            "default_requested": self.usual.item() | {"label": self.usual.label()},
            "saved_share": None if self.saved is None else self.saved.json(),
            "changes": [step.json() for step in self.steps],
            "taken_back_wh_per_request": {
                name: None if trial is None else (trial.energy_j - self.best.energy_j) / J_PER_WH
                for name, trial in self.back.items()
            },
            "points": [_point(trial) for trial in self.points],
            "search": {
                "setups": c.setups,
                "left_out_by_bound": c.left_out,
                "simulations": c.simulated,
                "simulations_run_now": c.run,
                "results_of_other_searches": c.others,
                "sampled": c.sliced,
                "guarantee": c.guarantee(),
            },
            "answer": self.served.full_answer.job(),
        }

    def notes(self) -> tuple[str, ...]:
        """What stands beside the answer; of a format of fewer bits than the model's own, what that risks."""
        native, form = self.question.model.native_format, self.best.setup.precision
        if form == native or BYTES[form] >= BYTES[native]:
            return self.served.answer.notes
        risk = (
            f"{form}: the model was published in {native}, and fewer bits may lower the quality of its answers, which "
            f"is not calculated here; test it on your own tasks, or search --precision {native}"
        )
        return (risk, *self.served.answer.notes)

    def json(self) -> Json:
        answer = self.served.answer
        return envelope(
            "frontier", self.inputs(), self.results(), draws=answer.draws, notes=self.notes(), warnings=answer.warnings
        )


def _range(service: Service) -> dict[str, float]:
    return Range.of(np.asarray(service.answer.energy_j) / J_PER_WH / len(service.served.arrival_s)).json()


def _point(trial: Trial) -> Json:
    """A set-up and its figures at the facts' central values."""
    r = trial.result
    usd = None if not np.isfinite(trial.usd) else trial.usd
    return {
        "setup": trial.setup.item() | {"label": trial.setup.label()},
        "chips": trial.setup.chips,
        "central_wh_per_request": trial.energy_j / J_PER_WH,
        "central_j_per_output_token": trial.energy_j / r["output_tokens"],
        "cost_usd_per_request": usd,
        "electricity_usd_per_request": r["electricity_usd"],
        "capital_usd_per_request": r["capital_usd"],
        "strain": trial.strain if np.isfinite(trial.strain) else None,
        "good_share": r["good_share"],
        "request_ttft_s": r["ttft_s"],
        "request_tpot_s": r["tpot_s"],
        "busy_share": r["busy_share"],
        "mean_batch": r["mean_batch"],
        "parts_wh_per_request": {k: v / J_PER_WH for k, v in r["parts_j"].items()},
    }
