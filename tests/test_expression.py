"""The language of claims: what it computes, held against Python; and what it refuses, in one line."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wattline.catalog.draws import Draws
from wattline.claim.evaluate import Scope, evaluate, quantity
from wattline.claim.expression import MAX_DEPTH, ExpressionError, parse, parse_literal
from wattline.claim.units import larger_unit, magnitude, spell
from wattline.core.errors import WattlineError

NAMES = {"energy": (1287.0, "MWh"), "days": (30.0, "day"), "homes": (120.0, "home"), "plain": (7.0, "")}


def scope(draws: int = 200) -> Scope:
    return Scope(Draws(draws, 0), {name: quantity(*value) for name, value in NAMES.items()})


def assert_single_line(error: WattlineError) -> None:
    assert "\n" not in str(error)
    assert len(str(error)) < 400


def value(text: str, unit: str | None = None) -> float:
    result = evaluate(parse(text), scope())
    return float(np.median(magnitude(result if unit is None else result.to(unit))))


def shown(text: str) -> str:
    result = larger_unit(evaluate(parse(text), scope()))
    return f"{float(np.median(magnitude(result))):.6g} {spell(result.units)}".strip()


# Random arithmetic, held against Python's own

numbers = st.one_of(st.integers(0, 10_000).map(float), st.floats(1e-6, 1e9, allow_nan=False))
leaves = numbers.map(lambda x: (f"{x!r}", x))


def _combine(children: st.SearchStrategy[tuple[str, float]]) -> st.SearchStrategy[tuple[str, float]]:
    def binary(parts: tuple[tuple[str, float], str, tuple[str, float]]) -> tuple[str, float]:
        (left, x), mark, (right, y) = parts
        text = f"({left}) {mark} ({right})"
        try:
            result = {"+": x + y, "-": x - y, "*": x * y, "/": x / y if y else math.nan}[mark]
        except OverflowError:
            result = math.inf
        return text, result

    def function(parts: tuple[str, tuple[str, float], tuple[str, float]]) -> tuple[str, float]:
        name, (left, x), (right, y) = parts
        known = {"min": min(x, y), "max": max(x, y), "abs": abs(x)}
        return (f"{name}({left}, {right})" if name != "abs" else f"abs({left})"), known[name]

    return st.one_of(
        st.tuples(children, st.sampled_from("+-*/"), children).map(binary),
        children.map(lambda part: (f"-({part[0]})", -part[1])),
        st.tuples(st.sampled_from(["min", "max", "abs"]), children, children).map(function),
    )


@given(st.recursive(leaves, _combine, max_leaves=12))
@settings(max_examples=300, deadline=None)
def test_arithmetic_is_python_s(tree: tuple[str, float]) -> None:
    text, expected = tree
    assume(len(text) <= 500 and math.isfinite(expected) and abs(expected) < 1e99)
    try:
        result = value(text)
    except ExpressionError as error:
        assume("divides by zero" not in str(error) and "beyond" not in str(error))
        raise
    assert result == pytest.approx(expected, rel=1e-9, abs=1e-9)


_operands = st.tuples(st.sampled_from(["", "", "-", "+", "--"]), st.sampled_from(["2.0", "3.0", "0.5", "1.0"])).map(
    "".join
)
_operators = st.sampled_from(["+", "-", "*", "/", "**"])


@given(_operands, st.lists(st.tuples(_operators, _operands), max_size=7))
@settings(max_examples=300, deadline=None)
def test_precedence_is_python_s(first: str, rest: list[tuple[str, str]]) -> None:
    text = " ".join([first, *(part for pair in rest for part in pair)])
    try:
        expected = eval(text, {"__builtins__": {}})  # the oracle: floats, for whole numbers would grow without end
    except OverflowError:
        assume(False)
    assume(not isinstance(expected, complex) and math.isfinite(expected))
    try:
        result = value(text)
    except ExpressionError as error:
        assume(not any(word in str(error) for word in ("exponent", "finite", "beyond")))
        raise
    assert result == pytest.approx(float(expected), rel=1e-9)


@given(st.text(max_size=80))
@settings(max_examples=400, deadline=None)
def test_any_text_gives_a_value_or_one_line(text: str) -> None:
    for read in (parse, parse_literal):
        try:
            evaluate(read(text), scope(10))
        except WattlineError as error:
            assert_single_line(error)


@given(st.text(alphabet="0123456789.eEkMGT+-*/()[], WhdayinMWhsqrt%_", max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_near_expression_gives_a_value_or_one_line(text: str) -> None:
    try:
        evaluate(parse(text), scope(10))
    except WattlineError as error:
        assert_single_line(error)


# Numbers, units, names and facts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200M", 200e6),
        ("200 M", 200e6),
        ("1_287", 1287),
        ("9G", 9e9),
        ("175 billion", 175e9),
        ("1.76T / 175B", 10.057142857),
        ("1e3", 1000),
        (".5", 0.5),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 2 / 2 ** 9", 1),
        ("(1 + 2) × 3 ÷ 9 − 1", 0),
        ("sqrt(16) + ln(1) + log10(1000)", 7),
        ("max(1, 5, 3) - min(4, 2)", 3),
        ("40 % * 10", 4),
        ("1 + 9 %", 1.09),
        ("1 kWh / 1 MWh", 0.001),
        ("30 day / days", 1),
    ],
)
def test_plain_numbers(text: str, expected: float) -> None:
    assert value(text, "") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("10_000 chip * 14.8 day * 330 W/chip * 1.1", "MWh", 1289.376),
        ("3617 * 6.5 kW * 24 h / 195M request", "Wh/request", 2.8936),
        ("500 MWh/day * 365 day", "GWh", 182.5),
        ("9G search/day * (2.9 Wh/search - 0.3 Wh/search) * 365 day", "TWh", 8.541),
        ("energy / days", "MWh/day", 42.9),
        ("6 kWh / 2 h", "kW", 3),
        ("429 g/kWh * 1 MWh", "kg", 429),
        ("2.9 Wh / 60 W", "min", 2.9),
        ("1 TWh/year * 1 year", "TWh", 1),
        ("sqrt(4 W * 9 W)", "W", 6),
        ("max(1 kWh, 2000 Wh)", "kWh", 2),
        ("8 GB", "GB", 8),
    ],
)
def test_quantities(text: str, unit: str, expected: float) -> None:
    assert value(text, unit) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10_000 chip * 14.8 day * 330 W/chip", "1172.16 MWh"),
        ("1 MWh in kWh", "1000 kWh"),
        ("energy / homes", "10.725 MWh/home"),
        ("429 g/kWh * 2 kWh", "858 g"),
        ("1 kWh / 1 kWh", "1"),
        ("2 / 5 in %", "40 %"),
        ("500 MWh/day * 2", "1000 MWh/day"),
        ("8 FLOP * 2", "16 FLOP"),
        ("10 Wh / 2 request", "5 Wh/request"),
    ],
)
def test_units_come_out_as_people_write_them(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_literals_take_commas() -> None:
    assert parse_literal("1,287 MWh").value == (1287.0, "MWh")
    assert parse_literal("200M request/day").value == (200e6, "request/day")
    assert parse_literal("-40").value == (-40.0, "")


def test_facts_are_drawn_once() -> None:
    assert value("[region.us.home_kwh_per_year] / [region.us.home_kwh_per_year]") == 1
    result = scope()
    evaluate(parse("[region.us.home_kwh_per_year] * 1 year"), result)
    assert list(result.used) == ["region.us.home_kwh_per_year"]


def test_a_name_that_is_a_unit_is_not_guessed() -> None:
    here = Scope(Draws(0), {"days": quantity(30, "day")})
    with pytest.raises(ExpressionError, match="both a unit and a name"):
        evaluate(parse("100 MWh/days"), here)
    assert float(evaluate(parse("100 MWh / days"), here).to("MWh/day").magnitude) == pytest.approx(10 / 3)


# What is refused


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("1 +", "ends too early"),
        ("(1", "ends too early"),
        ("1 2", "cannot be read"),
        ("1 ^ 2", r"written \*\*"),
        ("1,287", "no commas"),
        ("max(1, 2", "ends too early"),
        ("nope(1)", "no function"),
        ("sqrt(1, 2)", "takes 1"),
        ("1 / 0", "divides by zero"),
        ("0 ** -1", "divides by zero"),
        ("1 / (energy - energy)", "divides by zero"),
        ("9 ** 9 ** 9 ** 9", "exponent"),
        ("2 ** 17", "exponent"),
        ("2 ** energy", "exponent"),
        ("1e999", "too large"),
        ("1e99 * 1e99", "beyond"),
        ("1 + 1 kWh", "cannot add"),
        ("1 kWh + 1 h", "cannot add kWh and h"),
        ("1 home - 1 request", "cannot subtract"),
        ("1 kWh in h", "cannot be turned into h"),
        ("min(1 kWh, 1 h)", "does not fit"),
        ("ln(1 kWh)", "plain number"),
        ("ln(0)", "not above zero"),
        ("sqrt(-1)", "below zero"),
        ("(0 - 8) ** 0.5", "finite"),
        ("enery * 2", "nearest: energy"),
        ("kWh", "is a unit"),
        ("1 parsnip", "unknown unit"),
        ("[region.us.home_kwh]", "nearest"),
        ("[nothing.at.all]", "unknown fact"),
        ("[]", "cannot be read"),
        ("1; import os", "cannot be read"),
        ("__import__('os')", "cannot be read"),
        ("energy.magnitude", "cannot be read"),
        ("𝟙 + 𝟚", "cannot be read"),
        ("1" * 501, "longer than 500"),
        ("(" * 60 + "1" + ")" * 60, "too deep"),
        ("-" * 200 + "1", "too deep"),
        ("2 ** " * 60 + "1", "too deep"),
        ("20 degC + 20 degC", "cannot be computed"),
    ],
)
def test_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(WattlineError, match=says) as caught:
        evaluate(parse(text), scope(0))
    assert "\n" not in str(caught.value)


def test_long_sums_are_not_deep() -> None:
    assert value("+".join(["1"] * 250)) == 250
    assert value("(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1)) == 1
