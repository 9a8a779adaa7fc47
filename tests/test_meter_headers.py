"""Tables whose names do not stand in their first line alone, and mains over the circuits that they feed."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter_files import usage
from wattline.core.errors import WattlineError
from wattline.meter.readers.detect import read
from wattline.meter.readers.headers import header_of, without

MINUTES = [f"03/02/2026 10:{i:02d}:00" for i in range(31)]
SECONDS = [f"2026-03-02 10:00:{i:02d}" for i in range(31)]


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def mean_w(path: Path) -> float:
    return float(usage(read(path))["mean_w"])


@pytest.mark.parametrize("legs", [1, 2])
@pytest.mark.parametrize("circuit", ["Rack-1", "Home-1-Servers"])
def test_mains_hold_their_circuits_by_their_name(tmp_path: Path, legs: int, circuit: str) -> None:
    name = circuit.partition("-")[0]
    mains = [f"{name}-Mains{leg} (kWatts)" for leg in ("", "_B")[:legs]]
    header = ",".join(["Time Bucket (UTC)", *mains, f"{circuit} (kWatts)", f"{name}-2 (kWatts)"])
    rows = [",".join([at, *[f"{0.6 + 0.001 * (i % 7):.3f}"] * legs, f"0.2{i % 9}", f"0.3{i % 5}"])
            for i, at in enumerate(MINUTES)]  # fmt: skip
    data = usage(read(write(tmp_path / "e.csv", header, *rows)))
    assert data["mean_w"] == pytest.approx(legs * 603, rel=2e-3)
    assert sum(bool(row["inside"]) for row in data["interpretation"]) == 2


def test_mains_below_the_circuits_that_they_feed_are_asked_about(tmp_path: Path) -> None:
    rows = [f"{at},0.30{i % 7},0.21{i % 5},0.31{i % 3}" for i, at in enumerate(MINUTES)]
    path = write(tmp_path / "e.csv", "Time Bucket (UTC),Rack-Mains (kWatts),Rack-1 (kWatts),Rack-2 (kWatts)", *rows)
    with pytest.raises(WattlineError, match="reads less than"):
        read(path)


def test_kilowatt_hours_of_a_bucket_are_of_its_time(tmp_path: Path) -> None:
    path = write(tmp_path / "e.csv", "Time Bucket (UTC),Rack-Mains (kWhs)", *(f"{at},0.010" for at in MINUTES))
    data = usage(read(path))
    assert data["energy_wh"]["value"] == pytest.approx(310)
    assert data["mean_w"] == pytest.approx(600)


LEVELS = {
    "quantity and device": ("quantity,power_w,power_w,temp_c", "device,gpu0,gpu1,gpu0", "timestamp,,,"),
    "device and quantity": (",gpu0,gpu1,gpu0", ",power_w,power_w,temp_c", "timestamp,,,"),
    "no name of the index": (",power_w,power_w,temp_c", ",gpu0,gpu1,gpu0"),
    "numbers of devices": (",power_w,power_w,temp_c", ",0,1,0"),
    "blanks": ("timestamp,gpu0,,gpu1", ",power_w,temp_c,power_w"),
}


@pytest.mark.parametrize("name", LEVELS)
def test_names_in_several_rows_are_a_quantity_and_its_device(tmp_path: Path, name: str) -> None:
    cells = ("{0},60,{1}" if name == "blanks" else "{0},{1},60").format
    rows = [f"{at},{cells(300 + i % 7, 200 + i % 5)}" for i, at in enumerate(SECONDS)]
    data = usage(read(write(tmp_path / "p.csv", *LEVELS[name], *rows)))
    assert data["devices"] == 2
    assert data["mean_w"] == pytest.approx(505, rel=2e-3)


def test_milliwatts_above_their_devices(tmp_path: Path) -> None:
    rows = [f"{at},{300_000 + i % 7},{200_000 + i % 5}" for i, at in enumerate(SECONDS)]
    assert mean_w(write(tmp_path / "p.csv", ",power_mW,power_mW", ",gpu0,gpu1", *rows)) == pytest.approx(500, rel=1e-3)


@pytest.mark.parametrize("head", [("#time,current,voltage,power", "#(s),(A),(V),(W)"),
                                  ("# captured by a tool", "# rate: 1", "#time (s),current (A),voltage (V),power (W)"),
                                  ])  # fmt: skip
def test_a_header_behind_a_sign_of_comment(tmp_path: Path, head: tuple[str, ...]) -> None:
    rows = [f"{i}.000000,2.0,12.0,24.{i % 7}" for i in range(31)]
    assert mean_w(write(tmp_path / "j.csv", *head, *rows)) == pytest.approx(24.3, rel=5e-3)


def test_joules_of_sockets_and_memory_by_pcm(tmp_path: Path) -> None:
    head = ("System,,,,Proc Energy (Joules),,DRAM Energy (Joules),", "Date,Time,EXEC,IPC,SKT0,SKT1,SKT0,SKT1")
    rows = [f"{at.replace(' ', ',')}.000,0.5,1.2,150.0,140.0,20.0,21.0" for at in SECONDS]
    data = usage(read(write(tmp_path / "pcm.csv", *head, *rows)))
    assert data["mean_w"] == pytest.approx(331)
    assert data["devices"] == 4


def test_a_preamble_above_the_records(tmp_path: Path) -> None:
    head = ("AMDuProf CPU power profiling", "", "SYSTEM INFO", "Processor,A processor", "Sampling interval,1000 ms", "",
            "PROFILE RECORDS", "RecordId,Timestamp,socket0-package-power,socket0-core0-power")  # fmt: skip
    rows = [f"{i + 1},{at[11:]}:000,200.{i % 7},5.{i % 3}" for i, at in enumerate(SECONDS)]
    assert mean_w(write(tmp_path / "u.csv", *head, *rows)) == pytest.approx(200.3, rel=2e-3)


@given(
    devices=st.lists(st.from_regex(r"d[b-f]{1,4}[0-9]", fullmatch=True), min_size=1, max_size=4, unique=True),
    notes=st.lists(st.sampled_from(["Tool 1.0", "Host,node1", "", "Interval,1000 ms", "SECTION"]), max_size=5),
    sign=st.sampled_from(",;\t"),
    levels=st.booleans(),
)  # fmt: skip
def test_the_names_are_the_same_whatever_stands_above_them(
    devices: list[str], notes: list[str], sign: str, levels: bool
) -> None:
    names = [sign.join(["", *["power_w"] * len(devices), "temp_c"]), sign.join(["", *devices, "board"])]
    names = [*names, "time" + sign * (len(devices) + 1)] if levels else [sign.join(["time", *devices, "board"])]
    rows = [sign.join([at, *["1.5"] * (len(devices) + 1)]) for at in SECONDS]
    text = "\n".join([*(note.replace(",", sign) for note in notes), "", *names, *rows])
    header = header_of(text)
    first = next(csv.reader(io.StringIO(without(text, header).lstrip("\n")), delimiter=sign))
    wanted = [f"{device} power_w" for device in devices] if levels else devices
    assert first[: len(devices) + 1] == ["time", *wanted]
    assert without(text, header).count("1.5") == text.count("1.5")
