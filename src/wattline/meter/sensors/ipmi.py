"""The whole machine at its power supplies, as its BMC tells by IPMI DCMI: ``ipmitool`` or freeipmi's ``ipmi-dcmi``.

A question takes tenths of a second, so a thread asks. ``WATTLINE_IPMI`` adds arguments, for a BMC over the network:
``-I lanplus -H bmc -U user -E``.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from itertools import pairwise

from wattline import catalog
from wattline.core.errors import shorten
from wattline.meter.device import Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors.local import hostname
from wattline.meter.sensors.polled import Answer, PolledDevice, Poller

SOURCE = "ipmi"
VARIABLE = "WATTLINE_IPMI"
TOOLS = (("ipmitool", "dcmi", "power", "reading"), ("ipmi-dcmi", "--get-system-power-statistics"))
ROOTS = ("/usr/sbin", "/sbin")
TIMEOUT_S = 5.0
PERIOD_S = 2.0
NOW = re.compile(r"^\s*(?:Instantaneous power reading|Current Power)\s*:\s*(\d+)\s*W", re.IGNORECASE | re.MULTILINE)
OFF = re.compile(r"^\s*(?:Power reading state is|Power Measurement)\s*:\s*(deactivated|not available)", re.I | re.M)
# what a tool says -> what that means, and the mend
MEANINGS = (
    (
        r"permission denied|not permitted|insufficient priv|must be root|no permission",
        "the BMC's device may be opened by root alone",
        "run as root, or: sudo chgrp $(id -gn) /dev/ipmi0 && sudo chmod g+rw /dev/ipmi0 (a udev rule for good)",
    ),
    (
        r"could not open device|could not find inband device|no such file|driver.*not (?:found|loaded)",
        "no BMC device: its driver is not loaded, or this machine has no BMC",
        "sudo modprobe ipmi_devintf ipmi_si; a virtual machine has none",
    ),
    (r"invalid command|command invalid|not supported|unsupported", "the BMC has no DCMI power reading", "try redfish"),
    (r"password|authentication|unauthorized|username", "the BMC refused the user or the password", "check -U and -E"),
    (r"timeout|timed out|unable to establish", "the BMC does not answer", "check its address and network"),
)


def find(host: str = "", environ: Mapping[str, str] | None = None) -> tuple[list[Sensor], list[Finding]]:
    """The machine's power by the first tool that gives it, and why the others do not.

    Parameters
    ----------
    host : name of the machine
    environ : variables; those of this process where None

    Returns
    -------
    Sensors, and what was seen of the source.
    """
    environ = os.environ if environ is None else environ
    try:
        more = shlex.split(environ.get(VARIABLE, ""))
    except ValueError as error:
        return [], [Finding(SOURCE, VARIABLE, False, f"cannot be read: {error}", "quote its arguments as in a shell")]
    findings: list[Finding] = []
    # freeipmi's stands where only root's PATH leads
    path = os.pathsep.join([environ.get("PATH", os.defpath), *ROOTS])
    tools = [tool for tool in TOOLS if shutil.which(tool[0], path=path)]
    if not tools:
        why = "neither ipmitool nor ipmi-dcmi (freeipmi) is installed"
        return [], [Finding(SOURCE, "BMC", False, why, "apt-get install ipmitool, or your system's like of it")]
    for tool in tools:
        # freeipmi names its options differently: arguments are ipmitool's
        command = [str(shutil.which(tool[0], path=path)), *(more if tool[0] == "ipmitool" else ())]
        command += tool[1:]
        try:
            reading = ask(command, environ)
        except SensorGone as gone:
            why, mend = _meaning(str(gone))
            if not any(finding.mend == mend and mend for finding in findings):
                findings.append(Finding(SOURCE, tool[0], False, why, mend))
            continue
        return [_sensor(command, reading, _remote(more) or host or hostname(), bool(_remote(more)), environ)], []
    return [], findings


def ask(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Reading:
    """Run the tool once.

    Parameters
    ----------
    command : the tool with its arguments
    environ : variables; those of this process where None

    Returns
    -------
    Time and watts.

    Raises SensorGone where it gives no watts, with what it said.
    """
    env = {**(os.environ if environ is None else environ), "LC_ALL": "C"}
    try:
        ran = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            env=env,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise SensorGone(f"timed out after {TIMEOUT_S:g} s") from None
    except OSError as error:
        raise SensorGone(str(error.strerror or error)) from None
    match = NOW.search(ran.stdout)
    if off := OFF.search(ran.stdout):
        raise SensorGone(f"the BMC's power reading is {off[1].lower()}")
    if match is None:
        words = " ".join((ran.stderr.strip() or ran.stdout.strip()).split())
        raise SensorGone(shorten(words, 160) or f"printed nothing, exit status {ran.returncode}")
    if int(match[1]) == 0:
        raise SensorGone("the BMC reads 0 W of a machine that runs")
    return Reading(float(match[1]))


def _sensor(command: Sequence[str], first: Reading, host: str, remote: bool, environ: Mapping[str, str]) -> Sensor:
    device = Device(host, "node", "node", "whole machine (IPMI DCMI)")

    def again() -> Answer:
        return {device.key: ask(command, environ)}

    window_s, error = (catalog.fact(f"fit.sensor-bmc-{part}").value for part in ("window-s", "error"))
    spec = Spec(SOURCE, window_s, PERIOD_S, error=error, note=os.path.basename(command[0]))
    poller = Poller(again, PERIOD_S, {device.key: first})
    return PolledDevice(device, spec, poller, frozenset() if remote else frozenset({"node"}))


def _remote(more: Sequence[str]) -> str:
    """The host after ``-H``; empty for this machine's own BMC."""
    for option, value in pairwise(more):
        if option == "-H":
            return value
    return ""


def _meaning(words: str) -> tuple[str, str]:
    for pattern, why, mend in MEANINGS:
        if re.search(pattern, words, re.IGNORECASE):
            return f"{why} ({words})", mend
    return words, ""
