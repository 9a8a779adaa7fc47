"""One recording written in every format reads back to the same joules: no reader disagrees with another."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meter_files import usage as report
from meter_formats import FORMATS, Truth
from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers.detect import read

T0 = 1_767_225_600
RAMP = Truth([T0 + 5 * i for i in range(16)], [200.0 + 3 * (i % 13) + i for i in range(16)])


@pytest.fixture(autouse=True)
def as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings as they were written: how a sensor errs is tested elsewhere."""
    monkeypatch.setattr("wattline.meter.readings.corrections.is_nvml", lambda spec: False)


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    """Some tens of readings of a card at work, no two alike."""
    count, step = draw(st.integers(12, 40)), draw(st.sampled_from([1, 2, 5, 15]))
    watts = draw(st.lists(st.floats(60, 600), min_size=count, max_size=count))
    begin = T0 + draw(st.integers(0, 10**6))
    return Truth([begin + step * i for i in range(count)], [round(w, 3) + i / 1000 for i, w in enumerate(watts)])


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(truth=truths())
def test_the_same_joules_come_out_of_every_format(name: str, truth: Truth) -> None:
    file, write = FORMATS[name]
    with tempfile.TemporaryDirectory() as folder:
        data = report(read(write(Path(folder) / file, truth)))
    assert data["energy_wh"]["value"] * 3600 == pytest.approx(truth.energy_j, rel=1e-3)
    assert data["interpretation"]


UNTIMED = {
    "turbostat.txt": ("Core\tCPU\tBusy%\tPkgWatt\n-\t-\t5.0\t42.1\n0\t0\t5.0\t42.1\n", "Time_Of_Day_Seconds"),
    "rocm.csv": ("device,Average Graphics Package Power (W)\ncard0,35.0\n", "date"),
    "tegra.log": ("RAM 1/2MB CPU [1%@1] GR3D_FREQ 0% VDD_IN 5000mW/5000mW\n" * 3, "tegrastats"),
    "ipmi.txt": ("PS1 Input Power  | 210.000    | Watts      | ok    | na\n", "ipmitool"),
    "perf.txt": (" 12.34 Joules power/energy-pkg/\n", "time elapsed"),
}


@pytest.mark.parametrize("name", UNTIMED)
def test_a_log_without_times_says_what_it_is_and_how_to_record_it(tmp_path: Path, name: str) -> None:
    text, message = UNTIMED[name]
    (tmp_path / name).write_text(text)
    with pytest.raises(WattlineError, match=message):
        read(tmp_path / name)


NAMED = {
    "screen.txt": (
        "+-----+\n| NVIDIA-SMI 535.104   Driver Version: 535.104 |\n| 0 | 60W / 400W |\n",
        "nvidia-smi's screen",
    ),
    "sensors.txt": ("amdgpu-pci-0300\nAdapter: PCI adapter\nPPT:  12.00 W\n", "lm-sensors"),
    "mac.txt": ("Machine model: MacBookAir10,1\nOS version: 21G115\n", "powermetrics"),
    "letter.txt": ("Dear all, the power was high,\nplease, see to it.\nYours, N\n", "none of the formats"),
    "gmt.log": ("1767225600000000 1234\n1767225601000000 1250\n", "blanks"),
}


@pytest.mark.parametrize("name", NAMED)
def test_text_that_is_no_table_is_told_so_by_name(tmp_path: Path, name: str) -> None:
    text, message = NAMED[name]
    (tmp_path / name).write_text(text)
    with pytest.raises(WattlineError, match=message):
        read(tmp_path / name)


def test_one_sample_of_powermetrics_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text(
        "*** Sampled system activity (Thu Jan  1 00:00:00 2026 +0000) (1004.51ms elapsed) ***\n\n"
        "CPU Power: 1240 mW\nGPU Power: 380 mW\nDRAM Power: 100 mW\nCombined Power (CPU + GPU + ANE): 1662 mW\n"
    )
    data = report(read(tmp_path / "p.txt"))
    assert data["mean_w"] == pytest.approx(1.762)
    assert data["devices"] == 2


def test_perf_stat_of_a_whole_command_by_socket(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text(
        "S0        1          1,500.00 Joules power/energy-pkg/\n"
        "S1        1            500.00 Joules power/energy-pkg/\n"
        "S0        1            250.00 Joules power/energy-ram/\n\n      10.000000000 seconds time elapsed\n"
    )
    data = report(read(tmp_path / "p.txt"))
    assert data["mean_w"] == pytest.approx(225)
    assert data["devices"] == 3


def test_the_proxys_journal_without_energy_is_told_by_name(tmp_path: Path) -> None:
    FORMATS["proxy's journal"][1](tmp_path / "p.db", Truth([T0], [1.0]))
    with pytest.raises(WattlineError, match="journal of wattline proxy"):
        read(tmp_path / "p.db")


def test_a_chart_of_several_runs_of_wandb(tmp_path: Path) -> None:
    names = ["Relative Time (Process)", *(f"{run} - system/gpu.0.powerWatts" for run in ("a", "a", "b"))]
    names[2] += "__MIN"
    header = ",".join(f'"{name}"' for name in names)
    rows = [f"{10 * i},{300 + i % 7},{290},{200 + i % 7}" for i in range(30)]
    (tmp_path / "w.csv").write_text(header + "\n" + "\n".join(rows) + "\n")
    data = report(read(tmp_path / "w.csv"))
    assert data["devices"] == 2
    assert data["mean_w"] == pytest.approx(506, rel=0.01)


def energy_wh(path: Path, choices: Choices = Choices()) -> float:
    return float(report(read(path, choices))["energy_wh"]["value"])


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_report_says_of_a_column_can_be_said_by_option_and_changes_nothing(tmp_path: Path, name: str) -> None:
    file, write = FORMATS[name]
    path = write(tmp_path / file, RAMP)
    data = report(read(path))
    rows = [row for row in data["interpretation"] if row["quantity"] in ("power", "energy")]
    columns = {row["name"]: "" for row in rows}
    assert energy_wh(path, Choices(columns=columns)) == pytest.approx(data["energy_wh"]["value"], rel=1e-9)
    units = {row["name"]: row["unit"] for row in rows}
    assert energy_wh(path, Choices(units=units)) == pytest.approx(data["energy_wh"]["value"], rel=1e-9)
    counted = [row["name"] for row in rows if not row["inside"]]
    again = Choices(inside=dict.fromkeys(counted, "none"))
    assert energy_wh(path, again) == pytest.approx(data["energy_wh"]["value"], rel=1e-9)


@pytest.mark.parametrize("name", FORMATS)
def test_a_name_that_no_column_has_is_refused_in_every_format(tmp_path: Path, name: str) -> None:
    file, write = FORMATS[name]
    path = write(tmp_path / file, RAMP)
    for choices in (
        Choices(columns={"nothing": ""}),
        Choices(units={"nothing": "W"}),
        Choices(inside={"nothing": "none"}),
    ):
        with pytest.raises(WattlineError, match="nothing"):
            read(path, choices)
    with pytest.raises(WattlineError, match="--device"):
        read(path, Choices(device=("nothing",)))


@pytest.mark.parametrize("name", ["nvidia-smi", "dmon", "Zeus power", "journal", "own readings as CSV", "CSV of watts"])
def test_a_unit_given_by_option_scales_the_energy(tmp_path: Path, name: str) -> None:
    file, write = FORMATS[name]
    path = write(tmp_path / file, RAMP)
    assert energy_wh(path, Choices(units={"": "kW"})) == pytest.approx(1000 * energy_wh(path))
