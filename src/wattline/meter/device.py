"""A metered device, told apart by host and UUID, so that ranks on one machine count it once."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("gpu", "mig", "cpu", "dram", "node", "switch", "rack", "other")


@dataclass(frozen=True)
class Device:
    """What one sensor's energy belongs to.

    ``uuid`` is stable on its host: NVML's UUID, ``rapl:package-0``, a BMC's system UUID. ``inside`` is the key of a
    metered device whose energy holds this one's too (a MIG slice in its GPU, memory in its node): a sum over devices
    takes the outer one alone.
    """

    host: str
    uuid: str
    kind: str
    name: str = ""
    inside: str = ""

    @property
    def key(self) -> str:
        return f"{self.host}/{self.uuid}"
