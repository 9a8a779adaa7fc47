"""The fitted coefficients of a step as a catalog file, written and read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wattline import catalog
from wattline.core.fact import Array
from wattline.line.chip.coefficients import PRIORS, fact_name
from wattline.validate.evidence.campaigns import KNOTS, MEASURES, Campaigns
from wattline.validate.evidence.serving import ServingRow, read_rows
from wattline.validate.evidence.steady import Steady, TaskAssumptions
from wattline.validate.fit.group_range import COVERED_MODELS, group_range
from wattline.validate.fit.inference import StepFit, fit_step
from wattline.validate.fit.left_out import predict_both_left_out, predict_left_out

UNSURE_INPUT = 1.6  # factor either way at p5 and p95: lengths are not published
BETWEEN = 1.15  # how far beyond the measured chips another may lie
COVERED = (4.5, 95.5)  # a little beyond p5 and p95, which were read off the same rows
CURVES = "measured_steps.csv"

_HEAD = """\
# Made by `wattline calibrate inference FILE.csv`; do not edit. {about}

[_sources]
fit = {{ title = "Fitted to ML.ENERGY Benchmark v3 leaderboard data", year = 2026, where = "{about}" }}

[_default]
source = "fit"
"""


def calibrate(path: Path, progress: Callable[[str], None] = lambda name: None) -> tuple[str, str]:
    """Fit the step to a file of measurements, and to parts of it for the spread on what was left out.

    Parameters
    ----------
    path : of the file
    progress : called with the name of each part that is left out

    Returns
    -------
    The texts of ``catalog/fit/step.toml`` and of ``measured_steps.csv`` beside it.

    Raises WattlineError where the file cannot be read.
    """
    rows, _ = read_rows(path)
    fit = fit_step(rows)
    measured, known = predict_both_left_out(rows, "rows", progress)
    left_out = {
        "": predict_left_out(rows, "model", progress),
        "stranger": predict_left_out(rows, "family", progress),
        "known": known,
        "measured": measured,
        "chip": predict_left_out(rows, "gpu", progress),
    }
    chips = " and ".join(sorted({row.chip.record.title for row in rows}))
    return step_file(fit, rows, left_out, f"{len(rows)} configurations on {chips}"), curves_file(fit.campaigns)


def step_file(fit: StepFit, rows: Sequence[ServingRow], left_out: Mapping[str, Steady], about: str) -> str:
    """The text of ``catalog/fit/step.toml``; ``left_out``: each row predicted by a fit without its model, by one
    without its family, by ones without a tenth of the rows, which know the model alone or the measured configuration
    too, and by one without its chip.

    Parameters
    ----------
    fit : the coefficients
    rows : that it was fitted to
    left_out : predictions by fits without each row's model, family, tenth (twice) or chip
    about : which rows, for the file's head

    Returns
    -------
    The file's text.
    """
    blocks = [_HEAD.format(about=about)]
    for generation, values in fit.coefficients.items():
        for name, value in values.items():
            blocks.append(
                _fact(fact_name(name, generation), f"{generation.title()}: {PRIORS[name].about}", value, name)
            )
    for name, value in fit.generic().items():
        every = [each[name] for each in fit.coefficients.values()]
        low, high = min(every) / BETWEEN, max(every) * BETWEEN
        text = _fact(fact_name(name), f"chips not measured: {PRIORS[name].about}", value, name, low, high)
        blocks.append(text.replace('basis = "derived"', 'basis = "estimated"'))
    for known, predicted in left_out.items():
        blocks += _spreads(rows, predicted, sorted(fit.coefficients), known) if known != "chip" else []
    blocks += _between_chips(rows, left_out["chip"])
    blocks += list(_known(fit.campaigns))
    assumed = fit.assumed
    for task, tokens in assumed.input_tokens.items():
        low, high = tokens / UNSURE_INPUT, tokens * UNSURE_INPUT
        blocks.append(_fact(f"input-tokens-{task}", f"tokens of a prompt in {task}, assumed", tokens, "", low, high))
    for task, seconds in assumed.media_s.items():
        blocks.append(_fact(f"media-s-{task}", f"time to prepare a prompt's media in {task}", seconds, "host_s"))
    for task, prompts in assumed.distinct.items():
        about = f"distinct prompts of the data set of {task} beside running requests, assumed"
        blocks.append(_fact(f"distinct-prompts-{task}", about, prompts, ""))
    for task, prompts in assumed.together.items():
        about = f"prompts that come together in {task}, assumed"
        blocks.append(_fact(f"prompts-together-{task}", about, prompts, ""))
    blocks.append(
        _fact("host-stall", "a host's stall a step, seen on single B200 in two tasks", assumed.stall_s, "host_s")
    )
    blocks.append(
        _fact("host-crowding", "how many times as long a crowded host prepares media, seen there", assumed.crowding, "")
    )
    return "\n".join(blocks)


def _fact(key: str, about: str, value: float, name: str, low: float | None = None, high: float | None = None) -> str:
    unit = PRIORS[name].unit if name else ""
    lines = [f'["{key}"]' if "." in key else f"[{key}]", f'name = "{about}"', f"value = {value:.5g}"]
    if low is not None and high is not None:
        share = name.endswith("_efficiency")  # of a nameplate: bounded, and never above it
        high = min(high, 1.0) if share else high
        lines += [f"low = {low:.5g}", f"high = {high:.5g}", f'dist = "{"triangular" if share else "lognormal"}"']
    return "\n".join([*lines, f'unit = "{unit}"', 'basis = "derived"', ""])


def _ratios(rows: Sequence[ServingRow], predicted: Steady) -> dict[str, Array]:
    """Measured over predicted, of each row."""
    time = np.array([row.batch / row.throughput for row in rows]) / predicted.step_s
    power = np.array([row.power_w / row.chips for row in rows]) / predicted.chip_w
    itl = np.array([row.itl_s for row in rows]) / predicted.itl_s
    return {"time": time, "power": power, "energy": time * power, "itl": itl}


def _spreads(rows: Sequence[ServingRow], predicted: Steady, generations: Sequence[str], known: str) -> list[str]:
    """Measured over predicted, p5 and p95, on models that the fit had not seen, or on what was ``known`` to it."""
    kind = f"{known}-" if known else ""
    of = {
        "": "",
        "stranger": "models of families not measured: ",
        "known": "models measured themselves: ",
        "measured": "configurations measured themselves: ",
    }[known]
    blocks = []
    for what, ratio in _ratios(rows, predicted).items():
        for generation in generations:
            own = [ratio[i] for i, row in enumerate(rows) if row.chip.generation == generation]
            low, high = (float(x) for x in np.percentile(own, COVERED if known else COVERED_MODELS))
            about = f"{generation.title()}: {of}measured {what} of a step beside the model's"
            key = f"step-spread-{kind}{what}-{generation}"
            blocks.append(_fact(key, about, 1.0, "", min(low, 0.99), max(high, 1.01)))
    return blocks


def _between_chips(rows: Sequence[ServingRow], predicted: Steady) -> list[str]:
    """Measured over predicted on chips that were never measured: a chip lies off as a whole, by as much as those left
    out did, and its rows scatter around that as theirs do."""
    chips = np.array([row.chip.generation for row in rows])
    blocks = []
    for what, ratio in _ratios(rows, predicted).items():
        low, high = chip_range(np.log(ratio), chips)
        about = f"chips not measured: measured {what} of a step beside the model's"
        blocks.append(_fact(f"step-spread-{what}", about, 1.0, "", low, high))
    return blocks


def chip_range(logs: Array, chips: NDArray[np.str_]) -> tuple[float, float]:
    """The range of measured over predicted on a chip that was never measured.

    Parameters
    ----------
    logs : log of measured over predicted of rows whose chip was left out, shape ``(n,)``
    chips : the chip of each, shape ``(n,)``

    Returns p5 and p95 of the factor: a normal shift of the chip, as large as those left out had, and the rows' own
    scatter.
    """
    return group_range(logs, chips)


def _known(campaigns: Campaigns) -> Iterator[str]:
    """What families, models, and models in one task reached beside the model of a step."""
    for measure, logs in campaigns.logs.items():
        for key, log in logs.items():
            about = f"measured {measure} of a step beside the model's: {key}"
            yield _fact(f"known-{measure}-{key}", about, round(float(np.exp(log)), 3), "")


def curves_file(campaigns: Campaigns) -> str:
    """The text of ``catalog/fit/measured_steps.csv``: what measured configurations reached beside the model of a step
    and what is known of their models, at some batches."""
    head = "# Made by `wattline calibrate inference FILE.csv`; do not edit. Measured over predicted, by batch"
    lines = [head, ",".join(["measure", "configuration", *(f"{batch:.0f}" for batch in KNOTS)])]
    for measure, curves in campaigns.curves.items():
        lines += [",".join([measure, key, *(f"{x:.3f}" for x in np.exp(log))]) for key, log in curves.items()]
    return "\n".join(lines) + "\n"


def _curves() -> dict[str, dict[str, Array]]:
    curves: dict[str, dict[str, Array]] = {measure: {} for measure in MEASURES}
    for line in (catalog.HERE / "fit" / CURVES).read_text(encoding="utf-8").splitlines()[2:]:
        measure, key, *values = line.split(",")
        curves[measure][key] = np.log([float(value) for value in values])
    return curves


def fit_from_catalog() -> StepFit:
    """The shipped fit."""
    known = catalog.default().records("fit")
    head = fact_name("launch_s") + "-"
    generations = [name.removeprefix(head) for name in known if name.startswith(head)]

    def value(name: str) -> float:
        return known[name]["value"].value

    coefficients = {g: {name: value(fact_name(name, g)) for name in PRIORS} for g in generations}
    inputs = {n.removeprefix("input-tokens-"): value(n) for n in known if n.startswith("input-tokens-")}
    media = {n.removeprefix("media-s-"): value(n) for n in known if n.startswith("media-s-")}
    distinct = {n.removeprefix("distinct-prompts-"): value(n) for n in known if n.startswith("distinct-prompts-")}
    together = {n.removeprefix("prompts-together-"): value(n) for n in known if n.startswith("prompts-together-")}
    assumed = TaskAssumptions(inputs, media, distinct, together, value("host-stall"), value("host-crowding"))
    logs = {measure: _logs(f"known-{measure}-") for measure in MEASURES}
    return StepFit(coefficients, assumed, Campaigns(logs, _curves()))


def _logs(head: str) -> dict[str, float]:
    known = catalog.default().records("fit")
    return {
        name.removeprefix(head): float(np.log(known[name]["value"].value)) for name in known if name.startswith(head)
    }
