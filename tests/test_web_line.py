"""Lines of plain words, in English and Chinese: each leads where it should, or names what was not read."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.web.app.line import read_line
from wattline.web.app.line.chinese import to_english
from wattline.web.app.line.things import USUAL
from wattline.web.app.pages import PAGES
from wattline.web.app.question import read_question
from web_lines import FORMS, expected

# what is expected of a line, in short: the page, then its inputs, then "!" and the words that were not understood
LINES = """
Llama 3.1 70B on 4 H100, 500 in, 300 out -> prompt model=llama-3.1-70b chip=h100-sxm gpus=4 input_tokens=500 output_tokens=300
Llama 3.1 70B 在 4 张 H100 上，输入500，输出300 -> prompt model=llama-3.1-70b chip=h100-sxm gpus=4 input_tokens=500 output_tokens=300
gpt-oss-120b on 8xH100 in France -> prompt model=gpt-oss-120b chip=h100-sxm gpus=8 region=fr
llama70b 8 h100 1k in 500 out -> prompt model=llama-3.1-70b chip=h100-sxm gpus=8 input_tokens=1k output_tokens=500
llama 3.1 405b fp8 8xh100 -> prompt model=llama-3.1-405b chip=h100-sxm gpus=8 precision=fp8
Llama-3.1-8B-Instruct on A100 -> prompt model=Llama-3.1-8B-Instruct chip=a100-sxm-80gb
Llama 3.1 70B on p5.48xlarge -> prompt model=llama-3.1-70b instance=p5.48xlarge
deepseek-r1 8 H200 1000 tokens in 5000 out batch 64 -> prompt model=deepseek-r1 chip=h200-sxm gpus=8 input_tokens=1000 output_tokens=5000 batch=64
4090 running 8B -> prompt model=llama-3.1-8b chip=rtx-4090
a laptop running Llama 8B -> prompt model=llama-3.1-8b ! laptop
GPT-5 一次对话多少电 -> prompt model=gpt-5
what does a ChatGPT user a year take -> prompt model=gpt-4o
how much energy does ChatGPT use per query? -> prompt model=gpt-4o
energy per ChatGPT query in Germany -> prompt model=gpt-4o region=de
how much water per prompt -> prompt model=gpt-4o
100 Gemini prompts -> prompt model=gemini-flash
Netflix vs ChatGPT -> prompt model=gpt-4o ! Netflix
train 8B on 15T tokens with 2,048 H100 -> train model=llama-3.1-8b tokens=15T chip=h100-sxm chips=2048
训练一个70B模型 15万亿词元 2048张H800 -> train model=llama-3.1-70b tokens=15T chip=h800-sxm chips=2048
training 405B 15.6T tokens 16k H100 -> train model=llama-3.1-405b tokens=15.6T chip=h100-sxm chips=16000
训练GPT-3用了多少电 -> train model=gpt-3-175b tokens=300B chip=v100-sxm2-32gb chips=10000
what does it cost to train Llama 3.1 405B -> train model=llama-3.1-405b tokens=15.6T chip=h100-sxm chips=16384
train 70B on 15T tokens with 16,384 H100 in the US -> train model=llama-3.1-70b tokens=15T chip=h100-sxm chips=16384 region=us
fine-tune llama 8B with LoRA on 50M tokens on 1 A100 -> train model=llama-3.1-8b method=lora tokens=50M chip=a100-sxm-80gb chips=1
train for 30 days on 1000 H100 -> train model=llama-3.1-8b tokens=15T chip=h100-sxm chips=1000 ! 30 days
Llama 3.1 8B, 1M requests a day on H100 in Germany -> serve-average model=llama-3.1-8b chip=h100-sxm rate=1M/day region=de
每天100万次请求 Qwen3-32B -> serve-average model=qwen3-32b rate=1M/day
用8张H20运行Qwen3-32B，每秒10个请求 -> serve-average model=qwen3-32b chip=h20 gpus=8 rate=10/s
serve Llama 3.1 8B at 20 req/s on 2 H100 -> serve model=llama-3.1-8b chip=h100-sxm gpus=2 rate=20/s duration=5_min
how many GPUs for 10 requests per second Llama 3.1 8B under 50 ms -> frontier model=llama-3.1-8b rate=10/s duration=5_min slo_tpot=50ms
best setup for Llama 3.1 70B at 10 requests/s -> frontier model=llama-3.1-70b rate=10/s duration=5_min slo_ttft=1s slo_tpot=50ms
how much does an AI video take? -> video model=hunyuan-video
a 10 second video with Sora -> video model=sora seconds=10
生成10秒视频 Wan 2.1 14B -> video model=wan-2.1-14b seconds=10
5 second video Wan 2.1 14B 720p on 8 H100 -> video model=wan-2.1-14b seconds=5 size=1280x720 chip=h100-sxm gpus=8
生成一张图片要多少电 -> image model=flux.1-dev
generate 1000 images with FLUX -> image model=flux.1-dev
Stable Diffusion XL 50 steps 1024x1024 -> image model=stable-diffusion-xl size=1024x1024 steps=50
agent coding with Llama 3.3 70B -> session session=agent-coding model=llama-3.3-70b
Claude Code session -> session session=agent-coding model=llama-3.3-70b
一个编程智能体任务用多少电 -> session session=agent-coding model=llama-3.3-70b
deep research with GPT-5 -> session session=deep-research model=llama-3.3-70b
transcribe 90 minutes of podcast -> transcribe model=whisper-large-v3-turbo hours=90_min
whisper 1000小时 -> transcribe model=whisper-large-v3 hours=1000
embed 1B tokens with bge-m3 -> embed model=bge-m3 tokens=1B
60 MW in Dublin -> site it=60_MW place=Dublin
都柏林 60 MW 数据中心 -> site it=60_MW place=Dublin
上海 100兆瓦 数据中心 -> site it=100_MW place=Shanghai
100兆瓦 数据中心 德国 液冷 -> site it=100_MW cooling=liquid place=Frankfurt
60 megawatt datacenter Dublin -> site it=60_MW place=Dublin
100 MW data center in Ashburn, Virginia with liquid cooling -> site it=100_MW cooling=liquid place=Ashburn,_Virginia
100 MW in Virginia -> site it=100_MW place=Ashburn,_Virginia
250 MW data centre in Frankfurt at 80% load -> site it=250_MW utilisation=0.8 place=Frankfurt
20 MW, PUE 1.2 -> site it=20_MW pue=1.2 place=Dublin
1GW Stargate -> site it=1GW place=Dublin ! Stargate
what should power 100 MW in Phoenix, Arizona -> supply it=100_MW place=Phoenix,_Arizona draws=4
solar and battery for 100 MW in Dallas -> supply it=100_MW with_=solar,battery,grid place=Dallas draws=4
100兆瓦 太阳能 储能 达拉斯 -> supply it=100_MW with_=solar,battery,grid place=Dallas draws=4
90% carbon-free power for 100 MW in Sweden -> supply it=100_MW target=cfe=90% place=Gävle,_Sweden draws=4
off-grid solar and batteries for 20 MW in Phoenix -> supply it=20_MW with_=solar,battery place=Phoenix draws=4
500 MW nuclear SMR Virginia -> supply it=500_MW with_=smr,grid place=Ashburn,_Virginia draws=4
flexible load 100 MW ERCOT -> flex/response model=llama-3.1-8b chip=h100-sxm it=100_MW region=us-ercot
share of the Irish grid that 200 MW takes -> flex/balance it=200_MW region=ie
how much can ERCOT take of new data centres -> flex/headroom
when should I run my training in Germany -> flex/shift signal=de
Data centres in Ireland by 2030 -> world region=ie to=2030
2030年全球数据中心用电 -> world region=world to=2030
how much electricity will AI use in Ireland in 2028? -> world region=ie to=2028
人工智能用多少电 -> world region=world
Google electricity 2027 -> world region=google to=2027
Does AI use more electricity than Japan? -> check claims=AI_uses_more_electricity_than_Japan
is 2.9 Wh right? -> check claims=ChatGPT_uses_2.9_Wh_per_request
2.9 Wh 对吗 -> check claims=ChatGPT_uses_2.9_Wh_per_request
ChatGPT每次查询耗电2.9瓦时 -> check claims=ChatGPT每次查询耗电2.9瓦时
did training GPT-3 use 1287 MWh? -> check claims=training_GPT-3_uses_1287_MWh
Is it true that AI will use 1000 TWh by 2026? -> check claims=AI_will_use_1000_TWh_by_2026
数据中心占全球用电量的1.5% -> check claims=数据中心占全球用电量的1.5%
does a ChatGPT query use 10x a google search? -> check claims=a_ChatGPT_query_uses_10_times_as_much_as_a_google_search
how green is the grid in Poland -> catalog q=region.pl._lifecycle
price of electricity in Germany -> catalog q=region.de._price
how much power is my GPU using -> measure
"""  # noqa: E501
ROWS = [line.split(" -> ") for line in LINES.strip().split("\n")]


@pytest.mark.parametrize(("line", "short"), ROWS, ids=[line for line, _ in ROWS])
def test_a_line_of_plain_words_is_a_question(line: str, short: str) -> None:
    meant = read_line(line)
    command, values, unread = expected(short)
    assert (meant.command, meant.values) == (command, values)
    assert list(meant.unread) == [words.strip() for words in unread]
    if command in PAGES:
        read_question(PAGES[command], FORMS[command], meant.values.items())


KNOWN = ["Llama 3.1 8B on 2 H100, 500 in, 300 out", "train 8B on 1T tokens with 512 H100", "60 MW in Dublin",
         "data centres in Ireland by 2030", "embed 1B tokens with bge-m3", "an image with flux.1-dev"]  # fmt: skip


@settings(max_examples=25)
@given(st.sampled_from(KNOWN), st.from_regex(r"[bcdfghjklmnpqrstvwxz]{9}", fullmatch=True), st.booleans())
def test_a_word_that_means_nothing_changes_nothing_and_is_named(line: str, word: str, first: bool) -> None:
    plain, strange = read_line(line), read_line(f"{word}, {line}" if first else f"{line}, {word}")
    assert (strange.command, strange.values, strange.taken) == (plain.command, plain.values, plain.taken)
    assert strange.unread == (word,)


@settings(max_examples=25)
@given(st.integers(2, 99_999), st.sampled_from(["h100-sxm", "b200", "mi300x", "a100-sxm-80gb"]), st.booleans())
def test_chips_are_counted_as_they_are_written(count: int, chip: str, chinese: bool) -> None:
    line = f"用{count}张{chip}训练 llama-3.1-8b" if chinese else f"train llama-3.1-8b on {count:,} x {chip}"
    assert read_line(line).values["chips"] == str(count)
    assert read_line(line).values["chip"] == chip


@settings(max_examples=25)
@given(st.sampled_from(sorted(default().records("model"))))
def test_every_model_is_known_by_its_own_name(name: str) -> None:
    meant = read_line(f"{name}, 500 in, 300 out")
    assert (meant.command, meant.values["model"]) == ("prompt", name)


@settings(max_examples=25)
@given(st.text(max_size=80))
def test_any_line_is_a_question_or_refused_in_one_line(line: str) -> None:
    try:
        meant = read_line(line)
        words = meant.address
    except WattlineError as error:
        words = str(error)
    assert "\n" not in words
    assert words


def test_what_was_not_understood_is_named_where_nothing_was() -> None:
    with pytest.raises(WattlineError, match=r"not understood: bitcoin miner; write such as .*60 MW in Dublin"):
        read_line("how much does my bitcoin miner use")
    with pytest.raises(WattlineError, match="not understood: 省电"):
        read_line("如何省电")


def test_two_of_a_kind_stand_side_by_side() -> None:
    meant = read_line("B200 vs H100 for Llama 70B, 100 in, 10 out")
    assert meant.command == "side-by-side"
    assert [value for _, value in meant.several] == [
        f"/prompt?model=llama-3.1-70b&chip={chip}&input_tokens=100&output_tokens=10" for chip in ("b200", "h100-sxm")
    ]
    assert read_line("H100 和 B200 对比").address == "/catalog/chip?r=h100-sxm&r=b200"


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("a prompt vs an image vs a video", "prompt image video"),
        ("text, image and video side by side", "prompt image video"),
        ("文字、图片和视频对比", "prompt image video"),
        ("does a video with Sora 2 take more than an image by DALL-E 3?", "video image"),
        ("transcribe 1 hour vs an image", "transcribe image"),
        ("5 s text-to-video on H100 vs B200", ""),
        ("an image and a video", ""),
    ],
)
def test_kinds_of_work_stand_side_by_side_where_a_line_compares_them(line: str, commands: str) -> None:
    meant = read_line(line)
    assert [value[1:].partition("?")[0] for _, value in meant.several] == commands.split()
    assert (meant.command == "side-by-side") is bool(commands)


def test_models_that_stand_for_a_family_are_in_the_catalog() -> None:
    assert set(USUAL.values()) <= set(default().records("model"))


@settings(max_examples=25)
@given(st.integers(1, 9999), st.sampled_from(["千", "万", "百万", "千万", "亿", "万亿"]))
def test_chinese_scales_are_those_of_numbers(number: int, scale: str) -> None:
    size = {"千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "万亿": 1e12}[scale] * number
    match = re.fullmatch(r"(\d[\d.]*)([kMBT]) tokens", to_english(f"{number}{scale}词元"))
    assert match
    assert float(match[1]) * {"k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[match[2]] == pytest.approx(size)
