"""Accelerators that this machine has and that nothing reads: their energy is missing, and an answer must say so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PCI = Path("/sys/bus/pci/devices")
# maker -> its number on the PCI bus, classes of its accelerators (display, 3D, processing), and what reads them
MAKERS = {
    "NVIDIA": ("0x10de", ("0x0300", "0x0302"), "pip install 'wattline[nvidia]'"),
    "AMD": ("0x1002", ("0x0302", "0x1200"), "install amd-smi's Python package"),
}


def unread(kinds: Iterable[str], pci: Path = PCI) -> list[str]:
    """What is said of accelerators that stand on the bus while none is read.

    Parameters
    ----------
    kinds
        Kinds of the devices that are read, such as "gpu" and "cpu".
    pci
        The folder of the bus's devices.

    Returns
    -------
    list
        A line for each maker, with how many there are and the mend; none where a GPU is read.
    """
    if "gpu" in set(kinds):
        return []
    counts = dict.fromkeys(MAKERS, 0)
    for device in sorted(pci.glob("*")):
        vendor, kind = _text(device / "vendor"), _text(device / "class")
        for maker, (number, classes, _) in MAKERS.items():
            counts[maker] += vendor == number and kind.startswith(classes)
    return [
        f"{count} {maker} accelerator{'s' if count > 1 else ''} here not read, so left out: {MAKERS[maker][2]}"
        for maker, count in counts.items()
        if count
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
