"""The documentation of the JSON, made from its types: the envelope, then each command with what each name holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from wattline.schema.base import EnvelopeJson, FactJson, MeasuredJson, OverRequestsJson, RangeJson
from wattline.schema.commands import ANSWERS, json_schema
from wattline.schema.names import PER, PLAIN, UNITS

INTRODUCTION = """\
Every command with `--json` prints one JSON object in UTF-8; the names of written files go to standard error. Bad input
prints nothing on standard output, one line `wattline: …` on standard error, and exits with status 2. With `--out DIR`
the same object is written to `DIR/COMMAND.json`. All numbers are finite. `wattline schema COMMAND` prints the JSON
schema of a command; this page is made from the same types, and a test holds the answer of every command to them.
"""
WORDS = {"number": "number", "integer": "whole number", "string": "text", "boolean": "true or false"}
FORMS: dict[str, type[BaseModel]] = {"R": RangeJson, "M": MeasuredJson, "Q": OverRequestsJson}
SHORT = {"RangeJson": "R", "MeasuredJson": "M", "OverRequestsJson": "Q"}


def markdown() -> str:
    """The whole page."""
    blocks = ["# JSON", INTRODUCTION, "## Units", *_units(), "## Ranges", *_forms(), "## The envelope"]
    blocks += ["Every answer has these keys, in this order.", _table(EnvelopeJson[Any, Any].model_json_schema())]
    blocks += ["### Facts", str(FactJson.__doc__), _table(FactJson.model_json_schema())]
    shown = {*SHORT, "FactJson"}
    for command in ANSWERS:
        blocks += list(_command(command, shown))
    return "\n\n".join(block.strip() for block in blocks) + "\n"


def _units() -> Iterator[str]:
    yield "The end of a name tells the unit, and after it what it is for each of, as in `energy_wh_per_request`:"
    ends = {f"_{end}": what for end, what in (UNITS | PER).items()}
    yield "\n".join(["| ends in | unit |", "|---|---|", *(f"| `{end}` | {what} |" for end, what in ends.items())])
    yield "These names carry no unit; what has neither has its unit beside it in `unit`:"
    rows = (f"| {what} | {', '.join(f'`{name}`' for name in names)} |" for what, names in PLAIN.items())
    yield "\n".join(["| what | names |", "|---|---|", *rows])


def _forms() -> Iterator[str]:
    yield "A quantity has one of these forms, or is a plain number where it is exact, central or without a known error."
    for letter, form in FORMS.items():
        example = ", ".join(f'"{name}": …' for name in form.model_fields)
        yield f"**{letter}** `{{{example}}}`: {_first_lower(str(form.__doc__))}"


def _command(command: str, shown: set[str]) -> Iterator[str]:
    """A command's section; objects that an earlier section explained are not explained again."""
    schema = json_schema(command)
    defs = schema["$defs"]
    yield f"## `{command}`"
    yield schema["description"]
    for part in ("inputs", "results"):
        for name in _names(schema["properties"][part]):
            if not defs[name].get("properties"):
                continue
            yield f"### `{part}` of `{command}`"
            yield defs[name]["description"]
            yield _table(defs[name], defs)
            for inner in _objects(defs[name], defs):
                if inner not in shown:
                    shown.add(inner)
                    yield from (f"#### {_title(inner)}", defs[inner]["description"], _table(defs[inner], defs))


def _objects(schema: dict[str, Any], defs: dict[str, Any]) -> list[str]:
    """Names of all objects inside, in the order that they are met."""
    names: list[str] = []
    for field in schema.get("properties", {}).values():
        for name in _names(field):
            if name not in names:
                names += [name, *_objects(defs[name], defs)]
    return list(dict.fromkeys(names))


def _names(field: Any) -> list[str]:
    """The objects that a field refers to, directly, in a list or by name."""
    if isinstance(field, dict):
        if "$ref" in field:
            return [field["$ref"].rpartition("/")[2]]
        keys = ("anyOf", "oneOf", "items", "additionalProperties", "prefixItems")
        return [name for key in keys if key in field for name in _names(field[key])]
    return [name for each in field for name in _names(each)] if isinstance(field, list) else []


def _table(schema: dict[str, Any], defs: Mapping[str, Any] = MappingProxyType({})) -> str:
    rows = ["| key | form | what |", "|---|---|---|"]
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        # a key whose words are those of its object has them there alone
        words = field.get("description") or defs.get(field.get("$ref", "").rpartition("/")[2], {}).get(
            "description", ""
        )
        there = "" if name in required else "Where there is one. "
        rows.append(f"| `{name}` | {_form(field)} | {there}{words} |")
    return "\n".join(rows)


def _form(field: dict[str, Any]) -> str:
    """The type of a field in a few words."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return SHORT.get(name, _title(name))
    for key in ("anyOf", "oneOf"):
        if key in field:
            return " or ".join(dict.fromkeys(_form(each) for each in field[key]))
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    kind = field.get("type", "any")
    if kind == "array":
        return f"list of {_form(field.get('items', {}))}"
    if kind == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"by name: {_form(field['additionalProperties'])}"
    return WORDS.get(kind, str(kind))


def _title(name: str) -> str:
    """``DesignDayJson`` as words."""
    plain = name.removesuffix("Json")
    return "".join(f" {c.lower()}" if c.isupper() else c for c in plain).strip()


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:]
