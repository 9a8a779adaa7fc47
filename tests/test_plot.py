"""Plotted figures stand twice in a page: for a wide window, and for a phone with words of the same size."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from wattline.report.page import frontier, service, site_figures
from wattline.report.page.plot import Ground, drawn, legend

PHONE_PX = 390
NARROW = (service.NARROW, frontier.NARROW, site_figures.NARROW, site_figures.NARROW_AIR)
WIDE = (service.WIDE, frontier.WIDE, site_figures.WIDE, site_figures.WIDE_AIR)


def test_a_figure_for_a_phone_is_never_shrunk():
    assert all(ground.narrow and ground.width <= PHONE_PX for ground in NARROW)
    assert all(not ground.narrow and ground.width > PHONE_PX for ground in WIDE)


@given(st.sampled_from(NARROW + WIDE), st.floats(0, 1), st.floats(0, 1))
def test_places_lie_within_the_figure_and_in_order(ground: Ground, first: float, second: float):
    low, high = sorted((first, second))
    assert 0 <= ground.across(low) <= ground.across(high) <= ground.width
    assert ground.height >= ground.up(low) >= ground.up(high) >= 0


@given(st.text(max_size=20))
def test_both_figures_are_drawn_and_words_are_escaped(words: str):
    made = drawn(words, lambda ground: ground.rule(0.5, words) + ground.below(0.0, words), WIDE[0], NARROW[0])
    assert re.findall(r'<svg class="plot (\w+)"', made) == ["wide", "narrow"]
    for markup in (made, legend([(words, "red", words)])):
        assert set(re.findall(r"</?(\w+)", markup)) <= {"svg", "line", "text", "ul", "li", "i", "small"}
