"""Facts in Chinese: the names of those that answers rest on have their words, whatever the question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import wattline as wl
from english_words import ENGLISH
from wattline.report.language.translator import translator_of

MAX_LEFT = 0.03  # of the names: a new fact may come before its translation, but few may
QUESTIONS: dict[str, Callable[[], Any]] = {
    "prompt": lambda: wl.prompt("llama-3.1-8b", "h100-sxm", draws=10),
    "prompt of experts": lambda: wl.prompt("qwen3-30b-a3b", "b200-sxm", draws=10),
    "prompt of a closed model": lambda: wl.prompt("gpt-4o", draws=100),
    "image": lambda: wl.image("flux.1-dev", chip="h100-sxm", draws=10),
    "transcription": lambda: wl.transcribe("whisper", chip="l4", draws=10),
    "training": lambda: wl.train("llama-3.1-8b", "1T", chip="h100-sxm", chips=512, draws=10),
    "site": lambda: wl.site("10MW", place="Dublin", draws=10),
    "swings": lambda: wl.flex_swings(["a:1s:700W", "b:1s:200W"], 8),
    "response": lambda: wl.flex_response("20 MW", "llama-3.1-8b", chip="h100-sxm", draws=10),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_names_of_the_facts_of_an_answer_are_said_in_chinese(question: str) -> None:
    translator = translator_of("zh")
    names = {fact["name"] for fact in QUESTIONS[question]().json()["facts"]}
    left = sorted(name for name in names if ENGLISH.search(translator.text(name)))
    assert len(left) <= MAX_LEFT * len(names) + 1, left
