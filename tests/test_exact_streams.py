"""Readings one by one, by hand: the quick way from reading to reading says what the sum of all of them says."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.meter.device import Device
from wattline.meter.energy.stream import Stream
from wattline.meter.readings.corrections import watts_stand
from wattline.meter.recording import Series
from wattline.meter.sensor import Reading, Spec

OTHER, NODE, GPU = Device("n1", "x-0", "other"), Device("n1", "bmc-0", "node"), Device("n1", "gpu-0", "gpu", "a card")
EXACT = Spec("ipmi", error=0.0)
Row = tuple[float, float | None, float | None]  # when (s), watts, joules


def both(rows: list[Row], device: Device = OTHER, spec: Spec = EXACT, **more: Any) -> list[tuple[Any, Any]]:
    """Joules after each reading: as a stream has them, and as one that sums all its readings at each."""
    quick, slow, out = Stream(device, spec, **more), Stream(device, spec, **more), list[tuple[Any, Any]]()
    for at, power, joules in rows:
        for stream in (quick, slow):
            stream.feed(at, Reading(power, joules))
        out.append((quick.energy_j, slow.settle()))
    return out


@st.composite
def readings(draw: st.DrawFn) -> list[Row]:
    """Watts, a counter or both, and what may happen to them: zeros, spikes, silences, resets, instants twice."""
    count = draw(st.integers(26, 50))
    watts = np.array(draw(st.lists(st.integers(20, 400), min_size=count, max_size=count)), float)
    time = np.arange(count) * 0.5
    joules = np.concatenate([[0.0], np.cumsum(0.25 * (watts[1:] + watts[:-1]))])
    rows: list[list[Any]] = [[*row] for row in zip(time.tolist(), watts.tolist(), joules.tolist(), strict=True)]
    for _ in range(draw(st.integers(0, 3))):
        at, what = draw(st.integers(1, count - 1)), draw(st.integers(0, 7))
        for row in rows[at:]:
            row[0] += {0: 0.7, 1: 0.8, 2: 30.0}.get(what, 0.0)  # by two and a half intervals and a little more
            row[2] = None if row[2] is None else row[2] + {3: 5000.0, 4: -joules[at]}.get(what, 0.0)
        rows[at][1] = {5: None, 6: 1e7, 7: -1.0}.get(what, rows[at][1])
        rows[at][2] = {5: None}.get(what, rows[at][2])
    kind = draw(st.sampled_from(["watts", "counter", "both"]))
    return [(at, None if kind == "counter" else w, None if kind == "watts" else j) for at, w, j in rows]


@settings(max_examples=20)
@given(readings(), st.integers(2, 20))
def test_the_quick_way_says_what_the_sum_says_at_each_reading(rows: list[Row], every: int) -> None:
    for quick, slow in both(rows, every=every):
        assert quick == (None if slow is None else pytest.approx(slow, rel=1e-9, abs=1e-6))


@settings(max_examples=3)
@given(readings(), st.integers(2, 20))
def test_of_a_corrected_sensor_the_quick_way_is_near_the_sum(rows: list[Row], every: int) -> None:
    """The energy never falls, and where all is summed anew it is that sum."""
    so_far = 0.0
    stream = Stream(GPU, Spec("nvml"), every=every)
    for at, power, joules in rows:
        stream.feed(at, Reading(power, joules))
        assert (stream.energy_j or so_far) >= so_far
        so_far = stream.energy_j or so_far
    slow = both(rows, GPU, Spec("nvml"))[-1][1]
    whole = stream.whole_j()
    assert stream.settle() == (None if slow is None else pytest.approx(max(so_far, whole or 0.0), rel=1e-9))


def swings(count: int, level: float = 100.0) -> list[Row]:
    return [(float(k), level + k % 3, None) for k in range(count)]


def area(rows: list[Row]) -> float:
    at, watts = (np.array(column, float) for column in list(zip(*rows, strict=True))[:2])
    return float(np.trapezoid(watts, at))


@pytest.mark.parametrize(("wait_s", "steps"), [(2.0, True), (2.5, True), (2.6, False)])
def test_a_step_of_more_than_two_and_a_half_intervals_is_no_ordinary_one(wait_s: float, steps: bool) -> None:
    """A line over the step where it is ordinary; a gap is filled at the medians beside it."""
    rows = [*swings(40), (39 + wait_s, 500.0, None)]
    quick, slow = both(rows)[-1]
    assert quick == pytest.approx(slow, rel=1e-12)
    assert (quick == pytest.approx(area(rows), rel=1e-12)) == steps


def test_a_reading_a_hundred_times_the_usual_adds_nothing() -> None:
    """101.5 W are nearly all readings: beyond a hundred times as much the neighbours are joined."""
    for watts, taken in ((9_000.0, True), (11_000.0, False)):
        rows = [*swings(40), (40.0, watts, None), *[(float(k), 100.0, None) for k in range(41, 50)]]
        got = both(rows)
        assert all(quick == pytest.approx(slow, rel=1e-12) for quick, slow in got[1:])
        without = [*rows[:40], *rows[41:]]
        assert got[-1][0] == pytest.approx(area(rows if taken else without), rel=1e-12)


def test_where_few_readings_are_there_a_spike_stays_undecided() -> None:
    """With less than twenty readings none can be called a spike: the total waits for what comes."""
    stream = Stream(OTHER, EXACT)
    for at, power, _ in swings(10):
        stream.feed(at, Reading(power))
    before = stream.energy_j
    stream.feed(10.0, Reading(20_000.0))
    assert (stream.energy_j, stream.undecided) == (before, True)
    for k in range(11, 40):
        stream.feed(float(k), Reading(100.0))
    assert stream.energy_j == pytest.approx(area([*swings(10), *[(float(k), 100.0, None) for k in range(11, 40)]]))
    assert not stream.undecided
    for watts, undecided in ((10_000.0, False), (10_100.0, False), (10_300.0, True)):
        stream = Stream(OTHER, EXACT)
        for k, power in enumerate([101.0] * 9 + [watts]):
            stream.feed(float(k), Reading(power))
            assert k == 0 or stream.energy_j
        assert stream.undecided == undecided


def counted(steps: list[float]) -> list[Row]:
    return [(float(k), None, float(j)) for k, j in enumerate(np.cumsum([7.0, *steps]))]


@pytest.mark.parametrize(("step", "waits"), [(330.0, False), (331.0, True)])
def test_a_counters_step_of_three_times_its_greatest_waits_for_the_next(step: float, waits: bool) -> None:
    rows = counted([100.0, 110.0, 100.0, 100.0, step])
    got = both(rows)
    assert got[-1][0] == got[-1][1] == (410 if waits else 410 + step)
    after = both(counted([100.0, 110.0, 100.0, 100.0, step, 100.0]))
    assert after[-1][0] == after[-1][1] == 410 + step + 100


def test_a_counter_that_stands_still_beside_watts_is_not_taken_and_one_that_moves_is() -> None:
    """Watts count while the counter stands; when it moves all is its rise."""
    still: list[Row] = [(float(k), 100.0 + k % 2, 5000.0) for k in range(40)]
    got = both(still)
    assert got[-1][0] == pytest.approx(39 * 100.5, rel=1e-12)
    for k in range(40, 60):
        still.append((float(k), 100.0 + k % 2, 5000.0 + 100 * (k - 39)))
    assert all(quick == pytest.approx(slow, rel=1e-12) for quick, slow in both(still)[1:])


def test_a_long_stream_in_pieces_is_the_area_of_all() -> None:
    """What is let go is settled as it was; a spike beside the cut counts in neither part."""
    rows = swings(250)
    for kept in (16, 50):
        quick, slow = both(rows, kept=kept, every=5)[-1]
        assert quick == pytest.approx(area(rows), rel=1e-12)
        assert slow == pytest.approx(area(rows), rel=1e-12)
        stream = Stream(OTHER, EXACT, kept=kept)
        for at, power, _ in rows:
            stream.feed(at, Reading(power))
        assert stream.whole_j() == pytest.approx(area(rows), rel=1e-12)
    spiked = [*rows]
    spiked[150] = (150.0, 1e6, None)
    quick, slow = both(spiked, kept=64, every=5)[-1]
    assert quick == pytest.approx(area([*spiked[:150], *spiked[151:]]), rel=1e-12)
    assert slow == pytest.approx(quick, rel=1e-12)


@pytest.mark.parametrize("device", [OTHER, NODE, GPU])
def test_memory_stays_flat(device: Device) -> None:
    stream = Stream(device, Spec("nvml") if device is GPU else EXACT, kept=64)
    for at, power, _ in swings(400):
        stream.feed(at, Reading(power))
        assert max(len(kept) for kept in vars(stream).values() if isinstance(kept, list | array)) <= 4 * 64


def test_nothing_is_known_of_one_reading_or_of_none_that_is_good() -> None:
    stream = Stream(OTHER, EXACT)
    assert (stream.energy_j, stream.whole_j()) == (None, None)
    stream.feed(0.0, Reading(100.0))
    assert (stream.energy_j, stream.whole_j()) == (None, None)
    for k in range(1, 5):
        stream.feed(float(k), Reading(None, None))
    assert stream.energy_j is None
    stream.feed(5.0, Reading(100.0))
    assert stream.energy_j == pytest.approx(500)


def trapezoids(rows: list[Row]) -> list[Row]:
    """The same with a counter of what lies under the watts, and without the watts."""
    at, watts = (np.array(column, float) for column in list(zip(*rows, strict=True))[:2])
    joules = np.concatenate([[0.0], np.cumsum(0.5 * (watts[1:] + watts[:-1]) * np.diff(at))])
    return [(t, None, float(j)) for t, j in zip(at, joules, strict=True)]


def changed(rows: list[Row], at: int, watts: float | None = None, joules: float = 0.0, on: bool = False) -> list[Row]:
    """The same but for one reading, or for the counter from there on."""
    out = list(rows)
    for k in range(at, len(out) if on else at + 1):
        time, power, counter = out[k]
        out[k] = (time, power if watts is None else watts, counter if counter is None else counter + joules)
    return out


WATTS, COUNTER = swings(30), trapezoids(swings(30))
SCRIPTS: dict[str, list[Row]] = {
    "a spike": changed(WATTS, 24, 1e6), "nothing read": changed(WATTS, 24, np.nan), "a rest": changed(WATTS, 24, 0.0),
    "a negative reading": changed(WATTS, 24, -5.0), "a high reading": changed(WATTS, 24, 5000.0),
    "a counter set back": changed(COUNTER, 24, None, -2000.0, True),
    "a counter that leaps": changed(COUNTER, 24, None, 1e5, True),
    "a counter that leaps and comes back": changed(COUNTER, 24, None, 1e5),
    "a counter that rises twice as much": changed(COUNTER, 24, None, 150.0, True),
    "a counter that rises too much and comes back": changed(COUNTER, 24, None, 150.0),
    "a silence": [(t + 50.0 * (t > 23), w, j) for t, w, j in WATTS],
    "a silence of a counter": [(t + 50.0 * (t > 23), w, j) for t, w, j in COUNTER],
    "an instant twice": [(t - (t > 23), w, j) for t, w, j in WATTS],
    "low readings of a machine": changed(changed(WATTS, 23, 2.0), 24, 3.0),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(SCRIPTS))
def test_the_quick_way_does_not_pass_over(what: str) -> None:
    """One thing out of the ordinary after two dozen readings that are not; what was given is never taken back.

    A machine's low readings are judged when all is summed."""
    highest = 0.0
    for quick, slow in both(SCRIPTS[what])[1:]:
        highest = max(highest, slow or 0.0)
        assert quick == pytest.approx(highest, rel=1e-12)
    stream = Stream(NODE, EXACT, every=4)
    for at, power, joules in SCRIPTS[what]:
        stream.feed(at, Reading(power, joules))
    given, summed = stream.energy_j or 0.0, both(SCRIPTS[what], NODE)[-1][1]
    assert stream.settle() == pytest.approx(max(given, summed), rel=1e-12)
    assert given == pytest.approx(summed, rel=0.1)


def test_a_corrected_sensors_ordinary_readings_are_corrected_too() -> None:
    """A card that reads 2% too little at 100 W: each of 60 steps in the quick way weighs what it does in the sum."""
    card = Device("n1", "gpu-0", "gpu", "NVIDIA GeForce RTX 3090")
    script = swings(90)
    quick, slow, plain = Stream(card, Spec("nvml")), Stream(card, Spec("nvml")), Stream(OTHER, EXACT)
    rows = []
    for k, (at, power, _) in enumerate(script):
        for stream in (quick, slow, plain):
            stream.feed(at, Reading(power))
        assert k < 20 or quick.energy_j  # who asks after each reading gets it without a sum
        if k in (29, 89):
            rows.append((quick.energy_j or 0.0, slow.settle() or 0.0, plain.energy_j or 0.0))
    mine, summed, read = (last - first for first, last in zip(*rows, strict=True))
    assert abs(summed / read - 1) > 0.01
    assert mine == pytest.approx(summed, rel=3e-3)


def test_a_stream_begins_decided_and_waits_with_the_second_step_of_a_counter() -> None:
    assert not Stream(OTHER, EXACT).undecided
    for step, joules in ((300.0, 400.0), (301.0, 100.0)):
        got = both(counted([100.0, step]))
        assert got[-1] == (joules, joules)
    for watts, undecided in ((99.0, False), (150.0, True)):  # of half a watt a hundred is a spike
        stream = Stream(OTHER, EXACT)
        for k, power in enumerate([0.5] * 9 + [watts]):
            stream.feed(float(k), Reading(power))
            assert k == 0 or stream.energy_j
        assert stream.undecided == undecided


def test_a_machines_low_readings_are_bridged_before_long() -> None:
    """Two readings near zero between readings at work: after as many ordinary ones as make a sum they count no more."""
    rows = changed(changed(swings(70), 23, 2.0), 24, 3.0)
    stream = Stream(NODE, EXACT, every=4)
    for at, power, _ in rows:
        stream.feed(at, Reading(power))
        assert at == 0 or stream.energy_j
    slow = Stream(NODE, EXACT)
    for at, power, _ in rows:
        slow.feed(at, Reading(power))
    assert stream.energy_j == pytest.approx(slow.settle(), rel=1e-12)
    assert (stream.energy_j or 0.0) - area(rows) == pytest.approx(
        3 * 101 - (51.5 + 2.5 + 52)
    )  # a line from 101 W to 101


@pytest.mark.parametrize(
    ("name", "stands"), [("NVIDIA H100 80GB HBM3", True), ("a card that no one measured", True), ("NVIDIA A100", False)]
)
def test_watts_that_no_correction_moves_add_up_as_the_whole_does(name: str, stands: bool) -> None:
    """A card whose kind no meter has seen is read as it says: its ordinary readings need no sum anew."""
    card = Device("n1", "gpu-0", "gpu", name)
    rows = swings(300)
    assert watts_stand(Series(card, Spec("nvml"), np.arange(2.0), np.ones(2))) == stands
    if stands:
        quick, slow = both(rows, card, Spec("nvml"), kept=64, every=5)[-1]
        assert quick == pytest.approx(area(rows), rel=1e-12)
        assert slow == pytest.approx(area(rows), rel=1e-12)


def test_a_counter_that_rises_ever_quicker_is_no_leap() -> None:
    """From 10 W to 400 W in steps of 2%: no step is three times one before it, and each counts when it comes."""
    rows = counted([10.0 * 1.02**k for k in range(190)])
    for quick, slow in both(rows, every=5)[1:]:
        assert quick == pytest.approx(slow, rel=1e-12)
    stream = Stream(OTHER, EXACT)
    for at, _, joules in rows:
        stream.feed(at, Reading(None, joules))
        assert at == 0 or not stream.undecided
    assert stream.energy_j == pytest.approx(rows[-1][2] - rows[0][2], rel=1e-12)
