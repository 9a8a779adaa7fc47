"""The house: floors, lengths and names of the code, held by what stands in the files."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import wattline
from wattline.cli.main import app

ROOT = Path(wattline.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
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


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in FILES:
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


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
    said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if said and len(node.body) == 1:
        return 0
    return (node.end_lineno or node.lineno) - node.body[1 if said else 0].lineno + 1


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
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


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
                names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
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


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a function itself, not in those within it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from own_nodes(child)


def test_a_public_function_that_lists_its_parameters_says_what_it_raises() -> None:
    unsaid = [
        f"{path}:{node.lineno} {name}"
        for path, name, node in public_functions()
        if (text := ast.get_docstring(node) or "") and "Parameters\n" in text and "Raises" not in text
        if any(isinstance(part, ast.Raise) for part in own_nodes(node))
    ]
    assert not unsaid


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
    "--draws": "a number of draws from the facts' ranges",
    "--duration": "the time over which requests come",
    "--floor": "the power below which work is made",
    "--export": "what goes out to a grid: a share of the load that is sold, files for its model",
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


# the one place where readings of watts become joules
READINGS_TO_JOULES = "meter/readings/power.py"
# products of watts and seconds that are no energy of readings, and what they are
NO_READINGS = {
    "meter/energy/beginning.py": "what a step may be at most; watts that a sensor adds, taken off",
    "meter/energy/stream.py": "what a step may be at most",
    "meter/energy/track.py": "doubt of an edge",
    "meter/energy/usage.py": "a stated constant",
    "meter/energy/window.py": "doubt outside of the readings",
    "meter/fleet/savings.py": "a chip's curve under a power limit",
    "meter/gpu_sensor/error.py": "error of sampling",
    "meter/readers/powermetrics.py": "millijoules told as milliwatts, back to watts",
    "meter/readings/counter.py": "what a step may be at most",
    "meter/sensors/counter.py": "what a step may be at most",
    "meter/sharing/split.py": "idle power, which parts joules among claims",
    "web/proxy/interval_split.py": "idle power, which parts an interval's joules among requests",
    "web/proxy/ledger.py": "an estimate until the next interval, replaced by its joules",
}
SUMS = {"trapezoid", "trapz", "cumulative_trapezoid", "simpson"}
WATTS, SECONDS = (
    re.compile(r"(^|_)(w|watts?|power|level)$"),
    re.compile(r"(^|_)(s|seconds?|lengths?|duration|interval|dt)$"),
)


def factors(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult):
        return [*factors(node.left), *factors(node.right)]
    return [node]


def words_in(node: ast.AST) -> set[str]:
    """Names of variables, fields and functions in an expression."""
    return {getattr(part, "attr", getattr(part, "id", "")) for part in ast.walk(node)}


def is_energy(node: ast.AST) -> bool:
    """Whether an expression sums watts over time: one of NumPy's sums, or watts times seconds."""
    if isinstance(node, ast.Call):
        return bool({getattr(node.func, "attr", ""), getattr(node.func, "id", "")} & SUMS)
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult)):
        return False
    words = [words_in(factor) for factor in factors(node)]
    is_time = [any(map(SECONDS.search, each)) or "diff" in each for each in words]
    is_power = [any(map(WATTS.search, each)) and not time for each, time in zip(words, is_time, strict=True)]
    return any(is_time) and any(is_power)


def test_readings_of_watts_become_joules_in_one_place() -> None:
    places = {
        name
        for name, tree in trees()
        if name.startswith(("meter/", "web/", "reconcile/", "report/", "cli/"))
        for node in ast.walk(tree)
        if is_energy(node)
    }
    assert places == {READINGS_TO_JOULES, *NO_READINGS}


def test_the_search_for_energies_of_readings_sees_them() -> None:
    for text in ("0.5 * (power_w[1:] + power_w[:-1]) * np.diff(time_s)", "np.trapezoid(watts, at)", "watts * step_s"):
        assert is_energy(ast.parse(text, mode="eval").body), text
    for text in ("energy_j * share", "np.diff(energy_j) / np.diff(time_s)", "half_s * ratio"):
        assert not is_energy(ast.parse(text, mode="eval").body), text


# numbers with a name in chip/, site/ and the catalog's code, by what they are; a number of the world is a fact of the
# catalog with range and source
CODE_NUMBERS = {
    "properties of air and water": {
        "line/site/air.py": "CP_AIR CP_VAPOUR CP_WATER CP_MOIST WATER_KG_M3 LITRES_PER_KG H_FG H_EVAP R_AIR KELVIN "
        "MASS_RATIO _ICE _WATER",
        "line/site/outside_air.py": "PER_K",
        "line/site/cooling/air_economiser.py": "NO_LIMIT",
    },
    "the Earth, and which places are near": {
        "line/site/climate.py": "FAR_KM FAR_M SAME_KM KM_A_METRE",
        "line/site/gazetteer.py": "CLEAR HEIGHT_KM EARTH_KM MAX_SHOWN",
        "line/site/weather_repair.py": "MAX_MISSING SHORT_GAP_H HOTTEST_C COLDEST_C HOTTEST_MEAN_C",
    },
    "bytes of a number format, and products of a pass": {
        "line/chip/products.py": "ACTIVATION_BYTES",
        "line/chip/training/memory.py": "WEIGHT_BYTES",
        "line/chip/training/forward.py": "BACKWARD",
    },
    "what a search tries": {"line/chip/training/layout.py": "TENSOR CONTEXT EXPERT MICRO INTERLEAVE PIPELINE"},
    "bounds of input and of work": {
        "catalog/draws.py": "MAX_DRAWS NOISE",
        "catalog/own.py": "LIMIT_BYTES",
        "line/site/derive.py": "DRAWS EVERY",
        "line/site/profile.py": "LIMIT_BYTES STEP_S",
        "line/site/weather.py": "HOURS",
        "line/site/weather_files.py": "LIMIT_BYTES",
        "line/site/year.py": "CHUNK THREADS UNMET_K",
        "line/site/outdoors.py": "MAX_UNMET_H",
    },
    "how sharply the longer of two times, and a limit, prevail": {
        "line/chip/diffusion/run.py": "JOIN LIMIT USUAL_FLOPS USUAL_MEMORY"
    },
    "classes of size, and shares of a load": {
        "line/site/hall.py": "SIZES",
        "line/site/power_chain.py": "HALF",
        "line/site/sizing.py": "TENTH",
    },
    "the fit of a band, held by its own test": {
        "catalog/carbon.py": "AS_OF OLD YEARS BASE FREE STEADY MULTIPLE TREND MAX_TREND MAX_CHANGE MAX_WIDTH",
    },
}


def named_numbers(tree: ast.Module) -> Iterator[str]:
    """Names that a file gives to plain numbers, or to tuples of them, at its top."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(
            node.value, ast.Constant | ast.Tuple | ast.BinOp | ast.UnaryOp
        ):
            numbers = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
            if any(isinstance(number, int | float) and not isinstance(number, bool) for number in numbers):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


def test_no_number_of_the_world_stands_bare_in_chip_site_and_catalog() -> None:
    known = {(path, name) for files in CODE_NUMBERS.values() for path, names in files.items() for name in names.split()}
    rooms = ("line/chip/", "line/site/", "catalog/")
    there = {(path, name) for path, tree in trees() if path.startswith(rooms) for name in named_numbers(tree)}
    assert there == known


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
