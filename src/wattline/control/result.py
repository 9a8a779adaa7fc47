"""What a search has come to: the setting, its saving as predicted and as measured, and what looking for it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattline.control.search import KEEP, LOOK, PROVE, LimitSearch, TuneWindow
from wattline.control.settings_grid import Setter
from wattline.core.range import MeasuredValue
from wattline.core.result import Json, Result, envelope
from wattline.core.units import J_PER_WH, Z975
from wattline.reconcile.blocks import Blocks
from wattline.reconcile.saving import Saving
from wattline.reconcile.saving_test import paired_test

SURE = Z975
PROXY = "the job reports no progress: work is taken as clock times utilisation, which is a proxy"


@dataclass(frozen=True, eq=False, repr=False)
class TuneResult(Result):
    """The outcome of one search; ``stated``: work was taken from a proxy and not reported."""

    search: LimitSearch
    setter: Setter
    inputs: Json
    unit: str
    stated: bool
    restored: bool | None
    warnings: tuple[str, ...]
    journal: str = ""

    @property
    def saving(self) -> Saving | None:
        """The saving as fresh windows proved it; None where they did not come to an end."""
        sides = [self._windows(place) for place in (self.search.reference, self.search.best)]
        if self.search.phase != KEEP or self.search.best == self.search.reference or min(map(len, sides)) < 2:
            return None
        before, after = (_blocks(side, name, self.unit) for side, name in zip(sides, ("before", "after"), strict=True))
        pairs = min(map(len, sides))
        test = paired_test(*(np.array([w.energy_j / w.work for w in side[:pairs]]) for side in sides))
        return Saving(before, after, test, self.stated, self._predicted().value, (), ())

    def _windows(self, place: int) -> list[TuneWindow]:
        return [each for each in self.search.windows if each.phase == PROVE and each.setting == place]

    def _predicted(self) -> MeasuredValue:
        """Share of the energy of a unit of work that the search expects to be saved."""
        return self._expected(1.0, 1.0, self.search.best)

    def _expected(self, time: float, power: float, place: int) -> MeasuredValue:
        search = self.search
        p = search.posterior
        logs = time * (p.log_time() - p.log_time()[:, [search.reference]])[:, place]
        logs = logs + power * (p.log_power() - p.log_power()[:, [search.reference]])[:, place]
        mean = float(p.weights @ logs)
        rough = float(p.roughness((time, power), search.reference)[place])
        spread = float(np.sqrt(p.weights @ (logs - mean) ** 2 + rough**2))
        value, low, high = (0.0 - float(np.expm1(mean + side * SURE * spread)) for side in (0, 1, -1))
        return MeasuredValue(value, low, high)

    def _slowdown(self) -> MeasuredValue | None:
        """Share by which a unit of work took longer in the fresh windows."""
        if self.saving is None:
            return None
        sides = [self._windows(place) for place in (self.search.reference, self.search.best)]
        pairs = min(map(len, sides))
        test = paired_test(*(np.array([w.seconds / w.work for w in side[:pairs]]) for side in sides))
        return MeasuredValue(-test.saved, -test.high, -test.low)

    @property
    def verdict(self) -> str:
        """The result in a sentence."""
        search, saving = self.search, self.saving
        if search.phase != KEEP:
            return "the job ended, or a device failed, before the search did: nothing is proved"
        best, before = (self._shown(place) for place in (search.best, search.reference))
        if search.best == search.reference:
            return f"nothing better than {before} is expected to outweigh what looking for it costs"
        if saving is None:
            return f"{best} is expected to be best; nothing is proved"
        return f"{best} instead of {before}; {saving.verdict}"

    def _shown(self, place: int) -> str:
        value = self.setter.shown(place)
        return f"{value:g} {self.setter.unit}".strip() if isinstance(value, float) else value

    def figures(self) -> dict[str, MeasuredValue]:
        """The saving as predicted, and as measured where it was."""
        saving = self.saving
        return {"predicted_share": self._predicted()} | ({} if saving is None else saving.figures())

    def results(self) -> Json:
        """Everything as plain data."""
        search, saving, slowdown = self.search, self.saving, self._slowdown()
        slower = self._expected(1.0, 0.0, search.best)
        return {
            "verdict": self.verdict,
            "knob": self.setter.knob,
            "unit": self.setter.unit,
            "setting_before": _number(self.setter.shown(search.reference)),
            "setting_best": _number(self.setter.shown(search.best)),
            "predicted_share": self._predicted().json(),
            "predicted_slowdown_share": MeasuredValue(-slower.value, -slower.high, -slower.low).json(),
            "slowdown_share": None if slowdown is None else slowdown.json(),
            "saving": None if saving is None else saving.results(),
            "look_windows": sum(each.phase == LOOK for each in search.windows),
            "prove_windows": sum(each.phase == PROVE for each in search.windows),
            "lost_wh": self._lost_j() / J_PER_WH,
            "settings": [self._row(place) for place in sorted({each.setting for each in search.windows})],
            "restored": self.restored,
            "journal": self.journal,
        }

    def _lost_j(self) -> float:
        """Joules that looking took beyond what the same work takes at the best setting."""
        search = self.search
        best = [each for each in search.windows if each.setting == search.best]
        if not best:
            return 0.0
        least = sum(each.energy_j for each in best) / sum(each.work for each in best)
        return sum(each.energy_j - least * each.work for each in search.windows if each.setting != search.best)

    def _row(self, place: int) -> Json:
        windows = [each for each in self.search.windows if each.setting == place]
        work, seconds = sum(each.work for each in windows), sum(each.seconds for each in windows)
        return {
            "name": self._shown(place),
            "setting": _number(self.setter.shown(place)),
            "count": len(windows),
            "joules_per_work": sum(each.energy_j for each in windows) / work,
            "work_per_s": work / seconds,
            "saving_share": self._expected(1.0, 1.0, place).json(),
        }

    def json(self) -> Json:
        warnings = [*self.warnings, *([PROXY] if self.stated else [])]
        return envelope("tune", self.inputs, self.results(), warnings=warnings)


def _number(setting: float | str) -> float | None:
    return setting if isinstance(setting, float) else None


def _blocks(windows: Sequence[TuneWindow], name: str, unit: str) -> Blocks:
    energy, seconds, work = (np.array(each) for each in zip(*((w.energy_j, w.seconds, w.work) for w in windows)))  # noqa: B905
    total = float(energy.sum())
    begin = seconds.cumsum() - seconds  # from the first of them: what lies between is not kept
    return Blocks(name, PROVE, begin, energy, seconds, work, unit, frozenset(), total, total)
