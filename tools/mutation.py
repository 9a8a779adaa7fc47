"""``make mutation``: small errors put into the core, one at a time, each of which some test must notice.

mutmut makes the errors and runs the tests; ``mutation.toml`` says which modules, and which tests for each room. mutmut
leaves alone what is decorated, so each property is parted first, into itself and a plain method. Beside mutmut's own
errors (operators, numbers, comparisons, arguments left out), ``min`` becomes ``max`` and a rule (an ``if``) is dropped;
texts are left as they are, and no value becomes None, for that tells of a crash and not of a number.

    EVERY=3 BUSY=8 python tools/mutation.py [--only ROOM ...] [--show ROOM] [--list] [--again]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "build" / "mutation"
TABLE = ROOT / "tools" / "mutation.toml"
BUSY = float(os.environ.get("BUSY") or 1)  # how many times longer all takes on a machine that others use too
LONGEST_S = 4 * BUSY  # times the usual: a test that takes longer runs without end
CONFIG = """
[tool.mutmut]
source_paths = ["src"]
also_copy = ["examples"]
only_mutate = {modules}
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["-p", "no:cacheprovider", "-m", "not long and not ml and not shared"]
debug = true
process_isolation = "forkserver"
timeout_multiplier = {longest}
track_dependencies = false
use_git_change_detection = false
"""
MAX_TESTS_S = 6.0 * BUSY  # of the tests that reach an error the quickest are run, up to so many seconds of them
# a failing example need not be made small, nor kept; a few examples do
PROFILE = """
from hypothesis import Phase

quick = {"phases": [Phase.explicit, Phase.generate], "max_examples": 15, "database": None}
settings.register_profile("mutation", settings(), **quick)
settings.load_profile("mutation")
"""
SWAPPED = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}


def rooms() -> dict[str, dict[str, Any]]:
    """Each room with its modules and its tests."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def modules_of(room: dict[str, Any]) -> list[str]:
    """The room's modules as paths from the root; a pattern that matches nothing ends the run."""
    paths = []
    for pattern in room["modules"]:
        matched = sorted((ROOT / "src" / "wattline").glob(pattern))
        if not matched:
            sys.exit(f"mutation.toml: no module is named {pattern}")
        paths += [str(path.relative_to(ROOT)) for path in matched if path.name != "__init__.py"]
    return paths


def prepare(name: str, room: dict[str, Any]) -> Path:
    """A folder in which mutmut can work: the sources with their properties parted, the tests, and its settings."""
    folder, modules = WORK / name.replace("/", "-"), modules_of(room)
    for path in sorted((ROOT / "src").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and ".egg-info" not in str(path):
            _put(folder, path, parted=str(path.relative_to(ROOT)) in modules)
    for path in sorted([*(ROOT / "tests").rglob("*"), *(ROOT / "examples").rglob("*")]):
        if path.is_file() and "__pycache__" not in path.parts and path.name != "conftest.py":
            _put(folder, path)
    conftest = folder / "tests" / "conftest.py"
    conftest.write_text((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8") + PROFILE, encoding="utf-8")
    tests = [f"tests/{test}" for test in room["tests"] if (ROOT / "tests" / test).is_file()]
    plain = (ROOT / "pyproject.toml").read_text(encoding="utf-8").replace('pythonpath = ["tools"]\n', "")
    text = plain + CONFIG.format(modules=json.dumps(modules), tests=json.dumps(tests), longest=LONGEST_S)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def _put(folder: Path, source: Path, parted: bool = False) -> None:
    """Copy a file where it differs, so that what was run on an unchanged file need not be run again.

    mutmut keeps copies of its own, made once: one that is not of this file any more is taken away, and one that a run
    which was ended left empty.
    """
    within = source.relative_to(ROOT)
    target, copied, data = folder / within, folder / "mutants" / within, source.read_bytes()
    if parted:
        data = parted_properties(data.decode()).encode()
    differs = not target.is_file() or target.read_bytes() != data
    if differs:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    if copied.is_file() and (differs or not copied.stat().st_size if parted else copied.read_bytes() != data):
        copied.unlink()


def parted_properties(source: str) -> str:
    """The source with each property that calls a method of the same body, which mutmut takes up."""
    import libcst as cst

    class Part(cst.CSTTransformer):
        def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> Any:
            marks = [d.decorator.value for d in original_node.decorators if isinstance(d.decorator, cst.Name)]
            if len(original_node.decorators) != 1 or marks not in (["property"], ["cached_property"]):
                return updated_node
            method = f"plain_{updated_node.name.value}"
            body = updated_node.with_changes(name=cst.Name(method), decorators=[])
            called = cst.IndentedBlock([cst.parse_statement(f"return self.{method}()")])
            return cst.FlattenSentinel([body, updated_node.with_changes(body=called)])

    return cst.parse_module(source).visit(Part()).code


def operators() -> None:
    """mutmut's errors made ours; it is called in the process that makes them."""
    import libcst as cst
    from mutmut.mutation import mutators

    def swapped(node: cst.Call) -> Iterator[cst.Call]:
        last = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
        if isinstance(last, cst.Name) and last.value in SWAPPED:
            yield node.with_deep_changes(last, value=SWAPPED[last.value])

    def dropped(node: cst.If) -> Iterator[cst.If]:
        inside = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield node.with_changes(test=cst.BooleanOperation(inside, cst.And(), cst.Name("False")))

    def left_out(node: cst.Call) -> Iterable[cst.Call]:
        return [made for made in mutators.operator_arg_removal(node) if len(made.args) < len(node.args)]

    without = ("operator_string", "operator_assignment", "operator_arg_removal", "operator_dict_arguments")
    own = [(kind, each) for kind, each in mutators.mutation_operators if each.__name__ not in without]
    mutators.mutation_operators[:] = [*own, (cst.Call, left_out), (cst.Call, swapped), (cst.If, dropped)]


def quickest_first() -> None:
    """Of the tests that reach an error the quickest come first, and no more than ``MAX_TESTS_S`` of them."""
    from mutmut.runners.harness import PytestRunner

    usual = PytestRunner._pytest_args_regular_run

    def ordered(runner: Any, tests: Iterable[str]) -> list[str]:
        known = Path("mutmut-stats.json")
        lasting = json.loads(known.read_text(encoding="utf-8"))["duration_by_test"] if known.is_file() else {}
        kept, so_far = [], 0.0
        for test in sorted(tests, key=lambda test: (lasting.get(test, 0.0), test)):
            so_far += lasting.get(test, 0.0)
            if not kept or so_far <= MAX_TESTS_S:
                kept.append(test)
        return usual(runner, kept)

    PytestRunner._pytest_args_regular_run = ordered


def some(every: int) -> None:
    """Of the errors one in so many is run, the same ones each time: a room's rate within a few per cent, sooner."""
    from mutmut import __main__ as tool

    usual = tool.collect_source_file_mutation_data

    def sampled(*, mutant_names: Any) -> Any:
        mutants, data = usual(mutant_names=mutant_names)
        return [each for each in mutants if crc32(each[1].encode()) % every == 0], data

    tool.collect_source_file_mutation_data = sampled


def run_room(name: str, room: dict[str, Any], again: bool) -> float | None:
    """Make the room's errors and run its tests over each; returns the seconds it took, None where it did not run.

    ``again``: what was noticed before is not run again, the rest is.
    """
    folder, begin = prepare(name, room), time.monotonic()
    for path in (folder / "mutants").rglob("*.meta"):
        data = json.loads(path.read_text(encoding="utf-8"))
        codes = data["exit_code_by_key"]
        data["exit_code_by_key"] = {key: code if again and code == 1 else None for key, code in codes.items()}
        path.write_text(json.dumps(data), encoding="utf-8")
    (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    (folder / "mutants" / "src").mkdir(parents=True, exist_ok=True)  # Python forgets a path that is not there at first
    env = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
    env |= {"PYTHONPATH": str(folder / "mutants" / "src"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(__file__).resolve()), "--inside", "run", "--max-children", "1"]
    log = folder / "run.txt"
    with log.open("wb") as out:
        code = subprocess.run(command, cwd=folder, env=env, stdout=out, stderr=out).returncode
    if code:
        print(f"mutation: {name} did not run; {log} says why", flush=True)
        return None
    return time.monotonic() - begin


def outcomes(name: str) -> dict[str, str]:
    """Each error of a room and what became of it: killed, timeout, survived, no tests."""
    from mutmut.stats import status_by_exit_code

    out: dict[str, str] = {}
    for path in sorted((WORK / name.replace("/", "-") / "mutants").rglob("*.meta")):
        for key, code in json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            if code is not None:
                out[key] = status_by_exit_code[code]
    return out


def survivors(name: str) -> Iterator[tuple[str, str, list[str]]]:
    """Each error of a room that no test noticed: its outcome, its name, and the lines that it changes."""
    here = Path.cwd()
    os.chdir(WORK / name.replace("/", "-"))
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    try:
        for key, state in outcomes(name).items():
            if state in ("survived", "no tests", "suspicious"):
                lines = get_diff_for_mutant(key).splitlines()
                yield state, key, [line for line in lines if line[:1] in "+-" and line[:3] not in ("---", "+++")]
    finally:
        os.chdir(here)


def reason(room: dict[str, Any], changed: list[str]) -> str:
    """Why an error changes no result, where ``same`` in the table has the line that it makes; empty elsewhere."""
    made = {line[1:].strip() for line in changed if line[:1] == "+"}
    return next((each["why"] for each in room.get("same", []) if each["line"] in made), "")


def show(name: str) -> None:
    """Each error of a room that no test noticed, as a difference, and why where it changes no result."""
    room = rooms()[name]
    for state, key, changed in survivors(name):
        why = reason(room, changed)
        print(f"{state}{f', without effect ({why})' if why else ''}: {key}", *changed, sep="\n    ")


def tell(name: str, seconds: float | None = None) -> None:
    """One line on a room: how many errors were noticed of those that change a result."""
    counts, room = Counter(outcomes(name).values()), rooms()[name]
    same = sum(bool(reason(room, changed)) for _, _, changed in survivors(name)) if counts else 0
    killed, total = counts["killed"] + counts["timeout"] + counts["segfault"], sum(counts.values()) - same
    rest = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()) if state != "killed")
    rest += f", {same} of them without effect" if same else ""
    lasted = f", {seconds:.0f} s" if seconds is not None else ""
    print(f"{name}: {killed} of {total} noticed ({100 * killed / max(total, 1):.1f}%); {rest}{lasted}", flush=True)


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    reader.add_argument("--only", nargs="*", default=[], metavar="ROOM", help="Run these rooms alone")
    reader.add_argument("--show", metavar="ROOM", help="Print what survived in a room that was run")
    reader.add_argument("--list", action="store_true", help="Print the rooms with their outcomes so far")
    reader.add_argument("--again", action="store_true", help="Run alone what no test noticed the last time")
    given = reader.parse_args()
    table = rooms()
    unknown = [name for name in [*given.only, *([given.show] if given.show else [])] if name not in table]
    if unknown:
        sys.exit(f"mutation: no room {', '.join(unknown)}; the rooms are {', '.join(table)}")
    if given.show:
        show(given.show)
    elif given.list:
        for name in table:
            tell(name)
    else:
        failed = False
        for name in given.only or table:
            seconds = run_room(name, table[name], given.again)
            failed |= seconds is None
            if seconds is not None:
                tell(name, seconds)
        sys.exit(int(failed))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        operators()
        quickest_first()
        some(int(os.environ.get("EVERY") or 1))
        from mutmut.__main__ import cli

        cli(sys.argv[2:])
    else:
        main()
