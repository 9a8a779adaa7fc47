"""The fitted coefficients of a step as a catalog file, written and read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from wattline import catalog
from wattline.chip.coefficients import PRIORS, fact_name
from wattline.validate.calibrate_inference import StepFit, fit_step
from wattline.validate.inference import predict_left_out
from wattline.validate.serving_rows import Row, read_rows
from wattline.validate.steady import Assumed, Steady

UNSURE_INPUT = 1.6  # factor either way at p5 and p95: lengths are not published
BETWEEN = 1.15  # how far beyond the measured chips another may lie
UNMEASURED = 1.5  # how much wider the spread is on chips that were never measured

_HEAD = """\
# Made by `wattline calibrate inference FILE.csv`; do not edit. {about}

[_sources]
fit = {{ title = "Fitted to ML.ENERGY Benchmark v3 leaderboard data", year = 2026, where = "{about}" }}

[_default]
source = "fit"
"""


def calibrate(path: Path, progress: Callable[[str], None] = lambda name: None) -> str:
    """Fit to a file of measurements, and to each part of it without one family, for the spread on what is unseen."""
    rows, _ = read_rows(path)
    fit = fit_step(rows)
    unseen = predict_left_out(rows, fit, "family", progress)
    chips = " and ".join(sorted({row.chip.record.title for row in rows}))
    return step_file(fit, rows, unseen, f"{len(rows)} configurations on {chips}")


def step_file(fit: StepFit, rows: Sequence[Row], unseen: Steady, about: str) -> str:
    """The text of ``catalog/fit/step.toml``; ``unseen``: each row predicted by a fit without its family."""
    blocks = [_HEAD.format(about=about)]
    for generation, values in fit.coefficients.items():
        for name, value in values.items():
            blocks.append(
                _fact(fact_name(name, generation), f"{generation.title()}: {PRIORS[name].about}", value, name)
            )
    for name, value in fit.generic().items():
        every = [one[name] for one in fit.coefficients.values()]
        low, high = min(every) / BETWEEN, max(every) * BETWEEN
        text = _fact(fact_name(name), f"chips not measured: {PRIORS[name].about}", value, name, low, high)
        blocks.append(text.replace('basis = "derived"', 'basis = "estimated"'))
    blocks += _spreads(rows, unseen, sorted(fit.coefficients))
    assumed = fit.assumed
    for task, tokens in assumed.input_tokens.items():
        low, high = tokens / UNSURE_INPUT, tokens * UNSURE_INPUT
        blocks.append(_fact(f"input-tokens-{task}", f"tokens of a prompt in {task}, assumed", tokens, "", low, high))
    for task, seconds in assumed.media_s.items():
        blocks.append(_fact(f"media-s-{task}", f"time to prepare a prompt's media in {task}", seconds, "host_s"))
    blocks.append(
        _fact("host-stall", "a host's stall a step, seen on single B200 in two tasks", assumed.stall_s, "host_s")
    )
    return "\n".join(blocks)


def _fact(key: str, about: str, value: float, name: str, low: float | None = None, high: float | None = None) -> str:
    unit = PRIORS[name].unit if name else ""
    lines = [f"[{key}]", f'name = "{about}"', f"value = {value:.5g}"]
    if low is not None and high is not None:
        share = name.endswith("_efficiency")  # of a nameplate: bounded, and never above it
        high = min(high, 1.0) if share else high
        lines += [f"low = {low:.5g}", f"high = {high:.5g}", f'dist = "{"triangular" if share else "lognormal"}"']
    return "\n".join([*lines, f'unit = "{unit}"', 'basis = "derived"', ""])


def _spreads(rows: Sequence[Row], unseen: Steady, generations: Sequence[str]) -> list[str]:
    """Measured over predicted on families that the fit had not seen, p5 and p95."""
    time = np.array([row.batch / row.throughput for row in rows]) / unseen.step_s
    power = np.array([row.power_w / row.chips for row in rows]) / unseen.chip_w
    truth = {"time": time, "power": power, "energy": time * power}
    blocks = []
    for what, ratio in truth.items():
        for generation in generations:
            own = [ratio[i] for i, row in enumerate(rows) if row.chip.generation == generation]
            low, high = (float(x) for x in np.percentile(own, (5, 95)))
            about = f"{generation.title()}: measured {what} of a step beside the model's"
            blocks.append(_fact(f"step-spread-{what}-{generation}", about, 1.0, "", min(low, 0.99), max(high, 1.01)))
        low, high = (float(x) for x in np.percentile(ratio, (5, 95)))
        about = f"chips not measured: measured {what} of a step beside the model's"
        blocks.append(_fact(f"step-spread-{what}", about, 1.0, "", low / UNMEASURED, high * UNMEASURED))
    return blocks


def fit_from_catalog() -> StepFit:
    """The shipped fit."""
    known = catalog.records("fit")
    head = fact_name("launch_s") + "-"
    generations = [name.removeprefix(head) for name in known if name.startswith(head)]

    def value(name: str) -> float:
        return known[name]["value"].value

    found = {g: {name: value(fact_name(name, g)) for name in PRIORS} for g in generations}
    inputs = {n.removeprefix("input-tokens-"): value(n) for n in known if n.startswith("input-tokens-")}
    media = {n.removeprefix("media-s-"): value(n) for n in known if n.startswith("media-s-")}
    return StepFit(found, Assumed(inputs, media, value("host-stall")))
