"""Reports and text in Chinese: message catalogs, numbers, and that no sentence of a report is left in English."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import KINDS, default
from wattline.cli.main import main
from wattline.predict.flex.sites import SharedWork
from wattline.report.language.markup import translated_lines, translated_page
from wattline.report.language.messages import messages_of, read_po
from wattline.report.language.numbers import quantity_in_chinese
from wattline.report.language.translator import Translator, speaking, translator_of
from wattline.report.present import as_page, as_text

ZH = translator_of("zh")
PLACE = re.compile(r"%\(\w+\)s")
ENGLISH = re.compile(r"\b[a-z]{2,} (?:[a-z]+ )?[a-z]{2,}\b")  # a run of English words, which no name is
VOID = ("br", "input", "link", "meta", "img", "path", "line", "rect", "circle", "wbr")


def reports() -> dict[str, Any]:
    """A quick answer of each kind that has a page."""
    prompt = wl.prompt("llama-3.1-8b", chip="h100-sxm", gpus=2, draws=40)
    return {
        "prompt": prompt,
        "closed": wl.prompt("gpt-4o", draws=100),
        "image": wl.image("flux.1-dev", chip="h100-sxm", draws=40),
        "train": wl.train("llama-3.1-8b", tokens="1T", chip="h100-sxm", chips=512, draws=40),
        "average": wl.serve_average("llama-3.1-8b", rate="1M/day", chip="h100-sxm", draws=40),
        "balance": wl.flex_balance(it="100MW", region="us-ercot", draws=40),
        "shift": wl.flex_shift("de"),
        "sites": wl.flex_sites(["de", "gb"], SharedWork(["20MW"], ["12MW"])),
        "swings": wl.flex_swings(["compute:1.4s:700W", "exchange:0.4s:250W"], 4096),
        "response": wl.flex_response("20MW", "llama-3.1-8b"),
        "check": wl.check("ChatGPT uses 2.5 Wh per request"),
        "site": wl.site(it="10MW", place="Dublin", draws=10),
        "session": wl.session("agent-coding", "llama-3.3-70b", "h100-sxm", gpus=4, draws=40),
        "transcribe": wl.transcribe("whisper-large-v3-turbo", "l4", hours=100, draws=40),
        "embed": wl.embed("bge-m3", "l4", tokens="1B", draws=40),
        "video": wl.video("hunyuan-video", chip="h100-sxm", draws=40),
    }


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return {name: answer.json() for name, answer in reports().items()}


class Shown(HTMLParser):
    """The texts and labels of a page that a reader sees or hears, without code, facts and sources."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag not in VOID:
            self._open.append(f"{tag} {named.get('class') or ''}")
        self.texts += [value for name, value in attrs if name in ("aria-label", "title", "placeholder") and value]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().split(" ")[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(set(part.split()) & {"script", "style", "code", "pre", "facts"} for part in self._open):
            self.texts.append(" ".join(data.split()))


KEPT = re.compile(  # what stays as it was written: claims as they were quoted, names of the catalog, sources
    r"“[^”]*”|ChatGPT uses 2\.5 Wh per request|出自 [^。]*|University of [^；。]*|How much energy does ChatGPT use|"
    r"growing energy footprint of artificial intelligence|ChatGPT request(?:, de V[^。]*)?|"
    r"as the Guardian and others reported it.*"
    r"|et al|How Hungry is AI|Water and Carbon Footprint of LLM Inference|table of results|Analysis and forecast to"
)


NAMES = ("prompt", "closed", "image", "train", "average", "balance", "check", "site")
MORE = ("session", "transcribe", "embed", "video", "shift", "sites", "swings", "response")


@pytest.mark.parametrize("name", [*NAMES, *MORE])
def test_no_sentence_of_a_report_is_left_in_english(name: str, answers: dict[str, Any]) -> None:
    with speaking("zh"):
        page = as_page(answers[name])
    assert page is not None
    assert '<html lang="zh"' in page
    texts = set(Shown(page).texts)
    left = sorted(text for text in texts if ENGLISH.search(KEPT.sub("", text)))
    assert len(left) <= 0.01 * len(texts), left  # a new sentence may come before its translation, but very few may


def test_a_sum_of_money_is_one_number_with_its_unit_beside_it() -> None:
    tile = '<dd class="value">$149 <span class="unit">million</span></dd>'
    assert translated_page(tile, ZH) == '<dd class="value">1.49 <span class="unit">亿美元</span></dd>'


def test_the_claims_of_the_article_are_read_in_chinese() -> None:
    answer = wl.check("article", draws=40).json()
    with speaking("zh"):
        page = as_page(answer)
    texts = set(Shown(page or "").texts)
    for claim in answer["results"]["claims"]:
        assert claim["says"] not in texts
        assert claim["note"] == "" or claim["note"] not in texts
    assert any("算术成立" in text for text in texts)


def test_text_for_a_terminal_is_chinese_and_its_numbers_are_those_of_the_english(answers: dict[str, Any]) -> None:
    for name in ("prompt", "train", "balance"):
        english = as_text(answers[name])
        with speaking("zh"):
            chinese = as_text(answers[name])
        assert re.search("[一-鿿]", chinese)
        assert chinese.count("\n") <= english.count("\n")
        first = re.search(r"([\d.,]+) (?:[mkMG]?Wh|MW)", english)
        assert first
        assert first[1] in chinese
    assert as_text(answers["prompt"]) == as_text(answers["prompt"])


def test_another_language_changes_no_json_and_english_changes_nothing(answers: dict[str, Any]) -> None:
    page = as_page(answers["prompt"])
    assert page is not None
    assert translated_page(page, translator_of("en")) == page
    with speaking("zh"):
        other = as_page(answers["prompt"])
    assert other is not None
    data = re.compile(r'<script type="application/json" id="run">.*?</script>', re.S)
    assert data.search(page)[0] == data.search(other)[0]  # type: ignore[index]


def test_the_command_line_answers_in_the_language_that_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    for args in (["--lang", "zh", "prompt", "llama-3.1-8b", "--draws", "20"],):
        with speaking("en"), pytest.raises(SystemExit) as stop:
            main(args)
        assert stop.value.code == 0
        assert "取自电网的能量" in capsys.readouterr().out
    with speaking("en"), pytest.raises(SystemExit) as stop:
        main(["--lang", "xx", "prompt", "llama-3.1-8b"])
    assert stop.value.code == 2


ERRORS = (
    "prompt no-such-model", "prompt llama-3.1-8b --chip no-such-chip", "prompt llama-3.1-8b --region atlantis",
    "prompt llama-3.1-8b --batch 0", "prompt llama-3.1-8b --draws -5", "prompt llama-3.1-8b --input x",
    "prompt llama-3.1-8b --pue 0.5", "prompt llama-3.1-8b --gpus many", "prompt", "prompt llama-3.1-8b --no-such 3",
    "prompt llama-3.1-8b --active 7", "prompt llama-3.1-405b --chip l4 --gpus 1", "train llama-3.1-8b --tokens 1T",
    "train llama-3.1-8b --tokens x --chip h100-sxm --chips 8", "serve llama-3.1-8b", "image flux.1-dev --size big",
    "video hunyuan-video --frames 10 --seconds 2", "site --it 1", "site --it 10MW --place Nowhereville", "site",
    "site --it 10MW --place Dublin --utilisation 3", "supply --place Dublin", "flex balance --it 10",
    "flex shift missing.csv", "flex headroom missing.csv --share 1%", "flex swings --phase x --chips 8",
    "world --years x", "world --region nowhere", "check 'no number here'", "check missing.toml",
    "embed bge-m3 --images 3", "transcribe whisper-tiny --hours x", "run missing.toml", "compare a.toml b.csv",
    "session nothing", "frontier llama-3.1-8b --rate 5/s",
)  # fmt: skip


def test_what_is_wrong_is_said_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    left = {}
    for line in ERRORS:
        with speaking("zh"), pytest.raises(SystemExit) as stop:
            main(shlex.split(line))
        assert stop.value.code == 2, line
        words = capsys.readouterr().err
        assert words.startswith("wattline: ")
        plain = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"|wattline:|flex \w+", "", words)  # commands and what was typed stay
        if ENGLISH.search(plain):
            left[line] = words
    assert len(left) <= 0.01 * len(ERRORS), left


def test_names_of_facts_are_chinese_as_often_as_readers_meet_them() -> None:
    facts = [fact for kind in KINDS for record in default().records(kind).values() for fact in record.facts.values()]
    known = sum(bool(re.search("[一-鿿]", ZH.text(fact.name))) for fact in facts)
    assert known > 0.94 * len(facts)
    assert all(re.search("[一-鿿]", ZH.text(basis)) for basis in {fact.basis for fact in facts})


@pytest.mark.parametrize("name", [*NAMES, *MORE])
def test_names_of_the_facts_of_an_answer_are_chinese(name: str, answers: dict[str, Any]) -> None:
    names = {fact["name"] for fact in answers[name]["facts"]}
    left = sorted(each for each in names if not re.search("[一-鿿]", ZH.text(each)))
    assert len(left) <= 0.05 * len(names), left


def catalogs() -> Iterator[dict[str, str]]:
    for path in files("wattline.report.language").iterdir():
        if path.name.endswith(".po"):
            yield read_po(Path(str(path)).read_text(encoding="utf-8"))


def test_messages_take_the_same_values_in_each_language_and_name_something() -> None:
    for messages in catalogs():
        assert len(messages) > 200
        for english, words in messages.items():
            assert sorted(PLACE.findall(english)) == sorted(PLACE.findall(words)), english
            values = dict.fromkeys(PLACE.findall(english), "x")
            assert not values or words % {name[2:-2]: "x" for name in values}  # a sign of per cent stands twice
            assert re.search("[A-Za-z]|[✗✓↻↔?~≈]", PLACE.sub("", english)), f"{english!r} would match anything"
    assert messages_of("xx") == {}


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("$4.6 million", "460 万美元"),
        ("$1,234", "1,234 美元"),
        ("12 days", "12 天"),
        ("1.5 billion", "15 亿"),
        ("15 trillion tokens", "15 万亿个词元"),
        ("0.9 – 1.2 million", "90 万 – 120 万"),
        ("7.700 trillion – 8 trillion", "7.7 万亿 – 8 万亿"),
        ("551 MWh to 1,490 MWh", "551 MWh 至 1,490 MWh"),
        ("2.9 Wh/request [0.3–3.5]", "2.9 Wh/次请求 [0.3–3.5]"),
        ("200 million requests/day [169 million–272 million]", "2 亿次请求/天 [1.69 亿–2.72 亿]"),
        ("131 TWh [125–137] to 488 TWh [473–503]", "131 TWh [125–137] 至 488 TWh [473–503]"),
        ("1 billion messages a day", None),
        ("3.1 MWh", None),
        ("of 3 chips", None),
    ],
)
def test_numbers_are_written_as_chinese_writes_them(english: str, chinese: str | None) -> None:
    assert quantity_in_chinese(english) == chinese


def test_parts_of_a_text_are_translated_and_names_stay() -> None:
    assert ZH.text("Chips, decode: 3.1 Wh · 26 %") == "芯片（解码）：3.1 Wh · 26 %"
    assert ZH.text(" The bill of Llama 3.1 8B ") == " Llama 3.1 8B：账单 "
    assert ZH.text("Llama 3.1 8B") == "Llama 3.1 8B"
    assert translated_page("<p title='x'>Energy <code>Energy</code></p>", ZH) == (
        "<p title='x'>能量 <code>Energy</code></p>"
    )
    assert translated_lines("Energy   1 Wh\nNetwork  2 Wh", ZH) == "能量     1 Wh\n网络     2 Wh"


@given(st.text(max_size=80))
def test_any_text_comes_back_and_english_is_never_changed(text: str) -> None:
    assert isinstance(ZH.text(text), str)
    assert Translator("en", {}).text(text) == text
    assert ZH.text("" if not text.strip() else "\u4e2d") in ("", "\u4e2d")


@given(st.text(alphabet="<>&\"'ab =/", max_size=60))
def test_markup_of_a_page_stays_as_it_was(text: str) -> None:
    assert translated_page(text, Translator("zh", {"ab": "<b>"})).count("<b>") <= text.count("<b>")
