"""What real files hold that readers once took for something else: each case in small, with its right value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from meter_files import usage as report
from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read
from wattline.meter.sensors.prometheus import PRESETS, Server

T0 = 1767225600
COUNT = 40


def saw(mean: float, i: int) -> float:
    return mean + (i % 7) - 3


def table(path: Path, header: str, row: Callable[[int], str], count: int = COUNT) -> Path:
    path.write_text(header + "\n" + "\n".join(row(i) for i in range(count)) + "\n")
    return path


def series(path: Path, *results: tuple[dict[str, str], Callable[[int], float], range]) -> Path:
    matrix = [{"metric": metric, "values": [[T0 + 15 * i, str(value(i))] for i in at]} for metric, value, at in results]
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": matrix}}))
    return path


def watts(path: Path, **options: Sequence[str]) -> tuple[float, int]:
    data = report(read(path, Choices.read(**options)))
    return data["mean_w"], data["devices"]


WIDE: dict[str, tuple[str, Callable[[int], str], float, int]] = {
    "a total holds its parts": ("time,n1_watts,n2_watts,total_watts",
                                lambda i: f"{T0 + i},{saw(2500, i)},{saw(2570, i)},{saw(2500, i) + saw(2570, i) + 5}",
                                5075, 1),
    "a sum of GPUs beside a processor": ("time,gpu0_w,gpu1_w,gpu_total_w,cpu_w",
                                         lambda i: f"{T0 + i},{saw(300, i)},{saw(310, i)},"
                                                   f"{saw(300, i) + saw(310, i)},{saw(90, i)}", 700, 2),
    "the system over its parts": ("time,system_power_w,cpu_power_w,gpu_power_w",
                                  lambda i: f"{T0 + i},{saw(800, i)},{saw(200, i)},{saw(400, i)}", 800, 1),
    "cores in their package": ("time,package_power_w,cores_power_w,dram_power_w",
                               lambda i: f"{T0 + i},{saw(120, i)},{saw(96, i)},{saw(20, i)}", 140, 2),
    "IA and GT as Power Gadget has them": ("Elapsed Time (sec),Processor Power_0(Watt),IA Power_0(Watt),"
                                           "GT Power_0(Watt),DRAM Power_0(Watt)",
                                           lambda i: f"{i},{saw(40, i)},{saw(20, i)},{saw(5, i)},{saw(4, i)}", 44, 2),
    "an integrated GPU is drawn": ("time,integrated_gpu_power_w,cpu_power_w",
                                   lambda i: f"{T0 + i},{saw(50, i)},{saw(100, i)}", 150, 2),
    "host and two columns": ("timestamp,host,cpu_power_w,gpu_power_w",
                             lambda i: f"{T0 + i // 2},{'ab'[i % 2]},{saw(100, i // 2)},{saw(300, i // 2)}", 800, 4),
    "row numbers are no device": ("index,timestamp,power_w", lambda i: f"{i},{T0 + i},{saw(250, i)}", 250, 1),
    "gpu and a constant index": ("time,gpu,index,power_w",
                                 lambda i: f"{T0 + i // 8},{i % 8},0,{saw(300, i // 8) + i % 8}", 2428, 8),
    "watts and joules named apart": ("time,apower_w,aenergy_wh",
                                     lambda i: f"{T0 + 60 * i},{saw(250, i)},{i * 250 / 60:.3f}", 250, 1),
    "joules of each interval beside watts": ("time,gpu_power_w,gpu_energy_j",
                                             lambda i: f"{T0 + 5 * i},{saw(250, i)},{5 * saw(250, i)}", 250, 1),
    "mWh is milli": ("time,energy_mWh", lambda i: f"{T0 + 15 * i},{i * 41.667:.3f}", 10, 1),
    "MWh is mega": ("time,site_energy_MWh", lambda i: f"{T0 + 900 * i},{i * 2.5}", 1e7, 1),
    "capitals say nothing of milli": ("TIME,POWER_MW", lambda i: f"{T0 + i},{1000 * saw(250, i):.0f}", 250, 1),
    "units in cells": ("Time,gpu_power", lambda i: f"{T0 + i},{'990 W' if i % 2 else '1.01 kW'}", 1000, 1),
    "milliwatts in cells": ("Time,cpu_power", lambda i: f"{T0 + i},{1000 * saw(20, i):.0f} mW", 20, 1),
    "units in a second row": ("time,gpu,cpu\ns,W,kW", lambda i: f"{i},{saw(300, i)},{saw(100, i) / 1000}", 400, 2),
    "thousands and quotes": ("time,power_w", lambda i: f'{T0 + i},"{saw(1250, i):,.1f}"', 1250, 1),
    "thousands and commas": ("time;power_w", lambda i: f"{T0 + i};1.25{i % 7},5", 1253.5, 1),
    "micro by its sign": ("time,power_µW", lambda i: f"{T0 + i},{saw(250, i) * 1e6}", 250, 1),
    "camel case": ("timestampMs,gpuPowerWatts", lambda i: f"{(T0 + i) * 1000},{saw(250, i)}", 250, 1),
    "AM and PM": ("timestamp,power_w", lambda i: f"01/01/2026 12:00:{i:02d} AM,{saw(250, i)}", 250, 1),
    "no seconds": ("timestamp,power_w", lambda i: f"01/02/2026 14:{i:02d},{saw(250, i)}", 250, 1),
    "the day first": ("timestamp,power_w", lambda i: f"13/02/2026 14:{i:02d},{saw(250, i)}", 250, 1),
    "a zone in letters": ("timestamp,power_w", lambda i: f"2026-01-01 00:00:{i:02d} UTC,{saw(250, i)}", 250, 1),
    "date and time apart": ("Date,Time,Power (W)", lambda i: f"2026-01-01,00:00:{i:02d},{saw(250, i)}", 250, 1),
    "time of day alone": ("Time,Power (W)", lambda i: f"23:59:{30 + i:02d}" if i < 30 else f"00:00:{i - 30:02d}", 0, 0),
    "nanoseconds": ("Timestamp (ns),Power Draw (W)", lambda i: f"{T0 + i}000000000,{saw(250, i)}", 250, 1),
    "microseconds": ("timestamp_us,power_w", lambda i: f"{T0 + i}000000,{saw(250, i)}", 250, 1),
    "elapsed milliseconds": ("elapsed_ms,power_w", lambda i: f"{1000 * i},{saw(250, i)}", 250, 1),
    "seconds in brackets": ("Time (sec),power_w", lambda i: f"{i},{saw(250, i)}", 250, 1),
    "names and values": ("time,metric,value",
                         lambda i: f"{T0 + i // 3},{('gpu0_power_w', 'cpu_power_w', 'gpu0_temp')[i % 3]},"
                                   f"{(saw(300, i // 3), saw(100, i // 3), 55)[i % 3]}", 400, 2),
    "names, values and units": ("time,sensor,value,unit",
                                lambda i: f"{T0 + i // 2},{('gpu0', 'fan')[i % 2]},"
                                          f"{(saw(300, i // 2), 900)[i % 2]},{('W', 'rpm')[i % 2]}", 300, 1),
    "numbered nodes with their GPUs": ("time,node0_gpu0_w,node0_gpu1_w,node1_gpu0_w",
                                       lambda i: f"{T0 + i},{saw(300, i)},{saw(310, i)},{saw(290, i)}", 900, 3),
    "two units of one column": ("time,power_w,power_kw",
                                lambda i: f"{T0 + i},{saw(250, i)},{saw(250, i) / 1e3}", 250, 1),
    "a total over nodes": ("time,node0_w,node1_w,total_w",
                           lambda i: f"{T0 + i},{saw(500, i)},{saw(600, i)},{saw(500, i) + saw(600, i)}", 1100, 1),
    "a host named total": ("time,host,power_w",
                           lambda i: f"{T0 + i // 3},{('a', 'b', 'total')[i % 3]},"
                                     f"{(saw(500, i // 3), saw(600, i // 3), saw(500, i // 3) * 2 + 100)[i % 3]}",
                           1100, 1),
    "two feeds over a card": ("time,pdu_a_w,pdu_b_w,gpu0_w",
                              lambda i: f"{T0 + i},{saw(800, i)},{saw(820, i)},{saw(500, i)}", 1620, 2),
    "HWiNFO": ("Date,Time,CPU Package Power [W],IA Cores Power [W],System Agent Power [W],Total DRAM Power [W],"
               "GPU Power [W],GPU Core (NVVDD) Output Power [W]",
               lambda i: f"1.2.2026,00:00:{i:02d}.100,{saw(60, i)},{saw(40, i)},{saw(8, i)},{saw(5, i)},"
                         f"{saw(200, i)},{saw(150, i)}", 265, 3),
    "shares of processes under the whole": ("timestamp,sensor,target,power",
                                            lambda i: f"{(T0 + i // 3) * 1000},s0,{('rapl', 'firefox', 'idle')[i % 3]},"
                                                      f"{(saw(50, i // 3), 20, 30)[i % 3]}", 50, 1),
    "the date in another language": ("Date;Uhrzeit;Leistung (W)",
                                     lambda i: f"01.02.2026;00:00:{i:02d};{saw(250, i):.0f},0", 250, 1),
    "a node by a name of its own": ("time,admin_node_w,terminal_w,gemini_w",
                                    lambda i: f"{T0 + i},{saw(100, i)},{saw(200, i)},{saw(300, i)}", 600, 3),
    "PP0 in the package": ("time,package_0_w,pp0_w,dram_0_w",
                           lambda i: f"{T0 + i},{saw(100, i)},{saw(60, i)},{saw(20, i)}", 120, 2),
    "ISO without marks": ("timestamp,power_w", lambda i: f"20260101T0000{i:02d}Z,{saw(250, i)}", 250, 1),
    "rounds of training are no time": ("epoch,time,power_w", lambda i: f"{i // 10},{T0 + i},{saw(250, i)}", 250, 1),
    "one device on a coarse clock": ("time,power_w", lambda i: f"{T0 + i // 4},{200 + 5 * (i % 40)}", 295, 1),
    "units in a second row without a time": ("time,gpu power\n,mW", lambda i: f"{T0 + i},{1000 * saw(300, i)}", 300, 1),
    "units in brackets in a second row": ("Time;A;B\n[s];[W];[kW]", lambda i: f"{i};{saw(300, i)};{saw(100, i) / 1e3}",
                                          400, 2),
}  # fmt: skip
WIDE["cells alone name the unit"] = (
    "Time,GPU 0,GPU 1",
    lambda i: f"{T0 + i},{saw(300, i)} W,1.{500 + i % 7} kW",
    1803,
    2,
)
WIDE["time of day alone"] = (
    "Time,Power (W)",
    lambda i: f"{'23:59' if i < 30 else '00:00'}:{(30 + i) % 60:02d},{saw(250, i)}",
    250,
    1,
)


@pytest.mark.parametrize("case", WIDE)
def test_a_table_is_read_for_what_it_is(tmp_path: Path, case: str) -> None:
    header, row, mean, devices = WIDE[case]
    data = report(read(table(tmp_path / "t.csv", header, row)))
    assert data["mean_w"] == pytest.approx(mean, rel=0.01)
    assert data["devices"] == devices
    names = {row["name"] for row in data["interpretation"]}
    assert names, "every report says how its source was read"


def test_rows_written_twice_beside_an_empty_column_count_once(tmp_path: Path) -> None:
    path = table(
        tmp_path / "t.csv", "time,device,power_w,energy_j", lambda i: f"{T0 + i % 20},gpu0,{saw(250, i % 20)},"
    )
    data = report(read(path))
    assert data["duration_s"] == 19
    assert any("energy_j" in note and "no number" in note for note in data["notes"])


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", "time,power_w,power_limit_w,energy", lambda i: f"{T0 + i},{saw(250, i)},700,{i}")
    data = report(read(path))
    rows = {row["name"]: row for row in data["interpretation"]}
    assert "limit" in rows["power_limit_w"]["note"]
    assert "--unit" in rows["energy"]["note"]
    assert rows["power_w"]["unit"] == "W"
    assert rows["power_w"]["counts"] == "reading"
    assert watts(path, unit=["energy=Wh"], columns=["energy=energy"]) == (pytest.approx(3600), 1)


REFUSED = {
    "a total below its parts": ("time,a_w,b_w,total_w", lambda i: f"{T0 + i},{saw(200, i)},{saw(300, i)},{saw(90, i)}",
                                "--inside"),
    "joules of four rows that rise": ("time,energy_j", lambda i: f"{T0 + 60 * i},{1000 + 10 * i}", "=interval"),
    "rows of one instant without a name": ("time,power_w", lambda i: f"{T0 + i // 4},{saw(300, i) + 9 * (i % 4)}",
                                           "--device order"),
    "capitals that may be megawatts": ("TIME,POWER_MW", lambda i: f"{T0 + i},{saw(250, i)}", "--unit"),
    "two watts of one name that differ": ("time,cpu_power_w,cpu_w", lambda i: f"{T0 + i},{saw(90, i)},{saw(50, i)}",
                                          "--columns"),
    "times that are none": ("time,power_w", lambda i: f"later,{i}", "forms that are"),
    "watts beyond any device": ("time,gpu0_power_kw", lambda i: f"{T0 + i},{saw(300, i)}", "--unit"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_two_possible_readings_are_refused_with_the_option_that_decides(tmp_path: Path, case: str) -> None:
    header, row, said = REFUSED[case]
    with pytest.raises(WattlineError, match=said) as error:
        report(read(table(tmp_path / "t.csv", header, row, 4 if "four" in case else COUNT)))
    assert "\n" not in str(error.value)


def test_options_decide_what_was_refused(tmp_path: Path) -> None:
    total = table(tmp_path / "a.csv", *REFUSED["a total below its parts"][:2])
    assert watts(total, inside=["none"]) == (pytest.approx(590, rel=0.01), 3)
    assert watts(total, columns=["a_w", "b_w"]) == (pytest.approx(500, rel=0.01), 2)
    four = table(tmp_path / "b.csv", *REFUSED["joules of four rows that rise"][:2], 4)
    assert watts(four, columns=["energy_j=interval"])[0] == pytest.approx(4060 / 240)
    assert watts(four, columns=["energy_j=energy"])[0] == pytest.approx(30 / 180)
    rows = table(tmp_path / "c.csv", *REFUSED["rows of one instant without a name"][:2])
    assert watts(rows, device=["order"]) == (pytest.approx(1254, rel=0.01), 4)
    assert watts(rows, device=["none"]) == (pytest.approx(313.5, rel=0.01), 1)
    system = table(tmp_path / "e.csv", *WIDE["the system over its parts"][:2])
    assert watts(system, inside=["none"]) == (pytest.approx(1400, rel=0.01), 3)
    assert watts(system, inside=["cpu_power_w=none"]) == (pytest.approx(1000, rel=0.01), 2)
    beyond = table(tmp_path / "d.csv", *REFUSED["watts beyond any device"][:2])
    assert watts(beyond, unit=["gpu0_power_kw=W"]) == (pytest.approx(300, rel=0.01), 1)


@pytest.mark.parametrize("options", [{"columns": ["nothing"]}, {"inside": ["a=b"]}, {"unit": ["power_w=V"]},
                                     {"columns": ["power_w=heat"]}, {"device": ["rack"]}])  # fmt: skip
def test_options_that_mean_nothing_are_refused(tmp_path: Path, options: dict[str, list[str]]) -> None:
    path = table(tmp_path / "t.csv", "time,power_w", lambda i: f"{T0 + i},{saw(250, i)}")
    with pytest.raises(WattlineError):
        watts(path, **options)


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
        last = next(one for one in recording.series if one.device.key == key)
        if entry.power_w is not None and last.power_w is not None:
            assert entry.power_w == pytest.approx(last.power_w[9])
        else:
            begin = first[key].energy_j
            assert entry.energy_j is not None
            assert begin is not None
            assert last.energy_j is not None
            assert entry.energy_j - begin == pytest.approx(last.energy_j[9] - last.energy_j[0])


TOTAL = "time,n1_watts,n2_watts,total_watts\n" + "\n".join(f"{10**9 + 10 * i},100,200,300" for i in range(20)) + "\n"


@pytest.mark.parametrize("command", ["report", "export", "bill", "share", "import"])
def test_what_the_user_says_of_columns_holds_in_every_command(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from wattline.cli.main import main

    path = tmp_path / "total.csv"
    path.write_text(TOTAL)
    (tmp_path / "jobs.csv").write_text("name,begin,end\na,2001-09-09T01:46:40Z,2001-09-09T01:48:00Z\n")
    more = {
        "export": ["--to", "csv"],
        "bill": ["--region", "us", "--json"],
        "share": ["--jobs", str(tmp_path / "jobs.csv"), "--json"],
        "import": ["--journal", str(tmp_path / "j.wattline")],
        "report": ["--json"],
    }[command]
    with pytest.raises(SystemExit) as end:
        main(["meter", command, str(path), *more, "--columns", "no_such_column"])
    assert end.value.code == 2
    assert "no_such_column" in capsys.readouterr().err
    told = []
    for options in ([], ["--columns", "n2_watts"]):
        with pytest.raises(SystemExit) as end:
            main(["meter", command, str(path), *more, *options])
        said = capsys.readouterr()
        assert end.value.code == 0, said.err
        told.append(said.out)
        if command == "import":
            told[-1] = str(len(read(tmp_path / "j.wattline").series))
    assert told[0] != told[1]
