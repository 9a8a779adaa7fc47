"""Verdicts by hand: how far a figure lies from what is stated, in how many draws it agrees, and what follows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.catalog.draws import Draws
from wattline.claim.evaluate import Scope, evaluate, quantity
from wattline.claim.expression import ExpressionError, parse
from wattline.claim.figure import figure, plain_number
from wattline.claim.verdict import Grade, Interval, Verdict, decide, distance, grade, interval, on_weak_evidence
from wattline.core.range import Range


def test_what_is_stated_is_an_interval() -> None:
    assert interval("equal", 3.0, 3.0) == (3, 3)
    assert interval("between", 3.0, 5.0) == (3, 5)
    assert interval("at least", 3.0, 3.0) == (3, math.inf)
    assert interval("at most", 3.0, 3.0) == (-math.inf, 3)


@pytest.mark.parametrize(
    ("value", "low", "high", "off"),
    [
        (5.0, 4.0, 8.0, 0.0), (4.0, 4.0, 8.0, 0.0), (8.0, 4.0, 8.0, 0.0), (3.0, 4.0, 8.0, -0.25),
        (10.0, 4.0, 8.0, 0.25),
        (-5.0, -4.0, 8.0, -0.25), (3.0, 4.0, math.inf, -0.25), (1e9, 4.0, math.inf, 0.0), (10.0, -math.inf, 8.0, 0.25),
        (1.0, 0.0, 0.0, math.inf), (-1.0, 0.0, 0.0, -math.inf), (0.0, 0.0, 0.0, 0.0),
    ],
)  # fmt: skip
def test_a_value_is_off_by_a_share_of_the_nearest_end(value: float, low: float, high: float, off: float) -> None:
    assert float(distance(value, (low, high))) == off


def test_each_draw_is_held_against_its_own_interval() -> None:
    """What is uncertain in both alike cancels out."""
    draws = np.array([1.0, 2.0, 4.0])
    assert distance(1.5 * draws, (draws, draws)).tolist() == pytest.approx([0.5] * 3)


def graded(middle: float, draws: list[float], bound: bool = False, ends: tuple[float, float] = (100, 100)) -> Grade:
    stated: tuple[Interval, Interval] = (ends, ends)
    return grade(np.array(draws, float), middle, stated, 0.05, 0.25, bound=bound)


@pytest.mark.parametrize(
    ("middle", "verdict"),
    [
        (100, "holds"), (105, "holds"), (95, "holds"), (106, "holds roughly"), (94, "holds roughly"),
        (125, "holds roughly"), (75, "holds roughly"), (126, "does not follow"), (74, "does not follow"),
    ],
)  # fmt: skip
def test_a_number_holds_within_its_tolerance_below_and_above(middle: float, verdict: Verdict) -> None:
    got = graded(middle, [middle])
    assert (got.verdict, got.off) == (verdict, pytest.approx(middle / 100 - 1))
    assert got.probability == (0.0 if verdict == "does not follow" else 1.0)


def test_the_lower_end_counts_as_the_upper_one_does() -> None:
    """Of a range from 80 to 120: a figure below by a quarter of 80 is as far off as one above by a quarter of 120."""
    expected = {60: "holds roughly", 150: "holds roughly", 59: "does not follow", 151: "does not follow"}
    for middle, verdict in (expected | dict.fromkeys((76, 80, 100, 120, 126), "holds")).items():
        assert graded(middle, [middle], ends=(80, 120)).verdict == verdict, middle


def test_a_range_agrees_in_the_draws_that_do() -> None:
    """Of four draws 75 and 125 agree roughly, 74 and 126 do not."""
    got = graded(100, [74, 75, 125, 126])
    assert (got.verdict, got.probability) == ("holds", 0.5)
    assert graded(100, [74, 74, 100, 126, 126]).verdict == "undecided"
    assert graded(100, [100, 100, 100, 126]).probability == 0.75


def test_a_draw_agrees_with_the_statement_as_it_is_in_that_draw() -> None:
    """Each draw of the figure is twice its own of what is stated, though both are 100 as they are shown."""
    stated = np.array([50.0, 100.0, 200.0])
    got = grade(2 * stated, 100.0, ((stated, stated), (100.0, 100.0)), 0.05, 0.25)
    assert (got.verdict, got.off, got.probability) == ("undecided", 0, 0)
    same = grade(stated, 104.0, ((stated, stated), (100.0, 100.0)), 0.05, 0.25)
    assert (same.verdict, same.probability) == ("holds", 1)


def test_where_the_middle_misses_a_third_of_the_draws_leave_it_open() -> None:
    assert graded(130, [100, 140, 150]).verdict == "undecided"
    assert graded(130, [100, 140, 150, 160]).verdict == "does not follow"
    assert graded(70, [60, 60, 100]).verdict == "undecided"
    assert graded(70, [60, 60, 60, 100]).verdict == "does not follow"


def test_a_bound_is_kept_or_holds_roughly_at_best() -> None:
    at_least = (100.0, math.inf)
    assert graded(100, [100], True, at_least).verdict == "holds"
    assert graded(99, [99], True, at_least).verdict == "holds roughly"
    assert graded(74, [74], True, at_least).verdict == "does not follow"
    assert graded(1e6, [1e6], True, at_least).verdict == "holds"
    assert graded(100, [70, 100, 100, 100], True, at_least).verdict == "holds"
    assert graded(100, [70, 70, 100, 100, 100], True, at_least).verdict == "undecided"


@given(st.floats(1, 1e6), st.floats(0, 3), st.floats(0, 3))
def test_further_off_is_never_a_better_verdict(stated: float, off: float, more: float) -> None:
    order = ["does not follow", "holds roughly", "holds"]
    for sign in (1, -1):
        near, far = (
            graded(stated * (1 + sign * x), [stated * (1 + sign * x)], ends=(stated, stated)) for x in (off, off + more)
        )
        assert order.index(near.verdict) >= order.index(far.verdict)


def test_a_verdict_from_its_arithmetic_and_from_what_is_newer() -> None:
    holds, roughly, fails, open_ = (
        Grade(verdict, 0.0, 1.0) for verdict in ("holds", "holds roughly", "does not follow", "undecided")
    )
    assert decide(holds, None) == "holds"
    assert decide(None, roughly) == "holds roughly"
    assert decide(roughly, holds) == "holds roughly"
    assert decide(fails, holds) == decide(fails, fails) == "does not follow"
    assert decide(holds, fails) == decide(None, fails) == "outdated"
    assert decide(open_, holds) == "undecided"
    assert decide(None, None) == "cannot be checked"
    weak = [on_weak_evidence(each).verdict for each in (holds, roughly, fails, open_)]
    assert weak == ["unproven", "unproven", "does not follow", "undecided"]
    assert on_weak_evidence(Grade("holds", 0.2, 0.6)) == Grade("unproven", 0.2, 0.6)


NAMES = {
    "x": quantity(4.0, "Wh"), "zero": quantity(0.0, ""), "none": quantity(np.nan, ""),
    "wide": quantity(np.array([1.0, 2.0]), ""),
}  # fmt: skip


def value(text: str, unit: str = "") -> float:
    scope = Scope(Draws(0), NAMES, frozenset({"later"}))
    return float(evaluate(parse(text), scope).to(unit).magnitude)


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("1 + 2 * 3", "", 7), ("10 - 4 - 3", "", 3), ("12 / 3 / 2", "", 2), ("2 ** 3", "", 8), ("4 ** -1", "", 0.25),
        ("2 ** 0.5", "", 2**0.5), ("-3 + 5", "", 2), ("+3", "", 3), ("(1 + 2) * 3", "", 9), ("40% * 10 MWh", "MWh", 4),
        ("10 MWh / 50%", "MWh", 20), ("1 kWh + 500 Wh", "kWh", 1.5), ("1 kWh - 500 Wh", "Wh", 500), ("x * 2", "Wh", 8),
        ("3600 s in h", "h", 1), ("100 W * 2 h", "Wh", 200), ("min(3, 1, 2)", "", 1), ("max(3, 7, 2)", "", 7),
        ("min(1 kWh, 500 Wh)", "Wh", 500), ("max(1 kWh, 500 Wh)", "Wh", 1000), ("abs(-4)", "", 4), ("sqrt(9)", "", 3),
        ("sqrt(16 Wh * 4 Wh)", "Wh", 8), ("ln(1)", "", 0), ("log10(1000)", "", 3), ("2 ** 16", "", 65536),
        ("50% ** 2", "", 0.25), ("log10(50% * 20)", "", 1), ("0 * 5", "", 0), ("zero ** 0", "", 1),
        ("0 ** 0.5", "", 0), ("1 ** -1", "", 1), ("sqrt(0)", "", 0), ("sqrt(0.25)", "", 0.5),
        ("ln(10)", "", math.log(10)), ("1e100", "", 1e100), ("abs(-4 Wh)", "Wh", 4), ("4 ** 50%", "", 2),
        ("sqrt(25%)", "", 0.5),
    ],
)  # fmt: skip
def test_arithmetic_of_quantities(text: str, unit: str, number: float) -> None:
    assert value(text, unit) == pytest.approx(number)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / zero", "divides by zero"), ("0 ** -1", "divides by zero"), ("1e60 * 1e60", "beyond 1e\\+100"),
        ("sqrt(-1)", "root of a number below zero"), ("ln(0)", "not above zero"), ("log10(-1)", "not above zero"),
        ("ln(x)", "ln takes a plain number, not Wh"), ("1 + x", "cannot add a plain number and Wh"),
        ("x - 1 W", "cannot subtract Wh and W"), ("min(1, x)", "min of a plain number and Wh"),
        ("x in W", "Wh cannot be turned into W"), ("x in gremlins", "unknown unit 'gremlins'"),
        ("2 ** 17", "exponent of 17; at most 16"), ("2 ** x", "not a plain number"),
        ("2 ** wide", "not a plain number"),
        ("y", "unknown name 'y'; known: x, zero"), ("xx", "nearest: x"), ("later", "not computed yet"),
        ("3 gremlins", "unknown unit 'gremlins'$"), ("3 Wh/gremlin", "'Wh/gremlin'; put spaces around /"),
        ("3 Wh/x", "'x' is both a unit and a name"), ("none", "a finite number"),
        ("kWh", "kWh is a unit: it follows a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_refused_with_its_reason(text: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        value(text)


def test_a_figures_middle_and_span() -> None:
    shown = figure("x", "", quantity(np.linspace(0.0, 100.0, 101), "Wh"), climb=False)
    assert (shown.range.p5, shown.range.p50, shown.range.p95) == pytest.approx((5, 50, 95))
    assert (shown.exact, str(shown), shown.value) == (False, "50 Wh [5–95]", {"p5": 5, "p50": 50, "p95": 95})
    for same in (quantity(7.0, "Wh"), quantity(np.full(3, 7.0), "Wh")):
        exact = figure("x", "", same, climb=False)
        assert (exact.exact, str(exact), exact.value) == (True, "7 Wh", 7)
    assert str(figure("x", "", quantity(7e7, "Wh"), climb=True)) == "70 MWh"
    assert [plain_number(x) for x in (99.94, 100.44, 123.44, -1234.5)] == ["99.9", "100.4", "123.4", "-1,234"]


def test_a_figure_counts_in_the_plural_and_shows_three_figures_of_its_span() -> None:
    for number, unit, words in (
        (1.0, "home", "1 home"), (2.0, "home", "2 homes"), (0.5, "person", "0.5 people"),
        (2.0, "request/day", "2 requests/day"),
        (40.0, "%", "40%"), (2.0, "", "2"), (2.0, "Wh/request", "2 Wh/request"),
    ):  # fmt: skip
        assert figure("x", "", quantity(number, unit), climb=False).middle == words
    assert figure("x", "", quantity(np.linspace(1.2345, 5.6789, 101), "Wh"), climb=False).span == "1.46–5.46"


@pytest.mark.parametrize("at", [3.0, 50.0, 99.0])
def test_a_fact_that_stands_alone_is_its_published_value(at: float) -> None:
    from dataclasses import replace

    from wattline import catalog

    fact = replace(catalog.default().fact("prompt.google-search.energy_wh"), value=at, low=0.0, high=100.0, unit="Wh")
    shown = figure("x", "", quantity(np.linspace(0.0, 100.0, 101), "Wh"), climb=False, fact=fact)
    assert shown.range == Range(min(5, at), at, max(95, at), pytest.approx(50))


def test_a_wide_range_that_lies_wholly_above_what_is_stated_leaves_nothing_open() -> None:
    draws = np.linspace(1.1, 1.99, 400)
    assert grade(draws, 1.5, ((1.0, 1.0), (1.0, 1.0)), 0.05, 0.25).verdict == "does not follow"


def test_whether_a_range_holds_what_is_stated_is_asked_in_each_draw() -> None:
    draws = np.linspace(0.5, 2.0, 400)  # what is stated moves with the figure, and is above it in each draw
    stated = 1.4 * draws
    assert grade(draws, 1.0, ((stated, stated), (1.4, 1.4)), 0.05, 0.25).verdict == "does not follow"
    assert grade(draws, 1.0, ((1.4, 1.4), (1.4, 1.4)), 0.05, 0.25).verdict == "undecided"
