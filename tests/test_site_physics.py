"""The physics of a site: parts, heat, water, and what must rise and fall with air and load."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.bill import PARTS
from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.line.site import air, hall
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import KINDS, find_kind
from wattline.line.site.cooling.parts import Outside
from wattline.line.site.places import find_place
from wattline.line.site.power_chain import REDUNDANCY, check_redundancy, load_ups
from wattline.line.site.sizing import size, spare
from wattline.line.site.weather import Weather
from wattline.line.site.year import SITE_PARTS, HallDesign, hours, year


def typical(place: str) -> Weather:
    """The made year of a place."""
    return made_year(find_place(place, catalog.default()), catalog.default())


DRAWS = 24
HALLS = ("large", "midsize", "small")
PLACES = ("Singapore", "Phoenix, Arizona", "Luleå, Sweden", "Denver, Colorado", "Dublin", "Mumbai")
kinds = st.sampled_from(sorted(KINDS))


def setup(
    kind: str, plant: str = "large", draws: int = DRAWS, redundancy: str = "N+1", ups: str | None = None
) -> HallDesign:
    d = Draws(draws)
    p = hall.parameters(plant, d)
    return HallDesign(KINDS[kind], p, load_ups(ups, p, d), redundancy)


def sky(t: Array, dew_below: Array, pressure: float = 101325.0) -> Outside:
    """Outside air of these temperatures and dew-point depressions, as rows of hours."""
    t = np.atleast_2d(np.asarray(t, float))
    ratio = air.ratio_of(air.saturation_pa(t - np.atleast_2d(dew_below)), pressure)
    ratio = np.minimum(ratio, air.humidity_ratio(t, 1.0, pressure))
    return Outside(
        t, air.wet_bulb_c(t, ratio, pressure), ratio, np.full(t.shape, pressure), np.clip(0.7 * t + 5, 2, 35)
    )


temperatures = st.lists(st.floats(-35, 48), min_size=1, max_size=8)


@given(
    kinds,
    st.sampled_from(HALLS),
    temperatures,
    st.floats(0, 30),
    st.floats(0.02, 1.0),
    st.sampled_from(list(REDUNDANCY)),
)
def test_parts_heat_and_water(
    kind: str, plant: str, t: list[float], below: float, load: float, redundancy: str
) -> None:
    result = hours(setup(kind, plant, redundancy=redundancy), np.full((1, 1), load), sky(np.array(t), np.array(below)))
    assert set(result.parts) == set(SITE_PARTS) <= set(PARTS)
    assert all(np.all(part >= 0) for part in result.parts.values())
    assert np.all(result.total / load >= 1)
    parts = load + sum(result.parts.values())
    np.testing.assert_allclose(parts, result.total, rtol=1e-12)
    np.testing.assert_allclose(result.heat_out, result.total, rtol=1e-6)  # electricity in leaves as heat or vapour
    for name in ("evaporated", "drift", "blowdown"):
        assert np.all(getattr(result, name) >= 0), name
    if KINDS[kind].dry:
        assert np.all(result.water == 0)


@given(kinds, st.sampled_from(HALLS), st.floats(-30, 45), st.floats(0, 25), st.floats(0.05, 1), st.floats(0.05, 12))
def test_hotter_air_never_lowers_power(kind: str, plant: str, t: float, below: float, load: float, by: float) -> None:
    site, it = setup(kind, plant), np.full((1, 1), load)
    single = sky(np.array(t), np.array(below))
    ratio = single.ratio
    hot = replace(single, t_c=single.t_c + by, wet_c=air.wet_bulb_c(single.t_c + by, ratio, single.pressure_pa))
    assert np.all(hours(site, it, hot).total >= hours(site, it, single).total * (1 - 1e-9))


@given(kinds, st.sampled_from(HALLS), st.floats(-30, 45), st.floats(1, 25), st.floats(0.05, 1), st.floats(0.05, 1))
def test_damper_air_never_lowers_power(
    kind: str, plant: str, t: float, below: float, load: float, share: float
) -> None:
    site, it = setup(kind, plant), np.full((1, 1), load)
    dry, damp = sky(np.array(t), np.array(below)), sky(np.array(t), np.array(below * (1 - share)))
    assert np.all(hours(site, it, damp).total >= hours(site, it, dry).total * (1 - 1e-9))


@given(kinds, st.sampled_from(HALLS), temperatures, st.floats(0, 20), st.floats(0.02, 0.98), st.floats(0.01, 1),
       st.sampled_from(list(REDUNDANCY)))  # fmt: skip
def test_less_load_a_higher_pue(
    kind: str, plant: str, t: list[float], below: float, load: float, more: float, redundancy: str
) -> None:
    site, out = setup(kind, plant, redundancy=redundancy), sky(np.array(t), np.array(below))
    high = load + (1 - load) * more
    low_pue = hours(site, np.full((1, 1), load), out).total / load
    high_pue = hours(site, np.full((1, 1), high), out).total / high
    assert np.all(low_pue >= high_pue * (1 - 1e-9))


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("place", PLACES)
def test_a_year_adds_up(kind: str, place: str) -> None:
    result = year(setup(kind, draws=14), typical(place), np.full(8760, 0.6))
    assert np.all(result.pue >= 1)
    np.testing.assert_allclose(result.it_mean + sum(result.parts.values()), result.delivered, rtol=1e-12)
    np.testing.assert_allclose(result.heat_out, result.delivered, rtol=1e-6)
    assert np.all(result.peak >= result.delivered * (1 - 1e-12))
    assert result.modes.sum() == pytest.approx(1)
    assert np.all(result.wue_l_per_kwh >= 0)
    assert KINDS[kind].dry <= bool(np.all(result.wue_l_per_kwh == 0))
    by_hour = result.pue_by_hour()
    assert by_hour.shape == (3, 8760)
    assert np.all(np.diff(by_hour, axis=0) >= 0)


def test_draws_and_chunks_do_not_change_a_draw() -> None:
    weather = typical("Atlanta")
    many = setup("air-economiser", draws=30)
    whole = year(many, weather, np.full(8760, 0.7))
    alone = replace(many, hall={k: v[5:6] if len(v) > 1 else v for k, v in many.hall.items()})
    ups = replace(many.ups, **{n: getattr(many.ups, n)[5:6] for n in ("standing", "linear", "quadratic")})
    single = year(replace(alone, ups=ups), weather, np.full(8760, 0.7))
    assert single.pue[0] == pytest.approx(whole.pue[5], rel=1e-12)
    few = year(many, weather, np.full((1, 1), 0.7), every=5)
    np.testing.assert_allclose(few.pue, whole.pue, atol=1e-3)


def test_a_load_by_the_hour() -> None:
    weather, site = (
        typical("Dublin"),
        setup("water-economiser", draws=0),
    )
    day = np.where(np.arange(8760) % 24 < 12, 0.4, 0.8)
    mixed = year(site, weather, day)
    high, low = (float(year(site, weather, np.full(8760, x)).pue[0]) for x in (0.8, 0.4))
    assert high < float(mixed.pue[0]) < low


def test_moist_air_against_coolprop() -> None:
    coolprop = pytest.importorskip("CoolProp.HumidAirProp", reason="CoolProp is not installed")
    for t in (-15.0, 0.5, 12.0, 28.0, 42.0):
        for relative in (0.15, 0.5, 0.9):
            for pressure in (80e3, 101325.0):
                state = ("T", t + 273.15, "R", relative, "P", pressure)
                w = float(air.humidity_ratio(t, relative, pressure))
                assert w == pytest.approx(coolprop.HAPropsSI("W", *state), rel=7e-3)
                assert float(air.dew_point_c(w, pressure)) == pytest.approx(
                    coolprop.HAPropsSI("D", *state) - 273.15, abs=0.02
                )
                # below freezing CoolProp's wet bulb is over ice, a plant's over water
                wet = coolprop.HAPropsSI("B", *state) - 273.15
                assert float(air.wet_bulb_c(t, w, pressure)) == pytest.approx(wet, abs=0.05 if wet > 0 else 0.6)
                assert float(air.enthalpy(t, w)) == pytest.approx(coolprop.HAPropsSI("H", *state), abs=1000)


@given(st.floats(-30, 50), st.floats(0.02, 1.0), st.floats(60e3, 105e3))
def test_wet_bulb_lies_between_dew_point_and_temperature(t: float, relative: float, pressure: float) -> None:
    w = air.humidity_ratio(t, relative, pressure)
    wet = float(air.wet_bulb_c(t, w, pressure))
    assert wet <= t
    if t > 1:
        assert wet >= float(air.dew_point_c(w, pressure)) - 0.6
    assert float(air.quick_saturation_pa(np.asarray(max(t, -20.0)))) > 0


def test_ups_curves_and_redundancy() -> None:
    d = Draws(0)
    p = hall.parameters("large", d)
    own = load_ups(None, p, d)
    half = float(own.loss(np.asarray(0.5))[0, 0])
    assert 0.5 / (0.5 + half) == pytest.approx(float(p["ups_efficiency"][0, 0]), rel=1e-9)
    losses = {
        name: float(
            hours(setup("dx", draws=0, ups=name), np.ones((1, 1)), sky(np.array(20.0), np.array(5.0))).parts["ups"][
                0, 0
            ]
        )
        for name in ("double-conversion", "line-interactive", "eco", "rack-battery", "none")
    }
    assert sorted(losses.values(), reverse=True) == list(losses.values())
    assert losses["none"] == 0
    pue = {
        r: float(
            year(
                setup("dx", draws=0, redundancy=r),
                typical("Dublin"),
                np.full(8760, 0.5),
            ).pue[0]
        )
        for r in ("N", "2N")
    }
    assert pue["2N"] > pue["N"]
    with pytest.raises(WattlineError, match="3N"):
        check_redundancy("3N")
    assert check_redundancy("n + 1") == "N+1"


def test_sizing_by_hand() -> None:
    assert [spare(4, r) for r in ("N", "N+1", "2N")] == [4, 5, 8]
    assert spare(1, "N+1") == 2
    weather = typical("Phoenix, Arizona")
    result = size(setup("water-chiller", draws=0), weather, 50e6)
    assert result["design"]["dry_bulb_c"] == pytest.approx(weather.temperature_c.max())
    units = {u["name"]: u for u in result["units"]}
    assert units["chillers"]["needed_w"] > 50e6
    assert all(u["installed"] > u["needed"] and u["needed"] * u["unit_w"] >= u["needed_w"] for u in units.values())
    assert result["a_tenth_of_load"]["pue"] > result["a_tenth_of_load"]["pue_at_full_load"] > 1
    assert result["hottest_hour"]["dry_bulb_c"] == result["design"]["dry_bulb_c"]
    assert "chillers" not in {u["name"] for u in size(setup("evaporative", draws=0), weather, 1e6)["units"]}


@pytest.mark.parametrize("name", ["waterside", "DLC", "Direct Expansion", "sea"])
def test_kinds_have_other_names(name: str) -> None:
    assert find_kind(name).name in KINDS


@settings(max_examples=20)
@given(st.sampled_from(sorted(KINDS)))
def test_free_cooling_follows_the_cold(kind: str) -> None:
    cold, hot = (hours(setup(kind, draws=0), np.ones((1, 1)), sky(np.array(t), np.array(8.0))) for t in (-5.0, 40.0))
    assert float(cold.parts["compressors"].sum()) <= float(hot.parts["compressors"].sum())
