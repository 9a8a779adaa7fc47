"""Forms of recordings as their tools write them in other versions, places and countries: their own joules come out."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from form_truth import MEAN_W, T0, TRUTH
from meter_files import usage as report
from wattline.core.errors import WattlineError
from wattline.meter.readers.detect import read


@pytest.fixture(autouse=True)
def as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings as they were written: how a sensor errs is tested elsewhere."""
    monkeypatch.setattr("wattline.meter.readings.corrections.is_nvml", lambda spec: False)


def mean_w(path: Path, text: str | bytes) -> float:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return float(report(read(path))["mean_w"])


def table(header: str, *cells: list[object], sign: str = ",") -> str:
    return "\n".join([header, *(sign.join(map(str, row)) for row in zip(*cells, strict=True))]) + "\n"


@pytest.mark.parametrize("written", ["67,020.00", "67.020,00", "67020,00", "67020.00"])
def test_joules_of_perf_stat_in_any_countrys_marks(tmp_path: Path, written: str) -> None:
    text = f"  {written} Joules power/energy-pkg/\n\n     290.000000000 seconds time elapsed\n"
    assert mean_w(tmp_path / "p.txt", text) == pytest.approx(67020 / 290)


def test_a_row_that_tells_its_beginning_and_end_lasts_no_longer(tmp_path: Path) -> None:
    text = "JobID,Start,End,ConsumedEnergyRaw\n12,2026-01-01T00:00:00,2026-01-01T00:04:50,67020\n"
    assert mean_w(tmp_path / "s.csv", text) == pytest.approx(67020 / 290, rel=1e-4)


@pytest.mark.parametrize("unit", ["kWh", "kWTh"])
def test_eco2ai_in_both_spellings(tmp_path: Path, unit: str) -> None:
    text = f"project_name,start_time,duration(s),power_consumption({unit}),CO2_emissions(kg)\n"
    text += f"p,2026-01-01 00:00:00,290.0,{67020 / 3.6e6},0.1\n"
    assert mean_w(tmp_path / "emission.csv", text) == pytest.approx(67020 / 290, rel=1e-3)


def test_watts_and_joules_of_a_row_with_beginning_and_end_are_one_device(tmp_path: Path) -> None:
    text = "JOBID;NODENAME;START_TIME;END_TIME;DC_NODE_POWER_W;DRAM_POWER_W;PCK_POWER_W;DC_ENERGY_J\n"
    text += "1;n1;2026-01-01 00:00:00;2026-01-01 00:04:50;231;9;100;66990\n"
    assert mean_w(tmp_path / "ear.csv", text) == pytest.approx(231, rel=1e-3)


def test_a_day_beside_the_hours_at_which_rows_begin_and_end(tmp_path: Path) -> None:
    hours = [f"Electric usage,2026-01-01,{h:02}:00,{h:02}:59,{0.2 + 0.001 * h},$0.1" for h in range(24)]
    text = "\n".join(["TYPE,DATE,START TIME,END TIME,USAGE (kWh),COST", *hours]) + "\n"
    assert mean_w(tmp_path / "green.csv", text) == pytest.approx(211.5, rel=0.02)


def test_joules_that_fall_for_good_to_no_beginning_are_asked_about(tmp_path: Path) -> None:
    cells = [list(TRUTH.time_s), [w / 60 for w in TRUTH.power_w]]
    (tmp_path / "a.csv").write_text(table("time,energy_wh", *cells))
    with pytest.raises(WattlineError, match="energy_wh=interval"):
        read(tmp_path / "a.csv")
    counter = [100 + w * 10 for w in range(30)]
    counter[14] -= 40  # read too low once
    assert mean_w(tmp_path / "b.csv", table("time,energy_j", cells[0], counter)) == pytest.approx(1, rel=0.2)


SHELLY = {
    "EM": ("Date/time UTC,Active energy Wh,Returned energy Wh,Min V,Max V", lambda t, wh: [t, wh, 0, 229, 230]),
    "3EM": (
        "Date/time UTC,Active energy Wh (A),Returned energy Wh (A),Active energy Wh (B),Returned energy Wh (B)",
        lambda t, wh: [t, wh / 4, 0, 3 * wh / 4, 0],
    ),
    "Pro 3EM": (
        "timestamp,a_total_act_energy,a_fund_act_energy,a_total_act_ret_energy,a_max_act_power,b_total_act_energy",
        lambda t, wh: [T0 + 60 * (int(t[-2:]) + 60 * int(t[-5:-3])), wh / 2, wh / 2.1, 0, 300, wh / 2],
    ),
}


@pytest.mark.parametrize("name", SHELLY)
def test_the_memory_of_shellys_meters(tmp_path: Path, name: str) -> None:
    header, row = SHELLY[name]
    times = [f"2026-01-01 00:{i:02}" for i in range(30)]
    rows = [",".join(map(str, row(t, w / 60))) for t, w in zip(times, TRUTH.power_w, strict=True)]
    text = "\n".join([header, *rows]) + "\n"
    assert mean_w(tmp_path / "em_data.csv", text) == pytest.approx(sum(TRUTH.power_w) / 30, rel=1e-3)


def packed(kind: str, data: bytes) -> bytes:
    if kind == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", data)
        return out.getvalue()
    pyarrow = pytest.importorskip("pyarrow", reason="zstd is unpacked by PyArrow here: pip install pyarrow")
    return bytes(pyarrow.Codec("zstd").compress(data, asbytes=True))


@pytest.mark.parametrize("kind", ["zip", "zstd"])
def test_a_packed_table_reads_as_the_table_itself(tmp_path: Path, kind: str) -> None:
    data = packed(kind, table("time,power_w", TRUTH.time_s, TRUTH.power_w).encode())
    assert mean_w(tmp_path / f"a.csv.{kind}", data) == pytest.approx(MEAN_W)


def test_a_zip_of_several_files_is_refused_with_the_mend(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.csv", "time,power_w\n")
        archive.writestr("b.csv", "time,power_w\n")
    with pytest.raises(WattlineError, match="holds 2 files"):
        read(tmp_path / "a.zip")


@pytest.mark.parametrize("form", ["{iso}", "# {epoch}", "{epoch}.000", "# time: {iso}"])
def test_scrapes_below_any_line_of_time(tmp_path: Path, form: str) -> None:
    text = ""
    for at, iso, watts in zip(TRUTH.time_s, TRUTH.at("%Y-%m-%dT%H:%M:%SZ"), TRUTH.power_w, strict=True):
        text += form.format(iso=iso, epoch=at) + '\n# TYPE node_power_watts gauge\nnode_power_watts{host="n"} '
        text += f"{watts}\n"
    assert mean_w(tmp_path / "a.prom", text) == pytest.approx(MEAN_W)


def test_answers_to_instant_queries_one_after_the_other(tmp_path: Path) -> None:
    line = '{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{"__name__":"node_power_watts"}},'
    line += '"value":[{0},"{1}"]}}]}}}}\n'
    text = "".join(line.format(t, w) for t, w in zip(TRUTH.time_s, TRUTH.power_w, strict=True))
    assert mean_w(tmp_path / "a.json", text) == pytest.approx(MEAN_W)


def test_kibanas_dates(tmp_path: Path) -> None:
    times = [f'"{at}"' for at in TRUTH.at("%b %d, %Y @ %H:%M:%S.000")]
    text = table('"@timestamp","power.watts"', times, TRUTH.power_w)
    assert mean_w(tmp_path / "a.csv", text) == pytest.approx(MEAN_W)


REFUSED = {
    "Datadog": ('{"query":"max:gpu.power{*}","series":[{"pointlist":[[1767225600000,5]],"scope":"*"}]}', "no averages"),
    "Azure": (
        '{"interval":"PT1M","value":[{"name":{"value":"power_w"},"timeseries":[{"data":'
        '[{"timeStamp":"2026-01-01T00:00:00Z","maximum":5}]}]}]}',
        "Average",
    ),
    "Zabbix": (
        '{"result":[{"itemid":"44","clock":"1767225600","value":"5"},{"itemid":"44","clock":"1767225601","value":"6"}]}',
        "item 44",
    ),
    "cut": ('[{"target":"power_w","datapoints":[[5,1767225600],[', "cut"),
    "of another form": ('[{"target":"power_w","datapoints":{"a":5}}]', "another form"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_monitors_answer_does_not_hold_is_told(tmp_path: Path, name: str) -> None:
    text, words = REFUSED[name]
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(WattlineError, match=words):
        read(tmp_path / "a.json")


def test_two_machines_of_a_monitor_are_two_devices(tmp_path: Path) -> None:
    points = [[t * 1000, w] for t, w in zip(TRUTH.time_s, TRUTH.power_w, strict=True)]
    series = [
        {"metric": "power_watts", "scope": f"host:n{k}", "pointlist": [[t, k * w] for t, w in points]} for k in (1, 2)
    ]
    text = json.dumps({"query": "avg:power_watts{*} by {host}", "series": series})
    assert mean_w(tmp_path / "a.json", text) == pytest.approx(3 * sum(TRUTH.power_w) / 30, rel=1e-3)
