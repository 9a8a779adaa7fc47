"""Tokens guessed ahead: what the guesses and the check of all of them take of a step, as the share of one token."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.products import Operation, Rates, Work, total
from wattline.line.chip.serving import Draft
from wattline.line.chip.shape import Shape
from wattline.line.chip.step import Step, Watts, step


def with_guesses(
    checked: Step, shape: Shape, work: Work, rates: Rates, watts: Watts, fit: Coefficients, draft: Draft
) -> Step:  # fmt: skip
    """The share of a step that one token takes: the extra layer's guesses, one by one, and the check of all.

    Parameters
    ----------
    checked : the step that checks all guesses
    shape, work, rates, watts, fit : of that step
    draft : how many tokens are guessed, and the share of them that is accepted

    Returns
    -------
    Seconds, joules and operations of one chip, of the shape of ``checked``.
    """
    alone = 1.0 + draft.tokens
    single = replace(work, tokens=work.tokens / alone, sequences=work.sequences / alone, queries=np.asarray(1.0))
    quiet = replace(fit, host_s=np.asarray(0.0), host_per_sequence_s=np.asarray(0.0))
    guess = step(shape.mean_layer(), single, rates, watts, quiet)
    seconds = checked.time_s + draft.tokens * guess.time_s
    joules = checked.energy_j + draft.tokens * guess.energy_j
    share = 1.0 / draft.made
    guesses = total(*guess.operations.values())
    parts = checked.operations | {"guesses": _times(guesses, np.asarray(float(draft.tokens)))}
    own = {"guesses": np.asarray(draft.tokens * guess.energy_j)}
    return Step(
        {name: _times(op, share) for name, op in parts.items()},
        {name: np.asarray(value * share) for name, value in (checked.joules | own).items()},
        np.asarray(seconds * share), np.asarray(joules / seconds),
    )  # fmt: skip


def _times(operation: Operation, count: Array) -> Operation:
    return Operation(*(np.asarray(getattr(operation, f.name) * count) for f in fields(Operation)))
