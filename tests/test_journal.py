"""The journal's file: made, continued, shared, read back, and refused in one line where it is none."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.journal import owner
from wattline.meter.journal.blocks import pack_reading
from wattline.meter.journal.columns import read_stretch
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.process import this_process
from wattline.meter.journal.reader import read_recording
from wattline.meter.recording import Fault
from wattline.meter.sensor import Spec

GPU = Device("here", "GPU-1", "gpu", "NVIDIA H100", inside="here/bmc")
SPEC = Spec("nvml", window_s=1.0, period_s=0.1, note="an average")


def filled(path: Path, count: int = 5, start_us: int = 1_000_000) -> Path:
    """A journal with ``count`` ticks of one device, not packed."""
    with Journal.create(path) as journal:
        number = journal.series_id(GPU, SPEC)
        for i in range(count):
            at = start_us + i * 100_000
            journal.commit([pack_reading(number, 1_700_000_000_000_000 + at, at, 300.0 + i, 30.0 * i)])
    return path


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "a" / "run.wattline"
    path.parent.mkdir()
    filled(path)
    with Journal.open(path) as journal:
        (series,) = read_recording(journal).series
    assert (series.device, series.spec) == (GPU, SPEC)
    assert series.power_w is not None
    assert series.energy_j is not None
    assert series.monotonic_s is not None
    np.testing.assert_allclose(series.power_w, [300, 301, 302, 303, 304])
    np.testing.assert_allclose(series.energy_j, [0, 30, 60, 90, 120])
    np.testing.assert_allclose(np.diff(series.time_s), 0.1, atol=1e-6)
    np.testing.assert_allclose(series.monotonic_s - series.monotonic_s[0], series.time_s - series.time_s[0], atol=1e-6)


def test_packing_changes_nothing_that_is_read(tmp_path: Path) -> None:
    path = filled(tmp_path / "run.wattline")
    with Journal.open(path) as journal:
        (before,) = read_recording(journal).series
    with Journal.create(path) as journal:
        owner.pack_leftovers(journal)
        assert journal.connection.execute("SELECT count(*) FROM tick").fetchone() == (0,)
        (after,) = read_recording(journal).series
    for name in ("time_s", "monotonic_s", "power_w", "energy_j"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


def test_a_wrapping_counter_and_missing_readings_are_kept_as_they_are(tmp_path: Path) -> None:
    rapl = Spec("rapl", wrap_j=262_143.328850)
    with Journal.create(tmp_path / "run.wattline") as journal:
        number = journal.series_id(replace(GPU, kind="cpu"), rapl)
        time = np.arange(1300.0)
        energy = time.copy()
        energy[7] = np.nan
        journal.append(number, time + 1.7e9, time, None, energy)
        (series,) = read_recording(journal).series
    assert series.spec.wrap_j == rapl.wrap_j
    assert series.power_w is None
    np.testing.assert_array_equal(series.energy_j, energy)


def test_windows_counts_faults_notes_and_events(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "run.wattline") as journal:
        for fault in (Fault("gap", 1, 2.0, "bridged", "here/GPU-1"), Fault("gap", 2, 3.0, "bridged", "here/GPU-1")):
            journal.fault(fault)
        journal.note("no sensor")
        journal.note("no sensor")
        journal.count("tokens", 100)
        journal.count("tokens", 20)
        journal.event("request", {"id": "a", "joules": 3.5}, 1.7e9)
        for name in ("b", "c"):
            journal.event("request", {"id": name})
        recording = read_recording(journal)
        requests = list(journal.read_events("request"))
    assert list(recording.faults) == [Fault("gap", 3, 5.0, "bridged", "here/GPU-1")]
    assert recording.notes == ("no sensor",)
    assert recording.counts == {"tokens": 120}
    assert [event.data["id"] for event in requests] == ["a", "b", "c"]
    assert requests[0].time_s == 1.7e9
    assert requests[0].data["joules"] == 3.5


def test_a_stretch_holds_a_reading_on_either_side(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "run.wattline") as journal:
        number = journal.series_id(GPU, SPEC)
        time = np.arange(0, 10_000.0)
        journal.append(number, time + 1.7e9, time, np.ones(10_000))
        (series,) = read_recording(journal, 1.7e9 + 5000, 1.7e9 + 5001).series
        (live,) = read_stretch(journal, 5_000_000_000, 5_001_000_000).series
    for result in (series, live):
        assert result.monotonic_s is not None
        assert result.monotonic_s[0] < 5000
        assert result.monotonic_s[-1] > 5001
        assert len(result.time_s) < 2000


def test_the_machine_started_anew_between_two_runs(tmp_path: Path) -> None:
    """The monotonic clock begins again at each boot; read back it goes on."""
    path = filled(tmp_path / "run.wattline", 3, start_us=900_000_000)
    with Journal.create(path) as journal:
        journal.connection.execute("UPDATE writer SET boot = 'before', wall_us = 1700000000000000, mono_us = 0")
        number = journal.series_id(GPU, SPEC)
        again = journal._new_writer(this_process(), "", 0.1)
        journal.connection.execute(
            "UPDATE writer SET wall_us = 1700003600000000, mono_us = 5000000 WHERE id = ?", (again,)
        )
        journal.writer = again
        journal.commit([pack_reading(number, 1_700_003_601_000_000, 6_000_000, 1.0, 1.0)])
        (series,) = read_recording(journal).series
    assert series.monotonic_s is not None
    np.testing.assert_allclose(series.monotonic_s, [900.0, 900.1, 900.2, 3601.0])


def test_several_processes_write_to_one_journal_and_make_it_at_once(tmp_path: Path) -> None:
    path = tmp_path / "run.wattline"
    code = (
        "import sys\n"
        "from wattline.meter.journal.journal import Journal\n"
        "with Journal.create(sys.argv[1]) as journal:\n"
        "    for i in range(50): journal.event('row', [sys.argv[2], i])\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), str(i)]) for i in range(3)]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    with Journal.open(path) as journal:
        rows = sorted(tuple(event.data) for event in journal.read_events("row"))
    assert rows == sorted((str(i), j) for i in range(3) for j in range(50))
    assert [file.name for file in tmp_path.iterdir()] == ["run.wattline"]


def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "run.wattline"
    path.touch()
    filled(path)
    with Journal.open(path) as journal:
        assert (
            len(
                read_recording(
                    journal,
                ).series
            )
            == 1
        )


def left_by_a_kill(folder: Path) -> Path:
    """A journal as a killed process leaves it: readings are in the write-ahead log alone."""
    path = filled(folder / "first.wattline")
    journal = Journal.create(path)
    journal.event("row", 1)
    copy = folder / "killed.wattline"
    for end in ("", "-wal"):
        shutil.copyfile(f"{path}{end}", f"{copy}{end}")
    journal.close()
    return copy


def test_what_a_kill_left_is_read_from_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    path = left_by_a_kill(tmp_path)
    files = [path, Path(f"{path}-wal")]
    before = [file.read_bytes() for file in files]
    tmp_path.chmod(0o555)
    for file in files:
        file.chmod(0o444)
    try:
        with Journal.open(path) as journal:
            assert [event.data for event in journal.read_events("row")] == [1]
        if os.geteuid() != 0:
            assert [file.read_bytes() for file in files] == before
    finally:
        tmp_path.chmod(0o755)


def test_a_reader_sees_what_a_writer_commits(tmp_path: Path) -> None:
    path = tmp_path / "run.wattline"
    with Journal.create(path) as writer, Journal.open(path) as reader:
        writer.note("one")
        assert read_recording(reader).notes == ("one",)
        writer.note("two")
        assert read_recording(reader).notes == ("one", "two")
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.note("three")


def _text(path: Path) -> None:
    path.write_text("time,watts\n0,1\n" * 100, encoding="utf-8")


def _other_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE a(b)")
    connection.close()


def _to_come(path: Path) -> None:
    filled(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA user_version=99")
    connection.close()


def _damaged(path: Path) -> None:
    filled(path)
    data = bytearray(path.read_bytes())
    data[100:2000] = bytes(1900)
    path.write_bytes(data)


BAD = {
    "text": (_text, "is not a journal"),
    "another SQLite file": (_other_sqlite, "not a journal"),
    "a format to come": (_to_come, "format 99"),
    "damaged": (_damaged, "damaged"),
    "absent": (lambda path: None, "does not exist"),
    "a folder": (lambda path: path.mkdir(), "is no file"),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_what_is_no_journal_is_refused_in_one_line(make: object, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.wattline"
    make(path)  # type: ignore[operator]
    with pytest.raises(WattlineError, match=message) as refused:
        Journal.open(path)
    assert "\n" not in str(refused.value)
    if path.exists():
        with pytest.raises(WattlineError):
            Journal.create(path)


def test_a_block_that_is_damaged_is_told(tmp_path: Path) -> None:
    path = filled(tmp_path / "run.wattline")
    with Journal.create(path) as journal:
        owner.pack_leftovers(journal)
        journal.connection.execute("UPDATE block SET data = substr(data, 1, 10)")
        with pytest.raises(WattlineError, match="damaged"):
            list(
                read_recording(
                    journal,
                ).series
            )


def test_a_day_of_eight_devices_at_ten_hertz(tmp_path: Path) -> None:
    """6.9 million readings in noise of 1 mW: under 200 MB, in memory that does not grow, and read one by one."""
    path = tmp_path / "day.wattline"
    rng = np.random.default_rng(0)
    hour, hours, devices = 36_000, 24, 8
    peaks = []
    with Journal.create(path) as journal:
        numbers = [journal.series_id(replace(GPU, uuid=f"GPU-{i}"), SPEC) for i in range(devices)]
        for i in range(hours):
            traced = i in (1, hours - 1)
            if traced:
                tracemalloc.start()
            mono = (np.arange(hour) + i * hour) * 0.1 + rng.normal(0, 50e-6, hour)
            for number in numbers:
                power = np.round(rng.normal(400, 30, hour), 3)
                journal.append(number, mono + 1.7e9, mono, power, np.round(np.cumsum(power * 0.1), 3))
            if traced:
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0]
    assert path.stat().st_size < 200e6
    with Journal.open(path) as journal:
        assert journal.connection.execute("SELECT sum(readings) FROM block").fetchone()[0] == hour * hours * devices
        assert (
            len(
                read_recording(
                    journal,
                )
                .series[-1]
                .time_s
            )
            == hour * hours
        )
