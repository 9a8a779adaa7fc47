"""Open-Meteo's CSV says what its JSON says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wattline.line.grid.supply.light import read_light
from wattline.line.site.weather_repair import read_weather

UNITS = {"temperature_2m": "°C", "relative_humidity_2m": "%", "shortwave_radiation": "W/m²", "wind_speed_100m": "km/h"}
PLACE = {"latitude": 52.5, "longitude": 13.4, "elevation": 38.0, "utc_offset_seconds": 0}


def test_the_same_hours_in_csv_and_json_are_the_same_weather(tmp_path: Path) -> None:
    times = np.datetime64("2023-01-01T00:00", "m") + np.arange(8760) * np.timedelta64(60, "m")
    clock = np.arange(8760)
    hourly = {
        "temperature_2m": 10 + 8 * np.sin(clock / 1400),
        "relative_humidity_2m": 70 + 10 * np.sin(clock / 50),
        "shortwave_radiation": 500 * np.clip(np.sin((clock % 24 - 6) / 12 * np.pi), 0, None),
        "wind_speed_100m": 20 + 10 * np.sin(clock / 37),
    }
    text = [",".join(PLACE) + ",timezone", ",".join(map(str, PLACE.values())) + ",GMT", ""]
    text.append(",".join(["time", *(f"{name} ({UNITS[name]})" for name in hourly)]))
    rows = zip(times, *hourly.values(), strict=True)
    text += [",".join([str(time), *(f"{value:.3f}" for value in values)]) for time, *values in rows]
    (tmp_path / "w.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    data = PLACE | {"hourly_units": UNITS}
    data["hourly"] = {"time": [str(time) for time in times], **{n: np.round(v, 3).tolist() for n, v in hourly.items()}}
    (tmp_path / "w.json").write_text(json.dumps(data), encoding="utf-8")
    table, tree = (read_weather(tmp_path / name) for name in ("w.csv", "w.json"))
    assert table.temperature_c == pytest.approx(tree.temperature_c)
    assert (table.latitude, table.longitude, table.utc_offset_h) == (tree.latitude, tree.longitude, tree.utc_offset_h)
    light, same = (read_light(tmp_path / name) for name in ("w.csv", "w.json"))
    assert light is not None
    assert same is not None
    assert light.wind_m_per_s == pytest.approx(same.wind_m_per_s)
    assert light.level_w_per_m2 == pytest.approx(same.level_w_per_m2)
    assert light.height_m == same.height_m == 100.0
