"""Series of exporters: each device once, in a file as live."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from meter_cases_files import COUNT, T0, saw
from meter_files import usage as report
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read
from wattline.meter.sensors.prometheus import PRESETS, Server


def series(path: Path, *results: tuple[dict[str, str], Callable[[int], float], range]) -> Path:
    matrix = [{"metric": metric, "values": [[T0 + 15 * i, str(value(i))] for i in at]} for metric, value, at in results]
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": matrix}}))
    return path


ALL = range(COUNT)
GPU = {"UUID": "GPU-1", "gpu": "0", "modelName": "NVIDIA A30", "Hostname": "n1", "__name__": "DCGM_FI_DEV_POWER_USAGE"}
KEPLER = "kepler_node_cpu_joules_total"
PROMETHEUS: dict[str, tuple[list[tuple[dict[str, str], Callable[[int], float], range]], float, int]] = {
    "pods come and go": ([(GPU, lambda i: saw(100, i), range(10)),
                          (GPU | {"pod": "a", "namespace": "x"}, lambda i: saw(500, i), range(10, 25)),
                          (GPU | {"pod": "b", "DCGM_FI_DRIVER_VERSION": "2"}, lambda i: saw(500, i), range(25, 40))],
                         402.5, 1),
    "an exporter on another port and host": ([(GPU | {"instance": "10.0.0.1:9400"}, lambda i: saw(100, i), range(20)),
                                              ({k: v for k, v in GPU.items() if k != "Hostname"}
                                               | {"instance": "10.0.0.2:9400"}, lambda i: saw(100, i), range(20, 40))],
                                             100, 1),
    "MIG rows alone": ([(GPU | {"GPU_I_ID": str(k), "GPU_I_PROFILE": "1g"}, lambda i: saw(53, i), ALL)
                        for k in range(4)], 53, 1),
    "DCMI over supplies": ([({"__name__": "ipmi_dcmi_power_consumption_watts", "instance": "n1:9290"},
                             lambda i: saw(400, i), ALL),
                            *[({"__name__": "ipmi_power_watts", "instance": "n1:9290", "name": name},
                               lambda i, w=w: saw(w, i), ALL) for name, w in (("PS1 Input Power", 210),
                               ("PS2 Input Power", 190), ("CPU Power", 90), ("Memory Power", 30))]], 400, 1),
    "supplies without DCMI": ([({"__name__": "ipmi_power_watts", "instance": "n1:9290", "name": name},
                                lambda i, w=w: saw(w, i), ALL) for name, w in (("PS1 Input Power", 210),
                                ("PS2 Input Power", 190), ("CPU Power", 90), ("Memory Power", 30))], 400, 2),
    "Kepler's zones": ([({"__name__": KEPLER, "node_name": "n1", "zone": zone}, lambda i, w=w: 15 * w * i, ALL)
                        for zone, w in (("package", 120), ("core", 84), ("uncore", 6), ("dram", 12))], 132, 2),
    "Kepler's zones of two sockets": ([({"__name__": KEPLER, "node_name": "n1", "zone": "package",
                                         "path": f"/sys/class/powercap/intel-rapl:{k}"}, lambda i: 1800 * i, ALL)
                                       for k in range(2)], 240, 2),
    "Kepler's modes": ([({"__name__": f"kepler_node_{zone}_joules_total", "mode": mode, "package": "0",
                          "instance": "n1"}, lambda i, w=w: 15 * w * i, ALL)
                        for zone, mode, w in (("package", "dynamic", 80), ("package", "idle", 40),
                                              ("dram", "dynamic", 8), ("dram", "idle", 4))], 132, 2),
    "Kepler's pods lie inside the node": ([({"__name__": KEPLER, "node_name": "n1", "zone": "package"},
                                            lambda i: 1800 * i, ALL),
                                           *[({"__name__": "kepler_pod_cpu_joules_total", "node_name": "n1",
                                               "zone": "package", "pod_name": pod}, lambda i: 600 * i, ALL)
                                             for pod in "ab"]], 120, 1),
    "Scaphandre": ([({"__name__": "scaph_host_power_microwatts", "instance": "n1:8080"}, lambda i: 1e6 * saw(153, i),
                     ALL),
                    *[({"__name__": "scaph_socket_power_microwatts", "instance": "n1:8080", "socket_id": str(k)},
                       lambda i: 1e6 * saw(70, i), ALL) for k in range(2)],
                    ({"__name__": "scaph_process_power_consumption_microwatts", "instance": "n1:8080", "pid": "7"},
                     lambda i: 1e6 * saw(9, i), ALL)], 153, 1),
    "node_exporter's zones": ([({"__name__": f"node_rapl_{zone}_joules_total", "index": "0", "instance": "n1:9100"},
                                lambda i, w=w: 15 * w * i, ALL) for zone, w in (("package", 100), ("core", 60),
                                                                                ("dram", 20))], 120, 2),
    "psys over packages, a card beside it": ([*[({"__name__": KEPLER, "node_name": "n1", "zone": zone},
                                                lambda i, w=w: 15 * w * i, ALL)
                                               for zone, w in (("psys", 180), ("package", 120), ("dram", 12))],
                                             (GPU, lambda i: saw(400, i), ALL)], 580, 2),
    "a package of all sockets beside each": ([({"__name__": KEPLER, "node_name": "n1", "zone": "package"},
                                               lambda i: 3000 * i, ALL),
                                              *[({"__name__": "node_rapl_package_joules_total", "index": str(k),
                                                  "instance": "n1:9100"}, lambda i: 1500 * i, ALL)
                                                for k in range(2)]], 200, 1),
    "one card by two exporters": ([(GPU | {"UUID": "GPU-0a1b2c3d-0000-1111-2222-333344445555"},
                                    lambda i: saw(300, i), ALL),
                                   ({"__name__": "nvidia_smi_power_draw_watts", "instance": "n1:9835",
                                     "uuid": "0a1b2c3d-0000-1111-2222-333344445555"}, lambda i: saw(300, i), ALL)],
                                  300, 1),
    "smart plugs by their outlet": ([({"__name__": "pdu_outlet_watts", "outlet": str(k), "instance": "pdu:1"},
                                      lambda i, k=k: saw(100 + k, i), ALL) for k in range(3)], 303, 3),
    "outlets under their total": ([*[({"__name__": "pdu_outlet_watts", "outlet": str(k), "instance": "pdu:1"},
                                      lambda i, k=k: saw(100 + k, i), ALL) for k in range(3)],
                                   ({"__name__": "pdu_total_watts", "instance": "pdu:1"},
                                    lambda i: 3 * saw(103, i), ALL)], 309, 1),
    "one metric of several apps": ([({"__name__": "app_power_watts", "pod": pod, "instance": "n1:1"},
                                     lambda i, w=w: saw(w, i), ALL) for pod, w in (("a", 100), ("b", 300))], 400, 2),
}  # fmt: skip


@pytest.mark.parametrize("case", PROMETHEUS)
def test_series_of_exporters_count_once(tmp_path: Path, case: str) -> None:
    results, mean, devices = PROMETHEUS[case]
    data: dict[str, Any] = report(read(series(tmp_path / "q.json", *results)))
    assert data["mean_w"] == pytest.approx(mean, rel=0.01)
    assert data["devices"] == devices


def test_labels_that_the_user_names_tell_devices_apart(tmp_path: Path) -> None:
    results = PROMETHEUS["smart plugs by their outlet"][0]
    data = report(read(series(tmp_path / "q.json", *results), Choices.read(device=["instance"], columns=[])))
    assert data["devices"] == 1


class Scraped:
    """A Prometheus server that answers instant queries from the samples of a file's cases."""

    def __init__(self, results: Sequence[tuple[dict[str, str], Callable[[int], float], range]]) -> None:
        self.results, self.now = results, 0

    def json(self, path: str, params: dict[str, str]) -> Any:
        name, _, rest = params["query"].partition("{")
        zone = re.compile(match[1]) if (match := re.search(r'zone=~?"([^"]*)"', rest)) else None
        vector = [{"metric": metric, "value": [0, str(value(self.now))]} for metric, value, at in self.results
                  if metric["__name__"] == name and self.now in at
                  and (zone is None or zone.fullmatch(metric.get("zone", "")))]  # fmt: skip
        return {"data": {"resultType": "vector", "result": vector}}


LIVE = ("pods come and go", "MIG rows alone", "Kepler's zones", "Kepler's zones of two sockets", "Kepler's modes",
        "node_exporter's zones", "Scaphandre", "DCMI over supplies")  # fmt: skip


@pytest.mark.parametrize("case", LIVE)
def test_the_live_sensor_and_the_file_tell_the_same_devices(tmp_path: Path, case: str) -> None:
    results, _, devices = PROMETHEUS[case]
    recording = read(series(tmp_path / "q.json", *results))
    counted = {row["device"] for row in report(recording)["interpretation"] if row["device"] and not row["inside"]}
    scraped = Scraped(results)
    server = Server(cast("Any", scraped), PRESETS, "here")
    first = server.devices()
    scraped.now = 9
    then = server.devices()
    assert len(then) == devices
    assert set(then) == counted
    for key, entry in then.items():
        last = next(each for each in recording.series if each.device.key == key)
        if entry.power_w is not None and last.power_w is not None:
            assert entry.power_w == pytest.approx(last.power_w[9])
        else:
            begin = first[key].energy_j
            assert entry.energy_j is not None
            assert begin is not None
            assert last.energy_j is not None
            assert entry.energy_j - begin == pytest.approx(last.energy_j[9] - last.energy_j[0])
