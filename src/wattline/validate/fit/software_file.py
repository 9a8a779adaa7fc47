"""``catalog/fit/software.toml``: the text of the fit of ``software_fit.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.line.chip.known import spread_fact
from wattline.line.chip.software import NAMES
from wattline.validate.evidence.latencies import read_timed
from wattline.validate.fit.engine_factors import EngineFactors
from wattline.validate.fit.software import Key, SoftwareFit, fit_software, leave_out_software

NOTHING = 1e-9  # the fit ends this near to its bound
FACTORS, FRONT = ("kernel-time", "expert-time"), ("front-s", "held-steps", "prompt-layer-s", "prompt-token-s")

_HEAD = """\
# Made by `wattline calibrate serving FILE.csv`; do not edit. {about}

[_sources]
fit = {{ title = "Fitted to aiconfigurator's sample of measured TTFT and TPOT", year = 2026, where = "{about}" }}

[_default]
source = "fit"
"""


def calibrate(path: Path, progress: Callable[[str], None] = lambda name: None) -> str:
    """Fit engines to a file of measurements.

    Parameters
    ----------
    path : of the file
    progress : called with the name of each part that is under way

    Returns
    -------
    The text of ``catalog/fit/software.toml``.

    Raises WattlineError where the file cannot be read.
    """
    rows, _ = read_timed(path)
    fit, used = fit_software(rows, progress)
    systems = ", ".join(sorted({row.system for row, _ in used}))
    generations = {row.group: row.chip.generation for row, _ in used}
    left_out, _ = leave_out_software([row for row, _ in used], "model", progress)
    ratios: dict[str, list[float]] = {}
    for each in left_out:
        what = "mean_tpot_s"
        ratios.setdefault(generations[each.group], []).append(each.measured[what] / each.predicted[what])
    return software_file(fit, ratios, f"{len(used):,} configurations on {systems}")


def software_file(fit: SoftwareFit, ratios: Mapping[str, Sequence[float]], about: str) -> str:
    """The text of ``catalog/fit/software.toml``; ``ratios``: measured time for each token over that predicted by a fit
    without the model, by generation.

    Parameters
    ----------
    fit : the coefficients
    ratios : measured time between tokens over that predicted by a fit without the model, by generation
    about : which rows, for the file's head

    Returns
    -------
    The file's text.
    """
    blocks = [_HEAD.format(about=about), *_engine_wide(fit), *_spreads(ratios)]
    for key, factors in sorted(fit.factors.items()):
        blocks += _engine_facts(key, factors)
    for key, values in sorted(fit.front.items()):
        blocks += _facts(FRONT, key, values)
    return "\n".join(blocks)


def _engine_wide(fit: SoftwareFit) -> Iterator[str]:
    """Each engine's factors on generations where it was never measured: the geometric mean of those where it was."""
    for engine in sorted({engine for engine, _ in fit.factors}):
        own = [each for (name, _), each in fit.factors.items() if name == engine]
        logs = [np.log([each.kernel, each.expert]) for each in own]
        yield from _facts(FACTORS, (engine, ""), np.exp(np.mean(logs, axis=0)))


def _engine_facts(key: Key, factors: EngineFactors) -> Iterator[str]:
    """An engine's factors on one generation: its own, its experts' in each format, its versions'."""
    yield from _facts(FACTORS, key, np.array([factors.kernel, factors.expert]))
    for form, value in sorted(factors.formats.items()):
        yield from _facts(FACTORS[1:], (*key, form), np.array([value]))
    for version, value in sorted(factors.versions.items()):
        yield from _facts(FACTORS[:1], (version, key[1]), np.array([value]))


def _spreads(ratios: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """How far steps under an engine lie from their prediction, of a model that its fit did not see; of models of
    families that were never measured, and on chips that were not, with what these are off by."""
    pooled = [ratio for each in ratios.values() for ratio in each]
    for generation, own in [*sorted(ratios.items()), ("", pooled)]:
        for kind, words in (("", ""), ("stranger", "models of families not measured: ")):
            who = f"{generation.title() if generation else 'chips not measured'}: {words}"
            for what, (low, high) in _engine_ranges(own, generation, kind).items():
                key = "-".join(part for part in ("step-spread-engine", kind, what, generation) if part)
                yield "\n".join(
                    [f"[{key}]", f'name = "{who}under an engine that is named, {what} of a step beside its prediction"',
                     "value = 1", f"low = {low:.5g}", f"high = {high:.5g}",
                     'dist = "lognormal"', 'unit = ""', 'basis = "derived"', ""]
                )  # fmt: skip


def _engine_ranges(ratios: Sequence[float], generation: str, kind: str) -> dict[str, tuple[float, float]]:
    """Joules move with the time by as much as power at rest has a part in them."""
    central, end = Draws(0), f"-{generation}" if generation else ""
    low, high = (float(x) for x in np.percentile(ratios, (5, 95)))
    time = (min(low, 0.99), max(high, 1.01))
    rest = float(central(f"fit.step-static-power{end}"))
    ranges = {}
    for what, own in {"time": time, "itl": time, "energy": (time[0] ** rest, time[1] ** rest)}.items():
        parts = [own]
        if kind or not generation or what == "energy":
            fact = central.catalog.fact(spread_fact(what, generation, central.catalog, kind))
            parts.append((fact.low, fact.high))
        ranges[what] = _together(parts)
    return ranges


def _together(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The range of a product of factors that vary apart, each from its low to its high around 1."""
    low, high = (
        float(np.exp(sign * np.hypot.reduce(np.log(ends))))
        for sign, ends in zip((-1, 1), zip(*parts, strict=True), strict=True)
    )
    return low, high


def _facts(names: tuple[str, ...], key: tuple[str, ...], values: Array) -> Iterator[str]:
    who = "-".join(part for part in key if part)
    for name, value in zip(names, values, strict=True):
        about, unit = NAMES[name]
        yield "\n".join(
            [f'["software-{name}-{who}"]', f'name = "{about}: {", ".join(part for part in key if part)}"',
             f"value = {float(value) if value > NOTHING else 0.0:.4g}", f'unit = "{unit}"', 'basis = "derived"', ""]
        )  # fmt: skip
