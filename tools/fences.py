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
``markdown="1"`` reads its output as Markdown. A block that fails ends the build. `tools/run_blocks.py` runs all of them
before the build, several at a time, so that the build takes their outputs from the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blocks import BlockError, Session, console, shortened

if TYPE_CHECKING:
    from markdown import Markdown

OPTIONS = {"session": "", "first": "", "returncode": "0", "source": "yes", "markdown": "no"}
_sessions: dict[str, Session] = {}


def read_options(language: str, inputs: dict[str, str]) -> dict[str, str] | None:
    """The options of a fence that is to be run; None for one that does not say ``exec="1"``."""
    if inputs.get("exec", "no") in ("no", "0"):
        return None
    unknown = set(inputs) - set(OPTIONS) - {"exec"}
    if unknown:
        raise BlockError(f"{language} block: no option {', '.join(sorted(unknown))}")
    return {name: inputs.get(name, default) for name, default in OPTIONS.items()}


def shown(source: str, language: str, options: dict[str, str]) -> str:
    """What stands in the page in place of a fence, as Markdown."""
    name = options["session"]
    session = _sessions.setdefault(name, Session(name)) if name else Session("")
    first = int(options["first"]) if options["first"] else None
    if language == "console":
        return _fenced("console", console(source, session, first, int(options["returncode"])))
    output = shortened(session.run("python", source, int(options["returncode"])), first)
    text = output if options["markdown"] != "no" else _fenced("text", output) if output else ""
    return text if options["source"] == "no" else f"{_fenced('python', source)}\n\n{text}"


def validate(
    language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, Any], md: Markdown
) -> bool:
    """Whether a fence is to be run, for SuperFences. Options that do not exist end the build."""
    from pymdownx.superfences import SuperFencesException

    try:
        read = read_options(language, inputs)
    except BlockError as error:
        raise SuperFencesException(str(error)) from error
    options.update(read or {})
    return read is not None


def run(source: str, language: str, css_class: str, options: dict[str, Any], md: Markdown, **_: Any) -> str:
    """The HTML of a block that was run, for SuperFences."""
    from markdown_exec import MarkdownConverter
    from pymdownx.superfences import SuperFencesException

    try:
        text = shown(source, language, options)
    except BlockError as error:
        raise SuperFencesException(f"a {language} block failed: {error}") from error
    return MarkdownConverter(md, update_toc=True).convert(text, id_prefix="")


def _fenced(language: str, text: str) -> str:
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
