"""The little language of claims: text in, a tree out. Nothing is ever run as Python.

``10_000 chip * 14.8 day * 330 W/chip in MWh`` — numbers with count suffixes and units, facts in square
brackets, names, ``+ - * / **``, parentheses, functions, and ``in`` (or ``to``) for the answer's unit.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import LarkError, VisitError

from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import COUNT_SUFFIX, COUNT_WORDS

MAX_LENGTH = 500
MAX_DEPTH = 50
FUNCTIONS = {"min": (1, 20), "max": (1, 20), "sqrt": (1, 1), "abs": (1, 1), "ln": (1, 1), "log10": (1, 1)}
KEYWORDS = ("in", "to")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SUFFIX = COUNT_SUFFIX | COUNT_WORDS
_COMMAS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")

GRAMMAR = r"""
?expression: sum
           | sum KEYWORD UNIT        -> convert
?sum: product
    | product (ADD product)+         -> chain
?product: signed
        | signed (MULTIPLY signed)+  -> chain
?signed: power
       | ADD signed                  -> sign
?power: atom
      | atom POWER signed            -> power
?atom: NUMBER UNIT?                  -> number
     | FACT                          -> fact
     | NAME                          -> name
     | NAME "(" expression ("," expression)* ")" -> call
     | "(" expression ")"            -> nested
literal: ADD? NUMBER UNIT?

KEYWORD.3: /(?:in|to)(?![A-Za-z0-9_])/
NUMBER.2: /(?:[0-9][0-9_]*(?:\.[0-9][0-9_]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+(?![A-Za-z_]))?(?:(?:[kKMBGT]|\s*(?:thousand|million|billion|trillion))(?![A-Za-z0-9_])|\s+[kKMBGT](?![A-Za-z0-9_\/^]))?/
UNIT: /(?:[A-Za-zµμ°][A-Za-z0-9µμ°]*|%)(?:\^[0-9])?(?:\/[A-Za-zµμ°][A-Za-z0-9µμ°]*(?:\^[0-9])?)*/
NAME: /[A-Za-z_][A-Za-z0-9_]*/
FACT: /\[[^\[\]\n]{1,150}\]/
POWER.2: "**"
MULTIPLY: /[*\/×÷]/
ADD: /[+\-−]/
%ignore /\s+/
"""  # noqa: E501


class ExpressionError(WattlineError):
    """An expression that cannot be read or evaluated; says what is wrong, and the reader adds where."""


@dataclass(frozen=True)
class Node:
    """A part of an expression: ``kind``, what it holds, its parts, and how deep they nest."""

    kind: str
    value: Any = None
    parts: tuple[Node, ...] = ()
    depth: int = 1


def _node(kind: str, value: Any = None, *parts: Node) -> Node:
    depth = 1 + max((part.depth for part in parts), default=0)
    if depth > MAX_DEPTH:
        raise ExpressionError(f"is nested too deep; at most {MAX_DEPTH} levels are read, so split it into steps")
    return Node(kind, value, parts, depth)


class _Build(Transformer[Token, Node]):
    """Builds the tree while the parser reads."""

    def convert(self, parts: list[Any]) -> Node:
        return _node("convert", str(parts[2]), parts[0])

    def chain(self, parts: list[Any]) -> Node:
        marks = {"×": "*", "÷": "/", "−": "-"}
        operators = tuple(marks.get(str(mark), str(mark)) for mark in parts[1::2])
        return _node("chain", operators, *parts[0::2])

    def sign(self, parts: list[Any]) -> Node:
        return _node("sign", "+" if parts[0] == "+" else "-", parts[1])

    def power(self, parts: list[Any]) -> Node:
        return _node("power", None, parts[0], parts[2])

    def number(self, parts: list[Any]) -> Node:
        return _node("number", (_number(str(parts[0])), str(parts[1]) if len(parts) > 1 else ""))

    def fact(self, parts: list[Any]) -> Node:
        return _node("fact", str(parts[0])[1:-1].strip())

    def name(self, parts: list[Any]) -> Node:
        return _node("name", str(parts[0]))

    def call(self, parts: list[Any]) -> Node:
        name, arguments = str(parts[0]), parts[1:]
        if name not in FUNCTIONS:
            raise ExpressionError(f"has no function {shorten(name)!r}; there are {', '.join(FUNCTIONS)}")
        least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise ExpressionError(
                f"gives {name} {len(arguments)} values; it takes {least if least == most else 'up to 20'}"
            )
        return _node("call", name, *arguments)

    def nested(self, parts: list[Any]) -> Node:
        return _node("nested", None, parts[0])

    def literal(self, parts: list[Any]) -> Node:
        sign = -1.0 if str(parts[0]) in "-−" else 1.0
        number, *unit = parts[1:] if parts[0].type == "ADD" else parts
        return _node("number", (sign * _number(str(number)), str(unit[0]) if unit else ""))


def _number(text: str) -> float:
    match = re.match(r"(.*?)\s*(thousand|million|billion|trillion|[kKMBGT])?\Z", text, re.DOTALL)
    assert match is not None
    value = float(match[1].replace("_", "")) * _SUFFIX.get(match[2] or "", 1.0)
    if not math.isfinite(value):
        raise ExpressionError(f"has {shorten(text, 20)}, which is too large for a number")
    return value


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(
        GRAMMAR,
        parser="lalr",
        start=["expression", "literal"],
        transformer=_Build(),
        maybe_placeholders=False,
    )


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The tree of an expression; one that cannot be read raises ExpressionError."""
    return _parse(text, "expression")


@lru_cache(maxsize=4096)
def parse_literal(text: str) -> Node:
    """The tree of one quantity such as ``1,287 MWh`` or ``200M request/day``: a ``number`` node."""
    return _parse(_COMMAS.sub("", text), "literal")


def _parse(text: str, start: str) -> Node:
    if not text.strip():
        raise ExpressionError("is empty")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"is longer than {MAX_LENGTH} characters; split it into steps")
    try:
        tree: Any = _parser().parse(text, start=start)
    except VisitError as error:
        raise error.orig_exc from None
    except UnexpectedInput as error:
        raise ExpressionError(_trouble(text, error, start)) from None
    except LarkError as error:
        raise ExpressionError(f"cannot be read: {shorten(str(error))}") from None
    assert isinstance(tree, Node)
    return tree


def _trouble(text: str, error: UnexpectedInput, start: str) -> str:
    at = getattr(error, "pos_in_stream", None)
    token = getattr(error, "token", None)
    if at is None or at < 0 or at >= len(text) or getattr(token, "type", "") == "$END":
        return "ends too early; a number, a name or a closing parenthesis is missing"
    rest = text[at:].lstrip()
    mend = "write one number and its unit, such as 1287 MWh" if start == "literal" else _mend(rest)
    return f"cannot be read from {shorten(rest, 20)!r} (character {at + 1}) on" + (f"; {mend}" if mend else "")


def _mend(rest: str) -> str:
    if rest.startswith("^"):
        return "a power is written **"
    if rest.startswith(","):
        return "numbers take no commas here: 1287 or 1_287"
    if rest.startswith("["):
        return "a fact is written [kind.record.attribute]"
    if rest.startswith("("):
        return "write * between two factors"
    if NAME.match(rest.split(" ")[0]):
        return "write an operator between two values, and a unit only after a number"
    return ""
