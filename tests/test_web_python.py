"""The lines of Python beside an answer: each argument is one that the function takes, and they give the same answer."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import os
import shlex
import sys
import typing
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

import wattline as wl
from wattline.cli.main import app as command_app
from wattline.cli.main import main
from wattline.web.app.forms import commands_in
from wattline.web.app.pages import PAGES, page_of
from wattline.web.app.python_call import AS_MODEL, CALLS, Part, lines_that_run, python_lines
from wattline.web.app.question import PageQuestion, read_question
from web_equal_place import FILES, FORMS, LINES, api_reply, read
from web_questions import QUESTIONS

PROMPT = dict(commands_in(get_command(command_app)))["prompt"]
# what the app's pages need beside the questions that are compared there
MORE = (
    "prompt --params 13B --chip h100-sxm --draws 5",
    "prompt --model llama-3.1-8b --chip h100-sxm --gpus 2 --input_tokens 100 --region de --draws 20",
    "serve --model llama-3.1-8b --chip h100-sxm --rate 4/s --duration '30 s' --slo_ttft 1s --cells 2 --seed 3 "
    "--draws 3",
    "serve --model llama-3.1-8b --chip h100-sxm --rate 4/s --duration '30 s' --input_tokens 50 --output_tokens 20 "
    "--draws 3",
    "frontier --model llama-3.1-8b --chip l4,h100-sxm --gpus 1 --precision bf16 --power_cap none --max_num_seqs 64 "
    "--max_num_batched_tokens 2048 --pools together --rate 4/s --duration '20 s' --slo_ttft 2s --slo_tpot 100ms "
    "--draws 3",
    "flex headroom --demand @demand.csv --share 1%;5% --column mw",
    "flex shift --signal @carbon.csv --destination @other.csv --length '4 h' --pause '10 min' --at 3.5",
    "flex swings --phase a:1s:700W;b:1s:200W --chips 8 --floor 500W --band_share 0.2 --ramp_limit '20 MW/min'",
    "flex response --model llama-3.1-8b --it 20MW --chip h100-sxm --slo_tpot 50ms --battery 40MWh --battery_power 10MW "
    "--called 20 --draws 20",
    "flex balance --it 100MW --demand @demand.csv --draws 20",
    "world --region ie --to 2030 --draws 200",
    "check --claims 'ChatGPT uses 2.9 Wh per request' --draws 50",
    "site --it 60MW --place Dublin --draws 20",
    "train --model llama-3.1-8b --tokens 1T --chip h100-sxm --chips 512 --draws 20",
    "saving --before @before.csv --after @after.csv --predicted 5%",
)


def question_of(command: str, pairs: list[tuple[str, str]]) -> PageQuestion:
    """The page's question with the files' names as they are sent."""
    fields = FORMS[command]
    page = PAGES.get(command) or page_of(command, "", fields)
    by_flag = {field.flag.removeprefix("--").replace("-", "_"): name for name, field in fields.items() if field.flag}
    values = {name if name in fields else by_flag[name]: value.replace("@", "") for name, value in pairs}
    return PageQuestion(page, fields, values)


def answer_of(code: str, place: Path) -> Any:
    """What the program's last line gives, in a folder where the files lie."""
    for name, text in FILES.items():
        (place / name).write_text(text)
    *lines, last = code.splitlines()
    scope: dict[str, Any] = {}
    before, path = Path.cwd(), os.environ["PATH"]
    os.chdir(place)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), path])  # as where Wattline is installed
    try:
        exec("\n".join([*lines, f"made = {last}"]), scope)
    finally:
        os.chdir(before)
        os.environ["PATH"] = path
    made = scope["made"]
    return (made if isinstance(made, dict) else made.json())["results"]


@pytest.mark.parametrize("command", QUESTIONS)
def test_the_lines_of_a_quick_page_give_its_answer(base: str, command: str, tmp_path: Path) -> None:
    question = question_of(command, list(QUESTIONS[command].items()))
    reply = api_reply(base, command, list(question.values.items()))
    assert answer_of(question.python({}), tmp_path) == reply.json()["results"]


LONG = "flex sites --signals de;fr"  # two typical years are planned three times over


@pytest.mark.parametrize(
    "line",
    [pytest.param(line, marks=pytest.mark.long) if line.startswith(LONG) else line for line in (*LINES, *MORE)],
)
def test_the_lines_and_the_command_line_give_the_answer_beside_them(
    base: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, pairs = read(line)
    question = question_of(command, pairs)
    code = question.python({})
    reply = api_reply(
        base, command, [(name, value) for name, value in zip(question.values, dict(pairs).values(), strict=True)]
    )
    assert reply.status_code == 200, reply.text
    assert answer_of(code, tmp_path) == reply.json()["results"]
    typed = shlex.split(question.command_line({}))
    place = typed.index("--") if "--" in typed else len(typed)
    assert run_in(tmp_path, [*typed[1:place], "--json", *typed[place:]], capsys) == reply.text
    assert "wattline-web-" not in reply.text


def run_in(place: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What the command line prints in a folder."""
    capsys.readouterr()
    with contextlib.chdir(place), pytest.raises(SystemExit) as stop:
        main(words)
    out, error = capsys.readouterr()
    assert stop.value.code == 0, error
    return out


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)


@given(TEXT, TEXT)
def test_what_is_typed_is_read_back_in_a_shell_and_in_python(plain: str, value: str) -> None:
    question = PageQuestion(PAGES["prompt"], FORMS["prompt"], {"model": plain, "region": value})
    typed = shlex.split(question.command_line({}))[1:]
    assert read_back(typed) == read_back(question.arguments({})) == (plain.strip(), value.strip())
    ran = next(node for node in ast.walk(ast.parse(lines_that_run(typed))) if isinstance(node, ast.List))
    words = [node.value for node in ran.elts if isinstance(node, ast.Constant)]
    assert [word for word in words if word != "--json"] == ["wattline", *typed]


def read_back(words: list[str]) -> tuple[str, str]:
    """The model and the region that the command line reads."""
    made = PROMPT.make_context("prompt", words[1:])
    return made.params["model"], made.params["region"]


def accepted(function: Any) -> set[str]:
    """The parameters of a function, with the keys of its ``**fields``."""
    names = set()
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            module = importlib.import_module(function.__module__)
            (typed,) = typing.get_args(eval(str(parameter.annotation), vars(module) | vars(typing)))
            names |= {key for base in (typed, *typed.__mro__) for key in getattr(base, "__annotations__", {})}
        else:
            names.add(name)
    return names


def maker_of(part: Part) -> Any:
    if part.maker.startswith("wl."):
        return getattr(wl, part.maker.removeprefix("wl."))
    module, _, name = part.maker.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("command", CALLS)
def test_every_input_of_a_form_is_an_argument_or_named_as_missing(command: str) -> None:
    call, fields = CALLS[command], FORMS[command]
    takes = accepted(getattr(wl, call.function))
    parts = {name: argument for argument, part in call.parts.items() for name in part.names - set(part.shared)}
    assert set(parts.values()) <= takes
    assert {name for part in call.parts.values() for name in part.names} | set(call.renamed) <= set(fields)
    for name, field in fields.items():
        if name in {"catalog", *AS_MODEL, *call.missing} or name in parts or not field.flag or name in call.first:
            continue
        assert call.renamed.get(name, name) in takes, name
    for part in call.parts.values():
        if part.maker:
            assert {*part.inputs.values(), *part.pairs} <= accepted(maker_of(part))


def test_what_no_function_takes_is_run_as_a_command() -> None:
    world = read_question(PAGES["world"], FORMS["world"], [("region", "us"), ("rate", "1/day")])
    assert python_lines("world", FORMS["world"], world.values) == ""
    assert "['wattline', 'world', '--region', 'us', '--rate', '1/day', '--json']" in world.python({})
    old = read_question(PAGES["prompt"], FORMS["prompt"], [("model", "x"), ("catalog", "2025-01")])
    assert "'--catalog', '2025-01', '--json']" in old.python({})
    report = question_of("meter report", [("paths", "a.csv")]).python({})
    assert "['wattline', 'meter', 'report', 'a.csv', '--json']" in report
