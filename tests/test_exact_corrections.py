"""What a sensor's correction makes of readings, by hand: a card that reads 10 W and a quarter too much."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.gpu_sensor import correct as sensor
from wattline.meter.gpu_sensor.gain import Gain, gain_for
from wattline.meter.readings.corrections import correct_counter, correct_watts, counter_gain
from wattline.meter.readings.counter import Rise
from wattline.meter.readings.faults import Readings
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec

CARD, NVML = Device("n1", "GPU-0", "gpu", "a card"), Spec("nvml", error=0.5, window_s=1.0, note="as read")
GAIN = Gain(0.25, 10.0, np.zeros((2, 2)), 1)


def corrected(monkeypatch: pytest.MonkeyPatch, late_s: float, series: Series) -> list[Any]:
    """The sensor's model answers with this series; the error that it states is a millionth a joule."""
    reported: list[Any] = []

    def correct(good: Series, **more: Any) -> Any:
        reported.append((good, more))
        return SimpleNamespace(series=series, gain=GAIN, seen=SimpleNamespace(late_s=late_s), notes=("evened out",))

    monkeypatch.setattr(sensor, "correct", correct)
    monkeypatch.setattr(sensor, "own_error", lambda done, whole_j: whole_j * 1e-6)
    return reported


def readings(watts: list[float], stuck: tuple[int, ...] = ()) -> Readings:
    at = np.arange(float(len(watts)))
    return Readings(at, np.array(watts, float), np.isin(at, stuck), 1.0, np.empty(0))


def test_readings_give_way_to_what_they_should_have_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of 100 W a second from -1 s on: 150 J of it from 0 to 2 s, of which the first reading is stuck."""
    true = Series(CARD, NVML, np.array([-1.0, 0.5, 4.0]), np.array([0.0, 150.0, 150.0]))
    reported = corrected(monkeypatch, 0.0, true)
    got = correct_watts(CARD, NVML, readings([77, 88, 99], (0,)), [(0.0, 0.5)])
    assert got.readings.power_w.tolist() == [77, 150, 150]
    assert got.readings.time_s.tolist() == [0, 1, 2]
    assert (got.spec.window_s, got.spec.error) == (0, pytest.approx((62.5 + 225) * 1e-6))
    assert got.spec.note.startswith("as read; ")
    assert got.spec.note.endswith("; evened out")
    assert got.notes == ("evened out",)
    ((good, more),) = reported
    assert (good.power_w.tolist(), more["stuck_s"]) == ([77, 88, 99], [(0.0, 0.5)])


def test_where_the_sensors_time_stands_its_gain_alone_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """(reading less 10 W) / 1.25; what is stuck or nothing stays, and none is below zero."""
    corrected(monkeypatch, 0.75, Series(CARD, NVML, np.arange(5.0), np.full(5, 100.0)))
    got = correct_watts(CARD, NVML, readings([135, 260, 0, 510, 0.5], (1,)), [])
    assert got.readings.power_w.tolist() == pytest.approx([100, 260, 0, 400, 0])
    assert (got.spec.window_s, got.spec.error, got.notes) == (1.5, pytest.approx(400e-6), ("evened out",))


def test_a_counter_is_corrected_at_its_mean_power(monkeypatch: pytest.MonkeyPatch) -> None:
    """540 J in 4 s are 135 W, which are 100: each step by 100 to 135; the error is of what came after 0 s."""
    true = Series(CARD, NVML, np.array([-0.5, 1.5, 3.5]), None, np.array([0.0, 100.0, 400.0]))
    reported = corrected(monkeypatch, 0.0, true)
    rise = Rise(np.array([0.0, 1.0, 4.0]), np.array([0.0, 135.0, 540.0]), np.array([27.0, 0.0]))
    got = correct_counter(CARD, NVML, rise, readings([135, 0]), 0.25)
    assert got.rise.energy_j.tolist() == pytest.approx([0, 100, 400])
    assert got.rise.doubt_j.tolist() == pytest.approx([20, 0])
    assert got.readings is not None
    assert got.readings.power_w.tolist() == pytest.approx([100, 0])
    assert (got.spec.error, got.notes) == (pytest.approx((400 - 25) * 1e-6), ("evened out",))
    assert reported[0][1]["interval_s"] == 0.25
    still = correct_counter(CARD, NVML, Rise(rise.time_s, np.zeros(3), np.ones(2)), None, 1.0)
    assert (still.rise.energy_j.tolist(), still.rise.doubt_j.tolist(), still.readings) == ([0, 0, 0], [1, 1], None)
    little = correct_counter(CARD, NVML, Rise(rise.time_s, np.array([0.0, 1, 2]), np.zeros(2)), None, 1.0)
    assert little.rise.energy_j.tolist() == [0, 0, 0]  # half a watt of a sensor that adds ten


def test_what_cannot_be_corrected_comes_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    own, rise = readings([1, 2]), Rise(np.arange(2.0), np.arange(2.0), np.zeros(1))
    for spec in (Spec("ipmi", error=0.5), NVML):
        if spec is NVML:
            monkeypatch.setattr(sensor, "correct", lambda *_, **__: (_ for _ in ()).throw(WattlineError("too few")))
        watts, counter = correct_watts(CARD, spec, own, []), correct_counter(CARD, spec, rise, own, 1.0)
        assert (watts.readings is own, watts.spec is spec, watts.notes) == (True, True, ())
        assert (counter.rise is rise, counter.readings is own, counter.spec is spec) == (True, True, True)


@pytest.mark.parametrize("name", ["NVIDIA GeForce RTX 3090", "NVIDIA A100-SXM4-80GB", "a card that no one measured"])
def test_what_a_counter_counts_too_much_is_what_its_watts_read_too_much(name: str) -> None:
    """300 W for 10 s: as many joules of the counter as ten seconds of the corrected watts."""
    offset_w, share = counter_gain(Device("n1", "GPU-0", "gpu", name), NVML)
    assert (3000 - offset_w * 10) * share == pytest.approx(float(gain_for(name).power_w(300.0)) * 10)
    assert counter_gain(CARD, Spec("ipmi")) == (0, 1)
