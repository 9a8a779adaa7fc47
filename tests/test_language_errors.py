"""Errors in Chinese: what the code may say of bad input has its message in the catalog, part by part of the package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from english_words import ENGLISH
from wattline.report.language.translator import translator_of

SOURCE = Path(__file__).parents[1] / "src" / "wattline"
# what stays as it is typed: commands, options, quotations, examples, names of tools and of commands of two words
KEPT = re.compile(
    r"`[^`]*`|'[^']*'|\"[^\"]*\"|--[\w-]+( [a-z]+)?|pip install|(?:flex|catalog|wattline|meter) \w+|"
    r"\b(?:nvidia-smi|scontrol show|sacct|dcgmi|perf|amd-smi|query_range|intel_gpu_top|job)\b[\w ,-]*|"
    r"as in .*|with value\b|calibrate measured|^leave out|target \w+=|technology, parameter"
)
RAISED = ("Error", "_error", "bad", "refused", "problem", "NotReadable")
PARTS = (
    "meter", "predict", "claim", "core", "web/app", "search", "scenario", "line", "validate", "control", "reconcile",
    "sweep", "report", "web/proxy",
)  # fmt: skip


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
    message = sorted(set(errors(part)))
    left = [words for words in message if ENGLISH.search(KEPT.sub("", translator_of("zh").text(words)))]
    assert len(message) > 1
    assert len(left) <= 0.02 * len(message) + 1, left  # a new error may come before its translation, but few may


NOTED = re.compile(r"(^|_)(notes?|warnings?|remarks?|caveats?|why|reasons?|taken)\Z")
PROGRAM_LINES = ("schema", "web/app")  # descriptions of fields, and the app's own catalog


def noted(tree: ast.AST) -> Iterator[ast.expr]:
    """What stands in a note, a warning or a reason: by the name that it is given, added to, or returned under."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            whole = ast.unparse(node.func).split(".")
            if whole[-1] in ("append", "extend", "add") and len(whole) > 1 and NOTED.search(whole[-2]):
                yield from node.args
            yield from (word.value for word in node.keywords if word.arg and NOTED.search(word.arg))
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if NOTED.search(ast.unparse(target).split(".")[-1].lower()):
                yield node.value
        elif isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            yield from (value for key, value in pairs if isinstance(key, ast.Constant) and NOTED.search(str(key.value)))
        elif isinstance(node, ast.FunctionDef) and NOTED.search(node.name):
            given = (each for each in ast.walk(node) if isinstance(each, ast.Return | ast.Yield))
            yield from (each.value for each in given if each.value is not None)


def strings(node: ast.AST) -> Iterator[str]:
    """The texts within an expression, whole ones where they are put together."""
    whole = texts(node) if isinstance(node, ast.expr) else []
    if whole:
        yield from whole
    elif not isinstance(node, ast.Compare):
        inner = (each for each in ast.iter_child_nodes(node) if not isinstance(node, ast.Call) or each is not node.func)
        yield from (words for each in inner for words in strings(each))


def test_notes_and_reasons_are_said_in_chinese() -> None:
    left, count = {}, 0
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if name.startswith(PROGRAM_LINES):
            continue
        for node in noted(ast.parse(path.read_text(encoding="utf-8"))):
            for words in (each for each in strings(node) if len(each.split()) > 2):
                count += 1
                if ENGLISH.search(KEPT.sub("", re.sub("<[^>]*>", "", translator_of("zh").text(words)))):
                    left[words] = name
    assert count > 200
    assert len(left) <= 0.02 * count, left  # a new note may come before its translation, but few may
