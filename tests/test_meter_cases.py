"""What real files hold that readers once took for something else: each case in small, with its right value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from meter_cases_files import COUNT, T0, saw
from meter_files import usage as report
from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read


def table(path: Path, header: str, row: Callable[[int], str], count: int = COUNT) -> Path:
    path.write_text(header + "\n" + "\n".join(row(i) for i in range(count)) + "\n")
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
    header, row, message = REFUSED[case]
    with pytest.raises(WattlineError, match=message) as error:
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
    reported = []
    for options in ([], ["--columns", "n2_watts"]):
        with pytest.raises(SystemExit) as end:
            main(["meter", command, str(path), *more, *options])
        output = capsys.readouterr()
        assert end.value.code == 0, output.err
        reported.append(output.out)
        if command == "import":
            reported[-1] = str(len(read(tmp_path / "j.wattline").series))
    assert reported[0] != reported[1]
