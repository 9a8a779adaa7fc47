"""The house: names of the code, and the words of its docstrings and options."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from house_files import parameter_names, trees
from wattline.cli.main import app

# words that name nothing: participles and pronouns, and superlatives where engineers write MIN_ and MAX_
NO_NOUNS = {"found", "told", "held", "said", "asked", "one"}
SUPERLATIVES = {"MOST", "LEAST"}
# names that the field, a fact or a driver gives
GIVEN_NAMES = {"leave_one_out", "leave_one_house_out", "one_way", "held_steps", "NOT_FOUND"}


def bound_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every name that a file gives to something: variables, fields, parameters, functions, classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield 0, node.asname


def is_no_noun(name: str) -> bool:
    parts = set(name.lstrip("_").split("_"))
    return name not in GIVEN_NAMES and bool(
        NO_NOUNS & {part.lower() for part in parts} or (name.isupper() and SUPERLATIVES & parts)
    )


def test_names_are_nouns_of_the_field() -> None:
    wrong = sorted(
        {f"{name}:{line} {bound}" for name, tree in trees() for line, bound in bound_names(tree) if is_no_noun(bound)}
    )
    assert not wrong


# sentences that an error's name says, and nouns that end like a participle
NAMED_SO = {"CommandFailed", "WorkerEnded", "NotCertified", "UpstreamDown", "Feed", "Field"}


def test_a_class_is_named_by_a_noun() -> None:
    """Not by what became of it: ``HeatRejection``, no ``Rejected``; the words of a claim have a room of their own."""
    assert not [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name not in NAMED_SO and not path.startswith("claim/")
        if re.search(r"(?:ed|own|iven|aken|een|eld|ept)$", node.name)
    ]


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


def held_functions() -> Iterator[tuple[str, str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Public functions that say all of themselves: not commands, and not what Numba compiles, which takes arrays."""
    made_commands = command_functions()
    for path, name, node in public_functions():
        if (module_of(path), name) not in made_commands and "/kernel" not in path:
            yield path, name, node


def test_a_public_function_says_what_it_raises() -> None:
    unsaid = [
        f"{path}:{node.lineno} {name}: {', '.join(sorted(errors))}"
        for path, name, node in held_functions()
        if not re.search(r"\b[Rr]aises?\b", ast.get_docstring(node) or "") and (errors := set(raised(node)))
    ]
    assert not unsaid


# fewer than these a first sentence can name
LISTED = 3


def test_a_public_function_of_three_parameters_or_more_lists_them_and_what_it_returns() -> None:
    """Those that another file takes, and all methods of public classes: each parameter by name, with unit and shape."""
    taken = taken_by_others()
    unsaid = []
    for path, name, node in held_functions():
        names = [each for each in parameter_names(node) if each not in ("self", "cls")]
        if len(names) < LISTED or not ("." in name or (module_of(path), name) in taken):
            continue
        _, _, listed = (ast.get_docstring(node) or "").partition("Parameters\n")
        missing = [each for each in names if not re.search(rf"\b{each}\b", listed)]
        gives = node.returns is not None and ast.unparse(node.returns) not in ("None", "NoReturn")
        if missing or (gives and not re.search("Returns|Yields", listed)):
            unsaid.append(f"{path}:{node.lineno} {name}: {', '.join(missing) or 'what it returns'}")
    assert not unsaid


def test_a_public_function_of_two_parameters_that_another_room_takes_lists_them() -> None:
    """What crosses a wall of the house says of each parameter what it is, and what comes back."""
    taken = {
        (str(node.module), alias.name)
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wattline.")
        for alias in node.names
        if str(node.module).split(".")[1] != path.split("/")[0]
    }
    unsaid = []
    for path, name, node in held_functions():
        names = [each for each in parameter_names(node) if each not in ("self", "cls")]
        if len(names) < 2 or (module_of(path), name) not in taken:
            continue
        _, _, listed = (ast.get_docstring(node) or "").partition("Parameters\n")
        if any(not re.search(rf"\b{each}\b", listed) for each in names):
            unsaid.append(f"{path}:{node.lineno} {name}")
    assert not unsaid


def test_no_parameter_of_a_public_function_is_a_single_letter() -> None:
    letters = [
        f"{path}:{node.lineno} {name}: {each}"
        for path, name, node in held_functions()
        for each in parameter_names(node)
        if len(each) == 1
    ]
    assert not letters


# an option -> the one thing that it means, of which each command's help says what is its own: a default, a form, a list
ONE_THING = {
    "--active": "a share of the time that chips are at work",
    "--batch": "a number of requests that a replica answers together",
    "--by": "a grouping of the rows that are shown",
    "--config": "a description of the model in its maker's format, instead of its name",
    "--chip": "types of chips by name",
    "--chips": "a number of chips",
    "--column": "a column of a signal or demand: the grid that is taken",
    "--columns": "columns of the input by name",
    "--document-tokens": "a number of tokens in a document",
    "--draws": "a number of draws from the facts' ranges",
    "--duration": "the time over which requests come",
    "--floor": "the power below which work is made",
    "--export": "what goes out to a grid: a share of the load that is sold, files for its model",
    "--frames": "a number of frames in a video",
    "--gpus": "a number of chips in one replica",
    "--hours": "a number of hours",
    "--input": "a number of tokens in each prompt",
    "--instance": "instance types of a cloud by name",
    "--interval": "the time between two readings",
    "--it": "IT power of a site",
    "--job": "a job of the scenario by name",
    "--journal": "the journal that is written",
    "--json": "JSON on standard output",
    "--leave-out": "what a fit leaves out of what it predicts",
    "--model": "a model by name",
    "--max-num-batched-tokens": "the largest number of tokens in one step",
    "--max-num-seqs": "the largest number of requests that a replica runs at once",
    "--out": "a folder that is written",
    "--output": "a number of tokens in each answer",
    "--params": "a number of parameters of a model",
    "--power-cap": "power limits of a chip",
    "--precision": "number formats",
    "--ramp": "a limit of rises and falls",
    "--rate": "a mean rate of requests",
    "--region": "a country or grid",
    "--save": "a file that is written",
    "--seed": "a seed",
    "--shape": "how a rate varies over time",
    "--share": "a share of the whole that is taken",
    "--shelf": "the energy of a store that levels",
    "--source": "sources of readings by name",
    "--tokens": "a number of tokens in all",
    "--to": "what something goes to: a format, a last year",
    "--unit": "the unit of an input's numbers",
    "--utilisation": "IT power as a share of --it",
    "--window": "a window of a recording",
    "--years": "years of a series",
}


def options(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str]]:
    """Every command with each of its options and what its help says of it."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from options(inner, (*path, name))
    if not hasattr(command, "commands"):
        for parameter in command.params:
            if parameter.param_type_name == "option":
                yield " ".join(path), max(parameter.opts, key=len), parameter.help or ""


def test_an_option_means_one_thing_in_every_command() -> None:
    helps: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for command, option, words in options(get_command(app)):
        helps[option][words].append(command)
    several = {option: dict(words) for option, words in helps.items() if len(words) > 1}
    assert not {option: words for option, words in several.items() if option not in ONE_THING}
    assert not set(ONE_THING) - set(several), "no longer different: take it out"


def test_every_option_says_what_it_is() -> None:
    assert not [(command, option) for command, option, words in options(get_command(app)) if len(words) < 5]
