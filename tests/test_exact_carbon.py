"""Carbon of a region by hand: the range of a year to come, and which series is the value."""

from __future__ import annotations

from datetime import datetime
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog import carbon
from wattline.catalog.carbon import CarbonSeries, band, carbon_tables
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.grid.region import load_region
from wattline.predict.grid_hours import CLEAN, MARGINAL, PRICE
from wattline.predict.prices import WeightedMeans, follow
from wattline.predict.where import Where

LIFE, DIRECT, TRACED = "carbon_lifecycle_g_per_kwh", "carbon_direct_g_per_kwh", "carbon_flow_traced_g_per_kwh"
RISE, DOUBLE = log(1.1), log(2)


@pytest.mark.parametrize(
    ("values", "free", "years", "low", "high"),
    [
        ([400], 0.0, 1, -0.04, 0.04), ([400], 0.4, 1, -0.22, 0.22),  # 0.04, and 0.45 of the share free of carbon
        ([400], 0.4, 4, -0.44, 0.44),  # as the root of the years
        ([400], 1.0, 4, -0.9, 0.9),  # and never more than 0.9
        # the largest change if that is more; half of the trend on the side that it goes to
        ([100, 110], 0.0, 1, -RISE, 1.5 * RISE), ([110, 100], 0.0, 1, -1.5 * RISE, RISE),
        ([100, 110], 0.4, 1, -0.22, 0.22 + RISE / 2), ([100, 110], 0.0, 4, -2 * RISE, 2 * RISE + 4 * RISE / 2),
        ([100, 200], 0.0, 1, -0.6, 0.6 + 0.15), ([200, 100], 0.0, 1, -0.6 - 0.15, 0.6), ([100, 200], 0.0, 4, -0.9, 1.5),
        # where two changes are known no more than 0.08 and 1.3 times the larger one
        ([100, 100, 100], 1.0, 1, -0.08, 0.08), ([100, 110, 110], 1.0, 1, -0.08 - 1.3 * RISE, 0.08 + 1.55 * RISE),
        ([110, 110, 100], 0.0, 1, -1.25 * RISE, RISE),
        # of the last three changes, and the trend of the last two
        ([100, 200, 200, 200], 0.0, 1, -0.6, 0.6), ([100, 200, 200, 200, 200], 0.0, 1, -0.04, 0.04),
        ([100, 110, 110], 0.0, 1, -RISE, 1.25 * RISE), ([110, 121, 110], 0.0, 1, -RISE, RISE),
    ],
)  # fmt: skip
def test_the_range_of_a_year_to_come(values: list[float], free: float, years: int, low: float, high: float) -> None:
    """As logarithms beside the newest value."""
    got = band(values, free, years)
    assert [log(end / values[-1]) for end in got] == pytest.approx([low, high])


@given(st.lists(st.floats(1, 1000), min_size=1, max_size=5), st.floats(0, 1), st.integers(1, 5), st.floats(0.1, 10))
def test_a_range_holds_its_value_in_any_unit_and_widens(values: list[float], free: float, years: int, k: float) -> None:
    low, high = band(values, free, years)
    assert low < values[-1] < high
    assert band([k * value for value in values], free, years) == pytest.approx((k * low, k * high))
    later = band(values, free, years + 1)
    assert later[0] <= low * (1 + 1e-9)
    assert later[1] >= high * (1 - 1e-9)


FLAT = dict.fromkeys(range(2021, 2026), 100.0)


def tables(
    monkeypatch: pytest.MonkeyPatch,
    traced: dict[int, float] | None = None,
    country: dict[int, float] | None = None,
    second_hand: float | None = None,
) -> dict[str, dict[str, Any]]:
    """What the catalog would have of a region with these series."""
    zone = {} if traced is None else {"x": CarbonSeries("x", traced, 0.8, 0.3)}
    nation = {} if country is None else {"x": CarbonSeries("x", country, 0.9)}
    monkeypatch.setattr(carbon, "flow_traced", lambda: zone)
    monkeypatch.setattr(carbon, "ember", lambda: nation)
    monkeypatch.setattr(carbon, "ember_second_hand", lambda: {} if second_hand is None else {"x": second_hand})
    return carbon_tables("x")


def ends(fact: dict[str, Any]) -> tuple[float, float, float]:
    return fact["low"], fact["value"], fact["high"]


def test_a_zone_takes_what_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A level of 100 g/kWh for five years is known to 8% for the next; of it 0.8 is direct."""
    made = tables(monkeypatch, FLAT)
    assert set(made) == {LIFE, DIRECT}
    assert ends(made[LIFE]) == (round(100 * exp(-0.08), 2), 100, round(100 * exp(0.08), 2))
    assert ends(made[DIRECT]) == pytest.approx((0.8 * 92.31, 80, 0.8 * 108.33), abs=6e-4)
    assert made[LIFE]["note"].startswith("2025, flow-traced; 100 in 2021, 100 in 2022")
    assert made[LIFE]["group"] == made[DIRECT]["group"] == "carbon-x"
    assert made[DIRECT]["note"] == "2025: 0.8 of the life cycle"
    assert not tables(monkeypatch)


def test_a_country_takes_what_its_power_stations_emit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2024 alone: a half free of carbon, two years on."""
    made = tables(monkeypatch, None, {2023: 300.0, 2024: 320.0})
    width = (0.04 + 0.45 * 0.5) * sqrt(2)
    assert ends(made[LIFE]) == pytest.approx((320 * exp(-width), 320, 320 * exp(width)), abs=0.01)
    assert made[LIFE]["note"] == "2024, of generation; 300 in 2023"
    assert made[LIFE]["source"] == carbon.EMBER
    assert made[DIRECT]["value"] == pytest.approx(288)
    # no mix is worse than old coal, unless the region is; there is no range without a width
    assert ends(tables(monkeypatch, None, {2024: 850.0})[LIFE])[1:] == (850, 900)
    assert ends(tables(monkeypatch, None, {2024: 890.0})[LIFE])[2] == pytest.approx(890 * 1.04)


def test_an_old_year_gives_way_to_a_newer_one_at_second_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    made = tables(monkeypatch, None, {2022: 200.0}, 210.0)
    assert ends(made[LIFE]) == pytest.approx((210 * exp(-0.265), 210, 210 * exp(0.265)), abs=0.01)
    assert (made[LIFE]["basis"], made[LIFE]["source"]) == ("second hand", carbon.EMBER_SECOND_HAND)
    assert made[LIFE]["note"].startswith("2025, of generation; 200 in 2022")
    alone = tables(monkeypatch, None, {2022: 200.0})[LIFE]
    assert ends(alone) == pytest.approx((200 * exp(-0.53), 200, 200 * exp(0.53)), abs=0.01)
    assert tables(monkeypatch, None, {2024: 200.0}, 210.0)[LIFE]["value"] == 200
    assert tables(monkeypatch, None, {2023: 200.0}, 210.0)[LIFE]["value"] == 210


def test_a_countrys_range_is_that_of_its_traced_series_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    """90 g/kWh in 2024, when 100 were traced."""
    made = tables(monkeypatch, FLAT, {2024: 90.0})
    assert ends(made[LIFE]) == (round(90 * exp(-0.08), 2), 90, round(90 * exp(0.08), 2))
    assert ends(made[TRACED]) == (92.31, 100, 108.33)
    assert made[DIRECT]["value"] == pytest.approx(81)
    # half as much as in 2024 by the newest year: the range follows, as far as 0.9 and with 4% on each side
    fallen = tables(monkeypatch, FLAT | {2025: 50.0}, {2024: 100.0})[LIFE]
    low, high = band([100, 100, 100, 100, 50], 0.3)
    assert ends(fallen) == pytest.approx((max(low, 100 * exp(-0.9)), 100, max(high, 104)), abs=0.01)
    risen = tables(monkeypatch, FLAT | {2025: 300.0}, {2024: 100.0})[LIFE]
    low, high = band([100, 100, 100, 100, 300], 0.3)
    assert ends(risen) == pytest.approx((min(low, 96), 100, min(high, 100 * exp(0.9))), abs=0.01)


def test_a_range_goes_by_the_share_that_is_free_of_carbon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A series that swings by a tenth, a third of it free of carbon: 0.04 and 0.45 of 0.3, more than the tenth."""
    swings = dict(zip(range(2021, 2026), [100.0, 110.0, 100.0, 110.0, 100.0], strict=True))
    made = tables(monkeypatch, swings, {2025: 50.0})
    assert ends(made[LIFE]) == pytest.approx((50 * exp(-0.175), 50, 50 * exp(0.175)), abs=0.01)
    assert tables(monkeypatch, None, {2024: 123.4567})[DIRECT]["value"] == 111.111  # to a thousandth of a gram


@pytest.mark.parametrize(
    ("given", "start"),
    [
        ("2023-01-01T08:00Z", "2023-01-01T08:00:00"), ("2023-01-01 08:00", "2023-01-01T08:00:00"),
        ("2023-01-01T08:00:05.7+02:00", "2023-01-01T06:00:05"), (datetime(2023, 1, 1, 8), "2023-01-01T08:00:00"),
        ("1990-01-01", "1990-01-01T00:00:00"), ("2100-12-31", "2100-12-31T00:00:00"),
    ],
)  # fmt: skip
def test_when_a_job_begins_is_utc(given: Any, start: str) -> None:
    assert Where.read("fr", {"start": given, "carbon": "hourly"}).start == start


@pytest.mark.parametrize(
    ("given", "share", "source"),
    [
        ("60%", 0.6, ""),
        ("60% wind", 0.6, "wind"),
        ("0.6 WIND", 0.6, "wind"),
        (0.6, 0.6, ""),
        (0, 0, ""),
        ("100%", 1, ""),
    ],
)
def test_a_share_under_contracts_and_what_generates_it(given: Any, share: float, source: str) -> None:
    contracts = Where.read("fr", {"contracts": given}).contracts
    assert contracts is not None
    assert (contracts.share, contracts.source) == (pytest.approx(share), source)
    assert Where.read("fr", {"contracts": contracts}).contracts is contracts


def test_carbon_is_a_number_a_typical_year_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "intensity"
    file.write_text("x")
    carbon = {
        str(given): Where.read("fr", {"carbon": given}).carbon for given in (80, "80 g/kWh", "hourly", file, str(file))
    }
    assert carbon == {"80": 80, "80 g/kWh": 80, "hourly": "hourly", str(file): str(file)}
    assert Where.read("fr", {"carbon": "not there.csv"}).carbon == "not there.csv"
    for values, by_the_hour in (({"carbon": 80}, False), ({"carbon": "hourly"}, True), ({"price": file}, True)):
        where = Where.read("fr", values)
        assert where.by_the_hour == by_the_hour
        assert ("carbon_g_per_kwh" in where.inputs(), "carbon" in where.inputs()) == (
            values == {"carbon": 80}, values == {"carbon": "hourly"},
        )  # fmt: skip
    for values in (
        {"carbon": file, "time_zone": "UTC"},
        {"price": file, "time_zone": "UTC"},
        {"carbon": file, "carbon_kind": "average"},
    ):
        assert Where.read("fr", values).by_the_hour
    assert Where.read("fr", {"contracts": "60% wind"}).inputs() == {"contracts": "0.6 wind"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"start": "soon"}, "start: 'soon' is no time"),
        ({"start": "1989-12-31"}, "1989 is out of range, 1990 to 2100"),
        ({"start": "2101-01-01"}, "2101 is out of range"), ({"contracts": ""}, "contracts"),
        ({"contracts": "110%"}, "contracts"),
        ({"contracts": "-1%"}, "contracts"), ({"contracts": "60% coal"}, "no share with one of"),
        ({"contracts": "60% wind solar"}, "no share with one of"), ({"carbon": "high"}, "carbon"),
        ({"price": "a.csv", "electricity_price": 0.1}, "give one of them, by the hour or one number"),
        ({"carbon_kind": "average"}, "carbon-kind: goes with"), ({"time_zone": "UTC"}, "time-zone: goes with"),
        ({"carbon": "hourly", "carbon_kind": "average"}, "carbon-kind: goes with"),
        ({"carbon": 80, "carbon_url": "https://example.org"}, "carbon and carbon-url: give one"),
    ],
)  # fmt: skip
def test_what_excludes_itself_or_is_none_of_these_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(WattlineError, match=words):
        Where.read("fr", values)


RESIDUAL = catalog.default().fact("region.fr.carbon_residual_g_per_kwh").value  # kg of 1,000 kWh


def followed(weighed: WeightedMeans | None = None, where: str = "fr", **values: Any) -> dict[str, float]:
    """What follows from 1,000 kWh delivered in France, or another country."""
    region, draws = load_region(where, catalog.default()), Draws(0)
    follows = follow(region, Where.read(where, values), np.asarray(3.6e9), draws, weighed)
    return {name: float(value) for name, value in follows.items()}


def test_accounts_by_the_hour_are_the_means_that_the_load_weighs() -> None:
    means = {"lifecycle": 150.0, "direct": 100.0, PRICE: 0.2, MARGINAL: 500.0, CLEAN: 0.4}
    got = followed(WeightedMeans({name: np.asarray(mean) for name, mean in means.items()}, False, {}))
    assert got == pytest.approx({
        "cost_usd": 200, "co2e_kg": 150, "co2e_direct_kg": 100, "co2e_market_kg": RESIDUAL, "co2e_marginal_kg": 500,
        "carbon_free_wh": 4e5,
    })  # fmt: skip


def test_hours_of_a_typical_year_move_the_years_means_in_proportion() -> None:
    """A fifth above the year's mean by location, a quarter by the margin; what costs nothing all year stays."""
    plain = followed()
    means = {"lifecycle": np.asarray(90.0), "direct": np.asarray(60.0), MARGINAL: np.asarray(500.0)}
    got = followed(WeightedMeans(means, True, {"lifecycle": 75.0, "direct": 50.0, MARGINAL: 400.0}))
    ratios = {name: got[name] / plain[name] for name in plain}
    assert ratios == pytest.approx({
        "cost_usd": 1, "co2e_kg": 1.2, "co2e_direct_kg": 1.2, "co2e_market_kg": 1, "co2e_marginal_kg": 1.25,
        "carbon_free_wh": 1,
    })  # fmt: skip
    nothing = followed(WeightedMeans(means, True, {"lifecycle": 0.0, "direct": 0.0}))
    assert nothing["co2e_kg"] == pytest.approx(plain["co2e_kg"])
    assert nothing["co2e_marginal_kg"] == pytest.approx(plain["co2e_marginal_kg"])


def test_contracts_leave_the_rest_to_the_residual_mix() -> None:
    plain, nobody = followed(), followed(where="nl")
    assert followed(contracts="60%")["co2e_market_kg"] == pytest.approx(0.4 * RESIDUAL)
    assert followed(where="nl", contracts="60%")["co2e_market_kg"] == pytest.approx(0.4 * nobody["co2e_direct_kg"])
    assert followed(carbon=50, contracts="60%")["co2e_market_kg"] == pytest.approx(20)
    assert followed(contracts="60%", residual=300)["co2e_market_kg"] == pytest.approx(120)
    assert followed(residual=300)["co2e_market_kg"] == pytest.approx(300)
    clean = plain["carbon_free_wh"] / 1e6
    assert followed(contracts="60% wind")["carbon_free_wh"] / 1e6 > clean
    assert followed(contracts="100% nuclear")["carbon_free_wh"] <= 1e6 * (1 + 1e-9)
