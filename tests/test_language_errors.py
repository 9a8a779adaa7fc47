"""Errors in Chinese: what the code may say of bad input has its message in the catalog, part by part of the package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from wattline.report.language.translator import translator_of

SOURCE = Path(__file__).parents[1] / "src" / "wattline"
ENGLISH = re.compile(r"\b[a-z]{2,} (?:[a-z]+ )?[a-z]{2,}\b")
# what stays as it is typed: commands, options, quotations, examples, names of tools and of commands of two words
KEPT = re.compile(
    r"`[^`]*`|'[^']*'|\"[^\"]*\"|--[\w-]+( [a-z]+)?|pip install|(?:flex|catalog|wattline|meter) \w+|"
    r"\b(?:nvidia-smi|scontrol show|sacct|dcgmi|perf|amd-smi|query_range|intel_gpu_top|job)\b[\w ,-]*|"
    r"as in .*|with value\b"
)
RAISED = ("Error", "_error", "bad", "refused", "problem", "NotReadable")
PARTS = ("meter", "predict", "claim", "core", "web/app", "search", "scenario")


def texts(node: ast.expr) -> list[str]:
    """What an expression may say, with "7" for what is put in where it is a number, and "X1" elsewhere."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    if isinstance(node, ast.BinOp):
        return [left + right for left in texts(node.left) for right in texts(node.right) or [""]]
    if not isinstance(node, ast.JoinedStr):
        return []
    made = [""]
    for part in node.values:
        number = isinstance(part, ast.FormattedValue) and part.format_spec is not None
        ends = [str(part.value)] if isinstance(part, ast.Constant) else ["7" if number else "X1"]
        made = [begin + end for begin in made for end in ends]
    return made


def errors(part: str) -> Iterator[str]:
    """The first words of each error that the code of a part of the package makes."""
    for path in sorted((SOURCE / part).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(RAISED):
                yield from (words for argument in node.args[:3] for words in texts(argument) if len(words.split()) > 2)


@pytest.mark.parametrize("part", PARTS)
def test_errors_of_each_part_are_said_in_chinese(part: str) -> None:
    said = sorted(set(errors(part)))
    left = [words for words in said if ENGLISH.search(KEPT.sub("", translator_of("zh").text(words)))]
    assert len(said) > 5
    assert len(left) <= 0.06 * len(said), left  # a new error may come before its translation, but few may
