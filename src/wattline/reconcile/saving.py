"""``saving``: what a change saved, from a recording before it and one after, with its interval and its significance.

In the manner of IPMVP: option B where energy and work are both recorded, option A where the work is stated or the time
stands for it (Efficiency Valuation Organization, International Performance Measurement and Verification Protocol).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.core.quantity import parse
from wattline.core.range import MeasuredValue
from wattline.core.result import Json, Result, envelope
from wattline.core.units import J_PER_WH
from wattline.meter.readers.detect import read
from wattline.meter.recording import Recording
from wattline.reconcile.adjustment import Adjustment, Condition, adjusted_test
from wattline.reconcile.blocks import Blocks, blocks_of
from wattline.reconcile.conditions import SameConditions
from wattline.reconcile.saving_test import SavingTest, rate_of, saving_test

SINGULAR = {"tokens": "token", "samples": "sample", "queries": "query", "steps": "step"}


@dataclass(frozen=True, eq=False, repr=False)
class Saving(Result):
    """What was saved between two recordings.

    ``test`` is of joules for each unit of work, or of watts where no work is known; ``predicted`` the share that was
    expected; ``adjustments`` what else differed and was taken out.
    """

    before: Blocks
    after: Blocks
    test: SavingTest
    stated: bool
    predicted: float | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    adjustments: tuple[Adjustment, ...] = ()
    conditions: SameConditions = field(default_factory=SameConditions)

    @property
    def saved_wh(self) -> MeasuredValue:
        """Watt-hours that the work after would have taken more at the rate before, in the conditions after."""
        basis = self.after.total_j / (1 - self.test.saved) / J_PER_WH
        return MeasuredValue(self.test.saved * basis, self.test.low * basis, self.test.high * basis)

    def figures(self) -> dict[str, MeasuredValue]:
        """The saving as a share, and in watt-hours."""
        return {
            "saving_share": MeasuredValue(self.test.saved, self.test.low, self.test.high),
            "saved_wh": self.saved_wh,
        }

    def results(self) -> Json:
        """The saving, its significance, and both recordings, as plain data."""
        inside = None if self.predicted is None else self.test.low <= self.predicted <= self.test.high
        return {
            "verdict": self.verdict,
            **{name: value.json() for name, value in self.figures().items()},
            "significant": self.test.significant,
            "p_value": self.test.p_value,
            "smallest_share": self.test.smallest,
            "method": "IPMVP option A" if self.stated else "IPMVP option B",
            "per": self._per,
            "predicted_share": self.predicted,
            "predicted_inside": inside,
            "temperature_adjustment": self._adjustment("temperature"),
            "load_adjustment": self._adjustment("load"),
            "before": _side(self.before),
            "after": _side(self.after),
        }

    def _adjustment(self, name: str) -> Json | None:
        return next((each.json() for each in self.adjustments if each.name == name), None)

    @property
    def _per(self) -> str:
        unit = self.after.unit
        return "second" if self.after.work is None else SINGULAR.get(unit, unit)

    @property
    def verdict(self) -> str:
        """The result in a sentence."""
        share, low, high = (f"{100 * value:.1f}%" for value in (abs(self.test.saved), self.test.low, self.test.high))
        more = "less" if self.test.saved >= 0 else "more"
        if not self.test.significant:
            return (
                f"not significant: {share} {more} for each {self._per}, of which {low} to {high} saved is as likely; a "
                f"saving below {100 * self.test.smallest:.1f}% would not show in recordings as long as these"
            )
        return f"significant: {share} {more} energy for each {self._per} ({low} to {high} saved, 19 times in 20)"

    def json(self) -> Json:
        inputs = {
            "before": self.before.source, "after": self.after.source, "window_before": self.before.window,
            "window_after": self.after.window, "predicted_share": self.predicted,
            "temperature": None if self.conditions.temperature is None else str(self.conditions.temperature),
            "same_load": self.conditions.load,
        }  # fmt: skip
        return envelope("saving", inputs, self.results(), notes=self.notes, warnings=self.warnings)


def saving(
    before: Recording | Path | str,
    after: Recording | Path | str,
    *,
    window: str | None = None,
    work: tuple[float | str, float | str] | None = None,
    unit: str = "unit of work",
    predicted: float | str | None = None,
    same_sensors: bool = False,
    conditions: SameConditions | None = None,
) -> Saving:
    """What a change saved, adjusted for the work done, with its interval and its significance.

    Parameters
    ----------
    before, after : recordings of the same work before the change and after it, or their files
    window : of both: run, all, a window's name, or FROM..TO; windows of one name that tell their tokens, samples,
        queries or steps are compared for each of these
    work : done in the one and in the other, in one unit; what the recordings tell where not given
    unit : what that is, in words: ``"image"``
    predicted : share that was expected to be saved (``0.05`` or ``"5%"``), to set beside
    same_sensors : whether the same sensors measured both, where the recordings do not tell: their error then cancels
    conditions : temperature of the air and load that both are compared at; None takes both as they were

    Returns the saving. Raises WattlineError where a recording is too short, or the two tell different kinds of work, or
    of sensors that cannot be the same.

    Example
    -------
    >>> wl.saving("before.csv", "after.csv", work=(12_000, 12_400), unit="image").range("saving_share")
    """
    pair = [side if isinstance(side, Recording) else read(Path(side)) for side in (before, after)]
    done = (None, None) if work is None else tuple(parse(value, "", "work") for value in work)
    sides = [blocks_of(recording, window, much, unit) for recording, much in zip(pair, done, strict=True)]
    _check_units(sides)
    share = None if predicted is None else _share(predicted)
    known = sides[0].sensors == sides[1].sensors
    same = known or (same_sensors and _alike(sides))
    sensor = 0.0 if same else sum(_sensor_error(side) ** 2 for side in sides) ** 0.5
    conditions = conditions or SameConditions()
    adjusted = conditions.of(sides)
    if adjusted:
        test, adjustments = adjusted_test(sides[0], sides[1], adjusted, sensor)
    else:
        test, adjustments = saving_test(rate_of(sides[0]), rate_of(sides[1]), sensor), ()
    stated = work is not None or sides[0].work is None
    read_so = [note for recording in pair for note in recording.notes] + [each.note for each in adjusted if each.note]
    notes = tuple(dict.fromkeys(read_so))
    warnings = (*_warnings(sides, same, known, work is not None), *_beyond(adjusted))
    return Saving(sides[0], sides[1], test, stated, share, warnings, notes, adjustments, conditions)


def _beyond(adjusted: Sequence[Condition]) -> list[str]:
    """A warning for each condition that the two recordings do not share any value of."""
    return [
        f"the {each.name} of the two recordings does not overlap ({_ends(each.values[0])} and {_ends(each.values[1])} "
        f"{each.unit}): the adjustment goes beyond what either shows"
        for each in adjusted
        if each.values[0].max() < each.values[1].min() or each.values[1].max() < each.values[0].min()
    ]


def _ends(values: Array) -> str:
    return f"{values.min():.3g} to {values.max():.3g}"


def _check_units(sides: Sequence[Blocks]) -> None:
    units = [side.unit or "time alone" for side in sides]
    if units[0] != units[1]:
        raise WattlineError(
            f"saving: {sides[0].source or 'before'} tells of {units[0]} and {sides[1].source or 'after'} of "
            f"{units[1]}; "
            "give the work of both (--work BEFORE AFTER), or a window that has it in both"
        )


def _share(value: float | str) -> float:
    share = parse(value, "", "predicted", zero=True)
    if not share < 1:
        raise WattlineError(f"predicted: {share:g} is no share of the energy; give one such as 0.05 or 5%")
    return share


def _sensor_error(side: Blocks) -> float:
    """Relative half-width that the sensors' own error leaves of the sum."""
    return (side.high_j - side.low_j) / 2 / side.total_j


def _alike(sides: Sequence[Blocks]) -> bool:
    """True; raises WattlineError where other kinds of sensors measured, or another number of them."""
    kinds = [sorted(source for _, source in side.sensors) for side in sides]
    if kinds[0] != kinds[1]:
        raise WattlineError(
            f"saving: --same-sensors, but {sides[0].source or 'before'} is of {', '.join(kinds[0])} and "
            f"{sides[1].source or 'after'} of {', '.join(kinds[1])}; leave it out"
        )
    return True


def _warnings(sides: Sequence[Blocks], same: bool, known: bool, given: bool) -> tuple[str, ...]:
    out = []
    if sides[0].work is None:
        out.append("the work is not known: mean power is compared, as if as much were done each second; give --work")
    elif given:
        out.append("the work is as you state it, spread evenly over the time")
    if not same:
        out.append(
            "other devices or sensors before and after: their errors do not cancel and widen the interval; give "
            "--same-sensors where the same ones measured both"
        )
    elif not known:
        out.append("the same sensors measured before and after, as you state: their error cancels")
    return tuple(out)


def _side(side: Blocks) -> Json:
    energy = MeasuredValue(side.total_j, side.low_j, side.high_j).map(1 / J_PER_WH)
    seconds = float(side.duration_s.sum())
    work = None if side.work is None else float(side.work.sum())
    return {
        "energy_wh": energy.json(),
        "duration_s": seconds,
        "mean_w": side.total_j / seconds,
        "work": work,
        "joules_per_work": None if work is None else side.total_j / work,
        "blocks": len(side.energy_j),
    }
