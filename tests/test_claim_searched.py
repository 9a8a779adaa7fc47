"""An answer of a language model for every search: a verdict from what answers take on the line."""

from __future__ import annotations

import pytest

import wattline as wl
from wattline.claim.sentence.searched import MODELS, gives_answers_to_searches

GOOGLE = "If each of Google's 9bn searches a day used a ChatGPT-like answer it would take 29.3 TWh a year"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (GOOGLE, True),
        ("With AI in every search Google would use 10 TWh a year", True),
        ("5 trillion searches a year answered by a chatbot take 15 TWh", True),
        ("A Google search takes 0.3 Wh", False),
        ("Every Google search takes 0.3 TWh", False),
        ("ChatGPT uses 2.9 Wh per request", False),
        ("Data centres used 460 TWh in 2022", False),
    ],
)
def test_only_a_sentence_of_searches_answers_and_a_total_is_taken(text: str, taken: bool) -> None:
    assert gives_answers_to_searches(text) is taken


def test_google_with_a_chatbot_in_each_search_gets_a_computed_verdict() -> None:
    claim = wl.check(GOOGLE).json()["results"]["claims"][0]
    assert claim["verdict"] in ("does not follow", "outdated")
    for model, _, _ in MODELS:
        assert model in claim["note"]
    own = wl.prompt(MODELS[1][0], MODELS[1][1], gpus=MODELS[1][2], draws=400).range("energy_wh").p50
    assert f"{own:.3g} Wh" in claim["note"]


def test_the_sentence_s_own_number_of_searches_counts() -> None:
    some, more = (
        wl.check(f"If all {n} billion searches a day had an AI answer, it would take 5 TWh a year").json()
        for n in (9, 18)
    )
    values = [data["results"]["claims"][0]["derived"]["value"]["p50"] for data in (some, more)]
    assert values[1] == pytest.approx(2 * values[0], rel=1e-6)
