"""A newspaper's claim has one verdict, in its file, on the first page and as a sentence in one's own words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline import claim
from wattline.claim import why
from wattline.claim.file import read_file
from wattline.claim.sentence import is_restated
from wattline.report.language.translator import translator_of
from wattline.web.app.line import read_line

POINTING = {
    "request-bulb", "chatgpt-17000-homes", "chatgpt-182-gwh-a-year", "data-centres-2-percent", "data-centres-us",
    "data-centres-sweden-germany",
}  # fmt: skip
WHOLE = [each for each in read_file("article").claims if each.id not in POINTING]


@pytest.fixture(scope="module")
def article() -> dict[str, claim.CheckedClaim]:
    return {each.claim.id: each for each in claim.check_file("article", draws=300).claims}


@pytest.mark.parametrize("stated", WHOLE, ids=[each.id for each in WHOLE])
def test_a_sentence_of_the_article_has_the_verdict_that_its_file_gives(
    stated: claim.Claim, article: dict[str, claim.CheckedClaim]
) -> None:
    (alone,) = claim.check_file(stated.says, draws=300).claims
    of_file = article[stated.id]
    assert (alone.verdict, alone.derived, alone.newer, alone.steps) == (
        of_file.verdict, of_file.derived, of_file.newer, of_file.steps
    )  # fmt: skip
    assert alone.claim.says == stated.says
    assert f"It is judged as {stated.id} of `wattline check article`." in alone.claim.note
    assert read_line(stated.says).command == "check"


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("GPT-3 took 1,287 MWh to train", "gpt-3-1287-mwh"),
        ("training gpt-3 used 1.287 GWh of electricity", "gpt-3-1287-mwh"),
        ("训练 GPT-3 用电约 128.7 万度", "gpt-3-1287-mwh"),
        ("each ChatGPT query uses 2.9 watt-hours", "request-2.9-wh"),
        ("ChatGPT一次请求耗电2.9瓦时", "request-2.9-wh"),
        ("ChatGPT consumes half a million kilowatt-hours a day", "chatgpt-500-mwh-a-day"),
        ("ChatGPT handles 200 million requests per day", "requests-per-day"),
        ("In 2022, the world's data centers used 460 TWh", "data-centres-460-twh"),
        ("2022年全球数据中心用电460太瓦时", "data-centres-460-twh"),
        ("data centers could use 1000 TWh by 2026", "data-centres-1000-twh-2026"),
        ("GPT-3 has 175B parameters", "gpt-3-parameters"),
    ],
)
def test_other_words_for_the_same_have_the_same_verdict(
    sentence: str, name: str, article: dict[str, claim.CheckedClaim]
) -> None:
    (alone,) = claim.check_file(sentence, draws=300).claims
    assert alone.verdict == article[name].verdict
    assert f"It is judged as {name} of" in alone.claim.note


@pytest.mark.parametrize("name", sorted(POINTING))
def test_what_points_at_another_sentence_is_judged_in_its_file_alone(name: str) -> None:
    (stated,) = (each for each in read_file("article").claims if each.id == name)
    assert not is_restated(stated.says)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["GPT-3", "GPT-4", "BLOOM", "Llama 3.1 405B"]), st.sampled_from([1_287, 1_290, 50, 12_870]))
def test_another_figure_or_another_thing_is_another_claim(model: str, mwh: int) -> None:
    assert is_restated(f"Training {model} took {mwh:,} MWh") == (model == "GPT-3" and mwh == 1_287)


def test_what_was_assumed_proves_nothing_and_both_reasons_are_shown() -> None:
    result = wl.check("Training GPT-3 took 1,287 MWh").json()["results"]["claims"][0]
    assert result["verdict"] == "unproven"
    assert result["weak_evidence"] == {"claim.sentence.chips": "what was assumed"}
    assert [line["name"] for line in result["worked"]] == ["servers", "energy"]  # its own arithmetic
    assert any("circular" in line["name"] for line in result["beside"])  # and the published figure


@pytest.mark.parametrize(("basis", "verdict"), [("estimated", "unproven"), ("measured", "holds"), ("", "holds")])
def test_arithmetic_holds_as_well_as_its_premises_are_known(basis: str, verdict: str) -> None:
    known = f', basis = "{basis}"' if basis else ""
    text = (
        '[[claim]]\nid = "a"\nsays = "It took 10 MWh."\nstated = "10 MWh"\nderived = "energy"\n'
        f'[claim.quantities]\nchips = {{ value = "1000 chip"{known} }}\n'
        '[claim.steps]\nenergy = "chips * 10 kWh/chip in MWh"\n'
    )
    assert claim.check_claims(claim.read_claims(text, "x.toml"), 100).claims[0].verdict == verdict


def test_each_reason_for_a_verdict_is_said_in_chinese() -> None:
    for words in (*why.ARITHMETIC.values(), *why.PUBLISHED.values()):
        assert re.search("[\u4e00-\u9fff]", translator_of("zh").text(words)), words
