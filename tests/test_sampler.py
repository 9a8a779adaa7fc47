"""Reading sensors on a grid: what goes away and comes back, clocks that jump, sensors that are slow."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from fake_sensors import FakeSensor, fakes
from wattline.core.errors import WattlineError
from wattline.meter import clock
from wattline.meter.clock import mono_us
from wattline.meter.device import Device
from wattline.meter.journal import owner
from wattline.meter.journal.blocks import MISSING, unpack_ticks
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.process import start_ticks, this_process
from wattline.meter.journal.reader import read_recording
from wattline.meter.journal.writer import JournalWriter
from wattline.meter.live import sampler, session
from wattline.meter.live.sampler import Sampler
from wattline.meter.live.session import Session
from wattline.meter.sensor import Reading, Spec
from wattline.meter.sensors.simulated import simulated_sensors


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Both clocks of the sampler, µs: the wall's and the monotonic one, set by hand."""
    clocks = [1_700_000_000_000_000, 5_000_000]
    monkeypatch.setattr(sampler, "wall_us", lambda: clocks[0])
    monkeypatch.setattr(sampler, "mono_us", lambda: clocks[1])
    return clocks


def step(now: list[int], us: int = 100_000) -> None:
    now[0] += us
    now[1] += us


def test_a_tick_reads_every_sensor() -> None:
    sensors = fakes(3)
    tick = Sampler.of(sensors, [1, 2, 3], 0.1).tick(0)
    result = unpack_ticks([tick.data])
    assert sorted(result) == [1, 2, 3]
    assert result[1].power.tolist() == [100_000_000]
    assert tick.faults == ()


def test_a_sensor_that_renews_slowly_is_read_seldom() -> None:
    slow = FakeSensor(spec=Spec("hwmon", period_s=1.0))
    reads = Sampler.of([slow], [1], 0.1)
    for number in range(20):
        reads.tick(number)
    assert slow.reads == 4


def test_a_sensor_that_goes_away_is_marked_once_and_bridged_when_it_is_back(now: list[int]) -> None:
    (sensor,) = fakes(1)
    reads = Sampler.of([sensor], [1], 0.1)
    reads.tick(0)
    sensor.gone = "the driver was unloaded"
    ticks = []
    for number in range(1, 100):
        step(now)
        ticks.append(reads.tick(number))
    assert sensor.reads < 10  # asked ever less often
    assert [fault.kind for tick in ticks for fault in tick.faults] == ["unreadable"]
    assert "the driver was unloaded" in ticks[0].faults[0].done
    marks = unpack_ticks(tick.data for tick in ticks)[1]
    assert marks.power.tolist() == marks.energy.tolist() == [MISSING]
    sensor.gone = ""
    step(now, 20_000_000)
    back = reads.tick(100)
    (gap,) = back.faults
    assert (gap.kind, gap.seconds) == ("gap", pytest.approx(29.9, abs=0.2))
    assert "bridged by its counter" in gap.done
    assert len(unpack_ticks([back.data])[1].power) == 1


def test_a_sensor_without_a_counter_is_not_said_to_be_bridged(now: list[int]) -> None:
    sensor = FakeSensor(what=lambda _: Reading(50.0))
    reads = Sampler.of([sensor], [1], 0.1)
    sensor.gone = "no answer"
    reads.tick(0)
    sensor.gone = ""
    step(now, 2_000_000)
    assert "not bridged" in reads.tick(1).faults[0].done


def test_whatever_a_sensor_raises_the_others_are_read() -> None:
    def broken(_: float) -> Reading:
        raise RuntimeError("a defect")

    sensors = [FakeSensor(what=broken), *fakes(1)]
    tick = Sampler.of(sensors, [1, 2], 0.1).tick(0)
    assert unpack_ticks([tick.data])[2].power.tolist() == [100_000_000]
    assert "a defect" in tick.faults[0].done


@pytest.mark.parametrize("seconds", [-3600.0, 2.0])
def test_a_clock_that_jumps_is_told_and_moves_no_duration(now: list[int], seconds: float) -> None:
    reads = Sampler.of(fakes(1), [1], 0.1)
    ticks = [reads.tick(0)]
    step(now)
    now[0] += round(seconds * 1e6)
    ticks.append(reads.tick(1))
    step(now)
    ticks.append(reads.tick(2))
    assert [(fault.kind, fault.seconds) for tick in ticks for fault in tick.faults] == [("clock", seconds)]
    readings = unpack_ticks(tick.data for tick in ticks)[1]
    assert np.diff(readings.mono).tolist() == [100_000, 100_000]
    assert np.diff(readings.wall)[0] == 100_000 + round(seconds * 1e6)


def test_a_clock_that_is_slewed_has_not_jumped(now: list[int]) -> None:
    reads = Sampler.of(fakes(1), [1], 0.1)
    for number in range(50):
        assert reads.tick(number).faults == ()
        step(now)
        now[0] += 50


def test_a_slow_sensor_holds_up_no_other() -> None:
    slow, quick = FakeSensor(takes_s=0.05), *fakes(1)
    reads = Sampler.of([slow, quick], [1, 2], 0.01)
    reads.tick(0)  # found to be slow
    result: list[bytes] = []
    until = mono_us() + 10_000_000
    number = 0
    while len(unpack_ticks(result).get(1, ((),))[0]) < 3 and mono_us() < until:
        number += 1
        result.append(reads.tick(number).data)
        time.sleep(0.005)
    readings = unpack_ticks(result)
    assert len(readings[1].power) >= 3
    assert len(readings[2].power) > len(readings[1].power)
    assert np.diff(readings[1].mono).min() > 0
    reads.close()
    assert slow.closed
    assert quick.closed


def test_a_slow_sensor_that_goes_away_is_told() -> None:
    slow = FakeSensor(takes_s=0.03)
    reads = Sampler.of([slow], [1], 0.01)
    reads.tick(0)
    slow.gone = "no answer from the BMC"
    faults: list[str] = []
    for number in range(1, 400):
        faults += [fault.done for fault in reads.tick(number).faults]
        if faults:
            break
        time.sleep(0.01)
    assert "no answer from the BMC" in faults[0]


# sessions


def test_readings_stay_on_the_grid(tmp_path: Path) -> None:
    """However long a round takes, the next is due on the same grid; those that were missed are left out."""
    (sensor,) = fakes(1)
    began = mono_us()
    running = Session(tmp_path / "a.wattline", lambda: [sensor], 0.02).start()
    time.sleep(0.5)
    running.close()
    lasted = (mono_us() - began) / 1e6
    with Journal.open(running.path) as journal:
        (series,) = read_recording(journal).series
    assert series.monotonic_s is not None
    assert len(series.time_s) == sensor.reads <= lasted / 0.02 + 3
    # the first reading is of the start and the last of the end; each between is of its own step of the grid, and
    # however late it is there, no step is made up for: the end asks for one reading more, and a step that was made up
    # would be a second one; a late reading before it (a busy machine) adds a part of a step, for one later by a
    # whole step is left out
    ahead = (series.monotonic_s[1:-1] - series.monotonic_s[0]) / 0.02 - np.arange(len(series.time_s) - 2)
    assert np.all(ahead - np.maximum.accumulate(ahead) > -1.98)
    assert sensor.closed


def test_the_last_readings_are_packed_and_the_lock_is_given_back(tmp_path: Path) -> None:
    running = Session(tmp_path / "a.wattline", lambda: fakes(2), 0.02).start()
    running.close()
    running.close()
    with Journal.create(running.path) as journal:
        assert journal.connection.execute("SELECT count(*) FROM tick").fetchone() == (0,)
        assert journal.connection.execute("SELECT count(*) FROM sampler").fetchone() == (0,)
        assert (
            len(
                read_recording(
                    journal,
                ).series
            )
            == 2
        )
    assert [file.name for file in tmp_path.iterdir()] == ["a.wattline"]


def test_blocks_are_packed_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "BLOCK_TICKS", 5)
    running = Session(tmp_path / "a.wattline", lambda: fakes(2), 0.01).start()
    with Journal.open(running.path) as journal:
        for _ in range(1000):
            if journal.connection.execute("SELECT count(*) FROM block").fetchone()[0] >= 4:
                break
            time.sleep(0.01)
        assert journal.connection.execute("SELECT count(*) FROM tick").fetchone()[0] <= 6
        assert journal.connection.execute("SELECT count(*) FROM block").fetchone()[0] >= 4
    running.close()


def test_no_sensor_is_told_in_the_journal(tmp_path: Path) -> None:
    running = Session(tmp_path / "a.wattline", lambda: [], 0.02).start()
    running.close()
    with Journal.open(running.path) as journal:
        recording = read_recording(journal)
    assert len(recording.series) == 0
    assert "energy is unknown, not zero" in recording.notes[0]


def test_what_goes_wrong_in_looking_for_sensors_is_raised(tmp_path: Path) -> None:
    def find() -> list[FakeSensor]:
        raise WattlineError("no such sensor")

    with pytest.raises(WattlineError, match="no such sensor"):
        Session(tmp_path / "a.wattline", find, 0.02).start()


# who samples


def holder(journal: Journal, pid: int, born: int, *, space: str = "", boot: str = "", age_s: float = 0.0) -> None:
    """As if another process had claimed to sample."""
    me = this_process()
    journal.connection.execute(
        "INSERT INTO writer(id, host, boot, space, pid, born) VALUES (77, ?, ?, ?, ?, ?)",
        (me.host, boot or me.boot, space or me.space, pid, born),
    )
    beat = clock.wall_us() - round(age_s * 1e6)
    journal.connection.execute("INSERT INTO sampler VALUES (?, 77, ?)", (me.host, beat))


def test_the_claim_of_a_dead_process_is_void(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "a.wattline") as journal:
        holder(journal, 2**22 + 1, 5)
        assert not owner.is_locked(journal)
        assert owner.claim(journal)


def test_a_process_that_has_a_dead_ones_number_is_another(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "a.wattline") as journal:
        holder(journal, 1, start_ticks(1) or 0)
        assert owner.is_locked(journal)
        assert not owner.claim(journal)
        journal.connection.execute("UPDATE writer SET born = born + 1 WHERE id = 77")
        assert owner.claim(journal)


def test_a_claim_from_before_the_machine_started_is_void(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "a.wattline") as journal:
        holder(journal, 1, start_ticks(1) or 0, boot="an earlier one")
        assert owner.claim(journal)


@pytest.mark.parametrize(("age_s", "kept"), [(1.0, True), (60.0, False)])
def test_a_claim_from_another_container_lives_while_it_is_renewed(tmp_path: Path, age_s: float, kept: bool) -> None:
    with Journal.create(tmp_path / "a.wattline") as journal:
        holder(journal, 1, 0, space="pid:[1]", age_s=age_s)
        assert owner.claim(journal) is not kept


# a file that takes nothing


class Refusing(JournalWriter):
    """A writer whose file is full while ``full``."""

    def __init__(self, journal: Journal, message: list[str]) -> None:
        super().__init__(journal, message.append)
        self.full = True
        commit = journal.commit

        def refusing(*args: object) -> None:
            if self.full:
                raise sqlite3.OperationalError("database or disk is full")
            commit(*args)  # type: ignore[arg-type]

        journal.commit = refusing  # type: ignore[method-assign, assignment]


def test_what_waits_for_a_full_disk_is_bounded_thinned_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wattline.meter.journal.writer.TICK_BYTES", 36 * 100)
    message: list[str] = []
    with Journal.create(tmp_path / "a.wattline") as journal:
        number = journal.series_id(Device("here", "gpu-0", "gpu"), Spec("nvml"))
        writer = Refusing(journal, message)
        reads = Sampler.of(fakes(1), [number], 0.1)
        for i in range(1000):
            writer.tick(reads.tick(i).data)
            assert not writer.flush(insist=True)
            assert len(writer.ticks) <= 100
        assert len(message) == 1
        assert "disk is full" in message[0]
        writer.full = False
        assert writer.flush(insist=True)
        assert len(message) == 2
        recording = read_recording(journal)
    (series,) = recording.series
    assert 50 <= len(series.time_s) <= 100
    assert series.monotonic_s is not None
    assert series.monotonic_s[1] - series.monotonic_s[0] > 0  # the first is still there, and so is the last
    (fault,) = recording.faults
    assert fault.kind == "unwritten"
    assert "thinned" in fault.done


def test_simulated_devices_say_what_they_are() -> None:
    sensors = simulated_sensors("3:200")
    assert len(sensors) == 3
    assert all(sensor.spec.modelled and sensor.spec.source == "simulated" for sensor in sensors)
    for wrong in ("", "x", "0", "-1", "3:x", "3:-5", "3:inf", "99999"):
        with pytest.raises(WattlineError, match="WATTLINE_SIMULATED"):
            simulated_sensors(wrong)
