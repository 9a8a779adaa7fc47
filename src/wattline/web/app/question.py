"""A question as a page's address holds it: checked, and turned into the arguments of the command line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.web.app.forms import Field
from wattline.web.app.pages import Page
from wattline.web.app.python_call import lines_that_run, python_lines

MAX_VALUE = 500  # characters of a value
UPLOAD = re.compile(r"upload:[0-9a-f]{32}(@[\w .-]{1,60})?\Z")
APART = ";"  # between the values of a field that takes several
# an absolute path, a home folder, a step upwards, a drive or an address: nothing of these names a file or a machine
_PATH = re.compile(
    r"(?:^|[\s,=;:@'\"(\[{<|])(?:/[^\s]|~|//)|\\|\.\.(?:/|$)|(?:^|/)\.\.|://|^file:|[\x00-\x1f\x7f]", re.I
)


@dataclass(frozen=True)
class PageQuestion:
    """A page's command with the values that were given for it, by field, in the command's order."""

    page: Page
    fields: Mapping[str, Field]
    values: Mapping[str, str]

    @property
    def query(self) -> str:
        """The query string of its address, the same for the same question."""
        return urlencode(self.values, quote_via=quote, safe=":,;@/")

    @property
    def address(self) -> str:
        """Its path and query; of a question that leaves all as usual, that it is one."""
        if self.values:
            return f"{self.page.path}?{self.query}"
        return f"{self.page.path}?ask=usual" if self.may_be_empty else self.page.path

    @property
    def may_be_empty(self) -> bool:
        """Whether the command answers without an input."""
        return may_be_empty(self.page, self.fields)

    @property
    def uploads(self) -> list[str]:
        """The keys of the files that it names."""
        parts = [part for value in self.values.values() for part in value.split(APART)]
        return [part.partition(":")[2].partition("@")[0] for part in parts if UPLOAD.match(part)]

    def arguments(self, paths: Mapping[str, str]) -> list[str]:
        """The command's arguments, each option in one word with its value, so that no value can pass for an option.

        Parameters
        ----------
        paths : where each uploaded file lies, by its key

        Returns
        -------
        The command's name first.
        """
        options, plain = [], []
        for name, value in self.values.items():
            field = self.fields[name]
            if field.kind == "flag":
                options.append(field.flag)
                continue
            for part in value.split(APART) if field.many else [value]:
                words = _placed(part.strip(), paths)
                if field.flag:
                    options.append(f"{field.flag}={words}")
                else:
                    plain.append(words)
        return [*self.page.command.split(), *options, "--", *plain] if plain else [*self.page.command.split(), *options]

    def command_line(self, names: Mapping[str, str]) -> str:
        """The same question in a shell; ``names`` are those that uploaded files had, by key."""
        return shlex.join(["wattline", *self._typed(names)])

    def _typed(self, names: Mapping[str, str]) -> list[str]:
        """The words of the command line, as people write them."""
        plain: list[str] = []
        options: list[str] = []
        for name, value in self.values.items():
            field = self.fields[name]
            parts = [_placed(part.strip(), names) for part in (value.split(APART) if field.many else [value])]
            if field.kind == "flag":
                options.append(field.flag)
            elif field.flag:
                options += [word for part in parts for word in _option(field.flag, part)]
            else:
                plain += parts
        command = self.page.command.split()
        dashed = any(part.startswith("-") for part in plain)  # they would pass for options
        return [*command, *options, "--", *plain] if dashed else [*command, *plain, *options]

    def python(self, names: Mapping[str, str]) -> str:
        """The same question as lines of Python, which run the command where no function takes these inputs.

        ``names`` are those that uploaded files had, by key.
        """
        placed = {
            name: APART.join(_placed(part.strip(), names) for part in value.split(APART))
            if self.fields[name].many
            else _placed(value, names)
            for name, value in self.values.items()
        }
        lines = python_lines(self.page.command, self.fields, placed)
        return lines or lines_that_run(self._typed(names))


def _option(flag: str, value: str) -> list[str]:
    """An option with its value, in one word where the value would pass for another option."""
    return [f"{flag}={value}"] if value.startswith("-") else [flag, value]


def _placed(value: str, paths: Mapping[str, str]) -> str:
    """A value with the path of the file that it stands for."""
    if not UPLOAD.match(value):
        return value
    key, _, column = value.partition(":")[2].partition("@")
    if key not in paths:
        raise WattlineError("this file was sent too long ago and is gone; send it again")
    return f"{paths[key]}@{column}" if column else paths[key]


def may_be_empty(page: Page, fields: Mapping[str, Field]) -> bool:
    """Whether a command answers without an input: nothing must be given, and its page begins with no example.

    Parameters
    ----------
    page, fields : of the command

    Returns
    -------
    Whether an empty form is a question.
    """
    return not page.example and not any(field.needed for field in fields.values())


def read_question(page: Page, fields: Mapping[str, Field], given: Iterable[tuple[str, str]]) -> PageQuestion:
    """The question of a query string or of an object of the API.

    Parameters
    ----------
    page, fields : of the command
    given : names with their values; an empty value is none

    Returns
    -------
    The page with the values of its fields.

    Raises WattlineError for a name that the command does not take, a value that is too long, and one that names a
    file or an address.
    """
    values: dict[str, str] = {}
    for name, value in given:
        words = value.strip()
        if not words:
            continue
        if name not in fields:
            near = nearest_names(name, fields)
            raise WattlineError(
                f"{page.command}: there is no input {shorten(name)!r}"
                + (f"; nearest: {', '.join(near)}" if near else "")
            )
        check_value(fields[name], words)
        values[name] = f"{values[name]}{APART}{words}" if name in values and fields[name].many else words
    kept = {n: v for n, v in values.items() if not (v == fields[n].usual and not fields[n].needed)}
    return PageQuestion(page, fields, {name: kept[name] for name in fields if name in kept})


def check_value(field: Field, value: str) -> None:
    """Whether a browser may give a field this value. Raises WattlineError where it may not.

    Parameters
    ----------
    field : of the form
    value : as the browser sent it
    """
    if len(value) > MAX_VALUE:
        raise WattlineError(f"{field.name}: more than {MAX_VALUE} characters; give fewer")
    if field.kind == "flag" and value not in ("on", "true", "1"):
        raise WattlineError(f"{field.name}: {shorten(value)!r} is neither on nor left out")
    parts = [part.strip() for part in value.split(APART)] if field.many else [value]
    for part in parts:
        if UPLOAD.match(part) and field.kind in ("file", "either"):
            continue
        if field.kind == "file":
            raise WattlineError(f"{field.name}: no file is read by its name; choose it on the page and send it")
        if _PATH.search(part) or part.startswith("upload:"):
            raise WattlineError(
                f"{field.name}: {shorten(value)!r} names a file or an address; none is read by its name"
            )
