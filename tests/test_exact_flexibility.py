"""Flexible load by hand: room in a grid, jobs that move, power that swings, and what holds it still."""

from __future__ import annotations

import numpy as np
import pytest

from wattline.core.errors import WattlineError
from wattline.line.grid.flexibility.headroom import added_for_hours, added_for_share, headroom, headroom_of, room_w
from wattline.line.grid.flexibility.shift import Leeway, Removal, forecast, shift, work_by_step
from wattline.line.grid.flexibility.smoothing import (
    start_and_stop_j,
    with_floor,
    with_ramp_limit,
    with_shelf,
    with_store,
)
from wattline.line.grid.flexibility.swings import Spectrum, SwingLimits, broken, spectrum, storage_j, swings
from wattline.line.grid.flexibility.waveform import StepPhase, training_power
from wattline.line.grid.flexibility.yielding import yielding

JULY = np.full(8, 7)


def test_a_load_in_half_hours_and_its_events_by_hand() -> None:
    """3 W in rooms of 0, 0, 6, 0, 0, 1.5, 6 and 6 W: cut by 3 in four half hours and by half in one; 4 hours in all."""
    demand = np.array([10.0, 10, 4, 10, 10, 8.5, 4, 4])
    got = headroom_of(demand, JULY, 3.0, step_h=0.5)
    years = 4 / 8766
    assert got.curtailed_share == pytest.approx(13.5 / 24)
    assert got.curtailed_h_per_year == pytest.approx(2.5 / years)
    assert got.events_per_year == pytest.approx(2 / years)
    assert (got.mean_event_h, got.longest_event_h) == (1.25, 1.5)
    assert (got.mean_depth, got.half_stays_share) == (pytest.approx(0.9), pytest.approx(0.2))
    assert (got.added_w, got.peak_w, got.load_factor) == (3, 10, pytest.approx(60.5 / 80))
    assert headroom_of(demand, JULY, 3.0).longest_event_h == 3  # in hours where no step is given
    nothing = headroom_of(demand, JULY, 0.0)
    assert (nothing.curtailed_share, nothing.mean_depth, nothing.half_stays_share) == (0, 0, 1)
    with pytest.raises(WattlineError, match="0 W or more"):
        headroom_of(demand, JULY, -1.0)
    assert headroom_of(np.zeros(8), JULY, 0.0).load_factor == 0


def test_the_load_of_a_share_and_of_hours_by_hand() -> None:
    """Rooms of 0 to 7 W: a load of 2 is cut by 2 and 1, 3 of 16; in no more than two hours it is 2 too."""
    room = np.array([3.0, 0, 7, 1, 5, 2, 6, 4])
    assert added_for_share(room, 3 / 16) == pytest.approx(2)
    assert added_for_share(room, 0.0) == 0
    assert added_for_share(room, 0.9) == pytest.approx(28 / (8 - 7.2))  # beyond all rooms
    assert [added_for_hours(room, steps) for steps in (0, 2, 7, 9)] == [0, 2, 7, 7]
    demand = 10 - room
    years = 8 / 8766
    assert headroom(demand, JULY, hours=2 / years).added_w == 2
    assert headroom(demand, JULY, hours=1.9 / years).added_w == 1
    assert headroom(demand, JULY, hours=2 / years, step_h=0.5).added_w == 2  # of half as long a time
    assert headroom(demand, JULY, share=3 / 16).added_w == pytest.approx(2)
    for given in ({"share": -0.1}, {"share": 1.0}, {"hours": -1.0}, {"hours": 8767.0}, {"share": 0.1, "hours": 1.0}):
        with pytest.raises(WattlineError, match="headroom"):
            headroom(demand, JULY, **given)
    for bad in (-1.0, np.nan, np.inf):
        with pytest.raises(WattlineError, match="step 3"):
            headroom(np.where(np.arange(8) == 3, bad, demand), JULY, share=0.1)


def test_a_forecast_is_the_mean_of_the_same_hour_of_seven_days() -> None:
    """Days of four steps: of day 9 the days 2 to 8; of a step a day further on the latest day that is over."""
    signal = np.arange(48.0)
    got = forecast(signal, np.array([[36, 37, 40, 41]]), 4)[0]
    assert got.tolist() == [36 - 4 * 4, 37 - 4 * 4, 40 - 4 * 5, 41 - 4 * 5]
    assert forecast(signal, np.array([[9, 10]]), 4)[0].tolist() == [(5 + 1) / 2, (6 + 2) / 2]  # two days are there
    assert forecast(signal, np.array([[4]]), 4)[0].tolist() == [0]


def test_the_work_of_a_window_by_hand() -> None:
    costs = np.array([[5.0, 1, 4, 1, 9], [1.0, 1, 9, 9, 9]])
    assert work_by_step(costs, Leeway(2)).tolist() == [[0, 1, 1, 0, 0], [1, 1, 0, 0, 0]]
    assert work_by_step(costs, Leeway(2, pause_cost=0.0)).tolist() == [[0, 1, 0, 1, 0], [1, 1, 0, 0, 0]]
    # a pause that costs half of a step's work: 1 and 1.5 are less than 1 and 4; one of five steps is not worth it
    assert work_by_step(costs, Leeway(2, pause_cost=0.5)).tolist() == [[0, 1, 0, 1.5, 0], [1, 1, 0, 0, 0]]
    assert work_by_step(costs, Leeway(2, pause_cost=5.0)).tolist() == [[0, 1, 1, 0, 0], [1, 1, 0, 0, 0]]
    three = np.array([[1.0, 9, 1, 1, 9, 1]])
    assert work_by_step(three, Leeway(3, pause_cost=1.0)).tolist() == [[1, 0, 2, 1, 0, 0]]
    for wrong in (
        {"length": 0},
        {"length": 1, "before": -1},
        {"length": 1, "after": -1},
        {"length": 1, "pause_cost": -1.0},
    ):
        with pytest.raises(WattlineError, match="shift: length"):
            Leeway(**wrong)  # type: ignore[arg-type]


def test_jobs_that_move_in_time_by_hand() -> None:
    """Days of four steps; the job was meant for steps 5 and 6 of a signal, with a step before and two after."""
    signal = np.array([8.0, 6, 4, 2, 3, 9, 7, 1, 2, 5])
    got = shift(signal, np.array([5]), Leeway(2, 1, 2), steps_per_day=4)
    assert got.steps.tolist() == [[4, 5, 6, 7, 8]]
    assert (float(got.meant[0]), float(got.foresight[0])) == (16, 3)
    # the past tells 8, 6, 4, 2 and 8: steps 6 and 7, which were 7 and 1
    assert float(got.causal[0]) == 8
    assert got.by["causal"].work.tolist() == [[0, 0, 1, 1, 0]]
    assert (got.saving(), got.saving("causal")) == (pytest.approx(13 / 16), pytest.approx(0.5))
    other = np.arange(10.0)[None]
    assert [float(got.counted(other, name)[0]) for name in ("meant", "causal", "foresight")] == [11, 13, 15]
    assert len(shift(signal, np.array([4, 5, 6, 7]), Leeway(2, 1, 2), 4).meant) == 2  # a day before, and all within
    assert shift(np.zeros(10), np.array([5]), Leeway(2, 1, 2), 4).saving() == 0


def test_jobs_that_move_to_another_site_by_hand() -> None:
    """A site at half the price, to which the data's move takes a step of work, half at either place, and a fee of 1."""
    signals = np.stack([np.full(10, 4.0), np.full(10, 2.0)])
    for length, site in ((3, 1), (1, 0)):  # 3 steps: 12 here or 6 + 3 + 1 there; one: 4 or 2 + 3 + 1
        got = shift(signals, np.array([5]), Leeway(length), 4, Removal(1.0, 1.0))
        assert got.by["foresight"].site.tolist() == [site]
        assert float(got.foresight[0]) == min(4 * length, 2 * length + 4)
    got = shift(signals, np.array([5]), Leeway(3), 4, Removal(1.0, 1.0))
    assert float(got.counted(2 * signals, "foresight")[0]) == 12 + 6  # without the fee
    assert float(got.counted(2 * signals, "meant")[0]) == 24
    for wrong in ((-1.0, 0.0), (np.inf, 0.0), (0.0, np.nan)):
        with pytest.raises(WattlineError, match="moving takes"):
            Removal(*wrong)


def test_swings_of_a_few_steps_by_hand() -> None:
    """0, 4, 0 and 4 W in half seconds: a line at 1 Hz of 2 W times sin(x)/x with x = pi/2; a store of 1 J."""
    power = np.array([0.0, 4, 0, 4])
    lines = spectrum(power, 0.5)
    assert lines.frequency_hz.tolist() == [0.5, 1]
    assert lines.amplitude_w.tolist() == pytest.approx([0, 2 * 2 / np.pi])
    assert storage_j(power, 0.5) == 1
    got = swings(power, 0.5, (0.9, 1.0))
    assert (got.mean_w, got.lowest_w, got.highest_w, got.storage_j) == (2, 0, 4, 1)
    assert (got.ramp_up_w_per_s, got.ramp_down_w_per_s, got.ramp_p99_w_per_s) == (8, 8, 8)
    assert (got.frequency_hz, got.band_share, got.highest_shown_hz) == (1, 1, 1)
    assert swings(power, 0.5, (0.0, 0.9)).band_share == 0
    rising = swings(np.array([1.0, 2, 4, 4]), 2.0)
    assert (rising.ramp_up_w_per_s, rising.ramp_down_w_per_s) == (1, 0)
    assert rising.ramp_p99_w_per_s == pytest.approx(np.percentile([0.5, 1, 0], 99))
    assert swings(np.array([4.0, 3, 1]), 2.0).ramp_up_w_per_s == 0
    assert swings(np.array([3.0, 3]), 1.0).frequency_hz == 0
    some = Spectrum(np.array([1.0, 2, 3]), np.array([3.0, 4, 5]))
    assert some.largest() == (3, 5)
    assert [some.share(*band) for band in ((1, 2), (2, 2), (2.1, 2.9), (0, 9))] == pytest.approx([0.5, 0.32, 0, 1])
    odd = spectrum(3 + np.cos(2 * np.pi * np.arange(5) / 5), 1.0)  # the half line stands in an even number alone
    assert odd.amplitude_w.tolist() == pytest.approx([np.sinc(0.2), 0])
    for bad, words in (([1.0], "two steps"), ([[1.0, 2]], "two steps"), ([1.0, np.nan], "step 1")):
        with pytest.raises(WattlineError, match=words):
            swings(np.array(bad), 1.0)


def test_limits_are_broken_by_more_than_they_allow() -> None:
    got = swings(np.array([0.0, 4, 0, 4]), 0.5, (0.9, 1.0))
    names = ["band_share", "ramp_up_w_per_s", "ramp_down_w_per_s", "range_w"]
    assert broken(got, SwingLimits()) == []
    assert broken(got, SwingLimits((0.9, 1), 1.0, 8.0, 8.0, 4.0)) == []
    assert broken(got, SwingLimits((0.9, 1), 0.99, 7.9, 7.9, 3.9)) == names
    assert broken(got, SwingLimits(range_w=0.0)) == ["range_w"]


def test_measures_against_swings_by_hand() -> None:
    floor = with_floor(np.array([1.0, 3, 2]), 2.0)
    assert (floor.power_w.tolist(), floor.extra_share, floor.store_j) == ([2, 3, 2], pytest.approx(1 / 6), 0)
    # 2 W/s up and 1 W/s down in half seconds: it rises before the pulse and falls after it
    ramp = with_ramp_limit(np.array([0.0, 0, 0, 3, 0, 0, 0]), 0.5, 2.0, 1.0)
    assert ramp.power_w.tolist() == pytest.approx([0, 1, 2, 3, 2.5, 2, 1.5])
    assert ramp.extra_share == pytest.approx(3)
    for wrong in ((0.0, 1.0), (1.0, 0.0)):
        with pytest.raises(WattlineError, match="ramp limits"):
            with_ramp_limit(np.ones(3), 1.0, *wrong)
    # 0 and 10 W in turn, 2 s each, levelled to 5; half of the 2.5 W that come out of the store are lost on the way
    store = with_store(np.array([0.0, 10, 0, 10]), 2.0, 4.0, 0.5)
    assert store.power_w.tolist() == pytest.approx([7.5] * 4)
    assert (store.extra_share, store.store_j, store.store_w) == (pytest.approx(0.5), 10, 5)
    centred = with_store(np.array([0.0, 6, 0, 0, 0, 0]), 1.0, 3.0, 1.0)
    assert centred.power_w.tolist() == pytest.approx([2, 2, 2, 0, 0, 0])
    assert (centred.store_j, centred.store_w) == (pytest.approx(4), pytest.approx(4))
    assert with_store(np.array([1.0, 5, 3]), 1.0, 0.1, 0.5).power_w.tolist() == [1, 5, 3]
    assert with_store(np.array([1.0, 5, 3]), 1.0, 99.0, 1.0).power_w.tolist() == pytest.approx([3] * 3)
    for wrong_ in (0.0, 1.1):
        with pytest.raises(WattlineError, match="efficiency"):
            with_store(np.ones(3), 1.0, 1.0, wrong_)
    whole = with_shelf(np.array([0.0, 10, 0, 10]), 2.0, 10.0, 1.0)
    assert whole.power_w.tolist() == pytest.approx([5] * 4)
    assert with_shelf(np.array([0.0, 0, 0, 12, 0, 0]), 1.0, 6.0, 1.0).store_j <= 6 + 1e-9
    emptied = with_store(np.array([10.0, 0, 10, 0]), 2.0, 4.0, 1.0)  # it gives before it takes
    assert emptied.store_j == 10
    pulse = np.array([3.0, 1, 0, 12, 0, 2, 5, 1, 0, 4])
    stores = [with_store(pulse, 1.0, float(width), 0.9) for width in range(1, 11)]
    for shelf in (5.0, 6.0, 8.5, 8.75, 9.1, 12.0):
        made = with_shelf(pulse, 1.0, shelf, 0.9)
        (width,) = [k for k, each in enumerate(stores) if each.power_w.tolist() == made.power_w.tolist()]
        assert made.store_j <= shelf + 1e-9
        assert width + 1 == len(stores) or stores[width + 1].store_j > shelf
    assert with_floor(np.array([0.001, 0.003]), 0.002).extra_share == pytest.approx(0.25)
    with pytest.raises(WattlineError, match="above 0 J"):
        with_shelf(np.ones(3), 1.0, 0.0, 1.0)


def test_the_power_of_a_training_step_by_hand() -> None:
    """0.7 s at 100 W and 0.3 s at 50 W of ten chips, in tenths of a second; a pause of half a second after two."""
    phases = [StepPhase("compute", 0.7, 100.0), StepPhase("communicate", 0.3, 50.0)]
    once = training_power(phases, 10, step_s=0.1)
    assert once.tolist() == pytest.approx([1000] * 7 + [500] * 3)
    coarse = training_power(phases, 1, step_s=0.5, duration_s=2.0)
    assert coarse.tolist() == pytest.approx([100, (0.2 * 100 + 0.3 * 50) / 0.5] * 2)
    pause = StepPhase("checkpoint", 0.5, 20.0)
    rest = training_power(phases, 1, step_s=0.1, pause=pause, pause_every=2)
    assert rest.tolist() == pytest.approx([*([100] * 7 + [50] * 3) * 2, *[20] * 5])
    assert training_power(phases, 1, step_s=0.1, pause=pause).tolist() == pytest.approx([100] * 7 + [50] * 3)
    smeared = training_power(phases, 1, step_s=0.1, straggle_s=0.05)
    share = np.abs(np.fft.rfft(smeared)) / np.abs(np.fft.rfft(once / 10))
    assert share[:3] == pytest.approx(np.exp(-2 * (np.pi * np.arange(3) * 0.05) ** 2))
    for wrong in ({"chips": 0}, {"step_s": 0.0}, {"straggle_s": -1.0}):
        with pytest.raises(WattlineError, match="one phase or more"):
            training_power(phases, **({"chips": 1} | wrong))  # type: ignore[arg-type]
    for wrong_phase in ((0.0, 1.0), (1.0, -1.0)):
        with pytest.raises(WattlineError, match="phase x"):
            StepPhase("x", *wrong_phase)
    with pytest.raises(WattlineError, match="are more than"):
        training_power(phases, 1, step_s=1e-9)


def test_when_a_load_yields_by_hand() -> None:
    """3 W in rooms of 0, 0, 6, 0, 0, 1.5, 6 and 6 W: stretches of two and three half hours, at hours 0 to 2 of July."""
    demand = np.array([10.0, 10, 4, 10, 10, 8.5, 4, 4])
    hour = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    got = yielding(demand, JULY, hour, 3.0, step_h=0.5)
    years = 4 / 8766
    assert got.hours_by_month[6, :4] * years == pytest.approx([1.0, 0.5, 1.0, 0.0])
    assert got.hours_by_month.sum() * years == pytest.approx(2.5)
    assert got.events_per_year * years == pytest.approx([1, 1, 0, 0, 0, 0, 0])
    assert (got.demand_w[0], got.with_load_w[0], got.unyielding_w[0]) == (10, 10, 13)
    in_hours = yielding(demand, JULY, hour, 3.0)
    assert in_hours.events_per_year * 2 * years == pytest.approx([0, 1, 1, 0, 0, 0, 0])
    none = yielding(demand, JULY, hour, 0.0)
    assert (none.hours_by_month.sum(), none.events_per_year.sum()) == (0, 0)


def test_the_highest_hours_are_those_of_the_highest_tenth() -> None:
    """A hundred steps of 1 to 100 W, each with a room of its own month: the tenth highest is 90 W."""
    demand, month = np.arange(100.0) + 1, np.arange(100) % 12 + 1
    got = yielding(demand, month, np.zeros(100), 30.0)
    assert (len(got.share), got.share[0], got.share[-1]) == (61, 0, pytest.approx(0.1))
    assert (got.demand_w[0], got.demand_w[-1]) == (100, 90)
    assert got.unyielding_w - got.demand_w == pytest.approx(np.full(61, 30))
    room = room_w(demand, month)  # never above the month's highest
    assert got.with_load_w[0] == pytest.approx((demand + np.minimum(30.0, room)).max()) == 100
    long = yielding(np.full(20, 5.0), np.full(20, 1), np.zeros(20), 1.0)
    assert long.events_per_year * 20 / 8766 == pytest.approx([0, 0, 0, 0, 0, 0, 1])  # longer than the longest length


def test_a_small_shelf_and_half_second_steps_by_hand() -> None:
    """0, 8, 0, 8 W in half seconds: a window of two steps needs a store of 2 J, of one none."""
    power = np.array([0.0, 8, 0, 8])
    for shelf, left in ((0.5, 8.0), (2.0, 0.0), (50.0, 0.0)):
        made = with_shelf(power, 0.5, shelf, 1.0)
        assert np.ptp(made.power_w) == pytest.approx(left), shelf
    with pytest.raises(WattlineError, match="above 0 J"):
        with_shelf(power, 0.5, 0.0, 1.0)
    assert start_and_stop_j(6.0, 3.0) == 12
    for limit in (0.0, -1.0, float("nan")):
        with pytest.raises(WattlineError, match="above 0"):
            start_and_stop_j(6.0, limit)


def test_a_step_or_a_line_that_is_rounding_is_none() -> None:
    """What differs by less than a part in a million million of the highest power, at rest or beside it, is no swing."""
    power = np.array([0.0, 0.0, 1e6, 1e6 * (1 + 1e-15), 1e6, 1e6])
    flat = np.full(6, 1e6) * (1 + 1e-16 * np.arange(6))
    assert (swings(flat, 1.0).ramp_up_w_per_s, spectrum(flat, 1.0).amplitude_w.max()) == (0, 0)
    assert swings(power, 2.0).ramp_up_w_per_s == pytest.approx(5e5)
    assert spectrum(power / 1e6 * 0.5, 1.0).share(0.0, 10.0) == pytest.approx(1)
