"""Wind and sun of a place by hand: each formula against itself as its source writes it, and at its edges."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from wattline.line.grid.supply.sun import SunPlant, SunPosition, clear_sky, diffuse, plant_output, position
from wattline.line.grid.supply.wind import WindPlant, at_hub, farm_output, power_curve

FARM = WindPlant(
    hub_m=100.0, shear=0.15, specific_w_per_m2=300.0, power_coefficient=0.42, losses=0.1, cut_in_m_per_s=3.0,
    cut_out_m_per_s=25.0,
)  # fmt: skip
PLANT = SunPlant(losses=0.14, dc_ac_ratio=1.3, inverter=0.96, per_kelvin=-0.004, ross_k_m2_per_w=0.03, albedo=0.2)
# Spencer, 1971: by the angle of the day in the year, of each multiple of it its cosine and its sine
DECLINATION = ((0.006918, 0.0), (-0.399912, 0.070257), (-0.006758, 0.000907), (-0.002697, 0.00148))
MINUTES = ((0.000075, 0.0), (0.001868, -0.032077), (-0.014615, -0.040849))
DISTANCE = ((1.00011, 0.0), (0.034221, 0.00128), (0.000719, 0.0))


def curve(speed: float) -> float:
    """Betz: half the air's mass by the cube of its speed, a share of it, up to what the turbine is rated at."""
    taken = 0.5 * 1.225 * 0.42 * speed**3 / 300.0
    return min(taken, 1.0) if 3.0 <= speed <= 25.0 else 0.0


def test_speed_grows_with_height_by_a_power_law() -> None:
    assert at_hub(np.array([8.0]), 10.0, FARM) == pytest.approx([8.0 * 10**0.15])
    assert at_hub(np.array([8.0]), 200.0, FARM) == pytest.approx([8.0 * 0.5**0.15])


def test_a_turbine_begins_at_three_metres_and_stops_in_a_storm() -> None:
    speeds = [0.0, 2.999, 3.0, 6.0, 10.0, 10.5, 11.0, 25.0, 25.001]
    assert power_curve(np.array(speeds), FARM) == pytest.approx([curve(speed) for speed in speeds])
    assert curve(6.0) == pytest.approx(0.185220)
    assert curve(11.0) == 1.0


@pytest.mark.parametrize("speed", [4.0, 7.5, 10.0, 13.0, 24.0])
def test_a_farm_sees_a_spread_of_speeds(speed: float) -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    spread = (0.6 + 0.2 * speed) / 2
    mean = sum(w * curve(max(speed + spread * z, 0.0)) for z, w in zip(nodes, weights, strict=True)) / sum(weights)
    assert farm_output(np.array([speed]), FARM) == pytest.approx([0.9 * mean])


def test_no_wind_gives_nothing_and_a_farm_without_losses_no_more_than_all() -> None:
    assert farm_output(np.array([0.0, -3.0]), FARM).tolist() == [0.0, 0.0]
    whole = replace(FARM, specific_w_per_m2=50.0, losses=0.0)
    assert farm_output(np.array([14.0]), whole).tolist() == pytest.approx([1.0])
    assert farm_output(np.array([14.0]), whole)[0] <= 1.0


def series(coefficients: tuple[tuple[float, float], ...], angle: float) -> float:
    return sum(c * math.cos(n * angle) + s * math.sin(n * angle) for n, (c, s) in enumerate(coefficients))


@pytest.mark.parametrize(
    ("at", "days", "hour"),
    [("2023-01-01T00:00:00", 0, 0.0), ("2023-03-21T09:30:00", 79, 9.5), ("2024-12-31T18:00:36", 365, 18.01)],
)
def test_the_sun_stands_where_spencer_says(at: str, days: int, hour: float) -> None:
    latitude, longitude = math.radians(52.0), 13.0
    angle = 2 * math.pi * (days + hour / 24) / 365.25
    low = series(DECLINATION, angle)
    turned = math.radians(15 * (hour - 12 + longitude / 15 + 229.18 * series(MINUTES, angle) / 60))
    sun = position(np.array([at], dtype="datetime64[s]"), 52.0, 13.0)
    up = math.sin(latitude) * math.sin(low) + math.cos(latitude) * math.cos(low) * math.cos(turned)
    assert sun.up == pytest.approx([up], rel=1e-9)
    assert sun.east == pytest.approx([-math.cos(low) * math.sin(turned)], rel=1e-9)
    assert sun.up**2 + sun.east**2 + sun.south**2 == pytest.approx([1.0])
    assert sun.outside_w_per_m2 == pytest.approx([1361.0 * series(DISTANCE, angle)])


def test_the_sun_stands_high_in_june_and_south_at_noon_and_east_in_the_morning() -> None:
    times = np.array(["2023-06-21T12:00:00", "2023-06-21T06:00:00"], dtype="datetime64[s]")
    sun = position(times, 40.0, 0.0)
    assert sun.up[0] == pytest.approx(math.cos(math.radians(40 - 23.44)), abs=2e-3)
    assert sun.south[0] > 0.2
    assert sun.east[1] > 0.5


def stands(up: float, east: float = 0.0, outside: float = 1000.0) -> SunPosition:
    south = math.sqrt(max(0.0, 1 - up * up - east * east))
    return SunPosition(*(np.array([value]) for value in (up, east, south, outside)))


def test_a_clear_sky_after_haurwitz() -> None:
    assert clear_sky(stands(0.5)) == pytest.approx([1098 * 0.5 * math.exp(-0.059 / 0.5)])
    assert clear_sky(stands(1.0)) == pytest.approx([1098 * math.exp(-0.059)])
    assert clear_sky(stands(0.0175)).tolist() == [0.0]
    assert clear_sky(stands(0.02)) == pytest.approx([1098 * 0.02 * math.exp(-0.059 / 0.02)])
    assert clear_sky(stands(-0.3)).tolist() == [0.0]


@pytest.mark.parametrize(
    ("clearness", "share"),
    [(0.0, 1.0), (0.1, 0.991), (0.22, 0.9802), (0.8, 0.166050), (0.81, 0.165), (1.0, 0.165),
     (0.5, 0.9511 - 0.1604 * 0.5 + 4.388 * 0.25 - 16.638 * 0.125 + 12.336 * 0.0625)],
)  # fmt: skip
def test_the_diffuse_share_after_erbs(clearness: float, share: float) -> None:
    level = np.array([clearness * 1000 * 0.5])
    middle = 0.9511 - 0.1604 * 0.8 + 4.388 * 0.64 - 16.638 * 0.512 + 12.336 * 0.4096
    share = middle if clearness == 0.8 else share
    assert diffuse(level, stands(0.5)) == pytest.approx(share * level)


def test_the_diffuse_share_of_a_low_sun_is_that_of_one_degree() -> None:
    assert diffuse(np.array([1.75]), stands(-0.2)) == pytest.approx([1.75 * (1 - 0.09 * 0.1)])
    assert diffuse(np.array([2000.0]), stands(0.5)) == pytest.approx([2000.0 * 0.165])


def made(on_module: float, air_c: float) -> float:
    module_c = air_c + 0.03 * on_module
    return on_module / 1000 * (1 - 0.004 * (module_c - 25)) * 0.86 * 1.3 * 0.96


def output(sun: SunPosition, level: float, part: float, air_c: float = 10.0) -> float:
    return float(plant_output(PLANT, sun, np.array([level]), np.array([part]), air_c)[0])


def test_modules_that_lie_level_take_the_light_on_level_ground() -> None:
    assert output(stands(0.5), 400.0, 100.0) == pytest.approx(made(400.0, 10.0))
    assert output(stands(0.5), 400.0, 100.0, 35.0) == pytest.approx(made(400.0, 35.0))


def test_modules_that_follow_the_sun() -> None:
    up, east, level, part = 0.5, 0.5, 400.0, 100.0
    tilt, beam = math.radians(45), 300.0 / 0.5
    facing = math.cos(tilt) * up + math.sin(tilt) * east
    direct = beam / 1000
    sky = part * (direct * facing / up + (1 - direct) * (1 + math.cos(tilt)) / 2)
    ground = level * 0.2 * (1 - math.cos(tilt)) / 2
    assert output(stands(up, east), level, part) == pytest.approx(made(beam * facing + sky + ground, 10.0))
    assert output(stands(up, -east), level, part) == pytest.approx(made(beam * facing + sky + ground, 10.0))


def test_modules_tilt_by_sixty_degrees_at_most() -> None:
    up, east, level, part = 0.2, 0.9, 100.0, 40.0
    tilt, beam = math.radians(60), 60.0 / 0.2
    facing = math.cos(tilt) * up + math.sin(tilt) * east
    direct = beam / 1000
    sky = part * (direct * facing / up + (1 - direct) * (1 + math.cos(tilt)) / 2)
    ground = level * 0.2 * (1 - math.cos(tilt)) / 2
    assert output(stands(up, east), level, part) == pytest.approx(made(beam * facing + sky + ground, 10.0))


def test_a_beam_is_none_at_night_and_never_more_than_outside_the_air() -> None:
    level = 30.0
    assert output(stands(-0.1), level, level) == pytest.approx(made(level, 10.0))
    assert output(stands(-0.1), level, 10.0) == pytest.approx(made(10.0, 10.0))
    sky = 10.0 * (1.0 * 1.0 + 0.0)
    assert output(stands(0.1, outside=100.0), 50.0, 10.0) == pytest.approx(made(100.0 * 0.1 + sky, 10.0))
    assert output(stands(0.5), 50.0, 80.0) == pytest.approx(made(80.0, 10.0))  # no beam below nought
    assert output(stands(1.0, outside=1361.0), 1300.0, 100.0) == 1.0
    assert output(stands(0.5), 0.0, 0.0) == 0.0
