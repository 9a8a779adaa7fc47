"""The readers of plans, sessions, budgets, series by the hour and forms, with anything put into them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from fuzz_bytes import fuzz
from wattline.catalog.update import parse_update
from wattline.control.budget import read_group
from wattline.control.state import LimitChange, read_change
from wattline.line.grid.carbon.read import read_signals
from wattline.line.grid.hourly import read_hourly
from wattline.line.grid.supply.light import read_light
from wattline.line.site.weather_repair import read_weather
from wattline.line.work.sessions.read import read_session
from wattline.line.world.published import read_published
from wattline.line.world.scenarios import read_case
from wattline.predict.outlook.jobs import read_jobs
from wattline.predict.outlook.own import read_stock
from wattline.predict.supply.costs import open_costs
from wattline.predict.supply.hours import read_factors
from wattline.reconcile.conditions import temperature
from wattline.reconcile.energy_check import MARK, read_baseline
from wattline.web.app.bodies import parse_form

pytestmark = pytest.mark.long
ROUNDS = 150
DAYS = [f"2026-01-{1 + h // 24:02}T{h % 24:02}:00:00Z" for h in range(72)]


def table(header: str, row: Callable[[int], object] = lambda i: 100 + i % 7, count: int = 72) -> str:
    return f"time,{header}\n" + "".join(f"{at},{row(i)}\n" for i, at in enumerate(DAYS[:count]))


def air(path: Path) -> None:
    """The temperature of two recordings of the table's hours."""
    blocks: Any = SimpleNamespace(source="a", start_s=[1767225600.0, 1767229200.0], end_s=[1767229200.0, 1767232800.0])
    blocks.time_s = blocks.start_s
    try:
        temperature(path, (blocks, blocks))
    except AttributeError:  # the stand-in has no more; the file was read
        return


EMAPS = {"zone": "DE", "history": [{"zone": "DE", "carbonIntensity": 300 + i, "datetime": at,
                                    "emissionFactorType": "lifecycle"} for i, at in enumerate(DAYS)]}  # fmt: skip
MOER = {"data": [{"point_time": at, "value": 800.0 + i} for i, at in enumerate(DAYS)],
        "meta": {"region": "CAISO_NORTH", "signal_type": "co2_moer", "units": "lbs_co2_per_mwh"}}  # fmt: skip
UK = {"data": [{"from": at[:16] + "Z", "to": at[:16] + "Z", "intensity": {"forecast": 1, "actual": 200 + i}}
               for i, at in enumerate(DAYS)]}  # fmt: skip
ENTSOE = ('<?xml version="1.0"?><Publication_MarketDocument '
          'xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">'
          "<TimeSeries><currency_Unit.name>USD</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name>"
          "<Period><timeInterval><start>2026-01-01T00:00Z</start><end>2026-01-01T03:00Z</end></timeInterval>"
          "<resolution>PT60M</resolution>" + "".join(
              f"<Point><position>{k}</position><price.amount>{50 + k}</price.amount></Point>" for k in (1, 2, 3))
          + "</Period></TimeSeries></Publication_MarketDocument>")  # fmt: skip
SESSION = 'title = "a"\nmodel = "llama-3.1-8b"\n[[call]]\nname = "a"\nnew_input = 500\noutput = 200\ncount = 3\n'
GROUP = 'watts = "1.5 kW"\nevery = "1s"\n[[device]]\nname = "a"\npriority = 2\n'
CASE = 'name = "mine"\nwhat_if = ["ai_life=4"]\n'
UPDATE = '[_update]\ntitle = "u"\ndate = 2027-01-31\n'
UPDATE += '[chip.mine]\ntitle = "M"\n[chip.mine.tdp]\nvalue = 700\nunit = "W"\nsource = "x"\n'
CHANGE = LimitChange("simulated", "0", "power", "h", "u", "gpu", "n", 400.0, 1, "b", "l", 1.0)
BASELINE = {"runs_j": [1.0, 2.0, 3.0, 4.0, 5.0], "mark": MARK, "sensors": ["a"], "error": 0.05, "modelled": False}
ANSWER = {
    "command": "train",
    "results": {"energy_wh": {"p5": 1.0, "p50": 2.0, "p95": 3.0}, "duration_s": {"p5": 1.0, "p50": 2.0, "p95": 3.0}},
}
COSTS = "technology,parameter,value,low,high,unit\nwind,capex,1200,1000,1500,USD/kW\n"
FORM = (b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
        b'time,power_w\r\n--x\r\nContent-Disposition: form-data; name="window"\r\n\r\nall\r\n--x--\r\n')  # fmt: skip
SENSES: dict[str, tuple[str | bytes, Callable[[Path], object]]] = {
    "hours.csv": (table("load_mw"), read_hourly),
    "carbon.csv": (table("carbon_g_per_kwh,price_usd_per_mwh", lambda i: f"{300 + i},{i}"), read_signals),
    "emaps.json": (json.dumps(EMAPS), read_signals),
    "moer.json": (json.dumps(MOER), read_signals),
    "uk.json": (json.dumps(UK), read_signals),
    "prices.xml": (ENTSOE, read_signals),
    "factors.csv": (table("cf_wind,cf_solar", lambda i: f"0.{i % 9},0.{i % 7}"),
                    lambda path: read_factors(path, ["wind", "solar"], None)),
    "light.csv": (table("ghi,wind_speed_100m,temperature_2m", lambda i: f"{i},{i % 9},{i % 20}"), read_light),
    "weather.csv": (table("temperature_c,relative_humidity", lambda i: f"{i % 20},50"), read_weather),
    "air.csv": (table("temperature_c", lambda i: i % 30), air),
    "session.toml": (SESSION, read_session),
    "group.toml": (GROUP, read_group),
    "case.toml": (CASE, lambda path: read_case(str(path))),
    "costs.csv": (COSTS, lambda path: open_costs([path])),
    "stock.csv": ("year,servers_million,chips_gw\n" + "".join(f"{y},1.5,2\n" for y in range(2015, 2026)), read_stock),
    "series.csv": ("series,year,twh\n" + "".join(f"iea,{y},{y - 1900}\n" for y in range(2015, 2026)), read_published),
    "answer.json": (json.dumps(ANSWER), read_jobs),
    "update.toml": (UPDATE, lambda path: parse_update(path.read_bytes(), "u")),
    "change.json": (json.dumps(asdict(CHANGE)), read_change),
    "baseline.json": (json.dumps(BASELINE), read_baseline),
    "form": (FORM, lambda path: parse_form("multipart/form-data; boundary=x", path.read_bytes())),
}  # fmt: skip


@pytest.mark.parametrize("name", SENSES)
def test_files_of_plans_and_settings(name: str) -> None:
    data, work = SENSES[name]
    fuzz(data.encode() if isinstance(data, str) else data, name, work, ROUNDS)


@pytest.mark.parametrize("name", ["hours.csv", "carbon.csv", "factors.csv", "air.csv"])
def test_tables_of_hours_as_parquet(name: str) -> None:
    text, work = SENSES[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_text(str(text))
        pl.read_csv(path).write_parquet(path)
        data = path.read_bytes()
    fuzz(data, name.replace("csv", "parquet"), work, ROUNDS)


@pytest.mark.parametrize("name", [name for name in SENSES if name not in ("light.csv", "weather.csv")])  # of a year
def test_without_a_mutation_each_is_read(tmp_path: Path, name: str) -> None:
    data, work = SENSES[name]
    (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    work(tmp_path / name)
