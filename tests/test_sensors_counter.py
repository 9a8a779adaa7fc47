"""A counter made safe: wraps pass, bad readings and resets never become energy; slow sources asked by a thread."""

from __future__ import annotations

import math
import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waiting import gone, until
from wattline.meter.device import Device
from wattline.meter.sensor import Reading, SensorGone, Spec
from wattline.meter.sensors.counter import Counter
from wattline.meter.sensors.polled import Answer, PolledDevice, Poller

WRAP_J = 262_143.328850
MAX_W = 3000.0


def bridged(readings: list[float], wrap_j: float) -> float:
    """Energy as a reader of the counter adds it up: differences, a fall being one wrap."""
    total = 0.0
    for before, after in pairwise(readings):
        total += after - before if after >= before else after + wrap_j - before
    return total


@given(
    start=st.floats(0, WRAP_J - 1e-3),
    rises=st.lists(st.floats(0, 299), min_size=1, max_size=40),
    bad=st.lists(st.sampled_from([0.0, math.nan, -1.0, 1e9, WRAP_J * 0.5]), max_size=40),
)
def test_wraps_pass_and_bad_readings_are_left_out(start: float, rises: list[float], bad: list[float]) -> None:
    counter, readings, true_j, refused = Counter(WRAP_J, MAX_W), [], start, 0
    readings.append(counter.take(start, 0.0))
    for step, rise in enumerate(rises, 1):
        true_j += rise
        now_s = step * 0.1
        if step <= len(bad):
            # an unreadable register between two good readings, on the same instant
            raw = bad[step - 1]
            last = readings[-1]
            near = not math.isnan(raw) and 0 <= (raw - last) % WRAP_J <= MAX_W * 0.1 + 10 and 0 <= raw <= WRAP_J
            if not near:
                refused += 1
                with pytest.raises(SensorGone):
                    counter.take(raw, now_s)
        readings.append(counter.take(true_j % WRAP_J, now_s))
    assert bridged(readings, WRAP_J) == pytest.approx(sum(rises), abs=1e-6)


def test_one_unreadable_sample_is_no_wrap() -> None:
    # 3,000 J were true; a zero taken for a wrap makes 265,144 J of it
    counter = Counter(WRAP_J, MAX_W)
    readings = [counter.take(10_000.0, 0.0)]
    with pytest.raises(SensorGone, match="leapt"):
        counter.take(0.0, 5.0)
    readings.append(counter.take(13_000.0, 10.0))
    assert bridged(readings, WRAP_J) == 3000.0


@given(before=st.floats(1000, WRAP_J - 1), after=st.floats(0, 900), rise=st.floats(0, 200))
def test_a_reset_while_asleep_counts_neither_a_wrap_nor_a_loss(before: float, after: float, rise: float) -> None:
    counter = Counter(WRAP_J, MAX_W)
    readings = [counter.take(before, 0.0, 0.0)]
    with pytest.raises(SensorGone, match="slept"):
        counter.take(after, 1.0, 3600.0)
    readings.append(counter.take(after + rise, 2.0, 3600.0))
    assert bridged(readings, WRAP_J) == pytest.approx(rise, abs=1e-6)


def test_a_reset_while_awake_is_believed_at_the_second_reading() -> None:
    counter = Counter(WRAP_J, MAX_W)
    readings = [counter.take(200_000.0, 0.0)]
    with pytest.raises(SensorGone, match="leapt"):
        counter.take(1.0, 0.1)
    with pytest.raises(SensorGone, match="started anew"):
        counter.take(11.0, 0.2)
    readings.append(counter.take(21.0, 0.3))
    assert bridged(readings, WRAP_J) == pytest.approx(10.0)


def test_a_counter_that_never_wraps_starts_anew_when_it_falls() -> None:
    counter = Counter()
    assert counter.take(500.0, 0.0) == 500.0
    with pytest.raises(SensorGone, match="started anew"):
        counter.take(3.0, 1.0)
    assert counter.take(8.0, 2.0) == 505.0


DEVICE = Device("host", "node", "node")


def test_a_slow_source_never_keeps_a_reader_waiting() -> None:
    request, answer = threading.Event(), threading.Event()

    def ask() -> Answer:
        request.set()
        answer.wait(30)
        return {DEVICE.key: Reading(20.0)}

    sensor = PolledDevice(DEVICE, Spec("redfish"), Poller(ask, 0.05, {DEVICE.key: Reading(10.0)}))
    try:
        assert sensor.read().power_w == 10.0
        assert request.wait(10)
        # the question is still open: the last answer stands
        assert sensor.read().power_w == 10.0
        answer.set()
        until(lambda: sensor.read().power_w == 20.0)
    finally:
        answer.set()
        sensor.close()
    with pytest.raises(SensorGone, match="closed"):
        sensor.read()


def test_an_old_answer_is_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask() -> Answer:
        raise OSError("the BMC is away")

    sensor = PolledDevice(DEVICE, Spec("redfish"), Poller(ask, 0.05, {DEVICE.key: Reading(10.0)}))
    monkeypatch.setattr("wattline.meter.sensors.polled.MIN_STALE_S", 0.2)
    try:
        until(lambda: gone(sensor) == "the BMC is away")
    finally:
        sensor.close()


def test_a_device_that_is_no_longer_told_of_is_gone_and_comes_back() -> None:
    answers: list[Answer] = [{DEVICE.key: "no watts"}]
    sensor = PolledDevice(DEVICE, Spec("prometheus"), Poller(lambda: answers[0], 0.05, {DEVICE.key: Reading(1.0)}))
    try:
        until(lambda: gone(sensor) == "no watts")
        answers[0] = {}
        until(lambda: gone(sensor) == "no longer reported")
        answers[0] = {DEVICE.key: Reading(2.0, 3.0)}
        until(lambda: not gone(sensor))
        assert sensor.read() == Reading(2.0, 3.0)
    finally:
        sensor.close()


def test_the_thread_ends_with_its_last_sensor() -> None:
    poller = Poller(lambda: {DEVICE.key: Reading(1.0)}, 0.05, {DEVICE.key: Reading(1.0)})
    first, second = PolledDevice(DEVICE, Spec("ipmi"), poller), PolledDevice(DEVICE, Spec("ipmi"), poller)
    first.read()
    thread = poller._thread
    assert thread is not None
    first.close()
    first.close()
    assert second.read().power_w == 1.0
    assert thread.is_alive()
    second.close()
    thread.join(10)
    assert not thread.is_alive()
