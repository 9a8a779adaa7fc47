"""IPMI DCMI: the real tools where they are installed, and programs on PATH that say what BMCs make them say."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import programs
from waiting import until
from wattline.meter.sensor import SensorGone
from wattline.meter.sensors import ipmi

IPMITOOL = """
    Instantaneous power reading:                   {watts} Watts
    Minimum during sampling period:                 66 Watts
    Maximum during sampling period:                206 Watts
    Average power reading over sample period:      148 Watts
    IPMI timestamp:                           Sat Oct 23 08:25:52 2021
    Sampling period:                          01987338 Seconds.
    Power reading state is:                   {state}

"""
FREEIPMI = """Current Power                        : {watts} Watts
Minimum Power over sampling duration : 68 watts
Maximum Power over sampling duration : 504 watts
Average Power over sampling duration : 348 watts
Time Stamp                           : 11/03/2023 - 08:36:29
Statistics reporting time period     : 2685198000 milliseconds
Power Measurement                    : {state}
"""


class Tools:
    """A folder that is the whole PATH, with programs of our own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "bin"
        self.folder.mkdir()
        for name in ("sh", "cat", "sleep", "env"):
            (self.folder / name).symlink_to(str(shutil.which(name)))
        self.environ = {"PATH": str(self.folder)}

    def put(self, name: str, out: str = "", err: str = "", status: int = 0, before: str = "") -> None:
        (self.folder / f"{name}.out").write_text(out)
        (self.folder / f"{name}.err").write_text(err)
        programs.written(
            self.folder / name,
            f'#!/bin/sh\necho "$@" > "{self.folder}/{name}.args"\n{before}\ncat "{self.folder}/{name}.out"\n'
            f'cat "{self.folder}/{name}.err" >&2\nexit {status}\n',
        )

    def args(self, name: str) -> str:
        return (self.folder / f"{name}.args").read_text().strip()


@pytest.fixture(autouse=True)
def _path_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No tool but those on the PATH that a test gives."""
    monkeypatch.setattr(ipmi, "ROOTS", ())


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path)


@pytest.mark.parametrize(
    ("tool", "out", "args"),
    [
        ("ipmitool", IPMITOOL.format(watts=144, state="activated"), "dcmi power reading"),
        ("ipmi-dcmi", FREEIPMI.format(watts=144, state="Active"), "--get-system-power-statistics"),
        ("ipmi-dcmi", FREEIPMI.format(watts=144, state="Active").replace("Watts", "watts"), "--get-system-power-s"),
    ],
)
def test_watts_of_the_whole_machine(tools: Tools, tool: str, out: str, args: str) -> None:
    tools.put(tool, out)
    (sensor,), findings = ipmi.find("host", tools.environ)
    try:
        assert findings == []
        assert sensor.read() == (144.0, None)
        assert (sensor.device.key, sensor.device.kind) == ("host/node", "node")
        assert sensor.spec.period_s >= 1
        assert tools.args(tool).startswith(args)
    finally:
        sensor.close()


@pytest.mark.parametrize(
    ("out", "err", "why", "mend"),
    [
        (
            "",
            "Could not open device at /dev/ipmi0 or /dev/ipmi/0 or /dev/ipmidev/0: Permission denied",
            "root",
            "chgrp",
        ),
        ("", "Could not open device at /dev/ipmi0 or /dev/ipmi/0: No such file or directory", "no BMC", "modprobe"),
        ("", "DCMI request failed because: Invalid command (c1)", "no DCMI", "redfish"),
        ("", "ipmi_ctx_find_inband: permission denied", "root", "root"),
        ("", "ipmi_cmd_dcmi_get_power_reading: bad completion code: request parameter not supported", "no DCMI", ""),
        ("", "Error: Unable to establish IPMI v2 / RMCP+ session", "does not answer", "network"),
        (IPMITOOL.format(watts=144, state="deactivated"), "", "deactivated", ""),
        (FREEIPMI.format(watts=0, state="Not Available"), "", "not available", ""),
        (IPMITOOL.format(watts=0, state="activated"), "", "0 W of a machine that runs", ""),
        ("", "", "printed nothing, exit status 1", ""),
        ("\x00\xff nonsense", "", "nonsense", ""),
    ],
)
def test_what_goes_wrong_is_told_with_its_mend(tools: Tools, out: str, err: str, why: str, mend: str) -> None:
    tools.put("ipmitool", out, err, 1)
    sensors, (finding,) = ipmi.find("host", tools.environ)
    assert sensors == []
    assert not finding.usable
    assert why in finding.why
    assert mend in finding.mend


def test_the_second_tool_where_the_first_fails(tools: Tools) -> None:
    tools.put("ipmitool", err="Could not open device at /dev/ipmi0: No such file", status=1)
    tools.put("ipmi-dcmi", FREEIPMI.format(watts=332, state="Active"))
    (sensor,), _ = ipmi.find("host", tools.environ)
    assert sensor.read().power_w == 332.0
    sensor.close()


def test_no_tool(tools: Tools) -> None:
    sensors, (finding,) = ipmi.find("host", tools.environ)
    assert sensors == []
    assert "apt-get install ipmitool" in finding.mend


def test_a_tool_that_hangs_is_given_up(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipmi, "TIMEOUT_S", 0.3)
    tools.put("ipmitool", before="exec sleep 60")
    sensors, (finding,) = ipmi.find("host", tools.environ)
    assert sensors == []
    assert "does not answer" in finding.why


def test_a_bmc_over_the_network(tools: Tools) -> None:
    tools.put("ipmitool", IPMITOOL.format(watts=9, state="activated"))
    environ = {**tools.environ, "WATTLINE_IPMI": "-I lanplus -H bmc7 -U 'a user' -E"}
    (sensor,), _ = ipmi.find("host", environ)
    sensor.close()
    assert sensor.device.host == "bmc7"
    assert tools.args("ipmitool") == "-I lanplus -H bmc7 -U a user -E dcmi power reading"
    bad = ipmi.find("host", {**tools.environ, "WATTLINE_IPMI": "-U 'open"})[1][0]
    assert "cannot be read" in bad.why


def test_the_thread_asks_again_and_says_what_fails(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipmi, "PERIOD_S", 0.05)
    tools.put("ipmitool", IPMITOOL.format(watts=100, state="activated"))
    (sensor,), _ = ipmi.find("host", tools.environ)
    try:
        assert sensor.read().power_w == 100.0
        tools.put("ipmitool", IPMITOOL.format(watts=250, state="activated"))
        until(lambda: sensor.read().power_w == 250.0)
    finally:
        sensor.close()


@pytest.mark.parametrize("tool", ["ipmitool", "ipmi-dcmi"])
def test_the_real_tools(tool: str, tmp_path: Path) -> None:
    result = shutil.which(tool, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if result is None:
        pytest.skip(f"{tool} is not installed: apt-get install ipmitool freeipmi-tools")
    (tmp_path / tool).symlink_to(result)
    sensors, findings = ipmi.find("host", {"PATH": str(tmp_path)})
    if sensors:
        assert sensors[0].read().power_w
        sensors[0].close()
        return
    (finding,) = findings
    if not any(Path(path).exists() for path in ("/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0")):
        assert "no BMC device" in finding.why
        assert finding.mend


def test_gone_says_what_the_tool_said(tools: Tools) -> None:
    tools.put("ipmitool", err="first line\n  second line", status=3)
    with pytest.raises(SensorGone, match="first line second line"):
        ipmi.ask([str(tools.folder / "ipmitool")], tools.environ)
    with pytest.raises(SensorGone, match="No such file"):
        ipmi.ask([str(tools.folder / "nothing")], tools.environ)
