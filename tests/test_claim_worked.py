"""Sentences on images, video, speech and agents that no published figure fits: held against Wattline's predictions."""

from __future__ import annotations

import pytest

import wattline as wl
from wattline.core.errors import WattlineError


def verdict(text: str) -> dict[str, str]:
    return wl.check(text, draws=100).json()["results"]["claims"][0]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("A 5 second AI video uses at most 3 kWh", "holds"),
        ("A 5 second AI video uses 50 kWh", "does not follow"),
        ("Generating a video with AI takes as much as running a microwave for an hour", "does not follow"),
        ("An image by FLUX takes 40 Wh", "does not follow"),
        ("Transcribing an hour of speech takes at most 20 Wh", "holds"),
        ("Transcribing an hour of speech takes 500 Wh", "does not follow"),
        ("A deep research report uses 5 Wh", "does not follow"),
    ],
)
def test_a_sentence_without_a_published_figure_gets_a_computed_verdict(text: str, answer: str) -> None:
    claim = verdict(text)
    assert claim["verdict"] == answer
    assert "Held against predictions" in claim["note"]


def test_a_longer_video_is_held_against_a_longer_one() -> None:
    short, long = (verdict(f"A {seconds} second AI video uses 1 kWh")["note"] for seconds in (2, 8))
    assert short != long


@pytest.mark.parametrize("text", ["A video by Sorrento takes 1 kWh", "An image by Nanobanana takes 1 Wh"])
def test_a_model_that_is_not_known_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(WattlineError, match=r"(?i)sorrento|nanobanana"):
        verdict(text)
