"""Claims in Chinese: read as the same sentence in English, or refused by the words that are not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.claim.evaluate import quantity
from wattline.claim.sentence import is_sentence, read_sentence
from wattline.claim.sentence.chinese import in_english
from wattline.claim.sentence.stated import stated_in
from wattline.core.errors import WattlineError

PAIRS = {
    "ChatGPT每次查询耗电2.9瓦时": "ChatGPT uses 2.9 Wh per query",
    "训练GPT-3耗电1287兆瓦时": "Training GPT-3 uses 1287 MWh",
    "训练GPT-3排放552吨二氧化碳": "Training GPT-3 emits 552 t of CO2",
    "训练GPT-4消耗5000万度电": "Training GPT-4 uses 50 GWh",
    "数据中心占全球用电量的1.5%": "Data centres use 1.5% of the world's electricity",
    "一张H100的功耗是700瓦": "One H100 draws 700 W",
    "到2030年，全球数据中心用电量将达到9450亿千瓦时": "By 2030 data centres will use 945 TWh",
    "ChatGPT每天耗电50万千瓦时": "ChatGPT uses 500 MWh per day",
    "谷歌数据中心的PUE为1.09": "Google's data centres have a PUE of 1.09",
    "Gemini每次提问耗水0.26毫升": "Gemini uses 0.26 mL of water per query",
}


@pytest.mark.parametrize("chinese", PAIRS)
def test_a_claim_in_chinese_is_compared_as_the_english_one_is(chinese: str) -> None:
    assert is_sentence(chinese)
    read, english = read_sentence(chinese).claims[0], read_sentence(PAIRS[chinese]).claims[0]
    assert read.says == chinese
    assert read.note.startswith("Read as: ")
    assert read.relation == english.relation
    assert str(read.derived) == str(english.derived)
    assert read.stated is not None
    assert english.stated is not None
    ratio = quantity(*read.stated.tree.value) / quantity(*english.stated.tree.value)
    assert float(ratio.to("").magnitude) == pytest.approx(1.0)


SCALES = {"": 1.0, "万": 1e4, "百万": 1e6, "亿": 1e8, "万亿": 1e12}


@given(st.integers(1, 9999), st.sampled_from(sorted(SCALES)))
def test_chinese_scales_multiply(number: int, scale: str) -> None:
    stated = stated_in(in_english(f"数据中心每年耗电{number}{scale}千瓦时")).middle
    assert stated.tree.value[0] == pytest.approx(number * SCALES[scale])


@pytest.mark.parametrize("sentence", ["人工智能毁灭了30个世界", "数据中心昨天耗电3太瓦时"])
def test_words_that_are_not_known_are_refused_by_name(sentence: str) -> None:
    with pytest.raises(WattlineError, match="are not read"):
        read_sentence(sentence)
