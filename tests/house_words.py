"""The house: names of the code, and the words of its options."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from house_docstrings import checked_functions
from house_files import ROOT, parameter_names, trees
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
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.lineno, node.name
        elif isinstance(node, ast.alias) and node.asname:
            yield 0, node.asname


def is_no_noun(name: str) -> bool:
    parts = set(name.lstrip("_").split("_"))
    return name not in GIVEN_NAMES and bool(
        NO_NOUNS & {part.lower() for part in parts} or (name.isupper() and SUPERLATIVES & parts)
    )


def programs() -> Iterator[tuple[str, ast.Module]]:
    """The package's files, and the programs and tests beside it."""
    yield from trees()
    for folder in ("benchmarks", "tools", "tests"):
        for path in sorted((ROOT.parents[1] / folder).rglob("*.py")):
            yield f"{folder}/{path.name}", ast.parse(path.read_text(encoding="utf-8"))


def test_names_are_nouns_of_the_field() -> None:
    wrong = sorted(
        {
            f"{name}:{line} {bound}"
            for name, tree in programs()
            for line, bound in bound_names(tree)
            if is_no_noun(bound) and not bound.startswith("test_")  # a test's name is a sentence
        }
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


# participles that are nouns or adjectives of the field, and words that only end like one
FIELD_WORDS = {"embed", "feed", "need", "seed", "speed", "down", "own", "measured", "zone", "screen", "markdown"}


def participles() -> list[str]:
    """Public functions of a module that one participle names, which says what became of a thing and not what it is."""
    return [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees()
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name not in FIELD_WORDS
        if re.fullmatch(r"[a-z]+(?:ed|own|iven|aken|een|eld|ept|orn|one)", node.name)
    ]


def test_no_function_is_named_by_a_participle_alone() -> None:
    assert not participles()


def test_no_parameter_of_a_public_function_is_a_single_letter() -> None:
    letters = [
        f"{path}:{node.lineno} {name}: {each}"
        for path, name, node in checked_functions()
        for each in parameter_names(node)
        if len(each) == 1
    ]
    assert not letters


# an option -> the one thing that it means, of which each command's help says what is its own: a default, a form, a list
OPTION_MEANINGS = {
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
    "--lengths": "numbers of tokens of prompts and answers",
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
    "--replicas": "a number of replicas of the model",
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
    assert not {option: words for option, words in several.items() if option not in OPTION_MEANINGS}
    assert not set(OPTION_MEANINGS) - set(several), "no longer different: take it out"


def test_every_option_says_what_it_is() -> None:
    assert not [(command, option) for command, option, words in options(get_command(app)) if len(words) < 5]
