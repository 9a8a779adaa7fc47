"""Recordings of forms that were misread or refused: packed files, dumps, pods by zone, counters by interval, feeds."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meter_files import usage
from wattline.core.errors import WattlineError
from wattline.meter.readers import packed
from wattline.meter.readers.detect import read
from wattline.meter.readers.times import column_times

T0 = 1_772_366_400


@pytest.fixture(autouse=True)
def as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings as they were written: how a sensor errs is tested elsewhere."""
    monkeypatch.setattr("wattline.meter.readings.corrections.is_nvml", lambda spec: False)


def watt_hours(path: Path) -> float:
    return float(usage(read(path))["energy_wh"]["value"])


def watts(i: int) -> float:
    return 200.0 + 40 * np.sin(i / 3)


TABLE = "time,power_w\n" + "".join(f"{T0 + i},{watts(i):.3f}\n" for i in range(60))


@pytest.mark.parametrize("packer", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_recording_is_what_is_in_it(tmp_path: Path, packer: Callable[[bytes], bytes]) -> None:
    (tmp_path / "x.csv").write_text(TABLE)
    ending = {gzip.compress: "gz", bz2.compress: "bz2", lzma.compress: "xz"}[packer]
    (tmp_path / f"x.csv.{ending}").write_bytes(packer(TABLE.encode()))
    plain, unpacked = read(tmp_path / "x.csv"), read(tmp_path / f"x.csv.{ending}")
    assert usage(unpacked) == usage(plain)
    assert unpacked.source == str(tmp_path / f"x.csv.{ending}")


def test_what_is_packed_without_end_or_within_itself_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(gzip.compress(TABLE.encode())))
    with pytest.raises(WattlineError, match="more than once"):
        read(path)
    path.write_bytes(gzip.compress(TABLE.encode()))
    monkeypatch.setattr(packed, "LIMIT_BYTES", 100)
    with pytest.raises(WattlineError, match=r"x\.csv\.gz is packed by gzip, over"):
        read(path)
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(WattlineError) as caught:
        read(path)
    assert "/wattline-" not in str(caught.value)  # the place where it was unpacked


def test_a_dump_of_prometheus_store_names_its_metric_among_the_labels(tmp_path: Path) -> None:
    lines = [
        f'{{__name__="DCGM_FI_DEV_POWER_USAGE", UUID="GPU-{g}", gpu="{g}"}} {100 * (g + 1)} {(T0 + 15 * i) * 1000}'
        for g in (0, 1) for i in range(20)
    ]  # fmt: skip
    (tmp_path / "dump.txt").write_text("\n".join(lines) + "\n")
    assert watt_hours(tmp_path / "dump.txt") == pytest.approx(300 * 19 * 15 / 3600, rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4), st.integers(20, 90), st.integers(1, 20), st.booleans())
def test_a_pod_s_cores_lie_in_its_package(pods: int, cores: int, dram: int, psys: bool) -> None:
    from wattline.meter.containment import PlacedPart, holders
    from wattline.meter.exporters import identify

    zones = {"package": 100, "core": cores, "dram": dram} | ({"psys": 150} if psys else {})
    parts, names = [], {}
    for pod in range(pods):
        for zone in zones:
            identity = identify("kepler_pod_cpu_joules_total", {"pod_name": f"p{pod}", "zone": zone, "node_name": "n"})
            assert identity is not None
            parts.append(
                PlacedPart(
                    identity.device.key, "n", identity.words, identity.role, identity.index, zones[zone], identity.level
                )
            )
            names[identity.device.key] = zone
    inside = holders(parts)
    outermost = sum(zones[names[key]] for key, holder in inside.items() if not holder)
    assert outermost == pods * (150 if psys else 100 + dram)


def test_kepler_s_active_and_idle_joules_add_up_without_their_sum(tmp_path: Path) -> None:
    result = [
        {"metric": {"__name__": f"kepler_node_cpu_{mode}_joules_total", "zone": zone, "node_name": "n"},
         "values": [[T0 + 15 * i, str(power * 15 * i)] for i in range(20)]}
        for zone, active, idle in (("package", 60, 40), ("core", 50, 9), ("dram", 6, 4))
        for mode, power in (("active", active), ("idle", idle))
    ]  # fmt: skip
    answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    (tmp_path / "k.json").write_text(json.dumps(answer))
    assert watt_hours(tmp_path / "k.json") == pytest.approx(110 * 19 * 15 / 3600)


def test_jtop_s_rails_are_in_one_unit_and_its_mode_is_no_power(tmp_path: Path) -> None:
    rows = "".join(f"2026-03-01 12:00:{i:02d},{6000 + i},2000,1400,OFF,15W\n" for i in range(30))
    head = "time,Power TOT,Power cpu_gpu_cv,Power soc,jetson_clocks,nvp model\n"
    (tmp_path / "jtop.csv").write_text(head + rows)
    assert watt_hours(tmp_path / "jtop.csv") == pytest.approx(6.0145 * 29 / 3600, rel=1e-3)


def test_influx_joules_that_fall_again_and_again_are_of_each_interval(tmp_path: Path) -> None:
    lines = [f"rapl_consumed_energy_J,resource_id=0 value={watts(i):.3f} {(T0 + i) * 10**9}" for i in range(60)]
    (tmp_path / "a.txt").write_text("\n".join(lines) + "\n")
    assert watt_hours(tmp_path / "a.txt") == pytest.approx(sum(watts(i) for i in range(60)) / 3600, rel=0.02)
    counted = np.cumsum([watts(i) for i in range(60)])
    lines = [f"rapl_energy_J,resource_id=0 value={counted[i]:.3f} {(T0 + i) * 10**9}" for i in range(60)]
    (tmp_path / "b.txt").write_text("\n".join(lines) + "\n")
    assert watt_hours(tmp_path / "b.txt") == pytest.approx((counted[-1] - counted[0]) / 3600, rel=1e-6)


FEEDS = {
    "device over phases": ("Device Power (kW),Phase L1 Power (kW),Phase L2 Power (kW)", (3.0, 1.0, 2.0), 3000),
    "inlet over phases over outlets": (
        "Inlet 1 Power (W),Inlet 1 Phase 1 Power (W),Inlet 1 Phase 2 Power (W),Outlet 1 Power (W)",
        (900, 400, 500, 880),
        900,
    ),
    "phases alone": ("Phase L1 Power (W),Phase L2 Power (W)", (400, 500), 900),
}


@pytest.mark.parametrize(("head", "row", "truth_w"), FEEDS.values(), ids=FEEDS)
def test_what_feeds_holds_what_it_feeds(tmp_path: Path, head: str, row: tuple[float, ...], truth_w: float) -> None:
    lines = [f"{T0 + 60 * i}," + ",".join(f"{value * (1 + i / 1000):.4f}" for value in row) for i in range(30)]
    (tmp_path / "pdu.csv").write_text(f"time,{head}\n" + "\n".join(lines) + "\n")
    assert watt_hours(tmp_path / "pdu.csv") == pytest.approx(truth_w * 1.0145 * 29 / 60, rel=1e-3)


@pytest.mark.parametrize("name", ["power", "accel0_energy", "log"])
def test_cray_s_counters_in_a_file_each(tmp_path: Path, name: str) -> None:
    energy = "energy" in name
    lines = []
    for i in range(50):
        value = 8_000_000 + 70 * i if energy else 700
        lines += [f"{value} {'J' if energy else 'W'} {1_700_061_210_920_464 + i * 100_000} us"] * 2
    (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n")
    assert watt_hours(tmp_path / f"{name}.txt") == pytest.approx(700 * 4.9 / 3600, rel=1e-6)


def test_a_mean_of_energy_beside_a_counter_is_no_counter(tmp_path: Path) -> None:
    rows = "".join(f"{T0 + 60 * i},{200 * 60 * i / 3600:.4f},144\n" for i in range(30))
    for head in ("time,WattHours,Avg Kwh\n", "time,Avg Kwh,WattHours\n"):
        body = rows if head.endswith("Kwh\n") else "".join(
            f"{a},{c},{b}\n" for a, b, c in (line.split(",") for line in rows.splitlines()))  # fmt: skip
        (tmp_path / "w.csv").write_text(head + body)
        assert watt_hours(tmp_path / "w.csv") == pytest.approx(200 * 29 / 60, rel=1e-3)


def test_a_unit_that_stands_in_the_first_row_of_a_name_is_that_of_all_its_rows(tmp_path: Path) -> None:
    rows = [
        {"entity_id": "sensor.a_power", "state": "0.25", "last_changed": f"2026-03-01T12:{i:02d}:00+00:00"}
        | ({"unit_of_measurement": "kW"} if i == 0 else {})
        for i in range(30)
    ]
    (tmp_path / "h.json").write_text(json.dumps([rows]))
    assert watt_hours(tmp_path / "h.json") == pytest.approx(250 * 29 / 60, rel=1e-6)


def test_json_of_another_service_is_no_error_of_prometheus(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(json.dumps({"status": "ok", "series": [{"pointlist": [[1.0, 2.0]]}]}))
    with pytest.raises(WattlineError) as caught:
        read(tmp_path / "d.json")
    assert "Prometheus answered" not in str(caught.value)


def test_instances_of_a_board_by_another_name_carry_the_board_s_watts(tmp_path: Path) -> None:
    rows = "".join(f"{T0 + i},0,{m},{watts(i):.2f}\n" for i in range(40) for m in range(3))
    (tmp_path / "m.csv").write_text("timestamp,gpu,mig_instance,power_w\n" + rows)
    truth = np.trapezoid([watts(i) for i in range(40)]) / 3600
    assert watt_hours(tmp_path / "m.csv") == pytest.approx(truth, rel=1e-3)


SUNDAYS = {"Berlin": "2026-03-29", "Chicago": "2026-03-08", "London": "2026-03-29"}


@pytest.mark.parametrize("zone", SUNDAYS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(begin_min=st.integers(10, 100), step_s=st.sampled_from([7, 60, 300]))
def test_the_hour_that_clocks_skip_in_spring_is_no_gap(zone: str, begin_min: int, step_s: int) -> None:
    place = ZoneInfo({"Berlin": "Europe/Berlin", "Chicago": "America/Chicago", "London": "Europe/London"}[zone])
    midnight = datetime.fromisoformat(SUNDAYS[zone]).replace(tzinfo=place).timestamp()
    count = 4 * 3600 // step_s
    at = [midnight - 600 + begin_min + step_s * i for i in range(count)]
    words = [datetime.fromtimestamp(t, place).strftime("%Y-%m-%d %H:%M:%S") for t in at]
    seconds, remark = column_times(pl.Series(words))
    assert np.diff(seconds) == pytest.approx(step_s)
    assert "went an hour forward" in remark


def test_an_hour_without_readings_on_another_day_stays_a_gap() -> None:
    hours = [*range(0, 7200, 60), *range(10_800, 14_400, 60)]
    for day in ("2026-03-28", "2026-06-07", "2026-03-22"):  # the last is a Sunday on which no clocks go forward
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
        words = [datetime.fromtimestamp(midnight + t, UTC).strftime("%Y-%m-%d %H:%M:%S") for t in hours]
        seconds, remark = column_times(pl.Series(words))
        assert np.diff(seconds).max() == 3660
        assert remark == "times carry no zone: taken as UTC"


@pytest.mark.parametrize(("name", "shape"), [("time_utc", "%Y-%m-%d %H:%M:%S"), ("time", "%Y-%m-%d %H:%M:%SZ")])
def test_an_hour_without_readings_of_universal_time_stays_a_gap_on_that_sunday(name: str, shape: str) -> None:
    midnight = datetime.fromisoformat("2026-03-29").replace(tzinfo=UTC).timestamp()
    hours = [*range(0, 7200, 60), *range(10_800, 14_400, 60)]
    words = [datetime.fromtimestamp(midnight + t, UTC).strftime(shape) for t in hours]
    seconds, remark = column_times(pl.Series(name, words))
    assert np.diff(seconds).max() == 3660
    assert "forward" not in remark


def table(path: Path, head: str, rows: Sequence[str]) -> Path:
    path.write_text(head + "\n" + "\n".join(rows) + "\n")
    return path


def test_elapsed_minutes_and_seconds_are_no_time_of_day(tmp_path: Path) -> None:
    rows = [f"{i // 60:02d}:{i % 60:02d},{watts(i):.3f}" for i in range(90)]
    truth = np.trapezoid([watts(i) for i in range(90)]) / 3600
    assert watt_hours(table(tmp_path / "a.csv", "Elapsed Time,Power (W)", rows)) == pytest.approx(truth, rel=1e-3)
    long = [f"{i // 60}:{i % 60:02d}:00,{watts(i):.3f}" for i in range(60 * 23, 60 * 26)]  # past a day
    truth = np.trapezoid([watts(i) for i in range(60 * 23, 60 * 26)]) / 60
    assert watt_hours(table(tmp_path / "b.csv", "Elapsed Time,Power (W)", long)) == pytest.approx(truth, rel=1e-3)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(20, 900), min_size=30, max_size=30), st.integers(2, 5), st.integers(0, 9))
def test_a_column_that_is_the_sum_of_all_others_in_every_row_holds_them(
    tmp_path: Path, level: list[float], parts: int, seed: int
) -> None:
    noise = np.random.default_rng(seed)
    rows = np.array(level)[:, None] * noise.uniform(0.5, 1.5, (30, parts))
    names = ["pv", "other", "rest", "heat", "aux"][:parts]
    lines = [f"{T0 + i}," + ",".join(f"{x:.3f}" for x in (*row, row.sum())) for i, row in enumerate(rows)]
    path = table(tmp_path / "sum.csv", "time," + ",".join(f"{name}_w" for name in (*names, "load")), lines)
    truth = np.trapezoid(rows.sum(axis=1)) / 3600
    assert watt_hours(path) == pytest.approx(truth, rel=1e-3)


def test_a_plug_holds_what_the_bmc_reads(tmp_path: Path) -> None:
    rows = [f"{T0 + i},{watts(i):.2f},{0.97 * watts(i):.2f},{0.5 * watts(i):.2f}" for i in range(60)]
    path = table(tmp_path / "p.csv", "time,plug_power_w,ipmi_power_w,gpu0_power_w", rows)
    assert watt_hours(path) == pytest.approx(np.trapezoid([watts(i) for i in range(60)]) / 3600, rel=1e-3)


SPANS = {
    "watts": ("start,end,avg_power_w", lambda i: f"2026-03-01T12:{i:02d}:00Z,2026-03-01T12:{i + 1:02d}:00Z,{200 + i}"),
    "joules": (
        "job,begin,end,energy_j",
        lambda i: f"train,2026-03-01 12:{i:02d}:00,2026-03-01 12:{i:02d}:30,{(200 + i) * 60}",
    ),
    "rounds": ("epoch,duration_s,energy_wh", lambda i: f"{i},60,{(200 + i) / 60}"),
}


@pytest.mark.parametrize("name", SPANS)
def test_rows_that_tell_their_beginning_and_end_are_of_that_time(tmp_path: Path, name: str) -> None:
    head, row = SPANS[name]
    path = table(tmp_path / "s.csv", head, [row(i) for i in range(20)])
    assert watt_hours(path) == pytest.approx(sum(200 + i for i in range(20)) / 60, rel=1e-3)


def test_slurm_s_jobs_hold_their_steps(tmp_path: Path) -> None:
    at = "2026-03-01T12:00:00|2026-03-01T13:00:00"
    later = at.replace("T12", "T14").replace("T13", "T15")
    rows = [f"7|3600000|{at}", f"7.batch|3600000|{at}", f"7.0|3500000|{at}", f"8|1800000|{later}"]
    raw = table(tmp_path / "raw.txt", "JobID|ConsumedEnergyRaw|Start|End", rows)
    assert watt_hours(raw) == pytest.approx(1500)
    short = [row.replace("3600000", "3.60M").replace("3500000", "3.50M").replace("1800000", "1800K") for row in rows]
    assert watt_hours(table(tmp_path / "s.txt", "JobID|ConsumedEnergy|Start|End", short)) == pytest.approx(1500)


def test_a_table_parted_by_blanks_is_one(tmp_path: Path) -> None:
    rows = [f"2026-03-01 12:00:{i:02d}   {watts(i):.3f}    98" for i in range(60)]
    path = table(tmp_path / "b.txt", "time      power_w  util", rows)
    assert watt_hours(path) == pytest.approx(np.trapezoid([watts(i) for i in range(60)]) / 3600, rel=1e-3)
