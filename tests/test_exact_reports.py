"""What a report counts, by hand: runs, windows, gaps, devices inside others, and what was not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recordings import START, series
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.energy.corrected import CorrectedEnergy, corrected_series, energy_of
from wattline.meter.energy.loads import load
from wattline.meter.energy.meter import absent_j, counted_spans, energy_in, meter, missing_nodes, seen_s, widen
from wattline.meter.energy.span import Stretches, stretches_of
from wattline.meter.energy.usage import report as made_report
from wattline.meter.readings.power import Energy
from wattline.meter.recording import Recording, Series, Window
from wattline.meter.sensor import Spec

EXACT = Spec("ipmi", error=0.0)


def steady(watts: float, seconds: int = 101, uuid: str = "bmc-0", kind: str = "node", **more: Any) -> Series:
    """Readings that swing by a watt about a level, of which the energy of an even number of seconds is exact."""
    return series(kind, watts + (-1.0) ** np.arange(seconds), uuid=uuid, spec=EXACT, **more)


def report(recording: Recording, window: str | None = None) -> dict[str, Any]:
    data: dict[str, Any] = made_report(recording, window).json()["results"]
    return data


def wh(data: dict[str, Any]) -> float:
    return float(data["energy_wh"]["value"])


def test_a_run_is_counted_from_its_beginning_to_its_end() -> None:
    run = Recording((steady(360),), (Window("run", START + 10, START + 90), Window("epoch", START + 20, START + 30)))
    data = report(run)
    assert (wh(data), data["mean_w"]) == (pytest.approx(8), pytest.approx(360))
    assert wh(report(run, "epoch")) == pytest.approx(1)
    assert wh(report(run, "all")) == pytest.approx(10)
    assert wh(report(run, "0..50")) == pytest.approx(5)
    assert wh(report(run, "50..")) == wh(report(run, "..50")) == pytest.approx(5)
    assert report(run)["peak_w"] == 361


def test_machines_add_up_and_their_parts_do_not() -> None:
    both = Recording((steady(360), steady(720, uuid="bmc-0", host="n2"), steady(100, uuid="GPU-0", kind="gpu")))
    data = report(both)
    assert wh(data) == pytest.approx(30)
    assert data["devices"] == 2
    assert {line.device.key for line in meter(both).counted()} == {"n1/bmc-0", "n2/bmc-0"}


def test_switches_count_where_there_is_nothing_else() -> None:
    switch = steady(36, uuid="sw-0", kind="switch", host="n9")
    assert wh(report(Recording((steady(360), switch)))) == pytest.approx(10)
    assert wh(report(Recording((switch,)))) == pytest.approx(1)
    made = meter(Recording((steady(360), switch)))
    assert [line.device.key for line in made.counted()] == ["n1/bmc-0"]
    assert [line.device.key for line in made.counted(switches=True)] == ["n9/sw-0"]
    assert made.extent == (START, START + 100)


def test_a_device_that_was_seen_for_half_of_a_run_is_carried_through_it() -> None:
    """60 of 100 s: the level is held for the rest; 40 of 100 s: what was seen, and the range has the rest."""
    run = (Window("run", START, START + 100),)
    most, least = (
        meter(Recording((steady(360), steady(360, seconds, uuid="b-0", host="n2")), run)) for seconds in (61, 41)
    )
    wanted = Stretches("run", [(START, START + 100)], True)
    line = most.tracks["n2/b-0"]
    assert seen_s(line, wanted.spans) == pytest.approx(60.5)
    assert seen_s(line, wanted.spans, 0.0) == pytest.approx(60)
    assert energy_in(line, wanted, wanted.spans).value_j == pytest.approx(36_000, rel=2e-3)
    line = least.tracks["n2/b-0"]
    used = energy_in(line, wanted, wanted.spans)
    assert used.value_j == pytest.approx(360 * 40.5, rel=2e-3)
    assert used.high_j == pytest.approx(36_000, rel=0.02)
    part = Stretches("all", wanted.spans, False)
    assert energy_in(most.tracks["n2/b-0"], part, wanted.spans).value_j == pytest.approx(360 * 60.5, rel=2e-3)


def test_devices_that_gave_nothing_may_have_taken_what_the_others_of_their_kind_did() -> None:
    silent = Series(Device("n3", "bmc-0", "node"), EXACT, np.arange(5) + START, np.full(5, np.nan))
    made = meter(Recording((steady(360), steady(720, host="n2"), silent)))
    assert [device.key for device in made.lost] == ["n3/bmc-0"]
    energies = {"n1/bmc-0": Energy(10.0, 0, 0), "n2/bmc-0": Energy(20.0, 0, 0)}
    assert absent_j(made, energies) == pytest.approx(15)
    reported = meter(Recording((steady(360), steady(720, host="n2")), counts={"stated_nodes": 5.0}))
    assert missing_nodes(reported) == 3
    assert absent_j(reported, energies) == pytest.approx(45)
    assert missing_nodes(meter(Recording((steady(360),), counts={"stated_nodes": 5.0}))) == 0
    assert missing_nodes(meter(Recording((steady(360), steady(720, host="n2")), counts={"stated_nodes": 1.0}))) == 0


def test_a_twin_may_have_taken_what_any_other_did() -> None:
    from dataclasses import replace

    made = meter(Recording(tuple(steady(360 * k, uuid="bmc-0", host=f"n{k}") for k in (1, 2, 3))))
    made = replace(made, twins={"n2/bmc-0": "n9/bmc-0"})
    energies = {f"n{k}/bmc-0": Energy(10.0 * k, 0, 0) for k in (1, 2, 3)}
    used = widen(Energy(60.0, 1.0, 2.0), made, energies)
    assert (used.value_j, used.below_j, used.above_j) == (60, 1 + 10, 2 + 10)


def test_one_reading_or_none_is_no_energy() -> None:
    for watts, says in (([100.0], "one reading a device"), ([np.nan, np.nan], "no good reading"), ([-1.0, -1.0], "−1")):
        with pytest.raises(WattlineError, match=says):
            meter(Recording((series("node", watts, spec=EXACT),), source="x.csv"))


def test_a_constant_that_was_stated_is_no_measurement() -> None:
    stated = Series(Device("n1", "rack-0", "other"), Spec("log", modelled=True), np.array([START]), np.array([50.0]))
    made = meter(Recording((steady(360), stated)))
    assert list(made.tracks) == ["n1/bmc-0"]
    assert [each.device.key for each in made.estimates] == ["n1/rack-0"]


def test_a_window_without_a_reading_is_refused_and_a_gap_is_told() -> None:
    first = steady(360)
    time, watts = np.concatenate([first.time_s, first.time_s + 5000]), 360 + np.tile([1.0, -1.0], 101)
    joined = Series(first.device, EXACT, time, watts)
    recording = Recording((joined,))
    with pytest.raises(WattlineError, match="holds no reading"):
        report(recording, "1000..2000")
    data = report(recording, "all")
    assert wh(data) == pytest.approx(20, rel=0.01)
    gaps = [row for row in data["quality"] if row["kind"] == "gap"]
    assert gaps
    assert max(row["lasting_s"] for row in gaps) >= 4899


def test_windows_of_one_name_are_joined() -> None:
    windows = [
        Window("epoch", START + 10, START + 30),
        Window("epoch", START + 25, START + 40),
        Window("other", START + 50, None),
    ]
    recording = Recording((steady(360),), tuple(windows))
    extent = (START, START + 100)
    assert stretches_of(recording, "epoch", extent) == ("epoch", [(START + 10, START + 40)], True)
    assert stretches_of(recording, "other", extent).spans == [(START + 50, START + 100)]
    assert stretches_of(recording, None, extent) == ("all", [extent], False)
    assert stretches_of(recording, "run", extent).spans == [(START + 10, START + 40), (START + 50, START + 100)]
    assert stretches_of(recording, f"{START + 10:.0f}..1 min", extent).spans == [(START + 10, START + 60)]
    for wrong in ("epoc", "50..40", "50..50"):
        with pytest.raises(WattlineError):
            stretches_of(recording, wrong, extent)


def test_a_load_keeps_the_energy_and_the_time() -> None:
    recording = Recording((steady(360), steady(720, host="n2")), (Window("run", START + 10, START + 90),))
    made = load(recording, step_s=20.0)
    assert (made.point, made.step_s, made.power_w.shape) == ("server", 20, (2, 4))
    assert made.power_w == pytest.approx(np.array([[360.0] * 4, [720.0] * 4]))
    assert made.start.timestamp() == START + 10
    fine = load(recording)
    assert (fine.step_s, fine.power_w.shape[1]) == (1, 80)
    assert float(fine.energy_j.sum()) == pytest.approx(1080 * 80)
    chips = Recording((steady(360, uuid="GPU-0", kind="gpu"),))
    assert load(chips).point == "chip"


def test_corrected_energy_of_a_card_is_held_to_its_readings() -> None:
    card = series("gpu", 300.0 + (-1.0) ** np.arange(101), uuid="GPU-0", spec=Spec("file", error=0.0))
    done = corrected_series(card)
    used = energy_of(done, START + 10, START + 50)
    assert (used.raw_j, used.duration_s) == (pytest.approx(12_000), 40)
    assert used.error == pytest.approx(np.sqrt(sum(part**2 for part in used.parts.values())))
    for begin, end in ((50, 50), (50, 40), (-900, 50), (50, 900)):
        with pytest.raises(WattlineError):
            energy_of(done, START + begin, START + end)
    counted = corrected_series(Series(card.device, card.spec, card.time_s, None, np.arange(101) * 300.0))
    assert energy_of(counted, START + 10.5, START + 50).raw_j == pytest.approx(39.5 * 300)
    with pytest.raises(WattlineError, match="without power and without energy"):
        corrected_series(Series(card.device, card.spec, card.time_s))
    ten = CorrectedEnergy(100.0, 0.1, 90.0, 1.0, {})
    assert (ten.low_j, ten.high_j) == pytest.approx((90, 110))
    assert [ten.holds(x) for x in (89.9, 90.0, 100.0, 110.0, 110.1)] == [False, True, True, True, False]


def spans_of(
    recording: Recording, begin: float, end: float, whole: bool = False
) -> tuple[Any, list[tuple[int, float]]]:
    """The stretches that are counted between two instants, and the gaps that are told: how many, and seconds."""
    made = meter(recording)
    wanted = Stretches("x", [(START + begin, START + end)], whole)
    spans, faults = counted_spans(made.counted(), wanted, made)
    return [(a - START, b - START) for a, b in spans], [(fault.count, fault.seconds) for fault in faults]


def test_what_nothing_recorded_is_left_out_of_a_window_and_told() -> None:
    """A reading stands for half a second beyond it; of three stretches with two gaps each gap counts."""
    once = Recording((steady(360),))
    assert spans_of(once, 10, 90) == ([(10, 90)], [])
    assert spans_of(once, -0.75, 90) == ([(-0.5, 90)], [(1, pytest.approx(0.25))])
    first = steady(360)
    time = np.concatenate([first.time_s, first.time_s + 5000, first.time_s + 10_000])
    parts = Recording((Series(first.device, EXACT, time, np.tile(first.power_w, 3)),))  # type: ignore[arg-type]
    spans, faults = spans_of(parts, 0, 10_100)
    assert spans == [(0, 100.5), (4999.5, 5100.5), (9999.5, 10_100)]
    assert faults == [(2, pytest.approx(2 * 4899.0))]
    assert spans_of(parts, 0, 10_100, whole=True)[0] == [(0, 10_100)]


def test_a_device_is_absent_beyond_two_and_a_half_intervals() -> None:
    """Of 100 s one was read to the 98th, one to the 95th: 2.5 s less."""
    for seconds, reported in ((99, []), (96, [(1, pytest.approx(2.5))])):
        both = Recording((steady(360), steady(360, seconds, uuid="b-0", host="n2")))
        assert spans_of(both, 0, 100)[1] == reported


def test_what_is_lost_counts_by_its_own_kind_alone() -> None:
    silent = Series(Device("n3", "GPU-0", "gpu"), EXACT, np.arange(5) + START, np.full(5, np.nan))
    made = meter(Recording((steady(360), steady(720, host="n2"), silent)))
    assert absent_j(made, {"n1/bmc-0": Energy(10.0, 0, 0), "n2/bmc-0": Energy(20.0, 0, 0)}) == 0
    two = Series(
        Device("n1", "rack-0", "other"), Spec("log", modelled=True), np.array([START, START + 9]), np.ones(2) * 50
    )
    assert list(meter(Recording((steady(360), two))).tracks) == ["n1/bmc-0", "n1/rack-0"]


def test_a_twin_is_held_against_its_own_kind_and_against_none() -> None:
    from dataclasses import replace

    parts = (steady(360), steady(360, host="n2"), steady(100, uuid="GPU-0", kind="gpu", host="n9"))
    made = replace(meter(Recording(parts)), twins={"n2/bmc-0": "n1/bmc-0", "n8/bmc-0": "n1/bmc-0"})
    energies = {"n1/bmc-0": Energy(20.5, 0, 0), "n2/bmc-0": Energy(20.0, 0, 0), "n9/GPU-0": Energy(5.0, 0, 0)}
    used = widen(Energy(45.5, 1.0, 2.0), made, energies)
    assert (used.below_j, used.above_j) == (1, 2.5)
    alone = widen(Energy(20.0, 1.0, 2.0), made, {"n2/bmc-0": Energy(20.0, 0, 0)})
    assert (alone.below_j, alone.above_j) == (21, 2)


def test_a_corrected_window_reaches_a_little_beyond_the_readings() -> None:
    """By the reach of the sensor and three intervals, on both sides."""
    card = series("gpu", 300.0 + (-1.0) ** np.arange(101), uuid="GPU-0", spec=Spec("file", error=0.0))
    done = corrected_series(card)
    slack = done.seen.reach_s + 3 * done.seen.interval_s
    for begin, end in ((-slack, 50), (50, 100 + slack)):
        assert energy_of(done, START + begin, START + end).duration_s == pytest.approx(end - begin)
    for begin, end in ((-slack - 0.1, 50), (50, 100.1 + slack)):
        with pytest.raises(WattlineError, match="is not within the readings"):
            energy_of(done, START + begin, START + end)
    real = corrected_series(series("gpu", 300.0 + (-1.0) ** np.arange(101), uuid="GPU-0", spec=Spec("nvml")))
    assert energy_of(real, START + 10, START + 50).notes == real.notes != ()
