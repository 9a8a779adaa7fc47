"""RAPL: a powercap tree laid out as the kernel lays it, wrapping and failing as it does."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.meter.sensor import SensorGone
from wattline.meter.sensors import rapl
from wattline.meter.sensors.rapl import Rapl

WRAP_UJ = 262_143_328_850
CPUINFO = "processor\t: 0\nmodel name\t: {}\nprocessor\t: 1\nmodel name\t: {}\n"
XEON = "Intel(R) Xeon(R) Platinum 8480+"


class Tree:
    """``/sys/class/powercap`` in a folder: links into the tree of devices, as the kernel makes them."""

    def __init__(self, folder: Path, cpu: str = XEON) -> None:
        self.root, self.devices = folder / "class" / "powercap", folder / "devices" / "virtual" / "powercap"
        self.root.mkdir(parents=True)
        self.cpuinfo = folder / "cpuinfo"
        self.cpuinfo.write_text(CPUINFO.format(cpu, cpu))
        self.now_s, self.asleep_s = 100.0, 0.0

    def control(self, name: str) -> None:
        (self.devices / name).mkdir(parents=True)
        (self.devices / name / "enabled").write_text("1\n")
        (self.root / name).symlink_to(os.path.relpath(self.devices / name, self.root))

    def zone(self, zone: str, name: str, energy_uj: int | str = 5_000_000, wrap_uj: int | None = WRAP_UJ) -> Path:
        """A zone ``intel-rapl:0:1`` inside its parent's folder, with a link beside the others."""
        parts = zone.split(":")
        path = self.devices / parts[0]
        for depth in range(2, len(parts) + 1):
            path /= ":".join(parts[:depth])
        path.mkdir(parents=True)
        (path / "name").write_text(f"{name}\n")
        (path / "energy_uj").write_text(f"{energy_uj}\n")
        (path / "energy_uj").chmod(0o400)
        if wrap_uj is not None:
            (path / "max_energy_range_uj").write_text(f"{wrap_uj}\n")
        (path / "constraint_0_power_limit_uw").write_text("350000000\n")
        (self.root / zone).symlink_to(os.path.relpath(path, self.root))
        return path

    def find(self) -> tuple[dict[str, Rapl], list[rapl.Finding]]:
        sensors, findings = rapl.find(self.root, "host", lambda: self.now_s, lambda: self.asleep_s, self.cpuinfo)
        return {sensor.device.uuid: sensor for sensor in sensors if isinstance(sensor, Rapl)}, findings


def put(path: Path, value: object) -> None:
    """The register reads ``value`` from now on; the file stays the same one, as in sysfs."""
    with (path / "energy_uj").open("r+") as file:
        file.truncate(0)
        file.write(f"{value}\n" if value != "" else "")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Two sockets, cores and memory in each."""
    tree = Tree(tmp_path)
    tree.control("intel-rapl")
    for socket in (0, 1):
        tree.zone(f"intel-rapl:{socket}", f"package-{socket}")
        tree.zone(f"intel-rapl:{socket}:0", "core")
        tree.zone(f"intel-rapl:{socket}:1", "dram", wrap_uj=65_712_999_613)
    return tree


def test_two_sockets(tree: Tree) -> None:
    sensors, findings = tree.find()
    assert findings == []
    result = {uuid: (s.device.kind, s.device.inside) for uuid, s in sensors.items()}
    assert result == {
        "rapl:package-0": ("cpu", ""),
        "rapl:package-0/core": ("cpu", "host/rapl:package-0"),  # inside: no sum counts it again
        "rapl:package-0/dram": ("dram", ""),  # beside its package
        "rapl:package-1": ("cpu", ""),
        "rapl:package-1/core": ("cpu", "host/rapl:package-1"),
        "rapl:package-1/dram": ("dram", ""),
    }
    package = sensors["rapl:package-0"]
    assert package.read() == (None, 5.0)
    assert package.spec.wrap_j == pytest.approx(262_143.32885)
    assert sensors["rapl:package-0/dram"].spec.wrap_j == pytest.approx(65_712.999613)
    assert XEON in package.device.name
    assert not package.spec.modelled


@given(start=st.integers(1, WRAP_UJ), rises=st.lists(st.integers(0, 290_000_000), min_size=1, max_size=12))
def test_a_wrap_at_any_point(tmp_path: Path, start: int, rises: list[int]) -> None:
    tree = Tree(Path(tempfile.mkdtemp(dir=tmp_path)))
    path = tree.zone("intel-rapl:0", "package-0", start)
    sensor = tree.find()[0]["rapl:package-0"]
    total_j, last, raw = 0.0, sensor.read().energy_j, start
    for rise in rises:
        raw = (raw + rise) % WRAP_UJ
        tree.now_s += 0.1
        put(path, raw)
        now = sensor.read().energy_j
        assert last is not None
        assert now is not None
        total_j += now - last if now >= last else now + sensor.spec.wrap_j - last
        last = now
    assert total_j == pytest.approx(sum(rises) * 1e-6, abs=1e-4)
    sensor.close()


@pytest.mark.parametrize("bad", ["", "garbage", "-1", "0", str(WRAP_UJ * 2), "5000000.5", "\x00\x00"])
def test_an_unreadable_sample_is_gone_and_the_next_one_right(tree: Tree, bad: str) -> None:
    path = tree.root / "intel-rapl:0"
    put(path, 10_000_000_000)
    sensor = tree.find()[0]["rapl:package-0"]
    assert sensor.read().energy_j == 10_000.0
    tree.now_s += 0.1
    put(path, bad)
    with pytest.raises(SensorGone):
        sensor.read()
    tree.now_s += 0.1
    put(path, 10_030_000_000)
    assert sensor.read().energy_j == 10_030.0


def test_a_suspend_that_clears_the_counter_is_told_once(tree: Tree) -> None:
    path = tree.root / "intel-rapl:0"
    put(path, 10_000_000_000)
    sensor = tree.find()[0]["rapl:package-0"]
    before = sensor.read().energy_j
    tree.now_s, tree.asleep_s = tree.now_s + 5, 3600.0
    put(path, 1_000_000)
    with pytest.raises(SensorGone, match="slept"):
        sensor.read()
    tree.now_s += 1
    put(path, 51_000_000)
    assert sensor.read().energy_j == pytest.approx(before + 50.0)  # type: ignore[operator]


def test_a_zone_that_vanishes_and_comes_back(tree: Tree) -> None:
    path = (tree.root / "intel-rapl:1").resolve()
    sensor = tree.find()[0]["rapl:package-1"]
    sensor.close()
    (path / "energy_uj").rename(path / "away")
    with pytest.raises(SensorGone, match="No such file"):
        sensor.read()
    (path / "away").rename(path / "energy_uj")
    assert sensor.read().energy_j == 5.0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read any file: see the test in a process of another user")
def test_root_only_files_are_told_with_the_mend(tree: Tree) -> None:
    for path in tree.root.glob("*/energy_uj"):
        path.chmod(0)
    denied(*tree.find())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_only_files_as_another_user(tree: Tree, tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o055)
    rapl.catalog.fact("constant.meter-max-cpu")  # read while its files may be
    as_nobody(lambda: denied(*tree.find()))


def as_nobody(check: Callable[[], None]) -> None:
    """Run the check in a child that is nobody; its failure is ours."""
    child = os.fork()
    if not child:
        status = 1
        try:
            os.setgid(65534)
            os.setuid(65534)
            check()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def denied(sensors: dict[str, Rapl], findings: list[rapl.Finding]) -> None:
    assert sensors == {}
    (finding,) = findings
    assert not finding.usable
    assert "root alone" in finding.why
    assert "chmod a+r" in finding.mend
    assert "udev" in finding.mend
    assert "package-0" in finding.what
    assert "package-1/dram" in finding.what


def test_psys_holds_packages_and_memory(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    psys = tree.zone("intel-rapl:2", "psys")
    moving(monkeypatch, {psys: 100_000_000, tree.root / "intel-rapl:0": 40_000_000, tree.root / "intel-rapl:1": 0})
    sensors, findings = tree.find()
    assert findings == []
    assert sensors["rapl:psys"].device.kind == "node"
    for uuid, sensor in sensors.items():
        inside = {"rapl:psys": "", "core": f"host/{uuid.rpartition('/')[0]}"}
        assert sensor.device.inside == inside.get(uuid, inside.get(uuid.rpartition("/")[2], "host/rapl:psys"))


def test_a_psys_that_reads_less_than_its_packages_is_left_out(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    psys = tree.zone("intel-rapl:2", "psys")
    moving(monkeypatch, {psys: 1_000_000, tree.root / "intel-rapl:0": 40_000_000})
    sensors, findings = tree.find()
    assert "rapl:psys" not in sensors
    assert sensors["rapl:package-0"].device.inside == ""
    assert "less than the packages" in findings[0].why


def moving(monkeypatch: pytest.MonkeyPatch, rises: dict[Path, int]) -> None:
    """Counters rise by these microjoules while the search waits."""

    def wait(seconds: float) -> None:
        for path, rise in rises.items():
            put(path, int((path / "energy_uj").read_text()) + rise)

    monkeypatch.setattr(rapl.time, "sleep", wait)


def test_the_mmio_copy_of_a_package_is_taken_once(tree: Tree) -> None:
    tree.control("intel-rapl-mmio")
    tree.zone("intel-rapl-mmio:0", "package-0")
    sensors, findings = tree.find()
    assert len(sensors) == 6
    assert sensors["rapl:package-0"].path.name == "intel-rapl:0"
    assert "same counter as intel-rapl:0" in findings[0].why


def test_a_dead_counter_of_a_virtual_machine(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.zone("intel-rapl:0", "package-0", 0)
    sensors, findings = tree.find()
    assert not sensors
    assert "stays at zero" in findings[0].why


def test_amd_is_said_to_be_worked_out(tmp_path: Path) -> None:
    tree = Tree(tmp_path, "AMD EPYC 9654 96-Core Processor")
    tree.zone("intel-rapl:0", "package-0", wrap_uj=65_532_610_987)
    tree.zone("intel-rapl:0:0", "core", wrap_uj=None)
    sensors, _ = tree.find()
    package, core = sensors["rapl:package-0"], sensors["rapl:package-0/core"]
    assert "worked out" in package.spec.note
    assert package.spec.error > 0.1
    assert "max_energy_range_uj is missing" in core.spec.note


def test_no_tree_and_an_empty_tree(tmp_path: Path) -> None:
    for root, message in ((tmp_path / "none", "no powercap tree"), (tmp_path, "no RAPL zone")):
        sensors, (finding,) = rapl.find(root)
        assert sensors == []
        assert not finding.usable
        assert message in finding.why
        assert finding.mend
