"""``ci``: several runs of a command held against a budget and against a baseline, with the significance of a change."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError, shorten
from wattline.core.files import write_text
from wattline.core.quantity import parse, show
from wattline.core.range import MeasuredValue
from wattline.core.reading import parse_json, read_text
from wattline.core.result import Json, Result, envelope
from wattline.meter.live.measurement import Measurement
from wattline.meter.live.run_command import check_command
from wattline.reconcile.saving_test import Rate, SavingTest, saving_test

MARK = "wattline ci 1"
MIN_RUNS = 3
WITHIN, OVER, FAILED = 0, 3, 4  # exit statuses; 2 is of bad input
MAX_BYTES = 1_000_000
Say = Callable[[str], None]


def _quiet(_: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class RunEnergies:
    """Joules of the runs of a command. ``sensors``: what measured them; ``error``: their own error, relative."""

    joules: tuple[float, ...]
    sensors: tuple[str, ...]
    error: float
    modelled: bool

    def rate(self) -> Rate:
        """Mean joules of a run with its standard error."""
        values = np.array(self.joules)
        return Rate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))), len(values) - 1)


@dataclass(frozen=True, eq=False, repr=False)
class EnergyCheck(Result):
    """Whether a command keeps its budget of energy, and whether it takes more than before."""

    command: tuple[str, ...]
    runs: RunEnergies
    budget_j: float | None
    baseline: RunEnergies | None
    test: SavingTest | None
    tolerance: float
    warnings: tuple[str, ...]

    @property
    def over_budget(self) -> bool:
        """Whether a run takes more than the budget, on average."""
        return self.budget_j is not None and self.runs.rate().value > self.budget_j

    @property
    def regression(self) -> bool:
        """Whether it takes significantly more than before, by more than the tolerance."""
        return self.test is not None and self.test.significant and -self.test.saved > self.tolerance

    @property
    def status(self) -> int:
        """The exit status: 0 within, 3 above the budget or significantly more than before."""
        return OVER if self.over_budget or self.regression else WITHIN

    @property
    def energy_j(self) -> MeasuredValue:
        """Mean joules of a run, within the sensors' error."""
        value = self.runs.rate().value
        return MeasuredValue(value, value * (1 - self.runs.error), value * (1 + self.runs.error))

    def figures(self) -> dict[str, MeasuredValue]:
        return {"energy_j": self.energy_j}

    @property
    def verdict(self) -> str:
        """The result in a sentence."""
        mean = show(self.runs.rate().value, "J")
        parts = [f"{mean} a run, mean of {len(self.runs.joules)}"]
        if self.budget_j is not None:
            parts.append(f"{'above' if self.over_budget else 'within'} the budget of {show(self.budget_j, 'J')}")
        if self.test is not None:
            parts.append(_compared(self.test, self.regression))
        return "; ".join(parts)

    def json(self) -> Json:
        test = self.test
        results = {
            "verdict": self.verdict,
            "status": self.status,
            "energy_j": self.energy_j.json(),
            "runs_j": list(self.runs.joules),
            "basis": "modelled" if self.runs.modelled else "measured",
            "budget_j": self.budget_j,
            "over_budget": None if self.budget_j is None else self.over_budget,
            "baseline_j": None if self.baseline is None else self.baseline.rate().value,
            "more_share": None if test is None else MeasuredValue(-test.saved, -test.high, -test.low).json(),
            "significant": None if test is None else test.significant,
            "p_value": None if test is None else test.p_value,
            "smallest_share": None if test is None else test.smallest,
            "regression": None if test is None else self.regression,
        }
        inputs = {"command": list(self.command), "budget_j": self.budget_j, "tolerance_share": self.tolerance}
        return envelope("ci", inputs, results, warnings=self.warnings)


def _compared(test: SavingTest, regression: bool) -> str:
    share = f"{100 * abs(test.saved):.1f}% {'more' if test.saved < 0 else 'less'} than the baseline"
    if not test.significant:
        return f"{share}: not significant (a change below {100 * test.smallest:.1f}% would not show in so many runs)"
    if test.saved < 0 and not regression:
        return f"{share}: significant, within the tolerance"
    return f"{share}: significant"


def energy_check(
    command: Sequence[str],
    *,
    budget: float | str | None = None,
    baseline: Path | str | None = None,
    save: bool = False,
    runs: int = 5,
    warm_up: int = 1,
    tolerance: float | str = 0.0,
    say: Say = _quiet,
) -> EnergyCheck:
    """Run a command several times, and hold its energy against a budget and a baseline.

    Parameters
    ----------
    command : the program with its arguments
    budget : joules that a run may take on average, such as ``"50 J"``
    baseline : file with the runs of before
    save : whether this file is written of these runs, in place of holding them against it
    runs : how many runs are measured, 3 at least
    warm_up : runs before them that do not count
    tolerance : share by which a run may take more than before, such as ``"2%"``
    say : called with what is being worked on

    Returns
    -------
    The check. Raises WattlineError where nothing measures, where there is no such command or it fails, and where the
    baseline is none.
    """
    if not command:
        raise WattlineError("ci: give a COMMAND after --")
    if warm_up < 0:
        raise WattlineError(f"ci: --warm-up {warm_up} is no number of runs; give 0 or more")
    if runs < MIN_RUNS:
        raise WattlineError(f"ci: {runs} runs say nothing of their scatter; take {MIN_RUNS} or more")
    if save and baseline is None:
        raise WattlineError("ci: --save-baseline needs --baseline-file FILE, which it writes")
    budget_j = None if budget is None else parse(budget, "J", "budget")
    share = _tolerance(tolerance, baseline is not None and not save)
    before = None if baseline is None or save else read_baseline(Path(baseline))
    after = _measured(command, runs, warm_up, say)
    if save and baseline is not None:
        write_text(Path(baseline), _baseline_text(command, after))
    test = None if before is None else _test(before, after)
    return EnergyCheck(tuple(command), after, budget_j, before, test, share, _warnings(before, after))


def _tolerance(value: float | str, compared: bool) -> float:
    share = parse(value, "", "tolerance", zero=True)
    if share and not compared:
        raise WattlineError("ci: --tolerance has no effect here; it goes with a --baseline-file that is compared with")
    if not share <= 1:
        raise WattlineError(f"ci: --tolerance {value} is more than twice as much; give a share such as 2% or 0.02")
    return share


class CommandFailed(WattlineError):
    """The command that was to be measured failed."""

    status = FAILED


def _measured(command: Sequence[str], runs: int, warm_up: int, say: Say) -> RunEnergies:
    check_command(command)
    joules, errors = [], []
    sensors: set[str] = set()
    modelled = False
    for i in range(warm_up + runs):
        say(f"run {i + 1 - warm_up} of {runs}" if i >= warm_up else "warm-up")
        window = Measurement(f"run {i + 1 - warm_up}" if i >= warm_up else "warm-up")
        with window:
            try:  # its output is no part of ours, which may be JSON
                status = subprocess.run(list(command), stdout=sys.stderr, check=False).returncode
            except OSError as error:
                raise WattlineError(f"ci: {shorten(command[0])!r} cannot be run: {error.strerror}") from None
        if status:
            raise CommandFailed(f"ci: {shorten(command[0])} ended with status {status}: nothing is held against it")
        energy = window.energy
        if energy.energy_j is None or energy.low_j is None or energy.high_j is None or energy.energy_j <= 0:
            raise WattlineError(
                "ci: no sensor gave readings: energy is unknown, not zero; `wattline sensors` says what is missing"
            )
        if i >= warm_up:
            joules.append(energy.energy_j)
            errors.append((energy.high_j - energy.low_j) / 2 / energy.energy_j)
            sensors |= {f"{device.source} {device.name}" for device in energy.devices}
            modelled = modelled or energy.modelled
    return RunEnergies(tuple(joules), tuple(sorted(sensors)), float(np.mean(errors)), modelled)


def _test(before: RunEnergies, after: RunEnergies) -> SavingTest:
    same = before.sensors == after.sensors
    sensor = 0.0 if same else float(np.hypot(before.error, after.error))
    return saving_test(before.rate(), after.rate(), sensor)


def _warnings(before: RunEnergies | None, after: RunEnergies) -> tuple[str, ...]:
    out = []
    if after.modelled:
        whole = all(sensor.startswith("model ") for sensor in after.sensors)
        share = "all" if whole else "part"
        out.append(f"{share} of the energy is modelled from the use of the machine, not measured")
    if before is not None and before.sensors != after.sensors:
        out.append("other sensors than those of the baseline: their errors do not cancel and widen the interval")
    return tuple(out)


def _baseline_text(command: Sequence[str], runs: RunEnergies) -> str:
    data = {
        "mark": MARK, "command": list(command), "runs_j": list(runs.joules), "sensors": list(runs.sensors),
        "error": runs.error, "modelled": runs.modelled,
    }  # fmt: skip
    return json.dumps(data, indent=1) + "\n"


def read_baseline(path: Path) -> RunEnergies:
    """The runs of a baseline file.

    Parameters
    ----------
    path : of the file, which ``ci --save-baseline`` wrote

    Returns
    -------
    The runs. Raises WattlineError where the file is none.
    """
    if not path.exists():
        raise WattlineError(f"{shorten(str(path), 200)} does not exist: make it with --save-baseline")
    try:
        data = parse_json(read_text(path, MAX_BYTES, "baseline"))
        joules = tuple(float(value) for value in data["runs_j"])
        if data["mark"] != MARK or len(joules) < MIN_RUNS or not all(0 < value < np.inf for value in joules):
            raise ValueError("not what ci --save-baseline writes")
        return RunEnergies(joules, tuple(data["sensors"]), float(data["error"]), bool(data["modelled"]))
    except (ValueError, KeyError, TypeError) as error:
        raise WattlineError(f"{shorten(str(path), 200)} is no baseline: {shorten(str(error), 100)}") from None
