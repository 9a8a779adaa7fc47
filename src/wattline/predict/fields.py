"""Fields of the objects that a question takes: each knows its help text and how a plain value is read and checked.

``Where`` and ``Setup`` are made of such fields, and from them come the keywords of Python, the keys of a scenario file
and the options of the command line: a field is written down once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.core.quantity import number, parse

T = TypeVar("T")
Reader = Callable[[Any, str], Any]  # a plain value and the name of its field -> the value as it is kept


def option(read: Reader, about: str, default: Any = None, usual: str = "") -> Any:
    """A field of a dataclass.

    Parameters
    ----------
    read : reads and checks a plain value; raises WattlineError
    about : help text, a whole phrase
    default : the value where none is given; None where it follows from other things
    usual : in words, what None stands for

    Returns
    -------
    What ``dataclasses.field`` gives.
    """
    return dataclasses.field(default=default, metadata={"read": read, "about": about, "usual": usual})


def help_of(field: dataclasses.Field[Any]) -> str:
    """The help text of a field with its default, in one phrase."""
    unsaid = field.default is None or field.default is False
    usual = str(field.metadata["usual"] or ("" if unsaid else field.default))
    return f"{field.metadata['about']}{f' [default: {usual}]' if usual else ''}."


def names_of(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields that a user may give, in order."""
    return tuple(field.name for field in dataclasses.fields(kind) if field.metadata)


def read_fields(base: T, values: Mapping[str, Any]) -> T:
    """``base`` with these plain values, read and checked; a value of None leaves a field as it is.

    Parameters
    ----------
    base : a frozen object whose fields have readers
    values : plain values by name of the field

    Returns
    -------
    An object of the same type.

    Raises WattlineError for a value that a field does not take, TypeError for a name that is no field.
    """
    known = {field.name: field for field in dataclasses.fields(base)}  # type: ignore[arg-type]
    values_read = {}
    for name, value in values.items():
        if name not in known or not known[name].metadata:
            raise TypeError(unknown_name(name, names_of(type(base))))
        if value is not None:
            values_read[name] = known[name].metadata["read"](value, name.replace("_", "-"))
    return dataclasses.replace(base, **values_read) if values_read else base  # type: ignore[type-var]


# keywords of Python that are gone -> what stands in their place
RENAMED = {
    "outdoors": "where, or place, weather and cooling",
    "batch": "batch_tokens",
    "hall": "site",
    "profile": "load",
}


def unknown_name(name: str, known: Iterable[str]) -> str:
    """What is wrong with a keyword that no field bears.

    Parameters
    ----------
    name : of the keyword
    known : names of the fields

    Returns
    -------
    A sentence with the nearest names, or with what stands in the place of one that is gone.
    """
    if name in RENAMED:
        return f"unexpected keyword argument {name!r}: it is now {RENAMED[name]}"
    near = nearest_names(name, known)
    return f"unexpected keyword argument {name!r}" + (f"; nearest: {', '.join(near)}" if near else "")


def text(value: Any, name: str) -> str:
    """A name that is not empty.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    Text.

    Raises WattlineError for an empty one.
    """
    if not str(value).strip():
        raise WattlineError(f"{name}: an empty name; leave it out or give one")
    return str(value)


def yes(value: Any, name: str) -> bool:
    """Whether something is so: a true or false value.

    Parameters
    ----------
    value : as it was given
    name : of the field, for errors

    Returns
    -------
    True or False.

    Raises WattlineError for anything else.
    """
    if not isinstance(value, bool):
        raise WattlineError(f"{name}: {shorten(str(value))!r} is not true or false")
    return value


def choice(*known: str) -> Reader:
    """One of these words."""

    def read(value: Any, name: str) -> str:
        if value not in known:
            raise WattlineError(f"{name}: {shorten(str(value))!r} is none of {', '.join(known)}")
        return str(value)

    return read


def whole(low: int, high: int, unit: str = "") -> Reader:
    """A whole number from ``low`` to ``high``.

    Parameters
    ----------
    low, high : bounds, both admitted
    unit : of what is counted

    Returns a reader of such a field, which raises WattlineError for anything else.
    """
    what = {"chip": "number of chips"}.get(unit, "number")

    def read(value: Any, name: str) -> int:
        count = parse(value, unit, name, zero=True)
        if count != int(count) or not low <= count <= high:
            raise WattlineError(f"{name}: {shorten(str(value))} is not a whole {what} from {low:,} to {high:,}")
        return int(count)

    return read


def quantity(unit: str, low: float = 0.0, high: float = float("inf"), *, zero: bool = False) -> Reader:
    """A quantity in ``unit``, from ``low`` to ``high``; 0 where ``zero`` admits it.

    Parameters
    ----------
    unit : that is read into
    low, high : bounds, both admitted
    zero : whether 0 is admitted

    Returns a reader of such a field, which raises WattlineError for anything else.
    """

    def read(value: Any, name: str) -> float:
        result = parse(value, unit, name, zero=zero)
        if not low <= result <= high:
            ends = f"from {number(low)} to {number(high)}" if high < float("inf") else f"{number(low)} or more"
            raise WattlineError(f"{name}: {shorten(str(value))} is out of range; give {f'{ends} {unit}'.strip()}")
        return result

    return read
