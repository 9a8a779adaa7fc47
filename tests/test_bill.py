"""Bills: the parts add up to the delivery, always."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.core.bill import PARTS, STATIONS, Bill
from wattline.core.errors import Imbalance

NAMES = list(PARTS)
amounts = st.one_of(st.just(0.0), st.floats(1e-6, 1e18))


def bill(**parts: Any) -> Bill:
    arrays = {name: np.asarray(value, float) for name, value in parts.items()}
    return Bill(arrays, sum(arrays.values(), np.asarray(0.0)), {"cost_usd": np.asarray(1.0)})


@given(st.dictionaries(st.sampled_from(NAMES), amounts, min_size=1))
def test_stations_grow_along_the_line_and_parts_add_up(parts: dict[str, float]) -> None:
    made = bill(**parts)
    along = [float(made.at(station)) for station in STATIONS]
    assert along == sorted(along)
    assert along[-1] == pytest.approx(float(made.delivered_j), rel=1e-9)
    assert math.fsum(float(j) for j in made.parts.values()) == pytest.approx(float(made.delivered_j), rel=1e-9)
    assert list(made.parts) == [name for name in NAMES if name in parts]
    data = json.loads(json.dumps(made.json()))
    shares = [part["share"] for part in data["parts"].values()]
    assert sum(shares) == pytest.approx(1.0 if made.delivered_j else 0.0)


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=20), st.floats(0, 1e6))
def test_sums_and_multiples(pairs: list[tuple[float, float]], times: float) -> None:
    chips, fans = (np.array(column) for column in zip(*pairs, strict=True))
    first, other = bill(prefill=chips, fans=fans), bill(decode=3.0, fans=1.0)
    both = (first + other) * times
    assert both.energy_j == pytest.approx((chips + fans + 4.0) * times)
    assert set(both.parts) == {"prefill", "decode", "fans"}
    assert float(both.follows["cost_usd"]) == pytest.approx(2.0 * times)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("off", [1e-8, -1e-8, 0.5, math.nan, math.inf])
def test_a_bill_that_does_not_add_up_is_refused(off: float) -> None:
    with pytest.raises(Imbalance):
        Bill({"host": np.asarray(100.0)}, np.asarray(100.0 * (1 + off)))
    with pytest.raises(Imbalance):
        Bill({"host": np.array([100.0, 100.0])}, np.array([100.0, 100.0 * (1 + off)]))


def test_within_tolerance_is_accepted() -> None:
    Bill({"host": np.asarray(100.0)}, np.asarray(100.0 * (1 + 1e-10)))


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("part", [-1.0, math.nan, math.inf, -math.inf, [1.0, -2.0], [1.0, math.nan]])
def test_impossible_parts_are_refused(part: Any) -> None:
    with pytest.raises(Imbalance):
        bill(chip_active=part, host=5.0)


def test_unknown_or_no_parts_are_refused() -> None:
    with pytest.raises(Imbalance, match="coffee"):
        Bill({"coffee": np.asarray(1.0)}, np.asarray(1.0))
    with pytest.raises(Imbalance, match="no parts"):
        Bill({}, np.asarray(0.0))


def test_only_bills_add() -> None:
    with pytest.raises(TypeError):
        _ = bill(host=1.0) + 1  # type: ignore[operator]


def test_a_bill_of_nothing() -> None:
    nothing = bill(host=0.0, fans=0.0)
    assert nothing.json()["parts"]["host"]["share"] == 0.0
    assert "Delivered" in repr(nothing)
    assert float(nothing.at("chip")) == 0.0


def test_shown_as_text_and_html() -> None:
    made = bill(chip_active=3.6e9, cooling=3.6e8)
    assert "Chips, active" in repr(made)
    assert "1,000 kWh" in repr(made)
    assert made._repr_html_().count("<tr>") == 4
