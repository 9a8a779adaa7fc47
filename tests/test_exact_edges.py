"""The range of a window by hand: its edges between readings, readings that are late, and what was not read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wattline.meter.device import Device
from wattline.meter.energy.stream import Stream
from wattline.meter.energy.track import Track, peak_of_sum, track
from wattline.meter.energy.window import DeviceEnergy, WindowEnergy, add_up, window_energy
from wattline.meter.readings.clean import clean
from wattline.meter.recording import Fault, Recording, Series
from wattline.meter.sensor import Reading, Spec

METER = Device("n1", "bmc-0", "node")


def readings(watts: list[float], step_s: float = 1.0, device: Device = METER, **spec: Any) -> Series:
    made = replace(Spec("ipmi", error=0.0), **spec)
    return Series(device, made, np.arange(len(watts)) * step_s, np.array(watts, float))


def line(watts: list[float], step_s: float = 1.0, **spec: Any) -> Track:
    return track(clean(readings(watts, step_s, **spec)).powers)


def window(begin_s: float, end_s: float, *series: Series) -> WindowEnergy:
    return window_energy(Recording(series), begin_s, end_s)


UP = [100.0, 200, 300, 400, 500, 600, 700]


def test_readings_that_are_means_are_late_by_half_of_their_time() -> None:
    """A mean over 2 s is a second late: from 1 to 5 s power rose from 200 to 700 W by what may be read there."""
    assert line(UP, window_s=2.0).late_j(1, 5) == pytest.approx(500)
    assert line(UP[::-1], window_s=2.0).late_j(1, 5) == pytest.approx(500)
    assert line([200.0] * 7, window_s=2.0).late_j(1, 5) == 0
    assert line(UP).late_j(1, 5) == 0
    assert line(UP, window_s=1.0).late_j(1, 5) == pytest.approx(0.5 * 450)
    assert line(UP, window_s=2.0).late_j(-9, 99) == pytest.approx(600)


def test_the_doubts_of_a_windows_edges_add_up_and_a_sensor_that_errs_widens_them() -> None:
    made = line(UP, window_s=2.0, error=0.1)
    edge = 0.5 * 1 * 300 + 0  # half a step between the lowest and the highest of the three steps beside it
    late = 650 - 250  # from 1.5 s to a second after 4.5
    assert made.edges_j([(1.5, 4.5)]) == pytest.approx(1.1 * (2 * edge + late))
    assert made.edges_j([(0, 4.5)]) == pytest.approx(1.1 * (edge + 550))
    assert made.edges_j([(0, 6)]) == 0
    used = window(1.5, 4.5, readings(UP, window_s=2.0, error=0.1))
    assert used.energy_j == pytest.approx(1200)
    assert (used.high_j or 0) - 1200 == pytest.approx(1.1 * (2 * edge + late) + 120)


def test_an_edge_of_short_steps_is_in_less_doubt() -> None:
    made = line([100.0] * 4 + [500.0] * 4, 0.5, period_s=0.2)
    assert made.edge_j(1.75) == pytest.approx(0.5 * 0.5 * 400 + 0.5 * 0.2 * 500)
    assert made.edge_j(0.25) == pytest.approx(0.5 * 0.2 * 100)
    assert line([100.0, 100.0]).edge_j(0.5) == 0


def test_what_lies_outside_of_the_readings_may_be_the_peak_and_the_sensors_error_more() -> None:
    used = window(0, 6, readings([200.0] * 4, error=0.1))
    assert used.energy_j == pytest.approx(1200)
    assert used.low_j == pytest.approx(540)
    assert used.high_j == pytest.approx(660 + 3 * 200 * 1.1)
    tiny = window(0, 1, readings([0.1, 0.1], error=0.5))
    assert (tiny.energy_j, tiny.low_j) == (pytest.approx(0.1), pytest.approx(0.05))


def test_less_missing_than_two_readings_is_not_worth_a_word() -> None:
    for begin, period, seconds in ((-1.9, 0.0, None), (-2.1, 0.0, 2.1), (-2.1, 1.1, None), (-2.3, 1.1, 2.3)):
        reported = window(begin, 3, readings([200.0] * 4, period_s=period)).faults
        assert [fault.seconds for fault in reported] == ([] if seconds is None else [pytest.approx(seconds)])
    assert not window(-0.04, 0.03, readings([200.0] * 4, 0.01)).faults
    assert window(-0.06, 0.03, readings([200.0] * 4, 0.01)).faults


def test_a_device_inside_another_stops_no_other_from_counting() -> None:
    gpu, far = Device("n1", "GPU-0", "gpu"), Device("n2", "bmc-0", "node", "far")
    used = window(0, 2, readings([100.0] * 3), readings([60.0] * 3, device=gpu), readings([70.0] * 3, device=far))
    assert used.energy_j == pytest.approx(340)
    assert [(each.device, each.name) for each in used.devices] == [("n1/bmc-0", "bmc-0"), ("n2/bmc-0", "far")]
    dead = Series(METER, Spec("ipmi"), np.arange(3.0), np.full(3, np.nan))
    used = window(0, 2, dead, readings([70.0] * 3, device=far))
    assert used.energy_j == pytest.approx(140)
    assert ("gap", 2, "n1/bmc-0") in [(fault.kind, fault.seconds, fault.device) for fault in used.faults]


def device(energy_j: float, low_j: float, high_j: float, peak_w: float, modelled: bool = False) -> DeviceEnergy:
    return DeviceEnergy("n1/a", "a", "node", "ipmi", modelled, energy_j, low_j, high_j, peak_w)


def test_stretches_as_one() -> None:
    more = (Fault("gap", 2, 5.0, "x", "n1/a"), Fault("gap", 1, 1.0, "y", "n1/a"))
    parts = (
        WindowEnergy(1.0, (device(10, 9, 12, 5),), (Fault("gap", 1, 2.0, "x", "n1/a"),)),
        WindowEnergy(3.0, (device(20, 17, 25, 4),), more),
    )
    whole = add_up(parts)
    assert whole.devices == (device(30, 26, 37, 5),)
    assert (whole.duration_s, whole.energy_j, whole.low_j, whole.high_j, whole.mean_w) == (4, 30, 26, 37, 7.5)
    assert [(fault.count, fault.seconds, fault.done) for fault in whole.faults] == [(3, 7, "x"), (1, 1, "y")]
    assert whole.json()["faults"][0] == {"kind": "gap", "count": 3, "lasting_s": 7, "done": "x", "device": "n1/a"}


def test_a_window_in_words_and_as_data() -> None:
    single = WindowEnergy(2.0, (device(7200, 3600, 10800, 5),))
    assert str(single) == "2 Wh (1 Wh to 3 Wh), 2 s, 3,600 W mean, 1 device, measured"
    two = replace(single, devices=(*single.devices, device(7200, 3600, 10800, 5, modelled=True)))
    assert "2 devices" in str(two)
    assert "modelled, not measured" in str(two)
    assert str(WindowEnergy(2.0)) == "energy unknown (no sensor gave readings), 2 s"
    assert [each.json()["basis"] for each in (single, two, WindowEnergy(2.0))] == ["measured", "modelled", "unknown"]
    assert single.json()["energy_wh"] == {"value": 2, "low": 1, "high": 3}
    assert single.json()["devices"][0]["energy_wh"] == {"value": 2, "low": 1, "high": 3}
    assert WindowEnergy(2.0).json()["energy_wh"] is None
    assert WindowEnergy(0.0, single.devices).mean_w is None


def test_the_peak_of_a_sum_between_whole_seconds() -> None:
    early = line([100.0, 900, 100, 100, 100, 100, 100], 0.5)
    assert peak_of_sum([early, line([100.0] * 7, 0.5)], 0, 3) == pytest.approx(1000)
    assert peak_of_sum([early, line([100.0] * 4)], 0, 3) == pytest.approx(1000)


def fed(stream: Stream, watts: list[float], begin: int = 0) -> list[float | None]:
    out = []
    for k, power in enumerate(watts):
        stream.feed(float(begin + k), Reading(power))
        out.append(stream.energy_j)
    return out


@pytest.mark.parametrize("kind", ["gpu", "node", "other"])
def test_a_stream_of_any_device_is_the_area_under_its_readings(kind: str) -> None:
    """Whatever is ordinary for it: at each reading the trapezoids of all so far."""
    watts = (300 + 150 * np.sin(np.arange(700.0))).tolist()
    got = fed(Stream(Device("n1", f"{kind}-0", kind), Spec("ipmi", error=0.0)), watts)
    area = np.concatenate([[0.0], np.cumsum((np.array(watts)[1:] + np.array(watts)[:-1]) / 2)])
    assert got[0] is None
    assert [float(x or 0) for x in got[1:]] == pytest.approx(area[1:].tolist(), rel=1e-9)


def test_a_stream_never_falls_and_a_silence_adds_nothing() -> None:
    stream = Stream(Device("n1", "x-0", "other"), Spec("ipmi", error=0.0))
    first = fed(stream, [100.0 + k % 5 for k in range(50)])[-1]
    later = fed(stream, [100.0 + k % 5 for k in range(50)], begin=5050)
    assert all(x is not None for x in later)
    values = [float(x or 0) for x in later]
    assert values == sorted(values)
    assert values[0] >= float(first or 0)
    assert values[-1] == pytest.approx(float(first or 0) * 2, rel=0.03)  # 5,000 s without readings are no energy
