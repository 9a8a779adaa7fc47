"""The database of Home Assistant's recorder: read by unit, refused where it is damaged or too long."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from meter_files import usage
from wattline.core.errors import WattlineError
from wattline.meter.readers import home_assistant_db
from wattline.meter.readers.detect import read

T0 = 1_772_366_400
STEPS = 40


def watts(i: int) -> float:
    return 200.0 + 40 * np.sin(i / 3)


def watt_hours(path: Path) -> float:
    return float(usage(read(path))["energy_wh"]["value"])


def database(path: Path, newer: bool) -> Path:
    """A server's kilowatts and the weather's degrees, a minute apart; ``newer``: entities in a table of their own."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "CREATE TABLE states(state_id INTEGER PRIMARY KEY, entity_id TEXT, metadata_id INT, state TEXT,"
            " last_updated_ts REAL, attributes_id INT);"
            "CREATE TABLE state_attributes(attributes_id INTEGER PRIMARY KEY, shared_attrs TEXT);"
            "CREATE TABLE statistics_meta(id INTEGER PRIMARY KEY);"
            'INSERT INTO state_attributes VALUES (1, \'{"unit_of_measurement":"kW"}\');'
            'INSERT INTO state_attributes VALUES (2, \'{"unit_of_measurement":"°C"}\');'
        )
        if newer:
            db.execute("CREATE TABLE states_meta(metadata_id INTEGER PRIMARY KEY, entity_id TEXT)")
            db.execute("INSERT INTO states_meta VALUES (1, 'sensor.server_power'), (2, 'sensor.outside')")
        else:
            db.execute("ALTER TABLE states DROP COLUMN metadata_id")
        for i in range(STEPS):
            for number, state in ((1, f"{watts(i) / 1e3:.6f}" if i != 5 else "unavailable"), (2, "12.5")):
                entity = None if newer else ("sensor.server_power", "sensor.outside")[number - 1]
                mine = (entity, number, state) if newer else (entity, state)
                marks = ",".join("?" * (len(mine) + 2))
                names = "entity_id, metadata_id, state" if newer else "entity_id, state"
                sql = f"INSERT INTO states({names}, last_updated_ts, attributes_id) VALUES ({marks})"
                db.execute(sql, (*mine, T0 + 60.0 * i + 0.25, number))
        db.commit()
    return path


@pytest.mark.parametrize("newer", [True, False])
def test_home_assistant_s_database_is_read(tmp_path: Path, newer: bool) -> None:
    path = database(tmp_path / "home-assistant_v2.db", newer)
    truth = np.trapezoid([watts(i) for i in range(STEPS)]) / 60
    assert watt_hours(path) == pytest.approx(truth, rel=0.01)


def test_a_database_of_too_many_states_is_refused_before_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = database(tmp_path / "home-assistant_v2.db", newer=True)
    monkeypatch.setattr(home_assistant_db, "MAX_ROWS", STEPS)  # the weather's states do not count
    assert watt_hours(path) > 0
    monkeypatch.setattr(home_assistant_db, "MAX_ROWS", STEPS - 1)
    monkeypatch.setattr(home_assistant_db, "_states", lambda *_: pytest.fail("states were read"))
    with pytest.raises(WattlineError, match="keeps over 39 states of power or energy"):
        read(path)


def test_a_hostile_database_by_home_assistant_s_tables_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "CREATE TABLE states(a); CREATE TABLE state_attributes(attributes_id, shared_attrs);"
            "CREATE TABLE statistics_meta(a);"
            "INSERT INTO state_attributes VALUES ('x', '{\"unit_of_measurement\": \"W\"}');"
        )
        db.commit()
    with pytest.raises(WattlineError, match="is damaged"):
        read(path)
