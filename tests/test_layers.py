"""The line goes one way: a package imports those before it and the ground floor, never a later one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import wattline

ROOT = Path(wattline.__file__).parent
LINE = ("work", "chip", "engine", "site", "grid", "world")
GROUND = {"errors", "quantity", "fact", "draws", "load", "bill", "files", "catalog", "sweep"}
FACES = {"scenario", "claim", "report", "cli", "validate"}
FILES = sorted(path for path in ROOT.rglob("*.py") if path.parent != ROOT or path.stem in GROUND)


def package(path: Path) -> str:
    """What a file belongs to: ``chip/step.py`` to chip, ``load.py`` to load."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


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
                yield node.lineno, name.split(".")[1]


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
    file.write_text("def f():\n    from wattline.report.text import render\n    import wattline.cli.main\n")
    assert list(imports(file)) == [(2, "report"), (3, "cli")]
