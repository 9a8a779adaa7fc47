"""Layouts in which carbon and price are published: unit, clock and begin of each hour are as calculated by hand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.line.grid.carbon.formats.units import GRAMS, KWH, carbon_factor
from wattline.line.grid.carbon.fuels import fuel_factors
from wattline.line.grid.carbon.read import GridSignals, ReadOptions, parse_signals

LB = 0.45359237  # g/kWh of a pound a MWh
FACTORS = fuel_factors(catalog.default())
Z = [f"2024-03-01T0{i}:00:00Z" for i in range(3)]
NAIVE = [f"2024-03-01 0{i}:00" for i in range(3)]
MTU = [f"01/03/2024 0{i}:00:00 - 01/03/2024 0{i + 1}:00:00" for i in range(3)]
EURO = [0.05, -0.01, 0.0605]


def lines(head: str, *columns, sep: str = ",") -> str:
    return "\n".join([head, *(sep.join(map(str, row)) for row in zip(*columns, strict=True))]) + "\n"


def read(data, **options) -> GridSignals:
    text = data if isinstance(data, str) else json.dumps(data)
    return parse_signals(text.encode(), "x", ReadOptions(usd={"EUR": 1.0, "GBP": 1.0}, factors=FACTORS, **options))


CARBON = {
    "carbon (lbs/MWh)": LB, "carbon (lbCO2e/MWh)": LB, "carbon (kg CO2eq/kWh)": 1000, "carbon [g CO₂-eq/kWhe]": 1,
    "carbon kgCO2eq/MWh": 1, "carbon (g/MJ)": 3.6, "carbon (t/GWh)": 1, "carbon (metric tons/MWh)": 1000,
    "carbon (short tons/MWh)": 907.18474, "carbon_intensity_gco2_kwh": 1, "CARBON_INTENSITY": 1,
}  # fmt: skip


@pytest.mark.parametrize("header", CARBON)
def test_the_unit_of_a_header_makes_grams_a_kilowatt_hour(header):
    made = read(lines(f"utc,{header}", Z, [100, 200, 300])).average["lifecycle"].values
    assert made == pytest.approx([100 * CARBON[header], 200 * CARBON[header], 300 * CARBON[header]])


@given(st.sampled_from(sorted(GRAMS)), st.sampled_from(sorted(KWH)), st.sampled_from(["", "CO2", " CO₂e", " CO2-eq"]))
def test_every_mass_for_every_energy_is_one_ratio(mass, energy, gas):
    for name in (f"carbon ({mass}{gas}/{energy})", f"carbon {mass}{gas} per {energy.upper()}"):
        assert carbon_factor(name) == pytest.approx(GRAMS[mass] / KWH[energy])


@pytest.mark.parametrize("unit", ["mg/kWh", "tons/MWh", "gC/kWh", "kg/mmbtu"])
def test_a_unit_that_is_not_known_is_never_taken_as_grams(unit):
    with pytest.raises(WattlineError, match="unit of carbon"):
        read(lines(f"utc,carbon ({unit})", Z, [1, 2, 3]))


@pytest.mark.parametrize("header", ["SO2 (lbs/MWh)", "price (cents/kWh)", "price (øre/kWh)"])
def test_other_gases_and_cents_of_no_currency_are_refused(header):
    with pytest.raises(WattlineError, match="no column of carbon or price"):
        read(lines(f"utc,{header}", Z, [1, 2, 3]))


PRICES = {
    "price (ct/kWh)": 0.01, "price (EUR/kWh)": 1, "price (p/kWh)": 0.01, "Preis [€/MWh]": 0.001, "price (£/MWh)": 0.001,
    "LMP ($/MWh)": 0.001, "price (USD cents/kWh)": 0.01, "price (c€/kWh)": 0.01, "Price (EUR/MWhe)": 0.001,
}  # fmt: skip


@pytest.mark.parametrize("header", PRICES)
def test_the_unit_of_a_header_makes_money_a_kilowatt_hour(header):
    made = read(lines(f"utc,{header}", Z, [50, -10, 60])).price
    assert made is not None
    assert made.values == pytest.approx([50 * PRICES[header], -10 * PRICES[header], 60 * PRICES[header]])


SMARD = "Deutschland/Luxemburg [€/MWh] Originalauflösungen"
AMOUNTS = ["50,00", "-10,00", "60,50"]
MARKETS = {
    "SMARD": lines(f"Datum von;Datum bis;{SMARD}", *[[f"01.03.2024 0{i + j}:00" for i in range(3)] for j in (0, 1)],
                   AMOUNTS, sep=";"),
    "SMARD, date and time apart": lines(f"Datum;Anfang;Ende;{SMARD}", ["01.03.2024"] * 3,
                                        *[[f"0{i + j}:00" for i in range(3)] for j in (0, 1)], AMOUNTS, sep=";"),
    "SMARD in English": lines(f"Start date;End date;{SMARD}", [f"Mar 1, 2024 {h}:00 AM" for h in (12, 1, 2)],
                              [f"Mar 1, 2024 {h}:00 AM" for h in (1, 2, 3)], ["50.00", "-10.00", "60.50"], sep=";"),
    "energy-charts, units below": 'Date (GMT+1),Day Ahead Auction (DE-LU)\n,"Price (EUR/MWh)"\n'
    + "".join(f"2024-03-01T0{i}:00+01:00,{v}\n" for i, v in enumerate([50, -10, 60.5])),
    "energy-charts, JSON": json.dumps({"unix_seconds": [1709247600 + 3600 * i for i in range(3)],
                                       "price": [50, -10, 60.5], "unit": "EUR / MWh"}),
    "Electricity Maps, prices": json.dumps(
        {"zone": "DE", "data": [{"datetime": f"2024-{t}:00:00.000Z", "value": v, "unit": "EUR/MWh"}
                                for t, v in zip(("02-29T23", "03-01T00", "03-01T01"), (50, -10, 60.5), strict=True)]}),
    "a clock in the header": lines("time (CET/CEST),price (EUR/MWh)", NAIVE, [50, -10, 60.5]),
    "an offset in the header": lines("Time (UTC+1),price (EUR/MWh)", NAIVE, [50, -10, 60.5]),
}  # fmt: skip


@pytest.mark.parametrize("form", MARKETS)
def test_prices_of_a_market_begin_when_they_hold(form):
    made = read(MARKETS[form], time_zone="Europe/Berlin" if "SMARD" in form else None).price
    assert made is not None
    assert (str(made.start), made.step_s) == ("2024-02-29T23:00:00", 3600)
    assert made.values == pytest.approx(EURO)


def test_zones_in_rows_are_told_apart():
    head = "Country,ISO3 Code,Datetime (UTC),Datetime (Local),Price (EUR/MWhe)"
    table = lines(head, ["Germany"] * 3 + ["France"] * 3, ["DEU"] * 3 + ["FRA"] * 3, NAIVE * 2, NAIVE * 2, range(6))
    for zone in ("FRA", "france"):
        made = read(table, zone=zone).price
        assert made is not None
        assert made.values == pytest.approx([0.003, 0.004, 0.005])
    with pytest.raises(WattlineError, match="2 zones in Country"):
        read(table)


@pytest.mark.parametrize(("clock", "start"), [
    ("UTC", "2024-03-01T00:00:00"), ("WET/WEST", "2024-03-01T00:00:00"), ("CET/CEST", "2024-02-29T23:00:00"),
    ("EET/EEST", "2024-02-29T22:00:00"),
])  # fmt: skip
def test_entsoe_takes_the_clock_of_its_header(clock, start):
    made = read(lines(f"MTU ({clock}),Day-ahead Price (EUR/MWh)", MTU, [50, -10, 60.5])).price
    assert made is not None
    assert (str(made.start), made.values) == (start, pytest.approx(EURO))


def test_entsoe_two_auctions_and_the_hour_that_clocks_skip():
    head = "MTU (CET/CEST),Area,Sequence,Day-ahead Price (EUR/MWh)"
    both = lines(head, MTU * 2, ["DE"] * 6, ["Sequence 1"] * 3 + ["Sequence 2"] * 3, [1, 2, 3, 50, -10, 60.5])
    with pytest.raises(WattlineError, match="2 zones in Sequence"):
        read(both)
    made = read(both, zone="Sequence 2").price
    assert made is not None
    assert made.values == pytest.approx(EURO)
    spring = [f"30.03.2025 0{i}:00 - 30.03.2025 0{i + 1}:00" for i in (1, 2, 3)]
    made = read(lines("MTU (CET/CEST),Day-ahead Price [EUR/MWh]", spring, [10, "", 30])).price
    assert made is not None
    assert (str(made.start), made.values) == ("2025-03-30T00:00:00", pytest.approx([0.01, 0.03]))
    with pytest.raises(WattlineError, match="does not exist in Europe/Brussels"):
        read(lines("MTU (CET/CEST),Day-ahead Price [EUR/MWh]", spring, [10, 20, 30]))


def test_ends_of_hours_are_moved_to_their_begins():
    ends = [f"2024-03-01T0{i}:00:00Z" for i in (1, 2, 3)]
    for table in (
        lines("hour ending utc,carbon_g_per_kwh", ends, [1, 2, 3]),
        lines("interval_end_utc,interval_start_utc,carbon_g_per_kwh", ends, Z, [1, 2, 3]),
    ):
        made = read(table).average["lifecycle"]
        assert (str(made.start), made.values.tolist()) == ("2024-03-01T00:00:00", [1, 2, 3])


def test_watttime_tables_take_their_signal_and_unit():
    def table(signal: str, unit: str) -> str:
        return lines("point_time,value,signal_type,units", Z, [1000, 900, 800], [signal] * 3, [unit] * 3)

    average = read(table("co2_aoer", "lbs_co2_per_mwh"))
    assert average.marginal is None
    assert average.average["direct"].values == pytest.approx([1000 * LB, 900 * LB, 800 * LB])
    with pytest.raises(WattlineError, match="health_damage is no CO2 rate"):
        read(table("health_damage", "USD/MWh"))


def test_a_bare_marginal_column_is_no_average():
    made = read(lines("utc,marginal carbon", Z, [1, 2, 3]))
    assert made.average == {}
    assert made.marginal is not None


def test_great_britains_half_hours_are_direct():
    rows = [{"from": f"2024-03-01T0{i // 2}:{i % 2 * 3}0Z", "to": "", "intensity": {"forecast": 9, "actual": actual}}
            for i, actual in enumerate((100, 101, None))]  # fmt: skip
    made = read({"data": rows})
    assert (list(made.average), made.average["direct"].step_s) == (["direct"], 1800)
    assert made.average["direct"].values.tolist() == [100, 101, 9]
    assert "1 of 3 values are forecasts of the API" in made.notes
    assert read({"data": {"shortname": "London", "data": rows}}).zone == "London"


def test_a_published_intensity_goes_before_factors_of_the_fuels_beside_it():
    head = "DATETIME,GAS,COAL,NUCLEAR,WIND,IMPORTS,CARBON_INTENSITY,LOW_CARBON,LOW_CARBON_perc"
    made = read(lines(head, NAIVE, *[[10] * 3] * 5, [120, 121, 122], [20] * 3, [40] * 3))
    assert made.average["lifecycle"].values.tolist() == [120, 121, 122]
    assert made.clean is not None
    assert made.clean.values == pytest.approx(0.4)


@pytest.mark.parametrize("rows", [
    [{"Location": "a", "Time": t, "Rating": 300} for t in Z],
    {"Emissions": [{"Location": "a", "Time": t, "Rating": 300} for t in Z]},
    [{"location": "a", "startTime": t, "endTime": t, "carbonIntensity": 300} for t in Z],
])  # fmt: skip
def test_carbon_aware_sdk_writes_its_names_in_three_ways(rows):
    assert read(rows, kind="average").average["lifecycle"].values.tolist() == [300, 300, 300]
    with pytest.raises(WattlineError, match="--carbon-kind"):
        read(rows)


def test_numbers_with_commas():
    def price(*cells: str) -> list[float]:
        made = read(lines("utc;price_eur_per_mwh", Z, cells, sep=";")).price
        assert made is not None
        return [float(value) for value in made.values]

    assert price("1.060,50", "-10,00", "60,5") == pytest.approx([1.0605, -0.01, 0.0605])
    assert price("1,060.50", "-10.00", "60.5") == pytest.approx([1.0605, -0.01, 0.0605])
    with pytest.raises(WattlineError, match="decimals or thousands"):
        price("1,060", "2,000", "3,500")


def test_dates_with_slashes_where_a_day_tells_the_month():
    for text in ("03/13/2024", "13/03/2024"):
        made = read(lines("utc,carbon_g_per_kwh", [f"{text} 0{i}:00" for i in range(3)], [1, 2, 3]))
        assert str(made.average["lifecycle"].start) == "2024-03-13T00:00:00"
    with pytest.raises(WattlineError, match="either number may be the month"):
        read(lines("utc,carbon_g_per_kwh", [f"03/01/2024 0{i}:00" for i in range(3)], [1, 2, 3]))
