"""What a line asks: a page and its inputs, what was assumed, and what was not understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, urlencode


@dataclass(frozen=True)
class LineQuestion:
    """What a line asks.

    Attributes
    ----------
    command : of the page that answers: its path with spaces
    values : its inputs
    taken : what was assumed for what the line does not say, in words
    unread : words of the line that changed nothing
    several : inputs that stand more than once: names with their values
    """

    command: str
    values: dict[str, str]
    taken: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    several: tuple[tuple[str, str], ...] = field(default=())

    @property
    def path(self) -> str:
        """Of the page that answers."""
        return "/" + self.command.replace(" ", "/")

    @property
    def address(self) -> str:
        """The page with its inputs."""
        pairs = [*self.values.items(), *self.several]
        return f"{self.path}?{urlencode(pairs, quote_via=quote, safe=':,;@/')}" if pairs else self.path
