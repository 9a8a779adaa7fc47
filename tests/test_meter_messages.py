"""What tools and meters say without a time, without power or in doubt is refused by name; hostile texts stay small."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

import pytest

from meter_files import usage
from meter_formats import FORMATS, Truth
from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read

T0 = 1_767_225_600
RAMP = Truth([T0 + 5 * i for i in range(16)], [200.0 + 3 * (i % 13) + i for i in range(16)])
STEP = {"time": {"start": T0, "end": T0 + 60}, "statistics": {"energy": {"consumed": 5000}}}
LATER = {"time": {"start": T0 + 30, "end": T0 + 90}, "statistics": {"energy": {"consumed": 5000}}}
REFUSED = {
    "a plug without times": ('tele/plug/SENSOR {"ENERGY":{"Power":5}}\n' * 3, "mosquitto_sub"),
    "a switch without times": ('{"id":0,"apower":5.0,"aenergy":{"total":1.0}}\n' * 3, "no time"),
    "gpustat without power": ("n1  Thu Jan 01 00:00:00 2026\n[0] X | 45'C,  98 % | 1 / 2 MB |\n" * 3, "gpustat -P"),
    "dmon behind no time": ("# gpu    pwr\n# Idx      W\n    0    45\n" * 3, "-o DT"),
    "rates of joules": ("     energy_j\n\n" + "".join(f"{T0 + 5 * i}: {i}.0e+00\n" for i in range(5)), "--unit"),
    "steps that overlap": (json.dumps({"jobs": [{"job_id": 1, "steps": [STEP, LATER]}]}), "overlap"),
    "jobs without energy": (json.dumps({"jobs": [{"job_id": 1, "time": {"start": T0, "end": T0 + 9}}]}), "AcctGather"),
    "sstat": ("JobID|AveCPU|ConsumedEnergyRaw|\n1.0|00:01:00|720000|\n", "JobID,Start,End"),
    "the mean of runs": (" Performance counter stats for 'x' (3 runs):\n\n 12.5 Joules power/energy-pkg/\n\n"
                         "  1.0013 +- 0.0210 seconds time elapsed\n", "3 runs"),
    "likwid": ("Runtime: 10 s\nMeasure for socket 0 on CPU 0\nDomain PKG:\nEnergy consumed: 5 Joules\n", "likwid"),
}  # fmt: skip
LONG = 300_000
HOSTILE = {
    "a topic without end": '"ENERGY" ' + "a/" * LONG + '{"ENERGY":{"Power":1}}',
    "open brackets": '"apower" ' + "{" * LONG,
    "deep": f'{T0} {{"apower":1,"a":' + '{"a":' * LONG,
    "numbers that are none": f'{{"unixtime":{T0},"apower":Infinity}}\n{{"unixtime":{T0 + 5},"apower":NaN}}\n',
    "blanks": "[0] x | 45'C | 3 / 5 W |\n[0] " + " " * LONG,
    "a sensor of blanks": "PS1 | 200 | Watts\nSensor ID              : " + " " * LONG + "x\n",
    "a row without end": "# geopm_version: 1\nTIME|CPU_ENERGY\n" + "1|" * LONG,
    "rows without end": "<xport><meta><step>5</step></meta>" + "<row><v>" * LONG,
    "nothing where objects are": '{"jobs":[null,5,{"job_id":1,"time":null,"tres":5,"steps":7}]}',
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_says_what_it_is_and_how_to_record_it(tmp_path: Path, name: str) -> None:
    text, part = REFUSED[name]
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(WattlineError, match=part):
        read(tmp_path / "a.txt")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_takes_no_time(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text(HOSTILE[name])
    begin = time.process_time()
    with suppress(WattlineError):
        read(tmp_path / "a.txt")
    assert time.process_time() - begin < 5


def test_a_rate_of_joules_is_watts_where_the_user_says_so(tmp_path: Path) -> None:
    rows = [f"{t}: {w:.9e}" for t, w in zip(RAMP.time_s[1:], RAMP.means, strict=True)]
    (tmp_path / "a.txt").write_text("\n".join(["    energy_j", "", *rows]) + "\n")
    data = usage(read(tmp_path / "a.txt", Choices(units={"energy_j": "W"})))
    assert data["energy_wh"]["value"] * 3600 == pytest.approx(RAMP.energy_j, rel=1e-3)


@pytest.mark.parametrize(
    ("name", "note"), [("dcgmi behind ts", "no year"), ("DCMI behind times of day", "no date"), ("Redfish", "")]
)
def test_what_is_assumed_of_times_is_told(tmp_path: Path, name: str, note: str) -> None:
    file, write = FORMATS[name]
    notes = " ".join(usage(read(write(tmp_path / file, RAMP)))["notes"])
    assert note in notes


def test_a_midnight_between_times_of_day(tmp_path: Path) -> None:
    late = Truth([T0 + 86_400 - 50 + 5 * i for i in range(20)], [200.0 + i for i in range(20)])
    file, write = FORMATS["DCMI behind times of day"]
    data = usage(read(write(tmp_path / file, late)))
    assert data["duration_s"] == pytest.approx(95)


def test_supplies_and_processors_lie_in_the_machine_of_redfish(tmp_path: Path) -> None:
    file, write = FORMATS["Redfish"]
    rows = usage(read(write(tmp_path / file, RAMP)))["interpretation"]
    assert sum(bool(row["inside"]) for row in rows) == 3
