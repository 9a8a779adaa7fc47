"""What is given without a value, or twice where it takes one, is refused by name: nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command

from cli_commands import Ran, refused
from wattline.cli.empty import refuse_empty
from wattline.cli.main import app
from wattline.cli.twice import last_counts, refuse_twice
from wattline.core.errors import WattlineError
from wattline.predict.train import train


def commands(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name), command


ALL: Any = get_command(app)
LEAVES = dict(commands(ALL))
refuse_empty(ALL)
refuse_twice(ALL)
VALUE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8).map(lambda text: f"1{text}")


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_of_every_command_refuses_an_empty_value(words: tuple[str, ...]) -> None:
    options = [each for each in LEAVES[words].params if each.opts[0].startswith("-") and not each.is_flag]
    for option in options:
        name = max(option.opts, key=len)
        for value in ("", " "):
            with pytest.raises(WattlineError, match=f"^{name} is empty; give a value, or leave it out$"):
                ALL.main([*words, name, *[value] * option.nargs], prog_name="wattline", standalone_mode=False)


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_every_option_of_one_value_refuses_a_second_one(words: tuple[str, ...], data: st.DataObject) -> None:
    """Whatever the values are, in whichever form each is written, and whatever stands between them."""
    options = [each for each in LEAVES[words].params if last_counts(each)]
    if not options:
        return
    option = data.draw(st.sampled_from(options))
    given_as: list[str] = []
    for _ in range(times := data.draw(st.integers(2, 4))):
        name, values = data.draw(st.sampled_from(option.opts)), data.draw(st.lists(VALUE, min_size=2, max_size=2))
        joined = name.startswith("--") and option.nargs == 1 and not option.is_flag and data.draw(st.booleans())
        given_as += [f"{name}={values[0]}"] if joined else [name, *values[: 0 if option.is_flag else option.nargs]]
    with pytest.raises(WattlineError, match=f"^{max(option.opts, key=len)} is given {times} times"):
        ALL.main([*words, *given_as], prog_name="wattline", standalone_mode=False)


def test_a_list_is_given_as_often_as_it_has_values_and_a_flag_says_the_same_twice() -> None:
    taken = {name: last_counts(option) for option in LEAVES["flex", "headroom"].params for name in option.opts}
    assert (taken["--share"], taken["--out"], taken["--json"]) == (False, True, False)


@pytest.mark.parametrize("command", ["facts", "list", "run", "check"])
def test_an_empty_argument_is_refused_by_what_it_stands_for(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is empty; give a value" in refused(capsys, command, "")


def test_an_empty_word_of_a_command_that_is_run_is_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "measure", "--", "")
    assert (ran.status, "'' is not found" in ran.err) == (127, True)


def test_python_takes_an_empty_text_for_no_default_either() -> None:
    with pytest.raises(WattlineError, match="method"):
        train("llama-3.1-8b", "1T", "h100-sxm", 64, method="")


def test_a_seed_below_zero_is_refused_where_a_trace_is_made_too(capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, "traffic", "--rate", "2/s", "--duration", "20 s", "--seed", "-1")
    assert "seed: -1 must be a whole number of zero or more" in line
