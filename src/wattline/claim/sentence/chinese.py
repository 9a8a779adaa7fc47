"""Claims in Chinese: the words and units that claims are made of, turned into the English that the readers take."""

from __future__ import annotations

import re
from decimal import Decimal

from wattline.claim.sentence.chinese_rules import COUNTRIES, SCALE, SCALES, numbers_in_digits, turned_phrases
from wattline.core.errors import WattlineError, shorten

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _table(text: str) -> dict[str, str]:
    """Words of Chinese, several to a line, each with the English behind the sign of equality."""
    lines = [line.partition("=") for line in text.strip().splitlines()]
    return {word: english.strip() for words, _, english in lines for word in words.split()}


_UNITS = _table("""
太瓦时 = TWh
吉瓦时 = GWh
兆瓦时 = MWh
千瓦时 度电 度 = kWh
毫瓦时 = mWh
瓦时 = Wh
吉瓦 = GW
兆瓦 = MW
千瓦 = kW
瓦特 瓦 = W
千克 公斤 = kg
毫克 = mg
克 = g
吨 = t
毫升 = mL
加仑 = gallons
立方米 = kL
升 = L
千焦 = kJ
焦耳 焦 = J
个美国家庭 户美国家庭 美国家庭 = US homes
户家庭 个家庭 = homes
次航班 = flights
""")
_FIGURE = re.compile(rf"(\d[\d,]*(?:\.\d+)?)\s*({SCALE})?\s*({'|'.join(sorted(_UNITS, key=len, reverse=True))})")
# 1000张图片 is 1,000 images: a count of work with its measure word
_WORK = {"图片": "images", "图像": "images", "视频": "videos", "查询": "queries", "提问": "questions",
         "提示": "prompts", "搜索": "searches", "问题": "questions", "请求": "requests"}  # fmt: skip
_COUNT = re.compile(
    rf"(\d[\d,]*(?:\.\d+)?)\s*({SCALE})?\s*[张个条次段部]\s*([A-Za-z][\w .-]*|谷歌)?\s*({'|'.join(_WORK)})"
)
_WORDS = _table("""
每次文本提示 每次提示 每条提示词 每次对话 每次查询 每次提问 每次请求 每次回答 每条提示 每个问题 每次询问 = per query
一次查询 一次提问 一次请求 = a query
查询 提问 请求 = query
给一部手机充满一次电 给手机充满一次电 给一部手机充满电 给一部手机充一次电 = charging a phone
给一部手机充电 手机充满一次电 给手机充一次电 给手机充满电 给手机充电 手机充一次电 = charging a phone
数据中心 = data centres
人工智能 = AI
相当于 = as much as
二氧化碳 = CO2
全世界 全球 世界 = the world's
英伟达 = Nvidia
谷歌 = Google
微软 = Microsoft
亚马逊 = Amazon
训练 = training
生成 = generating
搜索 = search
图片 图像 = image
视频 = video
碳排放 排放量 = emissions
蒸发 = evaporates
间接 = indirectly
直接 = directly
用水量 用水 = uses water
排放 = emits
耗电量 用电量 耗电 用电 消耗 耗费 使用 需要 耗水 用了 消耗了 就要消耗 都用 = uses
功耗 功率 = power draw
电力 电 = electricity
能量 能耗 = energy
的水 水 = of water
不超过 不高于 = no more than
不低于 不少于 = no less than
超过 高于 超 = more than
小型模块化反应堆 = small modular reactor
核反应堆 = nuclear reactor
核电站 核电厂 = nuclear power plant
核电 核能 = nuclear power
太阳能 光伏 = solar power
风电 风能 = wind power
电价 = price of electricity
大语言模型 大型语言模型 大模型 = large language model
服务器 = servers
机柜 = rack
处理 = handles
如果 假如 = if
每次 = every
花费 成本 = cost
文本 = text
回答 = answer
电力需求 = electricity demand
需求 = demand
消费 = consumption
毫不 = not
接近 将近 = nearly
目前 如今 现在 已经 已 = now
至少 = at least
低于 不到 不足 少于 = less than
至多 = at most
每天 每日 一天 = per day
每年 一年 = a year
每月 = per month
每小时 = per hour
一座 一家 一台 一张 一块 一个 一片 一枚 每张 = one
将会 将 = will
可能会 可能 或将 = could
大约 约 = about
平均 = average
达到 达 仅 只 就 显卡 芯片 模型 一次 左右 为 是 的 =
了 会 要 在 =
至 到 = to
""")
_WORDS |= COUNTRIES
_ANY = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))


def is_chinese(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return bool(_CHINESE.search(text))


def in_english(text: str) -> str:
    """A claim in Chinese, in the English that the readers of sentences take.

    Parameters
    ----------
    text : such as ``"训练GPT-3耗电1287兆瓦时"``

    Returns
    -------
    Such as ``"training GPT-3 uses 1287 MWh"``.

    Raises WattlineError for words that are not known: what is not understood is never passed over.
    """
    plain = text.translate(str.maketrans("，。：；（）％", ",.:;()%"))
    plain = turned_phrases(numbers_in_digits(plain.strip().rstrip(".")))
    plain = _COUNT.sub(_count, plain)
    plain = _FIGURE.sub(_figure, plain)
    plain = re.sub(r"(?:到|至)\s*(\d{4})\s*年", r" by \1 ", plain)
    plain = re.sub(r"(\d{4})\s*年", r" in \1 ", plain)
    plain = _ANY.sub(lambda match: f" {_WORDS[match[0]]} ", plain)
    strange = re.findall(r"[\u4e00-\u9fff]+", plain)
    if strange:
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: the words {shorten(', '.join(strange))} are not read; "
            "say it in English, or write a claims file"
        )
    return " ".join(plain.split())


def _figure(match: re.Match[str]) -> str:
    value = Decimal(match[1].replace(",", "")) * Decimal(SCALES[match[2] or ""])
    return f" {value:f} {_UNITS[match[3]]} "


def _count(match: re.Match[str]) -> str:
    number = Decimal(match[1].replace(",", "")) * Decimal(SCALES[match[2] or ""])
    whose = {"谷歌": "Google", None: ""}.get(match[3], match[3])
    return f" {number:f} {whose} {_WORK[match[4]]} "
