"""Redfish: the sushy-tools emulator over a real socket, with the power resources of DMTF's schemas beside its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx", reason="httpx is not installed: pip install 'wattline[meter]'")

from waiting import gone, until
from wattline.meter.sensor import Finding, Sensor
from wattline.meter.sensors import redfish, web
from wattline.meter.sensors.polled import PolledDevice

CHASSIS = "/redfish/v1/Chassis"
Json = dict[str, Any]


def link(path: str) -> Json:
    return {"@odata.id": path}


class Bmc:
    """A small Redfish service: resources by path; one that is an int answers that status."""

    def __init__(self) -> None:
        self.resources: dict[str, Json | int | str] = {"/redfish/v1/": {"Chassis": link(CHASSIS)}}
        self.requests: list[str] = []
        self.redirects: dict[str, str] = {}
        bmc = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                bmc.requests.append(f"{self.path} {self.headers.get('Authorization', '')}".strip())
                result = bmc.resources.get(self.path, 404)
                status = result if isinstance(result, int) else 200
                text = result if isinstance(result, str) else json.dumps({} if isinstance(result, int) else result)
                self.send_response(308 if self.path in bmc.redirects else status)
                if self.path in bmc.redirects:
                    self.send_header("Location", bmc.redirects[self.path])
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def chassis(self, name: str, **parts: Any) -> None:
        path = f"{CHASSIS}/{name}"
        self.resources[path] = {"Id": name, "Name": name, **parts}
        collection = self.resources.setdefault(CHASSIS, {"Members": []})
        assert isinstance(collection, dict)
        collection["Members"].append(link(path))

    def find(self, **more: str) -> tuple[list[Sensor], list[Finding]]:
        return redfish.find({"WATTLINE_REDFISH_URL": self.url, **more}, "here")


@pytest.fixture
def bmc() -> Iterator[Bmc]:
    bmc = Bmc()
    yield bmc
    bmc.server.shutdown()
    bmc.server.server_close()


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[tuple[str, Json]]:
    """sushy-tools' emulator with a user and a password; its chassis leads to a Power resource, which it has none of."""
    pytest.importorskip("sushy_tools.emulator.main", reason="sushy-tools is not installed: pip install sushy-tools")
    import bcrypt
    import flask
    from sushy_tools.emulator import main
    from werkzeug.serving import make_server

    users = tmp_path / "users"
    users.write_text("admin:" + bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode() + "\n")
    app = main.Application()
    app.url_map, app.view_functions = main.app.url_map, main.app.view_functions
    app.error_handler_spec = main.app.error_handler_spec
    app.blueprints = main.app.blueprints
    state: Json = {"PowerControl": [{"Name": "System Power Control", "PowerConsumedWatts": 344}]}
    app.configure(
        extra_config={
            "SUSHY_EMULATOR_FAKE_DRIVER": True,
            "SUSHY_EMULATOR_AUTH_FILE": str(users),
            "SUSHY_EMULATOR_STATE_DIR": str(tmp_path),
        }
    )
    main.app.config.update(app.config)

    @app.after_request
    def power(response: flask.Response) -> flask.Response:
        path = flask.request.path.rstrip("/")
        if path.count("/") == 4 and path.startswith(CHASSIS) and response.status_code == 200:
            data = response.get_json(force=True)
            data["Power"] = link(path + "/Power")
            response.set_data(json.dumps(data))
        elif path.endswith("/Power"):
            response = flask.jsonify(state)
        return response

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", state
    server.shutdown()


def variables(url: str, user: str = "admin", password: str = "secret") -> dict[str, str]:
    return {"WATTLINE_REDFISH_URL": url, "WATTLINE_REDFISH_USER": user, "WATTLINE_REDFISH_PASSWORD": password}


def test_the_emulator(emulator: tuple[str, Json], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redfish, "PERIOD_S", 0.05)
    url, state = emulator
    (sensor,), findings = redfish.find(variables(url), "here")
    try:
        assert findings == []
        assert sensor.read() == (344.0, None)
        assert sensor.device.uuid == "15693887-7984-9484-3272-842188918912"
        assert (sensor.device.kind, sensor.device.name) == ("node", "Chassis")
        state["PowerControl"][0]["PowerConsumedWatts"] = 512.5
        until(lambda: sensor.read().power_w == 512.5)
        del state["PowerControl"][0]["PowerConsumedWatts"]
        assert isinstance(sensor, PolledDevice)
        until(lambda: "no power now" in gone(sensor))
    finally:
        sensor.close()


def test_the_emulator_refuses_a_wrong_password(emulator: tuple[str, Json]) -> None:
    for wrong in (variables(emulator[0], password="wrong"), {"WATTLINE_REDFISH_URL": emulator[0]}):
        sensors, (finding,) = redfish.find(wrong)
        assert sensors == []
        assert "refused (401)" in finding.why
        assert "WATTLINE_REDFISH_USER" in finding.mend


def environment(**readings: float) -> Json:
    return {name: {"Reading": value} for name, value in readings.items()}


def test_each_way_that_a_chassis_tells_its_power(bmc: Bmc) -> None:
    bmc.chassis("Env", EnvironmentMetrics=link("/redfish/v1/env"), Power=link("/redfish/v1/power"))
    bmc.resources["/redfish/v1/env"] = environment(PowerWatts=700.5, EnergyJoules=1e6, EnergykWh=0.28)
    bmc.chassis("Coarse", EnvironmentMetrics=link("/redfish/v1/coarse"))
    bmc.resources["/redfish/v1/coarse"] = environment(EnergykWh=2.0)
    bmc.chassis("Both", EnvironmentMetrics=link("/redfish/v1/both"))
    bmc.resources["/redfish/v1/both"] = environment(PowerWatts=10.0, EnergykWh=2.0)
    bmc.chassis("Old", EnvironmentMetrics=link("/redfish/v1/none"), Power=link("/redfish/v1/power"))
    cpu = {"Name": "CPU Sub-system Power", "PowerConsumedWatts": 200}
    bmc.resources["/redfish/v1/power"] = {"PowerControl": [cpu, {"Name": "Server", "PowerConsumedWatts": 600}, {}]}
    bmc.chassis("Supplies", PowerSubsystem=link("/redfish/v1/sub"))
    bmc.resources["/redfish/v1/sub"] = {"PowerSupplies": link("/redfish/v1/psus")}
    bmc.resources["/redfish/v1/psus"] = {"Members": [link(f"/redfish/v1/psu{n}") for n in (0, 1, 2)]}
    for n, watts in ((0, 410.0), (1, 400.0)):
        bmc.resources[f"/redfish/v1/psu{n}"] = {"Id": str(n), "Metrics": link(f"/redfish/v1/psu{n}/m")}
        bmc.resources[f"/redfish/v1/psu{n}/m"] = environment(InputPowerWatts=watts)
    bmc.resources["/redfish/v1/psu2"] = {"Id": "2", "Status": {"State": "Absent"}}
    bmc.chassis("Nothing", Power=link("/redfish/v1/nowhere"))
    sensors, findings = bmc.find()
    assert findings == []
    assert {sensor.device.name: sensor.read() for sensor in sensors} == {
        "Env": (700.5, 1e6),
        "Coarse": (None, 7.2e6),
        "Both": (10.0, None),  # kilowatt-hours are too coarse for windows
        "Old": (600.0, None),
        "Supplies": (810.0, None),
    }
    # a supply at work that tells nothing makes the sum unknown, never smaller
    bmc.resources["/redfish/v1/psu1/m"] = {}
    place = redfish.WattsPlace("/redfish/v1/psus", "supplies")
    with pytest.raises(redfish.SensorGone, match="power supply 1"):
        redfish._reading(web.Web(bmc.url), place)
    for sensor in sensors:
        sensor.close()


def test_one_odd_chassis_hides_no_other(bmc: Bmc) -> None:
    for name, power in {"Null": [None], "Text": "x", "Number": 3, "Words": [{"PowerConsumedWatts": "5"}]}.items():
        bmc.chassis(name, Power=link(f"/redfish/v1/{name}"))
        bmc.resources[f"/redfish/v1/{name}"] = {"PowerControl": power}
    bmc.chassis("Broken")
    bmc.resources[f"{CHASSIS}/Broken"] = 500
    bmc.chassis("Good", Power=link("/redfish/v1/good"))
    bmc.resources["/redfish/v1/good"] = {"PowerControl": [{"PowerConsumedWatts": 5}]}
    sensors, findings = bmc.find()
    assert findings == []
    assert {sensor.device.name: sensor.read().power_w for sensor in sensors} == {"Good": 5.0}


def test_boards_lie_inside_their_machine_and_that_in_its_rack(bmc: Bmc) -> None:
    inside = {"Links": {"ContainedBy": link(f"{CHASSIS}/System")}}
    bmc.chassis("Rack", ChassisType="Rack", EnvironmentMetrics=link("/redfish/v1/e"))
    bmc.chassis("System", ChassisType="RackMount", UUID="u-1", EnvironmentMetrics=link("/redfish/v1/e"),
                Links={"ContainedBy": link(f"{CHASSIS}/Rack"), "ComputerSystems": [link("/redfish/v1/s")]})  # fmt: skip
    bmc.chassis("GPU_0", ChassisType="Module", EnvironmentMetrics=link("/redfish/v1/e"), **inside)
    bmc.chassis("Board", ChassisType="Card", EnvironmentMetrics=link("/redfish/v1/e"), **inside)
    bmc.resources["/redfish/v1/e"] = environment(PowerWatts=1.0)
    bmc.resources["/redfish/v1/s"] = {"HostName": "node17"}
    sensors, _ = bmc.find()
    result = {s.device.name: (s.device.host, s.device.kind, s.device.inside) for s in sensors}
    assert result["Rack"] == ("here", "rack", "")
    assert result["System"] == ("node17", "node", "here/redfish:Rack")
    assert result["GPU_0"][1:] == ("gpu", "node17/u-1")
    assert result["Board"][1:] == ("other", "node17/u-1")


def test_what_goes_wrong_is_told_and_the_password_never(bmc: Bmc) -> None:
    def why(url: str, **more: str) -> Finding:
        sensors, (finding,) = redfish.find({"WATTLINE_REDFISH_URL": url, **more})
        assert sensors == []
        assert not finding.usable
        assert "hunter2" not in str(finding)
        return finding

    assert "no address given" in redfish.find({})[1][0].why
    port = bmc.server.server_port
    bmc.resources["/redfish/v1/"] = {}
    assert "lists no chassis" in why(f"http://root:hunter2@127.0.0.1:{port}").why
    assert bmc.requests[0].endswith("Basic cm9vdDpodW50ZXIy")  # sent, and not shown
    bmc.resources["/redfish/v1/"] = {"Chassis": link(CHASSIS)}
    bmc.chassis("Empty")
    assert "give no power" in why(bmc.url).why
    for odd in ("no JSON", [1, 2], {"Members": [3, None, {}]}, {"Members": "x"}, 500):
        bmc.resources[CHASSIS] = odd  # type: ignore[assignment]
        assert why(bmc.url).why
    assert "cannot be reached" in why("http://127.0.0.1:1").why
    assert "is no address" in why("http://").why
    assert "httpx" not in why("ftp://host").why
    assert "CA" in why(bmc.url.replace("http", "https"), WATTLINE_REDFISH_CA="/nowhere.pem").why
    assert "cannot be reached" in why(bmc.url.replace("http://", "")).why  # https is taken, which this one speaks not


def test_a_certificate_that_the_bmc_signed_itself(tmp_path: Path, bmc: Bmc) -> None:
    import shutil
    import ssl
    import subprocess

    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    ask = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=bmc -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*ask.split(), "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    bmc.server.socket = context.wrap_socket(bmc.server.socket, server_side=True)
    bmc.chassis("System", Power=link("/redfish/v1/power"))
    bmc.resources["/redfish/v1/power"] = {"PowerControl": [{"PowerConsumedWatts": 5}]}
    url = bmc.url.replace("http", "https")
    finding = redfish.find({"WATTLINE_REDFISH_URL": url})[1][0]
    assert "certificate" in finding.why
    assert "WATTLINE_REDFISH_CA" in finding.mend
    for more in ({"WATTLINE_REDFISH_CA": str(cert)}, {"WATTLINE_REDFISH_INSECURE": "1"}):
        (sensor,), _ = redfish.find({"WATTLINE_REDFISH_URL": url, **more})
        assert sensor.read().power_w == 5.0
        sensor.close()


def test_an_answer_leads_the_password_nowhere_else(bmc: Bmc) -> None:
    bmc.chassis("Evil", Power=link("http://127.0.0.1:1/steal"), EnvironmentMetrics=link("//127.0.0.1:1/steal"))
    assert "give no power" in bmc.find()[1][0].why


def test_a_redirect_to_another_host_takes_no_password_along(bmc: Bmc) -> None:
    other = Bmc()
    try:
        other.resources["/redfish/v1/"] = {"Chassis": link(CHASSIS)}
        bmc.redirects["/redfish/v1/"] = f"http://localhost:{other.server.server_port}/redfish/v1/"
        redfish.find(variables(bmc.url))
        assert "Basic" in bmc.requests[0]
        assert other.requests == ["/redfish/v1/"]
    finally:
        other.server.shutdown()
        other.server.server_close()


def test_a_bmc_that_goes_away_and_comes_back(bmc: Bmc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redfish, "PERIOD_S", 0.05)
    bmc.chassis("System", Power=link("/redfish/v1/power"))
    bmc.resources["/redfish/v1/power"] = {"PowerControl": [{"PowerConsumedWatts": 5}]}
    (sensor,), _ = bmc.find()
    assert isinstance(sensor, PolledDevice)
    try:
        assert sensor.read().power_w == 5.0
        bmc.resources["/redfish/v1/power"] = 503
        until(lambda: "answers 503" in gone(sensor))
        bmc.resources["/redfish/v1/power"] = {"PowerControl": [{"PowerConsumedWatts": -5}]}
        until(lambda: "-5 W" in gone(sensor))
        bmc.resources["/redfish/v1/power"] = {"PowerControl": [{"PowerConsumedWatts": 6}]}
        until(lambda: not gone(sensor))
        assert sensor.read().power_w == 6.0
    finally:
        sensor.close()


def test_this_machines_own_bmc_is_known_by_its_uuid(bmc: Bmc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redfish, "system_uuid", lambda: "4c4c4544-0042")
    bmc.chassis("System", Power=link("/redfish/v1/power"), Links={"ComputerSystems": [link("/redfish/v1/s")]})
    bmc.resources["/redfish/v1/power"] = {"PowerControl": [{"PowerConsumedWatts": 5}]}
    bmc.resources["/redfish/v1/s"] = {"HostName": "bmc-says", "UUID": "4C4C4544-0042"}
    (sensor,), _ = bmc.find()
    assert (sensor.device.host, sensor.also) == ("here", {"node"})  # type: ignore[attr-defined]
    sensor.close()


def test_a_reader_in_a_forked_process_asks_by_itself(bmc: Bmc, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setattr(redfish, "PERIOD_S", 0.05)
    bmc.chassis("System", Power=link("/redfish/v1/power"))
    bmc.resources["/redfish/v1/power"] = {"PowerControl": [{"PowerConsumedWatts": 5}]}
    (sensor,), _ = bmc.find()
    sensor.read()
    bmc.resources["/redfish/v1/power"] = {"PowerControl": [{"PowerConsumedWatts": 6}]}
    until(lambda: sensor.read().power_w == 6.0)
    child = os.fork()
    if not child:
        status = 1
        try:
            until(lambda: sensor.read().power_w == 7.0)
            status = 0
        finally:
            os._exit(status)
    bmc.resources["/redfish/v1/power"] = {"PowerControl": [{"PowerConsumedWatts": 7}]}
    assert os.waitpid(child, 0)[1] == 0
    until(lambda: sensor.read().power_w == 7.0)
    sensor.close()
