"""One series in every form in which carbon, price and generation are published, and what is refused."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.line.grid.carbon.fuels import fuel_factors, intensity
from wattline.line.grid.carbon.read import ReadOptions, parse_signals, read_signals

FACTORS = fuel_factors(catalog.default())
HOURS = pl.datetime_range(pl.datetime(2023, 10, 28), pl.datetime(2023, 10, 30), "1h", eager=True)  # clocks go back
LIFE = np.round(300 + 40 * np.sin(np.arange(len(HOURS))), 3)
STACK = np.round(0.8 * LIFE, 3)
Z = HOURS.dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list()
EMAPS = "Datetime (UTC),Country,Zone Name,Zone Id,{},Data Source,Data Estimated,Data Estimation Method\n"
UNIT = "Carbon Intensity gCO₂eq/kWh"


def csv(head: str, *columns) -> bytes:
    return (head + "".join(",".join(str(x) for x in row) + "\n" for row in zip(*columns, strict=True))).encode()


def emaps(life_name: str) -> bytes:
    names = EMAPS.format(f"{UNIT} (direct),{UNIT} ({life_name}),Low Carbon Percentage,Renewable Percentage")
    times = HOURS.dt.strftime("%Y-%m-%d %H:%M:%S")
    fixed = [["Germany"] * len(HOURS)] * 2 + [["DE"] * len(HOURS)]
    tail = [[60] * len(HOURS), [50] * len(HOURS), ["entsoe.eu"] * len(HOURS), ["true"] * len(HOURS), [""] * len(HOURS)]
    return csv(names, times, *fixed, STACK, LIFE, *tail)


def local(column: str) -> bytes:
    berlin = HOURS.dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin")
    return csv(f"{column},carbon_g_per_kwh\n", berlin.dt.strftime("%Y-%m-%d %H:%M"), LIFE)


FORMS = {
    "electricity maps until 2024": emaps("LCA"),
    "electricity maps since": emaps("Life cycle"),
    "electricity maps, history": json.dumps(
        {"zone": "DE", "history": [
            {"zone": "DE", "carbonIntensity": v, "datetime": t.replace("Z", ".000Z"), "emissionFactorType": "lifecycle",
             "isEstimated": False} for t, v in zip(Z, LIFE, strict=True)]}
    ).encode(),
    "carbon-aware-sdk": json.dumps(
        [{"location": "eastus", "time": t.replace("Z", "+00:00"), "rating": v, "duration": "01:00:00"}
         for t, v in zip(Z, LIFE, strict=True)]
    ).encode(),
    "carbon-aware-sdk, forecast": json.dumps(
        [{"generatedAt": Z[0], "location": "eastus", "dataStartAt": Z[0], "windowSize": 60, "optimalDataPoints": [],
          "forecastData": [{"location": "eastus", "timestamp": t, "duration": 60, "value": v}
                           for t, v in zip(Z, LIFE, strict=True)]}]
    ).encode(),
    "plain": csv("utc,carbon_g_per_kwh\n", Z, LIFE),
    "plain, kilograms": csv("utc,carbon_kg_per_kwh\n", Z, [float(v) / 1000 for v in LIFE]),
    "plain, packed": gzip.compress(csv("utc,carbon_g_per_kwh\n", Z, LIFE)),
    "plain, with an offset": csv(
        "time,carbon intensity (gCO2eq/kWh)\n",
        HOURS.dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Kolkata").dt.strftime("%Y-%m-%dT%H:%M:%S%z"), LIFE,
    ),
    "local time": local("time"),
    "local time, named so": local("Datetime (Local)"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_reads_back_the_same_series(form):
    options = ReadOptions(time_zone="Europe/Berlin", kind="average", factors=FACTORS)
    made = parse_signals(_unpacked(FORMS[form]), form, options).average["lifecycle"]
    assert made.values == pytest.approx(LIFE)
    assert (str(made.start), made.step_s, len(made.values)) == ("2023-10-28T00:00:00", 3600.0, len(HOURS))


def _unpacked(data: bytes) -> bytes:
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_parquet_and_a_packed_file_are_read(tmp_path):
    table = pl.DataFrame({"utc": HOURS, "carbon_g_per_kwh": LIFE, "price_usd_per_mwh": LIFE})
    table.write_parquet(tmp_path / "a.parquet")
    made = read_signals(tmp_path / "a.parquet")
    assert made.average["lifecycle"].values.tolist() == LIFE.tolist()
    assert made.price is not None
    assert made.price.values == pytest.approx(LIFE / 1000)
    (tmp_path / "a.csv.gz").write_bytes(FORMS["plain, packed"])
    assert read_signals(tmp_path / "a.csv.gz").average["lifecycle"].values == pytest.approx(LIFE)


def test_electricity_maps_gives_both_scopes_and_counts_estimates():
    made = parse_signals(FORMS["electricity maps until 2024"], "x")
    assert made.average["direct"].values == pytest.approx(STACK)
    assert made.clean is not None
    assert made.clean.mean == pytest.approx(0.6)
    assert (made.zone, made.marginal) == ("DE", None)
    assert "49 of 49 values are estimates" in made.notes[0]


def test_watttime_is_marginal_and_in_pounds():
    rows = [{"point_time": t, "value": 1000} for t in Z[:12]]
    answer = {"data": rows, "meta": {"region": "CAISO_NORTH", "signal_type": "co2_moer", "units": "lbs_co2_per_mwh"}}
    made = parse_signals(json.dumps(answer).encode(), "x")
    assert made.average == {}
    assert made.marginal is not None
    assert made.marginal.values == pytest.approx(453.59237)
    table = parse_signals(csv("timestamp,MOER,MOER version,frequency\n", Z, [1000] * 49, ["3.0"] * 49, [300] * 49), "x")
    assert table.marginal is not None
    assert table.marginal.values == pytest.approx(453.59237)
    answer["meta"]["signal_type"] = "health_damage"
    with pytest.raises(WattlineError, match="health_damage is no CO2 rate"):
        parse_signals(json.dumps(answer).encode(), "x")


def test_a_rating_whose_kind_nobody_says_is_refused():
    with pytest.raises(WattlineError, match="--carbon-kind"):
        parse_signals(FORMS["carbon-aware-sdk"], "x")
    made = parse_signals(FORMS["carbon-aware-sdk"], "x", ReadOptions(kind="marginal"))
    assert made.average == {}
    assert made.marginal is not None


def test_eia_stamps_the_end_of_an_hour_and_factors_make_the_intensity():
    rows = [
        {"period": t[:13], "respondent": "ERCO", "fueltype": fuel, "value": str(mw), "value-units": "megawatthours"}
        for t in Z
        for fuel, mw in (("NG", 600), ("WND", 300), ("NUC", 100), ("BAT", 500))
    ]
    made = parse_signals(json.dumps({"response": {"data": rows}}).encode(), "x", ReadOptions(factors=FACTORS))
    assert str(made.average["lifecycle"].start) == "2023-10-27T23:00:00"
    assert made.average["lifecycle"].values == pytest.approx(0.6 * 490 + 0.3 * 11 + 0.1 * 12)
    assert made.average["direct"].values == pytest.approx(0.6 * 370)
    assert made.clean is not None
    assert made.clean.values == pytest.approx(0.4)
    head = "Balancing Authority,UTC Time at End of Hour,Net Generation (MW) from Natural Gas,"
    head += "Net Generation (MW) from Natural Gas (Adjusted),Net Generation (MW) from Wind\n"
    times = HOURS.dt.strftime("%m/%d/%Y %I:%M:%S %p")
    balance = parse_signals(
        csv(head, ["ERCO"] * 49, times, [1] * 49, [900] * 49, [100] * 49), "x", ReadOptions(factors=FACTORS)
    )
    assert str(balance.average["direct"].start) == "2023-10-27T23:00:00"
    assert balance.average["direct"].values == pytest.approx(0.9 * 370)


def entsoe(wide: bool) -> bytes:
    brussels = HOURS.dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Brussels").dt.replace_time_zone(None)
    mtu = [f"{t:%d.%m.%Y %H:%M} - {t + timedelta(hours=1):%d.%m.%Y %H:%M}" for t in brussels]
    if wide:
        head = "Area,MTU (CET/CEST),Fossil Gas  - Actual Aggregated [MW],Solar  - Actual Aggregated [MW],"
        head += "Marine  - Actual Aggregated [MW]\n"
        return csv(head, ["DE"] * 49, mtu, [500] * 49, [500] * 49, ["n/e"] * 49)
    head = "MTU (CET/CEST),Area,Production Type,Generation (MW)\n"
    return csv(head, *zip(*[(m, "DE", kind, 500) for m in mtu for kind in ("Fossil Gas", "Solar")], strict=True))


@pytest.mark.parametrize("wide", [True, False])
def test_entsoe_by_type_over_the_change_of_clocks(wide):
    made = parse_signals(entsoe(wide), "x", ReadOptions(factors=FACTORS)).average["lifecycle"]
    assert made.values == pytest.approx((490 + 41) / 2)
    assert (str(made.start), len(made.values)) == ("2023-10-28T00:00:00", 49)


def xml(resolution: str, body: str, series: str) -> bytes:
    return (
        f'<?xml version="1.0"?><GL_MarketDocument xmlns="urn:iec62325.351"><TimeSeries>{series}<Period><timeInterval>'
        "<start>2023-01-01T00:00Z</start><end>2023-01-01T02:00Z</end></timeInterval>"
        f"<resolution>{resolution}</resolution>{body}</Period></TimeSeries></GL_MarketDocument>"
    ).encode()


def test_entsoe_xml_in_quarter_hours_and_prices_in_euro():
    points = "".join(f"<Point><position>{i}</position><quantity>{i}</quantity></Point>" for i in (1, 2, 3, 5))
    made = parse_signals(
        xml("PT15M", points, "<MktPSRType><psrType>B04</psrType></MktPSRType>"), "x", ReadOptions(factors=FACTORS)
    )
    assert made.average["lifecycle"].step_s == 900
    assert made.generation_mw["gas"].tolist() == [1, 2, 3, 3, 5, 5, 5, 5]  # a step left out keeps the one before
    priced = "<currency_Unit.name>EUR</currency_Unit.name>"
    points = "".join(f"<Point><position>{i}</position><price.amount>{100 * i}</price.amount></Point>" for i in (1, 2))
    with pytest.raises(WattlineError, match="exchange_rate"):
        parse_signals(xml("PT60M", points, priced), "x")
    price = parse_signals(xml("PT60M", points, priced), "x", ReadOptions(usd={"EUR": 1.1})).price
    assert price is not None
    assert price.values == pytest.approx([0.11, 0.22])
    with pytest.raises(WattlineError, match="DOCTYPE"):
        parse_signals(b'<?xml version="1.0"?><!DOCTYPE a><GL_MarketDocument/>', "x")


def test_avert_is_marginal_in_standard_time():
    hours = np.arange(8760)
    data = csv("Month,Timestamp,CA,TE,NE\n", [1] * 8760, hours, [1.0] * 8760, [2.0] * 8760, [3.0] * 8760)
    made = parse_signals(data, "x", ReadOptions(zone="us-ercot")).marginal
    assert made is not None
    assert (str(made.start), made.mean) == ("2023-01-01T06:00:00", pytest.approx(2 * 453.59237))
    with pytest.raises(WattlineError, match="known: CA, TE, NE"):
        parse_signals(data, "x")


def test_gaps_are_filled_counted_and_too_long_ones_refused():
    def written(gone):
        return csv("utc,carbon_g_per_kwh\n", Z, ["" if i in gone else v for i, v in enumerate(LIFE)])

    short = parse_signals(written({5, 6}), "x").average["lifecycle"]
    assert "2 of 49 steps without a number are filled" in short.notes[-1]
    assert short.values[5] == pytest.approx(LIFE[4] + (LIFE[7] - LIFE[4]) / 3)
    long = parse_signals(written(range(24, 40)), "x").average["lifecycle"]
    assert "the same hours of the days around" in long.notes[-1]
    assert long.values[30] == pytest.approx(LIFE[6])
    year = [datetime(2023, 1, 1) + timedelta(hours=i) for i in range(300)]
    with pytest.raises(WattlineError, match="no number for 100 steps from 2023-01-02T16:00:00 UTC"):
        parse_signals(csv("utc,carbon_g_per_kwh\n", year, ["" if 40 <= i < 140 else 5 for i in range(300)]), "x")


def test_what_is_not_understood_is_refused_by_name():
    for data, words in (
        (csv("utc,load_mw\n", Z, LIFE), "no column of carbon or price is understood"),
        (csv("utc,carbon_g_per_kwh,co2_g_per_kwh\n", Z, LIFE, LIFE), "both say lifecycle"),
        (csv("Datetime (Local),carbon_g_per_kwh\n", Z, LIFE), None),
        (csv("local time,carbon_g_per_kwh\n", [z[:-1] for z in Z], LIFE), "--time-zone"),
        (b'{"a": 1}', "no known form"),
        (b"[", "no JSON"),
    ):
        if words is None:
            assert parse_signals(data, "x").average
            continue
        with pytest.raises(WattlineError, match=words) as error:
            parse_signals(data, "x")
        assert "\n" not in str(error.value)
    skipped = csv("time,carbon_g_per_kwh\n", ["2023-03-26 01:00", "2023-03-26 02:00", "2023-03-26 03:00"], [1, 2, 3])
    with pytest.raises(WattlineError, match="does not exist in Europe/Berlin"):
        parse_signals(skipped, "x", ReadOptions(time_zone="Europe/Berlin"))


def test_days_of_23_and_25_hours():
    for day, hours in (("2023-03-26", 23), ("2023-10-29", 25), ("2023-06-01", 24)):
        begin = datetime.fromisoformat(day)
        utc = pl.datetime_range(
            begin - timedelta(hours=3), begin + timedelta(hours=27), "1h", time_zone="UTC", eager=True
        )
        there = utc.dt.convert_time_zone("Europe/Berlin")
        there = there.filter(there.dt.date() == begin.date())
        data = csv("time,carbon_g_per_kwh\n", there.dt.strftime("%Y-%m-%d %H:%M"), range(len(there)))
        made = parse_signals(data, "x", ReadOptions(time_zone="Europe/Berlin")).average["lifecycle"]
        assert made.values.tolist() == list(range(hours))


def test_a_grid_that_generates_nothing_is_a_gap_never_zero():
    mix = intensity({"gas": np.array([1.0, 0.0, -3.0]), "wind": np.array([1.0, 0.0, 2.0])}, FACTORS)
    assert np.isnan(mix.lifecycle[1])
    assert mix.lifecycle[2] == pytest.approx(11)
    with pytest.raises(WattlineError, match="fusion has no factor"):
        intensity({"fusion": np.ones(2)}, FACTORS)


def test_weather_of_open_meteo_is_in_utc_by_offset_and_by_clock():
    from wattline.line.grid.carbon.formats.open_meteo import read_open_meteo

    berlin = HOURS.dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin")
    clock = {"timezone": "Europe/Berlin", "utc_offset_seconds": 7200, "hourly": {
        "time": berlin.dt.strftime("%Y-%m-%dT%H:%M").to_list(), "temperature_2m": LIFE.tolist()}}  # fmt: skip
    fixed = {"timezone": "Europe/Berlin", "utc_offset_seconds": 7200, "hourly": {
        "time": (HOURS + timedelta(hours=2)).dt.strftime("%Y-%m-%dT%H:%M").to_list(),
        "temperature_2m": LIFE.tolist()}}  # fmt: skip
    for data in (clock, fixed):
        series = read_open_meteo(data, "x")
        assert str(series.utc[0]) == "2023-10-28T00:00:00"
        assert series.columns["temperature_2m"].tolist() == LIFE.tolist()
