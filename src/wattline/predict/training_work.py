"""What a training run is made of beside its model and chips: tokens and padding, rollouts and the pools for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wattline.catalog import Catalog
from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import number, parse
from wattline.line.work.objectives import OBJECTIVES

LIMITS = {
    "tokens": (1.0, 1e18),
    "chips": (1.0, 1e8),
    "hours": (1e-6, 1e6),
    "batch-tokens": (1.0, 1e10),
    "rollout-tokens": (1.0, 1e6),
    "rollout-chips": (1.0, 1e8),
    "samples": (1.0, 1e14),
    "batch-samples": (1.0, 1e8),
}
IN_TURN, ASYNC = "in-turn", "one-step-off"
ORDERS = (IN_TURN, ASYNC)  # of rollouts and updates: each waits for the other, or updates use the rollouts before
MAX_PADDING = 0.99


@dataclass(frozen=True)
class Pools:
    """Chips that rollouts have to themselves, and whether updates wait for them."""

    chips: int
    order: str

    def inputs(self) -> dict[str, Any]:
        """As an answer shows them."""
        return {"rollout_chips": self.chips, "rollouts": self.order}


def sensible_number(value: str | float, unit: str, what: str) -> float:
    """A positive number within what is sensible on this planet. Raises QuantityError for what is no quantity,
    WattlineError for one out of bounds.

    Parameters
    ----------
    value : as the user wrote it
    unit : that it has
    what : a key of ``LIMITS``

    Returns
    -------
    The number.
    """
    result = parse(value, unit, what)
    least, most = LIMITS[what]
    if not least <= result <= most:
        raise WattlineError(f"{what}: {number(result)} makes no sense; take {least:g} to {number(most)}")
    if what in ("chips", "rollout-chips") and result != int(result):
        raise WattlineError(f"{what}: {value} is not a whole number")
    return result


def read_document(given: float | str | None, sequence: int) -> int | None:
    """Mean tokens of a document; None where sequences are whole texts. Raises WattlineError.

    Parameters
    ----------
    given : as the user wrote it
    sequence : tokens of a sequence, which documents fill

    Returns
    -------
    Number of tokens, or None.
    """
    if given is None:
        return None
    tokens = parse(given, "token", "document-tokens")
    if not 1 <= tokens <= sequence:
        raise WattlineError(
            f"document-tokens: {number(tokens)} do not fit a sequence of {sequence:,}; take 1 to {sequence:,}, or give "
            "a longer --sequence"
        )
    return max(round(tokens), 1)


def read_padding(given: float | str | None) -> float:
    """Share of a batch's positions that are padding. Raises WattlineError.

    Parameters
    ----------
    given : as the user wrote it

    Returns
    -------
    A share from 0; 0 where none is given.
    """
    if given is None:
        return 0.0
    share = parse(given, "", "padding", zero=True)
    if not 0 <= share <= MAX_PADDING:
        raise WattlineError(f"padding: {share:g} is not a share from 0 to {MAX_PADDING:g}; give one such as 0.3")
    return share


def read_pools(given: Mapping[str, Any], objective: str) -> Pools | None:
    """The chips that rollouts have to themselves; None where all chips do both in turn. Raises WattlineError.

    Parameters
    ----------
    given : ``rollout_chips`` and ``rollouts``, as the user wrote them
    objective : that the weights are trained towards

    Returns
    -------
    The pools, or None.
    """
    chips, how = given.get("rollout_chips"), given.get("rollouts")
    rolls = objective in OBJECTIVES and OBJECTIVES[objective].rollouts
    if not rolls and (chips is not None or how is not None):
        raise WattlineError("rollout-chips: nothing is rolled out; --method grpo and ppo do")
    if how is not None and how not in ORDERS:
        raise WattlineError(f"rollouts: {shorten(str(how))!r} is neither {' nor '.join(ORDERS)}")
    if chips is None:
        if how == ASYNC:
            raise WattlineError("rollouts: one-step-off goes with chips of their own; give --rollout-chips")
        return None
    return Pools(int(sensible_number(chips, "chip", "rollout-chips")), how or IN_TURN)


def read_rollout_tokens(given: float | str | None, objective: str, catalog: Catalog) -> int:
    """Tokens that the model writes for a question; 0 where it writes none. Raises WattlineError.

    Parameters
    ----------
    given : as the user wrote it
    objective : that the weights are trained towards
    catalog : where the usual number stands

    Returns
    -------
    Number of tokens.
    """
    rolls = objective in OBJECTIVES and OBJECTIVES[objective].rollouts
    if not rolls:
        if given is not None:
            raise WattlineError("rollout-tokens: nothing is rolled out; --method grpo and ppo do")
        return 0
    if given is None:
        return round(catalog.fact("fit.rollout-tokens").value)
    return int(sensible_number(given, "token", "rollout-tokens"))
