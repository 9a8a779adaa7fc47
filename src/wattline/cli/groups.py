"""Options that stand in a command's signature as one parameter, and the fields of ``Where`` and ``Setup`` as such."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from wattline.predict.fields import help_of


@dataclasses.dataclass(frozen=True)
class OptionGroup:
    """Options by name: the annotation and the default of each.

    A parameter that is annotated with a group takes the values of its options by name; with ``given_only`` those that
    the user gave.
    """

    options: Mapping[str, tuple[Any, Any]]
    given_only: bool = False

    def parameters(self) -> Iterator[inspect.Parameter]:
        """Each option as a parameter of a command."""
        for name, (annotation, default) in self.options.items():
            yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    def take(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values of these options, taken out of all those of a command."""
        taken = {name: values.pop(name) for name in self.options}
        return {name: value for name, value in taken.items() if not (self.given_only and value is None)}


def fields_of(kind: type, names: Sequence[str], needed: Sequence[str] = ()) -> OptionGroup:
    """One option for each of these fields of a dataclass, a text that the field reads.

    Parameters
    ----------
    kind : ``Where`` or ``Setup``
    names : of its fields
    needed : of these, what the command must be given: their help names no default

    Returns
    -------
    A group that gives those fields by name that the user gave.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    options = {}
    for name in names:
        field = fields[name]
        about = f"{field.metadata['about']}." if name in needed else help_of(field)
        flag = f"--{name.replace('_', '-')}"
        given: Any = bool | None if field.default is False else str | None
        options[name] = (Annotated[given, typer.Option(flag, help=about, show_default=False)], None)
    return OptionGroup(options, given_only=True)


def expand(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of each group in place of the parameter that is annotated with it."""
    signature = inspect.signature(command, eval_str=True)
    groups: dict[str, OptionGroup] = {}
    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        group = next((m for m in getattr(parameter.annotation, "__metadata__", ()) if isinstance(m, OptionGroup)), None)
        if group is None:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
        else:
            groups[parameter.name] = group
            parameters += group.parameters()

    @functools.wraps(command)
    def run(**values: Any) -> None:
        command(**{name: group.take(values) for name, group in groups.items()}, **values)

    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    del run.__wrapped__
    run.__annotations__ = {}
    return run
