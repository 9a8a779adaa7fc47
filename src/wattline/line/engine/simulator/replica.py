"""A replica as the simulator takes it: what stays the same in all its steps, at the facts' central values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.device import Chip
from wattline.line.chip.formats import computes_narrow
from wattline.line.chip.guesses import with_guesses
from wattline.line.chip.known import how_known, known_factor, spread_fact
from wattline.line.chip.products import Work
from wattline.line.chip.replica_step import served_coefficients
from wattline.line.chip.serving import Draft, Serving
from wattline.line.chip.shape import Shape
from wattline.line.chip.step import Step, Watts, nameplate, step, watts_of
from wattline.line.chip.tuned import SPREAD
from wattline.line.chip.tuned_step import no_slower, tuned_factors
from wattline.line.work.model import Model
from wattline.line.work.weights import group_bytes


class ReplicaSteps(NamedTuple):
    """What stays the same in all steps of a replica."""

    shape: Shape
    work: Work
    rates: Any
    watts: Watts
    fit: Coefficients
    time_factor: float
    power_factor: float
    draft: Draft | None = None  # tokens guessed ahead in steps that only decode
    usual: ReplicaSteps | None = None  # under the engine as it comes, where it is tuned
    pace: float = 0.0  # as ``Serving`` has it

    def run(self, tokens: Any, sequences: Any, context: Any, prompt: Any, *, limited: bool = True) -> Step:
        """The chip model's own step; its spread and the known factors are not in it.

        Parameters
        ----------
        tokens, sequences, context, prompt : numeric, as ``Work`` has them; they broadcast
        limited : whether the power limit holds

        Returns
        -------
        Seconds, joules and operations, of the shape that the arguments broadcast to.
        """
        work = self._work(tokens, sequences, context, prompt)
        watts = self.watts if limited else replace(self.watts, idle=np.asarray(0.0), limit=np.asarray(np.inf))
        return step(self.shape, work, self.rates, watts, self.fit)

    def _work(self, tokens: Any, sequences: Any, context: Any, prompt: Any) -> Work:
        numbers = [np.asarray(x, float) for x in (tokens, sequences, context, prompt)]
        names = ("tokens", "sequences", "context", "prompt_tokens")
        return replace(self.work, **dict(zip(names, numbers, strict=True)))

    def decode(self, sequences: Any, context: Any) -> Step:
        """A step that only decodes; where tokens are guessed ahead, the share of it that one token takes.

        Parameters
        ----------
        sequences, context : numeric, as ``Work`` has them; they broadcast

        Returns
        -------
        Seconds, joules and operations, of the shape that the arguments broadcast to.
        """
        own = self._decode(sequences, context)
        return own if self.usual is None else no_slower(own, self.usual.decode(sequences, context))

    def _decode(self, sequences: Any, context: Any) -> Step:
        if self.draft is None:
            return self.run(sequences, sequences, context, 0.0)
        each = 1.0 + self.draft.tokens
        tokens = np.asarray(sequences, float) * each
        work = replace(self._work(tokens, tokens, context, 0.0), queries=np.asarray(each))
        checked = step(self.shape, work, self.rates, self.watts, self.fit)
        return with_guesses(checked, self.shape, work, self.rates, self.watts, self.fit, self.draft)

    def time_and_energy(self, tokens: Any, sequences: Any, context: Any, prompt: Any) -> tuple[Array, Array]:
        """Seconds, and joules of one chip, of a step as it is expected to be measured.

        Parameters
        ----------
        tokens, sequences, context, prompt : numeric, as ``Work`` has them; they broadcast

        Returns
        -------
        Two arrays [s, J], of the shape that the arguments broadcast to.
        """
        time, energy = self.expected(self.run(tokens, sequences, context, prompt))
        if self.usual is None:
            return time, energy
        usual_s, usual_j = self.usual.time_and_energy(tokens, sequences, context, prompt)
        return np.minimum(time, usual_s), np.minimum(energy, usual_j)

    def expected(self, plain: Step) -> tuple[Array, Array]:
        time = plain.time_s * self.time_factor
        power = np.clip(plain.power_w * self.power_factor, self.watts.idle, self.watts.limit)
        return np.asarray(time), np.asarray(time * power)


def setting(
    model: Model,
    chip: Chip,
    chips: int,
    precision: str,
    *,
    limit_w: float | None = None,
    expert_parallel: bool | None = None,
    serving: Serving = Serving(),
) -> ReplicaSteps:
    """A replica of ``chips`` chips at the facts' central values.

    Parameters
    ----------
    model : the model, as it was read
    chip : type of chip with its server, its facts drawn
    chips : number of chips of a replica
    precision : number format, a key of ``BYTES``
    limit_w : power cap of a chip, W; None for its TDP
    expert_parallel : chips that share the experts; None for all
    serving : groups of the chips that split the requests' attention, the software, the format of the cache, tuning
        and guesses, at central values

    Returns
    -------
    The replica with its coefficients.
    """
    unset = np.asarray(1.0)
    experts, dense = group_bytes(model, precision)
    parallel = chips > 1 if expert_parallel is None else expert_parallel
    work = Work(
        unset, unset, unset, unset,
        chips=np.asarray(float(chips)),
        weight_bytes=np.asarray(experts),
        dense_bytes=np.asarray(dense),
        narrow=np.asarray(float(computes_narrow(chip, precision))),
        expert_parallel=np.asarray(float(parallel)),
        ranks=np.asarray(float(serving.ranks)),
        padding=serving.padding(chip.draws.central()),
        balance=serving.balance,
        cache_bytes=np.asarray(serving.cache_bytes),
    )  # fmt: skip
    tdp = np.asarray(float(chip.tdp_w))
    limit = tdp if limit_w is None else np.minimum(limit_w, tdp)
    own = watts_of(chip)
    watts = Watts(tdp, np.minimum(float(np.mean(chip.idle_w)), limit), np.asarray(limit), own.silicon)
    fit = served_coefficients(chip, precision, serving, chip.draws.central())
    usual = None
    if serving.tuned is not None:
        default = replace(serving, tuned=None, pace=0.0)
        usual = setting(
            model, chip, chips, precision, limit_w=limit_w, expert_parallel=expert_parallel, serving=default
        )
    return ReplicaSteps(
        Shape.of(model), work, nameplate(chip, chips, precision), watts, fit, *_beside(model, chip, serving),
        serving.draft, usual, serving.pace,
    )  # fmt: skip


def _beside(model: Model, chip: Chip, serving: Serving) -> tuple[float, float]:
    """What measured time and power of a step are beside the model's, central values."""
    central = chip.draws.central()
    factors = {what: float(known_factor(what, model, chip.generation, central)) for what in ("time", "power")}
    if serving.tuned is not None:
        time, power = (float(central(f"fit.{SPREAD}-{what}-{serving.tuned.nearest}")) for what in ("time", "power"))
        known_s, known_w = tuned_factors(factors["time"], factors["power"])
        return time * float(known_s), power * float(known_w)
    known = how_known(model, chip.generation, chip.catalog, serving.rare)
    time, energy = (
        float(central(spread_fact(what, chip.generation, chip.catalog, known))) for what in ("time", "energy")
    )
    return factors["time"] * time, factors["power"] * energy / time
