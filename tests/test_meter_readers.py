"""Every format that is read: what comes out is what was written in; and one clear line where a file is none of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from meter_files import T0, mean_watt, mllog, node_file, prometheus, smi, spl_run, training_run, watt
from meter_files import usage as report
from reader_files import SMI
from wattline.core.errors import WattlineError
from wattline.meter.readers.detect import read


@pytest.fixture(autouse=True)
def as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings as they were written: how a sensor errs is tested elsewhere."""
    monkeypatch.setattr("wattline.meter.readings.corrections.is_nvml", lambda spec: False)


def kinds(data: dict[str, Any]) -> dict[str, int]:
    return {row["kind"]: row["count"] for row in data["quality"]}


@pytest.mark.parametrize("style", SMI)
def test_nvidia_smi_in_every_style(tmp_path: Path, style: str) -> None:
    header, row = SMI[style]
    recording = read(smi(tmp_path / "gpus.csv", header, row))
    assert len(recording.series) == 2
    data = report(recording)
    assert data["mean_w"] == pytest.approx(mean_watt(0, 60) + mean_watt(1, 60), rel=2e-3)
    assert data["duration_s"] == pytest.approx(59, abs=0.01)
    assert not data["quality"]


def test_nvidia_smi_utf16_cut_restarted_and_silent(tmp_path: Path) -> None:
    header, row = SMI["units in both"]
    whole = smi(tmp_path / "whole.csv", header, row)
    text = whole.read_text()
    reference = report(read(whole))["energy_wh"]["value"]
    (tmp_path / "wide.csv").write_bytes(text.encode("utf-16"))
    assert report(read(tmp_path / "wide.csv"))["energy_wh"]["value"] == pytest.approx(reference)
    (tmp_path / "cut.csv").write_text(text[:-12])
    assert report(read(tmp_path / "cut.csv"))["energy_wh"]["value"] == pytest.approx(reference, rel=0.02)
    (tmp_path / "again.csv").write_text(text + header + "\n")
    assert report(read(tmp_path / "again.csv"))["energy_wh"]["value"] == pytest.approx(reference)
    (tmp_path / "none.csv").write_text(text.replace(" W", "").replace(", 3", ", [Not Supported] 3"))
    with pytest.raises(WattlineError, match="no good reading"):
        report(read(tmp_path / "none.csv"))


def test_a_gpu_that_gives_nothing_is_named_and_never_zero(tmp_path: Path) -> None:
    header, _ = SMI["units in both"]
    path = smi(tmp_path / "g.csv", header, lambda s, g, w: f"{s}, {g}, H100, {'[N/A]' if g else f'{w:.2f} W'}")
    data = report(read(path))
    assert kinds(data) == {"unreadable": 60}
    assert data["devices"] == 1
    assert any("gpu1" in note for note in data["notes"])
    assert data["energy_wh"]["high"] > 1.9 * data["energy_wh"]["value"]


def test_nvidia_smi_without_times_or_with_two_candidates_is_refused(tmp_path: Path) -> None:
    path = smi(tmp_path / "x.csv", "index, power.draw [W]", lambda s, g, w: f"{g}, {w:.2f} W")
    with pytest.raises(WattlineError, match="add timestamp"):
        read(path)
    path = smi(tmp_path / "y.csv", "", lambda s, g, w: f"{s}, {g}, {w:.2f}, {w + 1:.2f}")
    with pytest.raises(WattlineError, match="no header"):
        read(path)


def test_dmon(tmp_path: Path) -> None:
    lines = []
    for i in range(60):
        if i % 20 == 0:
            lines += [
                "#Date       Time        gpu    pwr  gtemp     sm",
                "#YYYYMMDD   HH:MM:SS    Idx      W      C      %",
            ]
        at = datetime.fromtimestamp(T0 + i, UTC).strftime("%Y%m%d   %H:%M:%S")
        lines += [f" {at}      {g}    {watt(i, g):.0f}     45     99" for g in range(2)]
    (tmp_path / "dmon.txt").write_text("\n".join(lines))
    assert report(read(tmp_path / "dmon.txt"))["mean_w"] == pytest.approx(mean_watt(0, 60) + mean_watt(1, 60), rel=1e-3)
    undated = [line[22:] if i > 1 else line.replace("Date       Time", "") for i, line in enumerate(lines[:10])]
    (tmp_path / "undated.txt").write_text("\n".join(undated))
    with pytest.raises(WattlineError, match="dmon -o DT"):
        read(tmp_path / "undated.txt")


def test_a_training_run_with_its_window_tokens_and_nodes(tmp_path: Path) -> None:
    folder = training_run(tmp_path / "run")
    (folder / "sw_0.txt").write_text(mllog(T0 - 5e7, "interconnect_power_est", 900, switch_id="sw_01") + "\n")
    (folder / "total_power.txt").write_text("Total Power Usage: 0.5 kWh\n")
    data = report(read(folder), by_node=True)
    assert data["window"]["name"] == "run"
    assert data["duration_s"] == pytest.approx(100)
    assert data["energy_wh"]["value"] == pytest.approx(3 * 6102 * 100 / 3600, rel=1e-3)
    assert data["joules_per_token"]["value"] == pytest.approx(3 * 6102 * 100 / (800 * 1024), rel=1e-3)
    assert data["joules_per_sample"]["value"] == pytest.approx(3 * 6102 * 100 / 800, rel=1e-3)
    assert [node["node"] for node in data["nodes"]] == ["node_0", "node_1", "node_2"]
    assert sum(node["energy_wh"]["value"] for node in data["nodes"]) == pytest.approx(
        data["energy_wh"]["value"], rel=1e-12
    )
    assert kinds(data) == {"clock": 1}
    (switch,) = data["switches"]
    assert switch["modelled"]
    assert switch["energy_wh"]["value"] == pytest.approx(25)
    assert data["stated_wh"] == 500
    half = report(read(folder), "block 1")
    assert half["duration_s"] == pytest.approx(50)
    assert "joules_per_token" not in half


def test_a_training_run_without_its_log_or_total_or_with_one_node(tmp_path: Path) -> None:
    folder = training_run(tmp_path / "run", log=False)
    data = report(read(folder))
    assert data["window"]["name"] == "all"
    assert any("no run's log" in note for note in data["notes"])
    with pytest.raises(WattlineError, match="names no run"):
        report(read(folder), "run")
    training_run(tmp_path / "other")
    single = report(read(tmp_path / "other" / "node_1.txt"))
    assert single["devices"] == 1
    assert single["duration_s"] == pytest.approx(100)


def test_tokens_logged_as_samples_are_told_by_steps_too_quick_to_be_true(tmp_path: Path) -> None:
    folder = training_run(tmp_path / "run")
    text = (folder / "mllog.txt").read_text()
    more = mllog(T0 + 110, "trained_samples", 100 * 16 * 1024)  # 100 steps of 16 sequences, in tokens
    (folder / "mllog.txt").write_text(text + more + "\n")
    assert report(read(folder))["counts"] == {"tokens": 100 * 16 * 1024, "samples": 1600}


def test_faults_of_node_files(tmp_path: Path) -> None:
    folder = training_run(tmp_path / "run")
    readings = [(T0 + 2 * i, 6000 + 13 * (i % 11)) for i in range(60)]
    node_file(folder / "node_3.txt", readings, stop=T0 - 1)
    node_file(folder / "node_4.txt", readings)
    node_file(folder / "node_5.txt", [(at - 5 * 3600, w + 1) for at, w in readings])
    node_file(
        folder / "node_6.txt",
        [(at, w + 2) for at, w in readings],
        conversion_eff=0.96,
        metadata={"measurement_type": "AC"},
    )
    cut = node_file(folder / "node_7.txt", [(at, w + 3) for at, w in readings])
    cut.write_text(cut.read_text()[:-400] + '\n:::MLLOG {"time_ms": 17000, "key": "power_reading", "val')
    (folder / "node_8.txt").write_text(mllog(T0, "power_measurement_start") + "\n")
    data = report(read(folder), by_node=True)
    result = kinds(data)
    assert result["clock"] == 2
    assert result["twin"] == 1
    assert result["conversion"] == 1
    assert result["unreadable"] >= 2
    assert data["devices"] == 8
    done = {row["kind"]: row["done"] for row in data["quality"]}
    assert "5 h behind" in done["clock"]
    assert "0.96" in done["conversion"]
    each = {node["node"]: node["energy_wh"]["value"] for node in data["nodes"]}
    assert each["node_5"] == pytest.approx(each["node_3"], rel=1e-3)


def test_a_node_dated_in_another_year_is_left_out_and_the_range_says_so(tmp_path: Path) -> None:
    folder = training_run(tmp_path / "run")
    node_file(folder / "node_9.txt", [(T0 - 7e7 + 2 * i, 6000 + i % 7) for i in range(500)])
    data = report(read(folder))
    assert data["devices"] == 3
    assert kinds(data) == {"clock": 1}
    assert data["energy_wh"]["high"] > 4 / 3 * 0.99 * data["energy_wh"]["value"]
    assert any("node_9" in note for note in data["notes"])


def test_readings_in_another_zone_than_the_run_are_moved_to_it(tmp_path: Path) -> None:
    folder = training_run(tmp_path / "run")
    for n in range(3):
        readings = [(T0 - 7 * 3600 + 2 * i + 0.1 * n, 6000 + 100 * n + i % 5) for i in range(61)]
        node_file(folder / f"node_{n}.txt", readings)
    data = report(read(folder))
    assert data["energy_wh"]["value"] == pytest.approx(3 * 6102 * 100 / 3600, rel=1e-3)
    assert kinds(data) == {"clock": 3}


def test_a_node_without_a_file_is_missed(tmp_path: Path) -> None:
    folder = training_run(tmp_path / "run")
    log = folder / "mllog.txt"
    log.write_text(':::SYSJSON {"submitter":"X","number_of_nodes":"4"}\n' + log.read_text())
    data = report(read(folder))
    assert any("1 more nodes" in note for note in data["notes"])
    assert data["energy_wh"]["high"] > 1.3 * data["energy_wh"]["value"]


@pytest.mark.parametrize("zone_h", [0, -7, 5.5])
def test_an_inference_run_with_its_window_and_rates(tmp_path: Path, zone_h: float) -> None:
    folder = spl_run(tmp_path / "run_1", zone_h, bad=range(300, 320))
    data = report(read(folder))
    assert data["duration_s"] == pytest.approx(600)
    assert data["mean_w"] == pytest.approx(1001, rel=1e-3)
    assert data["joules_per_token"]["value"] == pytest.approx(1001 / 500, rel=1e-3)
    assert kinds(data)["sentinel"] == 20
    assert ("clock" in kinds(data)) == bool(zone_h)
    assert report(read(tmp_path))["energy_wh"]["value"] == data["energy_wh"]["value"], (
        "the one run within a folder is read"
    )
    assert report(read(folder / "spl.txt"))["energy_wh"]["value"] == data["energy_wh"]["value"]


def test_prometheus_knows_watts_counters_hosts_and_what_is_no_power(tmp_path: Path) -> None:
    gpu = {"UUID": "GPU-1", "Hostname": "n1", "modelName": "H100"}
    path = prometheus(
        tmp_path / "range.json",
        ({"__name__": "DCGM_FI_DEV_POWER_USAGE", **gpu}, lambda i: 400 + i % 17),
        ({"__name__": "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", **gpu}, lambda i: i * 15 * 400 * 1000),
        ({"__name__": "DCGM_FI_DEV_GPU_TEMP", **gpu}, lambda i: 50),
        ({"__name__": "DCGM_FI_DEV_ENFORCED_POWER_LIMIT", **gpu}, lambda i: 700),
        ({"__name__": "kepler_node_cpu_joules_total", "instance": "n1", "zone": "package"}, lambda i: i * 15 * 100),
        ({"__name__": "ipmi_power_watts", "instance": "n2:9290"}, lambda i: 900 + i % 19),
    )
    data = report(read(path), by_node=True)
    nodes = {node["node"]: node["mean_w"] for node in data["nodes"]}
    assert nodes == pytest.approx({"n1": 500, "n2": 909}, rel=2e-3)
    assert data["devices"] == 3


def test_prometheus_answers_that_hold_nothing_are_told(tmp_path: Path) -> None:
    path = prometheus(tmp_path / "vector.json", kind="vector")
    with pytest.raises(WattlineError, match="query_range"):
        read(path)
    with pytest.raises(WattlineError, match="no metric"):
        read(prometheus(tmp_path / "empty.json"))
    (tmp_path / "error.json").write_text('{"status":"error","errorType":"bad_data","error":"parse error"}')
    with pytest.raises(WattlineError, match="parse error"):
        read(tmp_path / "error.json")
    (tmp_path / "cut.json").write_text(path.read_text()[:-9])
    with pytest.raises(WattlineError, match="not whole JSON"):
        read(tmp_path / "cut.json")


def test_a_prometheus_expression_without_a_name_is_watts(tmp_path: Path) -> None:
    data = report(read(prometheus(tmp_path / "sum.json", ({}, lambda i: 5000 + i % 17))))
    assert data["mean_w"] == pytest.approx(5008, rel=1e-2)
    assert any("taken as watts" in note for note in data["notes"])


def exposition(at: float | None, i: int, stamped: bool = False) -> str:
    head = f"# time: {datetime.fromtimestamp(at, UTC).isoformat()}\n" if at else ""
    own = f" {round((T0 + 30 * i) * 1000)}" if stamped else ""
    rows = [
        f'DCGM_FI_DEV_POWER_USAGE{{gpu="{g}",UUID="GPU-{g}",Hostname="n1",modelName="H100, 80GB"}} {watt(i, g)}{own}\n'
        for g in range(2)
    ]
    return head + "# TYPE DCGM_FI_DEV_POWER_USAGE gauge\n" + "".join(rows) + 'DCGM_FI_DEV_GPU_TEMP{gpu="0"} 50\n'


def test_dcgm_text_with_times_of_its_own_before_it_or_by_file(tmp_path: Path) -> None:
    expected = mean_watt(0, 40) + mean_watt(1, 40)
    (tmp_path / "marked.txt").write_text("".join(exposition(T0 + 30 * i, i) for i in range(40)))
    (tmp_path / "stamped.prom").write_text("".join(exposition(None, i, True) for i in range(40)))
    folder = tmp_path / "scrapes"
    folder.mkdir()
    for i in range(40):
        (folder / f"scrape-{round(T0 + 30 * i)}.prom").write_text(exposition(None, i))
    for path in (tmp_path / "marked.txt", tmp_path / "stamped.prom", folder):
        data = report(read(path))
        assert data["mean_w"] == pytest.approx(expected, rel=1e-6), path
        assert data["duration_s"] == pytest.approx(39 * 30)
    (tmp_path / "bare.txt").write_text(exposition(None, 0))
    with pytest.raises(WattlineError, match="carry no time"):
        read(tmp_path / "bare.txt")


def test_codecarbon_sums_its_parts_and_says_what_is_modelled(tmp_path: Path) -> None:
    head = (
        "timestamp,project_name,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,cpu_model\n"
    )
    rows = [
        '2025-10-11T10:20:20,train,r1,3600.0,0.1,0.11,0.39,0.02,0.52,"AMD EPYC, 64 cores"',
        "2025-10-12T10:20:20,test,r2,1800.0,0.1,0.05,0.20,0.01,0.26,AMD",
        "2025-10-13T10:20:20,cut,r3,18",
    ]
    (tmp_path / "emissions.csv").write_text(head + "\n".join(rows))
    recording = read(tmp_path / "emissions.csv")
    data = report(recording)
    assert data["energy_wh"]["value"] == pytest.approx(780)
    assert data["duration_s"] == pytest.approx(5400)
    assert len(data["modelled_devices"]) == 2
    assert report(recording, "train")["energy_wh"]["value"] == pytest.approx(520)
    with pytest.raises(WattlineError, match="nearest: train"):
        report(recording, "trian")


def test_codecarbon_that_told_nothing_of_a_gpu_has_none(tmp_path: Path) -> None:
    head = "timestamp,project_name,run_id,duration,cpu_energy,gpu_energy,ram_energy,energy_consumed\n"
    (tmp_path / "emissions.csv").write_text(head + "2025-10-11T10:20:20,train,r1,3600.0,0.11,0.0,0.02,0.13\n")
    assert report(read(tmp_path / "emissions.csv"))["devices"] == 2


def test_zeus_windows_nest_and_what_lies_between_is_not_measured(tmp_path: Path) -> None:
    rows = [f"{T0 + i * 100},epoch {i},90.0,{27000},{18000}" for i in range(3)]
    rows.append(f"{T0 + 10},step,20.0,9000,2000")
    (tmp_path / "zeus.csv").write_text(
        "start_time,window_name,elapsed_time,gpu0_energy,gpu1_energy\n" + "\n".join(rows)
    )
    recording = read(tmp_path / "zeus.csv")
    data = report(recording)
    assert data["energy_wh"]["value"] == pytest.approx(3 * 45000 / 3600)
    assert data["duration_s"] == pytest.approx(270)
    assert report(recording, "step")["energy_wh"]["value"] == pytest.approx(11000 / 3600)
    assert report(recording, "epoch 1")["energy_wh"]["value"] == pytest.approx(45000 / 3600)


def test_zeus_power_monitor(tmp_path: Path) -> None:
    rows = [f"{T0 + i * 0.1:.3f},{watt(i, 0)},{watt(i, 1)}" for i in range(200)]
    (tmp_path / "power.csv").write_text("time,power0,power1\n" + "\n".join(rows))
    assert report(read(tmp_path / "power.csv"))["mean_w"] == pytest.approx(
        mean_watt(0, 200) + mean_watt(1, 200), rel=1e-6
    )
