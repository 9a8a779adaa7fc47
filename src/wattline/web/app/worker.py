"""A process that answers questions, one after another, and may be killed at any time without harm to another.

It reads a question a line from standard input and writes what becomes of it as lines of JSON. It runs the commands of
the command line; files that a browser sent come with the question and lie in a folder of their own, which is also the
working directory, so that no relative name leads anywhere.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import io
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from wattline.core.errors import WattlineError
from wattline.report.language.translator import speaking
from wattline.web.app.flat import csv_of
from wattline.web.app.fragment import first_figure, fragment_of
from wattline.web.app.seal import limit_memory, seal

Message = dict[str, Any]
Say = Callable[[Message], None]
Usage = Callable[[Any], str]  # an error of the command line in one line
UsageErrors = tuple[type[Exception], ...]
COLUMNS = 130  # of text in the width of a page
# of imports and tables that every first answer needs
WARM = (["prompt", "--draws=5", "--json", "--", "llama-3.1-8b"], ["site", "--it=1MW", "--place=Dublin", "--draws=5"])


class AnsweringProcess:
    """Answers questions of one line each.

    Parameters
    ----------
    command : the command line, as click has it
    usage_error : the error of a command line that is wrong, and its words
    folder : where files lie while a question is answered
    """

    def __init__(self, command: Any, usage_error: tuple[type[Exception], Usage], folder: Path) -> None:
        self._command = command
        self._usage_error = usage_error
        self._folder = folder

    def warm(self) -> None:
        """Load what every first answer needs."""
        for args in WARM:
            with contextlib.suppress(Exception):
                answer_parts(self._run(args))

    def serve(self, lines: IO[str], say: Say) -> None:
        """Answer until the lines end.

        Parameters
        ----------
        lines : of JSON, one a message
        say : sends a reply
        """
        tempfile.tempdir = str(self._folder)  # what is unpacked lies beside what was sent
        seal([self._folder])
        say({"ready": True})
        for line in lines:
            say(self._reply_to(json.loads(line)))

    def _reply_to(self, message: Message) -> Message:
        try:
            return {"ok": self._carry_out(message)}
        except WattlineError as error:
            return {"error": self._without_folder(" ".join(str(error).split()))}
        except self._usage_error[0] as error:
            return {"error": " ".join(self._usage_error[1](error).split())}
        except RecursionError:
            return {"error": "what was given is nested too deeply; give less of it"}
        except MemoryError:
            return {"error": "this takes more memory than an answer may have; ask for less of it"}
        except OSError as error:
            return {"error": self._without_folder(f"{error.filename or 'input'}: {error.strerror or error}")}
        except Exception as error:
            return {"error": f"an error of Wattline itself, please report it: {type(error).__name__}: {error}"[:300]}

    def _without_folder(self, text: str) -> str:
        """An error that names a file as it was sent, not where it lay meanwhile."""
        return re.sub(rf"{re.escape(str(self._folder))}/(?:[^/\s]+/)?", "", text)

    def _carry_out(self, message: Message) -> Message:
        match message["do"]:
            case "answer":
                with self._files(message.get("files", {})) as paths:
                    return answer_parts(self._run([paths.get(word, word) for word in _with(message["args"], paths)]))
            case "explain":
                with speaking(message.get("lang", "en")):
                    return {"text": explanation_text(json.loads(message["json"]))}
            case "translate":
                with speaking(message["lang"]):
                    return shown_parts(json.loads(message["json"]))
            case _:
                from wattline.report.written import png

                return {"png": base64.b64encode(png(message["svg"])).decode()}

    @contextlib.contextmanager
    def _files(self, files: dict[str, Message]) -> Iterator[dict[str, str]]:
        """The files of a question in an empty working directory: paths within it by key, as they were sent."""
        place = Path(tempfile.mkdtemp(dir=self._folder))
        before = Path.cwd()
        os.chdir(place)
        try:
            paths: dict[str, str] = {}
            for key, file in files.items():
                path = Path(file["name"])
                if path.exists():  # two that bear one name are two files
                    path = Path(str(len(paths) + 1)) / path
                    path.parent.mkdir()
                path.write_bytes(base64.b64decode(file["data"]))
                paths[key] = str(path)
            yield paths
        finally:
            os.chdir(before)
            shutil.rmtree(place, ignore_errors=True)

    def _run(self, args: list[str]) -> str:
        """What the command prints with ``--json``."""
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
        words = args if "--json" in args else [*args[: _place(args)], "--json", *args[_place(args) :]]
        with contextlib.redirect_stdout(out):
            self._command.main(words, prog_name="wattline", standalone_mode=False)
        out.flush()
        raw = out.buffer
        assert isinstance(raw, io.BytesIO)
        return raw.getvalue().decode()


def _place(args: list[str]) -> int:
    return args.index("--") if "--" in args else len(args)


def _with(args: list[str], paths: dict[str, str]) -> list[str]:
    """The arguments with the path of each file in place of its mark."""
    for key, path in paths.items():
        args = [word.replace(f"\x00{key}", path) for word in args]
    return args


def answer_parts(text: str) -> Message:
    """All that pages need of an answer: its JSON as text, its report, the report's middle, table and figure."""
    data = json.loads(text)
    return {"json": text, "csv": csv_of(data), "command": data["command"], **shown_parts(data)}


def shown_parts(data: Message) -> Message:
    """What is read of an answer, in the language that is spoken."""
    from wattline.report.present import as_figure, as_page, as_text

    page = as_page(data)
    if page is None:
        return {"text": as_text(data, COLUMNS)}
    return {"page": page, "fragment": fragment_of(page)._asdict(), "svg": as_figure(data) or first_figure(page)}


def explanation_text(data: Message) -> str:
    """Every step of an answer and its facts, as ``wattline explain`` prints them."""
    from wattline.report.present import as_text

    return as_text(data, 110, explain=True)


def run(
    command: Any, usage_error: tuple[type[Exception], Usage], hear: Callable[[Callable[[str], None]], None]
) -> None:
    """Serve standard input until it ends.

    Parameters
    ----------
    command : the command line, as click has it
    usage_error : the error of a command line that is wrong, and its words
    hear : takes what is called with words of progress
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever prints by itself must not stand among the replies

    def say(message: Message) -> None:
        replies.write(json.dumps(message) + "\n")
        replies.flush()

    folder = Path(tempfile.mkdtemp(prefix="wattline-web-"))
    limit_memory()
    try:
        process = AnsweringProcess(command, usage_error, folder)
        process.warm()
        gc.collect()
        gc.freeze()  # tables that stay need not be looked through again and again
        hear(lambda words: say({"progress": words}))
        process.serve(sys.stdin, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
