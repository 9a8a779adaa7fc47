"""The one form in which every command answers: an envelope of plain data, ranges by name, files, text.

What turns an answer's JSON into text and pages stands above every result and takes that JSON alone. So no result
imports it: the face of the package (``wattline/__init__``) hands it in, once, by ``presenting.present_with``.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from wattline.core.presenting import presenter
from wattline.core.printable import printable_json
from wattline.core.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wattline.core.fact import Fact
    from wattline.core.load import Load
    from wattline.core.range import MeasuredValue, Range

Json = dict[str, Any]
ENVELOPE = ("command", "wattline", "catalog", "draws", "seed", "inputs", "results", "facts", "notes", "warnings")
# a list of numbers alone, as `json.dumps` with an indent breaks it: one number a line
_NUMBERS = re.compile(r"\[\n\s+((?:-?\d[^\s,]*|null)(?:,\n\s+(?:-?\d[^\s,]*|null))*)\n\s+\]")


class DrawSummary(Protocol):
    """Draws as an answer tells of them: how many, their seed, of which catalog, and the facts that they rest on."""

    @property
    def n(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def catalog_words(self) -> str: ...
    @property
    def used(self) -> Mapping[str, Fact]: ...


class Presenter(Protocol):
    """What shows an answer's JSON to people."""

    def as_text(self, data: Json) -> str:
        """Plain text, as a terminal shows it."""

    def as_html(self, data: Json) -> str:
        """A fragment of HTML, for a notebook."""

    def as_page(self, data: Json) -> str | None:
        """One self-contained HTML page; None for a command that has none."""


def envelope(
    command: str,
    inputs: Mapping[str, Any],
    results: Mapping[str, Any],
    *,
    draws: DrawSummary | None = None,
    seed: int | None = None,
    facts: Iterable[Fact] | None = None,
    notes: Iterable[str] = (),
    warnings: Iterable[str] = (),
) -> Json:
    """The object that every command answers with, in plain data.

    ``draws``: what was drawn from facts, None where nothing was; ``seed``: of what else was drawn. The facts are those
    that the draws used, or ``facts`` where given.
    ``warnings``: what the user should mind; ``notes``: what is said beside the results.

    Parameters
    ----------
    command : name of the command
    inputs : what was asked, by name
    results : what came of it, by name
    draws : what was drawn from facts; None where nothing was
    seed : of what else was drawn
    facts : those that are shown; where None those that the draws used
    notes : what is said beside the results
    warnings : what the user should mind

    Returns plain data, with ``command``, ``wattline``, ``catalog``, ``draws``, ``seed``, ``inputs``, ``results``,
    ``facts``, ``notes`` and ``warnings``.
    """
    used = facts if facts is not None else () if draws is None else draws.used.values()
    return {
        "command": command,
        "wattline": __version__,
        "catalog": None if draws is None else draws.catalog_words,
        "draws": None if draws is None else draws.n,
        "seed": seed if draws is None else draws.seed,
        "inputs": dict(inputs),
        "results": dict(results),
        "facts": [fact.json() for fact in used],
        "notes": list(notes),
        "warnings": list(warnings),
    }


def to_text(data: Json, ascii_only: bool = False) -> str:
    """An answer's JSON as text, with lists of numbers on one line each.

    Parameters
    ----------
    data : plain data
    ascii_only : whether other characters are written as escapes

    Returns the text, with a line's end. Raises ValueError for a number that is not finite.
    """
    text = json.dumps(data, indent=1, ensure_ascii=ascii_only, allow_nan=False)
    text = _NUMBERS.sub(lambda match: "[" + ", ".join(match[1].replace(",", " ").split()) + "]", text) + "\n"
    return text if ascii_only or text.isascii() else printable_json(text)


class Result(ABC):
    """What a command gives back: its JSON, ranges by name, files in a folder, and text for people."""

    @abstractmethod
    def json(self) -> Json:
        """The answer as one plain object; ``wattline schema`` says what each name holds."""

    def figures(self) -> Mapping[str, Any]:
        """Draws (arrays) or measured ranges by name, for ``range``."""
        return {}

    def saved_load(self) -> Load | None:
        """The power over time that ``write`` saves; None where there is none."""
        return None

    def range(self, name: str) -> Range | MeasuredValue:
        """The range of a figure by its name in ``results``. Raises NotFound for a name that the answer has not."""
        from wattline.core.errors import NotFound
        from wattline.core.range import MeasuredValue, Range

        figures = self.figures()
        if name not in figures:
            raise NotFound("result", name, figures, f"known: {', '.join(figures) or 'none'}")
        value = figures[name]
        return value if isinstance(value, MeasuredValue) else Range.of(value)

    def write(self, folder: Path | str) -> list[Path]:
        """Write the answer into a folder: all of its files whole, or none.

        ``<command>.json``, ``report.html`` where the command has a page, ``load.parquet`` where there is a load.
        Returns their paths; raises WattlineError where they cannot be written.
        """
        from wattline.core.files import write_folder

        data, load = self.json(), self.saved_load()
        files: dict[str, str | Callable[[Path], object]] = {}
        if (page := _present().as_page(data)) is not None:
            files["report.html"] = page
        files[f"{data['command'].replace(' ', '-')}.json"] = to_text(data)
        if load is not None:
            files["load.parquet"] = load.to_parquet
        return write_folder(folder, files)

    def __repr__(self) -> str:
        return _present().as_text(self.json())

    def _repr_html_(self) -> str:
        return _present().as_html(self.json())


def _present() -> Presenter:
    shows: Presenter = presenter()
    return shows
