"""The house: what docstrings of public functions say of parameters, results and errors."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from house_files import parameter_names, trees
from wattline.cli.main import app


def room_of(path: str) -> str:
    """A station of the line, or a top room."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "line" else parts[0]


def taken_across_rooms() -> set[tuple[str, str]]:
    """Functions that a file of another room takes: module and name."""
    return {
        (node.module, alias.name)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wattline.line.")
        for alias in node.names
        if room_of(path) != room_of("/".join(str(node.module).split(".")[1:]))
    }


def test_a_function_of_the_line_that_other_rooms_take_says_what_each_parameter_is() -> None:
    taken = taken_across_rooms()
    unsaid = []
    for path, tree in trees():
        module = "wattline." + path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for node in tree.body:
            # kernels are compiled: what calls them says what their arrays are
            if isinstance(node, ast.FunctionDef) and (module, node.name) in taken and "/kernel" not in path:
                text = ast.get_docstring(node) or ""
                names = parameter_names(node)
                unsaid += [f"{path}:{node.lineno} {node.name}: {n}" for n in names if not re.search(rf"\b{n}\b", text)]
    assert not unsaid


def public_functions() -> Iterator[tuple[str, str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Public functions and methods of public classes: file, name and where it stands."""
    for path, tree in trees():
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
        for owner in (tree, *classes):
            for node in owner.body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
                    yield path, f"{owner.name}.{node.name}" if isinstance(owner, ast.ClassDef) else node.name, node


def test_a_public_function_that_lists_its_parameters_says_what_it_returns() -> None:
    """With its unit and shape; one that lists none says in its first sentence what it is."""
    unsaid = [
        f"{path}:{node.lineno} {name}"
        for path, name, node in public_functions()
        if (text := ast.get_docstring(node) or "") and "Parameters\n" in text and "Returns" not in text
        if node.returns is not None and ast.unparse(node.returns) not in ("None", "NoReturn")
    ]
    assert not unsaid


def caught(body: ast.Try) -> set[str]:
    """Names of the exceptions that a ``try`` catches."""
    return {
        ast.unparse(name) for each in body.handlers if each.type for name in getattr(each.type, "elts", [each.type])
    }


def raised(node: ast.AST, within: frozenset[str] = frozenset()) -> Iterator[str]:
    """Exceptions that a function raises itself and does not catch at once, without those of functions within it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(child, ast.Raise) and child.exc is not None:
            name = ast.unparse(child.exc.func if isinstance(child.exc, ast.Call) else child.exc)
            if name not in within:
                yield name
        if isinstance(child, ast.Try):
            for part in child.body:
                yield from raised(ast.Module([part], []), within | caught(child))
            for part in (*child.handlers, *child.orelse, *child.finalbody):
                yield from raised(part, within)
        else:
            yield from raised(child, within)


def command_functions() -> set[tuple[str, str]]:
    """Functions that are commands: their docstrings are help texts, and each option says what it is."""
    made = [inspect.unwrap(command.callback) for command in commands(get_command(app)) if command.callback]
    return {(function.__module__, function.__name__) for function in made}


def commands(command: Any) -> Iterator[Any]:
    yield command
    for inner in getattr(command, "commands", {}).values():
        yield from commands(inner)


def module_of(path: str) -> str:
    return "wattline." + path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def taken_by_others() -> set[tuple[str, str]]:
    """What a file takes from another: module and name."""
    names = set()
    for _, tree in trees():
        own = [
            (str(node.module), alias)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        ]
        names |= {(module, alias.name) for module, alias in own}
        modules = {alias.asname or alias.name: (module, alias.name) for module, alias in own}
        names |= {
            (".".join(modules[node.value.id]), node.attr)
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
        }
    return names


def checked_functions() -> Iterator[tuple[str, str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Public functions that say all of themselves: not commands, and not what Numba compiles, which takes arrays."""
    made_commands = command_functions()
    for path, name, node in public_functions():
        if (module_of(path), name) not in made_commands and "/kernel" not in path:
            yield path, name, node


def test_a_public_function_says_what_it_raises() -> None:
    unsaid = [
        f"{path}:{node.lineno} {name}: {', '.join(sorted(errors))}"
        for path, name, node in checked_functions()
        if not re.search(r"\b[Rr]aises?\b", ast.get_docstring(node) or "") and (errors := set(raised(node)))
    ]
    assert not unsaid


# fewer than these a first sentence can name
LISTED = 3


def test_a_public_function_of_three_parameters_or_more_lists_them_and_what_it_returns() -> None:
    """Those that another file takes, and all methods of public classes: each parameter by name, with unit and shape."""
    taken = taken_by_others()
    unsaid = []
    for path, name, node in checked_functions():
        names = [each for each in parameter_names(node) if each not in ("self", "cls")]
        if len(names) < LISTED or not ("." in name or (module_of(path), name) in taken):
            continue
        _, _, listed = (ast.get_docstring(node) or "").partition("Parameters\n")
        missing = [each for each in names if not re.search(rf"\b{each}\b", listed)]
        gives = node.returns is not None and ast.unparse(node.returns) not in ("None", "NoReturn")
        if missing or (gives and not re.search("Returns|Yields", listed)):
            unsaid.append(f"{path}:{node.lineno} {name}: {', '.join(missing) or 'what it returns'}")
    assert not unsaid


def unlisted() -> Iterator[tuple[str, str]]:
    """Public functions of two parameters or more that do not list each: file and name."""
    for path, name, node in checked_functions():
        names = [each for each in parameter_names(node) if each not in ("self", "cls")]
        _, _, listed = (ast.get_docstring(node) or "").partition("Parameters\n")
        if len(names) > 1 and any(not re.search(rf"\b{each}\b", listed) for each in names):
            yield path, name


def test_a_public_function_of_two_parameters_lists_them() -> None:
    assert not list(unlisted())


def test_a_public_function_of_two_parameters_of_the_line_or_that_another_room_takes_lists_them() -> None:
    """All physics, and what crosses a wall of the house, say of each parameter what it is, and what comes back."""
    taken = {
        (str(node.module), alias.name)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wattline.")
        for alias in node.names
        if str(node.module).split(".")[1] != path.split("/")[0]
    }
    unsaid = []
    for path, name, node in checked_functions():
        names = [each for each in parameter_names(node) if each not in ("self", "cls")]
        of_line = path.startswith("line/") and "/kernel" not in path
        if len(names) < 2 or not (of_line or (module_of(path), name) in taken):
            continue
        _, _, listed = (ast.get_docstring(node) or "").partition("Parameters\n")
        if any(not re.search(rf"\b{each}\b", listed) for each in names):
            unsaid.append(f"{path}:{node.lineno} {name}")
    assert not unsaid
