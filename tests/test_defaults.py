"""A default is the same in a command, in Python and in a scenario, wherever it is written."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

from typer.main import get_command

import wattline as wl
from wattline.cli.main import app
from wattline.predict.flex.response import ServedLoad
from wattline.predict.flex.shift import DailyJob
from wattline.predict.flex.sites import SharedWork
from wattline.predict.flex.worth import Prices
from wattline.predict.service.traffic import TrafficFields
from wattline.scenario.file import KINDS

# dataclasses whose fields are inputs of a function, beside its parameters
PARTS = {
    "flex shift": (DailyJob,), "flex sites": (SharedWork,), "flex response": (ServedLoad, Prices),
    "serve": (TrafficFields,), "frontier": (TrafficFields,),
}  # fmt: skip
IN_PYTHON = {"input": "input_tokens", "output": "output_tokens", "called": "called_h", "with": "technologies"}
# a default that means something else in the two, and why
OTHER_DEFAULTS = {("frontier", "pools"): "part of the space that is searched"}


def plain(value: Any) -> str:
    """A default as it is written, so that 32, 32.0 and "32" are alike."""
    text = str(value).replace(" ", "")
    return text.removesuffix(".0")


def python_defaults(command: str) -> dict[str, str]:
    function = getattr(wl, command.replace(" ", "_").replace("-", "_"))
    of_fields = {f.name: f.default for part in PARTS.get(command, ()) for f in fields(part) if f.default is not MISSING}
    own = {name: p.default for name, p in inspect.signature(function).parameters.items()}
    return {
        name: plain(default)
        for name, default in (of_fields | own).items()
        if default not in (None, "", (), False, inspect.Parameter.empty)
    }


def command_defaults(command: Any, before: str = "") -> Iterator[tuple[str, str, Any]]:
    """Each command, its options and their defaults."""
    for name, inner in command.commands.items():
        if hasattr(inner, "commands"):
            yield from command_defaults(inner, f"{before}{name} ")
        else:
            for option in inner.params:
                flag = max(option.opts, key=len).removeprefix("--").replace("-", "_")
                yield before + name, flag, option.default


def job_defaults() -> Iterator[tuple[str, str, Any]]:
    """Each kind of job, its keys and their defaults."""
    for kind, job in KINDS.items():
        for key, field in job.model_fields.items() if kind != "flex" else ():  # its answers are several functions
            yield kind, key, field.default


def test_a_default_is_the_same_in_a_command_in_python_and_in_a_scenario() -> None:
    compared, differing = 0, []
    for command, name, default in (*command_defaults(get_command(app)), *job_defaults()):
        if command.replace(" ", "_").replace("-", "_") not in wl.__all__ or default in (None, "", False):
            continue
        known = python_defaults(command)
        renamed = IN_PYTHON.get(name, name)
        python = known.get(renamed, known.get(name))
        if python is not None and (command, name) not in OTHER_DEFAULTS:
            compared += 1
            if python != plain(default):
                differing.append((command, name, default, python))
    assert not differing
    assert compared > 60
