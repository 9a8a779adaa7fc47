"""The package's own files and functions, as tests of its code read them."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import wattline

ROOT = Path(wattline.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    """Each file's path and syntax, read once for all tests: none of them changes it."""
    gc.disable()  # a million nodes that all stay: to look for garbage among them takes most of the time
    made = tuple((path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in FILES)
    gc.freeze()
    gc.enable()
    return made


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def parameter_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Every parameter by name, without ``*args`` and ``**fields``."""
    return [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
