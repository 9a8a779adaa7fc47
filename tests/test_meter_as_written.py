"""Recordings as tools write them in versions that are met less often: their joules worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meter_variants_files import T0, N, at, columns, rows, watts
from wattline.core.errors import WattlineError
from wattline.meter.energy.usage import report
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read, read_all

JETSON = "%m-%d-%Y %H:%M:%S"


def energy_j(path: Path, text: str) -> float:
    """What a report says of a file of that text, in J."""
    path.write_text(text)
    return float(report(read(path)).json()["results"]["energy_wh"]["value"]) * 3600


def carbontracker(gpu: str, cpu: str) -> str:
    """A log of five epochs of a minute each."""
    lines = [
        "2026-03-01 12:00:00 - carbontracker version 2.3.0",
        "2026-03-01 12:00:00 - Only predicted and actual consumptions are multiplied by a PUE coefficient of 1.58.",
    ]
    for i in range(5):
        stamp = f"2026-03-01 12:{i + 1:02d}:30"
        lines += [f"{stamp} - Epoch {i + 1}:", f"{stamp} - Duration: 0:01:00.00",
                  f"{stamp} - Average power usage (W) for gpu: {gpu}",
                  f"{stamp} - Average power usage (W) for cpu: {cpu}"]  # fmt: skip
    return "\n".join([*lines, "2026-03-01 12:06:00 - Monitoring thread ended."]) + "\n"


@pytest.mark.parametrize(("gpu", "cpu", "mean_w"), [("[250.0 240.0]", "[50.0]", 540), ("250.5", "None", 250.5)])
def test_carbontrackers_epochs_are_watts_times_their_duration(
    gpu: str, cpu: str, mean_w: float, tmp_path: Path
) -> None:
    path = tmp_path / "run_carbontracker.log"
    assert energy_j(path, carbontracker(gpu, cpu)) == pytest.approx(mean_w * 300)
    assert [window.name for window in read(path).windows][:2] == ["epoch 1", "epoch 2"]


def test_carbontrackers_output_is_told_from_its_log(tmp_path: Path) -> None:
    (tmp_path / "o.log").write_text("2026-06-05 12:00:00 - CarbonTracker:\nActual consumption for 50 epoch(s):\n")
    with pytest.raises(WattlineError, match=r"not its log.*give its log of epochs"):
        read(tmp_path / "o.log")


def test_a_series_of_whole_watts_with_units_is_no_fraction_of_a_second(tmp_path: Path) -> None:
    rows = "".join(f"{at(i)},{watts(i):.0f} W,1.05 kW\n" for i in range(N))
    mean_w = energy_j(tmp_path / "g.csv", '"Time","gpu 0","gpu 1"\n' + rows) / (5 * (N - 1))
    assert mean_w == pytest.approx(1300, rel=0.01)


def test_rails_of_a_jetson_without_a_frequency_are_its_sum(tmp_path: Path) -> None:
    line = "{} RAM 2448/15822MB (lfb 2x4MB) CPU [10%@921] GPU {}/3000 CPU 2000/2000 SOC 1500/1500 SYS5V 1800/1800\n"
    text = "".join(line.format(at(i, 5, JETSON), int(watts(i) * 10)) for i in range(N))
    assert energy_j(tmp_path / "t.txt", text) / (5 * (N - 1)) == pytest.approx(7.8, rel=0.01)


def test_pyjoules_parted_by_commas(tmp_path: Path) -> None:
    rows = "".join(f"{T0 + 10 * i},train,10.0,500000000,300000000\n" for i in range(6))
    assert energy_j(tmp_path / "j.csv", "timestamp,tag,duration,package_0,core_0\n" + rows) == pytest.approx(3000)


def test_a_field_of_watts_of_a_measurement_that_is_called_ipmi(tmp_path: Path) -> None:
    head = "#datatype,string,long,dateTime:RFC3339,double,string,string,string\n#default,_result,,,,,,\n"
    head += ",result,table,_time,_value,_field,_measurement,host\n"
    rows = "".join(f",,0,{at(i, 5, '%Y-%m-%dT%H:%M:%SZ')},{watts(i)},power_watts,ipmi,n1\n" for i in range(N))
    assert energy_j(tmp_path / "i.csv", head + rows) / (5 * (N - 1)) == pytest.approx(250, rel=0.01)


def test_codecarbons_pue_is_said_with_what_to_do(tmp_path: Path) -> None:
    head = "timestamp,project_name,run_id,duration,emissions,cpu_energy,energy_consumed,tracking_mode,pue\n"
    (tmp_path / "emissions.csv").write_text(head + "2026-03-01T12:10:00,p,r,600,0.1,0.015,0.015,machine,1.5\n")
    assert any("PUE" in note and "1.5" in note and "--pue 1" in note for note in read(tmp_path / "emissions.csv").notes)


def test_a_total_holds_what_begins_with_its_number(tmp_path: Path) -> None:
    names = "n1_cpu_power_w,n1_gpu0_power_w,n1_total_power_w,n2_cpu_power_w,n2_gpu0_power_w,n2_total_power_w"
    parts = [(100, 300), (110, 310)]
    values = [lambda i, w=w: watts(i, w) for pair in parts for w in (*pair, sum(pair) + 50)]
    assert energy_j(tmp_path / "w.csv", columns(names, *values)) / (5 * (N - 1)) == pytest.approx(920, rel=0.01)


@pytest.mark.parametrize("names", ["P1 (W),P2 (W),P3 (W),Psum (W)", "grid_import_w,solar_power_w,fan_w,house_power_w"])
def test_a_column_that_follows_the_sum_of_steady_others_holds_them(names: str, tmp_path: Path) -> None:
    values = [lambda i, w=w, k=k: watts(i * k, w) for w, k in ((1000, 1), (1100, 3), (900, 5))]
    text = columns(names, *values, lambda i: round(sum(value(i) for value in values), 1))
    assert energy_j(tmp_path / "p.csv", text) / (5 * (N - 1)) == pytest.approx(3000, rel=0.01)


def test_steady_columns_whose_means_add_up_by_chance_are_all_counted(tmp_path: Path) -> None:
    values = [lambda i: 100 + i * 7 % 5, lambda i: 200 + i * 11 % 7, lambda i: 302 + i * 5 % 6]
    text = columns("a_w,b_w,c_w", *values)
    assert energy_j(tmp_path / "c.csv", text) / (5 * (N - 1)) == pytest.approx(610, rel=0.01)


@pytest.mark.parametrize(
    ("outer", "mean_w"),
    [({"cpu": {"power_w": 100}}, 700), ({"node_power_w": 900}, 900), ({"total_power_w": 600}, 600)],
)
def test_what_stands_beside_a_list_of_cards_counts_once(
    outer: dict[str, object], mean_w: float, tmp_path: Path
) -> None:
    cards = [{"index": k, "power_w": 300} for k in range(2)]
    text = "".join(json.dumps({"ts": T0 + 5 * i, "host": "n1", **outer, "gpus": cards}) + "\n" for i in range(N))
    assert energy_j(tmp_path / "r.jsonl", text) / (5 * (N - 1)) == pytest.approx(mean_w, rel=0.01)


def test_copies_in_whole_watts_are_asked_about(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(rows("time,gpu,power_w", lambda i: f"{T0 + i},0,{watts(i):.0f}"))
    with pytest.raises(WattlineError, match="--device files"):
        read_all([tmp_path / "a.csv", tmp_path / "b.csv"])


def test_a_machines_parts_by_their_totals_lie_in_its_input(tmp_path: Path) -> None:
    names = "SystemInputPower(W),SystemOutputPower(W),TotalCPUPower(W),TotalFanPower(W),TotalPciePower(W)"
    text = columns(names, *(lambda i, w=w: watts(i, w) for w in (900, 850, 300, 40, 300)))
    assert energy_j(tmp_path / "i.csv", text) / (5 * (N - 1)) == pytest.approx(900, rel=0.01)


def test_the_history_of_an_ilo_is_its_average(tmp_path: Path) -> None:
    row = {"Cap": 0, "Minimum": 380, "Peak": 480, "CpuWatts": 150, "DimmWatts": 20}
    rows_of = [{"Time": at(i, 300, "%Y-%m-%dT%H:%M:%SZ"), "Average": watts(i, 400), **row} for i in range(N)]
    assert energy_j(tmp_path / "p.json", json.dumps({"PowerDetail": rows_of})) / (300 * (N - 1)) == pytest.approx(
        400, rel=0.01
    )


def test_a_mean_of_several_gpus_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text(columns("avg_gpu_power_w,num_gpus", watts, lambda i: 8))
    with pytest.raises(WattlineError, match=r"mean of 8 GPUs.*--columns avg_gpu_power_w=power"):
        read(path)
    choices = Choices(columns={"avg_gpu_power_w": "power"})
    assert report(read(path, choices)).data["mean_w"] == pytest.approx(250, rel=0.01)
    path.write_text(columns("avg_gpu_power_w,num_gpus", watts, lambda i: 1))
    assert report(read(path)).data["mean_w"] == pytest.approx(250, rel=0.01)


def test_the_nominal_power_of_an_ups_is_not_drawn(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(rows("DATE,LOADPCT,NOMPOWER", lambda i: f"{at(i)},30,1000"))
    with pytest.raises(WattlineError, match="no column is the power"):
        read(tmp_path / "u.csv")
