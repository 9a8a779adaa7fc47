"""The line goes one way: a package imports those before it and the ground floor, never a later one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import wattline

ROOT = Path(wattline.__file__).parent
LINE = ("work", "chip", "engine", "site", "grid", "world")
GROUND = {"core", "catalog", "sweep"}
FACES = {"predict", "search", "reconcile", "scenario", "validate", "claim", "report", "cli"}
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent not in (ROOT, ROOT / "line"))


def package(path: Path) -> str:
    """What a file belongs to: ``line/chip/step.py`` to chip, ``core/load.py`` to core."""
    return place(path.relative_to(ROOT).with_suffix("").parts)


def place(parts: Sequence[str]) -> str:
    """A station of the line by its own name, any other package by its first."""
    return parts[1] if parts[0] == "line" and len(parts) > 1 else parts[0]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """The packages of Wattline that a file imports anywhere, inside functions too, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            whole = node.module or ""
            names = [f"wattline.{alias.name}" for alias in node.names] if whole == "wattline" else [whole]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith("wattline."):
                yield node.lineno, place(name.split(".")[1:])


def allowed(name: str) -> set[str]:
    """The packages that one of the line, or of the ground floor, may import."""
    before = set(LINE[: LINE.index(name)]) if name in LINE else set()
    return GROUND | before | {name}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_imports_only_what_stands_before_it(path: Path) -> None:
    name = package(path)
    if name not in LINE and name not in GROUND:
        return
    wrong = [
        f"{path.name}:{line}: {name} imports {other}" for line, other in imports(path) if other not in allowed(name)
    ]
    assert not wrong


def test_every_package_has_its_place() -> None:
    known = {*LINE, *GROUND, *FACES, "meter", "web"}
    assert {package(path) for path in FILES} <= known
    assert known - {"meter", "web"} <= {package(path) for path in FILES}


def test_this_test_sees_an_import_inside_a_function(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("def f():\n    from wattline.report.terminal.answer import render\n    import wattline.cli.main\n")
    assert list(imports(file)) == [(2, "report"), (3, "cli")]
