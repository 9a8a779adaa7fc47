"""The search for the setting of least energy on a job that runs: which setting next, what a window there told.

Windows are interleaved, A B B A: a candidate stands between two windows of what is best so far (of the limit that
stood, where the work may slow by a share alone), so that a drift of the job harms neither. Each such block updates the
posterior; the next candidate is the one of most expected gain over the rest of the run, and the search ends when that
gain is less than what looking costs. Then the saving is proved by fresh windows of the first and the best setting,
interleaved in the same way, as many as were fixed before they are seen.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr

from wattline.control.edge import EdgeView, edge_view
from wattline.control.objective import TuneObjective
from wattline.control.posterior import CurvePosterior
from wattline.control.prior import prior
from wattline.core.fact import Array
from wattline.core.units import Z975
from wattline.reconcile.saving_test import MEMORY

ROOT_TWO_PI = float(np.sqrt(2 * np.pi))
LOOK, PROVE, KEEP = "look", "prove", "keep"
MIN_GAIN = 5e-4  # share of the energy: a gain below it is not looked for
LOOKS_TOGETHER = 4  # looks at one setting that may tell what one of them cannot
EDGE_GAIN = 1e-5  # the same where the work may slow by a share alone: of one look, where some tell together
SWITCH_WINDOWS = 0.05  # what a change of the setting costs, in windows
CHANGE_WINDOWS = 0.2  # what it takes of the job until it has settled, where not given
BUDGET_SHARE = 0.045  # of the run's windows, for looking; as many again prove the saving
ALL_SHARE = 0.1  # of the run, for both, changes of the setting counted: never more, but in a short run
USUAL_WINDOWS = 1000.0  # of a run whose length is not known
MIN_LOOK, MAX_LOOK = 7, 60
MIN_PROVE, MAX_PROVE = 8, 40  # at each of the two settings
DETECT = Z975 + 1.28  # standard errors: a saving as predicted is found significant nine times in ten
MAX_EXCESS = 3.0  # of the energy, that a draw expects at a candidate
DOUBT = 0.25  # standard deviations that a setting's advantage must outweigh


@dataclass(frozen=True)
class TuneWindow:
    """One window of the job: joules, seconds and units of work, at the setting of that place in the grid."""

    setting: int
    phase: str
    energy_j: float
    seconds: float
    work: float

    @property
    def logs(self) -> Array:
        """Logarithms of time for a unit of work and of mean power."""
        return np.log([self.seconds / self.work, self.energy_j / self.seconds])


@dataclass
class LimitSearch:
    """Asks for windows one by one: ``setting`` is where the next one shall be, ``take`` gets what it was.

    ``settings``: ascending; the limit that stood is at ``reference``, the last where not given. ``run_windows``: how
    many windows the whole run has.
    ``allowed``: a further bound on settings while the job runs, as latencies give one; by place, True where allowed.
    ``change_windows``: what a change of the setting takes of the job until it has settled, in windows.
    """

    settings: Array
    objective: TuneObjective
    knob: str = "power"
    run_windows: float = USUAL_WINDOWS
    windows: list[TuneWindow] = field(default_factory=list)
    phase: str = LOOK
    allowed: Callable[[int], bool] = lambda place: True
    reference: int = -1
    change_windows: float = CHANGE_WINDOWS

    def __post_init__(self) -> None:
        self.reference = self.best = self.reference % len(self.settings)
        self.posterior = CurvePosterior.of(prior(self.settings, self.knob))
        self._spent = 0.0
        self.look_windows = int(np.clip(BUDGET_SHARE * self.run_windows, MIN_LOOK, MAX_LOOK))
        self._course = self._run()
        self.place = next(self._course)

    @property
    def setting(self) -> float:
        """The setting of the next window."""
        return float(self.settings[self.place])

    def take(self, energy_j: float, seconds: float, work: float) -> None:
        """What the window at ``setting`` was; moves on to the next. One without work or energy is asked for again.

        Parameters
        ----------
        energy_j : energy of the window [J]
        seconds : its length [s]
        work : what was done in it, in the units that the search counts
        """
        if not (energy_j > 0 and seconds > 0 and work > 0):
            return
        window = TuneWindow(self.place, self.phase, energy_j, seconds, work)
        before = self.windows[-1].setting if self.windows else self.reference
        self._spent += 1.0 + self.change_windows * (self.place != before)
        self.windows.append(window)
        self.place = self._course.send(window)

    @property
    def searching(self) -> bool:
        """Whether it still looks or proves."""
        return self.phase != KEEP

    def _run(self) -> Generator[int, TuneWindow, None]:
        anchor = self.reference
        before = yield anchor
        self._first = before
        while (probe := self._next(anchor)) is not None:
            first = yield probe
            second = yield probe
            after = yield anchor
            self.posterior.repeated(first.logs, second.logs)
            self._learn()
            before = after
            self.best = self._choose()
            if self.best != anchor and not self._bounded:
                anchor = self.best
                before = yield anchor
        self.best = self._choose()
        if self.best != self.reference:
            yield from self._prove()
        self.phase = KEEP
        while True:
            yield self.best

    def _learn(self) -> None:
        places = np.array([window.setting for window in self.windows])
        self.posterior.update(places, np.array([window.logs for window in self.windows]))

    def _prove(self) -> Generator[int, TuneWindow, None]:
        """Fresh windows A B B A of the first and the best setting."""
        self.phase = PROVE
        for block in range(self._proof_blocks()):
            pair = (self.reference, self.best) if block % 2 == 0 else (self.best, self.reference)
            for place in pair:  # noqa: UP028 - what is sent comes to a generator alone
                yield place
        self._learn()
        chosen = self._choose()
        if not self.allowed(self.best) or chosen == self.reference:
            self.best = self.reference

    def _proof_blocks(self) -> int:
        """Windows at each of both settings that prove the saving."""
        saving = abs(float(self.values()[self.best]))
        sigma = float(np.hypot(*(np.array(self._weights()) * self.posterior.noise)))
        wanted = 2 * MEMORY * (DETECT * sigma / max(saving, MIN_GAIN)) ** 2
        pairs = min(MAX_PROVE, self.run_windows * BUDGET_SHARE / 2, self._left / self._pair)
        return 2 * int(np.clip(np.ceil(wanted / 2), MIN_PROVE / 2, max(pairs // 2, MIN_PROVE / 2)))  # both orders alike

    @property
    def _left(self) -> float:
        """Windows that are left of what looking and proving may take, changes of the setting counted."""
        return max(ALL_SHARE * self.run_windows, MIN_LOOK + MIN_PROVE * self._pair) - self._spent

    @property
    def _pair(self) -> float:
        """Windows of the job that a pair of the proof takes."""
        return 2 + self.change_windows

    @property
    def _bounded(self) -> bool:
        """Whether the work may slow by a share alone: then each window is held against the limit that stood."""
        return bool(np.isfinite(self.objective.slowdown))

    def values(self) -> Array:
        """Expected logarithm of what is made small at each setting, over that at the limit that stood."""
        return np.asarray(self.posterior.weights @ self._drawn())

    def spread(self) -> Array:
        """Standard deviation of it at each setting, shape ``(n,)``."""
        drawn, weights = self._drawn(), self.posterior.weights
        between = weights @ (drawn - weights @ drawn) ** 2
        return np.asarray(np.sqrt(between + self.posterior.roughness(self._weights(), self.reference) ** 2))

    def _drawn(self) -> Array:
        p = self.posterior
        time = p.log_time() - p.log_time()[:, [self.reference]]
        power = p.log_power() - p.log_power()[:, [self.reference]]
        return self.objective.value(time, power, *self._first_rates())

    def _first_rates(self) -> tuple[float, float]:
        """Seconds for a unit of work, and watts, at the limit that stood."""
        first = self._first
        return first.seconds / first.work, first.energy_j / first.seconds

    def _weights(self) -> tuple[float, float]:
        """What is made small rises with time and power to these powers."""
        if self.objective.metric == "energy*time":
            return 2.0, 1.0
        at = self.objective.value(np.zeros(2), np.array([0.0, 1e-3]), *self._first_rates())
        return 1.0, float((at[1] - at[0]) / 1e-3)

    def _permitted(self) -> Array:
        """1 where the further bound allows a setting, 0 elsewhere."""
        permitted = np.array([self.allowed(place) for place in range(len(self.settings))], float)
        permitted[self.reference] = 1.0
        return permitted

    def _choose(self) -> int:
        """The best setting by what is known, where its advantage outweighs the doubt of it."""
        doubtful = self.values() + DOUBT * self.spread()
        doubtful[self.reference] = 0.0
        if self._bounded:
            choice = self._edge().choice()
            return choice if doubtful[choice] < 0 else self.reference
        return int(np.argmin(np.where(self._permitted() > 0, doubtful, np.inf)))

    def _next(self, anchor: int) -> int | None:
        """The candidate of most gain over the rest of the run; None where looking costs more than it gains."""
        if len(self.settings) < 2:
            return None
        if self._bounded:
            return self._next_at_edge()
        if len(self.windows) + 4 > self.look_windows:
            return None
        drawn, weights = self._drawn(), self.posterior.weights
        rough = np.maximum(self.posterior.roughness(self._weights(), self.best), 1e-9)
        below = drawn[:, [self.best]] - drawn
        z = below / rough
        gain = weights @ (rough * np.exp(-0.5 * z**2) / ROOT_TWO_PI + below * ndtr(z))
        mean = weights @ below
        spread = np.sqrt(weights @ (below - mean) ** 2 + rough**2)
        noise = np.hypot(*(np.array(self._weights()) * self.posterior.noise))
        gain = gain * spread / np.hypot(spread, noise) * self._permitted()
        left = max(self.run_windows - len(self.windows), 0.0)
        cost = 2 * (weights @ np.minimum(np.maximum(np.expm1(-below), 0.0), MAX_EXCESS)) + SWITCH_WINDOWS
        worth = gain * left - cost
        worth[anchor] = -np.inf
        place = int(np.argmax(worth))
        return place if worth[place] > 0 and gain[place] > MIN_GAIN else None

    def _next_at_edge(self) -> int | None:
        """The candidate whose look is worth most to the choice; what the proof does not need is left for looking."""
        look = 3 + 2 * self.change_windows
        if self._left - look < self._proof_blocks() * self._pair:
            return None
        view, excess = self._edge(), np.expm1(self.values() - self.values()[self.best])
        excess = np.minimum(np.maximum(excess, 0.0), MAX_EXCESS)
        cost = 2 * excess + excess[self.reference] + SWITCH_WINDOWS
        most = max(int((self._left - self._proof_blocks() * self._pair) // look), 1)
        best, chosen = 0.0, None
        for looks in sorted({1, min(LOOKS_TOGETHER, most), most}):
            gain = view.worth(self.posterior.noise / np.sqrt(looks))
            worth = (gain * max(self.run_windows - len(self.windows), 0.0)) / looks - cost
            worth[self.reference] = -np.inf
            place = int(np.argmax(worth))
            if worth[place] > best and gain[place] > EDGE_GAIN * looks:
                best, chosen = float(worth[place]), place
        return chosen

    def _edge(self) -> EdgeView:
        def value(time: Array, power: Array) -> Array:
            return self.objective.value(time, power, *self._first_rates())

        return edge_view(self.posterior, self.reference, value, self.objective.slowdown, self._permitted())
