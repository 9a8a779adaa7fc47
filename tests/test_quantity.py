"""Quantities at the edge: what is read, what is refused with a reason, and what is shown."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.core.errors import QuantityError
from wattline.core.multiples import multiple
from wattline.core.quantity import ladder, number, parse, show
from wattline.core.unit_names import factor, registry, unit

GOOD = [
    ("15T", "token", 15e12),
    ("15 T", "token", 15e12),
    ("1.5G", "token", 1.5e9),
    ("15 billion", "token", 15e9),
    ("15 million tokens", "token", 15e6),
    ("5 thousand", "token", 5e3),
    ("1,000,000 tokens", "token", 1e6),
    ("1e3 k", "token", 1e6),
    ("200M/day", "request/s", 200e6 / 86400),
    ("200M prompts per day", "request/s", 200e6 / 86400),
    ("1 query/hour", "request/s", 1 / 3600),
    ("1024 GPUs", "chip", 1024.0),
    ("64 TPUs", "chip", 64.0),
    ("1k gpus", "chip", 1000.0),
    ("1024 chips", "chip", 1024.0),
    ("100MW", "W", 1e8),
    ("100 kW", "MW", 0.1),
    ("2.9Wh", "Wh", 2.9),
    ("2.9 Wh", "J", 10440.0),
    ("14.8 days", "h", 355.2),
    ("90", "s", 90.0),
    ("5m", "s", 300.0),
    ("5 m", "s", 300.0),
    ("5 min", "s", 300.0),
    ("90m", "h", 1.5),
    ("1h30m", "s", 5400.0),
    ("1d 12h", "h", 36.0),
    ("2h 5 min 3s", "s", 7503.0),
    ("5 ms", "s", 0.005),
    ("5m", "m", 5.0),
    ("5m", "km", 0.005),
    ("0.066 USD/kWh", "USD/kWh", 0.066),
    ("381 gCO2e/kWh", "g/kWh", 381.0),
    ("1,234.5", "W", 1234.5),
    ("1_000", "W", 1000.0),
    ("+5", "W", 5.0),
    (".5", "", 0.5),
    ("40%", "", 0.4),
    ("1 m³", "L", 1000.0),
    (" 7e2 W\n", "W", 700.0),
    (np.float32(3.0), "W", 3.0),
    (np.int64(3), "W", 3.0),
    (7, "W", 7.0),
]
BAD: list[tuple[Any, str]] = [
    *((text, "W") for text in ("", " ", "nan", "inf", "-inf", "1e400", "-0", "0", "-5", "W", "abc", ".", "1.2.3")),
    *((text, "W") for text in ("1/0", "5 W/0", "5 kWh", "5 9", "1 1 W", "5 W 9", "5 -W", "0x10", "5 dBm", "700\x00")),
    *((text, "W") for text in ("1,2,3", "1,5", "1,5 kW", "5,", "12,34,567", "1,0000")),
    *((text, "W") for text in ("9" * 101, "1" + " " * 200 + "W", "5 " + "W" * 90, "5 (((((W", "5 ()", "5 °")),
    *((text, "W") for text in ("5 W**9**9**9**9", "5 9**9**9**9 W", "5 W^99999999", "5 ((W**9)**9)**9")),
    *((value, "W") for value in (True, False, None, np.True_, b"3", [1], 1j, 10**400, math.nan, math.inf, -1.0)),
    *((text, "s") for text in ("5mm", "5 km", "30m1h", "1h30", "m", "0m", "-5m", "5m 5m", "5 M", "5m³")),
    *((text, "token") for text in ("5/day", "5 s", "5 ss", "5 requests", "5 chips", "5 WM", "1e", "5%", "5 Mtokenss")),
    *((text, "chip") for text in ("5 tokens", "10%", "5 GPU hours")),
    *((text, "request/s") for text in ("1/0", "1/W", "1/day/day", "200M requests", "5 tokens/s")),
]


@pytest.mark.parametrize(("text", "target", "value"), GOOD)
def test_reads(text: Any, target: str, value: float) -> None:
    assert parse(text, target) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(("text", "target"), BAD, ids=lambda x: repr(x)[:30])
def test_refuses_in_one_short_line(text: Any, target: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse(text, target, "budget")
    message = str(caught.value)
    assert message.startswith("budget: ")
    assert "\n" not in message
    assert len(message) < 400


def test_zero_only_where_it_is_admitted() -> None:
    assert parse("0 W", "W", zero=True) == 0.0
    assert parse("-0", "W", zero=True) == 0.0
    with pytest.raises(QuantityError, match="zero or more"):
        parse("-1", "W", zero=True)
    with pytest.raises(QuantityError, match="greater than zero"):
        parse("0 W", "W")


@given(st.text(max_size=120), st.sampled_from(["W", "token", "request/s", "chip", "", "USD/kWh"]))
def test_any_text_is_a_positive_number_or_a_reason(text: str, target: str) -> None:
    try:
        value = parse(text, target)
    except QuantityError:
        return
    assert 0 < value < math.inf


@given(st.from_regex(r"[0-9.,]{1,5} ?[WkMGTh0-9*^/() .-]{0,12}", fullmatch=True))
def test_texts_that_look_like_quantities(text: str) -> None:
    try:
        value = parse(text, "W")
    except QuantityError:
        return
    assert 0 < value < math.inf


@given(st.floats(1e-6, 1e15), st.sampled_from(["", " k", "M", " B", "T"]))
def test_counts_round_trip(value: float, suffix: str) -> None:
    scale = {"": 1.0, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[suffix.strip()]
    assert parse(f"{value!r}{suffix}", "token") == pytest.approx(value * scale, rel=1e-12)


@pytest.mark.parametrize(("source", "target"), [("kWh", "J"), ("day", "s"), ("L/kWh", "L/MWh"), ("%", ""), ("t", "g")])
def test_factors_there_and_back(source: str, target: str) -> None:
    assert factor(source, target) * factor(target, source) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    ("source", "target"), [("kWh", "W"), ("token", "request"), ("degC", "K"), ("dBm", "W"), ("", "s")]
)
def test_no_factor_between_kinds_or_from_a_shifted_scale(source: str, target: str) -> None:
    with pytest.raises(QuantityError, match="cannot turn"):
        factor(source, target)


def test_unknown_unit_is_named() -> None:
    with pytest.raises(QuantityError, match="'flurb'"):
        unit("flurb")


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (4.63e12, "J", "1,286 MWh"),
        (500.0, "J", "500 J"),
        (1e8, "W", "100 MW"),
        (0.24, "Wh", "240 mWh"),
        (1278720.0, "s", "14.8 days"),
        (90.0, "s", "90 s"),
        (552e6, "g", "552 t"),
        (0.00026, "L", "0.260 mL"),
        (5500.0, "L", "5.50 m³"),
        (3.14e23, "FLOP", "314 ZFLOP"),
        (4.6e6, "USD", "$4,600,000"),
        (-5.5, "USD", "-$5.50"),
        (math.nan, "W", "unknown"),
        (math.inf, "J", "unknown"),
    ],
)
def test_shows(value: float, name: str, text: str) -> None:
    assert show(value, name) == text


def test_a_column_keeps_one_unit() -> None:
    assert show(3.6e15, "J") == "1,000 GWh"
    assert show(3.6e12, "J", like=3.6e15) == "1 GWh"
    assert show(36.0, "s", like=7200.0) == "0.600 min"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (0.9999, "1.00"),
        (9.999, "10.0"),
        (999.99, "1,000"),
        (123456.7, "123,457"),
        (2.5e9, "2.50 billion"),
        (1.234e-5, "1.23e-05"),
        (1e30, "1.00e+30"),
        (math.inf, "unknown"),
        (math.nan, "unknown"),
    ],
)
def test_numbers_in_words(value: float, text: str) -> None:
    assert number(value) == text


@given(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(["J", "W", "s", "g", "kg", "L", "USD", "FLOP", ""])
)
def test_showing_any_number_is_short(value: float, name: str) -> None:
    assert len(show(value, name)) < 40
    assert len(number(value)) < 40


@given(st.floats(1e-3, 1e20), st.sampled_from(["J", "W", "Wh", "s", "g", "kg", "L"]))
def test_the_ladder_keeps_the_quantity(value: float, name: str) -> None:
    scale, shown = ladder(value, name)
    pint_name = {"m³": "m**3", "days": "day", "years": "year"}.get(shown, shown)
    assert scale == pytest.approx(factor(name, pint_name), rel=1e-9)


@given(st.floats(1e-3, 1e17))
def test_shown_figures_are_close(value: float) -> None:
    text = number(value)
    words = {"million": 1e6, "billion": 1e9, "trillion": 1e12}
    match = re.fullmatch(r"([\d,.e+-]+) ?(\w*)", text)
    assert match
    assert float(match[1].replace(",", "")) * words.get(match[2], 1.0) == pytest.approx(value, rel=6e-3)


@pytest.mark.parametrize("source", ["mg", "t", "kt", "J", "kWh", "GWh", "W", "GW", "s", "day", "year"])
def test_a_whole_multiple_is_what_the_registry_of_units_makes_of_it(source: str) -> None:
    targets = [
        t for t in ("mg", "g", "kg", "t", "J", "kJ", "Wh", "kWh", "W", "MW", "s", "min", "h", "day") if t != source
    ]
    known = {target: whole for target in targets if (whole := multiple(source, target)) is not None}
    assert known or source in ("mg", "J", "W", "s")
    for target, whole in known.items():
        exact = (1.0 * registry().parse_units(source)).to(registry().parse_units(target)).magnitude
        assert whole == pytest.approx(exact, rel=1e-15, abs=0), (source, target)
        assert whole == int(whole) > 0


def test_what_is_no_whole_multiple_is_left_to_the_registry_of_units() -> None:
    assert [multiple(*pair) for pair in (("J", "kWh"), ("kWh", "kg"), ("furlong", "m"))] == [None] * 3
    assert factor("J", "kWh") == pytest.approx(1 / 3.6e6, rel=1e-15)
    with pytest.raises(QuantityError):
        factor("kWh", "kg")


@pytest.mark.parametrize("text", ["20", " 1,000 ", "1e6"])
def test_a_rate_in_a_text_says_its_time(text: str) -> None:
    with pytest.raises(QuantityError, match="says no time"):
        parse(text, "request/s", "rate")
    assert parse("20/s", "request/s") == 20
    assert parse(20, "request/s") == 20


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (5.7e-8, "g", "0.0570 µg"),
        (0, "g", "0 mg"),
        (5e-10, "kg", "0.500 µg"),
        (1.3e-5, "MJ", "13 J"),
        (2e5, "MJ", "200 GJ"),
    ],
)
def test_small_and_large_ones_are_shown_without_a_power_of_ten(value: float, unit: str, shown: str) -> None:
    assert show(value, unit) == shown
