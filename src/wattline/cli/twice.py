"""Options of one value given more than once: refused by name, since all but the last would be dropped in silence."""

from __future__ import annotations

from collections import Counter
from typing import Any

from wattline.core.errors import WattlineError


def refuse_twice(command: Any) -> None:
    """Let a command, and those within it, refuse an option given more than once whose value is one.

    An option that is a list may be given as often as it has values; a flag without an opposite says the same twice.

    Parameters
    ----------
    command : as click has it
    """
    for each in getattr(command, "commands", {}).values():
        refuse_twice(each)
    command.make_parser = _counting(command.make_parser)


def last_counts(parameter: Any) -> bool:
    """Whether a parameter is an option of which the last value alone would count.

    Parameters
    ----------
    parameter : as click has it

    Returns
    -------
    False for arguments, lists, counters, and flags that have no opposite.
    """
    option = parameter.param_type_name == "option" and not parameter.multiple and not parameter.count
    return option and (not parameter.is_flag or bool(parameter.secondary_opts))


def _counting(make_parser: Any) -> Any:
    def make(context: Any) -> Any:
        parser = make_parser(context)
        read = parser.parse_args

        def parse(args: list[str]) -> Any:
            values, rest, order = read(args)
            for parameter, times in Counter(order).items():
                if times > 1 and last_counts(parameter):
                    name = max(parameter.opts, key=len)
                    raise WattlineError(f"{name} is given {times} times, and takes one value; give it once")
            return values, rest, order

        parser.parse_args = parse
        return parser

    return make
