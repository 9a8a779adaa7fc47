"""Why the best set-up takes less: the way from the default to it one change at a time, and each change taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wattline.core.units import J_PER_WH
from wattline.search.bounds import screen
from wattline.search.search import Search
from wattline.search.setup import Candidate
from wattline.search.trial import Trial

# a change, by the fields of a set-up that make it
CHANGES: dict[str, tuple[str, ...]] = {
    "chip": ("chip",),
    "chips a replica": ("gpus",),
    "number format": ("precision",),
    "most sequences": ("max_num_seqs",),
    "tokens a step": ("max_num_batched_tokens",),
    "power cap": ("power_cap_w",),
    "pools": ("prefill_replicas",),
}


@dataclass(frozen=True)
class Change:
    """One change and what it brings, with the fewest replicas before and after it: joules a request, by part."""

    change: str
    to: str
    point: Trial
    saved_j: float
    parts_j: Mapping[str, float]

    def json(self) -> dict[str, Any]:
        return {
            "change": self.change,
            "to": self.to,
            "setup": self.point.setup.item() | {"label": self.point.setup.label()},
            "central_wh_per_request": self.point.energy_j / J_PER_WH,
            "saved_wh_per_request": self.saved_j / J_PER_WH,
            "saved_by_part_wh_per_request": {k: v / J_PER_WH for k, v in self.parts_j.items()},
        }


def differences(start: Candidate, end: Candidate) -> list[str]:
    """The changes that lead from one set-up to the other, replicas aside.

    Parameters
    ----------
    start : where the way begins
    end : where it leads

    Returns
    -------
    Names of changes, keys of ``CHANGES``.
    """
    start, end = start.bare(), end.bare()
    return [name for name, fields in CHANGES.items() if any(getattr(start, f) != getattr(end, f) for f in fields)]


def with_changes(start: Candidate, end: Candidate, names: Sequence[str]) -> Candidate:
    """The first with these of its differences made as in the other.

    Parameters
    ----------
    start : the first set-up
    end : the other
    names : of changes, keys of ``CHANGES``

    Returns
    -------
    A set-up between the two.
    """
    return replace(start, **{f: getattr(end, f) for name in names for f in CHANGES[name]})


def walk(search: Search, start: Trial, end: Trial) -> list[Change]:
    """From ``start`` to ``end``, each time by the change that saves most; where no single one can be made and meet the
    target, all that are left at once.

    Parameters
    ----------
    search : in which set-ups are measured
    start, end : where the way begins and ends

    Returns the changes, in order.
    """
    steps, here = [], start
    left = differences(start.setup, end.setup)
    while left:
        tried = _try(search, here.setup, end.setup, [[name] for name in left]) if len(left) > 1 else {}
        if not tried:
            steps.append(_step(here, end, left))
            break
        name = min(tried, key=lambda n: (tried[n].energy_j, n))
        steps.append(_step(here, tried[name], [name]))
        here = tried[name]
        left.remove(name)
    return steps


def taken_back(search: Search, start: Trial, end: Trial) -> dict[str, Trial | None]:
    """The best with one change undone, for each; None where that meets the target with no number of replicas.

    Parameters
    ----------
    search : in which set-ups are measured
    start, end : the default, and the best

    Returns by name of the change.
    """
    names = differences(start.setup, end.setup)
    trials = _try(search, end.setup, start.setup, [[name] for name in names])
    return {name: trials.get(name) for name in names}


def _try(search: Search, here: Candidate, end: Candidate, choices: list[list[str]]) -> dict[str, Trial]:
    """The fewest replicas of each choice of changes, on the whole traffic; those that meet the target."""
    setups = [with_changes(here, end, names).bare() for names in choices]
    wanted = {"+".join(names): trial for names, trial in zip(choices, setups, strict=True) if _possible(search, trial)}
    if not wanted:
        return {}
    bounds = dict(zip(wanted, screen(search.question, list(wanted.values())), strict=True))
    trials = {trial.setup.bare(): trial for trial in search.least(list(bounds.values()))}
    return {name: trials[trial] for name, trial in wanted.items() if trial in trials}


def _possible(search: Search, setup: Candidate) -> bool:
    """Whether the chip holds the model so, and can be held to the cap."""
    from wattline.core.errors import WattlineError
    from wattline.line.chip.device import load_chip
    from wattline.line.engine.simulator.simulate import cache_limits
    from wattline.predict.how_served import kept_by

    chip = load_chip(setup.chip, search.question.central())
    if setup.power_cap_w is not None and not float(chip.idle_w) < setup.power_cap_w <= float(chip.tdp_w):
        return False
    try:
        cache_limits(
            search.question.model, chip.memory_bytes, setup.gpus, setup.precision, setup.max_num_seqs,
            setup.max_num_batched_tokens, memory_share=chip.usable_memory,
            serving=kept_by(search.question.setup),
        )  # fmt: skip
    except WattlineError:
        return False
    return True


def _step(before: Trial, after: Trial, names: list[str]) -> Change:
    parts = [k for k in before.result["parts_j"] if k in after.result["parts_j"]]
    saved = {k: before.result["parts_j"][k] - after.result["parts_j"][k] for k in parts}
    to = ", ".join(_value(after.setup, field) for name in names for field in CHANGES[name])
    return Change(" and ".join(names), to, after, before.energy_j - after.energy_j, saved)


def _value(setup: Candidate, field: str) -> str:
    """A field of a set-up as people say it."""
    value = getattr(setup, field)
    if field == "prefill_replicas":
        return "prefill apart" if value else "together"
    if field == "power_cap_w":
        return "none" if value is None else f"{value:g} W"
    return f"{value:,}" if isinstance(value, int) else str(value)
