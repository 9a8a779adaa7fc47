"""Counts as arithmetic over a config's fields, so that an architecture's weights can be written as data."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from wattline.core.errors import WattlineError
from wattline.line.work.huggingface.fields import Config

SWITCH = re.compile(r"(^|_)use_")
RATIO = re.compile(r"ratio|expan|multiplier")

BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Div: operator.truediv,
}
COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
}
CALLS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "round": round, "int": int}


@lru_cache(maxsize=2048)
def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def evaluate(text: str | int, cfg: Config, known: Mapping[str, int]) -> int:
    """The value of a formula such as ``"layers * hidden * laurel_rank"``.

    ``known``: counts that were read already; any other name is a field of the config, a whole number that must be
    there. Raises WattlineError for a field that is missing.

    Parameters
    ----------
    text : the formula, or a number
    cfg : the part of the config that is read
    known : counts that were read already, by name

    Returns the value.
    """
    return text if isinstance(text, int) else int(_value(_parsed(text), cfg, known))


def _value(node: ast.expr, cfg: Config, known: Mapping[str, int]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return known[node.id] if node.id in known else _field(node.id, cfg)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, cfg, known)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, cfg, known), _value(node.right, cfg, known)
        if not right and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod):
            raise WattlineError(f"{cfg.where}: {ast.unparse(node.right)} is 0, which nothing is divided by; correct it")
        return BINARY[type(node.op)](left, right)
    if isinstance(node, ast.IfExp):
        return _value(node.body if _value(node.test, cfg, known) else node.orelse, cfg, known)
    if isinstance(node, ast.Compare):
        return COMPARE[type(node.ops[0])](_value(node.left, cfg, known), _value(node.comparators[0], cfg, known))
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):  # a field of an encoder's part
        return _field(f"{node.value.id}_config.{node.attr}", cfg)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "count":
            return sum(len(cfg.indices(each.id) or []) for each in node.args if isinstance(each, ast.Name))
        return CALLS[node.func.id](*(_value(each, cfg, known) for each in node.args))
    raise TypeError(f"a formula cannot hold {ast.dump(node)}")


def _field(name: str, cfg: Config) -> Any:
    """A field as a number; true is 1 where the field is a switch by its name, and a ratio may be a fraction."""
    value = cfg.raw(name)
    if isinstance(value, bool) and SWITCH.search(name):
        return int(value)
    if isinstance(value, float) and RATIO.search(name) and 0 < value < 1e6:
        return value
    return cfg.number(name, default=0) if value is not None else cfg.number(name)
