"""The lines of Python beside an answer: each argument is one that the function takes, and they give the same answer."""

from __future__ import annotations

import importlib
import inspect
import os
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

import wattline as wl
from test_web import QUESTIONS
from test_web_equal import FILES, FORMS, LINES, asked, read
from wattline.web.app.pages import PAGES, page_of
from wattline.web.app.python_call import AS_MODEL, CALLS, Part
from wattline.web.app.question import PageQuestion, read_question
from web_place import served

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


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served() as address:
        yield address


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
    before = Path.cwd()
    os.chdir(place)
    try:
        exec("\n".join([*lines, f"made = {last}"]), scope)
    finally:
        os.chdir(before)
    return scope["made"].json()["results"]


@pytest.mark.parametrize("command", [command for command in QUESTIONS if command in CALLS])
def test_the_lines_of_a_quick_page_give_its_answer(base: str, command: str, tmp_path: Path) -> None:
    question = question_of(command, list(QUESTIONS[command].items()))
    reply = asked(base, command, list(question.values.items()))
    assert answer_of(question.python({}), tmp_path) == reply.json()["results"]


@pytest.mark.parametrize("line", [line for line in (*LINES, *MORE) if read(line)[0] in CALLS])
def test_the_lines_give_the_answer_beside_them(base: str, line: str, tmp_path: Path) -> None:
    command, pairs = read(line)
    question = question_of(command, pairs)
    code = question.python({})
    assert code, "no lines of Python"
    reply = asked(
        base, command, [(name, value) for name, value in zip(question.values, dict(pairs).values(), strict=True)]
    )
    assert reply.status_code == 200, reply.text
    assert answer_of(code, tmp_path) == reply.json()["results"]


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


def test_what_a_function_does_not_take_has_no_lines() -> None:
    assert read_question(PAGES["world"], FORMS["world"], [("region", "us"), ("rate", "1/day")]).python({}) == ""
    assert read_question(PAGES["prompt"], FORMS["prompt"], [("model", "x"), ("catalog", "2025-01")]).python({}) == ""
    assert question_of("meter report", [("paths", "a.csv")]).python({}) == ""
