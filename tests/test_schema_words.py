"""A name means one thing in all answers: the same kind of value, and for numbers the same unit, wherever it stands."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
import typing
from collections import defaultdict
from collections.abc import Iterator

from pydantic import BaseModel

import wattline.schema

# ranges, percentiles, lengths and scores of a number are numbers of its unit
OF_NUMBERS = {
    "RangeJson",
    "MeasuredJson",
    "OverRequestsJson",
    "TokenGapsJson",
    "LengthsJson",
    "ScoreJson",
    "ExtentJson",
}
# what the user gives stands in types with this ending under the name of the option; the answer to it may be a record
GIVEN = "Inputs"
# a list of records and their number, or the names of such, are of one thing; each of these says what it lists
LISTED = {
    "chip_hours": "measured chip-hours: scores, and the rows that they are of",
    "chips": "chips: how many, or by name",
    "counts": "what was counted; how a column counts",
    "devices": "devices: how many, or each",
    "energy": "measured energy: scores, and the rows that they are of",
    "faults": "faults of readings: how many, or each",
    "groups": "scores by group",
    "hours": "hours: how many, or what they hold",
    "inside": "what lies within a device: its holder by name, or the devices within",
    "jobs": "jobs: how many, or each",
    "model": "a model, by name or as it was read",
    "modes": "modes, by name or each",
    "network": "what goes over a network: its energy, its charge, or its transfers",
    "parts": "parts of a bill, by name or each",
    "published": "what was published: the figures, or when",
    "replicas": "replicas: how many, or over time",
    "scores": "scores by measure",
    "sensors": "sensors, by name or each",
    "scenario": "a scenario, by name or with its path",
    "series": "series, by name or each",
    "stated": "what is stated, with or without its unit beside it",
    "steps": "steps: how many, or each",
    "window": "a window, by name or with its times",
    "year": "a year, by number or by name",
    "years": "years: how many, or each",
}
# words for which an answer has no other: what each of the two is
TWO_MEANINGS = {
    "capacity": "what is built, by name; errors of capacities",
    "change": "what changed in a fact; the change of electricity by part",
    "demand": "demand of a grid: a file of it, or the charge for it",
    "lines": "lines of a spectrum",
    "pue": "PUE: a number, or the predicted and measured one",
    "status": "HTTP status; that a proxy runs",
}


def schema_types() -> dict[str, type[BaseModel]]:
    modules = [importlib.import_module(result.name) for result in pkgutil.walk_packages(
        wattline.schema.__path__, "wattline.schema.") if not result.name.endswith("__main__")]  # fmt: skip
    return {
        each.__qualname__: each
        for module in modules
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, BaseModel) and each.__module__.startswith("wattline.schema")
    }


def kinds(annotation: typing.Any) -> Iterator[str]:
    """What a field may hold: a number, text, a flag or records, whatever list or mapping it stands in."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        for each in arguments:
            yield from kinds(each)
    elif origin is typing.Annotated or origin in (list, tuple):
        yield from kinds(arguments[0])
    elif origin is dict:
        yield from kinds(arguments[1])
    elif origin is typing.Literal:
        yield "flag" if isinstance(arguments[0], bool) else "text"
    elif annotation in (bool, int, float, str):
        yield {bool: "flag", str: "text"}.get(annotation, "number")
    elif inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield "number" if annotation.__name__ in OF_NUMBERS else "records"


def test_a_name_holds_one_kind_of_value_in_all_answers() -> None:
    by_name: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for title, each in schema_types().items():
        for name, field in each.model_fields.items():
            if name in each.__annotations__ and not title.endswith(GIVEN):
                for kind in kinds(field.annotation):
                    by_name[name][kind].append(title)
    several = {name: dict(where) for name, where in by_name.items() if len(where) > 1}
    known = {**LISTED, **TWO_MEANINGS}
    assert not {name: where for name, where in several.items() if name not in known}
    assert not set(known) - set(several), "one kind of value now: take it out"


def test_a_flag_is_never_a_number_elsewhere() -> None:
    """Whether something is in a range and how many are must bear two names."""
    flags, numbers = set(), set()
    for title, each in schema_types().items():
        for name, field in each.model_fields.items():
            kept = set(kinds(field.annotation))
            if name in each.__annotations__ and not title.endswith(GIVEN):
                flags |= {name} & ({name} if "flag" in kept else set())
                numbers |= {name} if "number" in kept else set()
    assert not flags & numbers
