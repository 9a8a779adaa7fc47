"""Cooling by hand: moist air, fans, pumps, chillers, towers and dry coolers of a hall of round numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooling_by_hand import PRESSURE, hall, heat, of, sky
from wattline.line.site import air
from wattline.line.site.cooling import parts, plant, water_economiser
from wattline.line.site.cooling.liquid import direct_to_chip, direct_to_chip_adiabatic
from wattline.line.site.cooling.parts import FREE, MECHANICAL, PART, WETTED


def test_moist_air_is_that_of_the_tables() -> None:
    """ASHRAE Fundamentals 2017, chapter 1, tables 2 and 3: saturation, enthalpy and volume at sea level."""
    assert float(air.saturation_pa(20.0)) == pytest.approx(2338.8, rel=1e-4)
    assert float(air.saturation_pa(0.01)) == pytest.approx(611.7, rel=1e-3)
    assert float(air.saturation_pa(-20.0)) == pytest.approx(103.24, rel=1e-3)
    assert float(air.quick_saturation_pa(np.asarray(30.0))) == pytest.approx(4246.0, rel=1e-3)
    assert float(air.humidity_ratio(20.0, 1.0, PRESSURE)) == pytest.approx(0.014758, rel=5e-3)
    assert float(air.enthalpy(20.0, 0.014758)) == pytest.approx(57_555, rel=5e-3)
    assert float(air.density(20.0, PRESSURE)) == pytest.approx(1 / 0.8305, rel=1e-3)
    assert float(air.standard_pressure_pa(1000.0)) == pytest.approx(89_875, rel=1e-3)
    assert float(air.standard_pressure_pa(0.0)) == 101_325


@given(st.floats(-30, 45), st.floats(0.05, 1), st.floats(60_000, 105_000))
def test_moist_air_and_back(t_c: float, relative: float, pressure_pa: float) -> None:
    ratio = air.humidity_ratio(t_c, relative, pressure_pa)
    assert float(air.relative_humidity(t_c, ratio, pressure_pa)) == pytest.approx(relative)
    dew = air.dew_point_c(ratio, pressure_pa)
    assert float(air.saturation_pa(dew)) == pytest.approx(float(air.vapour_pa(ratio, pressure_pa)), rel=1e-6)
    if dew > 0:
        assert float(air.dew_guess_c(ratio, pressure_pa)) == pytest.approx(float(dew), abs=0.5)
    wet = float(air.wet_bulb_c(t_c, ratio, pressure_pa))
    if t_c > 0.5 and wet > 0.5:  # over water: air wetted to saturation has the enthalpy of the air and of the water
        full = air.humidity_ratio(wet, 1.0, pressure_pa)
        given_ = float(air.enthalpy(t_c, ratio) + (full - ratio) * air.CP_WATER * wet)
        assert given_ == pytest.approx(float(air.enthalpy(wet, full)), abs=25 + 0.01 * abs(given_))


def test_fans_and_pumps_follow_their_flow() -> None:
    """The volume that carries the design's heat at its rise, against the head; half of it at half load."""
    fans, with_fans = parts.hall_fans(heat(), np.asarray(20.0), np.asarray(PRESSURE), np.asarray(400.0), hall())
    full = 1 / (air.CP_MOIST * 10 * float(air.density(20.0, PRESSURE))) * 400 / 0.5
    assert float(fans) == pytest.approx(full / 2)
    assert of(with_fans, "now", "design") == pytest.approx([0.5 + full / 2, 1 + full])
    pumps, with_pumps = parts.pump(heat(), np.asarray(6.0), np.asarray(1e5), hall(fan_standing=0.4))
    full = 1 / (4186 * 998 * 6) * 1e5 / 0.2
    assert float(pumps) == pytest.approx(full * (0.4 + 0.6 * 0.5))
    assert of(with_pumps, "now", "design") == pytest.approx([0.5 + full * 0.7, 1 + full])
    assert float(parts.staging(np.asarray(0.25), np.asarray(0.2))) == pytest.approx(0.4)
    assert float(parts.fan_speed_law(np.asarray(0.5))) == 0.125
    assert of(heat(0.4, 0.8).share(0.5), "now", "design", "part") == [0.2, 0.4, 0.5]


def test_temperatures_of_air_and_chilled_water() -> None:
    assert float(parts.supply_c(hall())) == pytest.approx(25)
    assert float(parts.supply_c(hall(), "supply_place_free")) == pytest.approx(20)
    assert float(parts.chilled_water_c(np.asarray(25.0), hall())) == pytest.approx(25 + 10 - 10 / 0.5)


def test_a_chiller_takes_its_share_of_carnots_power() -> None:
    """From 5 to 35 °C at full load: 278.15 / 30 of Carnot, half of that reached, a tenth better."""
    power = parts.chiller(heat(1.0), *(np.asarray(x) for x in (5.0, 35.0, 0.5, 0.1)), hall())
    assert float(parts.part_load_penalty(np.asarray(1.0), hall())) == pytest.approx(0.2 / 0.8 + 0.45 + 0.375 * 0.8)
    assert float(power) == pytest.approx(30 / 278.15 / 0.5 / 1.1)
    least = parts.chiller(heat(1.0), *(np.asarray(x) for x in (5.0, 6.0, 0.5, 0.0)), hall())
    assert float(least) == pytest.approx(10 / 278.15 / 0.5)
    half = parts.chiller(heat(0.5), *(np.asarray(x) for x in (5.0, 35.0, 0.5, 0.1)), hall())
    assert float(half) == pytest.approx(float(power) / 2)  # units are switched off
    twentieth = parts.part_load_penalty(np.asarray(0.05), hall())  # the last unit at half of its load
    assert float(twentieth) == pytest.approx(0.2 / 0.4 + 0.45 + 0.375 * 0.4)
    assert float(parts.part_load_penalty(np.asarray(0.0), hall())) == pytest.approx(0.2 / 0.008 + 0.45 + 0.375 * 0.008)


def test_a_towers_water_and_fans() -> None:
    """Water back at its approach: full fans; twice the approach: half speed and an eighth of the power."""
    out = sky()
    made = parts.tower(np.asarray(1.0), np.asarray(1.0), np.asarray(24.0), out, hall())
    flow = 1 / (4186 * 5)
    fans = flow / 1.25 / float(air.density(30.0, PRESSURE)) * 150 / 0.6
    assert float(made.fans) == pytest.approx(fans)
    slow = parts.tower(np.asarray(1.0), np.asarray(1.0), np.asarray(28.0), out, hall())
    assert float(slow.fans) == pytest.approx(fans / 8)
    assert of(made, "drift") == pytest.approx([flow * 1e-4])
    assert float(made.evaporated) == pytest.approx(float(made.latent) / 2.45e6)
    assert float(made.blowdown) == pytest.approx(float(made.evaporated) / 4 - flow * 1e-4)
    assert float(made.sensible + made.latent) == pytest.approx(1 + fans)
    # air in at 30 °C and 10 g, out saturated at 24 + 2.5 °C: it warms by less than nothing, and gains its moisture
    vapour = float(air.quick_saturation_pa(np.asarray(26.5)))
    gain = 2.45e6 * (0.621945 * vapour / (PRESSURE - vapour) - 0.01)
    assert float(made.latent) == pytest.approx(gain / (gain + 1021 * (26.5 - 30)))
    half = parts.tower(np.asarray(0.5), np.asarray(1.0), np.asarray(24.0), out, hall())
    assert float(half.fans) == pytest.approx(fans / 2)
    none = parts.tower(np.asarray(0.0), np.asarray(1.0), np.asarray(24.0), out, hall(fan_standing=0.5))
    assert of(none, "fans", "evaporated", "drift", "blowdown", "latent") == [0] * 5
    assert float(parts.tower_water_c(out, hall(), np.asarray(15.0))) == 24
    assert float(parts.tower_water_c(sky(wet_c=5.0), hall(), np.asarray(15.0))) == 15


def test_pumps_of_a_tower_stand_without_heat() -> None:
    full = 1 / (4186 * 998 * 5) * 2e5 / 0.2
    assert float(parts.tower_pump(np.asarray(0.5), np.asarray(1.0), hall(fan_standing=0.4))) == pytest.approx(
        0.7 * full
    )
    assert float(parts.tower_pump(np.asarray(0.0), np.asarray(1.0), hall(fan_standing=0.4))) == 0


def test_a_dry_coolers_fans_turn_as_fast_as_the_air_asks() -> None:
    """Twice the approach is left: half speed."""
    for air_c, speed in ((32.0, 1.0), (24.0, 0.5), (39.0, 1.0)):
        fans = parts.dry_cooler_fans(*(np.asarray(x) for x in (0.5, 40.0, air_c, 1.0)), hall())
        assert float(fans) == pytest.approx(0.02 * 0.5 * speed**3)


def test_plants_add_up() -> None:
    out, five = sky(), np.asarray(10.0)
    wet = plant.water_cooled(heat(1.0), five, out, hall())
    # evaporator at 8 °C, condenser at 24 + 5 + 2
    power = 23 / 281.15 / 0.5 / 1.1
    assert float(wet.compressors) == pytest.approx(power)
    assert float(wet.pumps) == pytest.approx(float(parts.tower_pump(np.asarray(1 + power), np.asarray(1.2), hall())))
    assert float(wet.chilled) == 1
    assert float(wet.sensible + wet.latent) == pytest.approx(1 + float(wet.power))
    dry = plant.air_cooled(heat(1.0), five, out, hall())
    assert float(dry.compressors) == pytest.approx(34 / 281.15 / 0.4)
    assert float(dry.sensible) == pytest.approx(1 + float(dry.power))
    assert of(dry, "pumps", "towers", "latent", "evaporated", "chilled") == [0, 0, 0, 0, 1]
    expansion = plant.direct_expansion(heat(1.0), out, hall())
    assert float(expansion.compressors) == pytest.approx(32 / 283.15 / 0.3)
    blown = plant.dry(np.asarray(0.5), np.asarray(1.0), np.asarray(0.2), 0.03, 0.04)
    assert of(blown, "compressors", "pumps", "towers", "sensible", "chilled") == pytest.approx(
        [0.2, 0.03, 0.04, 1.27, 0.5]
    )
    whole = blown.to(np.asarray(0.1), np.asarray(0.05))
    assert of(whole, "fans", "pumps", "compressors", "towers", "power") == pytest.approx([0.1, 0.08, 0.2, 0.04, 0.42])
    assert int(whole.mode) == MECHANICAL
    assert float(plant.evaporation_kg_s(np.asarray(2.45e6))) == 1


def test_an_economiser_takes_the_part_of_the_waters_rise_that_the_outside_can() -> None:
    """Chilled water at 10 °C that rises by 6 K; dry coolers come within 8 K of the air."""
    for t_c, free in ((0.0, 1.0), (2.0, 1.0), (5.0, 0.5), (8.0, 0.0), (20.0, 0.0)):
        share, made = water_economiser.dry_chilled_water(heat(1.0), np.asarray(10.0), sky(t_c), hall())
        assert float(share) == pytest.approx(free)
        assert float(made.chilled) == pytest.approx(1 - free)
        assert float(made.sensible) == pytest.approx(1 + float(made.power))
        fans = parts.dry_cooler_fans(*(np.asarray(x) for x in (free, 10.0, t_c, 1.0)), hall()) if free else 0.0
        assert float(made.towers) == pytest.approx(float(fans))


@pytest.mark.parametrize(("t_c", "mode"), [(-5.0, FREE), (3.0, PART), (25.0, MECHANICAL)])
def test_an_economiser_runs_where_it_saves(t_c: float, mode: int) -> None:
    """Supply at 20 °C, so that the water is at 10 °C."""
    made = water_economiser.dry_economiser(heat(1.0), sky(t_c), hall(dry_approach_c=10.0))
    assert int(made.mode) == mode
    assert float(made.sensible) == pytest.approx(1 + float(made.power))


def test_fans_that_always_turn_stand_where_the_outside_is_too_warm() -> None:
    share, made = water_economiser.dry_chilled_water(heat(1.0), np.asarray(10.0), sky(20.0), hall(fan_standing=0.3))
    assert (float(share), float(made.towers)) == (0, 0)


def test_sea_water_by_hand() -> None:
    """At 12 °C within 2 K: of water from 16 to 10 °C a third is free; the intake's pumps always run."""
    made = water_economiser.water_body(heat(1.0), sky(), hall())
    _, with_fans = parts.hall_fans(heat(1.0), np.asarray(20.0), np.asarray(PRESSURE), np.asarray(400.0), hall())
    pumps, all_heat = parts.pump(with_fans, np.asarray(6.0), np.asarray(1e5), hall())
    intake = float(all_heat.design) / (4186 * 998 * 5) * 1e5 / 0.2
    assert float(made.pumps) == pytest.approx(float(pumps) + intake)
    assert float(made.chilled) == pytest.approx(float(all_heat.now) * 2 / 3)
    condenser = 15 + 5 + 2  # the sea at 12 °C is colder than the condenser may be
    lift = condenser - 8
    penalty = float(parts.part_load_penalty(np.asarray(2 / 3 * float(all_heat.now / all_heat.design)), hall()))
    assert float(made.compressors) == pytest.approx(float(made.chilled) * lift / 281.15 / 0.5 / 1.1 * penalty)
    assert int(made.mode) == PART


def test_a_tower_makes_chilled_water_in_the_cold() -> None:
    cold = water_economiser.tower_economiser(heat(1.0), sky(0.0, -2.0, 0.002), hall())
    assert int(cold.mode) == FREE
    assert float(cold.compressors) == pytest.approx(0)
    warm = water_economiser.tower_economiser(heat(1.0), sky(35.0, 24.0, 0.015), hall())
    assert int(warm.mode) == MECHANICAL
    assert float(warm.compressors) > 0.05
    mild = water_economiser.tower_economiser(heat(1.0), sky(12.0, 8.0, 0.006), hall())
    assert int(mild.mode) == PART
    for made in (cold, warm, mild):
        assert float(made.sensible + made.latent) == pytest.approx(1 + float(made.power))


def test_cold_plates_on_warm_water() -> None:
    """Water at 40 °C needs air of 32; at 37 °C half of its rise of 10 K is a chiller's, unless pads wet the air."""
    taken = 0.75
    loop = taken + taken / (4186 * 998 * 10) * 1e5 / 0.2
    for t_c, over, mode in ((20.0, 0.0, FREE), (32.0, 0.0, FREE), (37.0, 0.5, PART), (45.0, 1.0, MECHANICAL)):
        made = direct_to_chip(heat(1.0), sky(t_c, 15.0, 0.005), hall())
        inside = water_economiser.dry_economiser(heat(1.0).share(0.25), sky(t_c, 15.0, 0.005), hall())
        assert int(made.mode) == mode, t_c
        assert float(made.chilled - inside.chilled) == pytest.approx(loop * over)
        assert float(made.sensible) == pytest.approx(1 + float(made.power))
        fans = parts.dry_cooler_fans(*(np.asarray(x) for x in (loop, 40.0, t_c, loop)), hall())
        assert float(made.towers - inside.towers) == pytest.approx(float(fans))
        assert float(made.pumps - inside.pumps) == pytest.approx(loop - taken)
    wetted = direct_to_chip_adiabatic(heat(1.0), sky(37.0, 22.0, 0.008), hall())
    assert int(wetted.mode) == WETTED
    assert float(wetted.latent) == pytest.approx(loop / 5 * (37 - 32))  # no colder than is needed
    assert float(wetted.evaporated) == pytest.approx(loop / 2.45e6)
    assert float(wetted.blowdown) == pytest.approx(loop / 2.45e6 / 2)
    assert float(wetted.sensible + wetted.latent) == pytest.approx(1 + float(wetted.power))


def test_a_tower_of_another_size_and_with_water_nearer_than_its_approach() -> None:
    """A quarter of a design of 2, of which a fifth of the fans always turn; no fan turns faster than its full speed."""
    made = parts.tower(np.asarray(0.5), np.asarray(2.0), np.asarray(22.0), sky(), hall(fan_standing=0.2))
    flow = 2 / (4186 * 5) * (0.2 + 0.8 * 0.25)
    assert float(made.fans) == pytest.approx(flow / 1.25 / float(air.density(30.0, PRESSURE)) * 150 / 0.6)
    assert float(made.drift) == pytest.approx(flow * 1e-4)


def test_a_tower_economiser_by_hand() -> None:
    """A wet bulb of 8 °C gives water of 12, within 1 K of it: half of the rise from 10 to 16 °C."""
    out = sky(12.0, 8.0, 0.006)
    made = water_economiser.tower_economiser(heat(1.0), out, hall())
    fans, with_fans = parts.hall_fans(heat(1.0), np.asarray(20.0), np.asarray(PRESSURE), np.asarray(400.0), hall())
    pumps, whole = parts.pump(with_fans, np.asarray(6.0), np.asarray(1e5), hall())
    extra, _ = parts.pump(whole, np.asarray(6.0), np.asarray(5e4), hall())
    left = 0.5 * float(whole.now)
    penalty = float(parts.part_load_penalty(np.asarray(left / float(whole.design)), hall()))
    power = left * (15 + 5 + 2 - 8) / 281.15 / 0.5 / 1.1 * penalty
    assert float(made.compressors) == pytest.approx(power)
    assert float(made.chilled) == pytest.approx(left)
    rejected = plant.on_tower(
        np.asarray(left), whole.now + extra + power, np.asarray(power), np.asarray(12.0), whole.design, out, hall()
    )
    assert float(made.pumps) == pytest.approx(float(pumps + extra + rejected.pumps))
    assert of(made, "towers", "evaporated") == pytest.approx(of(rejected, "towers", "evaporated"))
    assert (float(made.fans), int(made.mode)) == (pytest.approx(float(fans)), PART)
    # where the pumps of the economiser cost more than it saves, the chillers run alone
    dear = water_economiser.tower_economiser(heat(1.0), out, hall(economiser_pump_pa=5e6))
    assert (int(dear.mode), float(dear.chilled)) == (MECHANICAL, pytest.approx(float(whole.now)))


def test_pads_wet_the_air_no_further_than_eight_tenths_of_the_way_to_its_wet_bulb() -> None:
    """From 45 °C over 35: to 37; the coolers want 32, so that half of the water's rise is a chiller's."""
    made = direct_to_chip_adiabatic(heat(1.0), sky(45.0, 35.0, 0.03), hall())
    loop = 0.75 + 0.75 / (4186 * 998 * 10) * 1e5 / 0.2
    assert float(made.latent) == pytest.approx(loop / 5 * 8)
    inside = water_economiser.dry_economiser(heat(1.0).share(0.25), sky(45.0, 35.0, 0.03), hall())
    assert float(made.chilled - inside.chilled) == pytest.approx(loop / 2)
    assert int(made.mode) == PART
