"""A fork waits for what other threads do inside SQLite, so that no child is born with their locks held for ever."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path

import pytest

import wattline as wl
from measure_place import two_sensors
from wattline.meter.live import at_work as module
from wattline.meter.live.at_work import at_work

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")


def child_says(answer: bool) -> None:
    os._exit(0 if answer else 1)


def status_of(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("count", [1, 3])
def test_a_fork_waits_until_no_thread_is_at_work(count: int) -> None:
    inside, begun = [], threading.Barrier(count + 1)

    def work(number: int) -> None:
        with at_work():
            inside.append(number)
            begun.wait(10)
            threading.Event().wait(0.05 * (number + 1))
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    begun.wait(10)
    pid = os.fork()
    if pid == 0:
        child_says(not inside)
    assert status_of(pid) == 0
    for thread in threads:
        thread.join(10)


def test_work_without_a_break_in_several_threads_lets_a_fork_go_first(monkeypatch) -> None:
    """Rounds longer than the time between them left no moment free: each fork waited in vain, then fell into one."""
    monkeypatch.setattr(module, "WAIT_S", 30.0)
    inside: list[int] = []
    end = threading.Event()

    def work(number: int) -> None:
        while not end.is_set():
            with at_work():
                inside.append(number)
                end.wait(0.005 * (number + 1))
                inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    statuses = []
    for _ in range(20):
        pid = os.fork()
        if pid == 0:
            child_says(not inside)
        statuses.append(status_of(pid))
    end.set()
    for thread in threads:
        thread.join(10)
    assert statuses == [0] * 20


def test_a_thread_that_forks_within_its_own_work_waits_for_no_one_and_its_child_may_work(monkeypatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 30.0)
    with at_work(), at_work():
        pid = os.fork()
        if pid == 0:
            with at_work():
                grandchild = os.fork()
                if grandchild == 0:
                    child_says(True)
                child_says(status_of(grandchild) == 0)
    assert status_of(pid) == 0
    with at_work():
        assert module._inside == 1


def test_work_that_hangs_keeps_no_program_from_forking(monkeypatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.05)
    begun, end = threading.Event(), threading.Event()

    def hang() -> None:
        with at_work():
            begun.set()
            end.wait(30)

    thread = threading.Thread(target=hang)
    thread.start()
    begun.wait(10)
    pid = os.fork()
    if pid == 0:
        child_says(True)
    assert status_of(pid) == 0
    end.set()
    thread.join(10)


def test_children_forked_as_soon_as_measurement_begins_measure_too(tmp_path: Path) -> None:
    """One in fifty hung here on a busy machine: the sampler had just been in SQLite, outside its rounds."""

    def child() -> None:
        with wl.measure("child"):
            pass

    for number in range(10):
        (tmp_path / str(number)).mkdir()
        with two_sensors(tmp_path / str(number)), wl.measure("parent"):
            process = multiprocessing.get_context("fork").Process(target=child)
            process.start()
            process.join(60)
            assert process.exitcode == 0
