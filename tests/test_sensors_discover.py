"""Looking for sensors: each device once by its best source, modelled only where nothing measures, and the command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from wattline import catalog
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.sensor import Finding, Reading, Sensor, SensorGone, Spec
from wattline.meter.sensors import discover, model
from wattline.meter.sensors.listing import Watch, tell
from wattline.meter.sensors.local import same_host
from wattline.report.present import rich_text
from wattline.schema.meter import SensorsJson

HERE = "here"


class Made:
    """A sensor with the reading it is given."""

    def __init__(
        self,
        source: str,
        uuid: str,
        kind: str = "gpu",
        power_w: float | None = 100.0,
        energy_j: float | None = None,
        host: str = HERE,
        also: str = "",
        modelled: bool = False,
    ) -> None:
        self.device, self.spec = Device(host, uuid, kind), Spec(source, modelled=modelled)
        self.also = frozenset({also} if also else ())
        self.reading: Reading | None = Reading(power_w, energy_j)
        self.closed = False

    def read(self) -> Reading:
        if self.reading is None:
            raise SensorGone("away")
        return self.reading

    def close(self) -> None:
        self.closed = True


def chosen(*sensors: Sensor) -> list[str]:
    return [f"{s.spec.source} {s.device.uuid}" for s in discover.best_sensors(sensors)[0]]


def test_a_device_is_taken_once_by_its_best_source() -> None:
    power, counter = Made("hwmon", "h", also="pci:1"), Made("amdsmi", "a", energy_j=5.0, also="pci:1")
    taken, findings = discover.best_sensors([power, counter])
    assert taken == [counter]
    assert power.closed
    assert not counter.closed
    (finding,) = findings
    assert (finding.source, finding.usable) == ("hwmon", True)
    assert "taken from amdsmi, which counts joules" in finding.why
    # a counter before power whatever the order of sources
    assert chosen(Made("nvml", "GPU-1"), Made("prometheus", "GPU-1", energy_j=1.0)) == ["prometheus GPU-1"]
    # of two alike the one nearer to the device
    assert chosen(Made("prometheus", "GPU-1"), Made("nvml", "GPU-1")) == ["nvml GPU-1"]
    # measured before modelled, even where the model counts
    kepler = Made("prometheus", "rapl:package-0", "cpu", energy_j=1.0, modelled=True)
    assert chosen(kepler, Made("hwmon", "x", "cpu", also="rapl:package-0")) == ["hwmon x"]


def test_devices_are_told_apart_by_host_and_uuid() -> None:
    assert len(chosen(Made("rapl", "rapl:package-0"), Made("rapl", "rapl:package-0", host="other"))) == 2
    assert len(chosen(Made("nvml", "GPU-1"), Made("nvml", "GPU-2"))) == 2
    # a full name and its short one are one machine; an exporter's odd host name makes no second GPU of one
    assert len(chosen(Made("rapl", "u", host="node1"), Made("prometheus", "u", host="node1.example.org"))) == 1
    assert len(chosen(Made("nvml", "GPU-1"), Made("prometheus", "GPU-1", host="pod-77"))) == 1
    # no PCI address is no common one
    assert len(chosen(Made("nvml", "GPU-1", also="pci:"), Made("nvml", "GPU-2", also="pci:"))) == 2
    assert same_host("a", "A")
    assert not same_host("node1", "node12")
    assert not same_host("10.0.0.1", "10.0.0.12")


def test_what_a_measured_machine_holds_lies_inside_it() -> None:
    node, gpu, mig = Made("ipmi", "node", "node"), Made("nvml", "GPU-1"), Made("nvml", "MIG-1", "mig")
    mig.device = replace(mig.device, inside="here/GPU-1")
    far, psu = Made("nvml", "GPU-9", host="far"), Made("redfish", "switch", "switch")
    nested = discover.nest([node, gpu, mig, far, psu])
    assert [s.device.inside for s in nested] == ["", "here/node", "here/GPU-1", "", ""]
    guessed = Made("model", "node", "node", modelled=True)
    assert discover.nest([guessed, Made("nvml", "GPU-1")])[1].device.inside == ""


def finders(**result: Any) -> dict[str, discover.Finder]:
    """Stand-ins for every source; those not named find nothing."""
    empty: dict[str, discover.Finder] = {name: lambda: ([], []) for name in discover.SOURCES if name != "model"}
    return {**empty, **result}


def test_the_model_stands_in_only_where_nothing_measures() -> None:
    from wattline.meter.sensors.local import hostname

    cpu = Made("rapl", "rapl:package-0", "cpu", None, 1.0, hostname())
    sensors, _ = discover.look(finders=finders(rapl=lambda: ([cpu], [])))
    assert [(s.spec.source, s.device.kind) for s in sensors] == [("rapl", "cpu"), ("model", "dram")]
    assert sensors[1].spec.modelled
    # another machine's processor, read through a server, is not this one's
    far = Made("prometheus", "rapl:package-0", "cpu", host="far")
    sensors, _ = discover.look(finders=finders(prometheus=lambda: ([far], [])))
    assert [s.spec.source for s in sensors] == ["prometheus", "model", "model"]
    # asked for by name it tells all it can
    assert [s.device.kind for s in discover.look(["model"])[0]] == ["cpu", "dram"]
    assert discover.find(["rapl"]) == [] or all(s.spec.source == "rapl" for s in discover.find(["rapl"]))


def test_a_source_that_breaks_is_told_and_harms_no_other() -> None:
    def broken() -> discover.Sighting:
        raise RuntimeError("a defect")

    gpu = Made("nvml", "GPU-1")
    sensors, findings = discover.look(
        ["ipmi", "nvml"], {"ipmi": broken, "nvml": lambda: ([gpu], [Finding("nvml", "GPU 7", False, "lost")])}
    )
    assert sensors == [gpu]
    assert ["looking failed: RuntimeError: a defect" in findings[0].why, findings[1].why] == [True, "lost"]


def test_a_source_that_is_not_known() -> None:
    with pytest.raises(WattlineError, match=r"'rapll' is none of nvml.*nearest: rapl"):
        discover.look(["rapll"])


class Proc:
    """``/proc`` with a processor's times."""

    def __init__(self, folder: Path, name: str = "Intel(R) Xeon(R) Platinum 8480+", threads: int = 56) -> None:
        self.folder, self.threads = folder, threads
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cpuinfo").write_text(f"processor\t: 0\nmodel name\t: {name}\n" if name else "")
        (folder / "meminfo").write_text("MemTotal:       67108864 kB\nMemFree: 1 kB\n")
        self.user, self.idle, self.now_s = 1000, 1000, 0.0
        self.go(0, 0)

    def go(self, busy: int, idle: int) -> None:
        self.user, self.idle = self.user + busy, self.idle + idle
        lines = "".join(f"cpu{n} 0 0 0 0 0 0 0 0 0 0\n" for n in range(self.threads))
        # guest time stands within user time: counted once
        (self.folder / "stat").write_text(f"cpu  {self.user} 0 0 {self.idle} 0 0 0 0 {self.user} 0\n{lines}intr 1\n")


def cpu_of(proc: Proc) -> Sensor:
    return model.find(["cpu"], HERE, proc.folder, clock=lambda: proc.now_s)[0][0]


def test_a_known_processor_from_idle_to_full(tmp_path: Path) -> None:
    proc = Proc(tmp_path)
    sensor = cpu_of(proc)
    with pytest.raises(SensorGone, match="second reading"):
        sensor.read()
    (proc.folder / "loadavg").write_text("28.00 1.00 1.00 1/300 999\n")
    half_w = sensor.read().power_w  # half of the threads, by the load of the last minute
    tdp_w = catalog.fact("cpu.xeon-platinum-8480+.tdp_w").value * 56 / 112  # half a socket's threads
    shares = [catalog.fact(f"fit.model-cpu-{share}-share").value for share in ("idle", "full")]
    low_w, high_w = (share * tdp_w for share in shares)
    read = []
    for busy in (0, 5600, 2800, 2800):
        proc.go(busy, 5600 - busy)
        proc.now_s += 1
        power_w = sensor.read().power_w
        assert power_w is not None
        read.append(power_w)
    assert read[0] == pytest.approx(low_w, rel=0.1)
    assert read[1] == pytest.approx(high_w, rel=0.01)
    assert half_w == pytest.approx(read[2])
    assert read[2] == read[3] == pytest.approx((read[0] + read[1]) / 2)
    proc.go(3000, 0)  # too soon: the last share stands
    assert sensor.read().power_w == read[3]
    assert sensor.spec.modelled
    assert 0.3 < sensor.spec.error < 1
    assert "TDP 350 W a socket" in sensor.spec.note


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("AMD EPYC 7763 64-Core Processor", "cpu.epyc-7763"),
        ("Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", "cpu.xeon-gold-6248"),
        ("Intel(R) Xeon(R) Platinum 8480CL", ""),
        ("AMD EPYC", ""),
        ("", ""),
    ],
)
def test_processors_by_the_kernels_name(name: str, key: str, tmp_path: Path) -> None:
    result = model._record(name, catalog.default())
    assert (result.key if result else "") == key
    sensor = cpu_of(Proc(tmp_path, name, 8))
    assert ("a thread" in sensor.spec.note) is (not key)
    assert sensor.spec.error <= model.WIDEST + 1e-9


def test_memory_by_its_modules_or_its_size(tmp_path: Path) -> None:
    proc, edac = Proc(tmp_path / "proc"), tmp_path / "mc"
    size = model.find(["dram"], HERE, proc.folder, edac)[0][0]
    gigabytes = 67108864 * 1024 / 1e9
    fact = catalog.fact("fit.model-dram-gb-w")
    power_w = size.read().power_w
    assert power_w is not None
    # the range of the fact lies within what the reading says of itself
    assert power_w * (1 - size.spec.error) <= gigabytes * fact.low
    assert power_w * (1 + size.spec.error) >= gigabytes * fact.high * (1 - 1e-9)
    for slot, megabytes in (("mc0/dimm0", 32768), ("mc0/dimm3", 32768), ("mc1/dimm0", 0)):
        (edac / slot).mkdir(parents=True)
        (edac / slot / "size").write_text(f"{megabytes}\n")
    modules = model.find(["dram"], HERE, proc.folder, edac)[0][0]
    assert "2 modules" in modules.spec.note
    assert modules.read().power_w == pytest.approx(2 * catalog.fact("fit.model-dram-dimm-w").high / 1.9)


def test_a_system_that_tells_nothing(tmp_path: Path) -> None:
    sensors, findings = model.find(host=HERE, proc=tmp_path)
    assert sensors == []
    assert [finding.what for finding in findings] == ["cpu", "dram"]
    proc = Proc(tmp_path / "p")
    sensor = cpu_of(proc)
    (proc.folder / "stat").write_text("nothing\n")
    proc.now_s += 1
    with pytest.raises(SensorGone, match="no line"):
        sensor.read()


def test_a_counters_power_is_its_rise(monkeypatch: pytest.MonkeyPatch) -> None:
    from wattline.meter.sensors import listing

    now_s = [0.0]
    monkeypatch.setattr(listing.time, "monotonic", lambda: now_s[0])
    rapl, still, away = (Made("rapl", f"u{n}", "cpu", None, 990.0) for n in range(3))
    rapl.spec = replace(rapl.spec, wrap_j=1000.0)
    watch = Watch([rapl, still, away])
    now_s[0], rapl.reading, away.reading = 2.0, Reading(None, 30.0), None
    rows = watch.rows()
    assert rows[0]["power_w"] == pytest.approx(20.0)  # across its wrap
    assert (rows[1]["power_w"], rows[1]["gone"]) == (None, "no power yet: its counter has not moved")
    assert (rows[2]["power_w"], rows[2]["gone"]) == (None, "away")  # never zero
    reported = tell([rapl, still, away], [Finding("ipmi", "BMC", False, "why", "mend")], rows)
    assert reported["results"]["missing"] == [{"source": "ipmi", "what": "BMC", "why": "why", "mend": "mend"}]
    json.dumps(reported, allow_nan=False)
    rich_text(reported)


def ran(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["sensors", *args])
    return stopped.value.code, *capsys.readouterr()


def test_the_command_lists_what_is_there_and_what_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = ran(capsys)
    assert (status, err) == (0, "")
    assert "\x1b" not in out
    status, message, err = ran(capsys, "--json")
    assert (status, err) == (0, "")
    data = json.loads(message)["results"]
    for row in data["sensors"]:
        assert row["modelled"] == (row["source"] == "model")
        assert row["power_w"] is None or row["power_w"] > 0
        assert row["power_w"] is not None or row["gone"]
    if not data["measured"]:
        assert "nothing measures power here" in out
        assert "modelled from utilisation, not measured" in out
    assert all(entry["why"] for entry in data["missing"])


def test_the_command_refuses_what_it_cannot_do(capsys: pytest.CaptureFixture[str]) -> None:
    for args, message in (
        (["--source", "zzz"], "'zzz' is none of"),
        (["--interval", "0"], "--interval"),
        (["--watch", "--interval", "1ms"], "between"),
        (["--watch", "--source", "redfish"], "nothing to watch"),
        (["more"], "more"),
    ):
        status, out, err = ran(capsys, *args)
        assert (status, out) == (2, "")
        assert message in err
        assert err.count("\n") == 1


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_watching_ends_with_ctrl_c(more: list[str]) -> None:
    code = "from wattline.cli.main import main; main(['sensors', '--watch', '--interval', '50ms', '--source', 'model'"
    code += "".join(f", {word!r}" for word in more) + "])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert err == b""
    assert all(b"model" in line for line in lines)
    if more:
        answers = [SensorsJson.model_validate_json(line) for line in lines]
        assert answers[0].results.sensors[0].modelled
        assert answers[0].results.time_s < answers[1].results.time_s < answers[2].results.time_s


def test_psys_lies_inside_the_machine_at_its_supplies_and_holds_no_gpu() -> None:
    psys, gpu = Made("rapl", "rapl:psys", "node"), Made("nvml", "GPU-1")
    assert [s.device.inside for s in discover.nest([psys, gpu])] == ["", ""]
    assert [s.device.inside for s in discover.nest([psys, gpu, Made("ipmi", "node", "node")])][:2] == ["here/node"] * 2


def test_devices_of_one_name_are_shown_with_their_uuid() -> None:
    from wattline.report.terminal.sensors import sensor_title

    sensors = [Made("nvml", f"GPU-{n}") for n in range(2)] + [Made("nvml", "GPU-9", host="far")]
    for sensor in sensors:
        sensor.device = replace(sensor.device, name="H100")
    rows = Watch(sensors).rows()
    assert [sensor_title(row, rows) for row in rows] == ["H100 GPU-0", "H100 GPU-1", "H100"]
    console = Console(width=120, file=StringIO())
    console.print(rich_text(tell(sensors, [], rows)))
    assert "3 measured" in console.file.getvalue()  # type: ignore[attr-defined]
