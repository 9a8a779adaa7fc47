"""Outside air through a hall by hand: mixed, taken as it is, wetted, dried, helped by chillers, or shut out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cooling_by_hand import PRESSURE, hall, heat, of, sky
from wattline.core.fact import Array
from wattline.line.site import air
from wattline.line.site.cooling import air_economiser, chillers, parts, plant
from wattline.line.site.cooling.liquid import immersion
from wattline.line.site.cooling.parts import FREE, MECHANICAL, PART, WETTED, CoolingResult, Heat
from wattline.line.site.cooling.water_economiser import dry_economiser

# supply from 18 to 28 °C, aimed at 25; dew points from -10 to 15 °C, at most 0.6 of saturation
MOIST = {
    "fan_open_pa": 300.0, "dew_low_c": -10.0, "dew_high_c": 15.0, "humidity_high": 0.6, "humid_below_k": 5.0,
    "coil_below_k": 6.0,
}  # fmt: skip
WETTING = 2.45e6 / 1021


def room(**own: float) -> dict[str, Array]:
    return hall(**(MOIST | own))


def ratio(t_c: float, relative: float = 1.0) -> float:
    """Humidity ratio at a share of saturation."""
    return float(air.ratio_of(relative * air.quick_saturation_pa(np.asarray(t_c)), np.asarray(PRESSURE)))


def fans(t_c: float, now: float = 1.0) -> tuple[float, float]:
    """Power of the hall's fans at this supply, and the hall's heat with theirs."""
    full = 1 / (1021 * 10 * float(air.density(t_c, PRESSURE))) * 300 / 0.5
    return full * now, now + full * now


def balanced(made: CoolingResult, now: float = 1.0) -> None:
    """What went in as heat and power goes out as heat or vapour."""
    assert float(made.sensible + made.latent) == pytest.approx(now + float(made.power))


def test_cold_air_is_mixed_with_what_comes_back() -> None:
    """At 5 °C outside enough of it to bring the mix to 18 °C; no water, no chiller."""
    made = air_economiser.economiser(heat(1.0), sky(5.0, 2.0, 0.004), room())
    power, with_fans = fans(18.0)
    assert of(made, "fans", "pumps", "compressors", "towers") == pytest.approx([power, 0.001, 0, 0])
    assert of(made, "sensible", "latent", "evaporated", "blowdown") == pytest.approx([with_fans + 0.001, 0, 0, 0])
    assert int(made.mode) == FREE
    through = air_economiser.through(
        heat(1.0), Heat(np.asarray(with_fans), np.asarray(1.1)), sky(5.0, 2.0, 0.004), room()
    )
    assert of(through, "supply_c", "wetted_c", "left") == pytest.approx([18, 5, 0])
    part = air_economiser.economiser(heat(0.5), sky(5.0, 2.0, 0.004), room())
    assert float(part.fans) == pytest.approx(fans(18.0, 0.5)[0])
    balanced(part, 0.5)


def test_dry_winter_air_is_humidified_and_the_less_is_needed_for_it() -> None:
    """Up to a dew point of 5 °C; the water's heat helps to cool: of 0.1 W/K a share is fresh."""
    made = air_economiser.economiser(heat(1.0), sky(5.0, 0.0, 0.002), room(dew_low_c=5.0))
    _, with_fans = fans(18.0)
    dry_k = (ratio(5.0) - 0.002) * WETTING
    rise = 10 * with_fans
    fresh = 0.1 * rise / (18 + rise - 5 + dry_k)
    assert float(made.latent) == pytest.approx(fresh * dry_k)
    assert float(made.evaporated) == pytest.approx(fresh * dry_k / 2.45e6)
    assert float(made.blowdown) == pytest.approx(fresh * dry_k / 2.45e6 / 2)
    assert int(made.mode) == FREE
    balanced(made)


@pytest.mark.parametrize("t_c", [18.0, 22.0, 25.0])
def test_mild_air_is_taken_as_it_is(t_c: float) -> None:
    made = air_economiser.economiser(heat(1.0), sky(t_c, 12.0, 0.006), room())
    assert (float(made.latent), float(made.compressors), int(made.mode)) == (0, 0, FREE)
    assert float(made.fans) == pytest.approx(fans(t_c)[0])
    balanced(made)


@pytest.mark.parametrize(
    ("wet_c", "moisture", "supply_c"),
    [
        (20.0, 0.006, 25.0),  # wetted no colder than the aim
        (24.0, 0.006, 26.0),  # 31 less 0.8 of the 7 K to the wet bulb
        (20.0, 0.0085, 27.0),  # no damper than a dew point of 14 °C
    ],
)
def test_hot_air_is_wetted_as_far_as_media_and_moisture_let_it(wet_c: float, moisture: float, supply_c: float) -> None:
    out = sky(31.0, wet_c, moisture)
    made = air_economiser.economiser(heat(1.0), out, room(dew_high_c=14.0))
    lowest = max(25.0, 31 - 0.8 * (31 - wet_c), 31 - (ratio(14.0) - moisture) * WETTING)
    assert lowest == pytest.approx(supply_c, abs=0.7)
    assert float(made.latent) == pytest.approx(0.1 * (31 - lowest))
    assert float(made.evaporated) == pytest.approx(0.1 * (31 - lowest) / 2.45e6)
    assert (float(made.compressors), float(made.chilled), int(made.mode)) == (0, 0, WETTED)
    assert float(made.fans) == pytest.approx(fans(28.0)[0])
    balanced(made)


def test_the_moisture_of_the_supply_is_bounded_by_its_relative_humidity_too() -> None:
    """At most 0.3 of saturation at the aim of 25 °C: less than a dew point of 15 °C."""
    made = air_economiser.economiser(heat(1.0), sky(27.0, 15.0, 0.0052), room(humidity_high=0.3))
    lowest = 27 - (ratio(25.0, 0.3) - 0.0052) * WETTING
    assert lowest > 25
    assert float(made.latent) == pytest.approx(0.1 * (27 - lowest))


def test_what_wetting_leaves_above_the_highest_supply_is_a_chillers() -> None:
    """32 °C over a wet bulb of 28: wetted to 28.8, of which 0.8 K are left."""
    dry = room(dew_high_c=40.0, humidity_high=1.0, supply_high_c=28.0)
    out = sky(32.0, 28.0, 0.015)
    made = air_economiser.economiser(heat(1.0), out, dry)
    _, with_fans = fans(28.0)
    left = 0.1 * 0.8
    pumps = left / (4186 * 998 * 6) * 1e5 / 0.2 * 1.0
    taken = Heat(np.asarray(left + pumps), np.asarray(with_fans))  # the plant is sized for all of the hall
    chilled = plant.water_cooled(taken, parts.chilled_water_c(np.asarray(28.0), dry), out, dry)
    assert float(made.chilled) == pytest.approx(left + pumps)
    assert float(made.compressors) == pytest.approx(float(chilled.compressors))
    assert float(made.pumps) == pytest.approx(pumps + 0.001 + float(chilled.pumps))
    assert float(made.towers) == pytest.approx(float(chilled.towers))
    assert float(made.latent) == pytest.approx(0.1 * 3.2 + float(chilled.latent))
    assert float(made.evaporated) == pytest.approx(0.1 * 3.2 / 2.45e6 + float(chilled.evaporated))
    assert float(made.blowdown) == pytest.approx(0.1 * 3.2 / 2.45e6 / 2 + float(chilled.blowdown))
    assert float(made.drift) == pytest.approx(float(chilled.drift))
    assert int(made.mode) == PART
    balanced(made)


def test_damp_air_is_dried_by_a_cold_coil_that_some_of_it_passes() -> None:
    """At 22 °C with 2 g too much: dew point 15 °C, a coil at 9; the air that passes it is cooled, all is mixed."""
    most, cold = ratio(15.0), ratio(9.0)
    out = sky(22.0, 20.0, most + 0.002)
    damp = room(humidity_high=1.0)
    power, with_fans = fans(22.0)
    through = air_economiser.through(heat(1.0), Heat(np.asarray(with_fans), np.asarray(1.0)), out, damp)
    past = 0.002 / (most + 0.002 - cold)
    chilled, drying = 0.1 * past * (22 - 9), 0.1 * 0.002 * WETTING
    assert float(through.left) == pytest.approx(chilled + drying)
    assert float(through.latent) == pytest.approx(-drying)
    assert float(through.sensible) == pytest.approx(with_fans - chilled)
    assert not through.closed
    made = air_economiser.economiser(heat(1.0), out, damp)
    assert float(made.fans) == pytest.approx(power)
    assert int(made.mode) == PART
    balanced(made)
    # where the aim less 5 K is colder than the highest dew point, the coil goes by that
    colder = room(humid_below_k=12.0, humidity_high=1.0)
    low = air_economiser.through(heat(1.0), Heat(np.asarray(with_fans), np.asarray(1.0)), out, colder)
    cold = ratio(13.0 - 6)
    assert float(low.left) == pytest.approx(0.1 * 0.002 / (most + 0.002 - cold) * (22 - 7) + drying)
    # warm and damp: what is too warm and what the coil cools on the way is counted once
    both = air_economiser.through(heat(1.0), heat(1.0), sky(30.0, 26.0, most + 0.0008), damp)
    warm, coil = 0.1 * 2.0, 0.1 * 0.0008 / (most + 0.0008 - ratio(9.0)) * 21
    assert coil > warm
    assert float(both.left) == pytest.approx(coil + 0.1 * 0.0008 * WETTING)
    assert float(both.sensible + both.latent) == pytest.approx(1 - float(both.left))


def test_where_the_outside_asks_for_more_than_the_hall_it_is_shut_out() -> None:
    out = sky(40.0, 35.0, ratio(15.0) + 0.012)
    made = air_economiser.economiser(heat(1.0), out, room())
    _, with_fans = fans(28.0)
    pumps = float(
        parts.pump(Heat(np.asarray(with_fans), np.asarray(with_fans)), np.asarray(6.0), np.asarray(1e5), room())[0]
    )
    assert float(made.chilled) == pytest.approx(with_fans + pumps)
    assert int(made.mode) == MECHANICAL
    balanced(made)


@pytest.mark.parametrize(
    ("economiser", "chiller"),
    [
        (air_economiser.economiser_air_chiller, plant.air_cooled),
        (air_economiser.economiser_water_chiller, plant.water_cooled),
    ],
)
def test_without_media_chillers_begin_where_the_hall_aims(economiser: Any, chiller: Any) -> None:
    """27 °C outside and 25 °C aimed at: 2 K of 0.1 W/K, at chilled water for 25 °C."""
    out = sky(27.0, 15.0, 0.005)
    made = economiser(heat(1.0), out, room())
    _, with_fans = fans(25.0)
    own = room(supply_high_c=25.0, supply_place=1.0, media_effectiveness=0.0)
    pumps = 0.2 / (4186 * 998 * 6) * 1e5 / 0.2
    assert float(made.chilled) == pytest.approx(0.2 + pumps)
    helped = chiller(
        Heat(np.asarray(0.2 + pumps), np.asarray(with_fans)), parts.chilled_water_c(np.asarray(25.0), own), out, own
    )
    assert float(made.compressors) == pytest.approx(float(helped.compressors))
    assert (float(made.latent), float(made.evaporated)) == pytest.approx(
        (float(helped.latent), float(helped.evaporated))
    )
    assert int(made.mode) == PART
    balanced(made)


def test_without_a_compressor_what_is_missing_is_told() -> None:
    """Wetted from 40 °C to the aim nothing is missing; over a wet bulb of 30 °C it is 4 K; too damp counts too."""
    dry = room(dew_high_c=40.0)
    for t_c, wet_c, unmet, latent in ((40.0, 20.0, 0, 1.5), (40.0, 30.0, 4, 0.8), (20.0, 12.0, 0, 0), (5.0, 0.0, 0, 0)):
        made = air_economiser.evaporative(heat(1.0), sky(t_c, wet_c, 0.005), dry)
        assert (float(made.unmet), float(made.latent)) == (pytest.approx(unmet), pytest.approx(latent)), t_c
        assert float(made.evaporated) == pytest.approx(latent / 2.45e6)
        assert float(made.blowdown) == pytest.approx(latent / 2.45e6 / 2)
        assert float(made.fans) == pytest.approx(fans(min(max(t_c, 18), 28))[0])
        assert of(made, "pumps", "compressors", "towers", "chilled") == [0.001, 0, 0, 0]
        assert int(made.mode) == (WETTED if t_c > 25 else FREE)
        balanced(made)
    half = air_economiser.evaporative(heat(0.5), sky(40.0, 20.0, 0.005), dry)
    assert (float(half.latent), float(half.pumps)) == (pytest.approx(0.75), 0.001)
    # no limit on moisture but the word on it: 15 K of water on 0.009 are more than a dew point of 15 °C
    damp = air_economiser.evaporative(heat(1.0), sky(40.0, 20.0, 0.009), room())
    assert float(damp.unmet) == pytest.approx((0.009 + 15 / WETTING - ratio(15.0)) * WETTING)


def test_halls_of_chillers_alone() -> None:
    """Fans and pumps are heat too; water at 15 °C for a supply of 25, coils at 10 °C for direct expansion."""
    out = sky()
    full = 1 / (1021 * 10 * float(air.density(25.0, PRESSURE))) * 400 / 0.5
    moved = parts.pump(Heat(np.asarray(1 + full), np.asarray(1 + full)), np.asarray(6.0), np.asarray(1e5), room())
    for cool, by in ((chillers.water_chiller, plant.water_cooled), (chillers.air_chiller, plant.air_cooled)):
        made = cool(heat(1.0), out, room())
        alone = by(moved[1], np.asarray(15.0), out, room())
        assert float(made.fans) == pytest.approx(full)
        assert float(made.pumps) == pytest.approx(float(moved[0] + alone.pumps))
        assert float(made.compressors) == pytest.approx(float(alone.compressors))
        assert int(made.mode) == MECHANICAL
        balanced(made)
    made = chillers.dx(heat(1.0), out, room())
    assert float(made.compressors) == pytest.approx((1 + full) * 32 / 283.15 / 0.3)
    assert (float(made.fans), float(made.pumps)) == (pytest.approx(full), 0)
    balanced(made)


def test_tanks_of_oil_are_cold_plates_of_their_own_share_and_temperature() -> None:
    own = room(immersion_share=0.9, immersion_supply_c=50.0)
    made = immersion(heat(1.0), sky(47.0, 20.0, 0.005), own)
    taken = 0.9
    loop = taken + taken / (4186 * 998 * 10) * 1e5 / 0.2
    assert int(made.mode) == PART
    inside = dry_economiser(heat(1.0).share(0.1), sky(47.0, 20.0, 0.005), own)
    assert float(made.chilled - inside.chilled) == pytest.approx(loop * (47 - 42) / 10)
    balanced(made)
    # of heat of which 0.8 is the servers' the oil takes 0.72
    servers, out = Heat(np.asarray(1.0), np.asarray(1.0), np.asarray(0.8)), sky(20.0, 15.0, 0.005)
    part = immersion(servers, out, own)
    rest = dry_economiser(heat(1.0).share(0.28), out, own)
    assert float(part.pumps - rest.pumps) == pytest.approx(0.72 / (4186 * 998 * 10) * 1e5 / 0.2)
