"""Journals, recordings and weather that are damaged or made to do harm are told in one line."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import stat
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.line.site.weather_files import read_raw
from wattline.meter.device import Device
from wattline.meter.journal.blocks import SeriesColumns, decode, encode
from wattline.meter.journal.journal import Journal
from wattline.meter.journal.windows import edge_op
from wattline.meter.readers.detect import read
from wattline.meter.sensor import Spec


class Teller:
    """Who tells of windows."""

    around, rank = "", "0"

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def window_id(self, number: int) -> str:
        return f"w-{number}"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sound journal, with blocks, ticks, windows, counts and faults."""
    from wattline.meter.journal.blocks import pack_reading
    from wattline.meter.recording import Fault

    path = tmp_path_factory.mktemp("journal") / "x.wattline"
    with Journal.create(path) as journal:
        series = journal.series_id(Device("host", "gpu-0", "gpu"), Spec("nvml"))
        times = 1.7e9 + np.arange(0, 20, 0.5)
        journal.append(series, times, times - 1.6e9, np.full(len(times), 100.0))
        begin = (1_700_000_020_000_000, 100_020_000_000)
        journal.commit([pack_reading(series, *begin, 100.0, None)])
        edges = ((1_700_000_001_000_000, 100_001_000_000), (1_700_000_015_000_000, 100_015_000_000))
        journal.commit((), [edge_op((1, "run", "", {"a": 1}, *edges), Teller(journal))])
        journal.count("tokens", 5.0)
        journal.fault(Fault("gap", 1, 2.0, "filled", "host/gpu-0"))
        journal.note("a note")
    return path


def read_all(path: Path) -> list[int]:
    return [len(series.time_s) for series in read(path).series]


def test_a_sound_journal_is_read(whole: Path) -> None:
    assert read_all(whole) == [41]


CHANGES = {
    "a view in place of a table": "DROP TABLE window; CREATE VIEW window AS WITH RECURSIVE r(id) AS (SELECT 1 "
    "UNION ALL SELECT id + 1 FROM r) SELECT id, 1 name, 1 parent, 1 writer, 1 rank, 1 begin_us, 1 begin_mono_us, "
    "1 end_us, 1 end_mono_us FROM r",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON tick BEGIN DELETE FROM block; END",
    "a column that is worked out": "DROP TABLE sampler; CREATE TABLE sampler(host TEXT, b AS (zeroblob(900000000)))",
    "no table": "DROP TABLE tick",
    "a writer's id that is SQL": "DROP TABLE writer; CREATE TABLE writer(id TEXT, host, boot, space, pid, born, rank, "
    "wall_us, mono_us, interval_us); INSERT INTO writer VALUES ('1) OR (1', 'h', 'b', '', 1, 1, '', 1, 1, 1)",
    "a name of bytes": "UPDATE window SET name = x'ff00'",
    "a time beyond reason": f"UPDATE window SET begin_us = {2**62}",
    "a time of text": "UPDATE window SET begin_us = 'abc'",
    "no time": "UPDATE window SET begin_us = NULL",
    "an event that is no JSON": "UPDATE event SET data = '{' WHERE kind = 'count'",
    "an event that is a list": "UPDATE event SET data = '[1]'",
    "an event of bytes": "UPDATE event SET data = x'ff' WHERE kind = 'fault'",
    "a count of text": """UPDATE event SET data = '{"name": "a", "number": "b"}' WHERE kind = 'count'""",
    "a count that is a list": """UPDATE event SET data = '{"name": ["a"], "number": 1}' WHERE kind = 'count'""",
    "deep JSON": "UPDATE series SET about = '" + '{"a":' * 20_000 + "'",
    "a device of numbers": """UPDATE series SET about = '{"device": {"host": 1}, "spec": {}}'""",
    "unknown fields": """UPDATE series SET about = '{"device": {"x": "y"}, "spec": {"source": "a"}}'""",
    "text that is no text": "UPDATE series SET about = CAST(x'7b82' AS TEXT)",
    "a tick of text": "UPDATE tick SET data = 'abc'",
    "a tick that is cut": "UPDATE tick SET data = x'0102'",
    "no tick": "UPDATE tick SET data = NULL",
    "a block of text": "UPDATE block SET data = 'abc'",
    "endless digits": 'UPDATE event SET data = \'{"name": "a", "number": ' + "9" * 6000 + "}' WHERE kind = 'count'",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_journal_that_was_tampered_with_is_damaged(whole: Path, tmp_path: Path, change: str) -> None:
    path = tmp_path / "x.wattline"
    shutil.copy(whole, path)
    with sqlite3.connect(path) as connection:
        connection.executescript(change)
    connection.close()
    with pytest.raises(WattlineError, match=r"is damaged: .+ saves what is left") as caught:
        read_all(path)
    assert "\n" not in str(caught.value)


def test_bytes_of_a_journal_that_a_disk_spoiled_never_end_in_a_traceback(whole: Path, tmp_path: Path) -> None:
    data, path = whole.read_bytes(), tmp_path / "x.wattline"
    for seed in range(60):
        rng = random.Random(seed)
        spoiled = bytearray(data)
        for _ in range(rng.choice([1, 5, 50, 500])):
            spoiled[rng.randrange(100, len(data))] = rng.randrange(256)
        path.write_bytes(spoiled[: rng.choice([len(data), rng.randrange(200, len(data))])])
        assert_plain(lambda: read_all(path))


def assert_plain(work: Callable[[], object]) -> None:
    """The work is done, or refused in one line."""
    try:
        work()
    except WattlineError as error:
        line = str(error)
        if "\n" in line:
            raise AssertionError(line) from error


def test_a_block_never_unpacks_to_more_than_its_readings() -> None:
    columns = SeriesColumns(*(np.arange(10) for _ in range(4)))
    block = encode(columns)
    bombs = [(10, zlib.compress(bytes(10**8))), (10, zlib.compress(b"\x09" * 500))]
    for count, packed in (*bombs, (4_000_000_000, block[5:]), (9, block[5:]), (11, block[5:])):
        with pytest.raises(ValueError, match="block"):
            decode(bytes([1]) + count.to_bytes(4, "little") + packed)
    assert (decode(block).mono == columns.mono).all()


@given(st.binary(max_size=60))
def test_any_bytes_are_a_block_or_a_plain_error(data: bytes) -> None:
    try:
        decode(b"\x01" + data)
    except ValueError:
        return


@pytest.mark.parametrize("mask", [0o022, 0o077, 0])
def test_a_journal_is_its_owners_alone(tmp_path: Path, mask: int) -> None:
    old = os.umask(mask)
    try:
        Journal.create(tmp_path / "x.wattline").close()
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "x.wattline").stat().st_mode) == 0o600


def test_a_journal_goes_through_a_link_and_refuses_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "there")
    Journal.create(tmp_path / "link").close()
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").is_file()
    (tmp_path / "empty").touch()
    (tmp_path / "to").symlink_to(tmp_path / "empty")
    Journal.create(tmp_path / "to").close()
    assert (tmp_path / "to").is_symlink()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    for name in ("pipe", "round"):
        with pytest.raises(WattlineError):
            Journal.create(tmp_path / name)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "link", "pipe", "round", "there", "to"]


RECORDINGS = {
    "a pipe": (None, "pipe"),
    "zstd": (b"\x28\xb5\x2f\xfd" + b"a" * 100, "packed by zstd"),
    "gzip": (b"\x1f\x8b" + b"a" * 100, "packed by gzip"),
    "deep JSON": (b'{"status": "success", "data": {"resultType": ' + b"[" * 200_000, "not whole JSON"),
    "huge numbers": (
        b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"],[1'
        + b"0" * 400 + b',"1"]]}]}}', "cannot be read|cannot",
    ),
    "deep lines of W&B": (b'{"system.gpu.0.powerWatts": 1, "_timestamp": ' + b"[" * 100_000, "no whole event"),
    "Parquet that is cut": (b"PAR1" + b"\0" * 100, "Parquet"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "message"), RECORDINGS.values(), ids=RECORDINGS)
def test_a_recording_that_cannot_be_read_is_one_line(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "x.json"
    if data is None:
        os.mkfifo(path)
    else:
        path.write_bytes(data)
    with pytest.raises(WattlineError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_a_recording_that_was_never_written_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"timestamp,power_w\n1,2\n2,3\n")
    os.truncate(path, 10**9)
    with pytest.raises(WattlineError, match="never written"):
        read(path)
    os.truncate(path, 10**10)
    with pytest.raises(WattlineError, match="too large"):
        read(path)


def test_a_recording_whose_name_is_no_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"x\xff.csv")
    path.write_text("time,gpu0_power_w\n" + "".join(f"{1.7e9 + i},100\n" for i in range(5)))
    assert [len(series.time_s) for series in read(path).series] == [5]


def test_a_table_of_endless_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("time," + ",".join(f"gpu{i}_power_w" for i in range(20_000)) + "\n" + "1," * 20_000 + "2\n")
    with pytest.raises(WattlineError, match="more than 4,096 columns"):
        read(path)


EPW = "LOCATION,a,b,c,d,e,51.0,0.0,0.0,10.0\nDATA PERIODS,1\n" + "2020,1,1,{hour},0,x,5.0,1.0,50,100000\n" * 3
METEO = {"hourly": {"time": ["2025-01-01T00:00"] * 3, "temperature_2m": [1, 2, 3], "relative_humidity_2m": [1, 2, 3]}}
WEATHER = {
    "an endless hour": EPW.format(hour="inf"),
    "no hour": EPW.format(hour="nan"),
    "an hour beyond reason": EPW.format(hour="9" * 30),
    "a field too long": "time,temperature_c,relative_humidity\n2025-01-01," + "1" * 200_000 + ",5\n",
    "year 1": "time,temperature_c,relative_humidity\n" + "0001-01-01T00:00+14:00,5,50\n" * 5,
    "a place that is text": json.dumps(METEO | {"latitude": "x"}),
    "an offset that is text": json.dumps(METEO | {"utc_offset_seconds": "x"}),
    "units in a list": json.dumps(METEO | {"hourly_units": []}),
    "a time that is no list": json.dumps({"hourly": METEO["hourly"] | {"time": 5}}),
    "an object for a value": json.dumps({"hourly": METEO["hourly"] | {"temperature_2m": [{}, 1, 2]}}),
    "a number beyond floats": json.dumps({"hourly": METEO["hourly"] | {"temperature_2m": [10**400, 1, 2]}}),
    "deep JSON": '{"hourly": ' + "[" * 200_000,
    "digits that are none": "1,a,b,0,1,1,1\nDate (MM/DD/YYYY),Time,Dry-bulb (C),Dew-point (C)\n01/01/2000,²²:00,1,1\n",
}


@pytest.mark.parametrize("text", WEATHER.values(), ids=WEATHER)
def test_weather_that_cannot_be_read_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x"
    path.write_text(text)
    assert_plain(lambda: read_raw(path))


@settings(max_examples=50)
@given(
    st.sampled_from([EPW.format(hour=1), json.dumps(METEO), WEATHER["year 1"], WEATHER["digits that are none"]]),
    st.data(),
)
def test_weather_with_anything_in_it_never_ends_in_a_traceback(text: str, data: st.DataObject) -> None:
    import tempfile

    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        text = (
            text[:at]
            + data.draw(st.sampled_from(["", "-", "9" * 30, "{}", "[", '"', "null", "é", "\0", ",", "\n"]))
            + text[at + 1 :]
        )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x").write_text(text)
        assert_plain(lambda: read_raw(Path(folder) / "x"))
