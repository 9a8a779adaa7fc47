"""Accelerators that stand in a machine and that nothing reads are never left out without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

import wattline as wl
from wattline.meter.live import active, measurement
from wattline.meter.sensors import unread as module
from wattline.meter.sensors.unread import unread


def bus(folder: Path, devices: list[tuple[str, str]]) -> Path:
    for i, (vendor, kind) in enumerate(devices):
        (folder / f"0000:{i:02x}:00.0").mkdir(parents=True)
        (folder / f"0000:{i:02x}:00.0" / "vendor").write_text(f"{vendor}\n")
        (folder / f"0000:{i:02x}:00.0" / "class").write_text(f"{kind}\n")
    return folder


H200, MI300, NIC, BRIDGE, LAPTOP = (
    ("0x10de", "0x030200"), ("0x1002", "0x120000"), ("0x15b3", "0x020000"), ("0x10de", "0x068000"),
    ("0x1002", "0x030000"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("devices", "kinds", "words"),
    [
        ([H200, H200, BRIDGE, NIC], ["cpu", "dram"], ["2 NVIDIA accelerators"]),
        ([H200, NIC], ["cpu", "gpu"], []),
        ([MI300], [], ["1 AMD accelerator "]),
        ([H200, MI300], ["cpu"], ["1 NVIDIA accelerator ", "1 AMD accelerator "]),
        ([NIC, BRIDGE, LAPTOP], ["cpu"], []),
        ([], ["cpu"], []),
    ],
)
def test_what_is_not_read_is_named(tmp_path: Path, devices, kinds, words):
    lines = unread(kinds, bus(tmp_path / "pci", devices))
    assert len(lines) == len(words)
    assert all(line.startswith(word) for line, word in zip(lines, words, strict=True))


def test_a_window_warns_of_a_gpu_that_nothing_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    active.finish()
    folder = bus(tmp_path / "pci", [H200])
    monkeypatch.setattr(measurement, "unread", lambda kinds: module.unread([k for k in kinds if k != "gpu"], folder))
    with wl.measure("window") as window:
        pass
    active.finish()  # a measurement of the process goes on, and its children would join it
    assert any("NVIDIA" in words and "wattline[nvidia]" in words for words in window.json()["warnings"])
