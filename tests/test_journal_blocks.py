"""BlockColumns packed and unpacked: exactly what went in, or a plain error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wattline.meter.journal.blocks import (
    MISSING,
    SeriesColumns,
    decode,
    encode,
    pack_reading,
    to_float,
    to_whole,
    unpack_ticks,
    whole,
)

WHOLE = st.integers(-(2**63), 2**63 - 1)


@st.composite
def readings(draw: st.DrawFn) -> SeriesColumns:
    count = draw(st.integers(1, 50))
    column = arrays(np.int64, count, elements=WHOLE)
    return SeriesColumns(*(draw(column) for _ in SeriesColumns._fields))


@given(readings())
def test_a_block_gives_back_what_went_in(given_: SeriesColumns) -> None:
    for before, after in zip(given_, decode(encode(given_)), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("missing", [0, 1, 2, 3])
def test_a_column_that_is_missing_stays_missing(missing: int) -> None:
    columns = [np.arange(5, dtype=np.int64) * 7 + i for i in range(4)]
    columns[missing] = np.full(5, MISSING)
    for before, after in zip(columns, decode(encode(SeriesColumns(*columns))), strict=True):
        np.testing.assert_array_equal(before, after)


@given(readings(), st.data())
def test_a_block_that_is_cut_short_is_refused(given_: SeriesColumns, data: st.DataObject) -> None:
    block = encode(given_)
    with pytest.raises(ValueError, match="block"):
        decode(block[: data.draw(st.integers(0, len(block) - 1))])


def test_a_block_of_a_format_to_come_is_refused() -> None:
    block = encode(SeriesColumns(*(np.arange(3) for _ in range(4))))
    with pytest.raises(ValueError, match="format 9"):
        decode(b"\x09" + block[1:])


@given(st.lists(st.tuples(st.integers(1, 5), WHOLE, st.floats(), st.none() | st.floats()), max_size=30))
def test_ticks_are_told_apart_by_series(rows: list[tuple[int, int, float, float | None]]) -> None:
    ticks = [pack_reading(series, at, at, power, energy) for series, at, power, energy in rows]
    result = unpack_ticks(ticks)
    assert sorted(result) == sorted({row[0] for row in rows})
    for series, got in result.items():
        mine = [row for row in rows if row[0] == series]
        assert got.wall.tolist() == [row[1] for row in mine]
        assert got.power.tolist() == [whole(row[2]) for row in mine]
        assert got.energy.tolist() == [whole(row[3]) for row in mine]


@given(st.floats(-1e9, 1e9))
def test_a_reading_keeps_its_millionths(value: float) -> None:
    back = to_float(to_whole(np.array([value, np.nan]), 2))
    assert back is not None
    assert abs(back[0] - value) <= 0.5e-6 + 1e-15 * abs(value)
    assert np.isnan(back[1])


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), -float("inf"), 1e300])
def test_what_is_no_number_is_missing_and_never_zero(value: float | None) -> None:
    assert whole(value) == MISSING
    assert to_float(np.array([whole(value)])) is None
