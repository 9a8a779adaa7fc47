"""The house: lengths and layout of the code, held by what stands in the files.

The rules of names and words, and of numbers, stand in files of their own and run as tests of this one.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections import defaultdict
from pathlib import Path

import pytest

import wattline
from slow_files import ORDER

pytest.register_assert_rewrite("house_docstrings", "house_numbers", "house_words")

from house_docstrings import (  # noqa: E402, F401
    test_a_function_of_the_line_that_other_rooms_take_says_what_each_parameter_is,
    test_a_public_function_of_three_parameters_or_more_lists_them_and_what_it_returns,
    test_a_public_function_of_two_parameters_lists_them,
    test_a_public_function_of_two_parameters_of_the_line_or_that_another_room_takes_lists_them,
    test_a_public_function_says_what_it_raises,
    test_a_public_function_that_lists_its_parameters_says_what_it_returns,
)
from house_files import FILES, ROOT, functions, parameter_names, trees  # noqa: E402
from house_numbers import (  # noqa: E402, F401
    test_a_constant_of_units_stands_once,
    test_a_ratio_of_two_units_stands_in_the_file_of_units,
    test_no_number_of_the_world_stands_bare_in_chip_site_and_catalog,
    test_readings_of_watts_become_joules_in_one_place,
    test_the_search_for_energies_of_readings_sees_them,
)
from house_words import (  # noqa: E402, F401
    test_a_class_is_named_by_a_noun,
    test_an_option_means_one_thing_in_every_command,
    test_every_option_says_what_it_is,
    test_names_are_nouns_of_the_field,
    test_no_function_is_named_by_a_participle_alone,
    test_no_parameter_of_a_public_function_is_a_single_letter,
)

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
MAX_CHANGELOG_LINES = 360
MAX_CHANGELOG_COLUMNS = 130
MAX_PARAMETERS = 8
FACES = ("cli",)  # a command's options are its parameters
# public questions, which take the fields of Where and Setup one by one too
QUESTIONS = {
    "image",
    "video",
    "session",
    "embed",
    "transcribe",
    "prompt",
    "train",
    "serve",
    "serve_average",
    "site",
    "frontier",
    "supply",
    "flex_response",
}
# packages whose bodies Numba compiles: their arguments are arrays, since it takes no objects
COMPILED = ("kernel",)


def test_no_file_is_longer_than_a_screenful_of_screens() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert not {name: n for name, n in lengths.items() if n > MAX_FILE_LINES}


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{name}:{node.lineno} {node.name} has {length} lines"
        for name, tree in trees()
        for node in functions(tree)
        if (length := code_lines(node)) > MAX_FUNCTION_LINES
    ]
    assert not long


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of its body without the docstring: signature and docstring may give each parameter a line."""
    first = node.body[0]
    message = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if message and len(node.body) == 1:
        return 0
    return (node.end_lineno or node.lineno) - node.body[1 if message else 0].lineno + 1


def test_public_functions_take_few_parameters() -> None:
    many = [
        f"{name}:{node.lineno} {node.name} has {count} parameters"
        for name, tree in trees()
        if not name.startswith(FACES) and not Path(name).name.startswith(COMPILED)
        for node in functions(tree)
        if not node.name.startswith("_") and node.name not in QUESTIONS and (count := parameters(node)) > MAX_PARAMETERS
    ]
    assert not many


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many a caller may give; ``self`` and ``**fields`` do not count."""
    return len([name for name in parameter_names(node) if name not in ("self", "cls")])


def test_a_class_name_occurs_once() -> None:
    places = defaultdict(list)
    for name, tree in trees():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                places[node.name.lstrip("_")].append(name)
    assert not {name: where for name, where in places.items() if len(where) > 1}


def test_no_private_name_is_taken_from_another_file() -> None:
    taken = [
        f"{name}:{node.lineno} takes {alias.name} from {node.module}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wattline")
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert not taken


# where a package that may be absent is asked for by name, or the face gives a public name when it is first used
BY_NAME = {"__init__.py"}


def test_no_module_of_our_own_is_imported_by_a_string() -> None:
    strings = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        if name not in BY_NAME
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "attr", "") or getattr(node.func, "id", "")) in ("import_module", "__import__")
        and any("wattline" in ast.unparse(argument) for argument in node.args)
    ]
    assert not strings


@pytest.mark.parametrize("name", sorted(wattline.__all__))
def test_no_child_of_the_package_bears_a_public_name(name: str) -> None:
    assert not (ROOT / f"{name}.py").exists()
    assert not (ROOT / name).is_dir()


def test_benchmarks_and_tools_take_names_that_are_there() -> None:
    missing = [
        f"{path.name}:{node.lineno} {node.module}.{alias.name}"
        for folder in ("benchmarks", "tools")
        for path in sorted((ROOT.parents[1] / folder).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "wattline"
        for alias in node.names
        if not hasattr(importlib.import_module(str(node.module)), alias.name)
        and importlib.util.find_spec(f"{node.module}.{alias.name}") is None
    ]
    assert not missing


def test_files_of_tests_have_names_of_their_own() -> None:
    """pytest takes two modules of one name in two folders for one another, and stops (`make test-ml` did)."""
    paths = defaultdict(list)
    for path in Path(__file__).parent.rglob("*.py"):
        paths[path.name].append(path)
    assert {name for name, same in paths.items() if len(same) > 1} <= {"__init__.py", "conftest.py"}


def test_what_tests_share_stands_in_a_file_of_its_own() -> None:
    shared = [
        f"{path.name}:{node.lineno} {node.module}"
        for path in Path(__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("test_")
    ]
    assert not shared


def test_files_that_are_begun_first_are_there() -> None:
    assert not [name for name in ORDER if not (Path(__file__).parent / name).exists()]


def test_pages_of_a_browser_are_read_where_they_stand_still() -> None:
    """A page that is read in the middle of a navigation fails one time in fifty: ``web_tab.seen`` reads it after."""
    bare = [
        f"{path.name}:{node.lineno}"
        for path in sorted(Path(__file__).parent.glob("test_web*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("evaluate", "input_value", "all_text_contents")
    ]
    assert not bare


def test_the_changelog_is_a_page_for_users() -> None:
    """Short, each entry once. Where a merge brought old entries back: take the file of main and add a line to it."""
    lines = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MAX_CHANGELOG_LINES
    assert [line for line in lines if len(line) > MAX_CHANGELOG_COLUMNS and not line.startswith("|")] == []
    starts = [line for line in lines if line.startswith(("#", "- "))]
    assert sorted(starts) == sorted(set(starts))
