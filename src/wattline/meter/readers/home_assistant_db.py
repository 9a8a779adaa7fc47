"""The database of Home Assistant's recorder (``home-assistant_v2.db``): states of entities in watts or joules."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.core.reading import parse_json
from wattline.meter.interpretation import Choices
from wattline.meter.journal.damage import damage_named
from wattline.meter.journal.sqlite_file import check_tables, has_tables, open_unmarked
from wattline.meter.readers import plain, units
from wattline.meter.recording import Recording

TABLES = {"states", "state_attributes", "statistics_meta"}
UNIT = "unit_of_measurement"
MAX_ROWS = 5_000_000


def is_database(path: Path) -> bool:
    """Whether an SQLite file has the recorder's tables."""
    return has_tables(path, TABLES)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each entity of power or energy.

    Parameters
    ----------
    path : of the database, or of a copy
    choices : what the user says of its entities

    Returns the recording. Raises WattlineError where no entity has such a unit, or too many states are kept.
    """
    import polars as pl

    with damage_named("Home Assistant's database", path), closing(open_unmarked(path)) as db:
        check_tables(db, TABLES)
        measured = dict(_measured(db))
        kept = _count(db, measured)
        rows = list(_states(db, measured)) if 0 < kept <= MAX_ROWS else []
    if kept > MAX_ROWS:
        raise WattlineError(f"{path} keeps over {MAX_ROWS:,} states of power or energy: export those of one entity")
    if not rows:
        raise WattlineError(f"{path} is Home Assistant's database, and keeps no state of an entity in W, Wh or kWh")
    names = ("last_updated", "entity_id", "state", UNIT)
    frame = pl.DataFrame({name: [row[i] for row in rows] for i, name in enumerate(names)}, strict=False)
    return plain.of_frame(frame, choices, str(path), "home-assistant")


def _measured(db: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """The attributes that name a unit of power or energy, by their number."""
    for number, text in db.execute(
        f"SELECT attributes_id, shared_attrs FROM state_attributes WHERE shared_attrs LIKE '%{UNIT}%'"
    ):
        attributes = parse_json(text or "{}")
        unit = attributes.get(UNIT) if isinstance(attributes, dict) else None
        if isinstance(unit, str) and units.possible_units(unit, "xX"):
            yield int(number), unit


def _count(db: sqlite3.Connection, measured: dict[int, str]) -> int:
    """How many states are of power or energy, before one of them is read."""
    counts = db.execute("SELECT attributes_id, count(*) FROM states WHERE attributes_id IS NOT NULL GROUP BY 1")
    return sum(count for number, count in counts if number in measured)


def _states(db: sqlite3.Connection, measured: dict[int, str]) -> Iterator[tuple[str, str, Any, str]]:
    """Time, entity, state and unit of what was recorded, in order."""
    columns = {row[1] for row in db.execute("PRAGMA table_info(states)")}
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    at = "last_updated_ts" if "last_updated_ts" in columns else "last_updated"
    joined = "states_meta" in tables and "metadata_id" in columns
    name = "m.entity_id" if joined else "s.entity_id"
    meta = "JOIN states_meta m ON m.metadata_id = s.metadata_id" if joined else ""
    rows = db.execute(
        f"SELECT s.{at}, {name}, s.state, s.attributes_id FROM states s {meta} "
        f"WHERE s.attributes_id IS NOT NULL ORDER BY s.{at}"
    )
    for time, entity, state, number in rows:
        if number in measured:
            yield str(time), str(entity), state, measured[number]
