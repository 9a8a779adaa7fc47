"""An option means one thing: where its help differs from command to command, the difference is one that stands here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from wattline.cli.main import app

# an option -> the one thing that it means, of which each command's help says what is its own: a default, a form, a list
ONE_THING = {
    "--by": "a grouping of the rows that are shown",
    "--chip": "types of chips by name",
    "--chips": "a number of chips",
    "--column": "a column of a signal or demand: the grid that is taken",
    "--columns": "columns of the input by name",
    "--draws": "a number of draws from the facts' ranges",
    "--duration": "the time over which requests come",
    "--gpus": "a number of chips in one replica",
    "--hours": "a number of hours",
    "--input": "a number of tokens in each prompt",
    "--instance": "instance types of a cloud by name",
    "--interval": "the time between two readings",
    "--job": "a job of the scenario by name",
    "--journal": "the journal that is written",
    "--json": "JSON on standard output",
    "--leave-out": "what a fit leaves out of what it predicts",
    "--max-num-batched-tokens": "the largest number of tokens in one step",
    "--max-num-seqs": "the largest number of requests that a replica runs at once",
    "--out": "a folder that is written",
    "--output": "a number of tokens in each answer",
    "--power-cap": "power limits of a chip",
    "--precision": "number formats",
    "--rate": "a mean rate of requests",
    "--region": "a country or grid",
    "--save": "a file that is written",
    "--seed": "a seed",
    "--shape": "how a rate varies over time",
    "--share": "a share of the whole that is taken",
    "--source": "sources of readings by name",
    "--unit": "the unit of an input's numbers",
    "--utilisation": "IT power as a share of --it",
    "--window": "a window of a recording",
}


def options(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str]]:
    """Every command with each of its options and what its help says of it."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from options(inner, (*path, name))
    if not hasattr(command, "commands"):
        for parameter in command.params:
            if parameter.param_type_name == "option":
                yield " ".join(path), max(parameter.opts, key=len), parameter.help or ""


def test_an_option_means_one_thing_in_every_command() -> None:
    helps: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for command, option, words in options(get_command(app)):
        helps[option][words].append(command)
    several = {option: dict(words) for option, words in helps.items() if len(words) > 1}
    assert not {option: words for option, words in several.items() if option not in ONE_THING}
    assert not set(ONE_THING) - set(several), "no longer different: take it out"


def test_every_option_says_what_it_is() -> None:
    assert not [(command, option) for command, option, words in options(get_command(app)) if len(words) < 5]
