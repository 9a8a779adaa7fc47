"""KnobLimits that are set are set back whatever happens, and never go above what stood."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from wattline.control.discover import find_settables
from wattline.control.hold import ForeignChange, Hold
from wattline.control.restore import RESTORED, STARTED_ANEW, restore_all
from wattline.control.settable import DeviceLost, KnobLimits, SettingError, round_to_step
from wattline.control.simulated import SimulatedLimit
from wattline.control.state import InUse, LimitChange, read_change, state_folder, write_change
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.sensors.simulated_chip import ChipCurve, SimulatedChip, make_chip

BEFORE_W = 650.0
# sets limits as fast as it can, until it is killed
OWNER = """
import os, random, sys, time
from wattline.control.discover import find_settables
from wattline.control.hold import Hold
print("begun", flush=True)
with Hold(find_settables(), "owner") as hold:
    print("held", flush=True)
    until = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < until:
        hold.set_all(random.uniform(200, 650))
"""


@pytest.fixture
def chips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[SimulatedChip]:
    """Two simulated chips with a limit that their user set, and a state folder of their own."""
    root = tmp_path / "chips"
    made = [make_chip(root / f"chip-{i}", ChipCurve(), BEFORE_W) for i in range(2)]
    monkeypatch.setenv("WATTLINE_SIMULATED_CHIPS", str(root))
    monkeypatch.setenv("WATTLINE_CONTROL_STATE", str(tmp_path / "state"))
    return made


def owner(seconds: float = 60.0) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", OWNER, str(seconds)], stdout=subprocess.PIPE, text=True)


def wait_until_set_back(chips: list[SimulatedChip]) -> None:
    """Until no file of a change is left; fails after a while."""
    for _ in range(400):
        if not list(state_folder().glob("*.json")):
            break
        time.sleep(0.025)
    assert [chip.limit_w() for chip in chips] == [BEFORE_W] * len(chips)
    assert not list(state_folder().glob("*.json"))


def test_limits_are_set_back_at_the_end(chips: list[SimulatedChip]) -> None:
    with Hold(find_settables(), "job") as hold:
        assert hold.set_all(300) == 300
        assert [chip.limit_w() for chip in chips] == [300, 300]
        assert len(list(state_folder().glob("*.json"))) == 2
    wait_until_set_back(chips)


def test_limits_are_set_back_after_an_error(chips: list[SimulatedChip]) -> None:
    def fail() -> None:
        with Hold(find_settables(), "job") as hold:
            hold.set_all(300)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    wait_until_set_back(chips)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGSEGV])
def test_limits_are_set_back_when_their_owner_is_ended(chips: list[SimulatedChip], number: int) -> None:
    process = owner()
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["begun\n", "held\n"]
    while chips[1].limit_w() == BEFORE_W:
        time.sleep(0.001)
    process.send_signal(number)
    process.wait()
    process.stdout.close()
    wait_until_set_back(chips)


@pytest.mark.long
def test_limits_are_set_back_after_100_of_100_kills_at_random_moments(chips: list[SimulatedChip]) -> None:
    moments = random.Random(20)
    for _ in range(100):
        process = owner()
        assert process.stdout is not None
        # before the claim, in the midst of it, while limits are set
        if moments.random() < 0.9:
            process.stdout.readline()
        time.sleep(moments.uniform(0.0, 0.6))
        process.kill()
        process.wait()
        process.stdout.close()
        wait_until_set_back(chips)


def test_a_forked_child_that_lives_on_keeps_no_limit(chips: list[SimulatedChip]) -> None:
    with_child = OWNER.replace(
        "    until", "    pid = os.fork()\n    if not pid: time.sleep(20); os._exit(0)\n    until"
    )
    code = with_child.replace('print("held"', "print(os.getpid()").replace("    until =", "    print(pid); until =", 1)
    process = subprocess.Popen([sys.executable, "-u", "-c", code, "60"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int([process.stdout.readline() for _ in range(3)][-1])
    process.kill()
    process.wait()
    process.stdout.close()
    try:
        wait_until_set_back(chips)
        with Hold(find_settables(), "next"):
            pass
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_second_job_is_refused_by_the_name_of_the_first(chips: list[SimulatedChip]) -> None:
    with (
        Hold(find_settables(["chip-1"]), "train.py"),
        pytest.raises(InUse, match=r"chip-1 is set by 'train.py' \(process \d+\)"),
        Hold(find_settables(), "other.py"),
    ):
        pass
    wait_until_set_back(chips)
    with Hold(find_settables(), "other.py") as hold:
        hold.set_all(300)
    wait_until_set_back(chips)


def test_nothing_is_set_above_what_stood_nor_below_what_the_device_takes(chips: list[SimulatedChip]) -> None:
    with Hold(find_settables(), "job") as hold:
        assert hold.set_all(10_000) == BEFORE_W
        assert hold.set_all(1) == 200


def test_a_limit_that_another_program_sets_is_left_as_it_wants(chips: list[SimulatedChip]) -> None:
    with Hold(find_settables(), "job") as hold:
        hold.set_all(400)
        (chips[0].folder / "limit_w").write_text("250")
        with pytest.raises(ForeignChange, match="another program has set 250 W"):
            hold.set_all(300)
    assert [chip.limit_w() for chip in chips] == [250, BEFORE_W]


def test_a_device_without_rights_is_refused_with_the_mend_before_anything_is_set(chips: list[SimulatedChip]) -> None:
    (chips[1].folder / "refused").touch()
    with pytest.raises(SettingError, match="run with sudo"), Hold(find_settables(), "job"):
        pass
    (chips[1].folder / "refused").unlink()
    wait_until_set_back(chips)


def test_a_device_that_was_lost_is_set_back_when_it_answers_again(
    chips: list[SimulatedChip], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wattline.control.hold.PATIENCE_S", 0.0)
    lost = chips[0].folder / "lost"
    hold = Hold(find_settables(), "job")
    with hold:
        hold.set_all(300)
        lost.touch()
        with pytest.raises(DeviceLost):
            hold.set_all(250)
    assert chips[1].limit_w() == BEFORE_W
    lost.unlink()
    wait_until_set_back(chips)


def test_what_neither_owner_nor_watchdog_could_set_back_is_on_request(chips: list[SimulatedChip]) -> None:
    settables = find_settables()
    for settable in settables:
        write_change(LimitChange.of(settable, BEFORE_W, "job"), state_folder())
        settable.set(300)
    assert [each.outcome for each in restore_all()] == [RESTORED, RESTORED]
    wait_until_set_back(chips)
    assert restore_all() == []


def test_the_next_job_begins_with_the_limit_that_stood_before_the_last(chips: list[SimulatedChip]) -> None:
    (settable, _) = find_settables()
    write_change(LimitChange.of(settable, BEFORE_W, "job"), state_folder())
    settable.set(300)
    with Hold(find_settables(), "next") as hold:
        assert hold.limits[settable.device.key].current == BEFORE_W
    wait_until_set_back(chips)


def test_a_limit_of_before_the_machine_was_started_anew_is_not_set(chips: list[SimulatedChip]) -> None:
    (settable, _) = find_settables()
    path = write_change(LimitChange.of(settable, 222.0, "job"), state_folder())
    path.write_text(json.dumps(json.loads(path.read_text()) | {"boot": "another"}))
    assert [each.outcome for each in restore_all()] == [STARTED_ANEW]
    assert chips[0].limit_w() == BEFORE_W


def test_a_device_that_is_not_there_is_named(chips: list[SimulatedChip]) -> None:
    with pytest.raises(WattlineError, match="chip-7"):
        find_settables(["chip-7"])


def test_a_setting_is_one_that_the_device_tells_apart() -> None:
    limits = KnobLimits(current=500, default=700, low=200, high=700, step=25)
    assert [round_to_step(value, limits) for value in (100, 213, 499, 500, 900)] == [200, 200, 475, 500, 500]


def test_a_device_is_known_again_by_its_address(chips: list[SimulatedChip]) -> None:
    settable = find_settables()[0]
    assert isinstance(settable, SimulatedLimit)
    assert settable.device == Device(settable.device.host, "simulated-chip:chip-0", "gpu", "chip-0")


BAD_CHANGES = [
    "",
    "[" * 100_000,
    "[1]",
    '{"backend": "nvml"}',
    {"before": "all"},
    {"before": float("nan")},
    {"name": [1]},
]


@pytest.mark.parametrize("change", BAD_CHANGES, ids=str)
def test_a_file_that_tells_no_change_is_one_line(chips: list[SimulatedChip], change: str | dict[str, Any]) -> None:
    path = write_change(LimitChange.of(find_settables()[0], 222.0, "job"), state_folder())
    path.write_text(change if isinstance(change, str) else json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(WattlineError, match="records no change of a limit") as error:
        read_change(path)
    assert "\n" not in str(error.value)
    settable = find_settables()[1]  # which is set back all the same
    write_change(LimitChange.of(settable, BEFORE_W, "job"), state_folder())
    settable.set(300)
    with pytest.raises(WattlineError, match="records no change of a limit"):
        restore_all()
    assert chips[1].limit_w() == BEFORE_W
