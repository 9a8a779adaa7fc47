"""What a device of a kind can draw at most: readings above that are no power, and a counter's step above it a leap.

One device is held against the largest of its kind with room to spare; a name without a number or an address of its own
(``gpu``, ``cpu``) may stand for all of a machine's.
"""

from __future__ import annotations

import re
from functools import cache

from wattline.catalog import fact
from wattline.meter.device import Device

FACTS = {
    "gpu": "constant.meter-max-gpu",
    "mig": "constant.meter-max-gpu",
    "cpu": "constant.meter-max-cpu",
    "dram": "constant.meter-max-cpu",
    "switch": "constant.meter-max-switch",
    "node": "constant.meter-max-node",
    "rack": "constant.meter-max-rack",
    "other": "constant.meter-max-other",
}
SEVERAL = ("gpu", "mig", "cpu", "dram")  # kinds of which a machine has several, often told as one
SITE = re.compile(r"site|hall|facility|campus|building|data.?cent|feeder|substation|grid|utility", re.IGNORECASE)


def max_w(device: Device) -> float:
    """Watts that no device of this kind exceeds.

    Parameters
    ----------
    device: its kind, and whether its UUID tells one of several or a machine's all.

    Returns
    -------
    Watts, from the catalog.
    """
    if device.kind == "other" and SITE.search(f"{device.uuid} {device.name}"):
        return _watts("constant.meter-max-site")
    most = _watts(FACTS.get(device.kind, FACTS["other"]))
    single = any(letter.isdigit() for letter in device.uuid)
    return most if single or device.kind not in SEVERAL else most * _watts("constant.meter-max-boards")


@cache
def _watts(name: str) -> float:
    return fact(name).value
