"""Evaluates the tree of an expression over quantities with units; facts come as draws from their ranges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pint

from wattline.catalog.draws import Draws
from wattline.claim.expression import ExpressionError, Node
from wattline.claim.units import in_tidy_unit, magnitude, spell
from wattline.core.errors import QuantityError, nearest_names, shorten
from wattline.core.fact import Fact
from wattline.core.unit_names import registry, unit

MAX_EXPONENT = 16
MAX_SIZE = 1e100


@dataclass
class Scope:
    """What an expression may use: the names known so far, those that come later, and the draws of facts."""

    draws: Draws
    names: dict[str, Any] = field(default_factory=dict)
    later: frozenset[str] = frozenset()
    used: dict[str, Fact] = field(default_factory=dict)


def evaluate(node: Node, scope: Scope) -> Any:
    """The quantity that an expression gives.

    Parameters
    ----------
    node : the expression
    scope : names and facts that it may use

    Returns a number or draws with a unit. Raises ExpressionError where it cannot be computed, or is not finite.
    """
    try:
        with np.errstate(all="ignore"):
            value = _EVALUATE[node.kind](node, scope)
    except pint.DimensionalityError as error:
        raise ExpressionError(f"does not fit: {_kinds(error)}") from None
    except (pint.PintError, QuantityError, OverflowError, ZeroDivisionError) as error:
        raise ExpressionError(f"cannot be computed: {shorten(str(error), 120)}") from None
    size = np.abs(magnitude(value))
    if not np.isfinite(size).all():
        raise ExpressionError("does not give a finite number")
    if (size > MAX_SIZE).any():
        raise ExpressionError(f"gives a number beyond {MAX_SIZE:g}")
    return value


def quantity(value: Any, name: str) -> Any:
    """A number or draws with a unit.

    Parameters
    ----------
    value : a number, or draws of shape ``(n_draws,)``
    name : of the unit

    Returns the quantity. Raises QuantityError for a unit that no list has.
    """
    return registry().Quantity(np.asarray(value, dtype=float), unit(name.replace("μ", "µ")))


def from_fact(fact: Fact, scope: Scope) -> Any:
    """The draws of a fact, in its unit; it is noted as used.

    Parameters
    ----------
    fact : of the catalog or of a claim
    scope : of the claim, with its draws

    Returns
    -------
    A quantity of shape (draws,).
    """
    scope.used[fact.key] = fact
    return quantity(scope.draws(fact), fact.unit)


def _number(node: Node, scope: Scope) -> Any:
    value, name = node.value
    for part in name.split("/")[1:]:
        if part in scope.names:
            raise ExpressionError(
                f"has {shorten(name)!r}, but {part!r} is both a unit and a name here; "
                f"put spaces around the / to divide by the name, or rename it"
            )
    try:
        return quantity(value, name)
    except QuantityError:
        mend = "; put spaces around / to divide by a name" if "/" in name else ""
        raise ExpressionError(f"has the unknown unit {shorten(name)!r}{mend}") from None


def _fact(node: Node, scope: Scope) -> Any:
    return from_fact(scope.draws.catalog.fact(node.value), scope)


def _name(node: Node, scope: Scope) -> Any:
    name = node.value
    if name in scope.names:
        return scope.names[name]
    if name in scope.later:
        raise ExpressionError(
            f"uses {name!r}, which is not computed yet: a step may use quantities and the steps before it"
        )
    raise ExpressionError(f"uses the unknown name {shorten(name)!r}{_hint(name, scope)}")


def _hint(name: str, scope: Scope) -> str:
    near = nearest_names(name, scope.names)
    if near:
        return f"; nearest: {', '.join(near)}"
    try:
        unit(name)
    except QuantityError:
        known = ", ".join(list(scope.names)[:8])
        return f"; known: {known}" if known else "; the claim has no quantities or steps yet"
    return f"; {name} is a unit: it follows a number, as in 1 {name}"


def _chain(node: Node, scope: Scope) -> Any:
    value = evaluate(node.parts[0], scope)
    for mark, part in zip(node.value, node.parts[1:], strict=True):
        other = evaluate(part, scope)
        value = _sum(value, other, mark) if mark in "+-" else _product(value, other, mark)
    return value


def _sum(value: Any, other: Any, mark: str) -> Any:
    if value.dimensionality != other.dimensionality:
        word = "add" if mark == "+" else "subtract"
        raise ExpressionError(f"does not fit: cannot {word} {_unit_words(value)} and {_unit_words(other)}")
    other = other.to(value.units)
    return value + other if mark == "+" else value - other


def _product(value: Any, other: Any, mark: str) -> Any:
    if mark == "/" and (magnitude(other) == 0).any():
        raise ExpressionError("divides by zero")
    value, other = _bare(value), _bare(other)
    return in_tidy_unit(value * other if mark == "*" else value / other)


def _bare(value: Any) -> Any:
    """A percentage as the number it is, so that 40% of 10 MWh is 4 MWh."""
    return value.to("") if "percent" in value.units._units else value


def _sign(node: Node, scope: Scope) -> Any:
    value = evaluate(node.parts[0], scope)
    return -value if node.value == "-" else value


def _nested(node: Node, scope: Scope) -> Any:
    return evaluate(node.parts[0], scope)


def _power(node: Node, scope: Scope) -> Any:
    base, exponent = (_bare(evaluate(part, scope)) for part in node.parts)
    if exponent.dimensionality or magnitude(exponent).ndim:
        raise ExpressionError("has an exponent that is not a plain number")
    power = float(exponent.to("").magnitude)
    if abs(power) > MAX_EXPONENT:
        raise ExpressionError(f"has an exponent of {power:g}; at most {MAX_EXPONENT} is computed")
    if power < 0 and (magnitude(base) == 0).any():
        raise ExpressionError("divides by zero")
    return in_tidy_unit(base ** (int(power) if power.is_integer() else power))


def _convert(node: Node, scope: Scope) -> Any:
    value = evaluate(node.parts[0], scope)
    try:
        target = unit(node.value.replace("μ", "µ"))
    except QuantityError:
        raise ExpressionError(f"has the unknown unit {shorten(node.value)!r}") from None
    if value.dimensionality != target.dimensionality:
        raise ExpressionError(f"does not fit: {_unit_words(value)} cannot be turned into {node.value}")
    return value.to(target)


def _call(node: Node, scope: Scope) -> Any:
    values = [evaluate(part, scope) for part in node.parts]
    first = values[0]
    if node.value in ("min", "max"):
        choose: Callable[[Any, Any], Any] = np.minimum if node.value == "min" else np.maximum
        best = magnitude(first)
        for other in values[1:]:
            if other.dimensionality != first.dimensionality:
                raise ExpressionError(f"does not fit: {node.value} of {_unit_words(first)} and {_unit_words(other)}")
            best = choose(best, magnitude(other.to(first.units)))
        return registry().Quantity(best, first.units)
    if node.value == "abs":
        return registry().Quantity(np.abs(magnitude(first)), first.units)
    if node.value == "sqrt":
        if (magnitude(first) < 0).any():
            raise ExpressionError("takes the root of a number below zero")
        return in_tidy_unit(_bare(first) ** 0.5)
    return _logarithm(first, node.value)


def _logarithm(value: Any, name: str) -> Any:
    if value.dimensionality:
        raise ExpressionError(f"does not fit: {name} takes a plain number, not {_unit_words(value)}")
    number = magnitude(value.to(""))
    if (number <= 0).any():
        raise ExpressionError("takes the logarithm of a number that is not above zero")
    return registry().Quantity(np.log(number) if name == "ln" else np.log10(number), "")


def _unit_words(value: Any) -> str:
    return spell(value.units) or "a plain number"


def _kinds(error: pint.DimensionalityError) -> str:
    first, other = (
        spell(getattr(u, "units", u)) if hasattr(u, "_units") else str(u) for u in (error.units1, error.units2)
    )
    return f"{shorten(first) or 'a plain number'} and {shorten(other) or 'a plain number'}"


_EVALUATE: dict[str, Callable[[Node, Scope], Any]] = {
    "number": _number,
    "fact": _fact,
    "name": _name,
    "chain": _chain,
    "sign": _sign,
    "nested": _nested,
    "power": _power,
    "convert": _convert,
    "call": _call,
}
