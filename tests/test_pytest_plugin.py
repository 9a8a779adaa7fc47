"""The pytest plugin and the magic of notebooks: off unless asked for, a budget that fails, a skip without a sensor."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import wattline as wl
from fake_sensors import fakes
from wattline.meter.live.active import finish

ROOT = Path(__file__).parents[1]
PLACE = """
import wattline as wl
from fake_sensors import fakes
wl.metering({journal!r}, "10ms", fakes({count}))
"""


def run(folder: Path, test: str, count: int = 1, *words: str, conftest: bool = True) -> str:
    """What pytest says of a test in a process of its own, with so many sensors of 100 W."""
    if conftest:
        (folder / "conftest.py").write_text(PLACE.format(journal=str(folder / "j.wattline"), count=count))
    (folder / "test_it.py").write_text("import pytest, sys, time\n" + test)
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    environment = os.environ | {"PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    words = ("-p", "wattline.hooks.pytest_plugin", "-q", "-rs", "--strict-markers", *words)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_a_budget_holds_or_fails_the_test(tmp_path):
    text = """
@pytest.mark.energy(budget="1 kJ")
def test_small(): time.sleep(0.05)
@pytest.mark.energy(budget="0.01 J")
def test_large(): time.sleep(0.2)
@pytest.mark.energy
def test_measured(): time.sleep(0.05)
"""
    message = run(tmp_path, text, 1, "--junitxml=out.xml")
    assert "1 failed, 2 passed" in message
    assert "above the budget of 10 mJ" in message
    assert (tmp_path / "out.xml").read_text().count("energy_j") == 3


def test_without_a_sensor_it_is_skipped_clearly(tmp_path):
    message = run(tmp_path, '@pytest.mark.energy(budget="1 J")\ndef test_it(): raise AssertionError\n', 0)
    assert "1 skipped" in message
    assert "no sensor measures power here" in message


def test_nothing_is_loaded_without_a_mark(tmp_path):
    text = """
def test_it():
    assert not [name for name in sys.modules if name.startswith("wattline.meter")]
"""
    assert "1 passed" in run(tmp_path, text, conftest=False)


def test_a_budget_that_is_none_is_an_error(tmp_path):
    assert "budget" in run(tmp_path, '@pytest.mark.energy(budget="much")\ndef test_it(): pass\n')
    assert "not cost" in run(tmp_path, "@pytest.mark.energy(cost=1)\ndef test_it(): pass\n")


def test_the_package_has_the_plugin_as_its_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"wattline": "wattline.hooks.pytest_plugin"}


class Shell:
    """As much of IPython's shell as the magic takes."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.magics: dict[str, Any] = {}

    def register_magic_function(self, function: Any, magic_kind: str, magic_name: str) -> None:
        assert magic_kind == "line_cell"
        self.magics[magic_name] = function

    def run_cell(self, cell: str) -> Any:
        exec(cell, self.user_ns)
        return SimpleNamespace(success=True)


def test_the_magic_measures_a_cell_and_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    finish()
    wl.metering(tmp_path / "n.wattline", "10ms", fakes(1))
    shell = Shell()
    wl.load_ipython_extension(shell)
    shell.magics["wattline"]("training", "import time\ntime.sleep(0.1)\nx = 3")
    assert shell.user_ns["x"] == 3
    assert shell.user_ns["_energy"].energy_j > 0
    shell.magics["wattline"]("y = 4")
    finish()
    assert shell.user_ns["y"] == 4
    assert "training: " in capsys.readouterr().out


@pytest.mark.ml
def test_the_magic_in_ipython_itself(tmp_path, monkeypatch, capsys):
    shell_of = pytest.importorskip("IPython.testing.globalipapp")
    monkeypatch.chdir(tmp_path)
    finish()
    wl.metering(tmp_path / "n.wattline", "10ms", fakes(1))
    shell = shell_of.start_ipython() or shell_of.get_ipython()
    shell.run_line_magic("load_ext", "wattline")
    shell.run_cell("%%wattline training\nx = 3")
    finish()
    assert shell.user_ns["x"] == 3
    assert "training: " in capsys.readouterr().out
