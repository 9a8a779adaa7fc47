"""Windows over a program: nested, in threads and tasks, as decorators, in forked children; and their energy."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import wattline as wl
from fake_sensors import FakeSensor, fakes
from measure_place import read, two_sensors
from wattline.core.errors import WattlineError
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.reader import read_recording
from wattline.meter.live import active, device_sync


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """The journal of this test's windows, with two sensors of 100 W."""
    with two_sensors(tmp_path) as where:
        yield where


def test_a_window_has_the_energy_that_went(path: Path) -> None:
    with wl.measure("epoch 3", batch=64) as epoch:
        time.sleep(0.2)
    assert epoch.duration_s >= 0.2
    # two devices of 100 W each: whatever the window's length was, the counters went with it
    assert epoch.energy_j == pytest.approx(200 * epoch.duration_s, rel=0.02)
    assert epoch.mean_w == pytest.approx(200, rel=0.02)
    assert epoch.low_j is not None
    assert epoch.high_j is not None
    assert epoch.low_j < epoch.energy_j < epoch.high_j
    assert [device.name for device in epoch.devices] == ["gpu 0", "gpu 1"]
    assert "measured" in repr(epoch)
    assert json.loads(json.dumps(epoch.json()))["inputs"]["attributes"] == {"batch": 64}


def test_the_energy_so_far_is_there_while_a_window_is_open(path: Path) -> None:
    with wl.measure("run") as run:
        time.sleep(0.05)
        first = run.energy_j
        time.sleep(0.05)
        second = run.energy_j
    assert first is not None
    assert second is not None
    assert run.energy_j is not None
    assert 0 < first < second < run.energy_j


def test_windows_inside_a_window_add_up_to_it(path: Path) -> None:
    with wl.measure("run") as run:
        parts = []
        for i in range(5):
            with wl.measure(f"step {i}") as step:
                time.sleep(0.01)
            parts.append(step)
    between = sum(part.duration_s for part in parts)
    assert sum(part.energy_j or 0.0 for part in parts) == pytest.approx(200 * between, rel=0.05)
    recording = read(path)
    assert [(w.name, w.parent) for w in recording.windows] == [
        ("run", ""),
        *((f"step {i}", "run") for i in range(5)),
    ]
    assert all(window.end_s is not None for window in recording.windows)
    assert run.energy_j is not None


def test_energy_can_be_asked_for_after_the_journal_is_closed(path: Path) -> None:
    with wl.measure("run") as run:
        time.sleep(0.05)
    active.finish()
    assert run.energy_j == pytest.approx(200 * run.duration_s, rel=0.05)


def test_functions_of_all_kinds_are_windows(path: Path) -> None:
    @wl.measure
    def plain(x: int) -> int:
        """Doubled."""
        return 2 * x

    @wl.measure("named", kind="decorator")
    def named() -> str:
        return "done"

    @wl.measure("task")
    async def task() -> int:
        await asyncio.sleep(0)
        return 7

    @wl.measure("batches")
    def batches() -> Iterator[int]:
        yield from (1, 2, 3)

    assert plain(3) == 6
    assert plain.__doc__ == "Doubled."
    assert named() == "done"
    assert asyncio.run(task()) == 7
    assert list(batches()) == [1, 2, 3]
    names = [window.name for window in read(path).windows]
    assert names == [plain.__qualname__, "named", "task", "batches"]


def test_an_async_generator_is_refused_with_the_mend(path: Path) -> None:
    async def stream() -> Any:
        yield 1

    with pytest.raises(WattlineError, match="open a window inside"):
        wl.measure(stream)


def test_an_error_passes_through_and_is_kept(path: Path) -> None:
    with pytest.raises(ValueError, match="no"), wl.measure("fails"):
        raise ValueError("no")
    active.finish()
    with Journal.open(path) as journal:
        (reported,) = journal.connection.execute("SELECT attributes FROM window").fetchone()
        assert json.loads(reported) == {"error": "ValueError"}
        assert read_recording(journal).windows[0].end_s is not None


def test_attributes_that_json_cannot_say_do_not_stop_the_sampling(path: Path) -> None:
    odd: dict[Any, Any] = {("layer", 3): 1}
    odd["itself"] = odd
    with wl.measure("odd", shape=odd) as first:
        time.sleep(0.05)
    with wl.measure("after", shape=object) as second:
        time.sleep(0.05)
    assert first.energy_j
    assert second.energy_j
    active.finish()
    with Journal.open(path) as journal:
        reported = dict(journal.connection.execute("SELECT name, attributes FROM window").fetchall())
    assert "layer" in json.loads(reported["odd"])["shape"]
    assert "object" in json.loads(reported["after"])["shape"]


def test_threads_and_tasks_do_not_nest_in_each_other(path: Path) -> None:
    async def task(name: str) -> None:
        with wl.measure(name):
            await asyncio.sleep(0.01)
            with wl.measure(f"in {name}"):
                await asyncio.sleep(0.01)

    async def tasks() -> None:
        with wl.measure("all"):
            await asyncio.gather(task("a"), task("b"))

    def work(name: str) -> None:
        with wl.measure(name), wl.measure(f"in {name}"):
            time.sleep(0.01)

    asyncio.run(tasks())
    threads = [threading.Thread(target=work, args=(f"thread {i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    parents = {window.name: window.parent for window in read(path).windows}
    assert parents == {
        "all": "",
        "a": "all",
        "b": "all",
        "in a": "a",
        "in b": "b",
        **{f"thread {i}": "" for i in range(4)},
        **{f"in thread {i}": f"thread {i}" for i in range(4)},
    }


def test_joules_for_each_of_what_was_counted(path: Path) -> None:
    with wl.measure("batch") as batch:
        time.sleep(0.05)
        batch.count(tokens=300)
        batch.count(tokens=200, queries=1)
    assert batch.energy_j is not None
    assert batch.per("tokens") == pytest.approx(batch.energy_j / 500)
    assert batch.per("images") is None
    recording = read(path)
    (window,) = recording.windows
    assert window.counts == {"tokens": 500, "queries": 1}
    assert not recording.counts, "what was counted in a window is that window's alone"


def test_what_cannot_be_is_refused_in_one_line(path: Path) -> None:
    window = wl.measure("once")
    with pytest.raises(WattlineError, match="never opened"):
        _ = window.energy
    with pytest.raises(WattlineError, match="not open yet"):
        window.count(tokens=1)
    with window, pytest.raises(WattlineError, match="open already"):
        window.begin()
    with pytest.raises(WattlineError, match="before the first"):
        wl.metering(path)
    for interval in ("0", "-1", "1us", "2h", "soon"):
        active.finish()
        with pytest.raises(WattlineError, match="interval"):
            wl.metering(path, interval)


def test_a_window_may_be_opened_again(path: Path) -> None:
    window = wl.measure("step")
    energies = []
    for _ in range(2):
        with window:
            time.sleep(0.03)
        energies.append(window.energy_j)
    assert energies[0] != energies[1]
    assert len(read(path).windows) == 2


def test_without_sensors_energy_is_unknown_and_never_zero(tmp_path: Path) -> None:
    active.finish()
    wl.metering(tmp_path / "a.wattline", 0.02, [])
    with wl.measure("run") as run:
        run.count(tokens=5)
    assert (run.energy_j, run.low_j, run.high_j, run.mean_w, run.per("tokens")) == (None,) * 5
    assert run.json()["results"]["basis"] == "unknown"
    assert "unknown" in repr(run)
    assert run.duration_s > 0
    assert "not zero" in read(tmp_path / "a.wattline").notes[0]


def test_a_sensor_that_vanishes_in_a_window_is_bridged_by_its_counter(tmp_path: Path) -> None:
    active.finish()
    (sensor,) = fakes(1)
    wl.metering(tmp_path / "a.wattline", 0.02, [sensor])
    with wl.measure("run") as run:
        time.sleep(0.1)
        sensor.gone = "unplugged"
        time.sleep(1.1)
        sensor.gone = ""
        time.sleep(1.1)
    assert run.energy_j == pytest.approx(100 * run.duration_s, rel=0.02)
    reported = {fault.kind: fault.done for fault in (*run.faults, *read(tmp_path / "a.wattline").faults)}
    assert "unplugged" in reported["unreadable"]
    assert "bridged by its counter" in reported["gap"]


def test_accelerators_are_waited_for_at_both_edges(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[Any] = []
    cuda = SimpleNamespace(
        is_initialized=lambda: True,
        device_count=lambda: 3,
        memory_reserved=lambda i: 1 if i != 1 else 0,
        current_device=lambda: 0,
        synchronize=lambda i: waited.append(i),
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    with wl.measure("step"):
        assert waited == [0, 2]
    assert waited == [0, 2, 0, 2]
    cuda.is_initialized = lambda: False
    with wl.measure("step"):
        pass
    assert waited == [0, 2, 0, 2]


def test_a_library_that_cannot_be_waited_for_is_told_once(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(device_sync, "_failed", set())
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace())
    for _ in range(3):
        with wl.measure("step"):
            pass
    assert capsys.readouterr().err.count("cupy could not be synchronised") == 1


# processes


def test_a_slow_sensor_does_not_keep_a_window_waiting(tmp_path: Path) -> None:
    active.finish()
    wl.metering(tmp_path / "a.wattline", 0.02, [FakeSensor(takes_s=0.05), *fakes(1)])
    with wl.measure("run") as run:
        time.sleep(0.3)
    assert run.energy_j is not None
    active.finish()
