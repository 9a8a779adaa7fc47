"""Totals of kinds, boards without a number, counters that turn over, dates as numbers: by rules, or asked about."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter_files import prometheus
from meter_variants_files import T0, N, at, columns, rows, watts
from wattline.core.errors import WattlineError
from wattline.meter.energy.usage import report
from wattline.meter.interpretation import Choices
from wattline.meter.readers.channel import looks_like_intervals
from wattline.meter.readers.detect import read
from wattline.meter.readers.logs import epoch
from wattline.meter.readers.times import column_times, instant


def mean_w(path: Path, choices: Choices = Choices()) -> float:
    return float(report(read(path, choices), None, False).json()["results"]["mean_w"])


def times(*share: float) -> list[Callable[[int], object]]:
    return [lambda i, s=s: round(s * watts(i), 6) for s in share]  # type: ignore[misc]


TOTALS = {
    "all_gpus": ("gpu0_w,gpu1_w,all_gpus_w", (1, 1, 2), 500),
    "all of the GPUs beside a processor": ("gpu0_w,gpu1_w,total_gpus_w,cpu_w", (1, 1, 2, 0.5), 625),
    "cards that are told as GPUs": ("card0_w,card1_w,total_gpu_power_w,cpu_w", (1, 1, 2, 0.5), 625),
    "packages that are told as CPUs": ("package-0_w,package-1_w,total_cpu_w,gpu0_w", (1, 1, 2, 0.5), 625),
    "all_devices": ("gpu0_w,gpu1_w,all_devices_w", (1, 1, 2), 500),
    "all_nodes": ("node1_w,node2_w,all_nodes_w", (1, 1, 2), 500),
    "fans": ("fan1_w,fan2_w,total_fans_w,gpu0_w", (0.1, 0.1, 0.2, 1), 300),
    "a total in a total": ("gpu0_w,gpu1_w,cpu_w,gpu_total_w,total_w", (1, 1, 0.5, 2, 2.5), 625),
}


@pytest.mark.parametrize("name", TOTALS)
def test_a_total_of_a_kind_holds_what_is_of_that_kind(tmp_path: Path, name: str) -> None:
    header, shares, truth = TOTALS[name]
    (tmp_path / "a.csv").write_text(columns(header, *times(*shares)))
    assert mean_w(tmp_path / "a.csv") == pytest.approx(truth, rel=0.01)


def test_boards_that_rise_and_fall_together_are_no_single_one(tmp_path: Path) -> None:
    board = "timestamp,name,watts"
    text = rows(board, lambda i: "\n".join(f"{T0 + i},H100,{100 + 250 * (i % 5 > 1) + g}" for g in range(4)))
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(WattlineError, match="4 rows stand at each instant"):
        read(tmp_path / "a.csv")
    assert mean_w(tmp_path / "a.csv", Choices(device=("order",))) == pytest.approx(1006, rel=0.02)


@given(st.integers(2**30, 2**31), st.integers(0, 2**32), st.sampled_from([1e-6, 1e-3]))
def test_a_counter_of_32_bits_that_turns_over_again_and_again_is_a_counter(step: int, begin: int, unit: float) -> None:
    values = pl.Series([(begin + step * i) % 2**32 * unit for i in range(60)]).to_numpy()
    assert not looks_like_intervals(values, ())


def test_a_counter_read_four_times_a_turn_keeps_its_watts(tmp_path: Path) -> None:
    turn, step = 262_143_328_850, 75_000_000_000
    (tmp_path / "b.csv").write_text(rows("time,energy_uj", lambda i: f"{T0 + 300 * i},{step * i % turn}"))
    assert mean_w(tmp_path / "b.csv") == pytest.approx(250, rel=0.01)


@pytest.mark.parametrize("joules", [lambda i: 100 + 100 * (i % 6), lambda i: 100 if i % 9 < 6 else 900])
def test_joules_that_may_be_of_intervals_or_run_on_are_asked_about(
    tmp_path: Path, joules: Callable[[int], int]
) -> None:
    (tmp_path / "a.csv").write_text(rows("time,energy_j", lambda i: f"{T0 + 5 * i},{joules(i)}"))
    with pytest.raises(WattlineError, match="energy_j=interval"):
        read(tmp_path / "a.csv")
    each = sum(joules(i) for i in range(N)) / (5 * N)
    assert mean_w(tmp_path / "a.csv", Choices(columns={"energy_j": "interval"})) == pytest.approx(each, rel=0.01)


def test_a_gauge_of_joules_is_no_counter(tmp_path: Path) -> None:
    labels = {"__name__": "rapl_consumed_energy_J", "instance": "n1", "domain": "package", "resource_id": "0"}
    prometheus(tmp_path / "p.json", (labels, lambda i: 1250 + 5 * (i % 7)))
    with pytest.raises(WattlineError, match="as no counter does"):
        read(tmp_path / "p.json")
    choices = Choices(columns={"rapl_consumed_energy_J": "interval"})
    assert mean_w(tmp_path / "p.json", choices) == pytest.approx(1265 / 15, rel=0.01)


def test_a_machines_own_meter_in_node_exporter_holds_its_packages(tmp_path: Path) -> None:
    meter = {"__name__": "node_hwmon_power_average_watt", "instance": "n1", "chip": "LNXSYBUS:00_ACPI000D:00"}
    rapl = {"__name__": "node_rapl_package_joules_total", "instance": "n1", "index": "0"}
    prometheus(tmp_path / "p.json", (meter, lambda i: 497 + i % 7), (rapl, lambda i: 15 * 250 * i))
    assert mean_w(tmp_path / "p.json") == pytest.approx(500, rel=0.01)


TIMES = {
    "as one number": lambda i: at(i, 5, "%Y%m%d%H%M%S"),
    "as one number with milliseconds": lambda i: at(i, 5, "%Y%m%d%H%M%S") + "250",
    "as Go prints it": lambda i: at(i) + " +0000 UTC",
    "as Go prints it with its monotonic clock": lambda i: at(i) + f".5 +0000 UTC m=+{5 * i}.25",
    "as Java prints it": lambda i: at(i, 5, "%Y-%m-%dT%H:%M:%S") + "+01:00[Europe/Paris]",
    "with dashes": lambda i: at(i, 5, "%Y-%m-%d_%H-%M-%S"),
    "as cameras write it": lambda i: at(i, 5, "%Y:%m:%d %H:%M:%S"),
    "by the day of the year": lambda i: at(i, 5, "%Y-%jT%H:%M:%S"),
    "as SAS writes it": lambda i: at(i, 5, "%d%b%Y:%H:%M:%S"),
    "of syslog, without a year": lambda i: f"{datetime(2025, 12, 31, 23, 59) + timedelta(seconds=5 * i):%b %d %X}",
    "as pandas writes how long it has been": lambda i: f"0 days 00:{5 * i // 60:02}:{5 * i % 60:02}",
    "minutes and seconds": lambda i: f"{5 * i // 60:02}:{5 * i % 60:02}.500",
}  # fmt: skip


@pytest.mark.parametrize("name", TIMES)
def test_times_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text(rows("time,power_w", lambda i: f"{TIMES[name](i)},{watts(i)}"))
    data = report(read(tmp_path / "a.csv"), None, False).json()["results"]
    assert data["duration_s"] == pytest.approx(5 * (N - 1))
    assert data["mean_w"] == pytest.approx(250, rel=0.01)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))
def test_a_date_as_a_number_is_the_same_in_a_column_in_a_line_and_in_an_option(moment: datetime) -> None:
    text = moment.strftime("%Y%m%d%H%M%S")
    seconds = (moment - datetime(1970, 1, 1)).total_seconds()
    assert epoch(text) == instant(text) == seconds
    assert column_times(pl.Series([text, text]))[0][0] == column_times(pl.Series([int(text)]))[0][0] == seconds


def test_lists_in_amd_smis_cells_move_no_column(tmp_path: Path) -> None:
    header = "timestamp,gpu,gfx_activity,vcn_activity,socket_power,gfx_voltage,total_energy_consumption"
    row = "{t},{g},0,\"['N/A', '7', 12, 900]\",{w},N/A,{e}"
    text = [row.format(t=T0 + 5 * i, g=g, w=watts(i), e=1000 + 1250 * i) for i in range(N) for g in range(2)]
    (tmp_path / "a.csv").write_text("\n".join([header, *text]) + "\n")
    assert mean_w(tmp_path / "a.csv") == pytest.approx(500, rel=0.01)


def test_memory_lies_beside_a_package_and_the_platform_over_both(tmp_path: Path) -> None:
    paths = ",".join(["", *(f"/intelcpu/0/power/{k}" for k in (0, 1, 3, 4))])
    names = 'Time,"CPU Package","CPU Cores","CPU Memory","CPU Platform"'
    for count, truth in ((4, 300), (5, 400)):
        shares = (1, 0.6, 0.2, 1.6)
        stamps = [at(i, 5, "%m/%d/%Y %H:%M:%S") for i in range(N)]
        text = [paths, names, *(f"{t}," + ",".join(str(k * watts(i)) for k in shares) for i, t in enumerate(stamps))]
        text = [",".join(line.split(",")[:count]) for line in text]
        (tmp_path / "l.csv").write_text("\n".join(text) + "\n")
        assert mean_w(tmp_path / "l.csv") == pytest.approx(truth, rel=0.01)


def of_two(row: str) -> Callable[[int], str]:
    """A row for each of two boards, and one of a metric that is no power."""
    return lambda i: "\n".join(row.format(t=T0 + 5 * i, g=g, w=watts(i), kw=watts(i) / 1e3) for g in range(2))


LONG = {
    "units in a column, no name": ("time,device,value,unit", of_two("{t},{g},{kw},kW")),
    "the device in one column, the metric in another": (
        "time,measurement,field,value",
        of_two("{t},gpu{g},power_w,{w}\n{t},gpu{g},mem_mb,9"),
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_rows_of_names_and_values(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text(rows(*LONG[name]))
    assert mean_w(tmp_path / "a.csv") == pytest.approx(500, rel=0.01)


def test_what_pyjoules_prints_is_read(tmp_path: Path) -> None:
    line = "begin timestamp : {t}; tag : foo; duration : 5.0; package_0 : {p}; dram_0 : {d}; core_0 : {c}; "
    line += "nvidia_gpu_0 : {g}"
    text = [line.format(t=T0 + 5 * i, p=1.25e9, d=1.25e8, c=9e8, g=1.25e6) for i in range(N)]
    (tmp_path / "p.txt").write_text("\n".join(text) + "\n")
    assert mean_w(tmp_path / "p.txt") == pytest.approx(525, rel=0.01)
    assert json.dumps([window.name for window in read(tmp_path / "p.txt").windows]).count("foo") == N


def test_what_pods_share_of_a_board_by_its_uuid_counts_once_and_shares_add_up(tmp_path: Path) -> None:
    def of_pods(*share: float) -> str:
        return rows("time,uuid,pod,power_w", lambda i: "\n".join(
            f"{T0 + 5 * i},GPU-1,p{k},{s * watts(i)}" for k, s in enumerate(share)))  # fmt: skip

    for share in ((1, 1), (0.4, 0.6)):
        (tmp_path / "a.csv").write_text(of_pods(*share))
        assert mean_w(tmp_path / "a.csv") == pytest.approx(250, rel=0.01)


def test_rows_of_tasks_of_a_run_add_up(tmp_path: Path) -> None:
    header = "task_name,timestamp,project_name,run_id,duration,cpu_energy,gpu_energy,ram_energy,energy_consumed"
    tasks = [f"t{k},{at(k, 300)},p,r,300,0.001,0.002,0.001,0.004" for k in range(3)]
    (tmp_path / "e.csv").write_text("\n".join([header, *tasks]) + "\n")
    assert report(read(tmp_path / "e.csv"), None, False).json()["results"]["energy_wh"]["value"] == pytest.approx(12)


def test_fans_lie_in_the_total_of_a_bmc(tmp_path: Path) -> None:
    sensors = {"Total Power": 4, "PSU1 PIN": 2, "PSU2 PIN": 2, "CPU Power": 1, "FAN Power": 0.2, "MB Power": 0.1}
    labels = [{"__name__": "ipmi_power_watts", "instance": "n", "name": name} for name in sensors]
    series = list(zip(labels, [lambda i, k=k: k * (247 + i % 7) for k in sensors.values()], strict=True))
    prometheus(tmp_path / "p.json", *series)
    assert mean_w(tmp_path / "p.json") == pytest.approx(1000, rel=0.01)
