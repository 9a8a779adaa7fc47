"""The devices of this machine that can be set, and the same ones again by what a state file says of them."""

from __future__ import annotations

from collections.abc import Sequence

from wattline.control.nvml import BACKEND as NVML
from wattline.control.nvml import find_nvml, open_nvml
from wattline.control.settable import KNOBS, Settable
from wattline.control.simulated import BACKEND as SIMULATED
from wattline.control.simulated import find_simulated, open_simulated
from wattline.control.sysfs import find_amd, find_rapl, open_sysfs
from wattline.core.errors import WattlineError, shorten
from wattline.meter.device import Device
from wattline.meter.sensor import Finding

HINT = "`wattline sensors` lists what is measured here; WATTLINE_SIMULATED_CHIPS=FOLDER tries it without hardware"


def find_settables(names: Sequence[str] = (), knob: str = "power") -> list[Settable]:
    """Devices that can be set: accelerators, or processors where there are none or they are named.

    Parameters
    ----------
    names : parts of names or UUIDs of devices; none for all accelerators
    knob : ``power`` or ``clock``

    Returns
    -------
    At least one. Raises WattlineError with what was looked at where there is none.
    """
    if knob not in KNOBS:
        raise WattlineError(f"knob {shorten(knob)!r} is none of {', '.join(KNOBS)}")
    known, findings = _all(knob)
    if names and known:
        chosen = [each for each in known if any(_is(each, name) for name in names)]
        missing = [name for name in names if not any(_is(each, name) for each in known)]
        if missing:
            there = ", ".join(each.device.name or each.device.uuid for each in known)
            raise WattlineError(f"{shorten(missing[0])!r} is no device that can be set here; known: {there}")
    else:
        accelerators = [each for each in known if each.device.kind == "gpu"]
        chosen = accelerators or known
    for left in known:
        if left not in chosen:
            left.close()
    if not chosen:
        why = "; ".join(f"{finding.what}: {finding.why}" for finding in findings)
        raise WattlineError(f"no device here takes a {knob} limit ({shorten(why, 400)}); {HINT}")
    return chosen


def _all(knob: str) -> tuple[list[Settable], list[Finding]]:
    simulated = find_simulated()
    if simulated:
        same = [each for each in simulated if each.knob == knob]
        return list(same), [Finding(SIMULATED, "simulated chips", False, "they take a power limit alone")]
    known: list[Settable] = []
    findings: list[Finding] = []
    nvidia, missing = find_nvml(knob)
    known += nvidia
    findings += missing
    if knob == "power":
        for look in (find_amd, find_rapl):
            limits, missing = look()
            known += limits
            findings += missing
    return known, findings


def _is(settable: Settable, name: str) -> bool:
    device = settable.device
    return name.lower() in f"{device.name} {device.uuid}".lower()


def open_settable(backend: str, address: str, knob: str, device: Device) -> Settable:
    """A device again by what is written down of it.

    Parameters
    ----------
    backend : what drives it: ``simulated``, ``nvml``, ``amd`` or ``rapl``
    address : where it lies: a folder, or a GPU's UUID
    knob : ``power`` or ``clock``
    device : its names, as the journal has them

    Returns the device's limit. Raises DeviceLost where it is not there.
    """
    if backend == SIMULATED:
        return open_simulated(address)
    if backend == NVML:
        return open_nvml(address, knob, device)
    return open_sysfs(backend, address, device)
