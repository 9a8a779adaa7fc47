"""``ci``: a command's energy held against a budget and a baseline, with stable exit statuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import programs
from wattline.cli.main import main
from wattline.reconcile import energy_check as module
from wattline.reconcile.energy_check import RunEnergies, energy_check, read_baseline

ROOT = Path(__file__).parents[1]
WORK = [sys.executable, "-c", "pass"]


@pytest.fixture
def joules(monkeypatch):
    """Runs of the joules that a test says."""

    def measured(mean, scatter=0.01, seed=0, sensors=("nvml gpu",)):
        values = mean * (1 + np.random.default_rng(seed).normal(0, scatter, 6))
        made = RunEnergies(tuple(float(v) for v in values), tuple(sensors), 0.02, False)
        monkeypatch.setattr(module, "_measured", lambda *_: made)

    return measured


def test_a_budget_is_kept_or_not(joules):
    joules(50)
    assert energy_check(WORK, budget="60 J").status == 0
    over = energy_check(WORK, budget="40 J")
    assert (over.status, over.over_budget) == (3, True)
    assert "above the budget of 40 J" in over.verdict


@pytest.mark.parametrize(
    ("mean", "scatter", "status", "words"),
    [(100, 0.01, 0, "not significant"), (110, 0.01, 3, "more than the baseline: significant"),
     (103, 0.05, 0, "not significant"), (90, 0.01, 0, "less than the baseline: significant")],
)  # fmt: skip
def test_more_than_the_baseline_fails_where_it_is_significant(joules, tmp_path, mean, scatter, status, words):
    joules(100, seed=1)
    energy_check(WORK, baseline=tmp_path / "b.json", save=True)
    joules(mean, scatter, seed=2)
    result = energy_check(WORK, baseline=tmp_path / "b.json")
    assert result.status == status
    assert words in result.verdict


def test_a_tolerance_lets_a_little_more_through(joules, tmp_path):
    joules(100, seed=1)
    energy_check(WORK, baseline=tmp_path / "b.json", save=True)
    joules(104, seed=2)
    assert energy_check(WORK, baseline=tmp_path / "b.json").status == 3
    result = energy_check(WORK, baseline=tmp_path / "b.json", tolerance="10%")
    assert result.status == 0
    assert "within the tolerance" in result.verdict


def test_no_change_is_called_significant_once_in_twenty_at_most(joules, tmp_path):
    joules(100, 0.03, seed=1000)
    energy_check(WORK, baseline=tmp_path / "b.json", save=True)
    wrong = 0
    for seed in range(200):
        joules(100, 0.03, seed=2 * seed)
        energy_check(WORK, baseline=tmp_path / "b.json", save=True)
        joules(100, 0.03, seed=2 * seed + 1)
        result = energy_check(WORK, baseline=tmp_path / "b.json")
        wrong += result.test is not None and result.test.significant
    assert wrong <= 15  # of 200: 10 are expected


def test_other_sensors_widen_the_interval(joules, tmp_path):
    joules(100, seed=1)
    energy_check(WORK, baseline=tmp_path / "b.json", save=True)
    joules(103, seed=2, sensors=("rapl package",))
    result = energy_check(WORK, baseline=tmp_path / "b.json")
    assert result.warnings
    assert "not significant" in result.verdict


@pytest.mark.parametrize("text", ["", "{}", '{"mark": "wattline ci 1", "runs_j": [1, 2]}', "[1]"])
def test_a_baseline_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(module.WattlineError, match="baseline"):
        read_baseline(tmp_path / "b.json")


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from wattline.cli.main import main; main(sys.argv[1:])"
    environment = os.environ | {"WATTLINE_SIMULATED": "1:100"}
    return subprocess.run(
        [sys.executable, "-c", code, "ci", *words], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_the_command_line_with_its_statuses(tmp_path):
    sleep = ["--runs", "3", "--warm-up", "0", "--", sys.executable, "-c", "print('hello')"]
    within = call(tmp_path, "--budget", "1 MJ", "--json", *sleep)
    assert within.returncode == 0, within.stderr
    results = json.loads(within.stdout)["results"]
    assert (len(results["runs_j"]), results["basis"]) == (3, "modelled")
    assert call(tmp_path, "--budget", "1 mJ", *sleep).returncode == 3
    failed = call(tmp_path, "--", sys.executable, "-c", "raise SystemExit(7)")
    assert (failed.returncode, failed.stderr.strip().count("\n")) == (4, 0)
    assert call(tmp_path, "--baseline-file", "none.json", *sleep).returncode == 2


def test_bad_input_is_one_line(capsys):
    for words in (
        [],
        ["--runs", "1", "--", "true"],
        ["--warm-up", "-1", "--", "true"],
        ["--save-baseline", "--", "true"],
        ["--tolerance", "3%", "--", "true"],
        ["--tolerance", "3%", "--save-baseline", "--baseline-file", "b.json", "--", "true"],
        ["--tolerance", "5", "--baseline-file", "b.json", "--", "true"],
    ):
        with pytest.raises(SystemExit) as stop:
            main(["ci", *words])
        assert stop.value.code == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_the_action_for_github_runs_its_check(tmp_path):
    yaml = pytest.importorskip("yaml")
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    step = action["runs"]["steps"][1]
    given = {name: entry.get("default", "") for name, entry in action["inputs"].items()}
    given |= {"command": "echo done", "budget": "1 MJ", "runs": "3"}
    for name, value in step["env"].items():
        key = value.removeprefix("${{ inputs.").removesuffix(" }}")
        assert key in action["inputs"], name
    (tmp_path / "bin").mkdir()
    programs.written(
        tmp_path / "bin" / "wattline",
        f"#!{sys.executable}\nimport sys; sys.path.insert(0, {str(ROOT / 'src')!r})\n"
        "from wattline.cli.main import main; main(sys.argv[1:])\n",
    )
    environment = os.environ | {
        name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in step["env"].items()
    }
    environment |= {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "WATTLINE_SIMULATED": "1:100",
        "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "out"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }  # fmt: skip
    done = subprocess.run(["bash", "-c", step["run"]], env=environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "within the budget" in (tmp_path / "summary").read_text()
    environment["WATTLINE_CI_BUDGET"] = "1 mJ"
    assert (
        subprocess.run(["bash", "-c", step["run"]], env=environment, capture_output=True, cwd=tmp_path).returncode == 3
    )
    environment |= {"WATTLINE_CI_BUDGET": "", "WATTLINE_CI_BASELINE": "b.json", "WATTLINE_CI_TOLERANCE": "100%"}
    environment["WATTLINE_CI_COMMAND"] = "sleep 0.3"  # long beside what a busy machine adds
    for save in ("true", "false"):
        environment["WATTLINE_CI_SAVE"] = save
        done = subprocess.run(["bash", "-c", step["run"]], env=environment, capture_output=True, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
