"""The tables of a journal."""

from __future__ import annotations

from wattline.meter.journal.sqlite_file import FileKind

SCHEMA = """
-- who wrote: a process of a host since one boot, on whose clock its mono_us are
CREATE TABLE writer(id INTEGER PRIMARY KEY, host TEXT, boot TEXT, space TEXT, pid INTEGER, born INTEGER, rank TEXT,
    wall_us INTEGER, mono_us INTEGER, interval_us INTEGER);
CREATE TABLE series(id INTEGER PRIMARY KEY, device TEXT, kind TEXT, source TEXT, about TEXT,
    UNIQUE(device, source, about));
-- the last readings as they came, one row a tick, until they are packed into blocks
CREATE TABLE tick(id INTEGER PRIMARY KEY, writer INTEGER, data BLOB);
CREATE TABLE block(id INTEGER PRIMARY KEY, writer INTEGER, series INTEGER, readings INTEGER,
    first_us INTEGER, last_us INTEGER, first_mono_us INTEGER, last_mono_us INTEGER, data BLOB);
CREATE INDEX block_series ON block(series, id);
CREATE TABLE window(id TEXT PRIMARY KEY, name TEXT, parent TEXT, writer INTEGER, rank TEXT,
    begin_us INTEGER, begin_mono_us INTEGER, end_us INTEGER, end_mono_us INTEGER, attributes TEXT) WITHOUT ROWID;
CREATE TABLE event(id INTEGER PRIMARY KEY, writer INTEGER, kind TEXT, time_us INTEGER, mono_us INTEGER, data TEXT);
CREATE INDEX event_kind ON event(kind, id);
-- which process of a host samples for this journal
CREATE TABLE sampler(host TEXT PRIMARY KEY, writer INTEGER, beat_us INTEGER) WITHOUT ROWID;
"""
JOURNAL = FileKind("journal", 0x57415454, 1, SCHEMA, "a journal of wattline", "`wattline measure` makes one")
