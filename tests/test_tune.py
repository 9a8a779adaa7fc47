"""``tune``: the limit of least energy is found with few windows, its saving proved, the old limit restored."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wattline as wl
from wattline.control.discover import find_settables
from wattline.control.hold import Hold
from wattline.control.objective import TuneObjective, objective
from wattline.control.progress import ProgressFile
from wattline.control.run_tuned import Follower
from wattline.control.search import KEEP, PROVE, LimitSearch
from wattline.control.settings_grid import DeviceSetter
from wattline.control.tuner import Pace, Tuner
from wattline.core.errors import WattlineError
from wattline.meter.sensors.simulated_chip import ChipCurve, make_chip
from wattline.reconcile.saving_test import paired_test

ROOT = Path(__file__).parents[1]
GRID = np.arange(200.0, 701.0, 10.0)


@pytest.fixture(scope="module")
def benchmark() -> Any:
    """The benchmark of the search, whose simulated chips and rules these tests take."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return import_module("tune")
    finally:
        sys.path.pop(0)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two simulated chips, and a state of their own."""
    for i in range(2):
        make_chip(tmp_path / "chips" / f"chip-{i}", ChipCurve(rate=400), 650)
    monkeypatch.setenv("WATTLINE_SIMULATED_CHIPS", str(tmp_path / "chips"))
    monkeypatch.setenv("WATTLINE_CONTROL_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "chips"


def limits(folder: Path) -> list[float]:
    return [float(path.read_text()) for path in sorted(folder.glob("*/limit_w"))]


@pytest.mark.parametrize("kind", ["smooth", "plateau", "steps", "drift"])
def test_the_best_limit_is_found_within_a_tenth_of_the_run(benchmark: Any, kind: str) -> None:
    trials = [benchmark.ours(benchmark.Plant.of(kind, seed)) for seed in range(10)]
    assert max(trial.excess for trial in trials) < 0.02
    assert max(trial.steps for trial in trials) <= 0.1 * benchmark.RUN_STEPS


@pytest.mark.long
@pytest.mark.parametrize("kind", ["smooth", "plateau", "steps", "drift"])
def test_the_best_limit_is_found_on_nearly_every_chip(benchmark: Any, kind: str) -> None:
    trials = [benchmark.ours(benchmark.Plant.of(kind, seed)) for seed in range(60)]
    excess = np.array([trial.excess for trial in trials])
    assert np.quantile(excess, 0.99) < 0.02
    assert excess.mean() < 0.006


def test_it_takes_fewer_steps_and_loses_less_than_each_limit_in_turn(benchmark: Any) -> None:
    rows = [(benchmark.ours(plant()), benchmark.zeus(plant())) for plant in plants(benchmark)]
    ours, zeus = (list(side) for side in zip(*rows, strict=True))
    for what in ("steps", "lost"):
        assert np.mean([getattr(row, what) for row in ours]) < np.mean([getattr(row, what) for row in zeus])


def plants(benchmark: Any) -> list[Any]:
    return [lambda kind=kind: benchmark.Plant.of(kind, 7) for kind in benchmark.KINDS]


@pytest.mark.parametrize("kind", ["smooth", "plateau", "steps", "drift"])
def test_the_best_limit_that_keeps_a_slowdown_is_chosen_and_keeps_it(benchmark: Any, kind: str) -> None:
    trials = [benchmark.ours(benchmark.Plant.of(kind, seed), slowdown=0.05) for seed in range(2)]
    assert max(trial.slower for trial in trials) < 0.06
    assert max(trial.excess for trial in trials) < 0.05
    assert max(trial.steps for trial in trials) <= 0.1 * benchmark.RUN_STEPS


def test_looking_and_proving_take_a_tenth_of_the_run_at_most(benchmark: Any) -> None:
    """Each window and each change of the setting is counted, also where noise makes the proof long."""
    for kind in benchmark.KINDS:
        for seed, noise in ((0, 0.02), (1, 0.03), (2, 0.06)):
            for slowdown in (0.05, np.inf):
                trial = benchmark.ours(benchmark.Plant.of(kind, seed, noise), slowdown=slowdown)
                assert trial.steps <= 0.1 * benchmark.RUN_STEPS


def search_on(curve: ChipCurve, seed: int, noise: float = 0.03, goal: TuneObjective | None = None) -> LimitSearch:
    """A search that has come to its end on a chip."""
    random = np.random.default_rng(seed)
    search = LimitSearch(GRID, goal or TuneObjective(), run_windows=1000)
    while search.searching:
        slower, more = np.exp(random.normal(0, noise / 2**0.5, 2))
        seconds = curve.slowdown(search.setting) * slower
        search.take(curve.power_w(search.setting) * more * seconds, seconds, 1.0)
    return search


def proved(search: LimitSearch) -> Any:
    sides = [[w for w in search.windows if w.phase == PROVE and w.setting == place] for place in (50, search.best)]
    return paired_test(*(np.array([w.energy_j / w.work for w in side]) for side in sides))


def no_effect() -> ChipCurve:
    """A chip whose work draws less than any limit."""
    return ChipCurve(natural_w=150, static_w=60)


def test_where_no_limit_binds_no_saving_is_found() -> None:
    searches = [search_on(no_effect(), seed) for seed in range(3)]
    assert all(search.phase == KEEP for search in searches)
    assert not any(search.best != 50 and proved(search).significant for search in searches)


@pytest.mark.long
def test_a_saving_that_is_none_is_seldom_found_significant() -> None:
    searches = [search_on(no_effect(), seed) for seed in range(200)]
    wrong = [search for search in searches if search.best != 50 and proved(search).significant]
    assert len(wrong) <= 10


@pytest.mark.long
def test_the_interval_of_pairs_holds_the_truth_and_finds_a_saving_of_five_percent(benchmark: Any) -> None:
    significant, inside, wrong = benchmark.pair_trials(12, 400)
    assert inside > 0.93 * 400
    assert wrong < 0.06 * 400
    assert significant > 0.8 * 400


@pytest.mark.parametrize("memory", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("pairs", [2, 3, 5, 8, 12, 24])
def test_no_saving_is_significant_in_at_most_five_of_a_hundred_pairs(pairs: int, memory: float) -> None:
    """However few the pairs are, and whether noise remembers the window before or not."""
    trials = 2000
    random = np.random.default_rng(pairs)
    noise = random.normal(0, 0.03, (2 * pairs, trials))
    for at in range(1, 2 * pairs):
        noise[at] = memory * noise[at - 1] + np.sqrt(1 - memory**2) * noise[at]
    windows = np.exp(noise).reshape(pairs, 2, trials)
    turn = np.arange(pairs) % 2  # A B, B A, ...
    before, after = (windows[np.arange(pairs), at] for at in (turn, 1 - turn))
    wrong = sum(paired_test(before[:, i], after[:, i]).significant for i in range(trials))
    assert wrong / trials < 0.05 + 3 * (0.05 * 0.95 / trials) ** 0.5


def test_energy_times_time_is_saved_at_a_higher_limit_than_energy() -> None:
    both = [search_on(ChipCurve(), 1, 0.01, TuneObjective(metric)).best for metric in ("energy", "energy*time")]
    assert both[0] < both[1]


def test_dear_hours_are_worth_more_than_electricity() -> None:
    cheap, dear = (
        search_on(ChipCurve(rate=1), 1, 0.01, objective("cost", None, "0.1 USD/kWh", hour)).best
        for hour in (0.0, "2 USD/h")
    )
    assert cheap < dear


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("joules",), "energy, cost"),
        (("energy", "-5%"), "slowdown"),
        (("energy", "5"), "a share such as 5%"),
        (("energy", None, "0.1 USD/kWh"), "no effect on --metric energy"),
        (("energy*time", None, 0.0, "2 USD/h"), "no effect on --metric"),
        (("cost",), "--kwh-price"),
    ],
)
def test_an_objective_of_no_sense_gets_one_line(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(WattlineError, match=words):
        objective(*arguments)


LOOP = """
import json, time, wattline as wl
from pathlib import Path
from wattline.meter.sensors.simulated_chip import simulated_chips
wl.metering(interval="20ms")
chip = simulated_chips()[0]
with wl.tune(window="60ms", lasting="60s") as tuning:
    until = time.monotonic() + 12
    while time.monotonic() < until and tuning.result.search.searching:
        time.sleep(chip.curve.slowdown(chip.limit_w()) / 400)
        tuning.step()
    kept = chip.limit_w()
print(json.dumps([kept, tuning.result.json()]))
"""


def test_a_loop_in_python_is_tuned_and_what_stood_is_set_back(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LOOP], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    kept, answer = json.loads(done.stdout)
    results = answer["results"]
    assert limits(folder) == [650, 650]
    assert results["restored"] is True
    assert kept == results["setting_best"] < 650
    assert results["saving"]["significant"]
    assert results["predicted_share"]["value"] > 0.1
    assert "instead of 650 W; significant" in results["verdict"]


def tune(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from wattline.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "tune", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)


def job(folder: Path, seconds: float) -> list[str]:
    return [sys.executable, "-m", "wattline.meter.sensors.simulated_chip", str(folder), str(seconds)]


def test_a_command_that_ends_early_proves_nothing_and_leaves_no_limit(folder: Path) -> None:
    done = tune("--time", "100ms", "--json", "--", *job(folder, 2.0))
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert limits(folder) == [650, 650]
    assert "nothing is proved" in results["verdict"]
    assert results["look_windows"] > 0
    assert "nothing is proved" in done.stderr


def test_the_command_s_exit_status_passes_through(folder: Path) -> None:
    done = tune("--", sys.executable, "-c", "raise SystemExit(7)")
    assert done.returncode == 7
    assert limits(folder) == [650, 650]


class Unchanged:
    """A setter of nothing."""

    settings, reference, knob, unit, names = GRID, -1, "power", "W", ["none"]

    def set(self, place: int) -> None: ...

    def shown(self, place: int) -> float:
        return float(GRID[place])

    def restore(self) -> list[str]:
        return []


def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: Any = None) -> Follower:
    monkeypatch.setattr("wattline.control.run_tuned.SILENT_S", 0.0)
    pace = Pace(window_s=1e-9)
    tuner = Tuner(Unchanged(), LimitSearch(GRID, TuneObjective()), pace)
    return Follower(tuner, ProgressFile(str(tmp_path / "progress")), proxy)


def test_a_command_without_progress_is_left_alone_and_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = follower(tmp_path, monkeypatch)
    followed.look(0)
    assert followed.tuner.stopped
    assert "WATTLINE_PROGRESS" in followed.tuner.warnings[0]


def test_a_command_without_progress_is_followed_by_a_proxy_where_a_device_tells_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = follower(tmp_path, monkeypatch, lambda: 1.0)
    followed.look(0)
    assert followed.stated
    assert not followed.tuner.stopped


@pytest.mark.parametrize(
    ("text", "done", "unit"),
    [
        ("1 steps\n20 steps\n", 20, "steps"),
        ("512 tokens\n", 512, "tokens"),
        ("7\n8\n9", 8, "steps"),
        ("x\n", None, "steps"),
    ],
)
def test_progress_is_the_last_whole_line(tmp_path: Path, text: str, done: float | None, unit: str) -> None:
    (tmp_path / "progress").write_text(text)
    file = ProgressFile(str(tmp_path / "progress"))
    assert (file.done(), file.unit) == (done, unit)
    assert file.done() is None


def test_nothing_to_set_back_is_said(folder: Path) -> None:
    done = tune("--restore")
    assert (done.returncode, done.stdout) == (0, "nothing to set back\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give a COMMAND after --"),
        (("--restore", "--", "true"), "--restore runs no COMMAND"),
        (("--only-device", "chip-9", "--", "true"), "no device that can be set"),
        (("--knob", "fan", "--", "true"), "knob 'fan' is none of"),
        (("--knob", "clock", "--", "true"), "no device here takes a clock limit"),
        (("--restore", "--time", "3s"), "--time does nothing here"),
        (("--restore", "--json"), "--json does nothing here"),
        (("--", "no-such-program"), "'no-such-program' is not found"),
    ],
)
def test_a_command_line_of_no_sense_gets_one_line(
    folder: Path, arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from wattline.cli.main import main

    with pytest.raises(SystemExit) as stop:
        main(["tune", *arguments])
    output = capsys.readouterr().err
    assert stop.value.code == (127 if "is not found" in words else 2)
    assert output.count("\n") == 1
    assert words in output


def test_a_setting_of_the_program_is_tuned_by_a_function_of_its_own() -> None:
    with pytest.raises(WattlineError, match="two or more"):
        wl.tune(settings={"batch": [16]}, apply=print)
    with pytest.raises(WattlineError, match="apply"):
        wl.tune(settings={"batch": [16, 32]})
    for values in (None, 16, "16, 32"):
        with pytest.raises(WattlineError, match="no list"):
            wl.tune(settings={"batch": values}, apply=print)  # type: ignore[dict-item]
    with pytest.raises(WattlineError, match="no effect"):
        wl.tune(settings={"batch": [16, 32]}, apply=print, knob="clock")
    with pytest.raises(WattlineError, match="no effect"):
        wl.tune(TuneObjective(), "5%", settings={"batch": [16, 32]}, apply=print)


def test_all_devices_of_a_group_keep_to_their_own_limits(folder: Path) -> None:
    (folder / "chip-1" / "limit_w").write_text("300")
    with Hold(find_settables(), "job") as hold:
        setter = DeviceSetter(hold)
        assert (setter.settings[0], setter.settings[-1]) == (200, 650)
        setter.set(len(setter.settings) - 2)
        assert limits(folder) == [setter.settings[-2], 300]
    assert limits(folder) == [650, 300]
