"""Fenced blocks of the documentation that are run when the site is built.

In a page::

    ```console exec="1" first="12" session="name"
    $ wattline prompt llama-3.1-8b
    ```

    ```python exec="1" session="name"
    import wattline as wl
    wl.prompt("llama-3.1-8b")
    ```

``first`` shortens the output, ``returncode`` is the exit status expected, ``source="no"`` hides a Python block itself,
``markdown="1"`` reads its output as Markdown. A block that fails ends the build.
"""

from __future__ import annotations

import sys
from typing import Any

from markdown import Markdown
from markdown_exec import MarkdownConverter
from pymdownx.superfences import SuperFencesException

from blocks import BlockError, Session, console, shortened

OPTIONS = {"session": "", "first": "", "returncode": "0", "source": "yes", "markdown": "no"}
_sessions: dict[str, Session] = {}


def validate(
    language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, Any], md: Markdown
) -> bool:
    """Whether a fence is to be run: it says ``exec="1"``. Options that do not exist end the build."""
    if inputs.pop("exec", "no") in ("no", "0"):
        return False
    unknown = set(inputs) - set(OPTIONS)
    if unknown:
        raise SuperFencesException(f"{language} block: no option {', '.join(sorted(unknown))}")
    options.update({name: inputs.get(name, default) for name, default in OPTIONS.items()})
    return True


def run(source: str, language: str, css_class: str, options: dict[str, Any], md: Markdown, **_: Any) -> str:
    """The HTML of a block that was run."""
    name = options["session"]
    session = _sessions.setdefault(name, Session(name)) if name else Session("")
    first = int(options["first"]) if options["first"] else None
    try:
        if language == "console":
            text = _fenced("console", console(source, session, first, int(options["returncode"])))
        else:
            output = shortened(session.run("python", source, int(options["returncode"])), first)
            text = output if options["markdown"] != "no" else _fenced("text", output) if output else ""
            if options["source"] != "no":
                text = f"{_fenced('python', source)}\n\n{text}"
    except BlockError as error:
        print(f"a {language} block failed: {error}", file=sys.stderr)  # zensical shows one of several
        raise SuperFencesException(f"a {language} block failed: {error}") from error
    return str(MarkdownConverter(md, update_toc=True).convert(text))


def _fenced(language: str, text: str) -> str:
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
