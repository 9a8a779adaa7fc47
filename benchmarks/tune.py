"""``python benchmarks/tune.py [CHIPS]``: the search of ``tune`` beside the rule of Zeus's power-limit optimiser;
``python benchmarks/tune.py savings``: how often a saving of 5%, and none, is found significant under noise of 3%.

Zeus (ml-energy/zeus, ``GlobalPowerLimitOptimizer``, by its documentation): each limit in turn from the highest to the
lowest, 25 W apart, 10 steps to warm up and 40 to profile; then the one of least energy. Re-implemented here from that
description. Both see the same simulated chips, noise and drift. A window of ours is 10 steps, and two more where the
limit has changed; a run is 10,000 steps. Energy lost: what the steps of the search took beyond as many at the best
limit. A second table is of ``tune --slowdown 5%``, above the best limit that keeps it: of the chips on which the chosen
one keeps it too; beside it, how many are slower and by how much.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

import numpy as np

from wattline.control.objective import TuneObjective
from wattline.control.search import LOOK, PROVE, LimitSearch
from wattline.meter.sensors.simulated_chip import ChipCurve
from wattline.reconcile.saving_test import paired_test

KINDS = ("smooth", "plateau", "steps", "drift")
WINDOW_STEPS, CHANGE_STEPS, RUN_STEPS = 10, 2, 10_000
SLOWDOWN = 0.05
FIRST_CHIP = 1000  # the rules were made on chips 0 to 399 of each kind; of two that came out alike, 60 of these decided
MEMORIES = (0.0, 0.2, 0.4, 0.6, 0.8)
DRIFT = 2e-4  # a step, of the logarithm of time


@dataclass
class Plant:
    """A simulated chip at work, step by step; ``noise``: of a window of ten steps."""

    curve: ChipCurve
    plateau: tuple[float, float]
    drift: float
    noise: float
    random: np.random.Generator
    steps: int = 0

    @classmethod
    def of(cls, kind: str, seed: int, noise: float = 0.02) -> Plant:
        """One of a kind, drawn."""
        random = np.random.default_rng(seed)
        natural, static, waiting, exponent = (
            float(random.uniform(*ends)) for ends in ((350, 760), (60, 180), (0, 0.7), (0.6, 1.7))
        )
        curve = ChipCurve(natural_w=natural, static_w=static, waiting=waiting, exponent=exponent)
        begin, width = random.uniform(280, 520), random.uniform(40, 120)
        sign = float(random.choice([-1, 1]))
        if kind == "steps":
            curve = replace(curve, steps=int(random.integers(12, 25)))
        plateau = (begin, begin + width) if kind == "plateau" else (0.0, 0.0)
        return cls(curve, plateau, sign * DRIFT if kind == "drift" else 0.0, noise, random)

    def reached(self, limit_w: float) -> float:
        """The limit in effect: a plateau answers alike all along it."""
        low, high = self.plateau
        return high if low < limit_w < high else limit_w

    def truth(self, limit_w: float) -> tuple[float, float]:
        """Joules and seconds of a step, without noise and drift."""
        at = self.reached(limit_w)
        seconds = self.curve.slowdown(at)
        return self.curve.power_w(at) * seconds, seconds

    def run(self, limit_w: float, steps: int) -> tuple[float, float]:
        """Joules and seconds of so many steps."""
        joules, seconds = self.truth(limit_w)
        drift = np.exp(self.drift * (self.steps + steps / 2))
        self.steps += steps
        noise = self.noise * np.sqrt(WINDOW_STEPS / steps / 2)
        slower, more = np.exp(self.random.normal(0, noise, 2))
        return steps * joules * drift * slower * more, steps * seconds * drift * slower


@dataclass
class Trial:
    """What a search came to: energy over the least, steps and windows that it took, energy lost over a run's least."""

    excess: float
    steps: int
    windows: int
    lost: float
    slower: float


def least(plant: Plant, limits: np.ndarray, slowdown: float = np.inf) -> float:
    """The exhaustive optimum: joules of a step at the best limit."""
    truth = [plant.truth(limit) for limit in limits]
    return min(joules for joules, seconds in truth if seconds <= truth[-1][1] * (1 + slowdown))


def ours(plant: Plant, slowdown: float = np.inf) -> Trial:
    """The search of ``tune``."""
    limits = np.arange(200.0, 701.0, 10.0)
    best = least(plant, limits, slowdown)
    search = LimitSearch(limits, TuneObjective(slowdown=slowdown), run_windows=RUN_STEPS / WINDOW_STEPS)
    before, lost = float(limits[-1]), 0.0
    while search.searching:
        limit = search.setting
        for steps in (CHANGE_STEPS if limit != before else 0, WINDOW_STEPS):
            if steps:
                joules, seconds = plant.run(limit, steps)
                lost += steps * (plant.truth(limit)[0] - best)
        before = limit
        search.take(joules, seconds, WINDOW_STEPS)
    joules, seconds = plant.truth(float(limits[search.best]))
    slower = seconds / plant.truth(700.0)[1] - 1
    looked = sum(window.phase == LOOK for window in search.windows)
    return Trial(joules / best - 1, plant.steps, looked, lost / (RUN_STEPS * best), slower)


def zeus(plant: Plant, slowdown: float = np.inf) -> Trial:
    """Each limit in turn, 10 steps to warm up, 40 to profile."""
    limits = np.arange(700.0, 199.0, -25.0)
    best = least(plant, np.arange(200.0, 701.0, 10.0), slowdown)
    measured, lost = [], 0.0
    for limit in limits:
        plant.run(limit, 10)
        joules, seconds = plant.run(limit, 40)
        measured.append((joules, seconds, limit))
        lost += 50 * (plant.truth(limit)[0] - best)
    fast = measured[0][1] * (1 + slowdown)
    _, _, chosen = min(row for row in measured if row[1] <= fast)
    joules, seconds = plant.truth(chosen)
    slower = seconds / plant.truth(700.0)[1] - 1
    return Trial(joules / best - 1, plant.steps, len(limits), lost / (RUN_STEPS * best), slower)


def savings(trials: int = 200) -> None:
    """Windows in pairs, A B, B A, under noise of 3% each and a drift that wanders by 1% a window; the same where the
    noise remembers; then whole searches on chips whose work draws less than any limit: nothing can be saved."""
    print(f"{trials} trials each, noise 3% of a window's joules for a unit of work\n")
    print("pairs   a saving of 5%: significant, interval holds it   no saving: significant   in 20,000")
    for pairs in (8, 12, 16, 24):
        few, many = (pair_trials(pairs, number) for number in (trials, 20_000))
        print(f"{pairs:5d}   {few[0]:27d} {few[1]:19d}   {few[2]:23d}   {many[2] / 20_000:9.1%}")
    print("\nno saving, no drift, noise correlated with that of the window before: significant in 4,000")
    print("pairs " + "".join(f"{memory:8.1f}" for memory in MEMORIES))
    for pairs in (8, 12, 16, 24, 40):
        shares = (pair_trials(pairs, 4_000, memory, 0.0)[2] / 4_000 for memory in MEMORIES)
        print(f"{pairs:5d} " + "".join(f"{share:8.1%}" for share in shares))
    idle = ChipCurve(natural_w=150, static_w=60)
    wrong = sum(_claims(Plant(idle, (0.0, 0.0), 0.0, 0.03, np.random.default_rng(seed))) for seed in range(trials))
    print(f"\nsearches where no limit saves anything: {wrong} of {trials} end in a significant saving")


def pair_trials(pairs: int, trials: int, memory: float = 0.0, wander: float = 0.01) -> tuple[int, int, int]:
    """How often a saving of 5% is significant, its interval holds it, and none is called significant.

    ``memory``: correlation of a window's noise with that of the window before.
    """
    random, counts = np.random.default_rng(pairs), np.zeros(3, int)
    order, rows = np.arange(pairs) % 2, np.arange(pairs)
    for _ in range(trials):
        noise = random.normal(0, 0.03, 2 * pairs)
        for at in range(1, 2 * pairs) if memory else ():
            noise[at] = memory * noise[at - 1] + np.sqrt(1 - memory**2) * noise[at]
        windows = np.exp(noise + np.cumsum(random.normal(0, wander, 2 * pairs))).reshape(pairs, 2)
        before, after = windows[rows, order], windows[rows, 1 - order]
        saved, none = paired_test(before, 0.95 * after), paired_test(before, after)
        counts += [saved.significant, saved.low <= 0.05 <= saved.high, none.significant]
    return int(counts[0]), int(counts[1]), int(counts[2])


def _claims(plant: Plant) -> bool:
    """Whether a search ends at another limit with a saving that is significant."""
    search = LimitSearch(np.arange(200.0, 701.0, 10.0), TuneObjective(), run_windows=RUN_STEPS / WINDOW_STEPS)
    while search.searching:
        search.take(*plant.run(search.setting, WINDOW_STEPS), WINDOW_STEPS)
    if search.best == search.reference:
        return False
    proof = [window for window in search.windows if window.phase == PROVE]
    sides = [[w.energy_j / w.work for w in proof if w.setting == at] for at in (search.reference, search.best)]
    return bool(paired_test(*map(np.array, sides)).significant)


def main(trials: int = 100) -> None:
    """A table by kind of curve."""
    print(f"{trials} chips of each kind, noise 2% of ten steps, runs of {RUN_STEPS:,} steps")
    print("kind      rule  above least energy: mean, 95th, most   steps: mean, most   energy lost, of a run's least")
    for kind in KINDS:
        for name, rule in (("tune", ours), ("zeus", zeus)):
            rows = [rule(Plant.of(kind, FIRST_CHIP + number)) for number in range(trials)]
            excess, steps = np.array([row.excess for row in rows]), np.array([row.steps for row in rows])
            lost = np.mean([row.lost for row in rows])
            print(
                f"{kind:<9} {name}  {excess.mean():8.2%} {np.quantile(excess, 0.95):8.2%} {excess.max():8.2%}"
                f"   {steps.mean():8.0f} {steps.max():8.0f}   {lost:8.2%}"
            )
    bounded(trials)


def bounded(trials: int) -> None:
    """The same where the work may slow by a share alone."""
    print(f"\nat most {SLOWDOWN:.0%} slower")
    print(
        "kind      rule  above the least: mean, 95th, most, chips above 2%   too slow: chips, by 0.5 points, most"
        "  steps: mean, most"
    )
    for kind in KINDS:
        for name, rule in (("tune", ours), ("zeus", zeus)):
            rows = [rule(Plant.of(kind, FIRST_CHIP + number), SLOWDOWN) for number in range(trials)]
            beyond, steps = np.array([row.slower for row in rows]) - SLOWDOWN, np.array([row.steps for row in rows])
            broken = beyond > 1e-9
            excess = np.array([row.excess for row in rows])[~broken]
            slow = f"{broken.sum():4d} {(beyond > 0.005).sum():4d} {max(beyond.max(), 0.0):8.2%}"
            print(
                f"{kind:<9} {name}  {excess.mean():8.2%} {np.quantile(excess, 0.95):8.2%} {excess.max():8.2%}"
                f" {(excess > 0.02).sum():4d}   {slow}"
                f"   {steps.mean():8.0f} {steps.max():8.0f}"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["savings"]:
        savings(*map(int, sys.argv[2:]))
    else:
        main(*map(int, sys.argv[1:]))
