"""A site's year by hand: parts and water of each hour, what a year makes of them, and the units that it needs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.fact import Array
from wattline.core.units import TYPICAL_YEAR_H
from wattline.line.site import air, hall
from wattline.line.site.cooling.kinds import KINDS, CoolingKind, find_kind
from wattline.line.site.cooling.parts import MECHANICAL, CoolingResult, Heat, Outside, Params
from wattline.line.site.power_chain import REDUNDANCY, Ups, column, load_ups
from wattline.line.site.sizing import central, hour_words, size, spare, units
from wattline.line.site.weather import Weather
from wattline.line.site.year import HallDesign, build, hours, outside, rows, year

# no losses but those of the test: 10% of rack supplies, a twentieth of the heat for each of fans and pumps
PLAIN = {
    "rack_supply_loss": 0.1, "distribution_loss": 0.0, "transformer_share": 0.0, "oversize": 1.0, "lighting": 0.02,
    "generator_heat": 0.01, "transformer_rating": 2.0, "transformer_standing": 0.5, "sensible_heat_ratio": 0.9,
    "transformer_unit_w": 1000.0, "ups_unit_w": 400.0, "generator_unit_w": 500.0, "handler_unit_w": 100.0,
    "chiller_unit_w": 300.0, "rejection_unit_w": 250.0, "liquid_share": 0.75,
}  # fmt: skip
LITRE = 1 / 0.998


def cool(heat: Heat, out: Outside, params: Params) -> CoolingResult:
    """Fans take 0.05 of the heat, pumps 0.1, towers 0.02; compressors 0.01 for each K outside above 20 °C."""
    share = np.maximum(out.t_c - 20.0, 0.0) * 0.01
    now = heat.now + np.zeros_like(share)
    mode = np.where(share > 0, MECHANICAL, 0).astype(np.int8)
    return CoolingResult(
        0.05 * now, 0.1 * now, share * now, 0.02 * now, 1.17 * now + share * now, 0.0 * now, mode, 1e-7 * now,
        2e-8 * now, 4e-8 * now, np.maximum(out.t_c - 30.0, 0.0), now * (share > 0),
    )  # fmt: skip


def design(name: str = "stub", **own: Any) -> HallDesign:
    params = {key: np.full((1, 1), value) for key, value in (PLAIN | own.pop("params", {})).items()}
    none = np.zeros((1, 1))
    kind = CoolingKind(name, "", cool, open_air=own.pop("open_air", False))
    return HallDesign(kind, params, own.pop("ups", Ups(none, none, none)), own.pop("redundancy", "N"), **own)


def weather(t_c: Any = 15.0) -> Weather:
    temperature = np.broadcast_to(np.asarray(t_c, float), (TYPICAL_YEAR_H,))
    return Weather("x", temperature, np.full(TYPICAL_YEAR_H, 0.005), np.full(TYPICAL_YEAR_H, 101_325.0))


def sky(t_c: float) -> Outside:
    return outside(weather(t_c), every=TYPICAL_YEAR_H)


def uniform(it: float) -> Array:
    return np.full((1, 1), it)


def test_an_hours_parts_and_water_by_hand() -> None:
    """Half load at 25 °C: 0.5 of servers, 0.05 of supplies, 0.02 of light are 0.57 of heat."""
    got = hours(design(), uniform(0.5), sky(25.0))
    heat = 0.57
    parts = {
        "rack_supply": 0.05, "ups": 0, "distribution": 0, "transformer": 0, "compressors": 0.05 * heat,
        "pumps": 0.1 * heat, "heat_rejection": 0.02 * heat, "fans": 0.05 * heat, "generators": 0.01, "lighting": 0.02,
    }  # fmt: skip
    assert {name: float(part.ravel()[0]) for name, part in got.parts.items()} == pytest.approx(parts)
    assert float(got.total[0, 0]) == pytest.approx(0.5 + sum(parts.values()))
    assert float(got.evaporated[0, 0]) == pytest.approx(1e-7 * heat * LITRE, rel=3e-3)
    assert float(got.drift[0, 0]) == pytest.approx(2e-8 * heat * LITRE, rel=3e-3)
    assert float(got.blowdown[0, 0]) == pytest.approx(4e-8 * heat * LITRE, rel=3e-3)
    assert float(got.water[0, 0]) == pytest.approx(1.6e-7 * heat * air.LITRES_PER_KG)
    assert float(got.heat_out[0, 0]) == pytest.approx(1.22 * heat + 0.01)
    assert (int(got.mode[0, 0]), float(got.chilled[0, 0])) == (MECHANICAL, pytest.approx(heat))
    cold = hours(design(), uniform(0.5), sky(15.0))
    assert (float(cold.parts["compressors"][0, 0]), int(cold.mode[0, 0]), float(cold.unmet_c[0, 0])) == (0, 0, 0)


def test_transformers_carry_all_that_comes_before_them() -> None:
    """A loss of 4% of a rating of 2, of which a half stands, at (0.5 + parts) of it."""
    plain = float(hours(design(), uniform(0.5), sky(15.0)).total[0, 0])
    lossy = hours(design(params={"distribution_loss": 0.04, "transformer_share": 1.0}), uniform(0.5), sky(15.0))
    lost = 0.04 * 2 * (0.5 + 0.5 * (plain / 2) ** 2)
    assert float(lossy.parts["transformer"][0, 0]) == pytest.approx(lost)
    assert float(lossy.heat_out[0, 0]) == pytest.approx(1.17 * 0.57 + 0.01 + lost)


def test_the_servers_share_of_the_heat_is_told_to_the_cooling() -> None:
    reported = []

    def ask(heat: Heat, out: Outside, params: Params) -> CoolingResult:
        reported.append((float(heat.now[0, 0]), float(heat.design[0, 0]), float(heat.servers[0, 0])))
        return cool(heat, out, params)

    made = design()
    hours(replace(made, kind=replace(made.kind, cool=ask)), uniform(0.5), sky(15.0))
    assert reported == [pytest.approx((0.57, 1.12, 0.5 / 0.57))]


def test_a_humidifier_puts_back_what_coils_take_where_the_hall_is_closed() -> None:
    """A tenth of the heat is moisture's: 2.45 MJ a kg."""
    plain, more = (
        float(hours(design(humidified=on), uniform(0.5), sky(25.0)).evaporated[0, 0]) for on in (False, True)
    )
    assert more - plain == pytest.approx(0.57 * 0.1 / 2.45e6 * air.LITRES_PER_KG)
    for t_c, closed in ((25.0, True), (15.0, False)):
        open_air = [
            float(hours(design(humidified=on, open_air=True), uniform(0.5), sky(t_c)).evaporated[0, 0])
            for on in (False, True)
        ]
        assert open_air[1] - open_air[0] == pytest.approx(0.57 * 0.1 / 2.45e6 * air.LITRES_PER_KG * closed, abs=1e-15)


def test_a_warmer_year_is_warmer_and_holds_more_moisture() -> None:
    out, warm = outside(weather(15.0)), outside(weather(15.0), np.array([[1.0], [2.0]]))
    assert out.t_c.shape == (1, TYPICAL_YEAR_H)
    assert warm.t_c[:, 0].tolist() == [16, 17]
    assert (warm.wet_c - out.wet_c)[:, 0] == pytest.approx([1, 2])
    assert (warm.sea_c - out.sea_c)[:, 0] == pytest.approx([1, 2])
    assert (warm.ratio / out.ratio)[:, 0] == pytest.approx(np.exp([0.062, 0.124]))
    assert outside(weather(15.0), every=5).t_c.shape == (1, TYPICAL_YEAR_H // 5)


DAYS = np.where(np.arange(TYPICAL_YEAR_H) % 2, 35.0, 15.0)  # cold and hot hours in turn


def test_a_year_is_the_mean_and_the_peak_of_its_hours() -> None:
    """Hot hours: 15 K above 20 °C, compressors take 0.15 of the heat, and the supply is 5 K too warm."""
    got = year(design(), weather(DAYS), uniform(0.5))
    heat, fixed = 0.57, 0.5 + 0.05 + 0.02 + 0.01
    cold, hot = fixed + 0.17 * heat, fixed + 0.32 * heat
    assert float(got.it_mean[0]) == 0.5
    assert float(got.delivered[0]) == pytest.approx((cold + hot) / 2)
    assert float(got.peak[0]) == pytest.approx(hot)
    assert float(got.pue[0]) == pytest.approx((cold + hot) / 2 / 0.5)
    assert float(got.parts["compressors"][0]) == pytest.approx(0.075 * heat)
    assert float(got.wue_l_per_kwh[0]) == pytest.approx(1.6e-7 * heat * air.LITRES_PER_KG / 0.5 * 3.6e6, rel=1e-6)
    assert float(got.unmet_hours[0]) == pytest.approx(TYPICAL_YEAR_H / 2)
    assert got.modes.tolist() == pytest.approx([0.5, 0, 0, 0.5])
    assert float(got.heat_out[0]) == pytest.approx((1.17 + 0.075) * heat + 0.01)
    assert got.total[0, :4] == pytest.approx([cold, hot, cold, hot], rel=1e-6)
    assert got.pue_by_hour()[:, 1] == pytest.approx([hot / 0.5] * 3, rel=1e-6)
    some = year(design(), weather(DAYS), uniform(0.5), every=2)
    assert (float(some.delivered[0]), some.total.shape) == (pytest.approx(cold), (1, TYPICAL_YEAR_H // 2))


def test_supply_a_twentieth_of_a_kelvin_too_warm_is_no_hour_that_misses() -> None:
    for t_c, missed in ((30.04, 0), (30.06, TYPICAL_YEAR_H)):
        assert float(year(design(), weather(t_c), uniform(0.5)).unmet_hours[0]) == missed


def test_a_load_by_the_hour_meets_the_weather_of_its_hour() -> None:
    """Servers at work in the hot hours alone, at rest a fifth."""
    load = np.where(np.arange(TYPICAL_YEAR_H) % 2, 1.0, 0.2)
    got = year(design(), weather(DAYS), load)
    hot, cold = 1.12 * 0.32 + 1.13, 0.24 * 0.17 + 0.25
    assert float(got.it_mean[0]) == pytest.approx(0.6)
    assert float(got.delivered[0]) == pytest.approx((hot + cold) / 2)
    assert float(got.peak[0]) == pytest.approx(hot)
    assert got.pue_by_hour((50,))[0, :2] == pytest.approx([cold / 0.2, hot], rel=1e-6)


def test_draws_are_each_their_own_in_any_number() -> None:
    """30 draws of a light of 0.01 to 0.30: three pieces of the work."""
    light = np.arange(1, 31)[:, None] / 100
    many = replace(design(), hall=dict(design().hall) | {"lighting": light})
    got = year(many, weather(15.0), uniform(0.5))
    expected = 0.5 + 0.05 + 0.01 + light.ravel() + 0.17 * (0.55 + light.ravel())
    assert got.delivered == pytest.approx(expected)
    assert got.peak == pytest.approx(expected)
    assert got.total[:, 7] == pytest.approx(expected, rel=1e-6)
    assert got.pue_by_hour((0, 50, 100))[:, 0] == pytest.approx(
        [expected[0] * 2, np.median(expected) * 2, expected[-1] * 2], rel=1e-6
    )
    loads = year(design(), weather(15.0), np.array([[0.2], [0.4]]))
    assert loads.it_mean.tolist() == [0.2, 0.4]
    assert loads.delivered == pytest.approx([0.24 * 0.17 + 0.25, 0.46 * 0.17 + 0.47])
    warmer = year(replace(design(), shift_c=np.array([[0.0], [10.0]])), weather(15.0), uniform(0.5))
    assert warmer.parts["compressors"] == pytest.approx([0, 0.05 * 0.57])
    each = year(replace(design(), shift_c=np.arange(30.0)[:, None]), weather(15.0), uniform(0.5))
    assert each.parts["compressors"] == pytest.approx(np.maximum(np.arange(30) - 5, 0) * 0.01 * 0.57)
    part = rows(many, slice(3, 5))
    assert part.hall["lighting"].ravel().tolist() == [0.04, 0.05]
    assert part.hall["oversize"].shape == (1, 1)
    assert rows(replace(many, ups=Ups(light, light, light)), slice(3, 5)).ups.linear.ravel().tolist() == [0.04, 0.05]


def test_a_hall_is_built_of_its_facts_and_of_what_is_known() -> None:
    made, draws = replace(weather(), made=True), Draws(4)
    site = build(find_kind("dx"), "large", None, "2N", made, draws, True, {"lighting": 0.5})
    assert (site.kind.name, site.redundancy, site.humidified) == ("dx", "2N", True)
    assert site.hall["lighting"].tolist() == [[0.5]]
    assert site.hall["oversize"].tolist() == hall.parameters("large", Draws(4))["oversize"].tolist()
    assert np.asarray(site.shift_c).shape == (4, 1)
    assert np.ptp(site.shift_c) > 0
    assert build(find_kind("dx"), "large", None, "N", weather(), Draws(4)).shift_c == 0
    assert build(find_kind("dx"), "large", None, "N", made, Draws(0)).shift_c == 0
    facts = catalog.default().find("ups", "eco")
    named = load_ups("eco", site.hall, Draws(0))
    assert float(named.standing[0, 0]) == facts["standing"].value
    assert float(named.quadratic[0, 0]) == facts["quadratic"].value
    assert (column(np.asarray(2.0)).shape, column(np.arange(3.0)).shape) == ((1, 1), (3, 1))


def test_units_carry_the_hardest_hour_with_one_to_spare() -> None:
    """1 kW of servers at 35 °C: 1.12 kW of heat, 1.4884 kW at the meter."""
    lossy = Ups(np.full((1, 1), 1e-9), np.zeros((1, 1)), np.zeros((1, 1)))
    site = design(ups=lossy)
    full = hours(site, uniform(1.0), outside(weather(DAYS)))
    got = {unit.name: (unit.needed_w, unit.unit_w, unit.needed, unit.installed) for unit in units(site, full, 1000.0)}
    near = {name: pytest.approx(row) for name, row in {
        "transformers": (1488.4, 1000, 2, 2), "UPS modules": (1000, 400, 3, 3), "generators": (1488.4, 500, 3, 4),
        "air handlers": (1120, 100, 12, 15), "chillers": (1120, 300, 4, 5),
        "tower cells or dry coolers": (1.32 * 1120 + 10, 250, 6, 8),
    }.items()}  # fmt: skip
    assert got == near
    spared = {unit.name: unit.installed for unit in units(replace(site, redundancy="2N"), full, 1000.0)}
    assert (spared["transformers"], spared["generators"], spared["chillers"]) == (4, 6, 5)
    liquid = {unit.name: unit.needed_w for unit in units(design("liquid"), full, 1000.0)}
    assert liquid["air handlers"] == pytest.approx(280)
    tanks = units(design("immersion"), full, 1000.0)
    assert "air handlers" not in {unit.name for unit in tanks}
    none = units(design(), hours(design(), uniform(1.0), sky(15.0)), 1000.0)
    assert not {"chillers", "UPS modules"} & {unit.name for unit in none}
    assert units(site, full, 1000.0)[0].json()["installed"] == 2


def test_spare_units_by_scheme() -> None:
    assert [spare(4, scheme) for scheme in REDUNDANCY] == [4, 5, 6, 8, 9]
    assert [spare(1, scheme) for scheme in REDUNDANCY] == [1, 2, 2, 2, 3]
    assert [spare(5, scheme) for scheme in REDUNDANCY] == [5, 7, 8, 10, 12]


def test_a_design_day_its_hottest_hour_and_a_tenth_of_the_load() -> None:
    """The hottest hour is the 3rd at 45 °C, and it is the hardest."""
    t_c = DAYS.copy()
    t_c[2] = 45.0
    got = size(design(), weather(t_c), 1000.0)
    peak = 1.13 + 1.12 * (0.17 + 0.25)
    day = got["design"]
    assert (day["dry_bulb_c"], day["peak_hour"], day["peak_pue"]) == (45, "01-01 02:00", pytest.approx(peak))
    assert day["peak_w"] == pytest.approx(1000 * peak)
    assert day["wet_bulb_c"] == pytest.approx(float(air.wet_bulb_c(45.0, 0.005, 101_325.0)))
    hour = got["hottest_hour"]
    assert (hour["hour"], hour["dry_bulb_c"], hour["mode"]) == ("01-01 02:00", 45, "mechanical")
    assert (hour["pue"], hour["power_w"]) == pytest.approx((peak, 1000 * peak))
    assert hour["parts_w"]["compressors"] == pytest.approx(1000 * 1.12 * 0.25)
    assert hour["water_l_per_h"] == pytest.approx(1.6e-7 * 1.12 * air.LITRES_PER_KG * 1000 * 3600)
    assert hour["supply_above_set_point_c"] == pytest.approx(15)
    tenth = got["a_tenth_of_load"]
    low, high = (0.13 * share + 0.1 + 0.01 + 0.02 + 0.01 for share in (0.17, 0.42))
    assert (tenth["it_w"], tenth["pue_highest"]) == pytest.approx((100, high * 10))
    assert tenth["pue"] == pytest.approx((low + 0.13 * 0.15 / 2) * 10, rel=1e-3)
    assert tenth["pue_at_full_load"] == pytest.approx(1.13 + 1.12 * (0.17 + 0.075), rel=1e-3)
    assert [hour_words(h) for h in (0, 25, TYPICAL_YEAR_H - 1)] == ["01-01 00:00", "01-02 01:00", "12-31 23:00"]


def test_a_setup_at_the_mean_of_its_draws() -> None:
    light = np.array([[0.01], [0.03]])
    ups = Ups(light, 2 * light, 3 * light)
    made = central(replace(design(), hall={"lighting": light}, ups=ups, shift_c=np.array([[1.0], [2.0]])))
    assert (made.hall["lighting"].tolist(), made.shift_c) == ([[pytest.approx(0.02)]], 1.5)
    assert [float(x[0, 0]) for x in (made.ups.standing, made.ups.linear, made.ups.quadratic)] == pytest.approx(
        [0.02, 0.04, 0.06]
    )


def test_kinds_are_known_by_their_names() -> None:
    for kind in KINDS.values():
        assert all(find_kind(name) is kind for name in (kind.name, kind.name.upper(), *kind.aliases))
    with pytest.raises(Exception, match="known: air-economiser"):
        find_kind("ice")


def test_a_hall_that_rejects_its_heat_without_towers_needs_none() -> None:
    """Towers that run in a part of the hours alone are needed all the same."""

    def names(share: float) -> set[str]:
        def towers(heat: Heat, out: Outside, params: Params) -> CoolingResult:
            return replace(cool(heat, out, params), towers=np.where(out.t_c > 20.0, share, 0.0))

        site = replace(design(), kind=replace(design().kind, cool=towers))
        return {unit.name for unit in units(site, hours(site, uniform(1.0), outside(weather(DAYS))), 1000.0)}

    assert "tower cells or dry coolers" not in names(0.0)
    assert "tower cells or dry coolers" in names(0.02)
