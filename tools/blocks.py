"""Run the blocks of code in the documentation, and keep their outputs until the code of Wattline changes.

A console block holds lines that begin with ``$ ``; each is run by the shell, and its output follows it. A Python block
is run as a script; the value of its last expression is printed. Blocks of one session share a folder, and the Python
blocks of one session share their names. A block that ends with another exit status than expected is an error.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "build/docs-cache"
# of the first simulation on a machine alone: no part of what a command answers
COMPILING = re.compile(r"^wattline: compiling the simulator.*\n", re.MULTILINE)
TIMEOUT_S = 600
COLUMNS = 100
SOURCES = ("src/wattline/**/*", "examples/**/*", "tools/blocks.py", "tools/reference.py")
PYTHON_DRIVER = """
import ast, contextlib, io, json, sys
names = {"__name__": "__main__"}
*before, last = json.load(open(sys.argv[1]))
for source in before:
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, "<before>", "exec"), names)
tree = ast.parse(last)
value = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
exec(compile(tree, "<block>", "exec"), names)
if value is not None:
    value = eval(compile(value, "<block>", "eval"), names)
    if value is not None:
        print(repr(value))
"""


class BlockError(Exception):
    """A block ended with another exit status than expected."""


@functools.cache
def code_digest() -> str:
    """Digest of everything that an output depends on: the package, the examples and this file."""
    digest = hashlib.sha256(sys.version.encode())
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class Session:
    """Blocks that run one after the other in one folder.

    An output that is in the cache is taken from there. The first one that is not makes all blocks before it run too,
    since they may have written files that it reads.
    """

    def __init__(self, name: str, beside: Mapping[str, Path] | None = None) -> None:
        self.name = name
        # what a command may name in its folder, and where that really lies: an output never depends on that place
        self.beside = dict(beside or {})
        self.steps: list[tuple[str, str, int]] = []
        self.done = 0
        self.folder: tempfile.TemporaryDirectory[str] | None = None

    def run(self, kind: str, source: str, returncode: int = 0) -> str:
        """The output of a block.

        Parameters
        ----------
        kind
            ``"console"`` for one shell command, ``"python"`` for a script.
        source
            What is run.
        returncode
            The exit status that is expected.
        """
        self.steps.append((kind, source, returncode))
        key = hashlib.sha256(json.dumps([code_digest(), self.steps]).encode()).hexdigest()
        kept = CACHE / f"{key}.txt"
        if kept.exists():
            return kept.read_text(encoding="utf-8")
        output = ""
        while self.done < len(self.steps):
            output = self._execute(self.done)
            self.done += 1
        CACHE.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        part.write_text(output, encoding="utf-8")
        part.replace(kept)
        return output

    def _execute(self, index: int) -> str:
        kind, source, returncode = self.steps[index]
        folder = self._folder()
        arguments = ["bash", "-c", source]
        if kind == "python":
            driver, sources = folder / ".driver.py", folder / ".sources.json"
            driver.write_text(PYTHON_DRIVER, encoding="utf-8")
            scripts = [text for other, text, _ in self.steps[: index + 1] if other == "python"]
            sources.write_text(json.dumps(scripts), encoding="utf-8")
            arguments = [sys.executable, str(driver), str(sources)]
        try:
            done = subprocess.run(
                arguments,
                cwd=folder,
                env=environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=TIMEOUT_S,
            )
        except subprocess.TimeoutExpired:
            raise BlockError(f"session {self.name or 'of its own'}, not done in {TIMEOUT_S} s: {source}") from None
        printed = COMPILING.sub("", done.stdout)
        if done.returncode != returncode:
            raise BlockError(f"session {self.name or 'of its own'}, exit status {done.returncode}: {source}\n{printed}")
        return "\n".join(line.rstrip() for line in printed.rstrip().splitlines())

    def _folder(self) -> Path:
        if self.folder is None:
            self.folder = tempfile.TemporaryDirectory(prefix="wattline-docs-")
            place = Path(self.folder.name)
            (place / "examples").symlink_to(ROOT / "examples")
            (place / ".home").mkdir()
            for name, real in self.beside.items():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).symlink_to(real)
        return Path(self.folder.name)


def environment(folder: Path) -> dict[str, str]:
    """What a block sees: this Python's commands, a plain terminal, no settings of the user who builds."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tools'}",
        "HOME": str(folder / ".home"),
        "LANG": "C.UTF-8",
        "COLUMNS": str(COLUMNS),
        "TERM": "dumb",
        "NO_COLOR": "1",
        "TZ": "UTC",
    }


def shortened(output: str, first: int | None) -> str:
    """The first lines of an output, with "…" for the rest."""
    lines = output.splitlines()
    if first is None or len(lines) <= first:
        return output
    return "\n".join([*lines[:first], "…"])


def console(source: str, session: Session, first: int | None = None, returncode: int = 0) -> str:
    """A console block with the output of each of its commands.

    Parameters
    ----------
    source
        Lines; those that begin with ``$ `` are commands, and ``\\`` at the end of one continues it on the next line.
    session
        Where they run.
    first
        Lines of each output that are shown.
    returncode
        The exit status that is expected of the last command.
    """
    lines = source.rstrip().splitlines()
    commands: list[list[str]] = []
    for line in lines:
        if commands and commands[-1][-1].endswith("\\"):
            commands[-1].append(line)
        elif line.startswith("$ "):
            commands.append([line])
        elif line.strip():
            raise BlockError(f"a console block holds commands alone, their outputs are made: {line}")
    shown = []
    for index, command in enumerate(commands):
        text = "\n".join([command[0].removeprefix("$ "), *command[1:]])
        output = session.run("console", text, returncode if index + 1 == len(commands) else 0)
        shown.append("\n".join([*command, shortened(output, first)]).rstrip())
    return "\n".join(shown)
