"""The tools of an agent, over a real connection of the protocol: a process, its standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import pytest

pytest.importorskip("mcp")
from mcp import Client, StdioServerParameters

RUN = "import sys; from wattline.cli.main import main; main(sys.argv[1:])"
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("predict_prompt", {"model": "llama-3.1-8b", "chip": "h100-sxm", "region": "us"}),
    ("predict_prompt", {"model": "gpt-4o"}),
    ("predict_training", {"model": "llama-3.1-8b", "tokens": "1T", "chip": "h100-sxm", "chips": 64}),
    ("predict_site", {"it": "10MW", "place": "Dublin"}),
    ("check_claim", {"claim": "ChatGPT uses 2.9 Wh per request"}),
    ("find_facts", {"search": "h100-sxm tdp"}),
    ("measure_power", {"seconds": 0.2}),
]
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("predict_prompt", {"model": "lama-3.1-8b"}, "nearest: llama-3.1-8b"),
    ("predict_prompt", {"model": "/etc/passwd.json"}, "is a file"),
    ("predict_prompt", {"model": "llama-3.1-8b", "region": "atlantis"}, "unknown region"),
    ("check_claim", {"claim": "../secret.toml"}, "no sentence with a number"),
    ("find_facts", {"search": "no such words at all"}, "unknown fact"),
    ("measure_power", {"seconds": 1e9}, "out of range"),
]


@pytest.fixture(scope="module")
def talk() -> dict[str, Any]:
    """One conversation: the tools, what each call answered, and what each wrong one did."""

    async def converse() -> dict[str, Any]:
        server = StdioServerParameters(command=sys.executable, args=["-c", RUN, "mcp"], env=dict(os.environ))
        async with Client(server) as client:
            tools = (await client.list_tools()).tools
            answers = [await client.call_tool(name, given) for name, given in CALLS]
            errors = [await client.call_tool(name, given) for name, given, _ in WRONG]
        return {"tools": tools, "answers": answers, "errors": errors}

    return asyncio.run(converse())


def test_every_tool_says_what_it_does_and_takes(talk: dict[str, Any]) -> None:
    assert {tool.name for tool in talk["tools"]} == {name for name, _ in CALLS}
    for tool in talk["tools"]:
        assert len(tool.description) > 60
        assert tool.input_schema["properties"]


@pytest.mark.parametrize("at", range(len(CALLS)), ids=[name for name, _ in CALLS])
def test_a_call_answers_in_data(talk: dict[str, Any], at: int) -> None:
    answer = talk["answers"][at]
    assert not answer.is_error
    data = json.loads(answer.content[0].text)
    if CALLS[at][0].startswith("predict"):
        energy = data["results"]["energy_wh"]
        assert 0 < energy["p5"] <= energy["p50"] <= energy["p95"]
        assert "Energy" in data["text"]


def test_the_figures_are_those_of_the_command(talk: dict[str, Any]) -> None:
    import wattline as wl

    figures = json.loads(talk["answers"][0].content[0].text)["results"]["energy_wh"]
    own = wl.prompt("llama-3.1-8b", chip="h100-sxm", region="us", draws=1000).json()["results"]["energy_wh"]
    assert figures == own


@pytest.mark.parametrize("at", range(len(WRONG)), ids=[words for *_, words in WRONG])
def test_bad_input_is_one_line_that_says_the_mend(talk: dict[str, Any], at: int) -> None:
    error = talk["errors"][at]
    assert error.is_error
    text = error.content[0].text
    assert WRONG[at][2] in text
    assert "\n" not in text
    assert "Traceback" not in text
