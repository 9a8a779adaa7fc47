"""Sensor truth: which card it is, what error is stated, and that it holds the truth, simulated and on real cards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpu_sensor as sim
from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.energy.corrected import CorrectedEnergy, energy_of
from wattline.meter.energy.corrected import corrected_series as correct
from wattline.meter.gpu_sensor.gain import gain_for
from wattline.meter.gpu_sensor.model import best_field, field_of, generation_of, model_for
from wattline.meter.readings.clean import clean
from wattline.meter.readings.power import Power
from wattline.meter.recording import Series
from wattline.meter.sensor import Spec

T0 = 1.7e9


def energy(series: Series, begin_s: float, end_s: float, name: str = "", field: str = "") -> CorrectedEnergy:
    return energy_of(correct(series, name, field), begin_s, end_s)


def cleaned(series: Series) -> Power:
    (power,) = clean(series).powers
    return power


def flat(watts: float, seconds: float = 20.0, name: str = "", source: str = "nvml", note: str = "power.draw") -> Series:
    time = T0 + np.arange(0, seconds, 0.1)
    power = watts + np.where(np.arange(len(time)) % 2, 0.01, -0.01)
    return Series(Device("h", "g", "gpu", name), Spec(source, note=note), time, power)


@pytest.mark.parametrize(
    ("name", "generation"),
    [
        ("NVIDIA A100-PCIE-40GB", "ampere-ga100"),
        ("NVIDIA A100-SXM4-80GB", "ampere-ga100"),
        ("5050_A100", "ampere-ga100"),
        ("5050_3090", "ampere"),
        ("NVIDIA A10G", "ampere"),
        ("NVIDIA RTX A6000", "ampere"),
        ("GeForce GTX 1080 Ti", "pascal"),
        ("GeForce GTX TITAN X (Pascal)", "pascal"),
        ("GeForce GTX TITAN X", "maxwell"),
        ("NVIDIA TITAN RTX", "turing"),
        ("Tesla V100-SXM2-16GB", "volta"),
        ("Tesla T4", "turing"),
        ("Quadro RTX 6000", "turing"),
        ("NVIDIA RTX 6000 Ada Generation", "ada"),
        ("Transient_Response_4090_TR", "ada"),
        ("Tesla K40m", "kepler"),
        ("NVIDIA H100 80GB HBM3", "hopper"),
        ("NVIDIA GH200 480GB", "hopper"),
        ("NVIDIA B200", "blackwell"),
        ("NVIDIA GeForce RTX 5090", "blackwell"),
        ("AMD Instinct MI300X", ""),
        ("", ""),
        ("card of the year 3000", ""),
    ],
)
def test_a_card_is_known_by_its_name(name: str, generation: str) -> None:
    assert generation_of(name) == generation


def test_no_word_belongs_to_two_generations() -> None:
    words = [w for r in catalog.default().records("sensor").values() for w in r.meta["words"]]
    assert len(words) == len(set(words))


def test_fields_and_windows_by_generation() -> None:
    assert model_for("RTX 3090", "draw").window_s == model_for("RTX 3090", "average").window_s == pytest.approx(1.1)
    assert model_for("A100", "draw").seen == pytest.approx(0.25)
    assert model_for("RTX 3090", "instant").seen == 1.0
    assert not model_for("nonsense").generation
    assert best_field("RTX 3090", ["draw", "average", "instant"]) == "instant"
    assert best_field("H100", ["average", "instant"]) == "average"
    notes = {"power.draw": "draw", "power.draw.average": "average", "energy counter and instant power": "instant"}
    for note, field in notes.items():
        assert field_of(flat(100, note=note)) == field
    assert field_of(replace(flat(100, note=""), spec=Spec("nvml", window_s=1.0))) == "average"
    counter = replace(flat(100), energy_j=np.arange(200.0))
    assert field_of(counter) == "counter"
    assert field_of(replace(counter, energy_j=np.zeros(200))) == "draw"  # a counter that stands still counts nothing


@pytest.mark.parametrize("power_w", [100.0, 150.0, 200.0, 300.0])
def test_every_measured_card_lies_within_what_is_expected_of_its_model(power_w: float) -> None:
    for unit in catalog.default().records("sensor_unit").values():
        gain = gain_for(str(unit.meta["words"][0]))
        reading = power_w * (1 + unit["gain"].value) + unit["offset_w"].value
        assert abs(power_w / float(gain.power_w(reading)) - 1) < gain.error(power_w), unit.name
        assert gain.error(power_w) <= 0.08, unit.name


def test_what_one_card_says_of_another_is_less_than_of_itself() -> None:
    unit = catalog.default().records("sensor_unit")["unit-a100"]
    assert unit["gain"].value < gain_for("A100").gain < gain_for("unheard of").gain
    assert gain_for("A100").error(200) < gain_for("H100").error(200)
    covariance = gain_for("whatever").covariance
    assert np.linalg.eigvalsh(covariance).min() > 0


def test_a_counter_is_taken_before_watts_and_survives_a_reset() -> None:
    time = T0 + np.arange(0, 60, 0.5)
    energy_j = 200.0 * (time - T0)
    series = Series(Device("h", "g", "gpu", "V100"), Spec("nvml"), time, np.full(len(time), 9.0), energy_j)
    got = energy(series, T0 + 5, T0 + 55)
    assert got.raw_j == pytest.approx(200 * 50, rel=1e-6)
    assert got.holds(200 * 50.0)
    reset = np.where(np.arange(len(time)) < 60, energy_j, energy_j - energy_j[60])
    after = energy(replace(series, energy_j=reset), T0 + 5, T0 + 55)
    assert after.raw_j == pytest.approx(200 * 50, rel=1e-6)  # the step of the reset at the power beside it


@given(st.floats(1e3, 1e5), st.integers(0, 2**32 - 1))
def test_a_counter_that_wraps_comes_out_right(wrap_j: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    time = T0 + np.arange(0, 60, 0.5)
    total = np.cumsum(rng.uniform(0, 400, len(time)))
    series = Series(Device("h", "g", "cpu"), Spec("rapl", wrap_j=wrap_j), time, None, (total + 123.0) % wrap_j)
    assert energy(series, time[0], time[-1]).energy_j == pytest.approx(total[-1] - total[0], rel=1e-9)


def test_what_is_not_nvml_comes_back_as_it_was() -> None:
    series = flat(500.0, source="ptd")
    got = energy(series, T0 + 1, T0 + 11)
    assert got.energy_j == got.raw_j == pytest.approx(5000, rel=1e-4)
    assert got.parts["sensor"] == Spec("ptd").error
    assert np.array_equal(cleaned(series).peak_w, flat(500.0).power_w)  # type: ignore[arg-type]


def test_an_unknown_card_says_so_and_doubts_more() -> None:
    known, unknown = energy(flat(200, name="A100"), T0 + 1, T0 + 11), energy(flat(200, name="XYZ"), T0 + 1, T0 + 11)
    assert unknown.error > known.error
    assert any("not known" in note for note in unknown.notes)


def test_correction_takes_good_readings_alone_and_states_its_own_error() -> None:
    series = flat(200.0, name="A100")
    assert series.power_w is not None
    power = series.power_w.copy()
    power[[3, 50, 77]] = np.nan, -1.0, 1e9
    time = series.time_s.copy()
    time[[20, 21]] = time[[21, 20]]
    broken = replace(series, power_w=power, time_s=time)
    mended = cleaned(broken)
    assert len(mended.peak_w) == len(power) - 3
    assert mended.peak_w == pytest.approx(float(gain_for("A100").power_w(200.0)), rel=1e-3)
    assert 0 < mended.spec.error <= 0.08
    again = cleaned(replace(series, spec=mended.spec))
    assert np.array_equal(again.peak_w, series.power_w)  # once is enough
    (as_read,) = clean(series, as_read=True).powers
    assert np.array_equal(as_read.peak_w, series.power_w)
    counted = replace(series, power_w=None, energy_j=200.0 * (series.time_s - T0), spec=Spec("nvml", wrap_j=1e6))
    ratio = cleaned(counted).total_j(series.time_s[-1])[0] / counted.energy_j[-1]  # type: ignore[index]
    assert 1.0 < ratio < 1.06


def test_a_stuck_sensor_and_a_silence_are_doubted_and_no_power_is_made_up_for_them() -> None:
    series = flat(200.0, 120.0, "RTX 3090", note="power.draw.instant")
    assert series.power_w is not None
    stuck = replace(
        series, power_w=np.where((series.time_s > T0 + 40) & (series.time_s < T0 + 90), 199.0, series.power_w)
    )
    got = energy(stuck, T0 + 30, T0 + 100)
    assert got.parts["stuck"] == pytest.approx(50 / 70, rel=0.01)
    assert any("stuck at 199 W" in each.done for each in clean(stuck).flaws)
    assert "stuck" not in energy(stuck, T0 + 1, T0 + 35).parts
    assert cleaned(stuck).spec.error < 0.08  # a fault of its own, to be counted as such
    wavy = replace(series, power_w=series.power_w + 50 * np.sin(series.time_s))
    keep = (series.time_s < T0 + 40) | (series.time_s > T0 + 90)
    gap = replace(wavy, time_s=wavy.time_s[keep], power_w=wavy.power_w[keep])  # type: ignore[index]
    assert energy(gap, T0 + 30, T0 + 100).parts["gaps"] > 0.1
    assert "gaps" not in energy(gap, T0 + 1, T0 + 35).parts
    times = correct(gap).series.time_s
    assert not ((times > T0 + 45) & (times < T0 + 85)).any()
    counter = replace(gap, power_w=None, energy_j=200 * (gap.time_s - T0))
    assert "gaps" not in energy(counter, T0 + 30, T0 + 100).parts
    assert energy(counter, T0 + 30, T0 + 60).parts["gaps"] > 0


def powers(power: list[float], time: list[float]) -> Series:
    return Series(Device("h", "g", "gpu", "A100"), Spec("nvml"), np.array(time), np.array(power))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: energy(flat(100), T0 + 5, T0 + 5), "later than its begin"),
        (lambda: energy(flat(100), T0 + 5, T0 + 4), "later than its begin"),
        (lambda: energy(flat(100), T0 - 50, T0 + 4), "not within the readings"),
        (lambda: energy(flat(100), T0 + 5, T0 + 400), "not within the readings"),
        (lambda: energy(powers([100.0], [T0]), T0, T0 + 1), "fewer than two"),
        (lambda: energy(powers([np.nan, -2.0], [T0, T0 + 1]), T0, T0 + 1), "fewer than two"),
        (lambda: energy(replace(flat(100), power_w=None), T0, T0 + 1), "without power and without energy"),
    ],
)
def test_nonsense_is_told_in_one_line(make: Callable[[], object], message: str) -> None:
    with pytest.raises(WattlineError, match=message):
        make()


@pytest.mark.shared
def test_real_cards_beside_a_meter(shared_data: Path) -> None:
    from wattline.validate.sensors import validate

    result = validate(shared_data / "gpu_sensor")
    assert {c.pair.name for c in result.checked} == {"5050_3090", "5050_A100", "Transient_Response_A100_TR"}
    for checked in result.checked:
        assert checked.pair.ahead_s == 3600
        for windows in checked.fields.values():
            assert all(w.inside for w in windows)
            assert all(w.stated <= 0.08 for w in windows)
        for windows in checked.sliding.values():
            assert all(w.inside for w in windows)
    assert [(s.power_w, s.field) for s in result.stuck] == [(46.19, "draw")]


@pytest.mark.parametrize("left_out", ["card", "generation"])
def test_a_card_left_out_lies_within_what_the_others_say_of_it(left_out: str) -> None:
    for unit in catalog.default().records("sensor_unit").values():
        word, model = str(unit.meta["words"][0]), str(unit.meta["type"])
        gain = gain_for(word, frozenset([model if left_out == "card" else generation_of(word)]))
        assert (gain.cards, gain.gain, gain.offset_w) == (0, 0.0, 0.0)  # its readings stand
        for power_w in (20.0, 30.0, 50.0, 100.0, 200.0, 300.0):
            reading = power_w * (1 + unit["gain"].value) + unit["offset_w"].value
            assert abs(power_w - reading) <= gain.error(reading) * reading, (unit.name, power_w)


def test_what_a_sensor_does_to_time_is_undone_only_where_one_of_its_kind_was_metered() -> None:
    assert model_for("RTX 3090").metered
    assert model_for("A40").metered  # of the 3090's generation
    assert not model_for("RTX 3090", apart=frozenset(["3090"])).metered
    assert not model_for("RTX 3090", apart=frozenset(["ampere"])).generation
    for name in ("4090", "H100", "B200", "V100", "T4", "P100", "no such card"):
        assert not model_for(name).metered


@pytest.mark.parametrize("name", ["4090", "H100", "B200", "T4", "no such card"])
@pytest.mark.parametrize("window_s", [0.025, 0.1, 1.0, 1.1])
def test_a_card_that_was_never_metered_stands_and_its_range_holds_the_truth(name: str, window_s: float) -> None:
    """Whatever its sensor may do to time: its load, the halves in which it begins and ends, windows of 2 s."""
    rng = np.random.default_rng(7)
    time, power = sim.steps(14.0, 70.0, 350.0, [(2.0, 8.0)])
    field = "power.draw.average"
    series = sim.read(time, power, sim.Sensor(0.1, window_s), rng, name, field)
    corrected = correct(series, apart=frozenset([generation_of(name)]) if name == "no such card" else frozenset())
    spans = [(1.0, 13.0), (2.0, 8.0), (1.0, 6.0), (6.0, 13.0), *((at, at + 2.0) for at in np.arange(1.0, 11.0, 0.5))]
    for begin, end in spans:
        got = energy_of(corrected, T0 + begin, T0 + end)
        gain = gain_for(name)
        as_read = gain.gain * got.energy_j + gain.offset_w * (end - begin) + got.energy_j
        assert as_read == pytest.approx(got.raw_j, rel=0.02)  # its time stands as it was read
        assert got.holds(sim.energy(power, begin, end)), (begin, end)


def test_late_readings_of_a_named_card_are_counted_once() -> None:
    """A reading is the mean of the time before it: that moves energy over an edge, and no more than that is doubted."""
    rng = np.random.default_rng(5)
    inside, narrower = [], []
    for window_s in (0.025, 0.1, 1.0):
        for _ in range(4):
            begins = np.sort(rng.uniform(1.0, 12.0, 5))
            time, power = sim.steps(14.0, 60.0, 350.0, [(b, b + rng.uniform(0.2, 1.2)) for b in begins])
            series = sim.read(time, power, sim.Sensor(0.1, window_s), rng)
            named, nameless = correct(series, "H100"), correct(series, "no such card")
            for begin in rng.uniform(0.5, 11.0, 8):
                span = T0 + begin, T0 + begin + 2.0
                got, other = energy_of(named, *span), energy_of(nameless, *span)
                inside.append(got.holds(sim.energy(power, begin, begin + 2.0)))
                narrower.append(got.error / other.error)
    assert np.mean(inside) > 0.95
    assert np.median(narrower) < 0.6


@pytest.mark.shared
@pytest.mark.parametrize("left_out", ["card", "generation"])
def test_real_cards_left_out_are_never_made_worse_and_lie_within_the_range(shared_data: Path, left_out: str) -> None:
    from wattline.validate.sensors import validate

    results = validate(shared_data / "gpu_sensor", left_out=left_out).json()["results"]
    summary = results["summary"]
    assert [card[kind]["worse"] for card in results["cards"] for kind in ("windows", "sliding")] == [0] * 6
    for scores in summary.values():
        assert scores["n"] > 0
        assert (scores["windows_in_range"], scores["worse"]) == (scores["n"], 0)
