"""``calibrate measured``: the facts behind a prediction, moved by the user's own measurements, as a file of facts.

Bayes with normal scores. Each fact of the prediction is ``quantile(Φ(z))`` with z ~ N(0, 1): its own range is the
prior. The logarithms of time and of power are taken as linear in the z's, fitted to the prediction's own draws. A
measurement's noise is its meters' error, what is not linear, and the scatter between jobs of one house
(``fit.house-scatter``); a fact moves by its share of the prior's variance over all variance, and narrows by as much.
Facts that scatter from run to run (``Draws.own``) move too, as a house's runs are more alike than published ones, but
keep the house's scatter. The facts are written one by one: that they are bound to each other after a measurement is
left out, which leaves ranges too wide rather than too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from wattline import catalog
from wattline.catalog import SINGLE
from wattline.catalog.draws import NOISE, Draws
from wattline.core.errors import WattlineError
from wattline.core.fact import Array, Fact, normal_quantile
from wattline.core.range import Range
from wattline.core.units import Z95
from wattline.meter.recording import Recording
from wattline.reconcile.compare import Comparison, compare
from wattline.scenario.run import ScenarioRun

MIN_DRAWS = 200
MIN_MOVED, MIN_NARROWED = 0.1, 0.02  # standard deviations, share of the variance: less is not written
MAX_MOVED = 3.0
TRIANGLE_P95 = 1 - 0.1**0.5  # of the half-width, in a symmetric triangle
TIME_ERROR = 1e-3  # clocks of logs, relative


@dataclass(frozen=True, eq=False)
class UpdatedFact:
    """A fact after the measurements: by how many of its prior's standard deviations it moved, and its new range."""

    fact: Fact
    z: float
    variance: float

    @property
    def range(self) -> tuple[float, float, float, str]:
        """Value, low, high and distribution: lognormal stays so; bounds stay bounds, and none is passed."""
        half = Z95 * float(np.sqrt(self.variance))
        low, middle, high = (float(self.fact.quantile(_phi(self.z + d))) for d in (-half, 0.0, half))
        if self.fact.dist == "lognormal":
            return middle, min(low, middle), max(high, middle), "lognormal"
        # the bounds of a triangle whose 5th and 95th percentiles these are, within the fact's own
        low, high = (middle - (middle - end) / TRIANGLE_P95 for end in (low, high))
        return middle, max(min(low, middle), self.fact.low), min(max(high, middle), self.fact.high), "triangular"


@dataclass(frozen=True, eq=False)
class Calibration:
    """What the measurements say: moved facts, and by what each observable was off before and is after."""

    moved: tuple[UpdatedFact, ...]
    names: tuple[str, ...]
    before: Array
    after: Array
    compared: tuple[Comparison, ...]


def calibrate_measured(
    worked: ScenarioRun, recordings: Sequence[Recording], job: str | None = None, window: str | None = None
) -> Calibration:
    """Move the facts behind one job's prediction by measurements of it.

    Parameters
    ----------
    worked : the scenario, with its draws
    recordings : measurements of the job
    job : its name; the only one where None
    window : of each recording; its run where None

    Returns the facts as moved, and each comparison. Raises WattlineError where draws are too few, no measurement is
    given, or the scenario has several jobs.
    """
    draws = worked.draws
    if draws.n < MIN_DRAWS:
        raise WattlineError(f"calibrate measured: {draws.n} draws are too few; take {MIN_DRAWS} or more")
    if not recordings:
        raise WattlineError("calibrate measured: give at least one measurement")
    compared = tuple(compare(worked, recorded, job=job, window=window) for recorded in recordings)
    if not compared[0].job:
        raise WattlineError("calibrate measured: the scenario has several jobs; name the one measured by --job")
    names, predicted = _predicted(compared[0])
    measured = np.stack([_measured(each, names) for each in compared])
    facts, own, scores = _scores(draws)
    line = _linear(predicted, scores)
    noise = np.stack([_noise(each) for each in compared])
    z, variance = _update(line, measured, noise)
    after = measured - line.middle - z @ line.slopes
    variance = np.where(own, np.maximum(variance, _least(line, own)), variance)
    moved = [_moved(fact, z[j], variance[j], line, j) for j, fact in enumerate(facts)]
    alike = [UpdatedFact(other, each.z, each.variance) for each in moved if each for other in _group(each.fact, draws)]
    return Calibration(tuple(alike), names, (measured - line.middle).mean(axis=0), after.mean(axis=0), compared)


def _predicted(comparison: Comparison) -> tuple[tuple[str, ...], Array]:
    """Names of the observables and their logarithms by draw, shape ``(observables, draws)``: time, and each power."""
    _check_whole(comparison)
    assert comparison.predicted.work is not None
    time = np.log(comparison.predicted.duration_s / comparison.predicted.work[1])
    names, rows = ["time"], [time]
    for group in comparison.groups:
        names.append(f"power, {group.name}")
        rows.append(np.log(group.predicted_j / comparison.predicted.duration_s / _predicted_chips(comparison)))
    n = comparison.draws.n
    return tuple(names), np.stack([np.broadcast_to(row, (n,)) for row in rows])


def _predicted_chips(comparison: Comparison) -> Array:
    return (
        np.asarray(1.0)
        if comparison.chips is None or comparison.predicted.chips is None
        else comparison.predicted.chips
    )


def _measured(comparison: Comparison, names: Sequence[str]) -> Array:
    """The same observables as measured; WattlineError where the measurements do not see the same parts."""
    known = ("time", *(f"power, {group.name}" for group in comparison.groups))
    if known != tuple(names):
        raise WattlineError(
            f"{comparison.seen.source}: its meters saw other parts than the first measurement's; calibrate apart"
        )
    _check_whole(comparison)
    assert comparison.predicted.work is not None
    work = comparison.seen.done
    done = work[1] if work is not None and work[0] == comparison.predicted.work[0] else comparison.predicted.work[1]
    chips = 1.0 if comparison.chips is None or comparison.predicted.chips is None else comparison.chips
    powers = [np.log(np.median(group.measured_j) / comparison.seen.duration_s / chips) for group in comparison.groups]
    return np.array([np.log(comparison.seen.duration_s / done), *powers])


def _check_whole(comparison: Comparison) -> None:
    """WattlineError where the measurement is of a part of the job, which says nothing of its time."""
    if comparison.part:
        why = f"{comparison.seen.source}: {comparison.warnings[0]}"
        raise WattlineError(f"calibrate measured: {why}; count its tokens in a window")


def _noise(comparison: Comparison) -> Array:
    """Variance of a measurement's observables: its meters' errors, and the scatter between jobs of one house."""
    scatter = catalog.fact("fit.house-scatter").value
    errors = [TIME_ERROR]
    for group in comparison.groups:
        range_ = Range.of(group.measured_j)
        errors.append(float(np.log(range_.p95 / range_.p5)) / (2 * Z95) if range_.p5 > 0 else 1.0)
    return np.asarray(np.square(errors) + scatter**2)


def _scores(draws: Draws) -> tuple[list[Fact], Array, Array]:
    """The drawn facts, whether each is a run's own, and their normal scores, shape ``(facts, draws)``."""
    facts, own, scores = [], [], []
    for key in draws.spread():
        name, _, job = key.partition("@")
        if name.startswith("measured."):
            continue
        fact = draws.used[name]
        base = fact.group or fact.key
        facts.append(fact)
        own.append(bool(job))
        scores.append(normal_quantile(draws.percentiles(f"{base}@{job}" if job else base)))
    if not facts:
        raise WattlineError(
            "calibrate measured: the scenario gives all that would be predicted; nothing is left to fit"
        )
    return facts, np.array(own), np.array(scores)


@dataclass(frozen=True, eq=False)
class _Linear:
    """Observables as linear in the scores: middle, slopes ``(facts, observables)``, their noise, what is not linear."""

    middle: Array
    slopes: Array
    error: Array
    rest: Array


def _linear(predicted: Array, scores: Array) -> _Linear:
    n = predicted.shape[1]
    rows = np.concatenate([np.ones((1, n)), scores]).T
    slopes, *_ = np.linalg.lstsq(rows, predicted.T, rcond=None)
    left = predicted.T - rows @ slopes
    rest = left.T @ left / max(n - rows.shape[1], 1)
    error = np.sqrt(np.outer(np.diag(np.linalg.pinv(rows.T @ rows)), np.diag(rest)))
    return _Linear(slopes[0], slopes[1:], error[1:], rest)


def _update(line: _Linear, measured: Array, noise: Array) -> tuple[Array, Array]:
    """Mean and variance of each fact's score after all measurements: the normal conjugate, solved at once."""
    runs = len(measured)
    alike = line.slopes.T @ line.slopes + line.rest
    whole = np.kron(np.ones((runs, runs)), alike) + np.diag(noise.ravel())
    slopes = np.tile(line.slopes, (1, runs))
    gain = np.linalg.solve(whole, slopes.T).T
    z = gain @ (measured - line.middle).ravel()
    return np.asarray(z), np.clip(1.0 - np.einsum("jk,jk->j", gain, slopes), 1e-6, 1.0)


def _least(line: _Linear, own: Array) -> float:
    """The variance that a run's own facts keep: together they scatter as the jobs of one house do."""
    scatter = catalog.fact("fit.house-scatter").value
    most = float(np.max(np.square(line.slopes[own]).sum(axis=0), initial=0.0))
    return min(scatter**2 / most, 1.0) if most > 0 else 1.0


def _moved(fact: Fact, z: float, variance: float, line: _Linear, j: int) -> UpdatedFact | None:
    """The fact as moved; None where it does not bear on what was measured, or hardly moves."""
    bears = np.any(np.abs(line.slopes[j]) > NOISE * line.error[j])
    worth = abs(z) > MIN_MOVED or 1 - variance > MIN_NARROWED
    return UpdatedFact(fact, float(np.clip(z, -MAX_MOVED, MAX_MOVED)), float(variance)) if bears and worth else None


def _group(fact: Fact, draws: Draws) -> list[Fact]:
    """The facts that are drawn with this one."""
    return [other for other in draws.used.values() if fact.group and other.group == fact.group] or [fact]


def _phi(z: float) -> float:
    from math import erfc, sqrt

    return 0.5 * erfc(-z / sqrt(2))


# ---- the file ----


def facts_file(calibration: Calibration) -> str:
    """The moved facts as a file that ``--facts`` takes, with what was measured and how it was done above them."""
    import json

    first = calibration.compared[0]
    year = datetime.fromtimestamp(first.seen.span.begin_s, UTC).year
    sources = "; ".join(f"{each.seen.source}, window {each.seen.span.name}" for each in calibration.compared)
    lines = [
        "# Made by `wattline calibrate measured`; take it with --facts FILE or WATTLINE_FACTS=FILE.",
        f"# {_plain(first.predicted.title)}",
        f"# {len(calibration.compared)} measured: {_plain(sources)}",
        *(
            f"# {name}: measured / predicted {np.exp(before):.3f} before, {np.exp(after):.3f} with these facts"
            for name, before, after in zip(calibration.names, calibration.before, calibration.after, strict=True)
        ),
        "# Each fact's own range is the prior; it moves and narrows by its share of the variance (Bayes).",
    ]
    title = json.dumps(f"{len(calibration.compared)} measured: {_plain(sources)}", ensure_ascii=False)
    for each in calibration.moved:
        value, low, high, dist = each.range
        old = each.fact
        kind, _, rest = old.key.partition(".")
        name, _, attribute = rest.rpartition(".") if kind not in SINGLE else (rest, "", "")
        place = ".".join(json.dumps(part) for part in (kind, name, attribute) if part)
        note = f"before {old.value:.4g} ({old.low:.4g} to {old.high:.4g}); moved by {each.z:+.2f} standard deviations"
        lines += [
            "",
            f"[{place}]",
            f"value = {_short(value)}",
            f"low = {_short(low)}",
            f"high = {_short(high)}",
            f'dist = "{dist}"',
            'basis = "derived"',
            f"note = {json.dumps(note)}",
            f'source = {{ title = "Calibrated to own measurements", year = {year}, where = {title} }}',
        ]
    return "\n".join(lines) + "\n"


def _short(value: float) -> str:
    """Eight figures as TOML has floats: enough that low, value and high keep their order."""
    return repr(float(f"{value:.8g}"))


def _plain(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
