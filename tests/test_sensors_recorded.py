"""Sensors of hardware that is not here, held against answers written anew, most from memory of their formats."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import programs
from wattline.meter.sensor import SensorGone
from wattline.meter.sensors import emi, ina3221, plugs, snmp, tools
from wattline.meter.sensors.discover import best_sensors, nest

APPLE_TEXT = """Machine model: Mac14,3
*** Sampled system activity (Wed Nov 25 10:00:00 2026 +0100) (503.12ms elapsed) ***
CPU Power: 1500 mW
GPU Power: 250 mW
ANE Power: 0 mW
Combined Power (CPU + GPU + ANE): 1750 mW
"""
APPLE_LIST = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>elapsed_ns</key><integer>500000000</integer>
<key>processor</key><dict><key>cpu_power</key><real>1500</real><key>gpu_power</key><real>250</real>
<key>ane_power</key><real>0</real><key>combined_power</key><real>1750</real></dict></dict></plist>
"""


@pytest.mark.parametrize("text", [APPLE_TEXT, APPLE_LIST, APPLE_TEXT.replace("Combined", "Other")])
def test_apple_s_chip_is_the_sum_of_its_parts(text: str) -> None:
    ((device, reading, _),) = tools.powermetrics_answer(text, "mac")
    assert reading.power_w == pytest.approx(1.75)
    assert device.kind == "cpu"


def test_a_jetson_s_rails_lie_inside_its_input() -> None:
    line = (
        "11-25-2026 10:00:00 RAM 2448/7620MB GR3D_FREQ 0% cpu@47C VDD_IN 4520mW/4500mW VDD_CPU_GPU_CV 512mW/500mW "
        "VDD_SOC 1400mW/1400mW"
    )
    answer = tools.tegrastats_answer(line, "nano")
    assert [(device.name, reading.power_w) for device, reading, _ in answer] == [
        ("Jetson (VDD_IN)", 4.52), ("Jetson rail VDD_CPU_GPU_CV", 0.512), ("Jetson rail VDD_SOC", 1.4),
    ]  # fmt: skip
    assert {device.inside for device, _, _ in answer[1:]} == {answer[0][0].key}


def test_gaudi_accelerators_are_told_apart_by_their_uuids() -> None:
    text = "HL-225, 01P0-HL2080A0-15-TNFD36-00-00-00, 0000:19:00.0, 97 W\nHL-225, 01P0-B, 0000:1a:00.0, 410 W\n"
    answer = tools.hl_smi_answer(text, "h")
    assert [reading.power_w for _, reading, _ in answer] == [97, 410]
    assert answer[0][2] == {"pci:0000:19:00.0"}


def test_intel_s_gpus_are_lines_of_a_dump() -> None:
    rows = ["Timestamp, DeviceId, GPU Power (W)", "06:14:46.000,    0, 31.15", "06:14:46.000,    1, 120.50"]
    text = "\n".join([*rows, "06:14:46.000,    2, N/A"])
    assert [reading.power_w for _, reading, _ in tools.xpu_smi_answer(text, "h")] == [31.15, 120.5]


@pytest.mark.parametrize("parse", [tool.parse for tool in tools.TOOLS.values()])
@pytest.mark.parametrize("text", ["", "no devices", "<plist>", "Timestamp, DeviceId\n1,2\n", "a,b,c,d\n"])
def test_an_answer_without_power_is_gone_and_not_zero(parse: Any, text: str) -> None:
    with pytest.raises(SensorGone):
        parse(text, "h")


def test_a_tool_that_is_installed_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = programs.written(tmp_path / "hl-smi", '#!/bin/sh\necho "HL-325, 01P1, 0000:19:00.0, 512 W"\n')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (sensor,), _ = tools.find("hl-smi", "h")
    assert sensor.read().power_w == 512
    sensor.close()
    programs.written(path, "#!/bin/sh\necho no driver >&2; exit 1\n")
    sensors, (finding,) = tools.find("hl-smi", "h")
    assert (sensors, finding.why) == ([], "no driver")


def test_a_tool_that_is_not_there_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert [tools.find(name) for name in tools.TOOLS] == [([], [])] * len(tools.TOOLS)


def test_rails_of_the_kernel_are_volts_times_amperes(tmp_path: Path) -> None:
    folder = tmp_path / "hwmon4"
    folder.mkdir()
    files = {"name": "ina3221", "in1_label": "VDD_IN", "in1_input": 5000, "curr1_input": 900,
             "in2_label": "VDD_CPU_GPU_CV", "in2_input": 4900, "curr2_input": 100,
             "in3_label": "NC", "in3_input": 0, "curr3_input": 0}  # fmt: skip
    for name, value in files.items():
        (folder / name).write_text(f"{value}\n")
    sensors, _ = ina3221.find(tmp_path, "nano")
    assert [sensor.read().power_w for sensor in sensors] == [4.5, pytest.approx(0.49)]
    assert sensors[1].device.inside == sensors[0].device.key
    (folder / "curr1_input").unlink()
    with pytest.raises(SensorGone):
        sensors[0].read()


ANSWERS: dict[str, dict[str, Any]] = {
    "shelly1": {"/status": {"meters": [{"power": 61.5, "is_valid": True, "total": 1200}]}},
    "shelly2": {
        "/rpc/Shelly.GetStatus": {
            "sys": {"mac": "A8032ABE54DC"},
            "switch:0": {"id": 0, "output": True, "apower": 61.5, "aenergy": {"total": 20.0}},
        }
    },
    "tasmota": {
        "/cm?cmnd=Status 8": {
            "StatusSNS": {"Time": "2026-11-25T10:00:00", "ENERGY": {"Total": 12.345, "Power": 61.5, "Voltage": 230}}
        }
    },
    "strip": {"/status": {"meters": [{"power": 10.0, "is_valid": True}, {"power": 20.0, "is_valid": True}]}},
    "other": {"/": {}},
}


@pytest.fixture(params=["shelly1", "shelly2", "tasmota"])
def plug(request: pytest.FixtureRequest) -> Iterator[str]:
    yield from serving(request.param)


def serving(kind: str) -> Iterator[str]:
    """A small server that answers as one of them."""

    class Plug(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = ANSWERS[kind].get(unquote(self.path.replace("+", " ")))
            self.send_response(404 if answer is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps(answer if answer is not None else {"error": "not found"}).encode())

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Plug)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_plug_tells_the_machine_that_it_feeds(plug: str) -> None:
    pytest.importorskip("httpx")
    (sensor,), findings = plugs.find({"WATTLINE_PLUGS": f"node7={plug}"}, "here")
    assert not findings
    assert sensor.read().power_w == 61.5
    assert (sensor.device.host, sensor.device.kind) == ("node7", "node")
    sensor.close()


def test_a_plug_s_energy_is_in_joules() -> None:
    assert plugs.shelly1_answer(ANSWERS["shelly1"]["/status"])["meter:0"].energy_j == 72_000
    assert plugs.shelly2_answer(ANSWERS["shelly2"]["/rpc/Shelly.GetStatus"])["switch:0"].energy_j == 72_000
    assert plugs.tasmota_answer({"StatusSNS": {"ENERGY": {"Total": 0.5}}})["energy"].energy_j == 1_800_000


def test_the_outlets_of_a_strip_are_devices_of_their_own() -> None:
    pytest.importorskip("httpx")
    for url in serving("strip"):
        sensors, _ = plugs.find({"WATTLINE_PLUGS": url}, "here")
        assert [sensor.read().power_w for sensor in sensors] == [10, 20]
        assert {sensor.device.kind for sensor in sensors} == {"other"}
        for sensor in sensors:
            sensor.close()


def test_what_is_no_plug_is_named() -> None:
    pytest.importorskip("httpx")
    for url in serving("other"):
        sensors, (finding,) = plugs.find({"WATTLINE_PLUGS": url}, "here")
        assert not sensors
        assert "no Shelly and no Tasmota" in finding.why


class Pdu:
    """A unit that answers one number over UDP, as RFC 3416 lays it out."""

    def __init__(self, value: bytes, status: int = 0) -> None:
        self.value, self.status = value, status
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.line.getsockname()[1]}"
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self) -> None:
        while True:
            try:
                data, sender = self.line.recvfrom(65535)
            except OSError:
                return
            version, community, (_, message) = snmp.parts(snmp.parts(data)[0][1])
            (_, number), _, _, (_, bindings) = snmp.parts(message)
            (name_tag, name), _ = snmp.parts(snmp.parts(bindings)[0][1])
            pair = snmp.encode(snmp.SEQUENCE, snmp.encode(name_tag, name) + self.value)
            body = snmp.encode(snmp.INTEGER, number) + snmp.integer(self.status) + snmp.integer(0)
            body += snmp.encode(snmp.SEQUENCE, pair)
            whole = snmp.encode(*version) + snmp.encode(*community) + snmp.encode(snmp.RESPONSE, body)
            with contextlib.suppress(OSError):  # closed meanwhile
                self.line.sendto(snmp.encode(snmp.SEQUENCE, whole), sender)


APC = "1.3.6.1.4.1.318.1.1.26.4.3.1.5.1"


def test_a_power_distribution_unit_is_asked_by_snmp() -> None:
    unit = Pdu(snmp.encode(0x42, (57).to_bytes(1, "big")))
    (sensor,), findings = snmp.find({"WATTLINE_SNMP": f"rack3={unit.address}/public/{APC}*10"}, "here")
    assert not findings
    assert sensor.read().power_w == 570
    assert (sensor.device.host, sensor.device.kind) == ("rack3", "node")
    sensor.close()
    unit.line.close()


@pytest.mark.parametrize(
    ("value", "status", "words"),
    [(b"\x81\x00", 0, "no such instance"), (b"\x04\x01a", 0, "no number"), (b"\x05\x00", 5, "error 5")],
)
def test_a_unit_that_has_no_such_number_says_so(value: bytes, status: int, words: str) -> None:
    unit = Pdu(value, status)
    sensors, (finding,) = snmp.find({"WATTLINE_SNMP": f"{unit.address}/public/{APC}"}, "here")
    assert not sensors
    assert words in finding.why
    unit.line.close()


def test_an_entry_of_no_sense_is_named_without_its_community() -> None:
    _, (finding,) = snmp.find({"WATTLINE_SNMP": "pdu/secret"}, "here")
    assert "secret" not in finding.what


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=9), st.integers(-(2**31), 2**31))
def test_numbers_and_names_survive_their_bytes(rest: list[int], number: int) -> None:
    (tag, body), (kind, value) = snmp.parts(snmp.object_name("1.3." + ".".join(map(str, rest))) + snmp.integer(number))
    out, part = [], 0
    for byte in body[1:]:
        part = part << 7 | byte & 0x7F
        if not byte & 0x80:
            out.append(part)
            part = 0
    assert (tag, body[0], out) == (snmp.NAME, 43, rest)
    assert (kind, int.from_bytes(value, "big", signed=True)) == (snmp.INTEGER, number)


def wide(text: str, size: int = 0) -> bytes:
    return text.encode("utf-16-le").ljust(size, b"\0")


def windows_meter(joules: list[float]) -> emi.Ask:
    """A meter of version 2 with the channels of Intel's RAPL driver."""
    names = ["RAPL_Package0_PKG", "RAPL_Package0_PP0", "RAPL_Package0_DRAM", "Vendor rail"]
    channels = b"".join(struct.pack("<IH", 0, 2 * len(name)) + wide(name) for name in names)
    metadata = wide("OEM", 32) + wide("Model", 32) + struct.pack("<HH", 1, len(names)) + channels

    def ask(code: int, most: int) -> bytes:
        measured = b"".join(struct.pack("<QQ", round(value / 3.6e-9), 0) for value in joules)
        answers = {emi.VERSION: struct.pack("<H", 2), emi.METADATA_SIZE: struct.pack("<I", len(metadata)),
                   emi.METADATA: metadata, emi.MEASUREMENT: measured}  # fmt: skip
        return answers[code][:most]

    return ask


def test_windows_meters_are_counters_with_cores_inside_their_package() -> None:
    joules = [1000.0, 400.0, 50.0, 7.0]
    sensors, findings = emi.find("pc", [windows_meter(joules)])
    assert not findings
    assert [sensor.read().energy_j for sensor in sensors] == pytest.approx(joules)
    assert [sensor.device.kind for sensor in sensors] == ["cpu", "cpu", "dram", "other"]
    assert sensors[1].device.inside == sensors[0].device.key


def test_a_windows_meter_of_version_1_has_one_channel() -> None:
    metadata = struct.pack("<I", 0) + wide("OEM", 32) + wide("Model", 32) + struct.pack("<HH", 1, 10) + wide("Board")
    assert emi.channel_names(1, metadata) == ["Board"]


@pytest.mark.parametrize("cut", [0, 3, 70, 80])
def test_a_windows_meter_whose_answer_is_cut_is_named(cut: int) -> None:
    whole = windows_meter([1.0] * 4)
    sensors, (finding,) = emi.find("pc", [lambda code, most: whole(code, most)[:cut]])
    assert not sensors
    assert finding.source == "emi"


def test_a_machine_s_plug_holds_what_is_measured_in_it() -> None:
    pytest.importorskip("httpx")
    for url in serving("shelly2"):
        outer, _ = plugs.find({"WATTLINE_PLUGS": url}, "here")
        inner, _ = emi.find("here", [windows_meter([1.0] * 4)])
        sensors = nest(best_sensors([*outer, *inner])[0])
        node = next(sensor.device for sensor in sensors if sensor.device.kind == "node")
        assert [s.device.inside for s in sensors if s.device.name == "RAPL_Package0_PKG"] == [node.key]
        for sensor in sensors:
            sensor.close()
