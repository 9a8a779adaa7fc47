"""A time that stands alone in a line of a log is the instant that a column of such times would be taken for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.meter.readers.logs import epoch_s
from wattline.meter.readers.stamps import usual
from wattline.meter.readers.times import column_times

FORMS = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y/%m/%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%d %H:%M:%S,%f", "%Y-%m-%d %H:%M:%S +0100", "%Y-%m-%dT%H:%M:%S-05:30", "%m-%d-%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S", "%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S %Y +0200",
)  # fmt: skip
BEGIN = datetime(1975, 1, 1, tzinfo=UTC)


@settings(max_examples=60)
@given(st.sampled_from(FORMS), st.integers(0, 3 * 10**15), st.integers(0, 40), st.sampled_from("0123456789-:"))
def test_a_single_time_is_what_a_column_of_it_would_be(form: str, micro: int, place: int, letter: str) -> None:
    text = (BEGIN + timedelta(microseconds=micro)).strftime(form)
    for written in (text, text[:place] + letter + text[place + 1 :]):
        if (at := usual(written)) is not None:
            assert at == pytest.approx(column_times(pl.Series([written]))[0][0], rel=1e-15, abs=1e-6)
    assert usual(text) is not None


@pytest.mark.parametrize(
    "text", ["", "2026-13-01 00:00:00", "2026-01-01 25:00:00", "Thu Foo  1 00:00:00 2026", "12:00"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert usual(text) is None
    assert epoch_s(text) is None
