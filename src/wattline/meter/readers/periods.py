"""Statistics of periods of one length, as monitors keep them: the mean watts of each, or joules counted to its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.interpretation import Choices, Interpretation
from wattline.meter.places import label_of, role_of
from wattline.meter.readers import logs, specs, units
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.named_values import Value, value_of
from wattline.meter.recording import Recording


@dataclass
class Periods:
    """One metric: its name and unit, the beginning of each period [s], and its means or counted sums, in that unit."""

    name: str
    unit: str = ""
    begin_s: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    total: list[float] = field(default_factory=list)

    def add(self, begin_s: float | None, mean: object, total: object = None) -> None:
        """Take one period's numbers; one without its time, or without a number, is left out.

        Parameters
        ----------
        begin_s : its beginning [s]; None where it cannot be read
        mean, total : its mean, and what was counted to its end, in the metric's unit; None where it is not there
        """
        number, count = _number(mean), _number(total)
        if begin_s is not None and np.isfinite([number, count]).any():
            self.begin_s.append(begin_s)
            self.mean.append(number)
            self.total.append(count)


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("nan")


def recording_of_periods(every: Iterable[Periods], choices: Choices, path: Path, tool: str) -> Recording:
    """The recording of these metrics.

    Parameters
    ----------
    every : of each metric, what was kept of it
    choices : what the user says of its metrics
    path, tool : the file, and what wrote it

    Returns the recording. Raises WattlineError where none is power or energy, or fewer than two periods are there.
    """
    columns, totals, left, short = [], {}, [], False
    for periods in every:
        choice, choices = _choice(periods, choices)
        value = value_of(periods.name, unit=choice or periods.unit)
        if not isinstance(value, Value) or not value.units:
            why = value if isinstance(value, str) else units.UNIT_MISSING
            left.append(Interpretation(periods.name, note=why or "no power or energy"))
            continue
        unit = value.units[0]
        power = unit.quantity == "power"
        time_s, numbers = _ordered(periods, power)
        if len(time_s) < 2:
            short = True
            continue
        length = float(np.median(np.diff(time_s)))
        ends = time_s + length
        if power:
            watts = numbers * unit.scale
            totals[periods.name] = logs.counter(ends.tolist(), [length] * len(ends), (watts * length).tolist())
        else:
            totals[periods.name] = (ends, numbers)
        label = label_of(periods.name) or "power"
        columns.append(logs.Column(periods.name, label, role_of(value.words), "J" if power else unit.name))
    if not columns:
        listed = "; ".join(f"{row.name}: {row.note}" for row in left[:3])
        why = (
            "one period alone: energy needs two"
            if short
            else f"no metric of watts or joules ({listed}); where it is, say --unit NAME=W"
        )
        raise WattlineError(f"{path} is {tool}'s, and holds {why}")
    means = [f"{tool} keeps the mean watts of each period: peaks within it are not seen"]
    notes = means if any(column.unit == "J" for column in columns) else []
    extras = Extras(rows=[row for row in left if row.note != "no power or energy"], notes=notes)
    return logs.recording_of_log(
        columns, choices, path, specs.unknown_sensor("file", tool), extras=extras, totals=totals
    )


def _choice(periods: Periods, choices: Choices) -> tuple[str, Choices]:
    """The unit that the user gives a metric, and the choices that remain: means are of watts, and go on as joules."""
    choice = choices.unit([periods.name]) or ""
    quantities = {unit.quantity for unit in units.possible_units(choice, "xX")}
    if quantities == {"power"}:
        return choice, replace(choices, units={k: v for k, v in choices.units.items() if k not in ("", periods.name)})
    return (choice if np.isfinite(periods.total).any() else ""), choices


def _ordered(periods: Periods, power: bool) -> tuple[Array, Array]:
    """Periods in order of time, each once, with the numbers that are there."""
    numbers = np.array(periods.mean if power else periods.total)
    good = np.isfinite(numbers)
    time_s, first = np.unique(np.array(periods.begin_s)[good], return_index=True)
    return time_s, numbers[good][first]
