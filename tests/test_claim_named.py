"""Sentences on a chip's power, an operator's PUE and the share of a country's electricity."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.claim.sentence import read_sentence
from wattline.core.errors import WattlineError

TDP, IDLE = "chip.h100-sxm.tdp_w", "chip.h100-sxm.idle_w"
GOOGLE, MICROSOFT = "site.google.cooling_power", "site.microsoft.cooling_power"
OUTLOOK = "claim.sentence.outlook"


@pytest.mark.parametrize(
    ("sentence", "verdict", "key"),
    [
        ("An H100 GPU draws 700 W", "holds", TDP),
        ("The TDP of the H100 is 0.7 kW", "holds", TDP),
        ("An H100 draws up to 700 watts under load", "holds", TDP),
        ("An H100 draws 1,200 W", "does not follow", TDP),
        ("An idle H100 draws 72 W", "unproven", IDLE),
        ("An NVIDIA H100 PCIe draws 350 W", "holds", "chip.h100-pcie.tdp_w"),
        ("Google's PUE is 1.09", "holds", GOOGLE),
        ("Google's PUE was 1.10 in 2021", "holds", "site.google-2021.cooling_power"),
        ("the PUE of Microsoft's data centres is 1.16", "holds roughly", MICROSOFT),
        ("Microsoft's PUE is 1.3", "does not follow", MICROSOFT),
        ("The average PUE of data centres is 1.56", "holds", "site.industry-average.cooling_power"),
        ("Data centres take 22% of Ireland's electricity", "unproven", OUTLOOK),
        ("Data centres in Ireland use 22% of the electricity", "unproven", OUTLOOK),
        ("Data centres took more than 50% of Germany's electricity in 2023", "does not follow", OUTLOOK),
        ("Data centres took 1.5% of the world's electricity in 2024", "holds", "constant.dc-share-of-world-2024"),
    ],
)
def test_a_sentence_is_compared_with_a_fact_or_the_outlook(sentence: str, verdict: str, key: str) -> None:
    claim = wl.check(sentence, draws=300).json()["results"]["claims"][0]
    assert (claim["verdict"], key in claim["fact_keys"]) == (verdict, True)
    assert 0 <= claim["probability"] <= 1


def test_a_name_of_several_chips_says_of_which_it_is_not_so() -> None:
    note = read_sentence("An H100 draws more than 500 W").claims[0].note
    assert "NVIDIA H100 PCIe 80GB (350 W), NVIDIA H100 NVL 94GB (400 W)" in note
    assert "several chips" not in read_sentence("An H100 draws less than 1000 W").claims[0].note
    assert "several chips" not in read_sentence("An H100 SXM draws more than 500 W").claims[0].note


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("An H100 draws 350 W", "h100 is several chips .*h100-pcie 350 W"),
        ("A server of H100 GPUs draws 10.2 kW", "of several or of a machine"),
        ("An H100 draws 500 W on average", "no average"),
        ("An H100 and a B200 draw 700 W", "names 2 chips"),
        ("Apple's PUE is 1.1", "none of apple"),
        ("Google's PUE at Council Bluffs is 1.10", "Council"),
        ("Google's PUE was 1.12 in 2015", "no PUE of 2015"),
        ("Google's PUE of 1.09 beats Microsoft's 1.17", "2 figures"),
        ("Google's PUE is 0.9", "never below 1"),
        ("The PUE is about 1.5", "whose PUE is meant"),
        ("Data centres in Dublin use 22% of the electricity", "no electricity of"),
        ("Data centres use 1.5% of global and 5% of American electricity", "several shares"),
        ("Google's data centres take 1% of the world's electricity", "of Google alone"),
        ("Data centres in Ireland take 1% of the world's electricity", "name one"),
        ("Data centres will take 30% of Ireland's electricity", "which year"),
        ("Data centres will take 50% of Ireland's electricity in 2040", "2040 is beyond"),
    ],
)
def test_what_may_mean_several_things_is_refused_by_name(sentence: str, why: str) -> None:
    with pytest.raises(WattlineError, match=why) as caught:
        wl.check(sentence, draws=20)
    assert "\n" not in str(caught.value)


def test_a_share_in_a_year_to_come_never_holds() -> None:
    claim = wl.check("Data centres will take more than 20% of Ireland's electricity in 2030", draws=300).json()
    assert claim["results"]["claims"][0]["verdict"] == "unproven"


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(default().records("chip"))), st.floats(0.3, 3.0))
def test_any_chip_by_its_own_name_is_compared_with_its_own_power(name: str, factor: float) -> None:
    fact = default().fact(f"chip.{name}.tdp_w")
    claim = wl.check(f"The {name} draws {fact.value * factor:.1f} W", draws=50).json()["results"]["claims"][0]
    assert claim["fact_keys"] == [fact.key]
    assert (claim["verdict"] in ("holds", "holds roughly", "unproven")) <= (abs(1 / factor - 1) < 0.26)


def test_a_product_named_itself_comes_before_others_of_its_maker():
    """ "ChatGPT" is no query of OpenAI's o3, though the maker's name may stand for its product."""
    for says in ("ChatGPT uses 2.5 Wh per request", "OpenAI's ChatGPT takes 2.5 Wh per query"):
        claim = read_sentence(says).claims[0]
        assert claim.newer is not None
        assert claim.newer.text == "[prompt.chatgpt-altman.energy_wh]"
    of_o3 = read_sentence("OpenAI o3 takes 33 Wh per query").claims[0]
    assert of_o3.derived is not None
    assert of_o3.derived.text == "[prompt.o3-jegham.energy_wh]"


def test_a_number_in_a_name_is_no_figure():
    claim = read_sentence("a GPT-5 prompt takes 18 Wh").claims[0]
    assert claim.stated is not None
    assert claim.stated.text.startswith("18 Wh")


@pytest.mark.parametrize("figure", [100, 300, 485, 800, 945, 1050, 2000])
@pytest.mark.parametrize("verb", ["use", "take", "consume"])
def test_a_sentence_of_now_is_compared_with_no_projection_and_no_single_company(figure: int, verb: str) -> None:
    claim = read_sentence(f"The world's data centres {verb} {figure} TWh a year").claims[0]
    assert claim.derived is not None
    record = default().records("total")[claim.derived.text.split(".")[1]]  # whatever figure lies nearest
    assert record.meta["status"] not in ("forecast", "scenario", "metered")
