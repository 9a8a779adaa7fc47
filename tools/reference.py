"""Pages that are made from the code: commands, scenario files, Python, the catalog's kinds, the rooms of the code.

A page calls one of these functions in a block whose output is read as Markdown.
"""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

ROOT = Path(__file__).parent.parent
PYTHON_SECTIONS = {
    "Training, prompts and services": ("train", "prompt", "session", "serve", "serve_average", "frontier"),
    "Other kinds of AI work": ("image", "video", "transcribe", "embed"),
    "Sites and what powers them": ("site", "supply"),
    "Flexibility": ("flex_shift", "flex_sites", "flex_headroom", "flex_response", "flex_swings", "flex_balance"),
    "Growth, claims and scenarios": ("world", "check", "run"),
    "Measurement": ("measure", "metering", "compare", "saving", "bill", "fleet_ingest", "fleet_report"),
    "Control": ("tune", "budget"),
    "Facts and traffic": ("fact", "traffic", "read_traffic"),
    "Where, set-up and settings": ("Where", "Setup", "settings"),
}


def cell(text: object) -> str:
    """Text for one cell of a table."""
    return re.sub(r"\s+", " ", str(text)).replace("|", "\\|").strip()


def commands() -> None:
    """Print every command with its arguments and options."""
    import typer

    from wattline.cli.main import app

    for words, command in _leaves(typer.main.get_command(app), ["wattline"]):
        print(f"## {' '.join(words)}\n\n{command.help}\n")
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
        names = " ".join(f"{p.opts[0].upper()}" if p.required else f"[{p.opts[0].upper()}]" for p in arguments)
        print(f"```text\n{' '.join(words)} {'[OPTIONS] ' if options else ''}{names}\n```\n")
        if arguments or options:
            print("| argument or option | what it is | default |\n|---|---|---|")
            for p in [*arguments, *options]:
                print(f"| {_shown(p)} | {cell(p.help or '')} | {_default(p)} |")
            print()


def _leaves(command: Any, words: list[str]) -> Iterator[tuple[list[str], Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield words, command
    else:
        for name, child in children.items():
            yield from _leaves(child, [*words, name])


def _shown(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.opts[0].upper()}`"
    return ", ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    plain = isinstance(parameter.default, (str, int, float)) and not isinstance(parameter.default, bool)
    return f"`{parameter.default}`" if plain and parameter.default != "" else ""


def python() -> None:
    """Print a directive of mkdocstrings for each public name, under the headings of ``PYTHON_SECTIONS``."""
    import wattline as wl

    listed = {name for names in PYTHON_SECTIONS.values() for name in names}
    sections = PYTHON_SECTIONS | {"Types": tuple(name for name in wl.__all__ if name not in listed)}
    for title, names in sections.items():
        print(f"## {title}\n")
        for name in names:
            if name in wl.__all__:
                value = getattr(wl, name)
                print(f"::: {value.__module__}.{value.__name__}\n    options:\n      heading_level: 3\n")


def floors() -> None:
    """Print the order of the rooms, lowest first, as `make check` holds it (the contracts in ``pyproject.toml``)."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    for contract in contracts:
        if contract["type"] == "layers":
            inside = contract["containers"][0].removeprefix("wattline").lstrip(".").replace(".", "/")
            order = " < ".join(layer.replace(" | ", ", ") for layer in reversed(contract["layers"]))
            print(f"- `{inside or 'src/wattline'}`: {order}")


def rooms() -> None:
    """Print a table of the packages of ``src/wattline``: how many files each holds, and what it is for."""
    source = ROOT / "src" / "wattline"
    print("| room | files | what it is |\n|---|---|---|")
    for start in sorted(source.rglob("__init__.py")):
        room = start.parent.relative_to(source)
        if room.parts:
            docstring = ast.get_docstring(ast.parse(start.read_text("utf-8"))) or ""
            files = sum(path.name != "__init__.py" for path in start.parent.glob("*.py"))
            print(f"| `{room}/` | {files} | {cell(docstring.split(chr(10) * 2)[0]).replace('``', '`')} |")


def fields(model: Any) -> None:
    """Print a table of the keys of a Pydantic model.

    Parameters
    ----------
    model
        The class, or where it is: ``"package.module.Class"``.
    """
    if isinstance(model, str):
        module, name = model.rsplit(".", 1)
        model = getattr(importlib.import_module(module), name)
    print("| key | type | default | what it is |\n|---|---|---|---|")
    for key, field in model.model_fields.items():
        value = field.get_default(call_default_factory=True) if not field.is_required() else None
        default = "required" if field.is_required() else "" if value in (None, "", {}, []) else f"`{value!r}`"
        print(f"| `{key}` | {cell(_type(field.annotation))} | {cell(default)} | {cell(field.description or '')} |")


def _type(annotation: Any) -> str:
    if annotation is type(None):
        return ""
    if get_origin(annotation) is Literal:
        return ", ".join(f'`"{value}"`' for value in get_args(annotation))
    parts = get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        return _type(parts[0])
    if get_origin(annotation) is list:
        return f"list of {_type(parts[0])}"
    if get_origin(annotation) is dict:
        return f"table of {_type(parts[1])}"
    if parts and get_origin(annotation) is not tuple:
        return " or ".join(text for part in parts if (text := _type(part)))
    words = {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "true or false",
        "datetime": "date and time",
        "Job": "tables",
    }
    return words.get(getattr(annotation, "__name__", ""), str(annotation))


def catalog_kinds() -> None:
    """Print how much the catalog holds."""
    from wattline.catalog import KINDS, Catalog

    catalog = Catalog()
    print("| kind | records | facts |\n|---|---|---|")
    for kind in KINDS:
        records = catalog.records(kind)
        print(f"| `{kind}` | {len(records)} | {sum(len(record.facts) for record in records.values())} |")
