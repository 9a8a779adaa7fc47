"""``calibrate engine``: what the host of an old engine takes of a step, fitted to measured serving.

Prompts are read in steps of their own (vLLM before 0.6 mixed none into decoding), and the chips wait for the host in
each step. The chip's own coefficients stay as they are; every number has a prior. Deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.chip.coefficients import Coefficients
from wattline.line.chip.products import Rates, Work
from wattline.line.chip.shape import Shape
from wattline.line.chip.software import NAMES, Software, own_experts, with_software
from wattline.line.chip.step import Step, Watts, step
from wattline.line.engine.simulator.replica import setting
from wattline.validate.evidence.groups import each_left_out, group_of
from wattline.validate.evidence.hosted import ENGINE
from wattline.validate.evidence.serving import ServingRow
from wattline.validate.evidence.steady import Steady
from wattline.validate.fit.group_range import COVERED_MODELS, group_range

GREEDY = ("code",)  # tasks whose tokens are taken without sorting the logits
STEP_TOKENS = 4096.0  # of a step that reads prompts
MIN_ROWS = 20
# value, and how unsure its logarithm is: the engine's host, what the tasks leave out, and a starved chip's power
HOST = {"host-s": (4e-3, 1.0), "host-sequence-s": (3e-4, 0.7), "parallel-layer-s": (2e-4, 1.0)}
POWER = (0.05, 1.0)
INPUTS = {"chat": (250.0, 0.5), "code": (200.0, 0.5)}
FIRST_WAIT = (0.25, 0.5)  # share of a batch's place that a request waits in for its first token, a token of its answer
SIGMA = {"time": 0.1, "power": 0.1, "tpot": 0.15}
SHARP = 3.0  # errors beyond so many of these count less than their size


@dataclass(frozen=True, eq=False)
class Alike:
    """Rows of one generation of chips and one task, by their ``places``, as arrays that the chip model takes."""

    places: list[int]
    generation: str
    task: str
    fit: Coefficients
    own_experts: Array
    batch: Array
    output: Array
    shape: Shape
    work: Work
    rates: Rates
    watts: Watts

    def run(self, fit: Coefficients, tokens: Array, sequences: Array, context: ArrayLike, prompt: ArrayLike) -> Step:
        """A step of each row with these coefficients.

        Parameters
        ----------
        fit : coefficients of a step
        tokens, sequences : of each row's step, shape ``(n_rows,)``
        context, prompt : tokens before the new one, and of a prompt that is read

        Returns time and energy of each step.
        """
        seen = {"context": np.asarray(context, float), "prompt_tokens": np.asarray(prompt, float)}
        work = replace(self.work, tokens=tokens, sequences=sequences, **seen)
        return step(self.shape, work, self.rates, self.watts, fit)


def alike(rows: Sequence[ServingRow]) -> list[Alike]:
    """Rows by generation and task.

    Parameters
    ----------
    rows : of an engine whose chips wait for its host

    Returns
    -------
    Groups, which hold all rows between them.
    """
    places: dict[tuple[str, str], list[int]] = {}
    for i, row in enumerate(rows):
        places.setdefault((row.chip.generation, row.task), []).append(i)
    return [_together([rows[i] for i in own], own) for own in places.values()]


def _together(rows: Sequence[ServingRow], places: list[int]) -> Alike:
    each = [setting(row.model, row.chip, row.chips, row.precision, expert_parallel=False) for row in rows]
    return Alike(
        places, rows[0].chip.generation, rows[0].task, each[0].fit,
        np.array([own_experts(row.chip, row.precision) for row in rows]),
        np.array([row.batch for row in rows]), np.array([row.output for row in rows]),
        _stacked([steps.shape for steps in each]), _stacked([steps.work for steps in each]),
        _stacked([steps.rates for steps in each]),
        _stacked([replace(steps.watts, silicon=steps.watts.full) for steps in each]),
    )  # fmt: skip


def _stacked(parts: Sequence[Any]) -> Any:
    """One object of arrays from many of scalars; what none has is None."""
    names = [field.name for field in fields(parts[0])]
    columns = {name: [getattr(part, name) for part in parts] for name in names}
    return type(parts[0])(
        **{n: None if column[0] is None else np.array([float(x) for x in column]) for n, column in columns.items()}
    )


@dataclass(frozen=True, eq=False)
class HostedFit:
    """What was fitted, by name: ``HOST``, ``power`` by generation, ``tokens`` by task, ``first-wait``."""

    values: dict[str, float]

    def predict(self, rows: Sequence[ServingRow]) -> Steady:
        """TPOT, mean time between a sequence's tokens, and watts of a chip, in the rows' order."""
        return self.of(alike(rows), len(rows))

    def of(self, groups: Sequence[Alike], count: int) -> Steady:
        """The same of rows that are read already, ``count`` in all.

        Parameters
        ----------
        groups : rows that differ in batch and length alone
        count : number of rows in all groups

        Returns
        -------
        Seconds a step, seconds between two tokens, and watts, shape (count,) each.
        """
        values = np.zeros((3, count))
        for group in groups:
            soft = self.software(group.generation, group.task in GREEDY)
            fit = with_software(group.fit, soft, group.own_experts)
            tokens, batch = self.values.get(f"tokens-{group.task}", INPUTS["chat"][0]), group.batch
            begin = batch / group.output
            plain = group.run(fit, batch, batch, tokens + group.output / 2, 0.0)
            prompts = np.maximum(1.0, np.minimum(np.minimum(begin, STEP_TOKENS / tokens), batch))
            reading = group.run(fit, prompts * tokens, prompts, 0.0, tokens)
            time = plain.time_s + begin / prompts * reading.time_s
            energy = plain.energy_j + begin / prompts * reading.energy_j
            values[:, group.places] = time / (1.0 + self.values["first-wait"] * begin), time, energy / time
        return Steady(*values)

    def software(self, generation: str, greedy: bool = False) -> Software:
        """The engine as software of a chip of this generation; one that was not measured takes the mean.

        Parameters
        ----------
        generation : of the chip
        greedy : whether the task's tokens are taken without sampling

        Returns
        -------
        What the engine's host adds to a step.
        """
        known = [value for name, value in self.values.items() if name.startswith("power-")]
        power = self.values.get(f"power-{generation}", float(np.mean(known)))
        step, sequence, layer = (self.values[name] for name in HOST)
        return Software(
            ENGINE, host_s=step, host_sequence_s=sequence, parallel_layer_s=layer, host_power=power,
            greedy=greedy,
        )  # fmt: skip


def names_of(rows: Sequence[ServingRow]) -> dict[str, tuple[float, float]]:
    """What is fitted to these rows, each with its prior."""
    power = {f"power-{name}": POWER for name in sorted({row.chip.generation for row in rows})}
    tokens = {f"tokens-{task}": INPUTS[task] for task in sorted({row.task for row in rows})}
    return {**HOST, **power, **tokens, "first-wait": FIRST_WAIT}


def fit_hosted(rows: Sequence[ServingRow], start: HostedFit | None = None) -> HostedFit:
    """Fit how an engine that its host held back ran.

    Parameters
    ----------
    rows : as they were measured
    start : a fit to begin at; None for the priors

    Returns
    -------
    The fit.

    Raises WattlineError where the rows are too few.
    """
    if len(rows) < MIN_ROWS:
        raise WattlineError(f"{len(rows)} usable rows are too few to fit an engine; {MIN_ROWS} or more are needed")
    priors = names_of(rows)
    middle, width = (np.array(column) for column in zip(*priors.values(), strict=True))
    first = np.array([start.values.get(n, v) for n, (v, _) in priors.items()]) if start else middle
    truth = {
        "tpot": np.log([row.itl_s for row in rows]), "time": np.log([row.batch / row.throughput for row in rows]),
        "power": np.log([row.power_w / row.chips for row in rows]),
    }  # fmt: skip

    groups = alike(rows)

    def residuals(logs: Array) -> Array:
        steps = HostedFit(dict(zip(priors, np.exp(logs).tolist(), strict=True))).of(groups, len(rows))
        parts = {"tpot": steps.itl_s, "time": steps.step_s, "power": steps.chip_w}
        errors = [(np.log(value) - truth[name]) / SIGMA[name] for name, value in parts.items()]
        return np.concatenate([SHARP * np.arctan(np.concatenate(errors) / SHARP), (logs - np.log(middle)) / width])

    logs = least_squares(residuals, np.log(first), max_nfev=20, xtol=1e-4, ftol=1e-5).x
    return HostedFit(dict(zip(priors, np.exp(logs).tolist(), strict=True)))


def predict_hosted(
    rows: Sequence[ServingRow], leave_out: str = "", progress: Callable[[str], None] = lambda name: None
) -> Steady:
    """The rows by the catalog's fit, or each group by a fit to all others.

    Parameters
    ----------
    rows : of an engine whose chips waited for the host
    leave_out : model, family, gpu or rows; empty for none
    progress : hears the group's name

    Returns
    -------
    Seconds and joules of the rows.
    """
    whole = hosted_from_catalog()
    if not leave_out:
        return whole.predict(rows)
    parts = [np.zeros(len(rows)) for _ in range(3)]
    for name, others, own in each_left_out(rows, leave_out):
        progress(name)
        steps = fit_hosted([rows[i] for i in others], whole).predict([rows[i] for i in own])
        for part, values in zip(parts, (steps.itl_s, steps.step_s, steps.chip_w), strict=True):
            part[own] = values
    return Steady(*parts)


def hosted_from_catalog() -> HostedFit:
    """The fit as it was written down."""
    records, draws = catalog.default().records("fit"), Draws(0)
    tail = f"-{ENGINE}"
    values = {name: float(draws(f"fit.software-{name}{tail}", NAMES[name][1])) for name in HOST}
    head = f"software-host-power{tail}-"
    for key in records:
        if key.startswith(head):
            values[f"power-{key.removeprefix(head)}"] = float(draws(f"fit.{key}", ""))
    values |= {f"tokens-{task}": float(draws(f"fit.prompt-tokens{tail}-{task}", "token")) for task in INPUTS}
    return HostedFit(values | {"first-wait": float(draws(f"fit.first-wait{tail}", ""))})


def spreads_left_out(
    rows: Sequence[ServingRow], predicted: Steady, by: str = "model"
) -> dict[str, tuple[float, float]]:
    """Low and high of measured over predicted of a model that was never measured, by measure and generation
    (``time-hopper``): its rows lie off together, and scatter around that.

    Parameters
    ----------
    rows : as measured
    predicted : each by a fit without its group
    by : the groups that were left out

    Returns
    -------
    Pairs by name.
    """
    time = np.array([row.batch / row.throughput for row in rows]) / predicted.step_s
    power = np.array([row.power_w / row.chips for row in rows]) / predicted.chip_w
    itl = np.array([row.itl_s for row in rows]) / predicted.itl_s
    kinds = np.array([row.chip.generation for row in rows])
    groups = np.array([group_of(row, by) for row in rows])
    return {
        f"{what}-{kind}": group_range(np.log(ratio[kinds == kind]), groups[kinds == kind], COVERED_MODELS, few=True)
        for what, ratio in {"time": time, "power": power, "energy": time * power, "itl": itl}.items()
        for kind in sorted(set(kinds.tolist()))
    }
